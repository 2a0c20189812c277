//! A visit, from the booking to the amended encounter.

use super::chart::{done, done_soon, record, refused, text, try_to};
use super::story::Cast;
use caregraph_kit::Clock;
use caregraph_kit::testing::eventually;
use chrono::{DateTime, Timelike, Utc};
use serde_json::{Value, json};

/// What the doctor wrote first.
const FOUND: &str = "Họng đỏ, phổi trong";
/// What was right.
pub const AMENDED: &str = "Họng đỏ, ran ẩm đáy phổi phải";
/// Why it was changed.
const WHY: &str = "Nghe lại phổi sau khi xem phim";

/// Ends with an encounter that was signed and amended; gives its id.
pub async fn takes_place(cast: &Cast<'_>) -> String {
    let appointment = the_patient_arrives(cast).await;
    the_nurse_measures(cast).await;
    let (encounter, version) = the_doctor_writes(cast, &appointment).await;
    let signed = the_doctor_signs(cast, &encounter, version).await;
    the_doctor_amends(cast, &encounter, signed).await;
    encounter
}

/// A visit today: booked, confirmed, checked in.
async fn the_patient_arrives(cast: &Cast<'_>) -> String {
    let (clinic, patient) = (&cast.clinic, &cast.patient);
    let doctor = &clinic.doctors[0];
    // Check-in opens on the day of the visit, and doctors begin at eight: the house stands where it is morning.
    let (zone, today) = where_it_is_morning(Clock::system().now());
    let house = json!({ "id": clinic.location, "name": "Main house", "addressLines": ["1 Lê Lợi"], "city": "Huế",
        "country": "VN", "timeZone": zone.name() });
    done(&clinic.admin.graph, "saveLocation", "location { id }", house).await;
    let slots = "query ($input: AvailableSlotsInput!) { availableSlots(input: $input) { start } }";
    let input =
        json!({ "serviceId": clinic.service, "practitionerId": doctor.id, "from": today, "to": today });
    let start = eventually("the doctor's day is that of the house", || async {
        let found = patient.graph.data(slots, json!({ "input": input })).await;
        let found = found["availableSlots"].as_array().unwrap().clone();
        let last: DateTime<Utc> = text(&found.last()?["start"]).parse().unwrap();
        let last = last.with_timezone(&zone);
        ((last.hour(), last.minute()) == (16, 30)).then(|| text(&found[0]["start"]))
    })
    .await;
    let appointment = patient.book(&clinic.service, doctor, &start).await;
    let id = json!({ "id": appointment });
    done(
        &doctor.graph,
        "confirmAppointment",
        "appointment { id }",
        id.clone(),
    )
    .await;
    let arrived = done(
        &clinic.nurse.graph,
        "checkInAppointment",
        "appointment { status }",
        id,
    )
    .await;
    assert_eq!(arrived["appointment"]["status"], "CHECKED_IN");
    let team = json!({ "patientId": patient.id, "members": [
        { "practitionerId": doctor.id, "role": "PRIMARY_PHYSICIAN" },
        { "practitionerId": clinic.nurse.id, "role": "NURSE" },
    ] });
    done(&clinic.nurse.graph, "assignCareTeam", "patient { id }", team).await;
    appointment
}

async fn the_nurse_measures(cast: &Cast<'_>) {
    let (nurse, patient) = (&cast.clinic.nurse.graph, &cast.patient);
    let measured = json!({ "patientId": patient.id, "heartRate": 88, "temperature": "38.9", "systolic": 118, "diastolic": 76,
        "note": "đo tại phòng 101", "idempotencyKey": "vitals-1" });
    let fields = "vitals { id critical readings { kind value level } }";
    let taken = done_soon(nurse, "recordVitals", fields, &measured).await;
    let again = done(nurse, "recordVitals", fields, measured).await;
    assert_eq!(
        taken["vitals"], again["vitals"],
        "the same request, the same answer"
    );
    let levels = taken["vitals"]["readings"].as_array().unwrap();
    let level = |kind: &str| levels.iter().find(|reading| reading["kind"] == kind).unwrap()["level"].clone();
    assert_eq!(
        (level("TEMPERATURE"), level("HEART_RATE")),
        (json!("HIGH"), json!("NORMAL"))
    );
    let impossible = json!({ "patientId": patient.id, "temperature": "370" });
    assert_eq!(refused(nurse, "recordVitals", impossible).await, "InvalidInput");
    // Nurses observe; they conclude nothing.
    let begun = json!({ "input": { "patientId": patient.id } });
    let document = super::chart::mutation("startEncounter", "encounter { id }");
    assert_eq!(nurse.code(&document, begun).await, "FORBIDDEN");
    // Nobody writes their own record.
    let document = super::chart::mutation("recordVitals", "vitals { id }");
    let own = json!({ "input": { "patientId": patient.id, "heartRate": 60 } });
    assert_eq!(patient.graph.code(&document, own).await, "FORBIDDEN");
    let mine = record(&patient.graph, &patient.id).await;
    assert_eq!(mine["accessBasis"], "ONESELF");
    assert_eq!(mine["latestVitals"]["id"], taken["vitals"]["id"]);
}

async fn the_doctor_writes(cast: &Cast<'_>, appointment: &str) -> (String, i64) {
    let (doctor, patient) = (&cast.clinic.doctors[0], &cast.patient);
    let begin = json!({ "patientId": patient.id, "appointmentId": appointment, "chiefComplaint": "Ho và sốt ba ngày",
        "examination": FOUND });
    let fields = "encounter { id version status chiefComplaint appointment { id status } practitioner { displayName } }";
    // The check-in opens a skeleton, which travels as an event.
    let begun = done_soon(&doctor.graph, "startEncounter", fields, &begin).await["encounter"].take();
    assert_eq!(begun["status"], "IN_PROGRESS");
    assert_eq!(begun["practitioner"]["displayName"], "Ada");
    assert_eq!(
        begun["appointment"],
        json!({ "id": appointment, "status": "CHECKED_IN" })
    );
    let encounter = text(&begun["id"]);

    let search = "{ icd10(search: \"streptococcal pharyngitis\") { code title titleVi billable } }";
    let found = doctor.graph.data(search, Value::Null).await["icd10"].take();
    assert_eq!(found[0]["code"], "J02.0", "{found}");
    let diagnosis =
        json!({ "encounterId": encounter, "diagnosis": { "code": found[0]["code"], "primary": true } });
    let fields = "encounter { version diagnoses { code title primary } }";
    let diagnosed = done(&doctor.graph, "recordDiagnosis", fields, diagnosis).await["encounter"].take();
    assert_eq!(
        diagnosed["diagnoses"],
        json!([{ "code": "J02.0", "title": found[0]["title"], "primary": true }])
    );
    let unknown = json!({ "encounterId": encounter, "diagnosis": { "code": "J02.0X9Y" } });
    assert_eq!(
        refused(&doctor.graph, "recordDiagnosis", unknown).await,
        "InvalidInput"
    );

    // Nothing of it is the patient's to read yet, by whatever way.
    let ways = "query ($id: ID!, $encounter: ID!) {
        medicalRecord(patientId: $id) { encounters { id } }
        patient(id: $id) { encounters(first: 5) { nodes { id } } timeline(first: 50) { nodes { __typename } } }
        encounter(id: $encounter) { id } recordEntry(id: $encounter) { __typename } recordHistory(id: $encounter) { nodes { number } } }";
    let variables = json!({ "id": patient.id, "encounter": encounter });
    let unsigned = patient.graph.data(ways, variables).await;
    assert_eq!(unsigned["medicalRecord"]["encounters"], json!([]));
    assert_eq!(unsigned["patient"]["encounters"]["nodes"], json!([]));
    assert_eq!(
        unsigned["patient"]["timeline"]["nodes"],
        json!([{ "__typename": "VitalSigns" }])
    );
    for root in ["encounter", "recordEntry", "recordHistory"] {
        assert_eq!(unsigned[root], Value::Null, "{root}");
    }
    (encounter, diagnosed["version"].as_i64().unwrap())
}

/// Gives the version that was signed.
async fn the_doctor_signs(cast: &Cast<'_>, encounter: &str, version: i64) -> i64 {
    let (doctor, patient) = (&cast.clinic.doctors[0].graph, &cast.patient);
    let stale = json!({ "id": encounter, "version": version - 1 });
    assert_eq!(refused(doctor, "signEncounter", stale).await, "StaleEntry");
    let sign = json!({ "id": encounter, "version": version });
    let signed = done(doctor, "signEncounter", "encounter { version status }", sign).await;
    assert_eq!(signed["encounter"]["status"], "SIGNED");
    let version = signed["encounter"]["version"].as_i64().unwrap();
    // What is signed is amended, never overwritten.
    let overwrite = json!({ "id": encounter, "version": version, "examination": AMENDED });
    let refusal = try_to(doctor, "updateEncounter", "encounter { id }", overwrite).await;
    assert_eq!(refusal["errors"][0]["__typename"], "Conflict", "{refusal}");

    let read = record(&patient.graph, &patient.id).await;
    let read = &read["encounters"][0];
    assert_eq!(
        (&read["id"], &read["status"], &read["examination"]),
        (&json!(encounter), &json!("SIGNED"), &json!(FOUND))
    );
    assert_eq!(read["diagnoses"][0]["code"], "J02.0");
    version
}

async fn the_doctor_amends(cast: &Cast<'_>, encounter: &str, signed: i64) {
    let (doctor, patient) = (&cast.clinic.doctors[0].graph, &cast.patient);
    let before = record(&patient.graph, &patient.id).await;
    let when_signed = text(&before["encounters"][0]["signature"]["signedAt"]);
    let without_reason = json!({ "id": encounter, "version": signed, "examination": AMENDED, "reason": " " });
    assert_eq!(
        refused(doctor, "amendEncounter", without_reason).await,
        "InvalidInput"
    );
    let amend = json!({ "id": encounter, "version": signed, "examination": AMENDED, "reason": WHY });
    let amended = done(doctor, "amendEncounter", "encounter { status version }", amend).await;
    assert_eq!(
        amended["encounter"],
        json!({ "status": "AMENDED", "version": signed + 1 })
    );

    let read = record(&patient.graph, &patient.id).await;
    assert_eq!(read["encounters"][0]["examination"], AMENDED);
    let history = "query ($id: ID!) { recordHistory(id: $id) {
        nodes { number reason changedBy { displayName } changes { path before after } } } }";
    let history = doctor.data(history, json!({ "id": encounter })).await["recordHistory"]["nodes"].take();
    let versions = history.as_array().unwrap();
    let numbers: Vec<i64> = versions
        .iter()
        .map(|version| version["number"].as_i64().unwrap())
        .collect();
    assert_eq!(
        numbers,
        (1..=signed + 1).rev().collect::<Vec<_>>(),
        "every version once"
    );
    assert_eq!(
        (&versions[0]["reason"], &versions[0]["changedBy"]["displayName"]),
        (&json!(WHY), &json!("Ada"))
    );
    let change = versions[0]["changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|change| change["path"] == "examination");
    let change = change.unwrap_or_else(|| panic!("{history}"));
    assert_eq!(
        (&change["before"], &change["after"]),
        (&json!(FOUND), &json!(AMENDED))
    );
    // The record says what it said.
    let then = "query ($id: ID!, $at: DateTime!) { recordAsOf(patientId: $id, at: $at) { encounters { status examination } } }";
    let then = patient
        .graph
        .data(then, json!({ "id": patient.id, "at": when_signed }))
        .await;
    assert_eq!(
        then["recordAsOf"]["encounters"],
        json!([{ "status": "SIGNED", "examination": FOUND }])
    );
}

/// A zone in which it is past nine in the morning, and the date there.
fn where_it_is_morning(now: DateTime<Utc>) -> (chrono_tz::Tz, chrono::NaiveDate) {
    let zones = (-11..=12).map(|offset: i32| format!("Etc/GMT{offset:+}").parse::<chrono_tz::Tz>().unwrap());
    let mut nine = zones.filter(|zone| now.with_timezone(zone).hour() == 9);
    let zone = nine.next().expect("it is always nine somewhere");
    (zone, now.with_timezone(&zone).date_naive())
}
