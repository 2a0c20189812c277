//! What is read of answers: as little as the next request needs. Everything else is passed over, because reading it would cost the
//! servers' processors.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The outside of an answer.
#[derive(Deserialize)]
struct Answer<D> {
    data: Option<D>,
    errors: Option<IgnoredAny>,
}

/// The data of an answer that must be whole.
pub fn data<'a, D: Deserialize<'a>>(body: &'a [u8]) -> Result<D, String> {
    let answer: Answer<D> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    match answer {
        Answer {
            data: Some(data),
            errors: None,
        } => Ok(data),
        _ => Err("errors in the answer".to_owned()),
    }
}

/// Free times.
#[derive(Deserialize)]
pub struct Slots<'a> {
    /// By start.
    #[serde(rename = "availableSlots", borrow)]
    pub slots: Vec<Slot<'a>>,
}

/// A free time.
#[derive(Deserialize)]
pub struct Slot<'a> {
    /// When it begins, as it is said.
    pub start: &'a str,
}

/// A record.
#[derive(Deserialize)]
pub struct Chart {
    patient: Option<Timeline>,
}

#[derive(Deserialize)]
struct Timeline {
    timeline: Option<IgnoredAny>,
}

impl Chart {
    /// Whether the record is open to whoever asked.
    pub fn is_open(&self) -> bool {
        self.patient
            .as_ref()
            .is_some_and(|patient| patient.timeline.is_some())
    }
}

/// A list in pages.
#[derive(Deserialize)]
pub struct List<T> {
    /// What stands on the page.
    pub nodes: Vec<T>,
}

/// Visits that wait for confirmation.
#[derive(Deserialize)]
pub struct Requests {
    /// By beginning.
    pub appointments: List<Request>,
}

/// A visit that waits for confirmation.
#[derive(Debug, Clone, Deserialize)]
pub struct Request {
    /// Which.
    pub id: String,
    /// How often it was changed.
    pub revision: i64,
}

/// One's own messages.
#[derive(Deserialize)]
pub struct Messages {
    /// The newest first.
    pub notifications: List<Message>,
}

/// A message.
#[derive(Deserialize)]
pub struct Message {
    /// Which.
    pub id: String,
    /// When it was read.
    #[serde(rename = "readAt")]
    pub read_at: Option<IgnoredAny>,
}

/// What a mutation came to.
pub enum Done {
    /// It was done.
    Made(Made),
    /// It was refused.
    Refused(Reason),
}

/// What was made or changed.
#[derive(Deserialize)]
pub struct Made {
    /// Which.
    pub id: String,
    /// Of an entry of a record: how often it was written.
    #[serde(default)]
    pub version: i64,
}

/// Why something was refused.
#[derive(Deserialize)]
pub struct Reason {
    /// The name of its type.
    #[serde(rename = "__typename")]
    pub name: String,
    /// What it says to people.
    #[serde(default)]
    pub message: String,
}

#[derive(Deserialize)]
struct Mutation {
    #[serde(
        alias = "bookAppointment",
        alias = "confirmAppointment",
        alias = "recordVitals",
        alias = "startEncounter",
        alias = "updateEncounter",
        alias = "recordDiagnosis",
        alias = "signEncounter",
        alias = "markNotificationRead"
    )]
    payload: Payload,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(
        alias = "appointment",
        alias = "vitals",
        alias = "encounter",
        alias = "notification"
    )]
    made: Option<Made>,
    errors: Vec<Reason>,
}

/// What the answer to a mutation says.
pub fn done(body: &[u8]) -> Result<Done, String> {
    let Mutation { payload } = data(body)?;
    match (payload.made, payload.errors.into_iter().next()) {
        (Some(made), None) => Ok(Done::Made(made)),
        (None, Some(reason)) => Ok(Done::Refused(reason)),
        (Some(_), Some(_)) | (None, None) => Err("neither done nor refused".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_what_was_done_or_why_not() {
        let made = br#"{"data":{"signEncounter":{"encounter":{"id":"e","version":4,"status":"SIGNED"},"errors":[]}}}"#;
        assert!(matches!(done(made), Ok(Done::Made(Made { version: 4, .. }))));
        let refused = br#"{"data":{"bookAppointment":{"appointment":null,"errors":[{"__typename":"PatientBusy","message":"x"}]}}}"#;
        assert!(matches!(done(refused), Ok(Done::Refused(reason)) if reason.name == "PatientBusy"));
        let failed = br#"{"data":null,"errors":[{"message":"Internal error"}]}"#;
        assert!(done(failed).is_err());
    }

    #[test]
    fn free_times_are_borrowed_from_the_answer() {
        let body = br#"{"data":{"availableSlots":[{"start":"2026-11-24T01:00:00+00:00","end":"x","location":null}]}}"#;
        let found: Slots<'_> = data(body).unwrap();
        assert_eq!(found.slots[0].start, "2026-11-24T01:00:00+00:00");
    }
}
