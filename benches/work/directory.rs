//! What everybody knows of the clinic: whom to book with, what for, and which days it is about.

use super::documents::Documents;
use crate::bench::client::Connection;
use crate::bench::people::{Person, SERVICE};
use anyhow::{Context, Result};
use caregraph_kit::Clock;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use hyper::body::Bytes;
use rand::{Rng, rngs::StdRng};
use serde_json::json;

/// Where the demo's clocks run.
const ZONE: chrono_tz::Tz = chrono_tz::Asia::Ho_Chi_Minh;

/// Visits are booked from so many days ahead on; the program books a year ahead.
const SOONEST: u64 = 2;
const LATEST: u64 = 345;

const OFFERED: &str = "query ($text: String!) {
    medicalServices(first: 1, filter: {text: $text}) { nodes { id } } }";

/// Shared by everybody who works.
pub struct Directory {
    /// What is asked.
    pub documents: Documents,
    /// The service that everybody books: a quarter of an hour with every practitioner.
    pub service: String,
    /// Everybody who gives care.
    pub practitioners: Vec<String>,
    /// The request for the agenda of one day.
    pub day: Bytes,
    /// The request for the agenda of seven days.
    pub week: Bytes,
    /// The request for visits that wait for confirmation.
    pub requests: Bytes,
    /// The request for one's own visits to come.
    pub visits: Bytes,
    /// The request for one's own messages.
    pub messages: Bytes,
    today: NaiveDate,
}

impl Directory {
    /// Looks up what stands in the catalogue.
    pub async fn read(
        connection: &mut Connection,
        reader: &Person,
        practitioners: Vec<String>,
    ) -> Result<Self> {
        let found = connection
            .data(&reader.authorization, OFFERED, &json!({ "text": SERVICE }))
            .await?;
        let service = found["medicalServices"]["nodes"][0]["id"].as_str();
        let service = service.with_context(|| format!("the demo does not offer {SERVICE}"))?;
        Self::of(service.to_owned(), practitioners)
    }

    /// Prepares what is always asked in the same way.
    pub fn of(service: String, practitioners: Vec<String>) -> Result<Self> {
        let documents = Documents::prepare();
        let now = Clock::system().now();
        let today = now.with_timezone(&ZONE).date_naive();
        // The demo's people work from Monday to Friday: what is measured must not depend on the day of the week.
        let day = on_a_weekday(today);
        let from = midnight(day)?.to_rfc3339();
        let range = |days: u64| -> Result<String> {
            let to = midnight(day + Days::new(days))?.to_rfc3339();
            Ok(format!(r#""from":"{from}","to":"{to}""#))
        };
        let filter = |fields: &str| format!(r#"{{"filter":{{{fields}}}}}"#);
        let coming = format!(r#""from":"{}""#, now.to_rfc3339());
        let waiting = format!(r#""status":["PENDING"],{coming}"#);
        Ok(Self {
            service,
            practitioners,
            day: documents.agenda.with(filter(&range(1)?)),
            week: documents.agenda.with(filter(&range(7)?)),
            requests: documents.requests.with(filter(&waiting)),
            visits: documents.visits.with(filter(&coming)),
            messages: documents.messages.with("{}"),
            documents,
            today,
        })
    }

    /// Two days in a row on which people work, some time within a year.
    pub fn days(&self, random: &mut StdRng) -> (NaiveDate, NaiveDate) {
        let from = on_a_weekday(self.today + Days::new(random.random_range(SOONEST..LATEST)));
        (from, from + Days::new(1))
    }
}

/// The day, or the Monday behind it.
fn on_a_weekday(day: NaiveDate) -> NaiveDate {
    let later = match day.weekday() {
        Weekday::Sat => 2,
        Weekday::Sun => 1,
        Weekday::Mon | Weekday::Tue | Weekday::Wed | Weekday::Thu | Weekday::Fri => 0,
    };
    day + Days::new(later)
}

fn midnight(day: NaiveDate) -> Result<DateTime<Utc>> {
    let midnight = ZONE.from_local_datetime(&day.and_time(NaiveTime::MIN)).single();
    let midnight = midnight.with_context(|| format!("there is no midnight on {day}"))?;
    Ok(midnight.to_utc())
}
