//! Requests that are no GraphQL requests, or that a browser could be tricked into sending.

use super::answers::Answers;
use super::ledger::Ledger;
use crate::harness::{PASSWORD, Stores};
use caregraph_kit::database::Engine;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

const JSON: &str = "application/json";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_graphql_request_is_refused_and_changes_nothing() {
    let stores = Stores::new(Engine::Sqlite);
    stores.create_administrator("admin@clinic.test", PASSWORD);
    let program = stores.start(&[]).await;
    let url = program.graph().url("/graphql");
    let before = Ledger::read(&stores).await;
    let mut answers = Answers::default();

    for (what, kind, body) in bodies() {
        answers.refused(what, post(&url, &[("content-type", kind)], body).await);
    }
    let register = register();
    let compressed = [("content-type", JSON), ("content-encoding", "gzip")];
    answers.refused(
        "says that it is compressed",
        post(&url, &compressed, register.clone()).await,
    );
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
    ] {
        let what = format!("a form of another site's could send it: {kind:?}");
        answers.refused(
            &what,
            post(&url, &[("content-type", kind)], register.clone()).await,
        );
    }
    let token = format!("Bearer {}", "x".repeat(20_000));
    let answer = post(
        &url,
        &[("content-type", JSON), ("authorization", &token)],
        register.clone(),
    )
    .await;
    answers.refused("a token of 20,000 letters", answer);
    let answer = post(
        &url,
        &[("content-type", JSON), ("authorization", "Basic YTpi")],
        register,
    )
    .await;
    answers.refused("another scheme of authorization", answer);

    let mutation = "mutation%20%7B%20logoutEverywhere%20%7B%20errors%20%7B%20__typename%20%7D%20%7D%20%7D";
    let get = |query: &str| format!("{url}?query={query}");
    let preflighted = [("graphql-require-preflight", "1"), ("accept", JSON)];
    answers.refused(
        "a query by GET without a preflight",
        send(Method::GET, &get("%7Bme%7Bid%7D%7D"), &[("accept", JSON)]).await,
    );
    answers.refused(
        "a mutation by GET",
        send(Method::GET, &get(mutation), &preflighted).await,
    );
    answers.refused(
        "a GET without a query",
        send(Method::GET, &url, &preflighted).await,
    );
    answers.refused("a PUT", send(Method::PUT, &url, &preflighted).await);
    answers.refused("a DELETE", send(Method::DELETE, &url, &preflighted).await);

    crate::hostile::compare("hostile_bodies", answers);
    assert_eq!(Ledger::read(&stores).await, before);
    program.stop().await;
}

fn register() -> Vec<u8> {
    json!({
        "query": "mutation ($input: RegisterInput!) { register(input: $input) { errors { __typename } } }",
        "variables": { "input": { "email": "x@clinic.test", "password": PASSWORD, "firstName": "X", "lastName": "Y" } },
    })
    .to_string()
    .into_bytes()
}

fn bodies() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let text = |what, body: &str| (what, JSON, body.as_bytes().to_vec());
    let with_variable = |value: &str| {
        format!(
            r#"{{"query":"query ($s: String) {{ patients(search: $s) {{ nodes {{ id }} }} }}","variables":{{"s":{value}}}}}"#
        )
    };
    vec![
        text("nothing", ""),
        text("only spaces", "   \n "),
        text("half of a JSON object", r#"{"query":"#),
        text("JSON with something behind it", r#"{"query":"{ me { id } }"} x"#),
        text("null", "null"),
        text("a text", r#""{ me { id } }""#),
        text("an empty batch", "[]"),
        text(
            "a batch",
            r#"[{"query":"{ me { id } }"},{"query":"{ me { id } }"}]"#,
        ),
        text("no query", "{}"),
        text("a null query", r#"{"query":null}"#),
        text("an empty query", r#"{"query":""}"#),
        text("a number for a query", r#"{"query":5}"#),
        text(
            "a list of variables",
            r#"{"query":"{ me { id } }","variables":[1]}"#,
        ),
        text(
            "a number for an operation's name",
            r#"{"query":"{ me { id } }","operationName":7}"#,
        ),
        text(
            "an unknown operation's name",
            r#"{"query":"query a { me { id } }","operationName":"b"}"#,
        ),
        text(
            "two queries under one key",
            r#"{"query":"{ me { id } }","query":"{ nothing }"}"#,
        ),
        (
            "bytes that are no UTF-8 in the query",
            JSON,
            b"{\"query\":\"{ me { id } } # \xff\xfe\"}".to_vec(),
        ),
        (
            "bytes that are no UTF-8 in a variable",
            JSON,
            raw(&with_variable("\"?\""), b"\xc3\x28"),
        ),
        text(
            "half a character, escaped, in the query",
            r#"{"query":"{ me { id } } \ud800"}"#,
        ),
        text(
            "half a character, escaped, in a variable",
            &with_variable(r#""\ud800""#),
        ),
        text(
            "a number beyond all bounds",
            &with_variable(&format!("1{}", "0".repeat(400))),
        ),
        text(
            "variables that nest 100,000 deep",
            &with_variable(&"[".repeat(100_000)),
        ),
        text(
            "variables that nest 1,000 deep",
            &with_variable(&format!("{}{}", "[".repeat(1000), "]".repeat(1000))),
        ),
        (
            "ten megabytes in a variable",
            JSON,
            with_variable(&format!("\"{}\"", "x".repeat(10_000_000))).into_bytes(),
        ),
        (
            "ten megabytes of a document",
            JSON,
            format!(r#"{{"query":"{{ me {{ id }} }}{}"}}"#, " ".repeat(10_000_000)).into(),
        ),
        ("ten megabytes of zeros", JSON, vec![0; 10_000_000]),
    ]
}

/// A text with raw bytes in the place of its first question mark behind the variables' name.
fn raw(text: &str, bytes: &[u8]) -> Vec<u8> {
    let at = text.rfind('?').unwrap();
    [&text.as_bytes()[..at], bytes, &text.as_bytes()[at + 1..]].concat()
}

async fn post(url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> (StatusCode, Value) {
    let mut request = Client::new().post(url).body(body);
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        request = request.header(*name, *value);
    }
    answer(request).await
}

async fn send(method: Method, url: &str, headers: &[(&str, &str)]) -> (StatusCode, Value) {
    let mut request = Client::new().request(method, url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answer(request).await
}

async fn answer(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
