//! Telling what somebody searches for by how it looks.

use super::mrn::Mrn;
use super::values::national_id;
use caregraph_kit::search::fold;
use caregraph_kit::validate::phone;
use chrono::NaiveDate;

/// Longest search, in characters.
const LENGTH: usize = 200;
/// Most words of a search.
const WORDS: usize = 8;

/// Why a search cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// Nobody's name is that long.
    #[error("`search` must have at most {LENGTH} characters")]
    TooLong,
    /// Every word costs the store a comparison.
    #[error("`search` must have at most {WORDS} words")]
    TooManyWords,
}

/// One thing that must hold for a patient to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// How a word of the name begins, folded.
    Name(String),
    /// Day of birth.
    BornOn(NaiveDate),
    /// A number of some kind: whichever reading fits.
    Number {
        /// Read as the beginning of a word of the name, folded.
        name: Option<String>,
        /// Read as a medical record number.
        mrn: Option<Mrn>,
        /// Read as a telephone number in E.164.
        phone: Option<String>,
        /// Read as the number of an identity document.
        national_id: Option<String>,
    },
}

/// What somebody searches for; every term must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// The terms.
    pub terms: Vec<Term>,
}

impl Search {
    /// Reads a search as typed: how words of the name begin (marks and case do not matter), a medical record number, a telephone
    /// number with country code, the number of an identity document, or a date of birth as `1990-04-12` or, day first,
    /// `12/04/1990`, `12.4.1990`.
    pub fn parse(text: &str) -> Result<Self, SearchError> {
        if text.chars().take(LENGTH + 1).count() > LENGTH {
            return Err(SearchError::TooLong);
        }
        let text: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        // Numbers are often written with spaces, so the whole is looked at before its words.
        if let Some(number) = whole_number(text.trim()) {
            return Ok(Self { terms: vec![number] });
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.len() > WORDS {
            return Err(SearchError::TooManyWords);
        }
        Ok(Self {
            terms: words.into_iter().filter_map(word).collect(),
        })
    }

    /// How words of the name must begin, folded.
    pub fn words(&self) -> Vec<&str> {
        let words = self.terms.iter().filter_map(|term| match term {
            Term::Name(word) => Some(word.as_str()),
            Term::BornOn(_) | Term::Number { .. } => None,
        });
        words.collect()
    }
}

/// Something of several words that is one number: no letters but the record number's own P in front.
fn whole_number(text: &str) -> Option<Term> {
    let body = text.strip_prefix(['P', 'p']).unwrap_or(text);
    let only_digits = body
        .chars()
        .all(|c| c.is_ascii_digit() || c == ' ' || matches!(c, '+' | '-' | '.' | '(' | ')' | '/'));
    if !only_digits || date(text).is_some() || text.split_whitespace().any(|part| date(part).is_some()) {
        return None;
    }
    number(text)
}

fn word(word: &str) -> Option<Term> {
    if let Some(day) = date(word) {
        return Some(Term::BornOn(day));
    }
    if let Some(number) = number(word) {
        return Some(number);
    }
    let folded = fold(word);
    (!folded.is_empty()).then_some(Term::Name(folded))
}

fn number(text: &str) -> Option<Term> {
    if text.bytes().filter(u8::is_ascii_digit).count() < 6 {
        return None;
    }
    let mrn = Mrn::parse(text).ok();
    // A bare number may be a telephone number without its plus.
    let phone = phone(text).or_else(|_| phone(&format!("+{text}"))).ok();
    let national_id = national_id(text).ok();
    let known = mrn.is_some() || phone.is_some() || national_id.is_some();
    // A record's number stands for the name of whoever was erased: as a name it would find their neighbours, too.
    let may_be_name =
        mrn.is_none() && !text.contains(char::is_whitespace) && text.contains(char::is_alphabetic);
    known.then(|| Term::Number {
        name: may_be_name.then(|| fold(text)),
        mrn,
        phone,
        national_id,
    })
}

fn date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split(['-', '/', '.']);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |part: &str, most: usize| -> Option<u32> {
        let fits = (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| part.parse().ok()).flatten()
    };
    let (year, month, day) = match (a.len(), c.len()) {
        (4, _) => (digits(a, 4)?, digits(b, 2)?, digits(c, 2)?),
        (_, 4) => (digits(c, 4)?, digits(b, 2)?, digits(a, 2)?),
        _ => return None,
    };
    if parts.next().is_some() {
        return None;
    }
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    fn terms(text: &str) -> Vec<Term> {
        Search::parse(text).unwrap().terms
    }

    #[test]
    fn names_lose_their_marks() {
        assert_eq!(
            terms(" Đặng  Thị "),
            [Term::Name("dang".into()), Term::Name("thi".into())]
        );
        assert_eq!(terms("100%_"), [Term::Name("100%_".into())]);
    }

    #[test]
    fn dates_are_read_day_first_or_as_iso() {
        for text in ["1990-04-12", "12/04/1990", "12.4.1990", "12-04-1990"] {
            assert_eq!(terms(text), [Term::BornOn(day(1990, 4, 12))], "{text}");
        }
        assert_eq!(
            terms("an 12/04/1990"),
            [Term::Name("an".into()), Term::BornOn(day(1990, 4, 12))]
        );
        // 31 April is no day, so it is a word like any other.
        assert!(!matches!(terms("31/04/1990")[..], [Term::BornOn(_)]));
    }

    #[test]
    fn numbers_are_recognised_with_and_without_spaces() {
        let mrn = Mrn::from_counter(42);
        for text in [
            mrn.to_string(),
            mrn.as_str().replace('-', " "),
            mrn.as_str().replace(['-', 'P'], ""),
        ] {
            let terms = terms(&text);
            assert!(
                matches!(&terms[..], [Term::Number { mrn: Some(found), .. }] if *found == mrn),
                "{text}"
            );
        }
        for text in [
            "+84 912 345 678",
            "0084912345678",
            "84912345678",
            "(+84) 912-345-678",
        ] {
            let terms = terms(text);
            let wanted = "+84912345678";
            assert!(
                matches!(&terms[..], [Term::Number { phone: Some(phone), .. }] if phone == wanted),
                "{text}"
            );
        }
        let terms = terms("079 090 001 234");
        assert!(matches!(&terms[..], [Term::Number { national_id: Some(id), .. }] if id == "079090001234"));
    }

    #[test]
    fn what_looks_like_a_number_may_be_a_name() {
        let name = |text: &str| match &terms(text)[..] {
            [Term::Number { name, .. }] => name.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(name("B1234567").as_deref(), Some("b1234567"));
        for text in [
            "+84912345678",
            "079090001234",
            "079 090 001 234",
            Mrn::from_counter(42).as_str(),
        ] {
            assert_eq!(name(text), None, "{text}");
        }
    }

    #[test]
    fn absurd_searches_are_refused() {
        assert_eq!(Search::parse(&"x".repeat(10_000_000)), Err(SearchError::TooLong));
        assert_eq!(Search::parse("a b c d e f g h i"), Err(SearchError::TooManyWords));
        assert_eq!(terms("  \u{0}\n "), []);
    }

    proptest! {
        #[test]
        fn anything_can_be_typed(text in "\\PC{0,220}") {
            let _ = Search::parse(&text);
        }
    }
}
