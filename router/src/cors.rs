//! Which web origins may call from a browser.

use crate::error::RouterError;
use hive_router::http::{HeaderName, header};
use hive_router::ntex::http::{HeaderMap, header::HeaderValue};
use std::collections::HashSet;

/// Browsers may keep the answer to a preflight for ten minutes.
const PREFLIGHT_SECONDS: &str = "600";

const METHODS: &str = "GET, POST, OPTIONS";
const REQUEST_HEADERS: &str = "authorization, content-type, accept, x-request-id, graphql-require-preflight";
const RESPONSE_HEADERS: &str = "x-request-id, retry-after";

/// Allowed origins. Credentials are never allowed: tokens travel in a header that scripts set, not in cookies.
pub(crate) struct Cors {
    any: bool,
    origins: HashSet<String>,
}

impl Cors {
    pub(crate) fn new(origins: &[String]) -> Result<Self, RouterError> {
        for origin in origins.iter().filter(|origin| *origin != "*") {
            let has_path = origin
                .split_once("://")
                .is_none_or(|(_, authority)| authority.contains('/') || authority.is_empty());
            if has_path {
                return Err(RouterError::Setting {
                    setting: "cors_origins",
                    reason: format!("`{origin}` is not an origin such as https://app.example.org"),
                });
            }
        }
        Ok(Self {
            any: origins.iter().any(|origin| origin == "*"),
            origins: origins.iter().map(|origin| origin.to_ascii_lowercase()).collect(),
        })
    }

    /// Adds what the browser needs to hand the answer to a script of `origin`.
    pub(crate) fn apply(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        // Caches must not serve one origin's answer to another.
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        let Some(allowed) = origin.filter(|origin| self.allows(origin)) else {
            return;
        };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed.clone());
        set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
    }

    /// Adds what a preflight asks for.
    pub(crate) fn apply_preflight(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if origin.is_some_and(|origin| self.allows(origin)) {
            set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            set(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
            set(headers, header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
        }
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        self.any
            || origin
                .to_str()
                .is_ok_and(|origin| self.origins.contains(&origin.to_ascii_lowercase()))
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

#[cfg(test)]
mod tests {
    use super::Cors;

    #[test]
    fn origins_are_checked_when_the_program_starts() {
        assert!(
            Cors::new(&[
                "https://app.example.org".to_owned(),
                "http://localhost:5173".to_owned()
            ])
            .is_ok()
        );
        for bad in ["https://app.example.org/", "app.example.org", "https://"] {
            assert!(Cors::new(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }
}
