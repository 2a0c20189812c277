//! What a code is.

use std::fmt;

/// Most characters of a code, without the dot.
const MOST: usize = 7;

/// A code of ICD-10-CM: a letter, a digit, and up to five letters and digits more. Sorted as in the published list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code([u8; MOST]);

impl Code {
    /// Reads a code, with or without its dot, in either case: `E11.9`, `e119`. `None` when it is none.
    pub fn read(text: &str) -> Option<Self> {
        let code = Self::beginning(text)?;
        // No category has fewer than three characters.
        (code.len() >= 3).then_some(code)
    }

    /// As [`Code::read`], for the beginning of a code too: `E1`, `e11.`. A letter alone is a word, not a beginning.
    pub(super) fn beginning(text: &str) -> Option<Self> {
        let mut characters = [b' '; MOST];
        let mut used = 0;
        for (at, c) in text.trim().chars().enumerate() {
            if c == '.' && at == 3 {
                continue;
            }
            if !c.is_ascii_alphanumeric() || used == MOST {
                return None;
            }
            characters[used] = u8::try_from(c).ok()?.to_ascii_uppercase();
            used += 1;
        }
        let begins_well = characters[0].is_ascii_alphabetic() && characters[1].is_ascii_digit();
        begins_well.then_some(Self(characters))
    }

    /// The characters without the dot.
    pub fn bare(&self) -> &str {
        std::str::from_utf8(&self.0[..self.len()]).unwrap_or_default()
    }

    /// Whether this begins with `other`.
    pub(super) fn begins_with(self, other: Self) -> bool {
        self.bare().starts_with(other.bare())
    }

    fn len(self) -> usize {
        self.0.iter().take_while(|c| **c != b' ').count()
    }
}

impl fmt::Display for Code {
    /// With the dot behind the third character.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bare().split_at_checked(3) {
            Some((category, rest)) if !rest.is_empty() => write!(f, "{category}.{rest}"),
            _ => f.write_str(self.bare()),
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_read_with_and_without_a_dot() {
        for (text, dotted) in [
            ("E11.9", "E11.9"),
            ("e119", "E11.9"),
            (" i10 ", "I10"),
            ("S93401A", "S93.401A"),
            ("c4a.0", "C4A.0"),
            ("f32.a", "F32.A"),
        ] {
            assert_eq!(
                Code::read(text).map(|code| code.to_string()).as_deref(),
                Some(dotted),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_code_is_none() {
        for text in [
            "", "E", "E1", "E.11", "E1.19", "119", "EE1", "E11.9.9", "E11 9", "S93401AB", "Đ11", "E11\0",
            "ééé",
        ] {
            assert_eq!(Code::read(text), None, "{text:?}");
        }
        assert!(Code::beginning("e1").is_some() && Code::beginning("E11.").is_some());
        assert_eq!(Code::beginning("e"), None);
    }

    proptest! {
        #[test]
        fn a_code_reads_back_what_it_prints(text in "[A-Z][0-9][0-9A-Z]{1,5}") {
            let code = Code::read(&text).unwrap();
            prop_assert_eq!(code.bare(), &text);
            prop_assert_eq!(Code::read(&code.to_string()), Some(code));
            prop_assert_eq!(Code::read(&text.to_lowercase()), Some(code));
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,12}") {
            let _ = Code::read(&text);
        }

        #[test]
        fn codes_are_sorted_as_their_characters(a in "[A-Z][0-9][0-9A-Z]{1,5}", b in "[A-Z][0-9][0-9A-Z]{1,5}") {
            let (first, second) = (Code::read(&a).unwrap(), Code::read(&b).unwrap());
            prop_assert_eq!(first.cmp(&second), a.cmp(&b));
        }
    }
}
