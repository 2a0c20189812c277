//! Text as people type it: folding names so that "nguyen" finds "Nguyễn" and "duc" finds "Đức"; and finding sealed names.

mod beginnings;
mod names;
mod signature;

pub use names::{NameTokens, UNSIGNED};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Lower case, without diacritics and control characters, single spaces. `đ` has no decomposition in Unicode, so it is named here;
/// the same holds for `ß`, `ø` and `ł`.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
    {
        match c {
            'đ' => folded.push('d'),
            'ß' => folded.push_str("ss"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            c if c.is_whitespace() => {
                if !folded.is_empty() && !folded.ends_with(' ') {
                    folded.push(' ');
                }
            }
            // No name holds them, and PostgreSQL refuses to be asked about NUL.
            c if c.is_control() => {}
            c => folded.push(c),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// The words of a search, folded; at most eight, so that nobody makes the store join eighty.
pub fn words(query: &str) -> Vec<String> {
    fold(query)
        .split(' ')
        .filter(|word| !word.is_empty())
        .take(8)
        .map(str::to_owned)
        .collect()
}

/// A `LIKE` pattern that finds `word` anywhere, with the wildcards in it taken literally (escape character `!`).
pub fn contains_pattern(word: &str) -> String {
    let mut pattern = String::with_capacity(word.len() + 2);
    pattern.push('%');
    for c in word.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnamese_names_are_found_without_marks() {
        assert_eq!(fold("Nguyễn Thị  Đức"), "nguyen thi duc");
        assert_eq!(fold("  Müller-Strauß "), "muller-strauss");
        assert_eq!(fold("An\0\u{7f}h"), "anh");
    }

    #[test]
    fn wildcards_in_a_query_are_literal() {
        assert_eq!(contains_pattern("100%_!"), "%100!%!_!!%");
    }

    proptest::proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = fold(&text);
            proptest::prop_assert_eq!(fold(&once), once);
        }
    }
}
