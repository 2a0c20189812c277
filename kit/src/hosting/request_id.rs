//! Request ids: one per request, the same in the answer's header, in masked errors and in every log line.

use uuid::Uuid;

/// The header that carries the id in both directions.
pub const HEADER: &str = "x-request-id";

const MAX_LENGTH: usize = 64;

/// The caller's id when it is sane (1 to 64 characters out of `A-Z a-z 0-9 - _ .`), otherwise a new one. Anything else could
/// forge log lines or fill them.
pub fn accept_or_new(given: Option<&str>) -> String {
    given
        .filter(|id| is_sane(id))
        .map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

fn is_sane(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= MAX_LENGTH
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sane_ids_are_kept_and_others_replaced() {
        assert_eq!(accept_or_new(Some("abc-123_x.y")), "abc-123_x.y");
        for bad in ["", "a b", "a\nb", "é", &"x".repeat(65)] {
            assert_ne!(accept_or_new(Some(bad)), bad);
        }
        assert_ne!(accept_or_new(None), accept_or_new(None));
    }
}
