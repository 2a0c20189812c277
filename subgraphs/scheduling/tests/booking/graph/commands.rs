//! Queries and mutations.

use super::{BOOK, Graph, codes};
use crate::world::{Person, tomorrow};
use caregraph_contracts::Role;
use caregraph_kit::auth::Principal;
use caregraph_kit::testing::principal;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clash_is_data_with_somewhere_else_to_go() {
    let graph = Graph::new().await;
    let (first, second) = (graph.clinic.patient().await, graph.clinic.patient().await);
    let booked = graph.book(&first, tomorrow(9, 0)).await;
    let appointment = &booked["appointment"];
    assert_eq!(booked["errors"], json!([]));
    assert_eq!(appointment["status"], "PENDING");
    assert_eq!(appointment["timeZone"], "Asia/Ho_Chi_Minh");
    assert_eq!(appointment["patient"]["id"], first.patient_id().to_string());
    assert_eq!(appointment["service"]["name"], "Service CHECKUP");
    let until = tomorrow(9, 0) - TimeDelta::hours(2);
    assert_eq!(
        appointment["patientMayChangeUntil"]
            .as_str()
            .unwrap()
            .parse::<DateTime<Utc>>()
            .unwrap(),
        until
    );
    let clash = graph.book(&second, tomorrow(9, 0)).await;
    assert_eq!(clash["appointment"], Value::Null);
    let error = &clash["errors"][0];
    assert_eq!(
        (&error["__typename"], &error["path"]),
        (&json!("SlotUnavailable"), &json!(["input", "start"]))
    );
    let other = &error["alternatives"][0];
    let mut input = graph.input(other["start"].as_str().unwrap().parse().unwrap());
    input["practitionerId"] = other["practitioner"]["id"].clone();
    let booked = graph.data(&second, BOOK, json!({ "input": input })).await;
    assert_eq!(booked["bookAppointment"]["errors"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clinical_texts_are_for_few_eyes() {
    let graph = Graph::new().await;
    let clinic = &graph.clinic;
    let (patient, stranger) = (clinic.patient().await, clinic.patient().await);
    let id = graph.book(&patient, tomorrow(9, 0)).await["appointment"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let doctor = &clinic.doctors[0];
    assert_eq!(
        graph
            .act(doctor, "updateAppointmentNotes", &id, r#"doctorsNotes: "Lungs""#)
            .await,
        "PENDING"
    );
    assert_eq!(
        graph.act(&clinic.nurse, "confirmAppointment", &id, "").await,
        "CONFIRMED"
    );
    let ask = "query($id: ID!) { appointment(id: $id) { reason noteForDoctor doctorsNotes history { kind reason status
               previousStatus changedBy { id } } } }";
    let texts = async |who: &Person| {
        let seen = graph.data(who, ask, json!({ "id": id })).await["appointment"].take();
        [&seen["reason"], &seen["noteForDoctor"], &seen["doctorsNotes"]]
            .map(|text| text.as_str().map(str::to_owned))
    };
    let (cough, allergic, lungs) = (
        Some("Cough".to_owned()),
        Some("Allergic".to_owned()),
        Some("Lungs".to_owned()),
    );
    assert_eq!(texts(doctor).await, [cough.clone(), allergic.clone(), lungs]);
    assert_eq!(texts(&patient).await, [cough.clone(), allergic.clone(), None]);
    assert_eq!(texts(&clinic.nurse).await, [cough, allergic, None]);
    assert_eq!(texts(&clinic.admin).await, [None, None, None]);
    assert_eq!(
        graph.data(&stranger, ask, json!({ "id": id })).await["appointment"],
        Value::Null
    );
    let history = graph.data(&patient, ask, json!({ "id": id })).await["appointment"]["history"].take();
    let kinds: Vec<_> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["kind"].clone())
        .collect();
    assert_eq!(kinds, ["BOOKED", "NOTES_UPDATED", "CONFIRMED"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entities_are_shown_to_those_who_may_see_them() {
    let graph = Graph::new().await;
    let clinic = &graph.clinic;
    let (patient, stranger) = (clinic.patient().await, clinic.patient().await);
    let mine = graph.book(&patient, tomorrow(9, 0)).await["appointment"]["id"].clone();
    let theirs = graph.book(&stranger, tomorrow(10, 0)).await["appointment"]["id"].clone();
    let doctor = &clinic.doctors[0];
    let text = "query($of: [_Any!]!) { _entities(representations: $of) {
        ... on Appointment { id status }
        ... on Patient { appointments(first: 5) { edges { node { id } } pageInfo { hasNextPage } } }
        ... on Practitioner { appointments(filter: { status: [PENDING] }) { edges { node { id } } } } } }";
    let of = json!({ "of": [
        { "__typename": "Appointment", "id": mine },
        { "__typename": "Appointment", "id": theirs },
        { "__typename": "Appointment", "id": "42" },
        { "__typename": "Patient", "id": patient.patient_id().to_string() },
        { "__typename": "Patient", "id": stranger.patient_id().to_string() },
        { "__typename": "Practitioner", "id": doctor.practitioner_id().to_string() },
    ] });
    let nodes = |found: &Value| -> Vec<Value> {
        let edges = found["appointments"]["edges"].as_array().unwrap();
        edges.iter().map(|edge| edge["node"]["id"].clone()).collect()
    };
    let by_patient = graph.data(&patient, text, of.clone()).await["_entities"].take();
    assert_eq!(by_patient[0]["status"], "PENDING");
    assert_eq!((&by_patient[1], &by_patient[2]), (&Value::Null, &Value::Null));
    assert_eq!(nodes(&by_patient[3]), std::slice::from_ref(&mine));
    assert!(nodes(&by_patient[4]).is_empty());
    assert_eq!(nodes(&by_patient[5]), std::slice::from_ref(&mine));
    let by_doctor = graph.data(doctor, text, of.clone()).await["_entities"].take();
    assert_eq!(nodes(&by_doctor[4]), std::slice::from_ref(&theirs));
    assert_eq!(nodes(&by_doctor[5]), [mine, theirs]);
    // Nobody's profile breaks because a reader has nothing to do with appointments.
    for who in [
        Principal::anonymous(),
        principal(stranger.user, &[Role::Pharmacist]),
    ] {
        let response = graph.ask(&who, text, of.clone()).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        let found = response.data.into_json().unwrap()["_entities"].take();
        let (appointments, people) = found.as_array().unwrap().split_at(3);
        assert!(appointments.iter().all(Value::is_null));
        assert!(people.iter().all(|person| person["appointments"].is_null()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_from_the_desk_to_the_end() {
    let graph = Graph::new().await;
    let clinic = &graph.clinic;
    let (patient, doctor, nurse) = (clinic.patient().await, &clinic.doctors[0], &clinic.nurse);
    let held = graph
        .data(
            &patient,
            "mutation($input: HoldSlotInput!) { holdSlot(input: $input) { hold { id expiresAt slot { start } }
             errors { __typename } } }",
            json!({ "input": {
                "serviceId": clinic.checkup.to_string(),
                "practitionerId": doctor.practitioner_id().to_string(),
                "start": tomorrow(9, 0).to_rfc3339(),
            } }),
        )
        .await;
    let mut input = graph.input(tomorrow(9, 0));
    input["holdId"] = held["holdSlot"]["hold"]["id"].clone();
    let booked = graph.data(&patient, BOOK, json!({ "input": input })).await["bookAppointment"].take();
    let id = booked["appointment"]["id"].as_str().unwrap();
    assert_eq!(
        graph.act(&patient, "confirmAppointment", id, "").await,
        "NotAllowed"
    );
    assert_eq!(
        graph.act(doctor, "completeAppointment", id, "").await,
        "IllegalStatusChange"
    );
    assert_eq!(graph.act(doctor, "confirmAppointment", id, "").await, "CONFIRMED");
    let to = tomorrow(9, 30).to_rfc3339();
    let more = format!(r#"start: "{to}", reason: "Traffic", idempotencyKey: "k1""#);
    assert_eq!(
        graph.act(&patient, "rescheduleAppointment", id, &more).await,
        "PENDING"
    );
    let reused = format!(r#"start: "{to}", reason: "Rain", idempotencyKey: "k1""#);
    assert_eq!(
        graph.act(&patient, "rescheduleAppointment", id, &reused).await,
        "IdempotencyKeyReused"
    );
    assert_eq!(graph.act(nurse, "confirmAppointment", id, "").await, "CONFIRMED");
    clinic.at(tomorrow(9, 25));
    assert_eq!(
        graph
            .act(&patient, "cancelAppointment", id, r#"reason: "Late""#)
            .await,
        "TooLate"
    );
    assert_eq!(graph.act(nurse, "markNoShow", id, "").await, "Conflict");
    assert_eq!(graph.act(nurse, "checkInAppointment", id, "").await, "CHECKED_IN");
    assert_eq!(
        graph
            .act(doctor, "completeAppointment", id, r#"notes: "Healthy""#)
            .await,
        "COMPLETED"
    );
    assert_eq!(
        graph.act(nurse, "declineAppointment", id, r#"reason: "x""#).await,
        "IllegalStatusChange"
    );
    let agenda = graph
        .data(
            doctor,
            "query($input: AgendaInput!) { agenda(input: $input) { utilisation bookedMinutes workingMinutes
             appointments { id status } } }",
            json!({ "input": {
                "practitionerId": doctor.practitioner_id().to_string(),
                "from": tomorrow(0, 0).to_rfc3339(),
                "to": tomorrow(24, 0).to_rfc3339(),
            } }),
        )
        .await;
    assert_eq!(agenda["agenda"]["utilisation"], json!(0.05));
    assert_eq!(agenda["agenda"]["appointments"][0]["id"], id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_name_their_place_in_the_input() {
    let graph = Graph::new().await;
    let patient = graph.clinic.patient().await;
    let refusals = async |change: Value| {
        let mut input = graph.input(tomorrow(9, 0));
        for (field, value) in change.as_object().unwrap() {
            input[field] = value.clone();
        }
        let answer = graph.data(&patient, BOOK, json!({ "input": input })).await["bookAppointment"].take();
        let errors = answer["errors"].as_array().unwrap().clone();
        let line = |error: Value| {
            let path: Vec<_> = error["path"]
                .as_array()
                .unwrap()
                .iter()
                .map(|s| s.as_str().unwrap().to_owned())
                .collect();
            format!("{} {}", error["__typename"].as_str().unwrap(), path.join("."))
        };
        errors.into_iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(
        refusals(json!({ "serviceId": "42" })).await,
        ["NotFound input.serviceId"]
    );
    assert_eq!(
        refusals(json!({ "practitionerId": "x".repeat(100_000) })).await,
        ["NotFound input.practitionerId"]
    );
    assert_eq!(
        refusals(json!({ "patientId": "" })).await,
        ["NotFound input.patientId"]
    );
    assert_eq!(
        refusals(json!({ "holdId": "'; DROP TABLE holds; --" })).await,
        ["NotFound input.holdId"]
    );
    assert_eq!(
        refusals(json!({ "start": "2020-01-01T00:00:00Z" })).await,
        ["InvalidInput input.start"]
    );
    let long = "x".repeat(10_000);
    assert_eq!(
        refusals(json!({ "reason": long, "noteForDoctor": long })).await,
        ["InvalidInput input.reason", "InvalidInput input.noteForDoctor"]
    );
    assert_eq!(
        refusals(json!({ "idempotencyKey": "" })).await,
        ["InvalidInput input.idempotencyKey"]
    );
    assert!(graph.clinic.everything().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_say_what_is_wrong_with_them() {
    let graph = Graph::new().await;
    let nurse = &graph.clinic.nurse.principal;
    for (who, text, code) in [
        (
            nurse,
            "{ appointments(first: 101) { edges { cursor } } }",
            "BAD_USER_INPUT",
        ),
        (
            nurse,
            r#"{ appointments(after: "%") { edges { cursor } } }"#,
            "BAD_USER_INPUT",
        ),
        (
            nurse,
            r#"{ appointments(filter: { from: "2026-03-02T00:00:00Z", to: "2026-03-01T00:00:00Z" }) { edges { cursor } } }"#,
            "BAD_USER_INPUT",
        ),
        (
            &Principal::anonymous(),
            "{ appointments { edges { cursor } } }",
            "UNAUTHENTICATED",
        ),
        (
            &Principal::anonymous(),
            r#"{ appointment(id: "1") { id } }"#,
            "UNAUTHENTICATED",
        ),
        (
            &graph.clinic.newcomer().principal,
            "{ appointmentsToReassign { edges { cursor } } }",
            "FORBIDDEN",
        ),
    ] {
        let response = graph.ask(who, text, json!({})).await;
        assert_eq!(codes(&response), [code], "{text}");
    }
}
