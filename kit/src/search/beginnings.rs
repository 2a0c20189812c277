//! By what a name is found: the beginnings of its words. Pure.

use super::fold;
use std::collections::BTreeSet;

/// Fewest letters of a beginning, where the word has more: in a big clinic, a single letter begins everybody's name.
const SHORTEST: usize = 2;
/// Most letters of a beginning: hardly any two names differ behind them only.
const LONGEST: usize = 8;

/// Beginnings of two to eight letters of every word of a name, folded; a word of one letter is its own. What stands behind a
/// hyphen or another mark within a word is a word, too, so that "Strauß" finds "Müller-Strauß".
pub(super) fn beginnings(family_name: &str, given_name: &str) -> BTreeSet<String> {
    let name = fold(&format!("{family_name} {given_name}"));
    name.split(' ')
        .flat_map(words_within)
        .flat_map(|word| beginnings_of(word).map(str::to_owned))
        .collect()
}

/// What of a folded word is looked for among [`beginnings`]: its first eight letters.
pub(super) fn sought(word: &str) -> &str {
    first(word, LONGEST)
}

/// A word itself, and what of it begins behind a mark.
fn words_within(word: &str) -> impl Iterator<Item = &str> {
    let mut before = None;
    word.char_indices().filter_map(move |(at, letter)| {
        let begins = before.is_none_or(|before: char| !before.is_alphanumeric() && letter.is_alphanumeric());
        before = Some(letter);
        begins.then(|| &word[at..])
    })
}

fn beginnings_of(word: &str) -> impl Iterator<Item = &str> {
    let letters = word.chars().count();
    (letters.min(SHORTEST)..=letters.min(LONGEST)).map(move |most| first(word, most))
}

fn first(word: &str, most: usize) -> &str {
    let end = word.char_indices().nth(most).map_or(word.len(), |(at, _)| at);
    &word[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(family_name: &str, given_name: &str) -> Vec<String> {
        beginnings(family_name, given_name).into_iter().collect()
    }

    #[test]
    fn words_are_found_by_how_they_begin() {
        assert_eq!(of("Lê", "Thị Ánh"), ["an", "anh", "le", "th", "thi"]);
        assert_eq!(of("", "Y Đức"), ["du", "duc", "y"]);
        assert_eq!(
            of("Constantinescu", ""),
            ["co", "con", "cons", "const", "consta", "constan", "constant"]
        );
        assert_eq!(sought("constantinescu"), "constant");
        assert_eq!(sought("y"), "y");
    }

    #[test]
    fn what_stands_behind_a_mark_is_a_word() {
        assert_eq!(
            of("Li-Wu", "O'Y"),
            ["li", "li-", "li-w", "li-wu", "o'", "o'y", "wu", "y"]
        );
        assert_eq!(of("%", "--a"), ["%", "--", "--a", "a"]);
        assert_eq!(of("", ""), [""; 0]);
    }

    proptest! {
        /// However long the word and whatever the letters.
        #[test]
        fn every_beginning_of_a_word_finds_it(family in "\\PC{0,20}", given in "\\PC{0,20}", letters in 2_usize..20) {
            let beginnings = beginnings(&family, &given);
            let folded = fold(&format!("{family} {given}"));
            for word in folded.split(' ').filter(|word| !word.is_empty()) {
                prop_assert!(beginnings.contains(sought(first(word, letters))), "{word}");
            }
            for beginning in beginnings {
                prop_assert!((1..=LONGEST).contains(&beginning.chars().count()));
                prop_assert!(folded.contains(&beginning));
            }
        }
    }
}
