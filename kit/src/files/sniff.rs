//! What kind of file some bytes are, whatever their sender calls them.
//!
//! A list of what is let in, each recognised by its own beginning, and not a list of what is kept out: an unknown format is
//! refused. Libraries that recognise hundreds of formats by two bytes would take a note that begins with "BMI 24" for a bitmap.

use super::FileKind;

/// So many bytes decide, or all of them when there are fewer.
pub(super) const HEAD_BYTES: usize = 4096;

/// Where browsers of old looked for markup in anything, and where files that want to be two things put it.
const MARKUP_WITHIN: usize = 512;

/// What makes a browser take a text for a page or a program.
const MARKUP: &[&[u8]] = &[
    b"<!doctype",
    b"<html",
    b"<head",
    b"<body",
    b"<script",
    b"<svg",
    b"<iframe",
    b"<object",
    b"<embed",
    b"<?php",
];

/// What the beginning of a text must not be: XML, scripts, PostScript, rich text with objects in it.
const NOT_PLAIN: &[&[u8]] = &[b"<?xml", b"<!--", b"#!", b"%!ps", b"{\\rtf", b"mime-version:"];

/// Why bytes are not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unwelcome {
    /// A page, a script or a program, or something that could pass for one.
    Active,
    /// None of the kinds that are known.
    Unknown,
}

/// The kind of file that begins so. Text is only a guess as long as [`TextCheck`] has not seen the rest.
pub(super) fn sniff(head: &[u8]) -> Result<FileKind, Unwelcome> {
    let kind = by_signature(head);
    let markup_within = if kind.is_some() { MARKUP_WITHIN } else { HEAD_BYTES };
    let beginning = head[..head.len().min(markup_within)].to_ascii_lowercase();
    if MARKUP.iter().any(|tag| contains(&beginning, tag)) {
        return Err(Unwelcome::Active);
    }
    if let Some(kind) = kind {
        return kind;
    }
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&beginning);
    let text = text.trim_ascii_start();
    if NOT_PLAIN.iter().any(|start| text.starts_with(start)) {
        return Err(Unwelcome::Active);
    }
    let mut check = TextCheck::default();
    if head.is_empty() || !check.feed(head) {
        return Err(if is_program(head) {
            Unwelcome::Active
        } else {
            Unwelcome::Unknown
        });
    }
    Ok(FileKind::Text)
}

/// `None` when no signature fits, so that it can only be text.
fn by_signature(head: &[u8]) -> Option<Result<FileKind, Unwelcome>> {
    if head.starts_with(b"%PDF-") {
        return Some(Ok(FileKind::Pdf));
    }
    if head.starts_with(b"\xff\xd8\xff") {
        return Some(Ok(FileKind::Jpeg));
    }
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(Ok(FileKind::Png));
    }
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        return Some(Ok(FileKind::Webp));
    }
    if head.get(128..132) == Some(b"DICM") {
        return Some(dicom(&head[..128]));
    }
    if is_tiff(head) {
        // Raw pictures of cameras are TIFF in form only.
        let raw = head.get(8..10) == Some(b"CR");
        return Some(if raw {
            Err(Unwelcome::Unknown)
        } else {
            Ok(FileKind::Tiff)
        });
    }
    if head.get(4..8) == Some(b"ftyp") {
        return Some(by_brand(head).ok_or(Unwelcome::Unknown));
    }
    None
}

/// The first 128 bytes of a DICOM file may be anything, so a program or a page fits in (CVE-2019-11687). They are zero where
/// they are not used, and the head of a TIFF in files that are both (DICOM PS3.10, 7.1).
fn dicom(preamble: &[u8]) -> Result<FileKind, Unwelcome> {
    if preamble.iter().all(|byte| *byte == 0) || is_tiff(preamble) {
        Ok(FileKind::Dicom)
    } else {
        Err(Unwelcome::Active)
    }
}

fn is_tiff(head: &[u8]) -> bool {
    head.starts_with(b"II*\0") || head.starts_with(b"MM\0*")
}

/// Files in boxes (ISO/IEC 14496-12) say in the first box what they are.
fn by_brand(head: &[u8]) -> Option<FileKind> {
    let length = u32::from_be_bytes(head.get(..4)?.try_into().ok()?);
    let end = usize::try_from(length).ok()?.min(head.len());
    let major = head.get(8..12)?;
    let mut compatible = head.get(16..end).unwrap_or_default().chunks_exact(4);
    match major {
        b"heic" | b"heix" | b"heim" | b"heis" => Some(FileKind::Heic),
        b"mif1" | b"msf1" => compatible
            .any(|brand| matches!(brand, b"heic" | b"heix"))
            .then_some(FileKind::Heic),
        b"mp41"
        | b"mp42"
        | b"mp71"
        | b"avc1"
        | b"dash"
        | b"MSNV"
        | b"M4V "
        | [b'i', b's', b'o', b'm' | b'2'..=b'9'] => Some(FileKind::Mp4),
        _ => None,
    }
}

/// Whether it is a program of some system. Only for the words of the refusal: what is unknown is refused anyway.
fn is_program(head: &[u8]) -> bool {
    const PROGRAMS: &[&[u8]] = &[
        b"MZ",
        b"\x7fELF",
        b"\xca\xfe\xba\xbe",
        b"\xcf\xfa\xed\xfe",
        b"\xce\xfa\xed\xfe",
        b"\0asm",
    ];
    PROGRAMS.iter().any(|start| head.starts_with(start))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Reads a text piece by piece: UTF-8, without control characters other than line ends, tabs and page breaks.
#[derive(Debug, Default)]
pub(super) struct TextCheck {
    /// The beginning of a character whose end is in the next piece.
    cut: Vec<u8>,
}

impl TextCheck {
    /// Whether it is a text so far.
    pub(super) fn feed(&mut self, piece: &[u8]) -> bool {
        let joined;
        let bytes = if self.cut.is_empty() {
            piece
        } else {
            joined = [self.cut.as_slice(), piece].concat();
            &joined
        };
        let (good, rest) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, &[][..]),
            Err(error) if error.error_len().is_some() => return false,
            Err(error) => {
                let (good, rest) = bytes.split_at(error.valid_up_to());
                (std::str::from_utf8(good).unwrap_or_default(), rest)
            }
        };
        let strange = |c: char| c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t' | '\x0c');
        if good.contains(strange) {
            return false;
        }
        self.cut = rest.to_vec();
        true
    }

    /// Whether no character is cut off at the end.
    pub(super) fn is_whole(&self) -> bool {
        self.cut.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dicom_with(preamble: &[u8]) -> Vec<u8> {
        let mut bytes = preamble.to_vec();
        bytes.resize(128, 0);
        bytes.extend_from_slice(b"DICM\x02\0\0\0");
        bytes
    }

    #[test]
    fn kinds_are_known_by_their_beginning() {
        let webp = b"RIFF\x24\0\0\0WEBPVP8 ";
        let heic = b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic";
        let mp4 = b"\0\0\0\x18ftypisom\0\0\x02\0isomavc1";
        let cases: [(&[u8], FileKind); 11] = [
            (b"%PDF-1.7\n", FileKind::Pdf),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", FileKind::Jpeg),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", FileKind::Png),
            (webp, FileKind::Webp),
            (heic, FileKind::Heic),
            (b"II*\0\x08\0\0\0", FileKind::Tiff),
            (b"MM\0*\0\0\0\x08", FileKind::Tiff),
            (&dicom_with(b""), FileKind::Dicom),
            (b"BMI 24, height 170 cm", FileKind::Text),
            ("\u{feff}Bệnh án của Nguyễn".as_bytes(), FileKind::Text),
            (mp4, FileKind::Mp4),
        ];
        for (bytes, kind) in cases {
            assert_eq!(sniff(bytes), Ok(kind), "{kind:?}");
        }
    }

    #[test]
    fn pages_scripts_and_programs_are_refused() {
        let late = format!("{}<script>alert(1)</script>", " ".repeat(600));
        let cases: [&[u8]; 13] = [
            b"<!DOCTYPE html><p>",
            b"  \n<HTML>",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"<?xml version='1.0'?><svg/>",
            b"#!/bin/sh\nrm -rf /",
            b"<?php system($_GET['x']);",
            b"MZ\x90\0\x03\0",
            b"\x7fELF\x02\x01\x01\0",
            b"\x89PNG\r\n\x1a\n<html><script>",
            b"%PDF-1.4 <script>alert(1)</script>",
            &dicom_with(b"MZ\x90\0"),
            &dicom_with(b"<html>"),
            late.as_bytes(),
        ];
        for bytes in cases {
            assert_eq!(
                sniff(bytes),
                Err(Unwelcome::Active),
                "{}",
                String::from_utf8_lossy(&bytes[..bytes.len().min(30)])
            );
        }
    }

    #[test]
    fn what_is_unknown_is_refused() {
        let cases: [&[u8]; 8] = [
            b"",
            b"GIF89a\0\0\0",
            b"PK\x03\x04\x14\0\0\0",
            b"\0\0\0\x18ftypavif\0\0\0\0avif",
            b"II*\0\x10\0\0\0CR\x02\0",
            b"\xff\xfeA\0B\0",
            b"text with a \0 in it",
            b"caf\xe9 in latin-1",
        ];
        for bytes in cases {
            assert_eq!(sniff(bytes), Err(Unwelcome::Unknown), "{bytes:?}");
        }
    }

    #[test]
    fn characters_may_be_cut_between_pieces_but_not_at_the_end() {
        let text = "Nguyễn 𝄞 ".repeat(10);
        let mut check = TextCheck::default();
        for byte in text.as_bytes() {
            assert!(check.feed(std::slice::from_ref(byte)));
        }
        assert!(check.is_whole());
        assert!(check.feed(&"ễ".as_bytes()[..2]) && !check.is_whole());
        assert!(!check.feed(b"x"));
    }
}
