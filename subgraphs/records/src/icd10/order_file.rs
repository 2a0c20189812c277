//! The "order file" in which CMS publishes a release of ICD-10-CM: `icd10cm_order_YYYY.txt`, in the public domain, from
//! <https://www.cms.gov/medicare/coding-billing/icd-10-codes>.
//!
//! Every line has fixed columns, counted in characters from 1: 1–5 the order number, 7–13 the code without its dot, 15 `1` for a
//! code that can be billed and `0` for a heading, 17–76 a short description, and from 78 on the title.

use super::code::Code;
use std::borrow::Cow;
use std::collections::HashSet;

/// Longest title, in characters; the longest one published has less than 300.
const MOST_CHARACTERS: usize = 500;
/// Most codes of a release; published ones have less than 100,000.
const MOST_CODES: usize = 200_000;
/// One line in so many may be unreadable: with more, this is some other file, or half of one.
const ONE_IN: usize = 20;
/// Columns that are always blank, from 0.
const BLANK: [usize; 4] = [5, 13, 15, 76];

/// One code of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The code.
    pub code: Code,
    /// Whether a diagnosis can be coded with it.
    pub billable: bool,
    /// English title.
    pub title: String,
}

/// A line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderFile {
    /// Its codes, each once, sorted.
    pub entries: Vec<Entry>,
    /// Lines that were left out.
    pub unreadable: Vec<Unreadable>,
}

/// Why a file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderFileError {
    /// There is no line in it.
    #[error("the file is empty")]
    Empty,
    /// It is something else than an order file, or damaged.
    #[error(
        "{unreadable} of {lines} lines cannot be read, the first one is line {first}: {reason}; is this a CMS order file?"
    )]
    Foreign {
        /// How many lines cannot be read.
        unreadable: usize,
        /// How many lines there are.
        lines: usize,
        /// The first one that cannot be read, from 1.
        first: usize,
        /// What is wrong with that one.
        reason: &'static str,
    },
    /// It has more codes than any release.
    #[error("the file has more than {MOST_CODES} codes")]
    TooLong,
}

impl OrderFile {
    /// Reads a file in UTF-8 or Latin-1, with any ends of lines. Lines that cannot be read are left out, unless there are too many.
    pub fn read(bytes: &[u8]) -> Result<Self, OrderFileError> {
        let text = decoded(bytes);
        let mut seen = HashSet::new();
        let mut file = Self {
            entries: Vec::new(),
            unreadable: Vec::new(),
        };
        for (at, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
        {
            let entry = entry(line).and_then(|entry| {
                let is_new = seen.insert(entry.code);
                is_new.then_some(entry).ok_or("the code stands in the file twice")
            });
            match entry {
                Ok(_) if file.entries.len() == MOST_CODES => return Err(OrderFileError::TooLong),
                Ok(entry) => file.entries.push(entry),
                Err(reason) => file.unreadable.push(Unreadable { line: at + 1, reason }),
            }
        }
        let lines = file.entries.len() + file.unreadable.len();
        if let Some(Unreadable { line, reason }) = file.unreadable.first()
            && file.unreadable.len() * ONE_IN > lines
        {
            return Err(OrderFileError::Foreign {
                unreadable: file.unreadable.len(),
                lines,
                first: *line,
                reason,
            });
        }
        if file.entries.is_empty() {
            return Err(OrderFileError::Empty);
        }
        file.entries.sort_unstable_by_key(|entry| entry.code);
        Ok(file)
    }
}

/// Bytes that are no UTF-8 are Latin-1, in which every byte is the character of its number.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

fn entry(line: &str) -> Result<Entry, &'static str> {
    let columns = Columns(line);
    if BLANK
        .iter()
        .any(|at| !matches!(columns.get(*at, at + 1), "" | " "))
    {
        return Err("the columns are not where they should be");
    }
    let order = columns.get(0, 5);
    if order.len() != 5 || !order.bytes().all(|c| c.is_ascii_digit()) {
        return Err("it does not begin with an order number");
    }
    let code = Code::read(columns.get(6, 13)).ok_or("there is no code")?;
    let billable = match columns.get(14, 15) {
        "1" => true,
        "0" => false,
        _ => return Err("there is neither 0 nor 1 in column 15"),
    };
    let title = columns.get(77, usize::MAX).trim();
    if title.is_empty() {
        return Err("there is no title");
    }
    if title.chars().count() > MOST_CHARACTERS {
        return Err("the title is too long");
    }
    if title.chars().any(char::is_control) {
        return Err("there are control characters in the title");
    }
    Ok(Entry {
        code,
        billable,
        title: title.to_owned(),
    })
}

/// A line by columns, counted in characters from 0.
struct Columns<'a>(&'a str);

impl<'a> Columns<'a> {
    /// The columns from `from` on and before `to`, as far as the line goes.
    fn get(&self, from: usize, to: usize) -> &'a str {
        self.0.get(self.offset(from)..self.offset(to)).unwrap_or_default()
    }

    fn offset(&self, column: usize) -> usize {
        if self.0.is_ascii() {
            return column.min(self.0.len());
        }
        let mut offsets = self.0.char_indices().map(|(offset, _)| offset);
        offsets.nth(column).unwrap_or(self.0.len())
    }
}

#[cfg(test)]
#[path = "order_file_tests.rs"]
mod tests;
