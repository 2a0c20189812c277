//! Whom the staff care for: arranged before anything is measured, through the graph.

use crate::bench::client::Connection;
use crate::bench::people::Person;
use anyhow::{Result, ensure};
use caregraph_kit::Clock;
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long it may take until everybody has heard of a relationship.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often each patient has been measured before the day.
const MEASURED: i64 = 6;

const ASSIGN: &str = "mutation ($input: AssignCareTeamInput!) { assignCareTeam(input: $input) {
    patient { id } errors { __typename ... on UserError { message } } } }";

const MEASURE: &str = "mutation ($input: RecordVitalsInput!) { recordVitals(input: $input) {
    vitals { id } errors { __typename ... on UserError { message } } } }";

const OPEN: &str =
    "query ($id: ID!) { patient(id: $id) { timeline(first: 1) { pageInfo { hasNextPage } } } }";

const IN_CARE: &str = "{ patients(first: 100, filter: {inMyCare: true}) { nodes { id } } }";

/// Gives each patient a doctor and a nurse in turn, who has measured some times already; returns when their records are open to both.
pub async fn arrange(
    connection: &mut Connection,
    desk: &Person,
    (doctors, nurses): (&[Person], &[Person]),
    patients: &[Person],
) -> Result<()> {
    let teams = doctors.iter().cycle().zip(nurses.iter().cycle());
    for (patient, (doctor, nurse)) in patients.iter().zip(teams) {
        let team = json!({ "patientId": patient.id, "members": [
            { "practitionerId": doctor.id, "role": "PRIMARY_PHYSICIAN" },
            { "practitionerId": nurse.id, "role": "NURSE" },
        ] });
        done_soon(connection, desk, ("assignCareTeam", ASSIGN), &team).await?;
        for number in 0..MEASURED {
            let vitals = json!({
                "patientId": patient.id, "heartRate": 64 + 3 * number, "systolic": 112 + 2 * number, "diastolic": 74,
                "takenAt": Clock::system().now() - TimeDelta::days(1 + 7 * number),
                "idempotencyKey": format!("before-{}-{number}", patient.id),
            });
            done_soon(connection, nurse, ("recordVitals", MEASURE), &vitals).await?;
        }
        open_soon(connection, doctor, patient).await?;
    }
    Ok(())
}

/// Patients in somebody's care, at most a hundred.
pub async fn panel(connection: &mut Connection, person: &Person) -> Result<Vec<String>> {
    let found = connection
        .data(&person.authorization, IN_CARE, &json!({}))
        .await?;
    let nodes = found["patients"]["nodes"].as_array().into_iter().flatten();
    let panel: Vec<String> = nodes
        .filter_map(|patient| patient["id"].as_str().map(str::to_owned))
        .collect();
    ensure!(!panel.is_empty(), "{} cares for nobody", person.id);
    Ok(panel)
}

/// Does something that must succeed as soon as everybody has heard of those it is about: until then, they do not exist.
async fn done_soon(
    connection: &mut Connection,
    person: &Person,
    (operation, document): (&str, &str),
    input: &Value,
) -> Result<()> {
    let begun = Instant::now();
    loop {
        let done = connection
            .data(&person.authorization, document, &json!({ "input": input }))
            .await?;
        let refusals = done[operation]["errors"].as_array();
        let mut refusals = refusals.into_iter().flatten().peekable();
        if refusals.peek().is_none() {
            return Ok(());
        }
        let waits = refusals.all(|refusal| refusal["__typename"] == "NotFound");
        ensure!(
            waits && begun.elapsed() < PATIENCE,
            "{operation} was refused: {done}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn open_soon(connection: &mut Connection, person: &Person, patient: &Person) -> Result<()> {
    let begun = Instant::now();
    loop {
        let found = connection
            .data(&person.authorization, OPEN, &json!({ "id": patient.id }))
            .await?;
        if !found["patient"]["timeline"].is_null() {
            return Ok(());
        }
        ensure!(
            begun.elapsed() < PATIENCE,
            "the record of {} stays closed",
            patient.id
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
