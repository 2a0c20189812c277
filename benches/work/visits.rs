//! What the front desk finds of what was booked.

use crate::bench::client::Connection;
use crate::bench::people::Person;
use anyhow::Result;
use caregraph_kit::Clock;
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// No measurement is so long that a visit could be over before it is looked for.
const BACK: TimeDelta = TimeDelta::days(1);

const FOUND: &str = "query ($filter: AppointmentFilter!, $after: String) {
    appointments(first: 100, after: $after, filter: $filter) {
        nodes { id reason status revision patient { id } } pageInfo { hasNextPage endCursor } } }";

/// A visit.
#[derive(Debug, Deserialize)]
pub struct Visit {
    /// Which.
    pub id: String,
    /// Where it stands.
    pub status: String,
    /// How often it was changed.
    pub revision: i64,
    /// Who comes.
    pub patient: Option<Patient>,
    /// Why: of what was booked here, its name.
    reason: Option<String>,
}

/// Somebody in care.
#[derive(Debug, Deserialize)]
pub struct Patient {
    /// Which.
    pub id: String,
}

impl Visit {
    /// The name that it was given, if it begins with `tag`.
    pub fn name(&self, tag: &str) -> Option<&str> {
        let name = self.reason.as_deref()?;
        name.strip_prefix(tag)?.starts_with('-').then_some(name)
    }
}

/// All visits that wait or are confirmed.
pub async fn find(connection: &mut Connection, desk: &Person) -> Result<Vec<Visit>> {
    let filter = json!({ "status": ["PENDING", "CONFIRMED"], "from": Clock::system().now() - BACK });
    let mut found = Vec::new();
    let mut after = Value::Null;
    loop {
        let variables = json!({ "filter": filter, "after": after });
        let mut data = connection.data(&desk.authorization, FOUND, &variables).await?;
        let page = &mut data["appointments"];
        let visits: Vec<Visit> = serde_json::from_value(page["nodes"].take())?;
        found.extend(visits);
        if page["pageInfo"]["hasNextPage"] != true {
            return Ok(found);
        }
        after = page["pageInfo"]["endCursor"].take();
    }
}

/// The ids of those whose name begins with `tag`, by name.
pub fn by_name(found: &[Visit], tag: &str) -> BTreeMap<String, Vec<String>> {
    let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for visit in found {
        if let Some(name) = visit.name(tag) {
            by_name.entry(name.to_owned()).or_default().push(visit.id.clone());
        }
    }
    by_name
}
