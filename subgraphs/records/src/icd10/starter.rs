//! Common codes, built in: so that a clinic can begin before it has imported a release, and finds the common ones by their
//! Vietnamese names also after that.
//!
//! Codes and titles are those of ICD-10-CM (CMS and NCHS, public domain), of the releases January 2021 to October 2025. Vietnamese
//! names follow the usage of Bộ Y tế's ICD-10 (Quyết định 4469/QĐ-BYT), with an everyday name in brackets where people use another.

use super::code::Code;
use super::order_file::Entry;

const FILE: &str = include_str!("../../assets/icd10_starter.tsv");

/// A common code and its Vietnamese name.
pub(super) struct Common {
    /// The code and its title.
    pub(super) entry: Entry,
    /// The Vietnamese name; empty when there is none.
    pub(super) name_vi: &'static str,
}

/// All of them, sorted.
pub(super) fn common() -> Vec<Common> {
    // Lines that cannot be read would be left out here; a test reads them all.
    FILE.lines().filter_map(common_of).collect()
}

fn common_of(line: &'static str) -> Option<Common> {
    let mut columns = line.split('\t');
    let (code, billable) = (columns.next()?, columns.next()?);
    let (title, name_vi) = (columns.next()?, columns.next()?);
    let entry = Entry {
        code: Code::read(code)?,
        billable: billable == "1",
        title: title.to_owned(),
    };
    Some(Common { entry, name_vi })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_code_with_its_names_in_order() {
        let all = common();
        assert_eq!(all.len(), FILE.lines().count());
        assert!((300..=500).contains(&all.len()), "{}", all.len());
        assert!(
            all.is_sorted_by(|a, b| a.entry.code < b.entry.code),
            "sorted, each once"
        );
        for (line, common) in FILE.lines().zip(&all) {
            assert_eq!(line.split('\t').count(), 4, "{line}");
            assert!(matches!(line.split('\t').nth(1), Some("0" | "1")), "{line}");
            assert!(line.starts_with(&common.entry.code.to_string()), "{line}");
            let names = [common.entry.title.as_str(), common.name_vi];
            assert!(
                names.iter().all(|name| name.trim() == *name && !name.is_empty()),
                "{line}"
            );
        }
    }

    #[test]
    fn the_fields_of_a_clinic_are_covered() {
        let chapters = "ABCDEFGHIJKLMNOPQRSTUZ";
        for chapter in chapters.chars() {
            let of_it = common()
                .iter()
                .filter(|common| common.entry.code.bare().starts_with(chapter))
                .count();
            assert!(of_it >= 2, "{chapter}: {of_it}");
        }
    }
}
