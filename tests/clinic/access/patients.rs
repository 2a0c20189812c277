//! People in care.

use super::row::{Attempt, Row};
use super::world::{Who, World, id};
use futures::FutureExt;
use serde_json::{Value, json};

pub fn rows() -> Vec<Row> {
    [
        questions(),
        guardians(),
        changes(),
        consents(),
        erasures(),
        merges(),
    ]
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
            "query ($search: String) { patients(search: $search, first: 100) { nodes { id } } }",
            |world, _| {
                async { Attempt::with(json!({ "search": "nguyen linh" })).showing(&world.stranger.id) }
                    .boxed()
            },
        )
        .case("the stranger, by name"),
    ]
}

fn consents() -> Vec<Row> {
    let grant = |case, input: fn(&World) -> Value| {
        Row::mutation("grantConsent", move |world, _| {
            async move { Attempt::input(input(world)) }.boxed()
        })
        .case(case)
        .at_once()
    };
    let revoke = |case, input: Value| {
        Row::mutation("revokeConsent", move |world, _| {
            let mut input = input.clone();
            async move {
                let given = world
                    .command(Who::Owner, "grantConsent", consent(world), "consent { id }")
                    .await;
                input["consentId"] = json!(id(&given["consent"]));
                Attempt::input(input)
            }
            .boxed()
        })
        .case(case)
        .at_once()
    };
    vec![
        grant("the owner's, to the doctor", consent),
        grant("the owner's, to the doctor, by a signed form", |world| {
            with(consent(world), "signedForm", "F-17")
        }),
        grant("a child's, to the doctor", |world| {
            with(consent(world), "patientId", &world.charts.nursed)
        }),
        grant("the owner's, to the stranger", |world| {
            with(consent(world), "granteeId", &world.stranger.id)
        }),
        grant("the owner's, to the administrator", |world| {
            with(consent(world), "granteeId", &world.clinic.admin.id)
        }),
        revoke("the owner's, to the doctor", json!({})),
        revoke(
            "the owner's, to the doctor, by a signed form",
            json!({ "signedForm": "F-18" }),
        ),
        Row::query(
            "patient",
            "query ($id: ID!) { patient(id: $id) { consents(first: 100) { nodes { id } } } }",
            |world, _| {
                async { Attempt::with(json!({ "id": world.charts.shared })).showing(&world.charts.consent) }
                    .boxed()
            },
        )
        .case("shared → consent to the other doctor"),
        Row::query(
            "patient",
            "query ($id: ID!) { patient(id: $id) { givenName } }",
            |world, _| async { Attempt::with(json!({ "id": world.charts.shared })) }.boxed(),
        )
        .case("shared"),
        Row::query(
            "patient",
            "query ($id: ID!) { patient(id: $id) { givenName } }",
            |world, _| async { Attempt::with(json!({ "id": world.charts.opened })) }.boxed(),
        )
        .case("opened"),
    ]
}

/// Nobody erases what is another's; each wish is about a child of the owner's that exists for it.
fn erasures() -> Vec<Row> {
    let request = |case, signed: Option<&'static str>| {
        Row::mutation("requestErasure", move |world, _| {
            async move {
                let input = json!({ "patientId": world.dependant().await });
                Attempt::input(signed.map_or(input.clone(), |form| with(input, "signedForm", form)))
            }
            .boxed()
        })
        .case(case)
        .at_once()
    };
    let cancel = |case, signed: Option<&'static str>| {
        Row::mutation("cancelErasure", move |world, _| {
            async move {
                let input = json!({ "erasureId": world.erasure().await.1 });
                Attempt::input(signed.map_or(input.clone(), |form| with(input, "signedForm", form)))
            }
            .boxed()
        })
        .case(case)
        .at_once()
    };
    vec![
        request("a child of the owner's", None),
        request("a child of the owner's, by a signed form", Some("F-19")),
        cancel("a child of the owner's", None),
        cancel("a child of the owner's, by a signed form", Some("F-20")),
        Row::query(
            "erasure",
            "query ($id: ID!) { erasure(id: $id) { id } }",
            |world, _| {
                async {
                    let (_, erasure) = world.erasure().await;
                    Attempt::with(json!({ "id": erasure })).showing(&erasure)
                }
                .boxed()
            },
        )
        .case("a child of the owner's"),
        Row::query(
            "patient",
            "query ($id: ID!) { patient(id: $id) { erasures { id } } }",
            |world, _| {
                async {
                    let (child, erasure) = world.erasure().await;
                    Attempt::with(json!({ "id": child })).showing(&erasure)
                }
                .boxed()
            },
        )
        .case("a child of the owner's → erasures"),
    ]
}

fn merges() -> Vec<Row> {
    vec![
        Row::query(
            "duplicateCandidates",
            "query ($id: ID!) { duplicateCandidates(patientId: $id) { nodes { one { id } other { id } } } }",
            |world, _| {
                async {
                    let [one, other] = world.twice().await;
                    Attempt::with(json!({ "id": one })).showing(other)
                }
                .boxed()
            },
        ),
        Row::mutation("mergePatients", |world, _| {
            async {
                let [one, other] = world.twice().await;
                Attempt::input(onto(&one, &other))
            }
            .boxed()
        })
        .case("two of one person")
        .at_once(),
        // Both are the owner's to act for: that alone does not make them one person.
        Row::mutation("mergePatients", |world, _| {
            async { Attempt::input(onto(&world.dependant().await, &world.dependant().await)) }.boxed()
        })
        .case("two children of the owner's")
        .at_once(),
        Row::mutation("mergePatients", |world, _| {
            async { Attempt::input(onto(&world.owner.id, &world.stranger.id)) }.boxed()
        })
        .case("the owner and the stranger, unchecked")
        .at_once(),
        Row::mutation("undoMerge", |world, _| {
            async { Attempt::input(json!({ "mergeId": world.merged().await.1, "reason": "twins" })) }.boxed()
        })
        .case("two of one person")
        .at_once(),
        Row::query(
            "patient",
            "query ($id: ID!) { patient(id: $id) { merges { nodes { id } } } }",
            |world, _| {
                async {
                    let (child, merge) = world.merged().await;
                    Attempt::with(json!({ "id": child })).showing(merge)
                }
                .boxed()
            },
        )
        .case("a child of the owner's → merges"),
    ]
}

impl World {
    /// A child of the owner's for whom the doctor cares, and a second record of the same child.
    async fn twice(&self) -> [String; 2] {
        let one = self.dependant().await;
        let name =
            json!({ "id": one, "givenName": "An", "familyName": self.name(), "dateOfBirth": "2020-02-29" });
        self.command(Who::Nurse, "updatePatient", name.clone(), "patient { id }")
            .await;
        let again = json!({
            "givenName": name["givenName"], "familyName": name["familyName"], "dateOfBirth": name["dateOfBirth"],
        });
        let again = self
            .command(Who::Nurse, "registerPatient", again, "patient { id }")
            .await;
        [one, id(&again["patient"])]
    }

    /// A child of the owner's whose data are to be erased, and the erasure.
    async fn erasure(&self) -> (String, String) {
        let child = self.dependant().await;
        let asked = self
            .command(
                Who::Owner,
                "requestErasure",
                json!({ "patientId": child }),
                "erasure { id }",
            )
            .await;
        (child, id(&asked["erasure"]))
    }

    /// Two records of one child that were put together: the surviving one, and the merge.
    async fn merged(&self) -> (String, String) {
        let [one, other] = self.twice().await;
        let merged = self
            .command(Who::Nurse, "mergePatients", onto(&one, &other), "merge { id }")
            .await;
        (one, id(&merged["merge"]))
    }
}

fn onto(surviving: &str, merged: &str) -> Value {
    json!({ "survivingId": surviving, "mergedId": merged, "reason": "registered twice" })
}

/// The owner lets the doctor see everything, which the doctor sees anyway.
fn consent(world: &World) -> Value {
    json!({
        "patientId": world.owner.id, "granteeId": world.doctor().id, "allParts": true, "idempotencyKey": world.key(),
    })
}

fn with(mut input: Value, field: &str, value: &str) -> Value {
    input[field] = json!(value);
    input
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
                let myself = world.id_of(who).await.unwrap_or(world.relative.id.clone());
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

fn link(patient: &str, guardian: &str) -> Value {
    json!({ "patientId": patient, "guardianId": guardian, "relationship": "OTHER" })
}
