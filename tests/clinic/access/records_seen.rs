//! Medical records: what is seen of them.

use super::charts::{self, ALLERGY, CONDITION, MISTAKEN, SIGNED, UNSIGNED, WITHHELD, Whose};
use super::row::{Attempt, Row};
use super::world::World;
use futures::FutureExt;
use serde_json::json;

pub fn rows() -> Vec<Row> {
    [
        owners_record(),
        childrens_records(),
        by_way_of_the_patient(),
        as_it_was(),
        entries(),
        codes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const RECORD: &str = "allergies { substance } conditions { title } encounters { chiefComplaint }";

fn record(case: &'static str, whose: Whose, target: &'static str) -> Row {
    let document = format!("query ($id: ID!) {{ medicalRecord(patientId: $id) {{ {RECORD} }} }}");
    Row::query("medicalRecord", &document, move |world, _| {
        async move { Attempt::with(json!({ "id": whose(world) })).showing(target) }.boxed()
    })
    .case(case)
}

fn owners_record() -> Vec<Row> {
    vec![
        record("the owner's → allergies", charts::owner, ALLERGY),
        record("the owner's → what is withheld", charts::owner, WITHHELD),
        record("the owner's → a signed visit", charts::owner, SIGNED),
        record("the owner's → a visit nobody has signed", charts::owner, UNSIGNED),
    ]
}

fn childrens_records() -> Vec<Row> {
    let mut rows = Vec::new();
    for (whose, cases) in [
        (
            charts::nursed as Whose,
            [
                "nursed → allergies",
                "nursed → what is withheld",
                "nursed → conditions",
            ],
        ),
        (
            charts::opened,
            [
                "opened → allergies",
                "opened → what is withheld",
                "opened → conditions",
            ],
        ),
        (
            charts::shared,
            [
                "shared → allergies",
                "shared → what is withheld",
                "shared → conditions",
            ],
        ),
    ] {
        for (case, target) in cases.into_iter().zip([ALLERGY, WITHHELD, CONDITION]) {
            rows.push(record(case, whose, target));
        }
    }
    rows
}

fn by_way_of_the_patient() -> Vec<Row> {
    let by_way = |case, selection: &str, whose: Whose, target: &'static str| {
        let document = format!("query ($id: ID!) {{ patient(id: $id) {{ {selection} }} }}");
        Row::query("patient", &document, move |world, _| {
            async move { Attempt::with(json!({ "id": whose(world) })).showing(target) }.boxed()
        })
        .case(case)
    };
    let timeline =
        "timeline(first: 100) { nodes { ... on Allergy { substance } ... on Condition { title } } }";
    let visits = "encounters(first: 100) { nodes { chiefComplaint } }";
    vec![
        by_way(
            "the owner → record",
            "medicalRecord { allergies { substance } }",
            charts::owner,
            ALLERGY,
        ),
        by_way("the owner → timeline", timeline, charts::owner, ALLERGY),
        by_way(
            "the owner → timeline, what is withheld",
            timeline,
            charts::owner,
            WITHHELD,
        ),
        by_way("the owner → visits", visits, charts::owner, SIGNED),
        by_way(
            "the owner → visits nobody has signed",
            visits,
            charts::owner,
            UNSIGNED,
        ),
        by_way(
            "the owner → vital signs",
            "vitals { value }",
            charts::owner,
            "value",
        ),
        by_way("shared → timeline", timeline, charts::shared, ALLERGY),
        by_way(
            "shared → timeline, conditions",
            timeline,
            charts::shared,
            CONDITION,
        ),
    ]
}

fn as_it_was() -> Vec<Row> {
    let document =
        format!("query ($id: ID!, $at: DateTime!) {{ recordAsOf(patientId: $id, at: $at) {{ {RECORD} }} }}");
    let then = |case, target: &'static str| {
        Row::query("recordAsOf", &document, move |world, _| {
            async move {
                let variables = json!({ "id": world.owner.id, "at": world.charts.then });
                Attempt::with(variables).showing(target)
            }
            .boxed()
        })
        .case(case)
    };
    vec![
        then("the owner's → allergies", ALLERGY),
        then("the owner's → what was withheld then", MISTAKEN),
    ]
}

/// One entry of the owner's record.
fn entry(
    field: &'static str,
    case: &'static str,
    selection: &str,
    which: Whose,
    target: &'static str,
) -> Row {
    let document = format!("query ($id: ID!) {{ {field}(id: $id) {{ {selection} }} }}");
    Row::query(field, &document, move |world, _| {
        async move { Attempt::with(json!({ "id": which(world) })).showing(target) }.boxed()
    })
    .case(case)
}

fn entries() -> Vec<Row> {
    let substance = "... on Allergy { substance }";
    let history = "nodes { entry { ... on Allergy { substance } } changes { before after } }";
    let allergy: Whose = |world: &World| &world.charts.allergy;
    let withheld: Whose = |world| &world.charts.withheld;
    let corrected: Whose = |world| &world.charts.corrected;
    let signed: Whose = |world| &world.charts.signed;
    let unsigned: Whose = |world| &world.charts.unsigned;
    vec![
        entry(
            "recordEntry",
            "an allergy of the owner's",
            substance,
            allergy,
            ALLERGY,
        ),
        entry(
            "recordEntry",
            "one that is withheld",
            substance,
            withheld,
            WITHHELD,
        ),
        entry(
            "recordEntry",
            "a file of the owner's → its address",
            "... on ClinicalDocument { download { url } }",
            |world| &world.charts.report,
            "/files/",
        ),
        entry(
            "recordHistory",
            "an allergy of the owner's",
            history,
            allergy,
            ALLERGY,
        ),
        entry(
            "recordHistory",
            "one that is withheld",
            history,
            withheld,
            WITHHELD,
        ),
        entry(
            "recordHistory",
            "one that was withheld → what it said then",
            history,
            corrected,
            MISTAKEN,
        ),
        entry(
            "encounter",
            "a signed visit of the owner's",
            "chiefComplaint",
            signed,
            SIGNED,
        ),
        entry(
            "encounter",
            "a signed visit of the owner's → who signed",
            "signature { signedBy { displayName } }",
            signed,
            "Ada",
        ),
        entry(
            "encounter",
            "one nobody has signed",
            "chiefComplaint",
            unsigned,
            UNSIGNED,
        ),
    ]
}

fn codes() -> Vec<Row> {
    vec![
        Row::query("icd10", r#"{ icd10(search: "I10") { code } }"#, |_, _| {
            async { Attempt::with(json!({})).showing("I10") }.boxed()
        }),
        Row::query("icd10Code", r#"{ icd10Code(code: "I10") { title } }"#, |_, _| {
            async { Attempt::with(json!({})) }.boxed()
        }),
    ]
}
