//! What is asked, as GraphQL. The dearest of these documents costs a tenth of what the router lets through.

use hyper::body::Bytes;
use serde_json::Value;
use std::fmt::Display;

const AGENDA: &str =
    "query ($filter: AppointmentFilter!) { appointments(first: 50, filter: $filter) { nodes {
    id start end status reason patient { id displayName } service { id name } location { id name } } } }";

const REQUESTS: &str =
    "query ($filter: AppointmentFilter!) { appointments(first: 20, filter: $filter) { nodes {
    id revision start reason patient { id displayName } service { id name } } } }";

const VISITS: &str =
    "query ($filter: AppointmentFilter!) { appointments(first: 20, filter: $filter) { nodes {
    id start end status practitioner { id displayName } service { id name } location { id name } } } }";

const SLOTS: &str = "query ($input: AvailableSlotsInput!) { availableSlots(input: $input) {
    start end timeZone location { id name } } }";

const TIMELINE: &str =
    "query ($id: ID!) { patient(id: $id) { id displayName timeline(first: 20) { nodes { __typename
    ... on Encounter { id at status chiefComplaint diagnoses { code title } practitioner { id displayName } }
    ... on VitalSigns { id at readings { kind value unit level } }
    ... on Allergy { id at substance severity }
    ... on Condition { id at code title }
    ... on Immunization { id at vaccine }
    ... on MedicationStatement { id at medication dosage } } } } }";

const MESSAGES: &str =
    "{ unreadCount notifications(first: 20) { nodes { id type subject body createdAt readAt } } }";

const PATIENTS: &str = "query ($search: String!) { patients(first: 20, search: $search) { nodes {
    id displayName dateOfBirth phone medicalRecordNumber } } }";

const PRACTITIONERS: &str =
    "query ($text: String!) { practitioners(first: 20, filter: {text: $text}) { nodes {
    id nameWithTitle languages specialties { code nameEn nameVi } locations { id name } } } }";

const SERVICES: &str = "query ($text: String!) { medicalServices(first: 20, filter: {text: $text}) { nodes {
    id code name durationMinutes fee { amount currency } } } }";

const CODES: &str =
    "query ($search: String!) { icd10(search: $search, first: 10) { code title titleVi billable } }";

const BOOK: &str = "mutation ($input: BookAppointmentInput!) { bookAppointment(input: $input) {
    appointment { id status start practitioner { id displayName } service { id name } }
    errors { __typename ... on UserError { message } } } }";

const CONFIRM: &str = "mutation ($input: ConfirmAppointmentInput!) { confirmAppointment(input: $input) {
    appointment { id revision status } errors { __typename ... on UserError { message } } } }";

const VITALS: &str = "mutation ($input: RecordVitalsInput!) { recordVitals(input: $input) {
    vitals { id critical readings { kind value unit level } } errors { __typename ... on UserError { message } } } }";

const OPEN: &str = "mutation ($input: StartEncounterInput!) { startEncounter(input: $input) {
    encounter { id version status } errors { __typename ... on UserError { message } } } }";

const EDIT: &str = "mutation ($input: UpdateEncounterInput!) { updateEncounter(input: $input) {
    encounter { id version examination } errors { __typename ... on UserError { message } } } }";

const DIAGNOSE: &str = "mutation ($input: RecordDiagnosisInput!) { recordDiagnosis(input: $input) {
    encounter { id version diagnoses { code title primary } } errors { __typename ... on UserError { message } } } }";

const SIGN: &str = "mutation ($input: SignEncounterInput!) { signEncounter(input: $input) {
    encounter { id version status } errors { __typename ... on UserError { message } } } }";

const MARK_READ: &str =
    "mutation ($input: MarkNotificationReadInput!) { markNotificationRead(input: $input) {
    notification { id readAt } errors { __typename ... on UserError { message } } } }";

/// A document, serialised once; variables are put behind it.
pub struct Document(String);

impl Document {
    fn new(query: &str) -> Self {
        let query = Value::from(query);
        Self(format!("{{\"query\":{query},\"variables\":"))
    }

    /// A request with these variables, which are JSON already.
    pub fn with(&self, variables: impl Display) -> Bytes {
        format!("{}{variables}}}", self.0).into()
    }
}

/// All documents.
pub struct Documents {
    /// Visits in a range, with their patients.
    pub agenda: Document,
    /// Visits that wait for confirmation.
    pub requests: Document,
    /// One's own visits.
    pub visits: Document,
    /// Free times of a practitioner for a service.
    pub slots: Document,
    /// The newest entries of a record.
    pub timeline: Document,
    /// One's own messages.
    pub messages: Document,
    /// Patients by what is known of them.
    pub patients: Document,
    /// Practitioners by name and specialty.
    pub practitioners: Document,
    /// Services by name.
    pub services: Document,
    /// Codes of diagnoses.
    pub codes: Document,
    /// Books a visit.
    pub book: Document,
    /// Confirms a visit.
    pub confirm: Document,
    /// Writes down vital signs.
    pub vitals: Document,
    /// Opens an encounter.
    pub open: Document,
    /// Writes findings into an encounter.
    pub edit: Document,
    /// Writes a diagnosis into an encounter.
    pub diagnose: Document,
    /// Signs an encounter.
    pub sign: Document,
    /// Marks a message as read.
    pub mark_read: Document,
}

impl Documents {
    /// Serialises all of them.
    pub fn prepare() -> Self {
        Self {
            agenda: Document::new(AGENDA),
            requests: Document::new(REQUESTS),
            visits: Document::new(VISITS),
            slots: Document::new(SLOTS),
            timeline: Document::new(TIMELINE),
            messages: Document::new(MESSAGES),
            patients: Document::new(PATIENTS),
            practitioners: Document::new(PRACTITIONERS),
            services: Document::new(SERVICES),
            codes: Document::new(CODES),
            book: Document::new(BOOK),
            confirm: Document::new(CONFIRM),
            vitals: Document::new(VITALS),
            open: Document::new(OPEN),
            edit: Document::new(EDIT),
            diagnose: Document::new(DIAGNOSE),
            sign: Document::new(SIGN),
            mark_read: Document::new(MARK_READ),
        }
    }
}
