//! Tests of what a search finds, and in which order.

use super::super::order_file::Entry;
use super::super::samples::{STARTER, found, release};
use super::super::starter;
use super::*;
use proptest::prelude::*;

#[test]
fn hypertension_is_found_however_it_is_typed() {
    for text in [
        "tang huyet ap",
        "tăng huyết áp",
        "TĂNG  HUYẾT ÁP",
        "huyết áp tăng vô căn",
        "hypertension",
        "hypertnsion",
        "hypretension",
        "hyperten",
        "essential hyp",
        "i10",
        "I10",
    ] {
        assert_eq!(
            found(&STARTER, text).first().map(String::as_str),
            Some("I10"),
            "{text}"
        );
    }
}

#[test]
fn codes_are_found_with_and_without_dot_and_by_their_beginning() {
    for text in ["E11.9", "e11.9", "E119", " e119 "] {
        assert_eq!(found(&STARTER, text), ["E11.9"], "{text}");
    }
    let beginning = found(&STARTER, "e11");
    assert_eq!(
        beginning[0], "E11",
        "the code itself first, although it is a heading"
    );
    assert!(
        beginning.len() > 5 && beginning.iter().all(|code| code.starts_with("E11")),
        "{beginning:?}"
    );
    assert!(found(&STARTER, "e1").contains(&"E10.9".to_owned()));
    assert!(found(&STARTER, "e11.").contains(&"E11.9".to_owned()));
    assert!(found(&STARTER, "q99.99").is_empty());
}

#[test]
fn what_looks_like_a_code_may_be_a_word() {
    let index = release(&[
        ("D519", true, "Vitamin B12 deficiency anemia, unspecified"),
        ("B12", true, "Made up"),
    ]);
    assert_eq!(found(&index, "b12"), ["B12", "D51.9"]);
}

#[test]
fn words_stand_in_one_name_in_any_order() {
    assert_eq!(found(&STARTER, "dengue xuat huyet sot"), ["A91"]);
    assert!(found(&STARTER, "dengue fever hemorrhagic").contains(&"A91".to_owned()));
    assert!(found(&STARTER, "diabetes 2 type").contains(&"E11.9".to_owned()));
    // One word is English, the other one Vietnamese: nobody calls it that.
    assert_eq!(found(&STARTER, "dengue fever huyet"), Vec::<String>::new());
    assert_eq!(found(&STARTER, "bells palsy"), ["G51.0"]);
    assert_eq!(found(&STARTER, "bell's palsy"), ["G51.0"]);
}

#[test]
fn d_with_a_stroke_is_a_d() {
    for text in ["đái tháo đường", "dai thao duong", "ĐÁI THÁO ĐƯỜNG"] {
        assert!(found(&STARTER, text).contains(&"E11.9".to_owned()), "{text}");
    }
}

#[test]
fn the_best_come_first() {
    let index = release(&[
        ("A00", false, "Cramp"),
        ("A001", true, "Cramp of the other leg"),
        ("A002", true, "Cramp of leg"),
        ("A003", true, "Cramps"),
        ("A004", true, "Crimp"),
        ("R252", true, "Cramp and spasm and something more"),
    ]);
    let expected = ["R25.2", "A00.2", "A00.1", "A00", "A00.3", "A00.4"];
    assert_eq!(
        found(&index, "cramp"),
        expected,
        "common, short, heading, prefix, typo"
    );
}

#[test]
fn typing_mistakes_are_looked_for_in_long_words_only() {
    let index = release(&[
        ("A001", true, "Gout"),
        ("A002", true, "Tic"),
        ("A003", true, "Influenza 2019"),
        ("A004", true, "Migraine"),
    ]);
    assert_eq!(found(&index, "guot"), ["A00.1"], "letters changed places");
    assert_eq!(found(&index, "goout"), ["A00.1"]);
    assert_eq!(
        found(&index, "gqqt"),
        Vec::<String>::new(),
        "two mistakes in four letters"
    );
    assert_eq!(found(&index, "tac"), Vec::<String>::new());
    assert_eq!(found(&index, "imfluensa"), ["A00.3"]);
    assert_eq!(found(&index, "2018"), Vec::<String>::new());
    // The mistake in the first letter is as good as any other.
    assert_eq!(found(&index, "nigraine"), ["A00.4"]);
}

#[test]
fn a_release_decides_which_codes_there_are_and_keeps_vietnamese_names() {
    let index = release(&[
        ("I10", true, "Essential hypertension, renamed"),
        ("I119", true, "Another"),
    ]);
    assert_eq!(index.len(), 2);
    let code = index.get("i10").unwrap();
    assert_eq!(
        (code.title.as_str(), code.billable),
        ("Essential hypertension, renamed", true)
    );
    assert_eq!(found(&index, "tang huyet ap"), ["I10"]);
    assert_eq!(index.get("E11.9"), None);
    assert_eq!(index.get("I11.9").unwrap().title_vi, None);
}

#[test]
fn nothing_and_nonsense_find_nothing() {
    for text in [
        "",
        " ",
        "...",
        "zzzzzz",
        "\0",
        "'",
        "%",
        "qqqq qqqq qqqq qqqq qqqq qqqq qqqq qqqq qqqq qqqq",
    ] {
        assert_eq!(found(&STARTER, text), Vec::<String>::new(), "{text:?}");
    }
    assert_eq!(STARTER.search("a", 0), []);
    assert_eq!(STARTER.search("a", 3).len(), 3);
}

/// A hundred thousand codes with some ten words each, as in a release.
#[test]
fn a_whole_release_takes_little_room() {
    let entries = (0..100_000_u32).map(|n| {
        let title: Vec<String> = (0..10)
            .map(|word| format!("word{}", n.wrapping_mul(7919 + word) % 9_000))
            .collect();
        let letter = char::from(b'A' + u8::try_from(n / 10_000).unwrap());
        Entry {
            code: Code::read(&format!("{letter}{:04}", n % 10_000)).unwrap(),
            billable: true,
            title: title.join(" "),
        }
    });
    let index = Index::build(Some(entries.collect()), starter::common());
    assert_eq!(index.len(), 100_000);
    assert!(index.size() < 25_000_000, "{} bytes", index.size());
}

fn common_code() -> impl Strategy<Value = Icd10Code> {
    (0..u32::try_from(STARTER.len()).unwrap()).prop_map(|at| STARTER.code(at))
}

proptest! {
    #[test]
    fn every_code_finds_itself_first(code in common_code(), dot: bool, small: bool) {
        let text = if dot { code.code.clone() } else { code.code.replace('.', "") };
        let text = if small { text.to_lowercase() } else { text };
        prop_assert_eq!(&STARTER.search(&text, 5)[0], &code);
        prop_assert_eq!(STARTER.get(&text), Some(code));
    }

    #[test]
    fn every_name_finds_its_code_in_any_order(code in common_code(), english: bool, turns in 0_usize..8) {
        let name = if english { code.title.clone() } else { code.title_vi.clone().unwrap() };
        let mut words = index::words(&name);
        words.truncate(MOST_WORDS);
        let turns = turns % words.len();
        words.rotate_left(turns);
        let found = STARTER.search(&words.join(" "), STARTER.len());
        prop_assert!(found.contains(&code), "{}", name);
    }

    #[test]
    fn one_mistake_in_a_long_word_does_not_hide_it(code in common_code(), at in 1_usize..20, letter in "[a-z]") {
        let words = index::words(&code.title);
        let Some(word) = words.into_iter().find(|word| mistakes(word) > 0) else { return Ok(()) };
        let at = at % word.len();
        prop_assume!(word.is_ascii());
        let mistyped = format!("{}{letter}{}", &word[..at], &word[at + 1..]);
        let found = STARTER.search(&mistyped, STARTER.len());
        prop_assert!(found.contains(&code), "{} for {}", mistyped, word);
    }

    #[test]
    fn plain_text_is_folded_as_any_other(text in "[ -~]{0,40}") {
        let mut folded = index::words(&format!("{text}-é"));
        prop_assert_eq!(folded.pop(), Some("e".to_owned()));
        prop_assert_eq!(index::words(&text), folded);
    }

    #[test]
    fn searching_never_panics_and_keeps_the_limit(text in "\\PC{0,60}", limit in 0_usize..60) {
        let found = STARTER.search(&text, limit);
        prop_assert!(found.len() <= limit);
        let codes: HashSet<_> = found.iter().map(|code| &code.code).collect();
        prop_assert_eq!(codes.len(), found.len());
    }

    #[test]
    fn a_longer_list_begins_with_the_shorter_one(text in "[a-z]{1,5}( [a-z]{1,4})?", limit in 1_usize..10) {
        let strict = |found: Vec<Icd10Code>| found.into_iter().map(|code| code.code).collect::<Vec<_>>();
        let (short, long) = (strict(STARTER.search(&text, limit)), strict(STARTER.search(&text, 50)));
        prop_assert_eq!(&long[..short.len()], &short[..]);
    }
}
