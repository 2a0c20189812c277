//! What stands in records and inboxes when all is over, read page by page.

use crate::bench::client::Connection;
use crate::bench::people::Person;
use anyhow::{Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const RECORD: &str =
    "query ($id: ID!, $after: String) { patient(id: $id) { timeline(first: 100, after: $after,
    filter: {kinds: [VITALS, ENCOUNTER]}) {
        nodes { __typename ... on Encounter { id version chiefComplaint } ... on VitalSigns { id note } }
        pageInfo { hasNextPage endCursor } } } }";

const INBOX: &str = "query ($after: String) { notifications(first: 100, after: $after) {
    nodes { id type subject body readAt } pageInfo { hasNextPage endCursor } } }";

/// What stands in records, by the name that was given to it.
#[derive(Default)]
pub(super) struct Found {
    pub(super) vitals: BTreeMap<String, Vec<String>>,
    pub(super) encounters: BTreeMap<String, Vec<String>>,
    /// Of encounters, by id.
    pub(super) versions: BTreeMap<String, i64>,
}

/// An entry of a record.
#[derive(Deserialize)]
struct Entry {
    id: String,
    #[serde(default)]
    version: i64,
    /// What carries the name.
    #[serde(default, alias = "chiefComplaint")]
    note: Option<String>,
}

/// A message.
#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) id: String,
    #[serde(rename = "type")]
    kind: String,
    subject: Option<String>,
    body: Option<String>,
    #[serde(rename = "readAt")]
    read_at: Option<String>,
}

impl Found {
    /// Adds what stands in a patient's record under names that begin with `tag`.
    pub(super) async fn read(
        &mut self,
        connection: &mut Connection,
        (patient, reader): (&str, &Person),
        tag: &str,
    ) -> Result<()> {
        let prefix = format!("{tag}-");
        let mut after = Value::Null;
        loop {
            let variables = json!({ "id": patient, "after": after });
            let mut data = connection.data(&reader.authorization, RECORD, &variables).await?;
            let page = &mut data["patient"]["timeline"];
            ensure!(!page.is_null(), "the record of {patient} is closed");
            for node in page["nodes"].as_array_mut().into_iter().flatten() {
                let is_encounter = node["__typename"] == "Encounter";
                let entry: Entry = serde_json::from_value(node.take())?;
                let Some(name) = entry.note.filter(|note| note.starts_with(&prefix)) else {
                    continue;
                };
                let kind = if is_encounter {
                    self.versions.insert(entry.id.clone(), entry.version);
                    &mut self.encounters
                } else {
                    &mut self.vitals
                };
                kind.entry(name).or_default().push(entry.id);
            }
            if page["pageInfo"]["hasNextPage"] != true {
                return Ok(());
            }
            after = page["pageInfo"]["endCursor"].take();
        }
    }
}

/// All of somebody's messages.
pub(super) async fn inbox(connection: &mut Connection, person: &Person) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    let mut after = Value::Null;
    loop {
        let variables = json!({ "after": after });
        let mut data = connection.data(&person.authorization, INBOX, &variables).await?;
        let page = &mut data["notifications"];
        let more: Vec<Message> = serde_json::from_value(page["nodes"].take())?;
        messages.extend(more);
        if page["pageInfo"]["hasNextPage"] != true {
            return Ok(messages);
        }
        after = page["pageInfo"]["endCursor"].take();
    }
}

impl Message {
    /// Whether it tells that a visit is booked.
    pub(super) fn is_of_booking(&self) -> bool {
        self.kind == "APPOINTMENT_BOOKED"
    }

    /// Whether it was read.
    pub(super) fn is_read(&self) -> bool {
        self.read_at.is_some()
    }

    /// What it says.
    pub(super) fn text(&self) -> (Option<&str>, Option<&str>) {
        (self.subject.as_deref(), self.body.as_deref())
    }
}
