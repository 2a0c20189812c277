//! How deep brackets nest, found without parsing.
//!
//! GraphQL and JSON parsers descend by calling themselves, so a short text of opening brackets can exhaust a thread's stack
//! and take the process down. These scans run first, in one pass and constant space.

/// Deepest bracket nesting that a GraphQL document may have: selection sets, arguments, and list and object values together.
/// Real queries, the introspection of GraphiQL included, stay below 40.
pub const MAX_DOCUMENT_NESTING: usize = 100;

/// Deepest bracket nesting that a JSON body may have.
pub const MAX_JSON_NESTING: usize = 100;

/// Whether brackets in a GraphQL document nest deeper than `max`. Strings, block strings and comments do not count.
pub fn document_nests_deeper(document: &str, max: usize) -> bool {
    let bytes = document.as_bytes();
    let mut depth = Depth::new(max);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b'"' if bytes[at..].starts_with(b"\"\"\"") => end_of_block_string(bytes, at + 3),
            b'"' => end_of_string(bytes, at + 1, b"\n\r"),
            b'#' => end_of_line(bytes, at),
            _ => {
                if depth.exceeded_by(byte) {
                    return true;
                }
                at + 1
            }
        };
    }
    false
}

/// Whether brackets in a JSON text nest deeper than `max`. Strings do not count.
pub fn json_nests_deeper(json: &[u8], max: usize) -> bool {
    let mut depth = Depth::new(max);
    let mut at = 0;
    while let Some(&byte) = json.get(at) {
        if byte == b'"' {
            // No line ends a string of JSON; a parser that lets one pass stays inside the string.
            at = end_of_string(json, at + 1, b"");
        } else if depth.exceeded_by(byte) {
            return true;
        } else {
            at += 1;
        }
    }
    false
}

struct Depth {
    now: usize,
    max: usize,
}

impl Depth {
    fn new(max: usize) -> Self {
        Self { now: 0, max }
    }

    fn exceeded_by(&mut self, byte: u8) -> bool {
        match byte {
            b'{' | b'[' | b'(' => self.now += 1,
            b'}' | b']' | b')' => self.now = self.now.saturating_sub(1),
            _ => {}
        }
        self.now > self.max
    }
}

/// Position after the closing quote. A line break ends a GraphQL string too (`also`): the parser will refuse it, so what follows
/// counts.
pub(super) fn end_of_string(bytes: &[u8], mut at: usize, also: &[u8]) -> usize {
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ if also.contains(&byte) => return at + 1,
            _ => at += 1,
        }
    }
    at
}

pub(super) fn end_of_block_string(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        if bytes[at..].starts_with(b"\\\"\"\"") {
            at += 4;
        } else if bytes[at..].starts_with(b"\"\"\"") {
            return at + 3;
        } else {
            at += 1;
        }
    }
    at
}

pub(super) fn end_of_line(bytes: &[u8], at: usize) -> usize {
    bytes[at..]
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .map_or(bytes.len(), |length| at + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_count_every_kind_of_bracket() {
        assert!(!document_nests_deeper("{ a(b: [{ c: 1 }]) { d } }", 4));
        assert!(document_nests_deeper("{ a(b: [{ c: 1 }]) { d } }", 3));
        assert!(document_nests_deeper(&"{a".repeat(101), 100));
    }

    #[test]
    fn strings_and_comments_do_not_count() {
        assert!(!document_nests_deeper(r#"{ a(b: "[[[[\"[[[") }"#, 2));
        assert!(!document_nests_deeper(
            "{ a(b: \"\"\" [[[ \\\"\"\" {{{ \"\"\") }",
            2
        ));
        assert!(!document_nests_deeper("{ a # {{{{{\n }", 1));
        assert!(document_nests_deeper("{ a # {\n {{ } } }", 2));
    }

    #[test]
    fn an_unfinished_string_hides_nothing_on_the_next_line() {
        assert!(document_nests_deeper("\"\n{{{", 2));
    }

    #[test]
    fn json_strings_do_not_count() {
        assert!(!json_nests_deeper(br#"{"query":"{{{{{{\"{{{"}"#, 1));
        assert!(json_nests_deeper(br#"{"a":[[[]]]}"#, 3));
        // A line break inside a string turns nothing inside out.
        assert!(json_nests_deeper(b"{\"a\":\"\n\",\"b\":[[[]]],\"c\":\"\"}", 3));
    }
}
