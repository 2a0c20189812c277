//! Searching raw files for phrases.

use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

/// Looks for many phrases at once, in UTF-8 and as JSON escapes them.
pub struct Search {
    /// Phrases with a form of theirs, by the form's first two bytes.
    forms: Vec<Vec<(String, Vec<u8>)>>,
}

impl Search {
    pub fn new(phrases: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut forms = vec![Vec::new(); 1 << 16];
        for phrase in phrases {
            let phrase = phrase.as_ref();
            let quoted = json!(phrase).to_string();
            let quoted = quoted[1..quoted.len() - 1].to_owned();
            let all = [phrase.to_owned(), quoted, ascii(phrase)];
            for form in BTreeSet::from(all) {
                let form = form.into_bytes();
                forms[pair(form[0], form[1])].push((phrase.to_owned(), form));
            }
        }
        Self { forms }
    }

    /// Files below a folder in which something is found, with what is found: `records.db: phrase`.
    pub fn among(&self, folder: &Path) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                if name == "outbox" || name == "caregraph.keys" {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = std::fs::read(&path).unwrap();
                    found.extend(self.within(&bytes).map(|phrase| format!("{name}: {phrase}")));
                }
            }
        }
        found
    }

    pub fn within(&self, bytes: &[u8]) -> impl Iterator<Item = &str> {
        let at = |start: usize| {
            let rest = &bytes[start..];
            let candidates = self.forms[pair(rest[0], rest[1])].iter();
            candidates
                .filter(move |(_, form)| rest.starts_with(form))
                .map(|(phrase, _)| phrase.as_str())
        };
        (0..bytes.len().saturating_sub(1)).flat_map(at)
    }
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(u16::from_be_bytes([first, second]))
}

/// With everything escaped that is not ASCII, and quotes.
fn ascii(phrase: &str) -> String {
    let escaped = |unit: u16| match u8::try_from(unit) {
        Ok(quote @ (b'"' | b'\\')) => format!("\\{}", char::from(quote)),
        Ok(plain) if plain.is_ascii() => char::from(plain).to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    phrase.encode_utf16().map(escaped).collect()
}

/// What is searched finds what is there, however it is written, and nothing else.
#[test]
fn the_search_finds_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("files/ab");
    std::fs::create_dir_all(&below).unwrap();
    let phrase = "Phát ban \"toàn thân\"";
    std::fs::write(folder.path().join("a.db"), format!("\0\u{1}{phrase}\u{2}")).unwrap();
    std::fs::write(folder.path().join("a.db-wal"), json!(phrase).to_string()).unwrap();
    std::fs::write(below.join("b"), format!("\0{}", ascii(phrase))).unwrap();
    std::fs::write(folder.path().join("caregraph.keys"), phrase).unwrap();
    let phrases = [phrase.to_owned(), "Phát ban toàn thân".to_owned()];
    let found = Search::new(&phrases).among(folder.path());
    let places = ["a.db", "a.db-wal", "files/ab/b"].map(|place| format!("{place}: {phrase}"));
    assert_eq!(found, BTreeSet::from(places));
}
