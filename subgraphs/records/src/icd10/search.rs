//! Which codes a text means, the best first. Pure.

use super::Icd10Code;
use super::code::Code;
use super::index::{self, Index};
use std::collections::HashSet;
use strsim::osa_distance;

/// Words of a search that count; further ones are left out.
const MOST_WORDS: usize = 8;

/// How well a code was met: the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    /// It is the code that was asked for.
    Code,
    /// It begins with what was asked for.
    Beginning,
    /// All words stand in one of its names.
    Words,
    /// Some words stand there longer than they were asked for: they are still being typed.
    Prefixes,
    /// With one typing mistake in a word.
    Typo,
    /// With two typing mistakes in a word.
    Typos,
}

/// What codes are sorted by: how well they were met, what can be billed before headings, the common before the rare, shorter names
/// first, and then as in the published list.
type Rank = (Match, bool, bool, u32, u32);

impl Index {
    /// The code `code`, with or without its dot.
    pub(super) fn get(&self, code: &str) -> Option<Icd10Code> {
        self.place(Code::read(code)?).map(|at| self.code(at))
    }

    /// At most `limit` codes that `text` means: a code or the beginning of one, or words of one name in any order, each of which may
    /// be the beginning of a word. Typing mistakes are looked for when there is not enough without: one in words of four letters
    /// or more, two in words of eight or more.
    pub(super) fn search(&self, text: &str, limit: usize) -> Vec<Icd10Code> {
        let mut words = index::words(text);
        let mut seen = HashSet::new();
        words.retain(|word| seen.insert(word.clone()));
        words.truncate(MOST_WORDS);
        let mut ranks = self.by_code(text);
        let by_code = ranks.len();
        self.by_words(&words, false, &mut ranks);
        let mut found = best(ranks.clone(), limit);
        if found.len() < limit && words.iter().any(|word| mistakes(word) > 0) {
            ranks.truncate(by_code);
            self.by_words(&words, true, &mut ranks);
            found = best(ranks, limit);
        }
        found.into_iter().map(|at| self.code(at)).collect()
    }

    fn by_code(&self, text: &str) -> Vec<Rank> {
        let Some(beginning) = Code::beginning(text) else {
            return Vec::new();
        };
        let places = self.beginning_with(beginning);
        let exact = self.place(beginning);
        places
            .map(|at| {
                let met = if exact == Some(at) {
                    Match::Code
                } else {
                    Match::Beginning
                };
                self.rank(met, at, 0)
            })
            .collect()
    }

    fn by_words(&self, words: &[String], with_typos: bool, ranks: &mut Vec<Rank>) {
        if words.is_empty() {
            return;
        }
        // For each line: how many words were met so far, and how well the worst of them.
        let mut lines = vec![(0_u8, Match::Words); self.line_count()];
        for (before, word) in (0_u8..).zip(words) {
            let mut any = false;
            // The best come first, so the first word that meets a line is the one that counts.
            for (met, candidate) in self.meanings(word, with_typos) {
                for line in self.lines_with(candidate) {
                    let (count, worst) = &mut lines[*line as usize];
                    if *count == before {
                        (*count, *worst) = (before + 1, met.max(*worst));
                        any = true;
                    }
                }
            }
            if !any {
                return;
            }
        }
        for (line, (count, worst)) in (0_u32..).zip(lines) {
            if usize::from(count) == words.len() {
                let (at, length) = self.line(line);
                ranks.push(self.rank(worst, at, length));
            }
        }
    }

    /// Words that somebody may mean by `word`, the best first.
    fn meanings(&self, word: &str, with_typos: bool) -> Vec<(Match, u32)> {
        let beginnings = self.words_beginning_with(word);
        let mut meanings: Vec<_> = beginnings
            .clone()
            .map(|candidate| {
                let is_same = self.word(candidate) == word;
                (if is_same { Match::Words } else { Match::Prefixes }, candidate)
            })
            .collect();
        let most = mistakes(word);
        if with_typos && most > 0 {
            let (letters, length) = (index::letters(word), word.chars().count());
            for (candidate, others) in (0_u32..).zip(self.letters()) {
                if (letters ^ others).count_ones() > 2 * most || beginnings.contains(&candidate) {
                    continue;
                }
                let other = self.word(candidate);
                if other.chars().count().abs_diff(length) > most as usize {
                    continue;
                }
                match osa_distance(word, other) {
                    1 => meanings.push((Match::Typo, candidate)),
                    2 if most == 2 => meanings.push((Match::Typos, candidate)),
                    _ => {}
                }
            }
        }
        meanings.sort_unstable();
        meanings
    }

    fn rank(&self, met: Match, at: u32, length: u32) -> Rank {
        let (billable, common) = self.traits(at);
        (met, !billable, !common, length, at)
    }
}

/// How many typing mistakes a word may have. Numbers say something else when one of their digits is another.
fn mistakes(word: &str) -> u32 {
    if word.chars().any(|c| c.is_ascii_digit()) {
        return 0;
    }
    match word.chars().count() {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    }
}

/// The places of the best, each once.
fn best(mut ranks: Vec<Rank>, limit: usize) -> Vec<u32> {
    // A code has two names and a code itself, so it stands among them three times at most.
    let enough = limit.saturating_mul(3);
    if enough > 0 && ranks.len() > enough {
        ranks.select_nth_unstable(enough);
        ranks.truncate(enough);
    }
    ranks.sort_unstable();
    let mut seen = HashSet::new();
    ranks
        .into_iter()
        .map(|(.., at)| at)
        .filter(|at| seen.insert(*at))
        .take(limit)
        .collect()
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
