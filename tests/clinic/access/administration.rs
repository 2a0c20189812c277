//! The audit trail, and the patient's part of it.

use super::charts::{self, EMERGENCY, Whose};
use super::row::{Attempt, Row};
use super::world::{Who, World};
use caregraph_kit::testing::eventually;
use futures::FutureExt;
use serde_json::json;

pub fn rows() -> Vec<Row> {
    [access_logs(), trail()].into_iter().flatten().collect()
}

/// Whether the trail has heard of it, by the owner's own reading of what concerns somebody.
async fn heard(world: &World, of: &str, what: &str) {
    let document = "query ($id: ID!) { accessLog(patientId: $id, first: 100) { nodes { action outcome } } }";
    eventually("the trail has heard of it", || async {
        let log = world.owner.graph.data(document, json!({ "id": of })).await;
        log.to_string().contains(what).then_some(())
    })
    .await;
}

fn access_log(case: &'static str, selection: &str, whose: Whose, target: fn(&World) -> &str) -> Row {
    let document =
        format!("query ($id: ID!) {{ accessLog(patientId: $id, first: 100) {{ nodes {{ {selection} }} }} }}");
    Row::query("accessLog", &document, move |world, _| {
        async move {
            // Doctors look and a stranger tries to, so that all of them stand near the beginning.
            let look = "query ($id: ID!) { medicalRecord(patientId: $id) { accessBasis } }";
            for who in [Who::Doctor, Who::OtherDoctor, Who::Stranger] {
                world.graph(who).data(look, json!({ "id": whose(world) })).await;
            }
            heard(world, whose(world), "DENIED").await;
            Attempt::with(json!({ "id": whose(world) })).showing(target(world))
        }
        .boxed()
    })
    .case(case)
}

fn access_logs() -> Vec<Row> {
    vec![
        access_log(
            "the owner's → who saw it",
            "action",
            charts::owner,
            |_| "RecordAccessed",
        ),
        access_log(
            "the owner's → who tried to",
            "outcome",
            charts::owner,
            |_| "DENIED",
        ),
        access_log(
            "the owner's → the practitioner",
            "practitioner { displayName }",
            charts::owner,
            |_| "Ada",
        ),
        access_log(
            "the owner's → the doctor's account",
            "by { email }",
            charts::owner,
            |world| &world.doctor().email,
        ),
        access_log("opened → why", "reason", charts::opened, |_| EMERGENCY),
        Row::query(
            "patient",
            "query ($id: ID!) { patient(id: $id) { accessLog(first: 100) { nodes { action } } } }",
            |world, _| {
                async {
                    heard(world, &world.owner.id, "RecordAccessed").await;
                    Attempt::with(json!({ "id": world.owner.id })).showing("RecordAccessed")
                }
                .boxed()
            },
        )
        .case("the owner → who saw the record"),
    ]
}

/// What the trail says of the child whose record was opened.
fn trail_of_opened(case: &'static str, selection: &str, target: fn(&World) -> &str) -> Row {
    let document = format!(
        "query ($filter: AuditLogFilter) {{ auditLog(filter: $filter, first: 100) {{ nodes {{ {selection} }} }} }}"
    );
    Row::query("auditLog", &document, move |world, _| {
        async move {
            let filter =
                json!({ "patient": world.charts.opened, "action": "GlassBroken", "breakGlassOnly": true });
            Attempt::with(json!({ "filter": filter })).showing(target(world))
        }
        .boxed()
    })
    .case(case)
}

fn trail() -> Vec<Row> {
    vec![
        trail_of_opened("opened → what was done", "action", |_| "GlassBroken"),
        trail_of_opened("opened → why", "reason", |_| EMERGENCY),
        trail_of_opened("opened → the other doctor's account", "by { email }", |world| {
            &world.clinic.doctors[1].email
        }),
        trail_of_opened(
            "opened → the patient's name",
            "patient { givenName }",
            |_| "givenName",
        ),
        Row::query("auditHead", "{ auditHead { day count signature } }", |_, _| {
            async { Attempt::with(json!({})) }.boxed()
        }),
        Row::query("verifyAudit", "{ verifyAudit { intact } }", |_, _| {
            async { Attempt::with(json!({})).showing(r#""intact":true"#) }.boxed()
        }),
    ]
}
