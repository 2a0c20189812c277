//! Tests of reading order files.

use super::*;
use proptest::prelude::*;

fn line(order: usize, code: &str, flag: &str, title: &str) -> String {
    let short: String = title.chars().take(60).collect();
    format!("{order:05} {code:<7} {flag} {short:<60} {title}")
}

#[test]
fn codes_titles_and_headings_are_read() {
    let text = [
        line(1, "E11", "0", "Type 2 diabetes mellitus"),
        line(2, "A00", "0", "Cholera"),
        line(3, "E119", "1", "Type 2 diabetes mellitus without complications"),
    ];
    let expected = [
        ("A00", false, "Cholera"),
        ("E11", false, "Type 2 diabetes mellitus"),
        ("E11.9", true, "Type 2 diabetes mellitus without complications"),
    ];
    for end in ["\n", "\r\n"] {
        let file = OrderFile::read((text.join(end) + end).as_bytes()).unwrap();
        let read: Vec<_> = file
            .entries
            .iter()
            .map(|entry| (entry.code.to_string(), entry.billable, entry.title.as_str()))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(code, flag, title)| ((*code).to_owned(), *flag, *title))
            .collect();
        assert_eq!(read, expected);
        assert_eq!(file.unreadable, []);
    }
}

#[test]
fn latin_1_utf_8_and_a_byte_order_mark_say_the_same() {
    let text = line(1, "H8109", "1", "Ménière's disease, unspecified ear");
    let latin: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
    for bytes in [text.as_bytes(), &latin, &marked] {
        let file = OrderFile::read(bytes).unwrap();
        assert_eq!(file.entries[0].title, "Ménière's disease, unspecified ear");
    }
}

#[test]
fn few_unreadable_lines_are_reported_and_left_out() {
    let mut lines: Vec<String> = (0..100)
        .map(|n| line(n, &format!("A{n:02}"), "1", "Something"))
        .collect();
    lines[6] = line(6, "A05", "1", "The same code again");
    lines[20] = "00020 A20     2 Neither a heading".to_owned();
    lines[40] = line(40, "A40", "1", "A tab\tin it");
    lines.insert(50, String::new());
    let file = OrderFile::read(lines.join("\n").as_bytes()).unwrap();
    let reported: Vec<_> = file.unreadable.iter().map(|unreadable| unreadable.line).collect();
    assert_eq!((file.entries.len(), reported), (97, vec![7, 21, 41]));
}

#[test]
fn other_files_are_refused() {
    assert_eq!(OrderFile::read(b""), Err(OrderFileError::Empty));
    assert_eq!(
        OrderFile::read(b"\xef\xbb\xbf\r\n \r\n"),
        Err(OrderFileError::Empty)
    );
    let good = line(1, "A00", "0", "Cholera");
    let long = line(2, "A01", "1", &"x".repeat(501));
    for hostile in [
        "code,title\nA00,Cholera\n".to_owned(),
        "<!doctype html><html></html>".to_owned(),
        "\0\0\0\0".to_owned(),
        // Twenty lines are the least of which one may be unreadable.
        format!("{good}\n{long}"),
        format!("{good}\nA00"),
        format!("{good}\n00002 A01     1 The title is missing"),
        // A column further: half of the short description would become the title.
        format!("{good}\n {}", line(2, "A01", "1", "Typhoid")),
    ] {
        let error = OrderFile::read(hostile.as_bytes()).unwrap_err();
        assert!(
            matches!(error, OrderFileError::Foreign { .. }),
            "{hostile}: {error}"
        );
    }
    let refused = OrderFile::read(format!("{good}\nA00").as_bytes())
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("1 of 2 lines") && refused.contains("line 2"),
        "{refused}"
    );
}

proptest! {
    #[test]
    fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = OrderFile::read(&bytes);
    }

    #[test]
    fn any_title_survives(title in "[\\PC&&[^ ]][\\PC]{0,80}[\\PC&&[^ ]]") {
        let title = title.trim().to_owned();
        prop_assume!(!title.is_empty());
        let file = OrderFile::read(line(1, "A000", "1", &title).as_bytes()).unwrap();
        prop_assert_eq!(&file.entries[0].title, &title);
    }
}
