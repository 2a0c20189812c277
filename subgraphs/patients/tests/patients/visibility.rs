//! Who sees and changes whom, through every door.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_contracts::ids::{Id, PatientId};
use caregraph_kit::auth::Principal;
use caregraph_kit::on_every_engine;
use caregraph_patients::patient::{AddDependant, GuardianRelationship, Patient};
use chrono::TimeDelta;
use serde_json::{Value, json};

const ONE: &str = "query($id: ID!) { patient(id: $id) { id } }";
const ENTITY: &str = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Patient { id } } }";
const OF_USER: &str =
    "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { patient { id } } } }";
const LIST: &str = "{ patients(first: 100) { edges { node { id } } } }";
const MINE: &str = "{ myPatients { id } }";
const UPDATE: &str = "mutation($id: ID!) { updatePatient(input: { id: $id, occupation: \"x\" }) {
    patient { id } errors { __typename } } }";

/// What one person gets through each door to a patient.
#[derive(Debug, PartialEq, Eq)]
struct Doors {
    one: &'static str,
    entity: bool,
    list: &'static str,
    mine: &'static str,
    update: &'static str,
}

async fn doors(world: &World, who: &Principal, id: PatientId) -> Doors {
    let text = id.to_string();
    let one = world.ask(who, ONE, json!({ "id": text })).await;
    let representation = json!({ "r": [{ "__typename": "Patient", "id": text }] });
    let entity = world.ask(who, ENTITY, representation).await;
    assert!(
        entity.get("errors").is_none(),
        "an entity that is not there is null: {entity}"
    );
    let entity = entity["data"]["_entities"][0]["id"] == json!(text);
    let of_user = json!({ "r": [{ "__typename": "User", "id": text }] });
    let of_user = world.ask(who, OF_USER, of_user).await;
    assert_eq!(
        of_user["data"]["_entities"][0]["patient"]["id"] == json!(text),
        entity
    );
    let list = world.ask(who, LIST, json!({})).await;
    let mine = world.ask(who, MINE, json!({})).await;
    let update = world.ask(who, UPDATE, json!({ "id": text })).await;
    Doors {
        one: outcome(&one, &one["data"]["patient"]["id"], &text),
        entity,
        list: contains(&list, &list["data"]["patients"]["edges"], &text),
        mine: contains(&mine, &mine["data"]["myPatients"], &text),
        update: changed(&update, &text),
    }
}

fn outcome(answer: &Value, id: &Value, wanted: &str) -> &'static str {
    if id == &json!(wanted) {
        "seen"
    } else {
        denied(answer).unwrap_or("absent")
    }
}

fn contains(answer: &Value, list: &Value, wanted: &str) -> &'static str {
    denied(answer).unwrap_or(if list.to_string().contains(wanted) {
        "seen"
    } else {
        "absent"
    })
}

fn changed(answer: &Value, wanted: &str) -> &'static str {
    let payload = &answer["data"]["updatePatient"];
    if payload["patient"]["id"] == json!(wanted) {
        return "changed";
    }
    denied(answer).unwrap_or_else(|| match payload["errors"][0]["__typename"].as_str() {
        Some("NotFound") => "absent",
        Some("NotAllowed") => "not allowed",
        other => panic!("unexpected {other:?} in {answer}"),
    })
}

fn denied(answer: &Value) -> Option<&'static str> {
    match code(answer) {
        "none" => None,
        "UNAUTHENTICATED" => Some("unauthenticated"),
        "FORBIDDEN" => Some("forbidden"),
        other => panic!("unexpected {other} in {answer}"),
    }
}

const SELF: Doors = Doors {
    one: "seen",
    entity: true,
    list: "forbidden",
    mine: "seen",
    update: "changed",
};
const STRANGER: Doors = Doors {
    one: "absent",
    entity: false,
    list: "forbidden",
    mine: "absent",
    update: "absent",
};
const FRONT_DESK: Doors = Doors {
    one: "seen",
    entity: true,
    list: "seen",
    mine: "absent",
    update: "changed",
};
const CARING: Doors = Doors {
    one: "seen",
    entity: true,
    list: "seen",
    mine: "absent",
    update: "forbidden",
};
const NOT_CARING: Doors = Doors {
    one: "absent",
    entity: false,
    list: "absent",
    mine: "absent",
    update: "forbidden",
};
const ADMIN: Doors = Doors {
    one: "absent",
    entity: false,
    list: "forbidden",
    mine: "absent",
    update: "forbidden",
};
const ANONYMOUS: Doors = Doors {
    one: "unauthenticated",
    entity: false,
    list: "unauthenticated",
    mine: "unauthenticated",
    update: "unauthenticated",
};

async fn child_of(world: &World, parent: u128) -> Patient {
    world
        .account(user(parent), &[Role::Patient], "Parent", "Nguyễn")
        .await;
    let command = AddDependant {
        relationship: GuardianRelationship::Parent,
        profile: named("Bé", "Nguyễn"),
    };
    world
        .patients
        .add_dependant(&person(parent), command)
        .await
        .unwrap()
}

on_every_engine! {
    async fn everybody_gets_through_their_own_doors_only(world: World) {
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        world.account(user(2), &[Role::Patient], "Bình", "Trần").await;
        let an = PatientId::of_user(user(1));
        assert_eq!(doors(&world, &person(1), an).await, SELF);
        assert_eq!(doors(&world, &person(2), an).await, STRANGER);
        assert_eq!(doors(&world, &nurse(), an).await, FRONT_DESK);
        assert_eq!(doors(&world, &doctor(), an).await, NOT_CARING);
        assert_eq!(doors(&world, &admin(), an).await, ADMIN);
        assert_eq!(doors(&world, &Principal::anonymous(), an).await, ANONYMOUS);
    }

    async fn guardians_see_their_dependants_and_nobody_else_does(world: World) {
        let child = child_of(&world, 1).await;
        world.account(user(2), &[Role::Patient], "Other", "Trần").await;
        assert_eq!(doors(&world, &person(1), child.id).await, SELF);
        assert_eq!(doors(&world, &person(2), child.id).await, STRANGER);
        assert_eq!(doors(&world, &doctor(), child.id).await, NOT_CARING);
        // A guardian's own record is no dependant's to see, even if the ids were confused.
        let mine = world.ask(&person(1), "{ myPatients { dependant account { id } } }", json!({})).await;
        let wanted = json!([
            { "dependant": false, "account": { "id": user(1).to_string() } },
            { "dependant": true, "account": null }
        ]);
        assert_eq!(mine["data"]["myPatients"], wanted);
    }

    async fn a_doctor_sees_a_patient_from_booking_until_thirty_days_after_the_visit(world: World) {
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        let an = PatientId::of_user(user(1));
        let visit = appointment(1, an, user(901), world.now() + TimeDelta::days(7));
        world.hear(&booked(&visit)).await;
        assert_eq!(doors(&world, &doctor(), an).await, CARING);
        world.ground().clock.set(visit.end + TimeDelta::days(30) - TimeDelta::seconds(1));
        assert_eq!(doors(&world, &doctor(), an).await, CARING);
        world.ground().clock.set(visit.end + TimeDelta::days(30));
        assert_eq!(doors(&world, &doctor(), an).await, NOT_CARING);
    }

    async fn ids_that_name_nothing_are_like_unknown_ones(world: World) {
        for id in ["", "42", "00000000-0000-0000-0000-000000000000", "' OR 1=1 --", &user(5).to_string()] {
            let answer = world.ask(&nurse(), ONE, json!({ "id": id })).await;
            assert_eq!(answer["data"], json!({ "patient": null }), "{answer}");
            let update = world.ask(&nurse(), UPDATE, json!({ "id": id })).await;
            assert_eq!(update["data"]["updatePatient"]["errors"], json!([{ "__typename": "NotFound" }]));
        }
    }

    async fn one_batch_shows_each_viewer_their_own(world: World) {
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        world.account(user(2), &[Role::Patient], "Bình", "Trần").await;
        let both = json!({ "r": [
            { "__typename": "Patient", "id": user(1).uuid().to_string() },
            { "__typename": "Patient", "id": user(2).uuid().to_string() },
            { "__typename": "Patient", "id": "nonsense" },
        ] });
        let one_person = person(1);
        let other_person = person(2);
        let (one, other) = tokio::join!(
            world.ask(&one_person, ENTITY, both.clone()),
            world.ask(&other_person, ENTITY, both.clone())
        );
        assert_eq!(one["data"]["_entities"], json!([{ "id": user(1).to_string() }, null, null]));
        assert_eq!(other["data"]["_entities"], json!([null, { "id": user(2).to_string() }, null]));
    }

    async fn mutations_of_the_front_desk_are_closed_to_others(world: World) {
        let child = child_of(&world, 1).await;
        let id = id_of(&child);
        let register = "mutation { registerPatient(input: { givenName: \"A\", familyName: \"B\" }) { patient { id } } }";
        let assign = "mutation($id: ID!) { assignCareTeam(input: { patientId: $id, members: [] }) { patient { id } } }";
        for who in [person(1), doctor(), admin()] {
            assert_eq!(code(&world.ask(&who, register, json!({})).await), "FORBIDDEN");
            assert_eq!(code(&world.ask(&who, assign, json!({ "id": id })).await), "FORBIDDEN");
        }
        let add = "mutation { addDependant(input: { relationship: PARENT, givenName: \"A\", familyName: \"B\" }) {
            patient { id } } }";
        let link = "mutation($id: ID!) { linkGuardian(input: { patientId: $id, guardianId: $id, relationship: OTHER }) {
            patient { id } } }";
        let unlink = "mutation($id: ID!) { unlinkGuardian(input: { patientId: $id, guardianId: $id }) { patient { id } } }";
        for who in [doctor(), admin()] {
            for query in [add, link, unlink] {
                assert_eq!(code(&world.ask(&who, query, json!({ "id": id })).await), "FORBIDDEN");
            }
        }
        for query in [register, assign, add, link, unlink, UPDATE] {
            let answer = world.ask(&Principal::anonymous(), query, json!({ "id": id })).await;
            assert_eq!(code(&answer), "UNAUTHENTICATED");
        }
        // A stranger with the scope finds no such patient.
        for (query, field) in [(link, "linkGuardian"), (unlink, "unlinkGuardian")] {
            let query = query.replace("{ patient { id } }", "{ errors { __typename } }");
            let query = query.replace("{\n            patient { id } }", "{ errors { __typename } }");
            let answer = world.ask(&person(2), &query, json!({ "id": id })).await;
            assert_eq!(answer["data"][field]["errors"], json!([{ "__typename": "NotFound" }]), "{answer}");
        }
    }
}
