//! Booking a visit and calling it off again, so that the clinic is as full afterwards as before.

use super::asking::Measured;
use super::diary;
use super::practice::DOCTORS;
use super::questions::{ASKERS, Scene};
use crate::bench::client::request;
use crate::bench::load::{self, Script, User};
use anyhow::Result;
use caregraph_contracts::ids::{MedicalServiceId, PractitionerId};
use caregraph_kit::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use hyper::body::Bytes;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::net::SocketAddr;
use std::ops::Range;

/// How many visits each of those who ask books and calls off before anything is measured.
const WARM_UP: usize = 10;

/// How many after that.
const MEASURED: usize = 60;

/// What the two are called.
const NAMES: [&str; 2] = ["booking a visit", "calling it off"];

const BOOK: &str = "mutation ($input: BookAppointmentInput!) { bookAppointment(input: $input) {
    appointment { id status start } errors { __typename ... on UserError { message } } } }";

const CALL_OFF: &str = "mutation ($input: CancelAppointmentInput!) { cancelAppointment(input: $input) {
    appointment { id status } errors { __typename ... on UserError { message } } } }";

/// Lets patients with accounts book and call off, one after the other.
pub async fn measure(address: SocketAddr, scene: &Scene<'_>, round: u32) -> Result<[Measured; 2]> {
    let midnight = diary::midnight(Clock::system().now())?;
    let patient = |asker: usize, numbers: Range<usize>| {
        let practice = scene.practice(asker);
        User {
            authorization: practice.accounts[asker].authorization.clone(),
            script: Box::new(Indecision {
                service: practice.service,
                practitioner: practice.practitioner(asker % DOCTORS),
                midnight,
                round,
                numbers,
                booked: None,
            }),
        }
    };
    let mut measured = NAMES.map(Measured::of);
    for asker in 0..ASKERS {
        load::run(address, vec![patient(asker, 0..WARM_UP)], None).await?;
        let numbers = WARM_UP..WARM_UP + MEASURED;
        let outcome = load::run(address, vec![patient(asker, numbers)], None).await?;
        for one in &mut measured {
            if let Some(answers) = outcome.answers.get(one.name) {
                one.add(answers);
            }
        }
        measured[0].note_failures(&outcome);
    }
    Ok(measured)
}

/// Somebody who books and calls off, again and again.
struct Indecision {
    service: MedicalServiceId,
    practitioner: PractitionerId,
    midnight: DateTime<Utc>,
    round: u32,
    /// Of visits that are still to be booked.
    numbers: Range<usize>,
    /// The visit to call off.
    booked: Option<String>,
}

impl Script for Indecision {
    fn next(&mut self) -> Option<Bytes> {
        if let Some(id) = &self.booked {
            let input = json!({ "id": id, "reason": "Bận việc" });
            return Some(request(CALL_OFF, &json!({ "input": input })));
        }
        let number = self.numbers.next()?;
        let input = json!({
            "serviceId": self.service, "practitionerId": self.practitioner,
            "start": self.midnight + behind(number), "reason": "Tái khám",
            "idempotencyKey": format!("growth-{}-{number}", self.round),
        });
        Some(request(BOOK, &json!({ "input": input })))
    }

    fn judge(&mut self, body: &[u8]) -> Result<Cow<'static, str>, String> {
        let answer: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let (name, operation) = match self.booked.take() {
            None => (NAMES[0], "bookAppointment"),
            Some(_) => (NAMES[1], "cancelAppointment"),
        };
        let id = answer["data"][operation]["appointment"]["id"].as_str();
        let id = id.ok_or_else(|| format!("{operation} was refused"))?;
        if operation == "bookAppointment" {
            self.booked = Some(id.to_owned());
        }
        Ok(Cow::Borrowed(name))
    }
}

/// A quarter past some hour three to seven weeks ahead, when nobody has a visit.
fn behind(number: usize) -> TimeDelta {
    let number = i64::try_from(number).unwrap_or_default();
    TimeDelta::days(20 + number % 30) + TimeDelta::hours(8 + number / 30 % 8) + TimeDelta::minutes(15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_visit_is_booked_at_the_time_of_another() {
        let times: BTreeSet<TimeDelta> = (0..WARM_UP + MEASURED).map(behind).collect();
        assert_eq!(times.len(), WARM_UP + MEASURED);
        let day = TimeDelta::days(1);
        let closes = TimeDelta::hours(17);
        for time in times {
            let of_day = TimeDelta::seconds(time.num_seconds() % day.num_seconds());
            assert!(of_day + diary::LENGTH <= closes, "{time}");
        }
    }
}
