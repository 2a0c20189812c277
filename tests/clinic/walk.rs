//! The walk that must always work, from a clean start: register → verify → browse → slots → book → live at the doctor →
//! confirm → reschedule → clash with alternatives → cancel.

use crate::harness::{BOOK, Clinic, Graph, Live, Person, Stores};
use caregraph_kit::on_every_engine;
use serde_json::{Value, json};

const LIVE: &str = "subscription ($practitioner: ID!) { appointmentChanged(practitionerId: $practitioner) {
    cursor kind appointment { id status start patient { id displayName } service { name } } } }";

on_every_engine! {
    async fn a_visit_is_booked_end_to_end(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        walk(&stores, &clinic, &program.graph()).await;
        program.stop().await;
    }
}

/// The walk of somebody new, who comes in by `visitor`; the doctor may be connected to another process.
pub async fn walk(stores: &Stores, clinic: &Clinic, visitor: &Graph) {
    let doctor = &clinic.doctors[0];

    // Somebody new finds the way in without help.
    let found = visitor
        .data(
            "{ practitioners(filter: { text: \"ada\" }, first: 5) { edges { node { id displayName locations { name } } } }
               medicalServices(first: 5) { edges { node { id name fee { amount currency } } } } }",
            Value::Null,
        )
        .await;
    assert_eq!(found["practitioners"]["edges"][0]["node"]["displayName"], "Ada");
    assert_eq!(
        found["practitioners"]["edges"][0]["node"]["locations"][0]["name"],
        "Main house"
    );
    let service = found["medicalServices"]["edges"][0]["node"]["id"]
        .as_str()
        .unwrap();
    assert_eq!(service, clinic.service);

    let patient = Person::register(stores, visitor, "linh@example.com").await;
    let me = patient
        .graph
        .data(
            "{ me { email roles } myPatients { id displayName medicalRecordNumber } }",
            Value::Null,
        )
        .await;
    assert_eq!(me["me"]["email"], "linh@example.com");
    assert_eq!(
        me["myPatients"][0]["id"],
        json!(patient.id),
        "the profile is there when register has answered"
    );

    // Slots, then a booking that the doctor sees live.
    let slots = patient.free_slots(service, doctor).await;
    let mut at_the_doctor = Live::subscribe(&doctor.graph, LIVE, json!({ "practitioner": doctor.id })).await;
    at_the_doctor.ready(&doctor.graph).await;
    let booked = patient.try_book(service, doctor, &slots[0], "walk-1").await;
    let appointment = booked["appointment"]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{booked}"))
        .to_owned();
    assert_eq!(booked["appointment"]["status"], "PENDING");
    assert_eq!(booked["appointment"]["practitioner"]["displayName"], "Ada");
    let news = at_the_doctor.next().await;
    assert_eq!(
        news["appointmentChanged"]["appointment"]["id"],
        json!(appointment)
    );
    assert_eq!(
        news["appointmentChanged"]["appointment"]["patient"]["displayName"],
        "Nguyễn Linh"
    );

    // The doctor confirms, the patient moves the visit.
    let confirmed = doctor
        .graph
        .done(
            "confirmAppointment",
            "mutation ($input: ConfirmAppointmentInput!) { confirmAppointment(input: $input) { appointment { status } errors { __typename } } }",
            json!({ "input": { "id": appointment } }),
        )
        .await;
    assert_eq!(confirmed["appointment"]["status"], "CONFIRMED");
    assert_eq!(
        at_the_doctor.next().await["appointmentChanged"]["appointment"]["status"],
        "CONFIRMED"
    );
    let moved = patient
        .graph
        .done(
            "rescheduleAppointment",
            "mutation ($input: RescheduleAppointmentInput!) { rescheduleAppointment(input: $input) { appointment { id start } errors { __typename ... on UserError { message } } } }",
            json!({ "input": { "id": appointment, "start": slots[4], "idempotencyKey": "walk-2" } }),
        )
        .await;
    assert_eq!(moved["appointment"]["start"], json!(slots[4]));
    let news = at_the_doctor.next().await;
    assert_eq!(news["appointmentChanged"]["kind"], "RESCHEDULED");

    // Somebody else wants that time and is offered others, which are really free.
    let rival = Person::register(stores, visitor, "rival@example.com").await;
    let clash = rival.try_book(service, doctor, &slots[4], "walk-3").await;
    assert_eq!(clash["errors"][0]["__typename"], "SlotUnavailable", "{clash}");
    let alternatives = clash["errors"][0]["alternatives"].as_array().unwrap();
    assert!(!alternatives.is_empty());
    let other = alternatives
        .iter()
        .find(|slot| slot["practitioner"]["id"] != json!(doctor.id))
        .expect("the same time elsewhere");
    let input = json!({ "serviceId": service, "practitionerId": other["practitioner"]["id"], "start": other["start"], "idempotencyKey": "walk-4" });
    rival
        .graph
        .done("bookAppointment", BOOK, json!({ "input": input }))
        .await;

    // The patient calls off; the time is free again, and the history tells it all.
    let cancelled = patient
        .graph
        .done(
            "cancelAppointment",
            "mutation ($input: CancelAppointmentInput!) { cancelAppointment(input: $input) {
                appointment { status history { kind reason } } errors { __typename ... on UserError { message } } } }",
            json!({ "input": { "id": appointment, "reason": "Bận việc" } }),
        )
        .await;
    assert_eq!(cancelled["appointment"]["status"], "CANCELLED_PATIENT");
    assert_eq!(cancelled["appointment"]["history"].as_array().unwrap().len(), 4);
    assert_eq!(
        at_the_doctor.next().await["appointmentChanged"]["appointment"]["status"],
        "CANCELLED_PATIENT"
    );
    assert!(patient.free_slots(service, doctor).await.contains(&slots[4]));
    assert!(at_the_doctor.is_quiet().await);
}
