//! A consent opens parts of the record; when it is revoked, they close at once.

use super::chart::{done, done_soon, record, text, try_to};
use super::story::Cast;
use super::trail::{access_log, head, verified};
use crate::harness::{Live, Person};
use caregraph_kit::testing::eventually;
use serde_json::{Value, json};
use std::time::Duration;

const CHANGES: &str =
    "subscription ($id: ID!, $after: Cursor) { recordChanged(patientId: $id, after: $after) {
    cursor version entryId entry { __typename ... on Allergy { substance note } } } }";

pub async fn opens_and_closes(cast: &Cast<'_>, encounter: &str) {
    let patient = &cast.patient;
    let doctor = &cast.clinic.doctors[0];
    let guest = guest(cast).await;
    let nothing = record(&guest.graph, &patient.id).await;
    assert_eq!(nothing, Value::Null, "whoever broke no glass sees nothing");

    let consent = consent_to(cast, &guest).await;
    let shown = record(&guest.graph, &patient.id).await;
    assert_eq!(shown["accessBasis"], "CONSENT", "{shown}");
    assert_eq!(shown["openParts"], json!(["VITALS", "ALLERGIES"]));
    assert!(shown["latestVitals"].is_object(), "{shown}");
    assert_eq!(shown["encounters"], json!([]), "not what was not shared");
    let other = "query ($id: ID!) { encounter(id: $id) { id } }";
    assert_eq!(
        guest.graph.data(other, json!({ "id": encounter })).await["encounter"],
        Value::Null
    );
    // A consent opens for reading.
    let write = json!({ "patientId": patient.id, "substance": "Latex", "category": "ENVIRONMENT" });
    let refusal = try_to(&guest.graph, "recordAllergy", "allergy { id }", write).await;
    assert_eq!(refusal["errors"][0]["__typename"], "NotAllowed", "{refusal}");

    let here = doctor.at(cast.elsewhere);
    let mut at_the_doctor = follow(cast, &here).await;
    let mut at_the_guest = follow(cast, &guest).await;
    let allergy = allergy(cast, "Đậu phộng").await;
    news_of(&mut at_the_doctor, &allergy, 1).await;
    news_of(&mut at_the_guest, &allergy, 1).await;
    // Of what was not shared nothing is heard.
    add_to(cast, encounter).await;
    change(cast, (&allergy, 1), "while it was open").await;
    let heard = at_the_doctor.next().await["recordChanged"].take();
    assert_eq!(heard["entryId"], json!(encounter));
    for live in [&mut at_the_doctor, &mut at_the_guest] {
        let heard = live.next().await["recordChanged"].take();
        assert_eq!(
            (&heard["entryId"], &heard["version"]),
            (&json!(allergy), &json!(2))
        );
        assert_eq!(heard["entry"]["note"], "while it was open");
    }

    let revoke = json!({ "consentId": consent, "reason": "không cần nữa" });
    let revoked = done(
        &patient.graph,
        "revokeConsent",
        "consent { active revocation { reason } }",
        revoke,
    )
    .await;
    assert_eq!(revoked["consent"]["active"], false);
    // From the answer on, not from some time on.
    assert_eq!(record(&guest.graph, &patient.id).await, Value::Null);
    change(cast, (&allergy, 2), "after it was closed").await;
    let heard = at_the_doctor.next().await["recordChanged"].take();
    assert_eq!(heard["entry"]["note"], "after it was closed");
    hears_nothing(&mut at_the_guest).await;
    let again = Live::subscribe(&guest.graph, CHANGES, json!({ "id": patient.id }));
    assert_eq!(again.await.end().await, "NOT_FOUND");

    let log = eventually("the trail has heard of it all", || async {
        let log = access_log(&patient.graph, &patient.id).await.unwrap();
        let of_guest = |entry: &&Value| entry["practitioner"]["id"] == json!(guest.id);
        let theirs: Vec<Value> = log.iter().filter(of_guest).cloned().collect();
        // In vain, then with consent, then in vain again: the newest come first.
        let last = theirs.first()?;
        (last["what"] == "recordChanged" && last["outcome"] == "DENIED").then_some(theirs)
    })
    .await;
    let granted: Vec<&Value> = log.iter().filter(|entry| entry["outcome"] == "GRANTED").collect();
    assert!(!granted.is_empty());
    assert!(
        granted.iter().all(|entry| entry["basis"] == "CONSENT"
            && entry["parts"]
                .as_array()
                .unwrap()
                .iter()
                .all(|part| part == "VITALS" || part == "ALLERGIES")),
        "only what was shared was shown: {granted:?}"
    );
    let admin = &cast.clinic.admin.graph;
    verified(admin, &head(admin).await).await;
}

/// A doctor who has nothing to do with the patient, and has broken nothing.
async fn guest(cast: &Cast<'_>) -> Person {
    let admin = &cast.clinic.admin;
    let guest = admin.invite(cast.stores, "cem@clinic.test", &["DOCTOR"]).await;
    admin.employ(&guest, "Cem", &json!(cast.clinic.location)).await;
    guest.at(cast.elsewhere)
}

/// Gives the consent's id.
async fn consent_to(cast: &Cast<'_>, guest: &Person) -> String {
    let input = |number: usize| {
        json!({ "patientId": cast.patient.id, "granteeId": guest.id, "parts": ["VITALS", "ALLERGIES"],
            "purpose": "ý kiến thứ hai", "idempotencyKey": format!("consent-{number}") })
    };
    let number = std::sync::atomic::AtomicUsize::new(0);
    // Who gives care here travels as an event. A refusal stands under its key, so every attempt has its own.
    eventually("the patient may consent", || async {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let payload = try_to(
            &cast.patient.graph,
            "grantConsent",
            "consent { id active }",
            input(number),
        )
        .await;
        let errors = payload["errors"].as_array().unwrap();
        assert!(
            errors.iter().all(|error| error["__typename"] == "NotFound"),
            "{payload}"
        );
        errors.is_empty().then(|| text(&payload["consent"]["id"]))
    })
    .await
}

async fn allergy(cast: &Cast<'_>, substance: &str) -> String {
    let input = json!({ "patientId": cast.patient.id, "substance": substance, "category": "FOOD", "reaction": "sưng môi" });
    let doctor = &cast.clinic.doctors[0].graph;
    text(&done_soon(doctor, "recordAllergy", "allergy { id }", &input).await["allergy"]["id"])
}

async fn change(cast: &Cast<'_>, (allergy, version): (&str, i64), note: &str) {
    let input = json!({ "id": allergy, "version": version, "note": note });
    let doctor = &cast.clinic.doctors[0].graph;
    done(doctor, "updateAllergy", "allergy { version }", input).await;
}

/// The doctor writes something about the visit.
async fn add_to(cast: &Cast<'_>, encounter: &str) {
    let doctor = &cast.clinic.doctors[0].graph;
    let version = "query ($id: ID!) { encounter(id: $id) { version } }";
    let version = doctor.data(version, json!({ "id": encounter })).await["encounter"]["version"].take();
    let input = json!({ "id": encounter, "version": version, "notes": "Hẹn tái khám", "reason": "quên ghi lịch hẹn" });
    done(doctor, "amendEncounter", "encounter { version }", input).await;
}

/// Follows the record. A subscription has a way to go between processes: what happens until it has arrived comes before it, so
/// something is written until something is heard.
async fn follow(cast: &Cast<'_>, person: &Person) -> Live {
    let mut live = Live::subscribe(&person.graph, CHANGES, json!({ "id": cast.patient.id })).await;
    live.ready(&person.graph).await;
    for number in 0..50 {
        let id = allergy(cast, &format!("{} {number}", person.email)).await;
        if let Some(heard) = live.next_within_a_moment().await {
            // The others are on their way.
            if heard["recordChanged"]["entryId"] != json!(id) {
                news_of(&mut live, &id, 1).await;
            }
            return live;
        }
    }
    panic!("{} hears nothing", person.email)
}

/// Reads on until a version of an entry.
async fn news_of(live: &mut Live, entry: &str, version: i64) {
    loop {
        let heard = live.next().await["recordChanged"].take();
        if (&heard["entryId"], &heard["version"]) == (&json!(entry), &json!(version)) {
            return;
        }
    }
}

/// The stream ends, or stays silent for longer than a change takes; it tells of nothing.
async fn hears_nothing(live: &mut Live) {
    while let Ok(message) = tokio::time::timeout(Duration::from_secs(3), live.message()).await {
        assert_ne!(message["type"], "next", "heard after the revocation: {message}");
        if message["type"] == "close" {
            return;
        }
    }
}
