//! People and places that give care.

use super::row::{Attempt, Row};
use super::world::{ABSENCE_REASON, Who};
use futures::FutureExt;
use serde_json::json;

pub fn rows() -> Vec<Row> {
    [questions(), private_parts(), changes()]
        .into_iter()
        .flatten()
        .collect()
}

fn questions() -> Vec<Row> {
    vec![
        Row::query("specialties", "{ specialties { code } }", |_, _| {
            async { Attempt::with(json!({})) }.boxed()
        }),
        Row::query("departments", "{ departments { id } }", |_, _| {
            async { Attempt::with(json!({})) }.boxed()
        }),
        Row::query("locations", "{ locations { id } }", |world, _| {
            async { Attempt::with(json!({})).showing(&world.clinic.location) }.boxed()
        }),
        Row::query(
            "practitioners",
            "{ practitioners(first: 100) { nodes { id } } }",
            |world, _| async { Attempt::with(json!({})).showing(&world.doctor().id) }.boxed(),
        ),
        Row::query(
            "practitioner",
            "query ($id: ID!) { practitioner(id: $id) { id displayName } }",
            |world, _| async { Attempt::with(json!({ "id": world.doctor().id })) }.boxed(),
        )
        .case("the doctor"),
        Row::query(
            "practitioner",
            "query ($id: ID!) { practitioner(id: $id) { id displayName } }",
            |world, _| {
                async {
                    let gone = world.colleague().await.id;
                    let input = json!({ "id": gone, "reason": "moved away" });
                    world
                        .command(Who::Admin, "deactivatePractitioner", input, "")
                        .await;
                    Attempt::with(json!({ "id": gone }))
                }
                .boxed()
            },
        )
        .case("one who has left"),
    ]
}

/// What browsing must not show.
fn private_parts() -> Vec<Row> {
    vec![
        Row::query(
            "practitioner",
            "query ($id: ID!) { practitioner(id: $id) { licenceNumber } }",
            |world, _| async { Attempt::with(json!({ "id": world.doctor().id })).showing("L-Ada") }.boxed(),
        )
        .case("the doctor → licence"),
        Row::query(
            "practitioner",
            "query ($id: ID!) { practitioner(id: $id) { user { email } } }",
            |world, _| {
                async { Attempt::with(json!({ "id": world.doctor().id })).showing(&world.doctor().email) }
                    .boxed()
            },
        )
        .case("the doctor → account"),
        Row::query(
            "practitioner",
            "query ($id: ID!) { practitioner(id: $id) { appointments(first: 100) { nodes { id } } } }",
            |world, _| {
                async { Attempt::with(json!({ "id": world.doctor().id })).showing(&world.appointment) }
                    .boxed()
            },
        )
        .case("the doctor → appointment of the owner"),
        Row::query(
            "practitioner",
            "query ($id: ID!) { practitioner(id: $id) { absences { id } } }",
            |world, _| async { Attempt::with(json!({ "id": world.doctor().id })).showing("\"id\"") }.boxed(),
        )
        .case("the doctor → absences"),
        Row::query(
            "practitioner",
            "query ($id: ID!) { practitioner(id: $id) { absences { reason } } }",
            |world, _| {
                async { Attempt::with(json!({ "id": world.doctor().id })).showing(ABSENCE_REASON) }.boxed()
            },
        )
        .case("the doctor → why absent"),
    ]
}

fn changes() -> Vec<Row> {
    vec![
        Row::mutation("createPractitioner", |world, _| {
            async {
                let nurse = world.clinic.admin.invite(&world.stores, &world.email(), &["NURSE"]).await;
                Attempt::input(json!({
                    "userId": nurse.id, "displayName": "Lê An", "profession": "NURSE", "licenceNumber": world.name(),
                }))
            }
            .boxed()
        }),
        Row::mutation("updatePractitioner", |world, _| {
            async { Attempt::input(json!({ "id": world.doctor().id, "biography": world.name() })) }.boxed()
        })
        .case("the doctor's biography"),
        Row::mutation("updatePractitioner", |world, _| {
            async {
                Attempt::input(
                    json!({ "id": world.doctor().id, "practisingSince": 2001 + world.next() % 20 }),
                )
            }
            .boxed()
        })
        .case("the doctor's years in practice"),
        Row::mutation("deactivatePractitioner", |world, _| {
            async { Attempt::input(json!({ "id": world.colleague().await.id, "reason": "moved away" })) }
                .boxed()
        })
        .case("a colleague"),
        Row::mutation("reactivatePractitioner", |world, _| {
            async {
                let colleague = world.colleague().await.id;
                let input = json!({ "id": colleague, "reason": "moved away" });
                world
                    .command(Who::Admin, "deactivatePractitioner", input, "")
                    .await;
                Attempt::input(json!({ "id": colleague }))
            }
            .boxed()
        })
        .case("a colleague"),
        Row::mutation("saveDepartment", |world, _| {
            async { Attempt::input(json!({ "name": world.name() })) }.boxed()
        }),
        Row::mutation("saveLocation", |world, _| {
            async {
                Attempt::input(json!({
                    "name": world.name(), "addressLines": ["2 Lê Lợi"], "city": "Huế", "country": "VN",
                    "timeZone": "Asia/Ho_Chi_Minh",
                }))
            }
            .boxed()
        }),
    ]
}
