//! Subscriptions.

use super::{Graph, codes};
use crate::world::tomorrow;
use async_graphql::{Response, ScalarType};
use caregraph_contracts::{Domain, Role};
use caregraph_kit::auth::Principal;
use caregraph_kit::graphql::Cursor;
use caregraph_kit::testing::principal;
use chrono::TimeDelta;
use futures::{Stream, StreamExt};
use serde_json::json;
use std::time::Duration;

async fn next(stream: &mut (impl Stream<Item = Response> + Unpin)) -> Response {
    let response = tokio::time::timeout(Duration::from_secs(20), stream.next()).await;
    response.expect("a message in time").expect("the stream goes on")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_goes_on_behind_its_cursor() {
    let graph = Graph::new().await;
    let clinic = &graph.clinic;
    let doctor = &clinic.doctors[0];
    let text = |after: Option<&str>| {
        let after = after
            .map(|cursor| format!(r#", after: "{cursor}""#))
            .unwrap_or_default();
        format!(
            r#"subscription {{ appointmentChanged(practitionerId: "{}"{after}) {{
                cursor kind occurredAt previousStart appointmentId appointment {{ id status reason }} }} }}"#,
            doctor.practitioner_id()
        )
    };
    let mut stream = graph.follow(&doctor.principal, &text(None));
    // A subscription starts when it is first polled.
    let (first, booked) = tokio::join!(next(&mut stream), async {
        tokio::task::yield_now().await;
        graph.book(&clinic.patient().await, tomorrow(9, 0)).await
    });
    let id = booked["appointment"]["id"].as_str().unwrap().to_owned();
    assert!(first.errors.is_empty(), "{:?}", first.errors);
    let first = first.data.into_json().unwrap()["appointmentChanged"].take();
    assert_eq!(
        (&first["kind"], &first["appointment"]["id"]),
        (&json!("BOOKED"), &json!(id))
    );
    assert_eq!(first["appointment"]["reason"], "Cough");
    drop(stream);
    assert_eq!(
        graph.act(doctor, "confirmAppointment", &id, "").await,
        "CONFIRMED"
    );
    let to = tomorrow(11, 0).to_rfc3339();
    let more = format!(r#"start: "{to}", idempotencyKey: "k""#);
    assert_eq!(
        graph
            .act(&clinic.nurse, "rescheduleAppointment", &id, &more)
            .await,
        "CONFIRMED"
    );
    let mut stream = graph.follow(&doctor.principal, &text(first["cursor"].as_str()));
    let mut kinds = Vec::new();
    for _ in 0..2 {
        kinds.push(next(&mut stream).await.data.into_json().unwrap()["appointmentChanged"]["kind"].take());
    }
    assert_eq!(kinds, ["CONFIRMED", "RESCHEDULED"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_say_why_they_do_not_start() {
    let graph = Graph::new().await;
    let clinic = &graph.clinic;
    let (patient, stranger) = (clinic.patient().await, clinic.patient().await);
    let doctor = clinic.doctors[0].practitioner_id();
    let cursor = |domain, position| match (Cursor { domain, position }).to_value() {
        async_graphql::Value::String(text) => text,
        other => panic!("a cursor is text, not {other}"),
    };
    for (who, arguments, code) in [
        (&Principal::anonymous(), String::new(), "UNAUTHENTICATED"),
        (
            &principal(patient.user, &[Role::Pharmacist]),
            String::new(),
            "FORBIDDEN",
        ),
        (
            &stranger.principal,
            format!(r#"(practitionerId: "{doctor}")"#),
            "FORBIDDEN",
        ),
        (
            &stranger.principal,
            format!(r#"(patientId: "{}")"#, patient.patient_id()),
            "NOT_FOUND",
        ),
        (
            &patient.principal,
            format!(r#"(after: "{}")"#, cursor(Domain::Identity, 1)),
            "BAD_USER_INPUT",
        ),
        (
            &patient.principal,
            format!(r#"(after: "{}")"#, cursor(Domain::Scheduling, 999_999)),
            "BAD_USER_INPUT",
        ),
    ] {
        let text = format!("subscription {{ appointmentChanged{arguments} {{ cursor }} }}");
        assert_eq!(
            codes(&next(&mut graph.follow(who, &text)).await),
            [code],
            "{arguments}"
        );
    }
    let slots = "subscription { slotsChanged { cursor } }";
    assert_eq!(
        codes(&next(&mut graph.follow(&Principal::anonymous(), slots)).await),
        ["UNAUTHENTICATED"]
    );
    // Old events are gone after a while, and so is the way back to them.
    graph.book(&patient, tomorrow(9, 0)).await;
    let head = clinic.end_of_log().await;
    let later = clinic.here.ground.clock.now() + TimeDelta::days(1);
    clinic.here.ground.events.prune(later, head).await.unwrap();
    let text = format!(
        r#"subscription {{ appointmentChanged(after: "{}") {{ cursor }} }}"#,
        cursor(Domain::Scheduling, 0)
    );
    assert_eq!(
        codes(&next(&mut graph.follow(&patient.principal, &text)).await),
        ["CURSOR_EXPIRED"]
    );
}
