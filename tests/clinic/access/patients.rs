//! People in care.

use super::row::{Attempt, Row};
use super::world::Who;
use futures::FutureExt;
use serde_json::json;

pub fn rows() -> Vec<Row> {
    [questions(), guardians(), changes()]
        .into_iter()
        .flatten()
        .collect()
}

fn questions() -> Vec<Row> {
    vec![
        Row::query("myPatients", "{ myPatients { id givenName } }", |world, _| {
            async { Attempt::with(json!({})).showing(&world.owner.id) }.boxed()
        })
        .case("the owner in it"),
        Row::query(
            "patient",
            "query ($id: ID!) { patient(id: $id) { id givenName phone } }",
            |world, _| async { Attempt::with(json!({ "id": world.owner.id })) }.boxed(),
        )
        .case("the owner"),
        Row::query(
            "patient",
            "query ($id: ID!) { patient(id: $id) { account { email } } }",
            |world, _| {
                async { Attempt::with(json!({ "id": world.owner.id })).showing(&world.owner.email) }.boxed()
            },
        )
        .case("the owner → account"),
        Row::query(
            "patient",
            "query ($id: ID!) { patient(id: $id) { appointments { nodes { id } } } }",
            |world, _| {
                async { Attempt::with(json!({ "id": world.owner.id })).showing(&world.appointment) }.boxed()
            },
        )
        .case("the owner → appointments with the doctor"),
        Row::query(
            "patients",
            "{ patients(first: 100) { nodes { id } } }",
            |world, _| async { Attempt::with(json!({})).showing(&world.owner.id) }.boxed(),
        )
        .case("the owner in it"),
        Row::query(
            "patients",
            "query ($search: String) { patients(search: $search) { nodes { id } } }",
            |world, _| {
                async { Attempt::with(json!({ "search": "nguyen linh" })).showing(&world.stranger.id) }
                    .boxed()
            },
        )
        .case("the stranger, by name"),
    ]
}

fn changes() -> Vec<Row> {
    vec![
        Row::mutation("registerPatient", |world, _| {
            async { Attempt::input(json!({ "givenName": "An", "familyName": world.name() })) }.boxed()
        }),
        Row::mutation("addDependant", |world, who| {
            async move {
                let input =
                    json!({ "relationship": "PARENT", "givenName": "An", "familyName": world.name() });
                // The owner acts for as many people by now as one may add.
                match world.stand_in(who).await {
                    Some(stand_in) => Attempt::input(input).by(stand_in.graph),
                    None => Attempt::input(input),
                }
            }
            .boxed()
        }),
        Row::mutation("updatePatient", |world, _| {
            async { Attempt::input(json!({ "id": world.owner.id, "occupation": world.name() })) }.boxed()
        })
        .case("the owner's occupation"),
        Row::mutation("updatePatient", |world, _| {
            async { Attempt::input(json!({ "id": world.owner.id, "familyName": world.name() })) }.boxed()
        })
        .case("the owner's legal name"),
        Row::mutation("assignCareTeam", |world, _| {
            async { Attempt::input(world.team_of(&world.owner.id)) }.boxed()
        })
        .case("the owner's"),
    ]
}

fn guardians() -> Vec<Row> {
    vec![
        Row::mutation("linkGuardian", |world, _| {
            async {
                let dependant = world.dependant().await;
                Attempt::input(link(&dependant, &world.relative.id))
            }
            .boxed()
        })
        .case("of the owner's child"),
        Row::mutation("linkGuardian", |world, who| {
            async move {
                let dependant = world.dependant().await;
                let myself =
                    world.graph(who).send("{ me { id } }", json!({})).await.1["data"]["me"]["id"].clone();
                let myself = myself.as_str().unwrap_or(&world.relative.id).to_owned();
                Attempt::input(link(&dependant, &myself))
            }
            .boxed()
        })
        .case("oneself, of the owner's child"),
        Row::mutation("unlinkGuardian", |world, _| {
            async {
                let dependant = world.dependant().await;
                world
                    .command(
                        Who::Owner,
                        "linkGuardian",
                        link(&dependant, &world.relative.id),
                        "",
                    )
                    .await;
                Attempt::input(json!({ "patientId": dependant, "guardianId": world.relative.id }))
            }
            .boxed()
        })
        .case("of the owner's child"),
    ]
}

fn link(patient: &str, guardian: &str) -> serde_json::Value {
    json!({ "patientId": patient, "guardianId": guardian, "relationship": "OTHER" })
}
