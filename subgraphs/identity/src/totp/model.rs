//! Codes of 30 seconds, each good once.

use chrono::{DateTime, Utc};
use rand::Rng;
use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, TOTP};
use zeroize::Zeroizing;

const DIGITS: usize = 6;
const STEP_SECONDS: u64 = 30;
/// How many steps a phone's clock may be off, either way.
const SKEW: u64 = 1;
const RECOVERY_CODES: usize = 10;
/// Without letters and digits that look alike.
const ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// A second factor of one account.
pub(crate) struct Factor {
    /// 160 random bits, what RFC 4226 recommends.
    pub(super) secret: Zeroizing<Vec<u8>>,
    /// The last step whose code was used; it and earlier ones are not good any more.
    pub(super) last_step: i64,
    /// Whether the person has shown that the authenticator works.
    pub(super) confirmed: bool,
}

/// What an authenticator needs to know. Shown once.
#[derive(Clone)]
pub struct TotpEnrolment {
    /// The secret in Base32, for typing in.
    pub secret: String,
    /// The secret as an `otpauth` address, for a QR code.
    pub uri: String,
}

impl Factor {
    /// A fresh factor, not confirmed yet.
    pub(super) fn generate() -> Self {
        let mut secret = Zeroizing::new(vec![0_u8; 20]);
        rand::rng().fill(secret.as_mut_slice());
        Self {
            secret,
            last_step: 0,
            confirmed: false,
        }
    }

    /// The step to which a code belongs, if it is good now and was not used.
    pub(crate) fn step_of(&self, code: &str, now: DateTime<Utc>) -> Option<i64> {
        let code: String = code.chars().take(16).filter(|c| !c.is_whitespace()).collect();
        if code.len() != DIGITS || !code.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let totp = self.generator(String::new());
        let current = u64::try_from(now.timestamp()).ok()? / STEP_SECONDS;
        (current.saturating_sub(SKEW)..=current + SKEW)
            .filter(|step| i64::try_from(*step).is_ok_and(|step| step > self.last_step))
            .find(|step| {
                bool::from(
                    totp.generate(step * STEP_SECONDS)
                        .as_bytes()
                        .ct_eq(code.as_bytes()),
                )
            })
            .and_then(|step| i64::try_from(step).ok())
    }

    /// What the authenticator needs. `account` stands beside the code in the person's list.
    pub(super) fn enrolment(&self, account: &str) -> TotpEnrolment {
        // A colon would end the label early.
        let totp = self.generator(account.replace(':', " "));
        TotpEnrolment {
            secret: totp.get_secret_base32(),
            uri: totp.get_url(),
        }
    }

    fn generator(&self, account: String) -> TOTP {
        let issuer = Some("Caregraph".to_owned());
        // SHA-1 is what authenticators understand; HMAC does not suffer from its collisions.
        TOTP::new_unchecked(
            Algorithm::SHA1,
            DIGITS,
            1,
            STEP_SECONDS,
            self.secret.to_vec(),
            issuer,
            account,
        )
    }
}

/// Ten codes of 59 random bits, in the form `abcd-efgh-jkmn`.
pub(super) fn fresh_recovery_codes() -> Vec<String> {
    let mut random = rand::rng();
    (0..RECOVERY_CODES)
        .map(|_| {
            let mut code = String::with_capacity(14);
            for place in 0..12 {
                if place > 0 && place % 4 == 0 {
                    code.push('-');
                }
                code.push(char::from(ALPHABET[random.random_range(0..ALPHABET.len())]));
            }
            code
        })
        .collect()
}

/// A recovery code in its canonical form, however it was typed; `None` when it cannot be one.
pub(crate) fn recovery_code(text: &str) -> Option<String> {
    if text.len() > 64 {
        return None;
    }
    let code: String = text
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    (code.len() == 12).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn code_at(factor: &Factor, now: DateTime<Utc>) -> String {
        factor
            .generator(String::new())
            .generate(u64::try_from(now.timestamp()).unwrap())
    }

    #[test]
    fn a_code_is_good_around_its_time_and_once() {
        let mut factor = Factor::generate();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let code = code_at(&factor, now);
        let step = factor.step_of(&code, now).unwrap();
        assert_eq!(factor.step_of(&code, now + TimeDelta::seconds(30)), Some(step));
        assert_eq!(factor.step_of(&code, now + TimeDelta::seconds(90)), None);
        factor.last_step = step;
        assert_eq!(factor.step_of(&code, now), None);
    }

    /// Vectors of RFC 6238, appendix B, cut to six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let factor = Factor {
            secret: Zeroizing::new(b"12345678901234567890".to_vec()),
            last_step: 0,
            confirmed: true,
        };
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(
                code_at(&factor, DateTime::from_timestamp(seconds, 0).unwrap()),
                code
            );
        }
    }

    #[test]
    fn nonsense_is_no_code() {
        let factor = Factor::generate();
        for nonsense in [
            "",
            "12345",
            "1234567",
            "abcdef",
            "１２３４５６",
            &"1".repeat(1_000_000),
        ] {
            assert_eq!(
                factor.step_of(nonsense, DateTime::UNIX_EPOCH + TimeDelta::days(1)),
                None
            );
        }
    }

    #[test]
    fn recovery_codes_differ_and_read_back_however_they_are_typed() {
        let codes = fresh_recovery_codes();
        assert_eq!(codes.iter().collect::<std::collections::BTreeSet<_>>().len(), 10);
        for code in codes {
            assert_eq!(
                recovery_code(&code),
                recovery_code(&code.to_uppercase().replace('-', " "))
            );
            assert!(recovery_code(&code).is_some());
        }
        assert_eq!(recovery_code("abc"), None);
    }
}
