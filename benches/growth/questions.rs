//! What people ask all day. In a clinic of whatever size these are the same questions, and their answers are equally long.

use super::asking::{Asker, Question};
use super::chart;
use super::diary;
use super::practice::{DOCTORS, Practice};
use crate::bench::client::Connection;
use crate::bench::people::Person;
use anyhow::{Context, Result};
use caregraph_contracts::ids::PatientId;
use caregraph_kit::Clock;
use chrono::{DateTime, Days, TimeDelta, Utc};
use serde_json::{Value, json};

/// How many people ask each question, one after the other: from all parts of the clinic.
pub const ASKERS: usize = 4;

/// The patients of a doctor whose records are read, by their numbers in the doctor's care.
const READ: [usize; 4] = [10, 35, 60, 85];

const DAY: &str = "query ($input: AgendaInput!) { agenda(input: $input) { bookedMinutes appointments {
    id start end status patient { id displayName } location { id name } } } }";

const OWN: &str = "{ appointments(first: 20) { nodes {
    id start end status practitioner { id displayName } location { id name } } } }";

const DESK: &str = "query ($after: String) { appointments(first: 20, after: $after) { nodes {
    id start end status patient { id displayName } practitioner { id displayName } location { id name } } } }";

const TODAY: &str = "query ($filter: AppointmentFilter!) { appointments(first: 1, filter: $filter) {
    pageInfo { endCursor } } }";

const FREE: &str = "query ($input: AvailableSlotsInput!) { availableSlots(input: $input) {
    start end practitioner { id } location { id name } } }";

const TIMELINE: &str = "query ($id: ID!, $after: String) { patient(id: $id) { id displayName
    timeline(first: 10, after: $after) { nodes { __typename
    ... on Encounter { id at status chiefComplaint practitioner { id displayName } }
    ... on VitalSigns { id at readings { kind value unit level } }
    ... on Allergy { id at substance severity }
    ... on Condition { id at code title }
    ... on Immunization { id at vaccine }
    ... on MedicationStatement { id at medication dosage } } } } }";

const DEEP: &str = "query ($id: ID!) { patient(id: $id) { timeline(first: 40) { pageInfo { endCursor } } } }";

const SEARCH: &str = "query ($search: String!) { patients(first: 20, search: $search) { nodes {
    id displayName dateOfBirth phone medicalRecordNumber } } }";

const RECORD: &str = "query ($id: ID!) { medicalRecord(patientId: $id) { openParts
    conditions { id code title status } medications { id medication dosage status }
    allergies { id substance severity } immunizations { id vaccine givenOn }
    latestVitals { id takenAt readings { kind value unit } } } }";

const THEN: &str = "query ($id: ID!, $at: DateTime!) { recordAsOf(patientId: $id, at: $at) { asOf openParts
    conditions { id code title status } medications { id medication dosage status }
    allergies { id substance severity } immunizations { id vaccine givenOn }
    latestVitals { id takenAt readings { kind value unit } } } }";

const ACCESS: &str = "query ($id: ID!) { accessLog(patientId: $id, first: 20) { nodes {
    id at action byName outcome roles } } }";

const AUDIT: &str = "{ auditLog(first: 20) { nodes {
    id day number action byName occurredAt subjectKind patientId } } }";

/// Who asks, and about what.
pub struct Scene<'a> {
    /// All practices.
    pub practices: &'a [Practice],
    /// The front desk.
    pub desk: &'a Person,
    /// Whoever reads the audit trail.
    pub auditor: &'a Person,
}

impl Scene<'_> {
    /// The practice of an asker: in a large clinic they are far apart.
    pub fn practice(&self, asker: usize) -> &Practice {
        &self.practices[asker * self.practices.len() / ASKERS]
    }

    /// All questions, as they are asked today. Cursors of pages that lie deep are asked for.
    pub async fn questions(&self, connection: &mut Connection) -> Result<Vec<Question>> {
        let midnight = diary::midnight(Clock::system().now())?;
        let mut questions = self.about_visits(connection, midnight).await?;
        questions.extend(self.about_people());
        questions.extend(self.about_records(connection, midnight).await?);
        Ok(questions)
    }

    async fn about_visits(
        &self,
        connection: &mut Connection,
        midnight: DateTime<Utc>,
    ) -> Result<Vec<Question>> {
        let filter = json!({ "filter": { "from": midnight } });
        let found = connection.data(&self.desk.authorization, TODAY, &filter).await?;
        let today = cursor(&found["appointments"])?;
        let doctors = |asker: usize| {
            let doctor = &self.practice(asker).doctors[asker % DOCTORS];
            let (from, to) = (midnight, midnight + TimeDelta::days(1));
            let input = json!({ "practitionerId": doctor.id, "from": from, "to": to });
            Asker::of(doctor, DAY, [json!({ "input": input })])
        };
        let patients = |asker: usize| {
            let patient = &self.practice(asker).accounts[asker];
            Asker::of(patient, OWN, [json!({})])
        };
        let local = midnight.with_timezone(&diary::ZONE).date_naive();
        let weeks = (0..ASKERS).map(|asker| {
            let service = self.practice(asker).service;
            let (from, to) = (local + Days::new(20), local + Days::new(26));
            json!({ "input": { "serviceId": service, "from": from, "to": to } })
        });
        let desk = |after: Value| vec![Asker::of(self.desk, DESK, [json!({ "after": after })])];
        Ok(vec![
            Question::new(
                "a doctor's day",
                ("/agenda/appointments", diary::A_DAY),
                everybody(doctors),
            ),
            Question::new(
                "a patient's visits",
                ("/appointments/nodes", 20),
                everybody(patients),
            ),
            Question::new("all visits", ("/appointments/nodes", 20), desk(Value::Null)),
            Question::new(
                "all visits, from today's on",
                ("/appointments/nodes", 20),
                desk(today),
            ),
            Question::new(
                "free times of a week",
                ("/availableSlots", 100),
                vec![Asker::of(self.desk, FREE, weeks)],
            ),
        ])
    }

    fn about_people(&self) -> Vec<Question> {
        let names = (0..ASKERS).flat_map(|asker| &self.practice(asker).names);
        let names = names.map(|name| json!({ "search": name }));
        let patients = |asker: usize| {
            let patient = &self.practice(asker).accounts[asker];
            Asker::of(patient, ACCESS, [json!({ "id": patient.id })])
        };
        vec![
            Question::new(
                "a patient by name",
                ("/patients/nodes", 1),
                vec![Asker::of(self.desk, SEARCH, names)],
            ),
            Question::new(
                "who looked at a record",
                ("/accessLog/nodes", 20),
                everybody(patients),
            ),
            Question::new(
                "the audit trail",
                ("/auditLog/nodes", 20),
                vec![Asker::of(self.auditor, AUDIT, [json!({})])],
            ),
        ]
    }

    async fn about_records(
        &self,
        connection: &mut Connection,
        midnight: DateTime<Utc>,
    ) -> Result<Vec<Question>> {
        let mut deep = Vec::with_capacity(ASKERS);
        for asker in 0..ASKERS {
            let (doctor, patients) = self.reader(asker);
            let mut pages = Vec::with_capacity(READ.len());
            for patient in patients {
                let of = json!({ "id": patient });
                let found = connection.data(&doctor.authorization, DEEP, &of).await?;
                let after = cursor(&found["patient"]["timeline"])?;
                pages.push(json!({ "id": patient, "after": after }));
            }
            deep.push(Asker::of(doctor, TIMELINE, pages));
        }
        let readers = |query: &'static str, at: Option<DateTime<Utc>>| {
            everybody(move |asker| {
                let (doctor, patients) = self.reader(asker);
                let of = |patient: PatientId| match at {
                    Some(at) => json!({ "id": patient, "at": at }),
                    None => json!({ "id": patient }),
                };
                Asker::of(doctor, query, patients.map(of))
            })
        };
        let then = chart::written(midnight, chart::ENTRIES / 2);
        let timeline = ("/patient/timeline/nodes", 10);
        Ok(vec![
            Question::new("a timeline", timeline, readers(TIMELINE, None)),
            Question::new("a timeline, further on", timeline, deep),
            Question::new(
                "a record",
                ("/medicalRecord/conditions", 5),
                readers(RECORD, None),
            ),
            Question::new(
                "a record as it was",
                ("/recordAsOf/conditions", 2),
                readers(THEN, Some(then)),
            ),
        ])
    }

    /// Somebody who gives care, and some of those in their care.
    fn reader(&self, asker: usize) -> (&Person, [PatientId; READ.len()]) {
        let (practice, doctor) = (self.practice(asker), asker % DOCTORS);
        let patients = READ.map(|number| practice.patient(doctor, number));
        (&practice.doctors[doctor], patients)
    }
}

fn everybody(asker: impl Fn(usize) -> Asker) -> Vec<Asker> {
    (0..ASKERS).map(asker).collect()
}

/// Where a page ends.
fn cursor(page: &Value) -> Result<Value> {
    let end = &page["pageInfo"]["endCursor"];
    end.as_str()
        .map(Value::from)
        .with_context(|| format!("a page without an end: {page}"))
}
