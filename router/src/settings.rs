//! What can be configured about the router.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Settings of the router. Every field has a default; unknown fields are an error.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RouterSettings {
    /// Sizes and depths of requests.
    pub limits: Limits,
    /// How many requests are let in.
    pub rate_limits: RateLimits,
    /// Web origins that may call this server from a browser, for example `https://app.example.org`. `"*"` allows every
    /// origin. Default: none, which leaves the pages of this server's own origin.
    pub cors_origins: Vec<String>,
    /// Whether `__schema` and `__type` may be asked. Default `true`: the schema is the manual, and access is decided by
    /// resolvers, not by secrecy.
    pub introspection: bool,
    /// Whether `/graphiql` is served. Default `true`.
    pub graphiql: bool,
    /// How many reverse proxies stand in front and append to `X-Forwarded-For`. Default 0: the address of a request is its
    /// peer's.
    pub trusted_proxies: usize,
    /// How subgraphs are called.
    pub subgraphs: SubgraphCalls,
    /// How the process that keeps files is called, where it is another one.
    pub files: FileCalls,
    /// Limits of one client's WebSocket.
    pub websocket: WebSockets,
    /// Pause between signs of life on an event stream, in seconds; a client that left is noticed no later. Default 10.
    pub heartbeat_seconds: u64,
    /// How long a connection may rest between two requests, in seconds. Longer than reverse proxies (60) and HTTP clients (90)
    /// keep theirs: whoever sends a request just when the other side gives up the connection cannot know whether it arrived,
    /// and may not send a mutation again. Default 120.
    pub keep_alive_seconds: u16,
    /// How long requests in flight may take once the process is asked to stop, in seconds. Default 10.
    pub drain_seconds: u16,
    /// Threads that serve requests. Default: one for each processor.
    pub workers: Option<usize>,
}

impl Default for RouterSettings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            rate_limits: RateLimits::default(),
            cors_origins: Vec::new(),
            introspection: true,
            graphiql: true,
            trusted_proxies: 0,
            subgraphs: SubgraphCalls::default(),
            files: FileCalls::default(),
            websocket: WebSockets::default(),
            heartbeat_seconds: 10,
            keep_alive_seconds: 120,
            drain_seconds: 10,
            workers: None,
        }
    }
}

/// Sizes and depths of requests. What exceeds one is refused with `LIMIT_EXCEEDED` before anything runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest request body, in bytes. Default 1 MiB.
    pub max_body_bytes: usize,
    /// Longest GraphQL document, in bytes, variables not counted. Default 32 KiB.
    pub max_document_bytes: usize,
    /// Deepest selection of an operation, in fields; introspection does not count. Default 15.
    pub max_depth: usize,
    /// Aliases in a document. Default 50.
    pub max_aliases: usize,
    /// Directives in a document. Default 50.
    pub max_directives: usize,
    /// Lexical tokens in a document. Default 4,000.
    pub max_tokens: usize,
    /// Highest cost of an operation, in fields that it could return at most; `cost.rs` has the formula.
    /// Default 20,000.
    pub max_cost: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 1024 * 1024,
            max_document_bytes: 32 * 1024,
            max_depth: 15,
            max_aliases: 50,
            max_directives: 50,
            max_tokens: 4_000,
            max_cost: 20_000,
        }
    }
}

/// How many requests are let in. Identity has stricter limits of its own for signing in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateLimits {
    /// For each signed-in person, over all their sessions. Default 50 per second, bursts of 200.
    pub principal: Rate,
    /// For each address (IPv6: each /64 network). Wide, because a whole hospital may share one. Default 200 per second,
    /// bursts of 1,000.
    pub address: Rate,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            principal: Rate {
                per_second: 50,
                burst: 200,
            },
            address: Rate {
                per_second: 200,
                burst: 1_000,
            },
        }
    }
}

/// A token bucket.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Requests per second in the long run. 0 switches the limit off.
    pub per_second: u32,
    /// Requests at once after a pause. At least 1.
    pub burst: u32,
}

/// How subgraphs are called.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SubgraphCalls {
    /// How long one call of a subgraph may take, in milliseconds. Default 10,000.
    pub timeout_ms: u64,
    /// How long a whole request may take, in milliseconds; subscriptions are exempt. Default 30,000.
    pub request_timeout_ms: u64,
    /// How long a subgraph that fails more often than not is left alone, in milliseconds: callers are told at once, and it can
    /// recover. Judged once it was called 20 times in a while; a call counts once, however often it was tried. Default 1,000.
    pub rest_ms: u64,
    /// Connections to one host at most. Default 100.
    pub max_connections_per_host: usize,
    /// WebSocket paths of subgraphs out of a foreign supergraph file that stream over `graphql-transport-ws`, by subgraph
    /// name. Subgraphs that are not named stream over HTTP (SSE or multipart). Subgraphs hosted by Caregraph need no entry.
    pub websocket_paths: BTreeMap<String, String>,
}

impl Default for SubgraphCalls {
    fn default() -> Self {
        Self {
            timeout_ms: 10_000,
            request_timeout_ms: 30_000,
            rest_ms: 1_000,
            max_connections_per_host: 100,
            websocket_paths: BTreeMap::new(),
        }
    }
}

impl SubgraphCalls {
    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }
}

/// How the process that keeps files is called, where it is another one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileCalls {
    /// Longest pause in which nothing comes of an answer, in seconds. At least 1. Default 60: longer than that process's own
    /// patience with an upload that rests.
    pub idle_seconds: u64,
}

impl Default for FileCalls {
    fn default() -> Self {
        Self { idle_seconds: 60 }
    }
}

/// Limits of one client's WebSocket.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebSockets {
    /// Largest message, in bytes, over all its fragments. One fragment may have 64 KiB. Default 256 KiB.
    pub max_message_bytes: usize,
    /// How long a client may take to send `connection_init`, in seconds. Default 10.
    pub init_timeout_seconds: u64,
    /// Operations at once on one connection. Default 50.
    pub max_operations: usize,
    /// Pause between pings, in seconds. Default 20.
    pub ping_seconds: u64,
    /// Connections at once on this server. Default 10,000. A further one is answered with 503.
    pub max_connections: usize,
    /// Connections at once from one network address (an IPv6 /64), of everybody behind it. Default 1,000. A further one is
    /// answered with 503.
    pub max_connections_per_address: usize,
}

impl Default for WebSockets {
    fn default() -> Self {
        Self {
            max_message_bytes: 256 * 1024,
            init_timeout_seconds: 10,
            max_operations: 50,
            ping_seconds: 20,
            max_connections: 10_000,
            max_connections_per_address: 1_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RouterSettings;

    #[test]
    fn settings_survive_a_round_trip_and_refuse_unknown_fields() {
        let written = serde_json::to_value(RouterSettings::default()).unwrap();
        let read: RouterSettings = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), written);
        assert!(serde_json::from_str::<RouterSettings>(r#"{"limits":{"max_dept":1}}"#).is_err());
    }
}
