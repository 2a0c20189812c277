//! Checking what people send: every mistake of a form is reported at once, each at its path.

use crate::failure::{Failure, Rejection};

/// Collects mistakes while a form is read.
#[derive(Debug, Default)]
pub struct Checks {
    rejections: Vec<Rejection>,
}

impl Checks {
    /// Nothing found yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a mistake at `path` unless `holds`.
    pub fn require(&mut self, holds: bool, path: &str, message: &str) -> &mut Self {
        if !holds {
            self.rejections.push(Rejection::invalid(path, message));
        }
        self
    }

    /// Takes the value, or notes the mistake and gives `None`.
    pub fn take<T, E: ToString>(&mut self, path: &str, value: Result<T, E>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(error) => {
                self.rejections.push(Rejection::invalid(path, error.to_string()));
                None
            }
        }
    }

    /// Text without surrounding space and control characters, of `1..=max` characters.
    pub fn text(&mut self, path: &str, value: &str, max: usize) -> String {
        let text = clean(value);
        let length = text.chars().count();
        self.require(length > 0, path, "must not be empty");
        self.require(
            length <= max,
            path,
            &format!("must have at most {max} characters"),
        );
        text
    }

    /// Like [`Checks::text`], but nothing, or nothing but space, is fine too.
    pub fn optional_text(&mut self, path: &str, value: Option<&str>, max: usize) -> Option<String> {
        let text = clean(value?);
        self.require(
            text.chars().count() <= max,
            path,
            &format!("must have at most {max} characters"),
        );
        (!text.is_empty()).then_some(text)
    }

    /// Ends the reading: all mistakes, or none.
    pub fn done<R: From<Rejection>>(self) -> Result<(), Failure<R>> {
        if self.rejections.is_empty() {
            Ok(())
        } else {
            Err(Failure::Refused(
                self.rejections.into_iter().map(R::from).collect(),
            ))
        }
    }
}

fn clean(value: &str) -> String {
    let kept: String = value
        .chars()
        .filter(|c| !c.is_control() || *c == '\n' || *c == '\t')
        .collect();
    kept.trim().to_owned()
}

/// A telephone number in E.164 (`+` and 8 to 15 digits), from what people write: spaces, dots, dashes, brackets and a
/// leading `00` are understood; a number without a country code is refused, because guessing one calls a stranger.
pub fn phone(text: &str) -> Result<String, &'static str> {
    const MESSAGE: &str = "must be a telephone number with country code, such as +84 912 345 678";
    let compact: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '(' | ')' | '/'))
        .collect();
    let digits = compact
        .strip_prefix('+')
        .or_else(|| compact.strip_prefix("00"))
        .ok_or(MESSAGE)?;
    let plausible = (8..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0');
    if plausible {
        Ok(format!("+{digits}"))
    } else {
        Err(MESSAGE)
    }
}

/// An e-mail address in its canonical form for comparison: trimmed and lower case, at most 254 characters
/// (RFC 5321 4.5.3.1.3).
pub fn email(text: &str) -> Result<String, &'static str> {
    const MESSAGE: &str = "must be an e-mail address";
    let address = text.trim().to_lowercase();
    let (local, host) = address.rsplit_once('@').ok_or(MESSAGE)?;
    let plausible = address.len() <= 254
        && (1..=64).contains(&local.len())
        && host.contains('.')
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
        && local
            .chars()
            .all(|c| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c))
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    if plausible { Ok(address) } else { Err(MESSAGE) }
}

/// An IANA time zone by its name.
pub fn time_zone(name: &str) -> Result<chrono_tz::Tz, &'static str> {
    name.parse()
        .map_err(|_| "must be an IANA time zone, such as Asia/Ho_Chi_Minh")
}

/// Alpha-2 codes of ISO 3166-1, as published by the ISO 3166 Maintenance Agency.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ \
    FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT \
    JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP \
    MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE \
    RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV \
    TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// A country by its ISO 3166-1 alpha-2 code, in capitals.
pub fn country(code: &str) -> Result<String, &'static str> {
    let code = code.trim().to_ascii_uppercase();
    if code.len() == 2 && COUNTRIES.split(' ').any(|known| known == code) {
        Ok(code)
    } else {
        Err("must be a country code of ISO 3166-1, such as VN")
    }
}

/// The address of something on the web that a browser may show: `https` only, at most 500 characters, with a host name.
/// Other schemes (`javascript:`, `data:`) and user names in the address are refused.
pub fn https_url(text: &str) -> Result<String, &'static str> {
    const MESSAGE: &str = "must be an address that begins with https://";
    let text = text.trim();
    let authority = text
        .strip_prefix("https://")
        .map(|rest| rest.split(['/', '?', '#']).next().unwrap_or(rest))
        .ok_or(MESSAGE)?;
    let plausible = text.len() <= 500
        && !authority.is_empty()
        && authority
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'))
        && text.bytes().all(|b| {
            b.is_ascii_graphic()
                && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
        });
    if plausible {
        Ok(text.to_owned())
    } else {
        Err(MESSAGE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_those_of_the_standard() {
        assert_eq!(COUNTRIES.split(' ').count(), 249);
        assert_eq!(country(" vn "), Ok("VN".to_owned()));
        for bad in ["", "V", "XX", "UK", "VNM", "V N", "Việt Nam"] {
            assert!(country(bad).is_err(), "{bad} should be refused");
        }
    }

    #[test]
    fn only_addresses_that_a_browser_may_show_pass() {
        assert!(https_url("https://cdn.example.org/photos/an.jpg?s=200#top").is_ok());
        for bad in [
            "",
            "https://",
            "http://example.org/a.jpg",
            "javascript:alert(1)",
            "https://user@example.org/",
            "https://exa mple.org/",
            "https://example.org/\"><script>",
        ] {
            assert!(https_url(bad).is_err(), "{bad} should be refused");
        }
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        assert_eq!(phone("+84 (912) 345-678"), Ok("+84912345678".to_owned()));
        assert_eq!(phone("0049 30 1234567"), Ok("+49301234567".to_owned()));
        assert!(phone("0912345678").is_err());
        assert!(phone("+0912345678").is_err());
        assert!(phone("+84<script>").is_err());
    }

    #[test]
    fn addresses_are_compared_without_case() {
        assert_eq!(
            email("  An.Nguyen@Example.COM "),
            Ok("an.nguyen@example.com".to_owned())
        );
        for bad in [
            "", "a", "a@", "@b.c", "a@b", "a b@c.d", "a@b..c", ".a@b.c", "a@-b.c",
        ] {
            assert!(email(bad).is_err(), "{bad} should be refused");
        }
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let mut checks = Checks::new();
        checks.text("firstName", "  ", 80);
        checks.text("lastName", &"x".repeat(81), 80);
        let Err(Failure::<Rejection>::Refused(found)) = checks.done() else {
            panic!("should refuse")
        };
        assert_eq!(found.len(), 2);
    }
}
