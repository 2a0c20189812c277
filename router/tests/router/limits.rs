//! What is too much.

use crate::socket::Socket;
use crate::world::{Builder, World, answer, code, within};
use caregraph_router::Rate;
use serde_json::{Value, json};

async fn raw(world: &World, body: impl Into<reqwest::Body>) -> (u16, Value) {
    answer(
        world
            .client
            .post(world.url("/graphql"))
            .header("content-type", "application/json")
            .body(body),
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_deep_or_wide_is_refused_with_a_code() {
    let world = World::new().await;
    let nested = |times: usize| {
        format!(
            "{{ me {} {{ id }} {} }}",
            "{ orders { nodes { buyer".repeat(times),
            "} } }".repeat(times)
        )
    };
    let aliases = (0..60)
        .map(|n| format!("a{n}: me {{ id }}"))
        .collect::<Vec<_>>()
        .join(" ");
    let cases = [
        (
            "a 10-MB string",
            format!(
                r#"mutation {{ rename(name: "{}") {{ id }} }}"#,
                "x".repeat(10_000_000)
            ),
            413,
        ),
        (
            "a long string",
            format!(
                r#"mutation {{ rename(name: "{}") {{ id }} }}"#,
                "x".repeat(500_000)
            ),
            400,
        ),
        ("deep selections", nested(6), 400),
        ("very deep selections", nested(60), 400),
        ("a pile of brackets", "{ me ".repeat(6_000), 400),
        (
            "a pile of list brackets",
            format!("{{ me(x: {}) }}", "[".repeat(30_000)),
            400,
        ),
        ("aliases", format!("{{ {aliases} }}"), 400),
        ("tokens", format!("{{ {} }}", "me { id } ".repeat(2_000)), 400),
        (
            "pages of pages",
            "{ me { orders(first: 1000) { nodes { buyer { orders(first: 1000) { nodes { id } } } } } } }"
                .to_owned(),
            400,
        ),
        ("fragments on fragments", bomb(), 400),
    ];
    for (what, query, expected) in cases {
        let (status, body) = world.ask(&query).await;
        assert_eq!(
            (status, code(&body)),
            (expected, "LIMIT_EXCEEDED"),
            "{what}: {body}"
        );
    }
    assert_eq!(world.probe.executions(), 0);
    world.stop().await;
}

/// Small on paper: each fragment spreads the next one ten times.
fn bomb() -> String {
    let fragment = |level: usize| {
        let spread = |n: usize| {
            format!(
                "a{n}: orders(first: 3) {{ nodes {{ buyer {{ ...f{} }} }} }}",
                level + 1
            )
        };
        let spreads = (0..10).map(spread).collect::<Vec<_>>().join(" ");
        format!("fragment f{level} on User {{ {spreads} }}")
    };
    let fragments = (0..7).map(fragment).collect::<Vec<_>>().join(" ");
    format!("{{ me {{ ...f0 }} }} {fragments} fragment f7 on User {{ id }}")
}

/// Fragments that hold nothing but each other, twice: thirty of them stand for 2^30 spreads, without depth, aliases or fields.
#[tokio::test(flavor = "multi_thread")]
async fn spreads_that_double_do_not_keep_a_worker_busy() {
    let world = World::new().await;
    let doubling = |levels: usize| {
        let fragments = (0..levels)
            .map(|level| format!("fragment f{level} on User {{ ...f{0} ...f{0} }}", level + 1))
            .collect::<Vec<_>>()
            .join(" ");
        format!("{{ me {{ ...f0 }} }} {fragments} fragment f{levels} on User {{ id }}")
    };
    let (status, body) = within(world.ask(&doubling(30))).await;
    assert_eq!((status, code(&body)), (400, "LIMIT_EXCEEDED"), "{body}");
    // The most that is let in is answered.
    let (status, body) = within(world.ask(&doubling(13))).await;
    assert_eq!(status, 200, "{body}");
    let mut socket = Socket::anonymous(&world).await;
    socket.subscribe("a", &doubling(30)).await;
    assert_eq!(
        socket.receive().await["payload"][0]["extensions"]["code"],
        "LIMIT_EXCEEDED"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_costly_page_size_in_a_variable_is_seen() {
    let world = World::new().await;
    let ask = |n: u64| {
        world.client.post(world.url("/graphql")).json(&json!({
            "query": "query($n: Int) { orders(first: $n) { nodes { id } } }", "variables": { "n": n },
        }))
    };
    assert_eq!(answer(ask(3)).await.0, 200);
    let (status, body) = answer(ask(1_000_000)).await;
    assert_eq!((status, code(&body)), (400, "LIMIT_EXCEEDED"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_one_graphql_request_is_refused() {
    let world = World::new().await;
    let deep = format!(
        r#"{{"query":"{{ me {{ id }} }}","variables":{}{}}}"#,
        "[".repeat(300_000),
        "]".repeat(300_000)
    );
    for (body, expected) in [
        (
            r#"[{"query":"{ me { id } }"},{"query":"{ me { id } }"}]"#.to_owned(),
            "BAD_REQUEST",
        ),
        ("null".to_owned(), "BAD_REQUEST"),
        (String::new(), "BAD_REQUEST"),
        ("{".to_owned(), "BAD_REQUEST"),
        ("{}".to_owned(), "BAD_REQUEST"),
        (deep, "LIMIT_EXCEEDED"),
    ] {
        let start: String = body.chars().take(40).collect();
        let (status, answer) = raw(&world, body).await;
        assert_eq!((status, code(&answer)), (400, expected), "{start}");
    }
    assert_eq!(world.probe.executions(), 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_elsewhere_cannot_make_a_browser_send_a_request() {
    let world = World::new().await;
    let body = r#"{"query":"{ me { id } }"}"#;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let request = world
            .client
            .post(world.url("/graphql"))
            .header("content-type", kind)
            .body(body);
        assert_eq!(answer(request).await.0, 415, "{kind}");
    }
    assert_eq!(
        answer(world.client.post(world.url("/graphql")).body(body))
            .await
            .0,
        415
    );
    let get = world.client.get(world.url("/graphql?query=%7Bme%7Bid%7D%7D"));
    let (status, refused) = answer(get.try_clone().unwrap()).await;
    assert_eq!((status, code(&refused)), (403, "CSRF_PREVENTED"));
    assert_eq!(world.probe.executions(), 0);

    assert_eq!(answer(get.header("graphql-require-preflight", "1")).await.0, 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn get_changes_nothing() {
    let world = World::new().await;
    for accept in ["application/json", "text/event-stream"] {
        let request = world
            .client
            .get(world.url("/graphql?query=mutation%7Brename(name:%22x%22)%7Bid%7D%7D"))
            .header("accept", accept)
            .header("graphql-require-preflight", "1");
        let (status, body) = answer(request).await;
        assert_eq!((status, code(&body)), (405, "BAD_REQUEST"), "{accept}: {body}");
    }
    assert_eq!(world.probe.executions(), 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn introspection_can_be_switched_off() {
    const INTROSPECTION: &str = "{ __schema { queryType { name } } }";
    let open = World::new().await;
    assert_eq!(
        open.ask(INTROSPECTION).await,
        (
            200,
            json!({ "data": { "__schema": { "queryType": { "name": "Query" } } } })
        )
    );
    open.stop().await;

    let closed = Builder::new()
        .with(|settings| settings.introspection = false)
        .start()
        .await;
    let (status, body) = closed.ask(INTROSPECTION).await;
    assert_eq!((status, code(&body)), (403, "INTROSPECTION_DISABLED"));
    assert_eq!(closed.ask("{ __typename me { __typename } }").await.0, 200);
    closed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_its_share() {
    let world = Builder::new()
        .with(|settings| {
            settings.rate_limits.address = Rate {
                per_second: 1,
                burst: 2,
            }
        })
        .start()
        .await;
    let mut refused = None;
    for _ in 0..4 {
        let response = world.post("{ me { id } }").send().await.unwrap();
        if response.status() == 429 {
            refused = Some(response);
        }
    }
    let response = refused.expect("four requests are more than two");
    assert!(
        response.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse::<u64>()
            .unwrap()
            >= 1
    );
    let body: Value = response.json().await.unwrap();
    assert_eq!(code(&body), "RATE_LIMITED");
    assert!(world.probe.executions() < 4);
    // Pages are not counted: whoever watches the server still sees it.
    assert_eq!(
        world
            .client
            .get(world.url("/health"))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    world.stop().await;
}

/// One connection must not be the way around the limit: whoever is anonymous has no other.
#[tokio::test(flavor = "multi_thread")]
async fn operations_over_a_websocket_count_for_their_address() {
    let world = Builder::new()
        .with(|settings| {
            settings.rate_limits.address = Rate {
                per_second: 1,
                burst: 3,
            }
        })
        .start()
        .await;
    let mut socket = Socket::anonymous(&world).await;
    let mut refused = 0;
    for n in 0..10 {
        socket.subscribe(&n.to_string(), "{ me { id } }").await;
        let message = socket.receive().await;
        if message["type"] == "error" {
            assert_eq!(message["payload"][0]["extensions"]["code"], "RATE_LIMITED");
            refused += 1;
        } else {
            assert_eq!(socket.receive().await["type"], "complete");
        }
    }
    assert!(refused > 0, "ten operations are more than three");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_a_share_over_all_their_sessions() {
    let world = Builder::new()
        .with(|settings| {
            settings.rate_limits.principal = Rate {
                per_second: 1,
                burst: 2,
            }
        })
        .start()
        .await;
    let mut statuses = Vec::new();
    for session in 1..=4 {
        statuses.push(
            answer(world.post("{ me { id } }").bearer_auth(world.token(session)))
                .await
                .0,
        );
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(
        world.ask("{ me { id } }").await.0,
        200,
        "anonymous callers are counted by address"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn origins_are_let_in_by_name() {
    const ORIGIN: &str = "https://app.example.org";
    let world = Builder::new()
        .with(|settings| settings.cors_origins = vec![ORIGIN.to_owned()])
        .start()
        .await;
    let preflight = |origin: &'static str| {
        world
            .client
            .request(reqwest::Method::OPTIONS, world.url("/graphql"))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
    };
    let allowed = preflight(ORIGIN).send().await.unwrap();
    assert_eq!(allowed.status(), 204);
    assert_eq!(allowed.headers()["access-control-allow-origin"], ORIGIN);
    assert!(
        allowed.headers()["access-control-allow-headers"]
            .to_str()
            .unwrap()
            .contains("authorization")
    );
    let stranger = preflight("https://evil.example").send().await.unwrap();
    assert!(!stranger.headers().contains_key("access-control-allow-origin"));

    let refused = world
        .post("{ me { id } }")
        .bearer_auth("bad")
        .header("origin", ORIGIN)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(
        refused.headers()["access-control-allow-origin"],
        ORIGIN,
        "a script may read why it was refused"
    );
    world.stop().await;
}
