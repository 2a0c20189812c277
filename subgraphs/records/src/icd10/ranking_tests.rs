//! Tests of which of several codes comes first.

use super::super::samples::{STARTER, found, release};
use super::super::starter;

/// What doctors type, and what they mean by it.
#[test]
fn the_code_that_is_meant_comes_first() {
    for (text, meant) in [
        ("đái tháo đường", "E10.9"),
        ("dai thao duo", "E10.9"),
        ("dai thao duog", "E10.9"),
        ("đái tháo đường típ 2", "E11.9"),
        ("tiểu đường tuýp 2", "E11.9"),
        ("tieu duong type 1", "E10.9"),
        ("tuyp 2", "E11.9"),
        ("típ 2", "E11.9"),
        ("type 2", "E11.9"),
        ("type 2 diabetes", "E11.9"),
        ("diabetes", "E10.9"),
        ("prediabetes", "R73.03"),
        ("tiền đái tháo đường", "R73.03"),
        ("cao huyết áp", "I10"),
        ("hyperten", "I10"),
        ("nhồi máu cơ tim", "I21.9"),
        ("viêm họng", "J02.9"),
        ("đau họng", "J02.9"),
        ("sore throat", "J02.9"),
        ("heart attack", "I21.9"),
        ("high blood pressure", "I10"),
        ("mang thai", "Z34.00"),
        ("suy tim", "I50.9"),
        ("heart failure", "I50.9"),
        ("fever", "R50.9"),
        ("headache", "R51.9"),
        ("migrane", "G43.909"),
        ("pneumonia", "J18.9"),
        ("sốt xuất huyết", "A91"),
        ("streptococcal pharyngitis", "J02.0"),
    ] {
        assert_eq!(
            found(&STARTER, text).first().map(String::as_str),
            Some(meant),
            "{text}"
        );
    }
    for text in ["đái tháo đường", "dai thao duong", "tiểu đường", "dai thao duo"] {
        let found = found(&STARTER, text);
        let place = |code: &str| found.iter().position(|known| known == code).unwrap();
        for diabetes in ["E10.9", "E11.9", "O24.419"] {
            assert!(place(diabetes) < place("R73.03"), "{text}: {found:?}");
        }
        assert!(
            place("E11.9") < place("E11"),
            "headings cannot be coded with: {found:?}"
        );
    }
}

#[test]
fn names_that_begin_with_what_was_typed_come_before_those_that_contain_it() {
    let index = release(&[
        ("A001", true, "Sprain of left knee"),
        ("A002", true, "Old knee sprain"),
        ("A003", true, "Knee sprain of long standing"),
        ("A004", true, "Knee sprains"),
    ]);
    assert_eq!(found(&index, "knee sprain"), ["A00.3", "A00.2", "A00.1", "A00.4"]);
    // Hardly anybody means the rare one whose name begins with what everybody calls the common one.
    let index = release(&[
        ("I10", true, "Essential (primary) hypertension"),
        ("I152", true, "Hypertension secondary to endocrine disorders"),
    ]);
    assert_eq!(found(&index, "hypertension"), ["I10", "I15.2"]);
}

#[test]
fn of_equal_names_the_less_exact_code_comes_first() {
    let index = release(&[
        ("A0011", true, "Cramp"),
        ("A0019", true, "Cramp of some kind"),
        ("A002", true, "Cramp of another kind"),
    ]);
    assert_eq!(found(&index, "cramp"), ["A00.2", "A00.19", "A00.11"]);
}

#[test]
fn below_a_heading_the_common_and_less_exact_codes_are_named() {
    assert_eq!(
        STARTER.codable_below("e11", 5),
        ["E11.9", "E11.21", "E11.40", "E11.42", "E11.65"]
    );
    assert_eq!(STARTER.codable_below("J18", 5), ["J18.9", "J18.0"]);
    for nothing in ["I10", "Z99.99", "?"] {
        assert_eq!(
            STARTER.codable_below(nothing, 5),
            Vec::<String>::new(),
            "{nothing}"
        );
    }
    let index = release(&[
        ("E11", false, "Type 2 diabetes mellitus"),
        ("E110", false, "Type 2 diabetes mellitus with hyperosmolarity"),
        (
            "E1100",
            true,
            "Type 2 diabetes mellitus with hyperosmolarity without coma",
        ),
        (
            "E118",
            true,
            "Type 2 diabetes mellitus with unspecified complications",
        ),
        ("E119", true, "Type 2 diabetes mellitus without complications"),
    ]);
    assert_eq!(
        index.codable_below("E11", 2),
        ["E11.9", "E11.8"],
        "the common one, then the one without more detail"
    );
}

#[test]
fn every_built_in_heading_has_codes_below_it() {
    let headings = starter::common()
        .into_iter()
        .filter(|common| !common.entry.billable);
    for heading in headings.map(|common| common.entry.code.to_string()) {
        assert!(!STARTER.codable_below(&heading, 1).is_empty(), "{heading}");
    }
}
