//! Strength by estimate, not by character classes.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;
use zxcvbn::{Score, feedback::Feedback, zxcvbn};

const SHORTEST: usize = 10;
const LONGEST: usize = 128;

/// A password that is strong enough to be set. Its text is wiped from memory with it.
pub(crate) struct NewPassword(pub(crate) Zeroizing<String>);

impl NewPassword {
    /// Judges a password: 10 to 128 characters, at least "safely unguessable" (3 of 4) by zxcvbn (Wheeler, USENIX
    /// Security 2016). `about_the_person` are words an attacker would try first: names, address, username.
    ///
    /// Costs milliseconds of processor time: call it where blocking is fine.
    pub(crate) fn judge(text: &str, about_the_person: &[&str]) -> Result<Self, String> {
        let Some(password) = normalised(text) else {
            return Err(format!("must have at most {LONGEST} characters"));
        };
        if password.chars().count() < SHORTEST {
            return Err(format!("must have at least {SHORTEST} characters"));
        }
        let estimate = zxcvbn(&password, about_the_person);
        if estimate.score() < Score::Three {
            return Err(explain(estimate.feedback()));
        }
        Ok(Self(password))
    }
}

impl NewPassword {
    /// A password that the system itself sets, for the demonstration clinic: it is printed on the screen anyway.
    pub(crate) fn unjudged(text: &str) -> Option<Self> {
        normalised(text).map(Self)
    }
}

/// A password in Unicode's composed form, in which every keyboard's spelling is the same. `None` when it is longer than
/// any password can be.
pub(crate) fn normalised(text: &str) -> Option<Zeroizing<String>> {
    // Bytes are looked at first, so that nobody makes us normalise megabytes.
    if text.len() > LONGEST * 16 {
        return None;
    }
    let password = Zeroizing::new(text.nfc().collect::<String>());
    (password.chars().count() <= LONGEST).then_some(password)
}

fn explain(feedback: Option<&Feedback>) -> String {
    let mut message = "is too easy to guess".to_owned();
    if let Some(feedback) = feedback {
        if let Some(warning) = feedback.warning() {
            message = format!("{message}: {warning}");
        }
        for suggestion in feedback.suggestions() {
            message = format!("{} {suggestion}", message.trim_end_matches('.').to_owned() + ".");
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessable_passwords_are_refused_with_a_reason() {
        for weak in [
            "",
            "short",
            "password123",
            "aaaaaaaaaaaaaaaa",
            "qwertyuiop",
            "0123456789",
        ] {
            let Err(reason) = NewPassword::judge(weak, &[]) else {
                panic!("{weak} should be refused")
            };
            assert!(!reason.is_empty());
        }
        assert!(NewPassword::judge(&"x7!k".repeat(1000), &[]).is_err(), "too long");
        assert!(NewPassword::judge("correct horse battery staple", &[]).is_ok());
        assert!(
            NewPassword::judge("caregraph-demo", &[]).is_ok(),
            "the demonstration's password must pass"
        );
    }

    #[test]
    fn what_is_known_about_the_person_does_not_count() {
        let about = ["nguyenthithanhhuong", "benhvienthongnhat"];
        assert!(NewPassword::judge("nguyenthithanhhuong", &about).is_err());
    }

    #[test]
    fn both_spellings_of_an_accent_are_one_password() {
        assert_eq!(
            normalised("mật khẩu"),
            normalised("ma\u{323}\u{302}t kha\u{302}\u{309}u")
        );
    }
}
