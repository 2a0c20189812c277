//! Documents that ask for too much, or for what is not there.

use super::answers::Answers;
use super::ledger::Ledger;
use crate::harness::{PASSWORD, Person, Stores};
use caregraph_kit::database::Engine;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_that_ask_too_much_are_refused_and_change_nothing() {
    let stores = Stores::new(Engine::Sqlite);
    stores.create_administrator("admin@clinic.test", PASSWORD);
    let program = stores.start(&[]).await;
    let admin = Person::sign_in(&program.graph(), "admin@clinic.test", PASSWORD).await;
    let before = Ledger::read(&stores).await;
    let mut answers = Answers::default();
    for (what, document, variables) in greedy().into_iter().chain(wrong()) {
        answers.refused(what, admin.graph.send(&document, variables).await);
    }
    crate::hostile::compare("hostile_documents", answers);
    assert_eq!(Ledger::read(&stores).await, before);
    // Whoever stays within the limits is served on.
    assert_eq!(
        admin.graph.data("{ me { id } }", json!({})).await["me"]["id"],
        json!(admin.id)
    );
}

type Case = (&'static str, String, Value);

fn case(what: &'static str, document: impl Into<String>) -> Case {
    (what, document.into(), json!({}))
}

/// Nests a selection so many times.
fn nested(times: usize, open: &str, core: &str) -> String {
    format!(
        "{}{core}{}",
        format!("{open} {{ ").repeat(times),
        " }".repeat(times)
    )
}

fn greedy() -> Vec<Case> {
    let aliases =
        |count: usize, field: &str| -> String { (0..count).map(|n| format!("a{n}: {field} ")).collect() };
    let deep = nested(30, "patient", "id");
    let pages = "nodes { appointments(first: 100) { nodes { id } } }";
    let write = r#"saveDepartment(input: { name: "X" }) { errors { __typename } }"#;
    vec![
        case(
            "a selection 20 deep",
            format!(
                "{{ me {{ {} }} }}",
                nested(20, "patient { account", "id }").replace("id } }", "id }}")
            ),
        ),
        case("a selection 30 deep", format!("{{ me {{ {deep} }} }}")),
        case("a selection 5,000 deep", nested(5_000, "", "me")),
        case(
            "a list of values 5,000 deep",
            format!(
                "{{ user(id: {}{}) {{ id }} }}",
                "[".repeat(5_000),
                "]".repeat(5_000)
            ),
        ),
        case("500 aliases", format!("{{ {} }}", aliases(500, "me { id }"))),
        case(
            "500 aliased mutations",
            format!(
                "mutation {{ {} }}",
                aliases(500, "startTotp { errors { __typename } }")
            ),
        ),
        case(
            "60 aliased mutations",
            format!("mutation {{ {} }}", aliases(60, write)),
        ),
        case("5,000 tokens", format!("{{ me {{ {} }} }}", "id ".repeat(5_000))),
        case(
            "500 directives",
            format!("{{ me {{ id {} }} }}", "@include(if: true) ".repeat(500)),
        ),
        case(
            "a document of a megabyte",
            format!("{{ me {{ id }} }} #{}", "x".repeat(1_000_000)),
        ),
        case(
            "pages of pages",
            format!(
                "{{ patients(first: 100) {{ {pages} b: nodes {{ appointments(first: 100) {{ nodes {{ id history {{ kind }} }} }} }} }} }}"
            ),
        ),
        (
            "a page of two thousand millions",
            "query ($n: Int) { users(first: $n) { nodes { id } } }".to_owned(),
            json!({ "n": i32::MAX }),
        ),
        case("fragments that double 30 times", doubling(30)),
        case(
            "fragments in a circle",
            "{ me { ...a } } fragment a on User { ...b } fragment b on User { ...a }",
        ),
        case(
            "a fragment that spreads itself",
            "{ me { ...a } } fragment a on User { id ...a }",
        ),
        case(
            "types of types, 60 deep",
            format!(
                "{{ __schema {{ types {{ fields {{ type {{ {} }} }} }} }} }}",
                nested(60, "ofType", "name")
            ),
        ),
        case(
            "a circle in the schema",
            format!(
                "{{ __schema {{ {} }} }}",
                nested(20, "types { fields { type", "name } }").replacen("name } }", "name", 1)
            ),
        ),
    ]
}

fn doubling(times: usize) -> String {
    let step = |n: usize| {
        format!(
            "fragment f{n} on User {{ patient {{ account {{ ...f{m} }} }} ...f{m} }} ",
            m = n + 1
        )
    };
    let steps: String = (0..times).map(step).collect();
    format!("{{ me {{ ...f0 }} }} {steps} fragment f{times} on User {{ id }}")
}

fn wrong() -> Vec<Case> {
    let user = "query ($id: ID!) { user(id: $id) { id } }";
    vec![
        case("no GraphQL at all", "SELECT * FROM users; --"),
        case("a bracket too few", "{ me { id }"),
        case("a null byte", "{ me { id } \u{0} }"),
        case("only a comment", "# nothing"),
        case("an unknown field", "{ me { passwordHash } }"),
        case("an unknown root field", "{ everything { id } }"),
        case("an unknown argument", "{ users(limit: 5) { nodes { id } } }"),
        case("an unknown fragment", "{ me { ...a } }"),
        case("an unknown type", "query ($id: Secret) { user(id: $id) { id } }"),
        case(
            "fields of one name that differ",
            r#"{ x: me { id } x: roles { role } }"#,
        ),
        case("a selection on a text", "{ me { email { length } } }"),
        case("no selection on an object", "{ me }"),
        case(
            "the door between subgraphs: entities",
            r#"{ _entities(representations: []) { __typename } }"#,
        ),
        case("the door between subgraphs: schema", "{ _service { sdl } }"),
        case(
            "a subscription by POST",
            "subscription { slotsChanged { occurredAt } }",
        ),
        case(
            "two subscriptions in one",
            "subscription { slotsChanged { occurredAt } appointmentChanged { occurredAt } }",
        ),
        case("a missing variable", user),
        (
            ("a null for what must be there"),
            user.to_owned(),
            json!({ "id": null }),
        ),
        ("a list for an id", user.to_owned(), json!({ "id": ["a"] })),
        (
            "an object for an id",
            user.to_owned(),
            json!({ "id": { "$ne": null } }),
        ),
        (
            "a text for a number",
            "query ($n: Int) { users(first: $n) { nodes { id } } }".to_owned(),
            json!({ "n": "5" }),
        ),
        (
            "a fraction for a whole number",
            "query ($n: Int) { users(first: $n) { nodes { id } } }".to_owned(),
            json!({ "n": 1.5 }),
        ),
        (
            "a number beyond 32 bits",
            "query ($n: Int) { users(first: $n) { nodes { id } } }".to_owned(),
            json!({ "n": 1_i64 << 40 }),
        ),
        (
            "an unknown value of an enum",
            "query ($f: UsersFilter) { users(filter: $f) { nodes { id } } }".to_owned(),
            json!({ "f": { "role": "ROOT" } }),
        ),
        (
            "an unknown field of a filter",
            "query ($f: UsersFilter) { users(filter: $f) { nodes { id } } }".to_owned(),
            json!({ "f": { "password": "x" } }),
        ),
        case(
            "two operations and no choice",
            r#"mutation A { saveDepartment(input: { name: "X" }) { errors { __typename } } } query B { me { id } }"#,
        ),
    ]
}
