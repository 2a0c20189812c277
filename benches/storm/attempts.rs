//! Attempts to book.

use super::{BOOKED, Prize};
use crate::bench::client::request;
use crate::bench::load::Script;
use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const BOOK: &str = "mutation ($input: BookAppointmentInput!) {
    bookAppointment(input: $input) { appointment { id } errors { __typename } } }";

/// Tries to book a time at random, with a fresh key for each attempt.
pub(super) struct Attempts {
    pub(super) prize: Arc<Prize>,
    /// How many attempts all have made together.
    pub(super) made: Arc<AtomicU32>,
    /// How many they may make.
    pub(super) most: u32,
    pub(super) round: u32,
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Payloads>,
    errors: Option<Value>,
}

#[derive(Deserialize)]
struct Payloads {
    #[serde(rename = "bookAppointment")]
    booking: Payload,
}

#[derive(Deserialize)]
struct Payload {
    appointment: Option<Value>,
    errors: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(rename = "__typename")]
    name: String,
}

impl Script for Attempts {
    fn next(&mut self) -> Option<Bytes> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        if number >= self.most {
            return None;
        }
        let Prize {
            practitioner,
            service,
            slots,
        } = &*self.prize;
        let slot = &slots[rand::random_range(0..slots.len())];
        let input = json!({
            "serviceId": service, "practitionerId": practitioner, "start": slot.start,
            "idempotencyKey": format!("storm-{}-{number}", self.round),
        });
        Some(request(BOOK, &json!({ "input": input })))
    }

    fn judge(&mut self, body: &[u8]) -> Result<Cow<'static, str>, String> {
        let answer: Answer = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let (Some(data), None) = (answer.data, answer.errors) else {
            return Err("errors in the answer".to_owned());
        };
        match (data.booking.appointment, data.booking.errors.into_iter().next()) {
            (Some(_), None) => Ok(Cow::Borrowed(BOOKED)),
            (None, Some(reason)) => Ok(Cow::Owned(reason.name)),
            (Some(_), Some(_)) | (None, None) => Err("neither booked nor refused".to_owned()),
        }
    }
}
