//! Which codes a text means, the best first. Pure.

use super::Icd10Code;
use super::code::Code;
use super::index::{self, Index};
use super::meaning::{Meaning, Met, mistakes};
use super::phrasing::phrasings;
use super::ranking::{Match, Place, Rank};
use std::collections::HashSet;

/// Words of a search that count; further ones are left out.
const MOST_WORDS: usize = 8;

/// How often a code may be met: by itself, and by both of its names in each of two phrasings.
const MOST_MEETINGS: usize = 5;

impl Index {
    /// The code `code`, with or without its dot.
    pub(super) fn get(&self, code: &str) -> Option<Icd10Code> {
        self.place(Code::read(code)?).map(|at| self.code(at))
    }

    /// At most `limit` codes that `text` means: a code or the beginning of one, or words of one name in any order, each of which may
    /// be the beginning of a word. Typing mistakes are looked for when there is not enough without: one in words of four letters
    /// or more, two in words of eight or more.
    pub(super) fn search(&self, text: &str, limit: usize) -> Vec<Icd10Code> {
        let by_code = self.by_code(text);
        let phrasings = phrasings(index::words(text));
        let found = |with_mistakes| {
            let mut ranks = by_code.clone();
            for phrase in &phrasings {
                self.by_words(phrase, with_mistakes, &mut ranks);
            }
            best(ranks, limit)
        };
        let mut places = found(false);
        let may_be_mistaken = phrasings.iter().flatten().any(|word| mistakes(word) > 0);
        if places.len() < limit && may_be_mistaken {
            places = found(true);
        }
        places.into_iter().map(|at| self.code(at)).collect()
    }

    /// Codes below a heading with which a diagnosis can be coded, at most `limit`: the common ones first, and of those the less exact.
    pub(super) fn codable_below(&self, heading: &str, limit: usize) -> Vec<String> {
        let Some(heading) = Code::read(heading) else {
            return Vec::new();
        };
        let below = self.beginning_with(heading).map(|at| (self.traits(at), at));
        let mut ranks: Vec<Rank> = below
            .filter(|(traits, _)| traits.billable && traits.code != heading)
            .map(|(traits, at)| Rank::below(traits, at))
            .collect();
        ranks.sort_unstable();
        let named = ranks.into_iter().take(limit);
        named.map(|rank| self.code(rank.at).code).collect()
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
                Rank::by_code(met, self.traits(at), at)
            })
            .collect()
    }

    fn by_words(&self, phrase: &[String], with_mistakes: bool, ranks: &mut Vec<Rank>) {
        let mut words: Vec<&str> = Vec::new();
        for word in phrase {
            if !words.contains(&word.as_str()) {
                words.push(word);
            }
        }
        words.truncate(MOST_WORDS);
        if words.is_empty() {
            return;
        }
        // For each line: how many words were met so far, and how well the worst of them.
        let mut lines = vec![(0_u8, Met::Word); self.line_count()];
        let mut meanings = Vec::with_capacity(words.len());
        for (before, word) in (0_u8..).zip(&words) {
            let meaning = Meaning::of(self, word, with_mistakes);
            let mut any = false;
            // The best come first, so the first word that meets a line is the one that counts.
            for (met, candidate) in meaning.words() {
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
            meanings.push(meaning);
        }
        // In the order in which they were typed; one that was typed twice stands there twice.
        let phrase: Vec<&Meaning> = phrase
            .iter()
            .map_while(|word| words.iter().position(|known| known == word))
            .map(|at| &meanings[at])
            .collect();
        for (line, (count, worst)) in (0_u32..).zip(lines) {
            if usize::from(count) == words.len() {
                let (at, length) = self.line(line);
                let place = self.place_of(&phrase, worst, line);
                ranks.push(Rank::by_name(worst, place, self.traits(at), (at, length)));
            }
        }
    }

    /// Where a phrase stands in a line that has all of its words, none of them met worse than `worst`.
    fn place_of(&self, phrase: &[&Meaning], worst: Met, line: u32) -> Place {
        let said = self.words_of(line);
        let met = |(word, meaning): (&u32, &&Meaning)| meaning.met(*word).is_some_and(|met| met <= worst);
        let behind = said
            .windows(phrase.len())
            .position(|some| some.iter().zip(phrase).all(met));
        match behind {
            // One word that is still being typed, or mistyped, may become any of several: that a name begins with one of them says nothing.
            Some(0) if phrase.len() > 1 || worst == Met::Word => Place::First,
            Some(behind) => Place::Together(u32::try_from(behind).unwrap_or(u32::MAX)),
            None => Place::Apart,
        }
    }
}

/// The places of the best, each once.
fn best(mut ranks: Vec<Rank>, limit: usize) -> Vec<u32> {
    let enough = limit.saturating_mul(MOST_MEETINGS);
    if enough > 0 && ranks.len() > enough {
        ranks.select_nth_unstable(enough);
        ranks.truncate(enough);
    }
    ranks.sort_unstable();
    let mut seen = HashSet::new();
    ranks
        .into_iter()
        .map(|rank| rank.at)
        .filter(|at| seen.insert(*at))
        .take(limit)
        .collect()
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
