//! Medical record numbers: short, readable over the telephone, and protected against slips of the pen.

use std::fmt;

/// The quasigroup of order ten from H. Michael Damm, *Total anti-symmetrische Quasigruppen* (dissertation, Marburg 2004).
/// Total anti-symmetry is what catches every single wrong digit and every swap of neighbours.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// Fewest digits of the counter; smaller numbers get leading zeros, so that all numbers of a clinic look alike.
const COUNTER_DIGITS: usize = 7;
/// Most digits with check digit: what `i64` counts.
const MOST_DIGITS: usize = 20;

/// Text that is no medical record number, or one with a slip in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a medical record number")]
pub struct InvalidMrn;

/// A medical record number such as `P-0000-1237`: the store's counter with at least seven digits, a Damm check digit
/// behind it, in groups of four, after the letter P.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mrn(String);

impl Mrn {
    /// The number of the `count`th patient.
    pub fn from_counter(count: u64) -> Self {
        let mut digits = format!("{count:0COUNTER_DIGITS$}");
        digits.push(char::from(b'0' + interim(&digits)));
        Self::from_digits(&digits)
    }

    /// Reads what people write: with or without the letter, with or without separators. The check digit must be right.
    pub fn parse(text: &str) -> Result<Self, InvalidMrn> {
        // A longer text is none, and not worth walking through.
        if text.len() > 64 {
            return Err(InvalidMrn);
        }
        let text = text.trim();
        let body = text.strip_prefix(['P', 'p']).unwrap_or(text);
        let digits: String = body.chars().filter(|c| !matches!(c, ' ' | '-' | '.')).collect();
        let plausible = (COUNTER_DIGITS + 1..=MOST_DIGITS).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit());
        if plausible && interim(&digits) == 0 {
            Ok(Self::from_digits(&digits))
        } else {
            Err(InvalidMrn)
        }
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes a number back from the store, where only canonical ones are.
    pub(in crate::patient) fn stored(text: String) -> Self {
        Self(text)
    }

    fn from_digits(digits: &str) -> Self {
        let mut text = String::from("P");
        for (i, digit) in digits.chars().enumerate() {
            if i % 4 == 0 {
                text.push('-');
            }
            text.push(digit);
        }
        Self(text)
    }
}

impl fmt::Display for Mrn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The check digit of `digits`; zero when `digits` already end with the right one.
fn interim(digits: &str) -> u8 {
    digits.bytes().fold(0, |interim, digit| {
        DAMM[usize::from(interim)][usize::from(digit - b'0')]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_published_example_holds() {
        // 572 has check digit 4 in Damm's dissertation.
        assert_eq!(interim("572"), 4);
        assert_eq!(interim("5724"), 0);
    }

    #[test]
    fn numbers_read_back_however_they_are_written() {
        let mrn = Mrn::from_counter(123);
        assert_eq!(mrn.as_str(), format!("P-0000-123{}", interim("123")));
        let bare: String = mrn.as_str().chars().filter(char::is_ascii_digit).collect();
        for spelling in [
            mrn.to_string(),
            mrn.as_str().to_lowercase(),
            bare.clone(),
            format!(" P {bare} "),
        ] {
            assert_eq!(Mrn::parse(&spelling), Ok(mrn.clone()), "{spelling}");
        }
        for bad in [
            "",
            "P",
            "1234567",
            "P-0000-12a4",
            "P-0000-1234-5678-9012-3456-7890",
            "٠٠٠٠١٢٣٤",
        ] {
            assert_eq!(Mrn::parse(bad), Err(InvalidMrn), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_number_is_valid_and_unlike_all_others(a in 0_u64..=10_u64.pow(15), b in 0_u64..=10_u64.pow(15)) {
            prop_assert_eq!(Mrn::parse(Mrn::from_counter(a).as_str()), Ok(Mrn::from_counter(a)));
            prop_assert_eq!(Mrn::from_counter(a) == Mrn::from_counter(b), a == b);
        }

        #[test]
        fn one_wrong_digit_is_always_noticed(count in 0_u64..=99_999_999, place in 0_usize..8, other in 0_u8..10) {
            let mrn = Mrn::from_counter(count);
            let mut digits: Vec<u8> = mrn.as_str().bytes().filter(u8::is_ascii_digit).collect();
            prop_assume!(digits[place] != b'0' + other);
            digits[place] = b'0' + other;
            prop_assert_eq!(Mrn::parse(std::str::from_utf8(&digits).unwrap()), Err(InvalidMrn));
        }

        #[test]
        fn swapped_neighbours_are_always_noticed(count in 0_u64..=99_999_999, place in 0_usize..7) {
            let mrn = Mrn::from_counter(count);
            let mut digits: Vec<u8> = mrn.as_str().bytes().filter(u8::is_ascii_digit).collect();
            prop_assume!(digits[place] != digits[place + 1]);
            digits.swap(place, place + 1);
            prop_assert_eq!(Mrn::parse(std::str::from_utf8(&digits).unwrap()), Err(InvalidMrn));
        }

        #[test]
        fn arbitrary_text_is_never_a_panic(text in "\\PC{0,80}") {
            let _ = Mrn::parse(&text);
        }
    }
}
