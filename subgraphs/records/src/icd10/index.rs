//! All codes in memory, by word. It is built once for a release and never changed, so that any number of searches share it.
//!
//! Texts lie one behind the other in a few large allocations: a release of 100,000 codes takes some 20 MB.

use super::Icd10Code;
use super::code::Code;
use super::order_file::Entry;
use super::starter::Common;
use super::texts::{Lists, Texts, number};
use caregraph_kit::search::fold;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// All codes. A *line* is one name of one code: first the English titles, in the order of the codes, then the Vietnamese names.
pub(super) struct Index {
    codes: Vec<Code>,
    billable: Vec<bool>,
    /// Codes of the built-in list: where everything else is equal, what is common is meant.
    common: Vec<bool>,
    names: Texts,
    /// Codes of the Vietnamese names, in the order of their lines.
    vietnamese: Vec<u32>,
    /// Places of Vietnamese names among the lines, by code.
    translated: BTreeMap<u32, u32>,
    /// Folded words of all names, sorted.
    words: Texts,
    /// Which letters each word has, one bit for each.
    letters: Vec<u32>,
    /// Where the lines of each word end in `lines`.
    ends: Vec<u32>,
    /// Lines in which the words stand, word by word, each line once.
    lines: Vec<u32>,
    /// Words of each line, in their order.
    said: Lists,
}

/// What a code is, apart from its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Traits {
    /// The code.
    pub(super) code: Code,
    /// Whether a diagnosis can be coded with it.
    pub(super) billable: bool,
    /// Whether it is a common one.
    pub(super) common: bool,
}

impl Index {
    /// Everything in `release`, or the common codes when there is none. A release decides which codes there are and what they are
    /// called; the common ones add their Vietnamese names.
    pub(super) fn build(release: Option<Vec<Entry>>, common: Vec<Common>) -> Self {
        let mut known: HashMap<Code, &'static str> = HashMap::new();
        let mut built_in = Vec::with_capacity(common.len());
        for Common { entry, name_vi } in common {
            known.insert(entry.code, name_vi);
            built_in.push(entry);
        }
        let mut entries = release.unwrap_or(built_in);
        entries.sort_unstable_by_key(|entry| entry.code);
        entries.dedup_by_key(|entry| entry.code);

        let mut names = Texts::default();
        let (mut vietnamese, mut translated) = (Vec::new(), BTreeMap::new());
        for entry in &entries {
            names.push(&entry.title);
        }
        for (at, entry) in entries.iter().enumerate() {
            if let Some(name) = known.get(&entry.code).filter(|name| !name.is_empty()) {
                translated.insert(number(at), number(names.len()));
                vietnamese.push(number(at));
                names.push(name);
            }
        }
        let mut index = Self {
            billable: entries.iter().map(|entry| entry.billable).collect(),
            common: entries
                .iter()
                .map(|entry| known.contains_key(&entry.code))
                .collect(),
            codes: entries.into_iter().map(|entry| entry.code).collect(),
            names,
            vietnamese,
            translated,
            words: Texts::default(),
            letters: Vec::new(),
            ends: Vec::new(),
            lines: Vec::new(),
            said: Lists::default(),
        };
        index.note_words();
        index
    }

    fn note_words(&mut self) {
        let mut numbers: HashMap<String, u32> = HashMap::new();
        for line in 0..self.names.len() {
            let said = words(self.names.get(line)).into_iter().map(|word| {
                let next = number(numbers.len());
                *numbers.entry(word).or_insert(next)
            });
            self.said.push(said);
        }
        let mut sorted: Vec<(String, u32)> = numbers.into_iter().collect();
        sorted.sort_unstable();
        let mut ranks = vec![0; sorted.len()];
        for (rank, (word, first_number)) in sorted.iter().enumerate() {
            ranks[*first_number as usize] = number(rank);
            self.words.push(word);
            self.letters.push(letters(word));
        }
        drop(sorted);
        for word in self.said.all_mut() {
            *word = ranks[*word as usize];
        }
        let lines = 0..self.names.len();
        let mut places: Vec<(u32, u32)> = lines
            .flat_map(|line| self.said.get(line).iter().map(move |word| (*word, number(line))))
            .collect();
        places.sort_unstable();
        places.dedup();
        self.ends = vec![0; self.words.len()];
        self.lines = Vec::with_capacity(places.len());
        for (word, line) in places {
            self.lines.push(line);
            self.ends[word as usize] = number(self.lines.len());
        }
    }

    /// How many codes there are.
    pub(super) fn len(&self) -> usize {
        self.codes.len()
    }

    /// How many names they have.
    pub(super) fn line_count(&self) -> usize {
        self.names.len()
    }

    /// The place of a code.
    pub(super) fn place(&self, code: Code) -> Option<u32> {
        self.codes.binary_search(&code).ok().map(number)
    }

    /// The places of all codes that begin so.
    pub(super) fn beginning_with(&self, beginning: Code) -> Range<u32> {
        let from = self.codes.partition_point(|code| *code < beginning);
        let found = self.codes[from..]
            .iter()
            .take_while(|code| code.begins_with(beginning));
        let count = found.count();
        number(from)..number(from + count)
    }

    /// The code at a place.
    pub(super) fn code(&self, at: u32) -> Icd10Code {
        let place = at as usize;
        let name_vi = self
            .translated
            .get(&at)
            .map(|line| self.names.get(*line as usize).to_owned());
        Icd10Code {
            code: self.codes[place].to_string(),
            title: self.names.get(place).to_owned(),
            title_vi: name_vi,
            billable: self.billable[place],
        }
    }

    /// What the code at a place is.
    pub(super) fn traits(&self, at: u32) -> Traits {
        let place = at as usize;
        Traits {
            code: self.codes[place],
            billable: self.billable[place],
            common: self.common[place],
        }
    }

    /// The place of the code that a line names, and the line's length in bytes.
    pub(super) fn line(&self, line: u32) -> (u32, u32) {
        let length = number(self.names.get(line as usize).len());
        match (line as usize).checked_sub(self.codes.len()) {
            None => (line, length),
            Some(at) => (self.vietnamese[at], length),
        }
    }

    /// Words that begin so.
    pub(super) fn words_beginning_with(&self, beginning: &str) -> Range<u32> {
        let from = self.words.partition_point(|word| word < beginning);
        let to = self
            .words
            .partition_point(|word| word < beginning || word.starts_with(beginning));
        number(from)..number(to)
    }

    /// A word.
    pub(super) fn word(&self, word: u32) -> &str {
        self.words.get(word as usize)
    }

    /// All words with their letters.
    pub(super) fn letters(&self) -> &[u32] {
        &self.letters
    }

    /// The lines in which a word stands.
    pub(super) fn lines_with(&self, word: u32) -> &[u32] {
        let word = word as usize;
        let from = word.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.lines[from as usize..self.ends[word] as usize]
    }

    /// The words of a line, in their order.
    pub(super) fn words_of(&self, line: u32) -> &[u32] {
        self.said.get(line as usize)
    }

    /// About how many bytes it takes.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        let numbers = self.letters.capacity()
            + self.ends.capacity()
            + self.lines.capacity()
            + self.vietnamese.capacity();
        let texts = self.names.size() + self.words.size() + self.said.size();
        self.codes.capacity() * (size_of::<Code>() + 2) + 4 * numbers + texts
    }
}

/// The folded words of a text. What stands behind an apostrophe belongs to its word: "bells" finds "Bell's palsy".
pub(super) fn words(text: &str) -> Vec<String> {
    let text = text.replace(['\'', '’'], "");
    // Nearly all titles are plain, and there are a hundred thousand.
    let folded = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        fold(&text)
    };
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Which letters a word has. Two words that are one typing mistake apart differ in two bits at most, because a mistake takes away
/// one letter and adds one at most.
pub(super) fn letters(word: &str) -> u32 {
    word.chars()
        .fold(0, |letters, c| letters | 1 << (u32::from(c) % 32))
}
