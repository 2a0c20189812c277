//! How large a GraphQL document becomes once its fragments stand where they are spread, found without parsing.
//!
//! Validators and planners visit a fragment at every place where it is spread. Thirty short fragments that each spread the
//! next one twice stand for a thousand million visits; a long chain of fragments is a deep recursion. Neither shows in the
//! document's length, in its brackets, or in its fields.

use super::nesting::{end_of_block_string, end_of_line, end_of_string};
use std::collections::HashMap;

/// Most names (of fields, arguments, types, fragments) that a document may hold after its fragments are spread. Real
/// operations hold some hundreds.
pub const MAX_SPREAD_NAMES: usize = 50_000;

/// Most fragments that may stand inside each other.
pub const MAX_FRAGMENT_CHAIN: usize = 100;

/// Whether a document holds more than `max` names once its fragments are spread, or fragments inside each other more than
/// [`MAX_FRAGMENT_CHAIN`] deep. Of a text that is no GraphQL, anything may be said: the parser refuses it.
pub fn document_spreads_beyond(document: &str, max: usize) -> bool {
    let bodies = bodies(document);
    let index: HashMap<&str, usize> = bodies
        .iter()
        .enumerate()
        .filter_map(|(at, body)| Some((body.fragment?, at)))
        .collect();
    let mut sizes = vec![Size::Unknown; bodies.len()];
    let measured = (0..bodies.len()).try_fold((0_usize, 0_usize), |(operations, fragment), at| {
        let names = measure(at, &bodies, &index, &mut sizes)?;
        // A fragment counts where it is spread; one that nobody spreads is visited, too.
        Some(match bodies[at].fragment {
            None => (operations.saturating_add(names), fragment),
            Some(_) => (operations, fragment.max(names)),
        })
    });
    measured.is_none_or(|(operations, fragment)| operations.max(fragment) > max)
}

/// What stands between the braces of an operation or a fragment.
#[derive(Default)]
struct Body<'a> {
    /// The fragment's name; operations have none here.
    fragment: Option<&'a str>,
    /// Names in it.
    names: usize,
    /// Fragments spread in it.
    spreads: Vec<&'a str>,
}

#[derive(Clone, Copy)]
enum Size {
    Unknown,
    /// Being measured: whoever comes here again has found a cycle, which the validator refuses.
    Open,
    Known {
        names: usize,
        chain: usize,
    },
}

/// Measures one body and all it spreads, without recursion: the text decides how deep this goes. `None` when fragments stand
/// too deep inside each other.
fn measure(
    start: usize,
    bodies: &[Body<'_>],
    index: &HashMap<&str, usize>,
    sizes: &mut [Size],
) -> Option<usize> {
    let mut path = vec![start];
    while let Some(&at) = path.last() {
        if let Size::Known { .. } = sizes[at] {
            path.pop();
            continue;
        }
        let inner = || {
            bodies[at]
                .spreads
                .iter()
                .filter_map(|name| index.get(name).copied())
        };
        if matches!(sizes[at], Size::Unknown) {
            sizes[at] = Size::Open;
            path.extend(inner().filter(|inner| matches!(sizes[*inner], Size::Unknown)));
            continue;
        }
        let (names, chain) = inner().fold((bodies[at].names, 0), |(sum, longest), inner| {
            match sizes[inner] {
                Size::Known { names, chain } => (sum.saturating_add(names), longest.max(chain)),
                Size::Unknown | Size::Open => (sum, longest),
            }
        });
        if chain >= MAX_FRAGMENT_CHAIN {
            return None;
        }
        sizes[at] = Size::Known {
            names,
            chain: chain + 1,
        };
        path.pop();
    }
    match sizes[start] {
        Size::Known { names, .. } => Some(names),
        Size::Unknown | Size::Open => None,
    }
}

/// Takes a document apart into the bodies of its definitions. What stands outside of braces and round brackets tells where
/// a definition begins.
fn bodies(document: &str) -> Vec<Body<'_>> {
    let bytes = document.as_bytes();
    let mut bodies = vec![Body::default()];
    let (mut depth, mut at) = (0_usize, 0);
    let (mut before, mut is_closed) = (Token::Other, false);
    while let Some(&byte) = bytes.get(at) {
        let mut token = Token::Other;
        at = match byte {
            b'"' if bytes[at..].starts_with(b"\"\"\"") => end_of_block_string(bytes, at + 3),
            b'"' => end_of_string(bytes, at + 1, b"\n\r"),
            // What separates tokens changes nothing.
            b'#' => {
                at = end_of_line(bytes, at);
                continue;
            }
            b',' | b' ' | b'\t' | b'\n' | b'\r' | 0xEF | 0xBB | 0xBF => {
                at += 1;
                continue;
            }
            b'{' | b'(' => {
                if byte == b'{' && depth == 0 && std::mem::take(&mut is_closed) {
                    // Not announced as a fragment, so an operation.
                    bodies.push(Body::default());
                }
                depth += 1;
                at + 1
            }
            b'}' | b')' => {
                depth = depth.saturating_sub(1);
                is_closed |= byte == b'}' && depth == 0;
                at + 1
            }
            b'.' if bytes[at..].starts_with(b"...") => {
                token = Token::Dots;
                at + 3
            }
            _ if is_name(byte) => {
                let end = bytes[at..]
                    .iter()
                    .position(|byte| !is_name(*byte))
                    .map_or(bytes.len(), |length| at + length);
                let name = &document[at..end];
                if depth > 0 {
                    if let Some(body) = bodies.last_mut() {
                        body.names += 1;
                        if matches!(before, Token::Dots) && name != "on" {
                            body.spreads.push(name);
                        }
                    }
                } else if matches!(before, Token::Fragment) {
                    bodies.push(Body {
                        fragment: Some(name),
                        ..Body::default()
                    });
                    is_closed = false;
                } else if name == "fragment" {
                    token = Token::Fragment;
                }
                end
            }
            _ => at + 1,
        };
        before = token;
    }
    bodies
}

/// The token before the one at hand, as far as it matters.
#[derive(Clone, Copy)]
enum Token {
    Fragment,
    Dots,
    Other,
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `levels` fragments, each of which spreads the next one twice.
    fn doubling(levels: usize) -> String {
        let fragments = (0..levels)
            .map(|level| format!("fragment f{level} on User {{ ...f{0} ...f{0} }}", level + 1))
            .collect::<Vec<_>>()
            .concat();
        format!("query Q {{ me {{ ...f0 }} }} {fragments} fragment f{levels} on User {{ id }}")
    }

    fn chain(levels: usize) -> String {
        let fragments = (0..levels)
            .map(|level| format!("fragment f{level} on User {{ ...f{} }}", level + 1))
            .collect::<Vec<_>>()
            .concat();
        format!("{{ me {{ ...f0 }} }} {fragments} fragment f{levels} on User {{ id }}")
    }

    #[test]
    fn fragments_count_wherever_they_are_spread() {
        // me, f0, and in f0: two spreads of f1 with two names each.
        let document = "{ me { ...f0 } } fragment f0 on User { ...f1 ...f1 } fragment f1 on User { id name }";
        assert!(!document_spreads_beyond(document, 8));
        assert!(document_spreads_beyond(document, 7));
    }

    #[test]
    fn doubling_and_long_chains_are_found() {
        assert!(!document_spreads_beyond(&doubling(5), MAX_SPREAD_NAMES));
        assert!(document_spreads_beyond(&doubling(30), MAX_SPREAD_NAMES));
        assert!(document_spreads_beyond(&doubling(5_000), MAX_SPREAD_NAMES));
        assert!(!document_spreads_beyond(&chain(90), MAX_SPREAD_NAMES));
        assert!(document_spreads_beyond(&chain(200_000), MAX_SPREAD_NAMES));
    }

    #[test]
    fn spellings_hide_nothing() {
        let hide = |text: &str| {
            doubling(30)
                .replace("fragment ", text)
                .replace("...", "...# on\n,")
                .replace(
                    "query Q",
                    "query Q($fragment: Int = 1) @fragment(fragment: fragment f30: {fragment: 1})",
                )
        };
        for text in [
            "fragment\n",
            "fragment#}}}\n",
            "fragment,,\u{feff}",
            "fragment \t",
        ] {
            assert!(document_spreads_beyond(&hide(text), MAX_SPREAD_NAMES), "{text:?}");
        }
        let strings = doubling(30).replace("me {", "me(a: \"}}}\\\"{\", b: \"\"\"}\\\"\"\"}\"\"\") {");
        assert!(document_spreads_beyond(&strings, MAX_SPREAD_NAMES));
    }

    #[test]
    fn an_operation_without_a_name_may_stand_behind_its_fragments() {
        let document = "fragment f on User { id name } { a: me { ...f } b: me { ...f } } { c }";
        // a, me, f, b, me, f, c, and twice what f holds.
        assert!(!document_spreads_beyond(document, 11));
        assert!(document_spreads_beyond(document, 10));
    }

    #[test]
    fn cycles_unknown_fragments_and_nonsense_end() {
        let cycle = "{ ...a } fragment a on T { ...b ...b } fragment b on T { ...a ...c }";
        assert!(!document_spreads_beyond(cycle, MAX_SPREAD_NAMES));
        for text in [
            "",
            "}",
            "fragment",
            "fragment a",
            "...",
            "{ ...on on { x } }",
            "\"",
            "{ ...a ...a",
            "fragment fragment on on",
        ] {
            assert!(!document_spreads_beyond(text, MAX_SPREAD_NAMES), "{text}");
        }
    }

    #[test]
    fn what_clients_really_send_passes() {
        let query = "query Visits($first: Int!) { me { ...Card visits(first: $first) { nodes { doctor { ...Card } } } } } \
                     fragment Card on Person { id name photo { ...Photo } } fragment Photo on Photo { url width }";
        assert!(!document_spreads_beyond(query, 100));
    }
}
