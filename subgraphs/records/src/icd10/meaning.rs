//! Words that somebody may mean by what they type. Pure.

use super::index::{self, Index};
use std::ops::Range;
use strsim::osa_distance;

/// How well a word was met: the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Met {
    /// It is the word.
    Word,
    /// It is the beginning of the word, which is still being typed.
    Beginning,
    /// With one typing mistake.
    Mistake,
    /// With two typing mistakes.
    Mistakes,
}

/// All words that somebody may mean by one that they typed.
pub(super) struct Meaning {
    same: Option<u32>,
    /// Words that begin so, the same one among them.
    beginnings: Range<u32>,
    /// Words that are a mistake or two away, sorted.
    mistaken: Vec<(u32, Met)>,
}

impl Meaning {
    /// What is meant by `word`, with typing mistakes if these are to be looked for.
    pub(super) fn of(index: &Index, word: &str, with_mistakes: bool) -> Self {
        let beginnings = index.words_beginning_with(word);
        // Words are sorted, so the same one stands before all that are longer.
        let same = beginnings
            .clone()
            .next()
            .filter(|first| index.word(*first) == word);
        let mistaken = if with_mistakes {
            mistaken(index, word, &beginnings)
        } else {
            Vec::new()
        };
        Self {
            same,
            beginnings,
            mistaken,
        }
    }

    /// All of them, the best first.
    pub(super) fn words(&self) -> impl Iterator<Item = (Met, u32)> + '_ {
        let same = self.same.map(|word| (Met::Word, word));
        let longer = self.beginnings.clone().skip(usize::from(self.same.is_some()));
        let longer = longer.map(|word| (Met::Beginning, word));
        same.into_iter()
            .chain(longer)
            .chain(self.mistaken_by(Met::Mistake))
            .chain(self.mistaken_by(Met::Mistakes))
    }

    fn mistaken_by(&self, much: Met) -> impl Iterator<Item = (Met, u32)> + '_ {
        let some = self.mistaken.iter().filter(move |(_, met)| *met == much);
        some.map(|(word, met)| (*met, *word))
    }

    /// How well a word is met; `None` when it is not what is meant.
    pub(super) fn met(&self, word: u32) -> Option<Met> {
        if self.same == Some(word) {
            return Some(Met::Word);
        }
        if self.beginnings.contains(&word) {
            return Some(Met::Beginning);
        }
        let at = self.mistaken.binary_search_by_key(&word, |(word, _)| *word);
        at.ok().map(|at| self.mistaken[at].1)
    }
}

fn mistaken(index: &Index, word: &str, beginnings: &Range<u32>) -> Vec<(u32, Met)> {
    let most = mistakes(word);
    if most == 0 {
        return Vec::new();
    }
    let (letters, length) = (index::letters(word), word.chars().count());
    let mut found = Vec::new();
    for (candidate, others) in (0_u32..).zip(index.letters()) {
        if (letters ^ others).count_ones() > 2 * most || beginnings.contains(&candidate) {
            continue;
        }
        let other = index.word(candidate);
        if other.chars().count().abs_diff(length) > most as usize {
            continue;
        }
        match osa_distance(word, other) {
            1 => found.push((candidate, Met::Mistake)),
            2 if most == 2 => found.push((candidate, Met::Mistakes)),
            _ => {}
        }
    }
    found
}

/// How many typing mistakes a word may have. Numbers say something else when one of their digits is another.
pub(super) fn mistakes(word: &str) -> u32 {
    if word.chars().any(|c| c.is_ascii_digit()) {
        return 0;
    }
    match word.chars().count() {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    }
}
