//! Names of files: as people gave them, without what could deceive a reader, a header or a file system.

use super::{Disposition, FileKind};
use std::fmt::Write as _;
use unicode_normalization::UnicodeNormalization as _;

/// Longest name, in characters. File systems take 255 bytes.
pub const MOST_NAME_CHARS: usize = 120;

/// Names that Windows keeps for devices, with whatever extension.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "com", "lpt"];

/// What stays of a name: its last part, composed, in one line, without what no file system takes and without characters that
/// show the rest in another order than it has. Never empty.
pub(super) fn clean(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept = last.nfc().filter(|c| !is_hidden(*c)).map(|c| match c {
        '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
        c if c.is_whitespace() => ' ',
        c => c,
    });
    let name: String = kept.take(MOST_NAME_CHARS).collect();
    let mut name = name
        .trim_matches(|c: char| c == '.' || c.is_whitespace())
        .to_owned();
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    if DEVICES.contains(&stem.trim_end_matches(|c: char| c.is_ascii_digit())) {
        name.insert(0, '_');
    }
    if name.is_empty() {
        "file".clone_into(&mut name);
    }
    name
}

/// The name with an extension that says what the file is: `report.exe` that is a PDF becomes `report.exe.pdf`.
pub(super) fn with_extension(name: String, kind: FileKind) -> String {
    let fits = name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && kind
                .extensions()
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
    });
    match kind.extensions().first() {
        Some(usual) if !fits => format!("{name}.{usual}"),
        _ => name,
    }
}

/// Control characters, and those without a glyph that turn or split what is read (Unicode's bidirectional controls, joiners,
/// tags).
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// `Content-Disposition` as RFC 6266 wants it: an ASCII name for old clients, the true one in UTF-8.
pub(super) fn content_disposition(disposition: Disposition, name: &str) -> String {
    let word = match disposition {
        Disposition::Inline => "inline",
        Disposition::Attachment => "attachment",
    };
    let plain: String = name
        .chars()
        .map(|c| match c {
            '"' | '\\' | '%' => '_',
            c if c.is_ascii_graphic() || c == ' ' => c,
            _ => '_',
        })
        .collect();
    let mut value = format!("{word}; filename=\"{plain}\"; filename*=UTF-8''");
    for byte in name.bytes() {
        // The characters of RFC 8187's `attr-char`.
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            value.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(value, "%{byte:02X}");
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_and_hide_nothing() {
        let cases = [
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\system32\\evil.dll", "evil.dll"),
            ("..", "file"),
            ("", "file"),
            (" . ", "file"),
            ("a\r\nSet-Cookie: x", "aSet-Cookie_ x"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("CON.txt", "_CON.txt"),
            ("com1", "_com1"),
            ("company.txt", "company.txt"),
            ("a\0b", "ab"),
            ("X-quang ngực Nguyễn.pdf", "X-quang ngực Nguyễn.pdf"),
        ];
        for (given, expected) in cases {
            assert_eq!(clean(given), expected, "{given:?}");
        }
        assert_eq!(clean(&"ễ".repeat(500)).chars().count(), MOST_NAME_CHARS);
    }

    #[test]
    fn the_extension_says_what_it_is() {
        assert_eq!(with_extension("a.pdf".into(), FileKind::Pdf), "a.pdf");
        assert_eq!(with_extension("a.JPEG".into(), FileKind::Jpeg), "a.JPEG");
        assert_eq!(with_extension("a.exe".into(), FileKind::Pdf), "a.exe.pdf");
        assert_eq!(with_extension("pdf".into(), FileKind::Pdf), "pdf.pdf");
    }

    #[test]
    fn the_header_holds_one_line_and_two_names() {
        assert_eq!(
            content_disposition(Disposition::Attachment, "Ảnh \"1\".png"),
            "attachment; filename=\"_nh _1_.png\"; filename*=UTF-8''%E1%BA%A2nh%20%221%22.png"
        );
        assert!(content_disposition(Disposition::Inline, "a.pdf").starts_with("inline; filename=\"a.pdf\""));
    }
}
