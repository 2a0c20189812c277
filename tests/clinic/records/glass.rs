//! A record that is closed to a doctor, the glass broken, and everybody who hears of it.

use super::chart::{done, record, refused, text};
use super::story::Cast;
use super::trail::{access_log, audit_log, head, verified};
use super::visit::AMENDED;
use crate::harness::{Live, Person};
use caregraph_kit::Clock;
use caregraph_kit::testing::eventually;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// Why the glass is broken.
const REASON: &str = "Bất tỉnh ở phòng cấp cứu, cần biết dị ứng";

/// Every way to something of the record.
const WAYS: &str = "query ($id: ID!, $encounter: ID!) {
    patient(id: $id) { id medicalRecord { accessBasis } }
    medicalRecord(patientId: $id) { accessBasis }
    encounter(id: $encounter) { id } recordEntry(id: $encounter) { __typename } recordHistory(id: $encounter) { nodes { number } }
    recordAsOf(patientId: $id, at: \"2100-01-01T00:00:00Z\") { accessBasis }
    accessLog(patientId: $id) { nodes { id } } }";

const INBOX: &str =
    "{ notifications(first: 20, filter: { type: RECORD_OPENED_IN_EMERGENCY, channel: IN_APP }) {
    nodes { subject body } } }";

pub async fn is_broken(cast: &Cast<'_>, encounter: &str) {
    let patient = &cast.patient;
    let foreign = cast.clinic.doctors[1].at(cast.elsewhere);
    it_is_closed(cast, &foreign, encounter).await;

    let before = Clock::system().now();
    let hasty = json!({ "patientId": patient.id, "reason": "x" });
    assert_eq!(refused(&foreign.graph, "breakGlass", hasty).await, "InvalidInput");
    let input = json!({ "patientId": patient.id, "reason": REASON });
    let fields = "opened { until patient { id } }";
    let opened = done(&foreign.graph, "breakGlass", fields, input).await["opened"].take();
    let after = Clock::system().now();
    assert_eq!(opened["patient"]["id"], json!(patient.id));
    assert!(text(&opened["until"]).parse::<DateTime<Utc>>().unwrap() > after);
    let seen = record(&foreign.graph, &patient.id).await;
    assert_eq!(seen["accessBasis"], "BROKEN_GLASS");
    assert_eq!(seen["encounters"][0]["examination"], AMENDED);

    the_patient_finds_out(cast, &foreign, (before, after)).await;
    the_auditor_finds_out(cast, &foreign).await;
}

/// What one may not see does not exist.
async fn it_is_closed(cast: &Cast<'_>, foreign: &Person, encounter: &str) {
    let variables = json!({ "id": cast.patient.id, "encounter": encounter });
    let closed = foreign.graph.data(WAYS, variables).await;
    for (way, answer) in closed.as_object().unwrap() {
        assert_eq!(*answer, Value::Null, "{way}");
    }
    let document = "subscription ($id: ID!) { recordChanged(patientId: $id) { version } }";
    let followed = Live::subscribe(&foreign.graph, document, json!({ "id": cast.patient.id }));
    assert_eq!(followed.await.end().await, "NOT_FOUND");
    let write = json!({ "patientId": cast.patient.id, "substance": "Latex", "category": "ENVIRONMENT" });
    assert_eq!(refused(&foreign.graph, "recordAllergy", write).await, "NotFound");
    // Those who run the clinic do not read records.
    let document = "query ($id: ID!) { medicalRecord(patientId: $id) { accessBasis } }";
    let asked = cast
        .clinic
        .admin
        .graph
        .code(document, json!({ "id": cast.patient.id }));
    assert_eq!(asked.await, "FORBIDDEN");
}

/// Who, when and why; and a message.
async fn the_patient_finds_out(
    cast: &Cast<'_>,
    foreign: &Person,
    (before, after): (DateTime<Utc>, DateTime<Utc>),
) {
    let patient = &cast.patient;
    let log = eventually("the trail has heard", || async {
        let log = access_log(&patient.graph, &patient.id).await.unwrap();
        let shown = |entry: &Value| entry["action"] == "RecordAccessed" && entry["basis"] == "BROKEN_GLASS";
        // The name comes by another way than the entry.
        let broken = |entry: &Value| entry["action"] == "GlassBroken" && entry["byName"].is_string();
        (log.iter().any(shown) && log.iter().any(broken)).then_some(log)
    })
    .await;
    let theirs: Vec<&Value> = log
        .iter()
        .filter(|entry| entry["practitioner"]["id"] == json!(foreign.id))
        .collect();
    let of = |action: &str, basis: Value| {
        let found = theirs
            .iter()
            .filter(|entry| entry["action"] == action && entry["basis"] == basis);
        found.copied().collect::<Vec<_>>()
    };
    let broken = of("GlassBroken", json!("BROKEN_GLASS"));
    assert_eq!(broken.len(), 1, "{theirs:?}");
    let at: DateTime<Utc> = text(&broken[0]["at"]).parse().unwrap();
    assert!(before <= at && at <= after, "{before} {at} {after}");
    assert_eq!(broken[0]["reason"], REASON);
    assert_eq!(broken[0]["brokenGlass"], true);
    assert_eq!(broken[0]["practitioner"]["displayName"], "Ben");
    assert_eq!(broken[0]["byName"], "Sam Staff");
    assert_eq!(broken[0]["roles"], json!(["DOCTOR"]));
    let looks = of("RecordAccessed", json!("BROKEN_GLASS"));
    assert_eq!(looks.len(), 1, "{theirs:?}");
    assert_eq!(
        (&looks[0]["what"], &looks[0]["reason"], &looks[0]["outcome"]),
        (&json!("medicalRecord"), &json!(REASON), &json!("GRANTED"))
    );
    // Who tried in vain is there as well, and who treats.
    let tried = of("RecordAccessed", json!("NOTHING"));
    assert!(
        tried.iter().all(|entry| entry["outcome"] == "DENIED"),
        "{tried:?}"
    );
    let mut asked: Vec<String> = tried.iter().map(|entry| text(&entry["what"])).collect();
    asked.sort();
    let ways = [
        "encounter",
        "medicalRecord",
        "recordAsOf",
        "recordChanged",
        "recordEntry",
        "recordHistory",
    ];
    assert_eq!(asked, ways);
    let doctor = &cast.clinic.doctors[0];
    let treated = |entry: &Value| entry["practitioner"]["id"] == json!(doctor.id) && entry["basis"] == "CARE";
    assert!(log.iter().any(treated), "{log:?}");
    // The log is the patient's, not that of those whom it names.
    for curious in [foreign, doctor, &cast.clinic.nurse] {
        assert_eq!(access_log(&curious.graph, &patient.id).await, None);
    }

    let message = eventually("the patient is told", || async {
        let mut inbox = patient.graph.data(INBOX, Value::Null).await;
        let nodes = inbox["notifications"]["nodes"].as_array_mut().unwrap();
        assert!(nodes.len() <= 1, "{nodes:?}");
        nodes.pop()
    })
    .await;
    let body = text(&message["body"]);
    // By the account's name: not everybody who breaks glass is a practitioner.
    assert!(body.contains("Sam Staff") && body.contains(REASON), "{body}");
    assert!(body.contains("mở khẩn cấp"), "in the patient's language: {body}");
}

async fn the_auditor_finds_out(cast: &Cast<'_>, foreign: &Person) {
    let admin = &cast.clinic.admin.graph;
    let known = head(admin).await;
    let filter = json!({ "breakGlassOnly": true, "patient": cast.patient.id });
    let log = audit_log(admin, filter).await;
    let mut actions: Vec<String> = log.iter().map(|entry| text(&entry["action"])).collect();
    actions.sort();
    assert_eq!(actions, ["GlassBroken", "RecordAccessed"]);
    for entry in &log {
        assert_eq!(
            (&entry["by"]["id"], &entry["reason"], &entry["purpose"]),
            (&json!(foreign.id), &json!(REASON), &json!("BROKEN_GLASS"))
        );
        assert_eq!(
            (&entry["byName"], &entry["patientId"]),
            (&json!("Sam Staff"), &json!(cast.patient.id))
        );
        assert!(entry["requestId"].is_string(), "{entry}");
    }
    assert!(verified(admin, &known).await > 10);
    let question = "{ verifyAudit { intact } }";
    for curious in [&foreign.graph, &cast.clinic.nurse.graph, &cast.patient.graph] {
        assert_eq!(curious.code(question, Value::Null).await, "FORBIDDEN");
    }
}
