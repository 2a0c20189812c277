//! Refusals of the commands around appointments.

use super::types::AppointmentStatus;
use crate::appointment;
use crate::availability;
use crate::graphql::slot::Slot;
use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};

/// The time is somebody else's. Nothing was changed.
#[derive(Debug, Clone, SimpleObject)]
pub struct SlotUnavailable {
    /// What happened, for people.
    pub message: String,
    /// Where in the input the time stands.
    pub path: Vec<String>,
    /// Times that were free a moment ago and suit the patient: the nearest of the same practitioner, and the same time
    /// with others who offer the service. May be empty.
    pub alternatives: Vec<Slot>,
}

/// The patient has another visit at this time, with whomever. Nothing was changed.
#[derive(Debug, Clone, SimpleObject)]
pub struct PatientBusy {
    /// What happened, for people.
    pub message: String,
    /// Where in the input the time stands.
    pub path: Vec<String>,
}

/// The slot was held too long ago and may be somebody else's by now. Nothing was booked; choose a time again.
#[derive(Debug, Clone, SimpleObject)]
pub struct HoldExpired {
    /// What happened, for people.
    pub message: String,
    /// Where in the input the hold stands.
    pub path: Vec<String>,
}

/// You hold as many slots as one may at a time. Release one, or wait until one expires.
#[derive(Debug, Clone, SimpleObject)]
pub struct TooManyHolds {
    /// What happened, for people.
    pub message: String,
    /// Empty: it concerns the whole operation.
    pub path: Vec<String>,
}

/// Patients cancel and move visits only until some time before they begin; after that, the practice does. Nothing was
/// changed.
#[derive(Debug, Clone, SimpleObject)]
pub struct TooLate {
    /// What happened, for people.
    pub message: String,
    /// Where in the input the appointment stands.
    pub path: Vec<String>,
    /// The last moment at which it was possible.
    pub latest: DateTime<Utc>,
}

/// The appointment's status does not allow this. Nothing was changed.
#[derive(Debug, Clone, SimpleObject)]
pub struct IllegalStatusChange {
    /// What happened, for people.
    pub message: String,
    /// Where in the input the appointment stands.
    pub path: Vec<String>,
    /// Where the appointment stands.
    pub from: AppointmentStatus,
}

/// The idempotency key was used for another request before. Nothing was changed; choose a fresh key for each intention.
#[derive(Debug, Clone, SimpleObject)]
pub struct IdempotencyKeyReused {
    /// What happened, for people.
    pub message: String,
    /// Where in the input the key stands.
    pub path: Vec<String>,
}

fn input(field: &str) -> Vec<String> {
    vec!["input".to_owned(), field.to_owned()]
}

impl SlotUnavailable {
    pub(in crate::graphql) fn new(message: String, alternatives: Vec<availability::Slot>) -> Self {
        Self {
            message,
            path: input("start"),
            alternatives: alternatives.into_iter().map(Slot::from).collect(),
        }
    }
}

impl PatientBusy {
    pub(in crate::graphql) fn new(message: String) -> Self {
        Self {
            message,
            path: input("start"),
        }
    }
}

impl HoldExpired {
    pub(in crate::graphql) fn new(message: String) -> Self {
        Self {
            message,
            path: input("holdId"),
        }
    }
}

impl TooManyHolds {
    pub(in crate::graphql) fn new(message: String) -> Self {
        Self {
            message,
            path: Vec::new(),
        }
    }
}

impl IdempotencyKeyReused {
    pub(in crate::graphql) fn new(message: String) -> Self {
        Self {
            message,
            path: input("idempotencyKey"),
        }
    }
}

impl From<appointment::TooLate> for TooLate {
    fn from(late: appointment::TooLate) -> Self {
        Self {
            message: late.to_string(),
            path: input("id"),
            latest: late.latest,
        }
    }
}

impl From<appointment::IllegalStatusChange> for IllegalStatusChange {
    fn from(illegal: appointment::IllegalStatusChange) -> Self {
        Self {
            message: illegal.to_string(),
            path: input("id"),
            from: illegal.from.into(),
        }
    }
}
