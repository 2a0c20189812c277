//! A domain's answer when somebody wants to take along everything that is kept about a person.
//!
//! The answer is what the person sees in the graph: the domain's own schema is asked in their name, so that names of fields are those of
//! the API, and nothing gets out that a use case would refuse. Pages of lists travel as events; whoever collects them knows by their
//! numbers when all are there.

use crate::auth::{Principal, RequestInfo};
use crate::clock::Clock;
use crate::database::Transaction;
use crate::documents::{Commit, DocumentHandler};
use crate::events::{Envelope, EventError, EventHandler, EventStore, HandlerError};
use crate::failure::Fault;
use crate::hosting::guarded;
use crate::subgraph::{DocumentGround, Ground, SubgraphSchema};
use async_graphql::{Request, Variables};
use async_trait::async_trait;
use caregraph_contracts::events::{ExportPart, ExportRequest, RecordsEvent};
use caregraph_contracts::ids::SessionId;
use caregraph_contracts::{Domain, PublicEvent, Role};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// Most rows of one part.
const ROWS: usize = 100;
/// About how large a part's rows may get, in bytes of JSON, unless a single one is larger.
const BYTES: usize = 256 * 1024;
/// A list of more pages than this is taken for one that never ends.
const PAGES: usize = 100_000;

/// One list of the answer.
#[derive(Debug, Clone, Copy)]
pub struct ExportList {
    /// What it is called, for example `appointments`.
    pub name: &'static str,
    /// How the schema is asked: a query that may use `$id: ID!` (about whom) and, for a connection, `$after: String`.
    pub query: &'static str,
    /// JSON pointer to the answer: an object, a list of objects, or a connection with `nodes` and `pageInfo`.
    pub at: &'static str,
    /// Whether it is about the account of whoever asks and not about the person: then it is left out when somebody else asks for them.
    pub of_account: bool,
}

/// Asks a domain's schema for its lists.
#[derive(Clone)]
pub struct Exporter {
    domain: Domain,
    schema: Arc<dyn SubgraphSchema>,
    lists: &'static [ExportList],
    clock: Clock,
}

impl Exporter {
    /// What `domain` answers with.
    pub fn new(
        domain: Domain,
        schema: Arc<dyn SubgraphSchema>,
        lists: &'static [ExportList],
        clock: Clock,
    ) -> Self {
        Self {
            domain,
            schema,
            lists,
            clock,
        }
    }

    /// The whole answer, as what `request.requested_by` sees.
    pub async fn answer(&self, request: &ExportRequest) -> Result<Vec<ExportPart>, Fault> {
        let mut pieces: Vec<(&'static str, Vec<Value>)> = Vec::new();
        for (list, rows) in self.lists(request).await? {
            let pages = pages(rows);
            if pages.is_empty() {
                // That there is nothing is an answer, too.
                pieces.push((list, Vec::new()));
            }
            pieces.extend(pages.into_iter().map(|page| (list, page)));
        }
        if pieces.is_empty() {
            pieces.push((self.domain.as_str(), Vec::new()));
        }
        let of = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
        let parts = (1..).zip(pieces).map(|(number, (list, rows))| ExportPart {
            export_id: request.export_id,
            patient_id: request.patient_id,
            domain: self.domain,
            number,
            of,
            list: list.to_owned(),
            rows,
        });
        Ok(parts.collect())
    }

    /// Every list with all its rows.
    pub async fn lists(&self, request: &ExportRequest) -> Result<Vec<(&'static str, Vec<Value>)>, Fault> {
        let is_own = request.requested_by == request.patient_id.as_user();
        let mut lists = Vec::new();
        for list in self.lists.iter().filter(|list| is_own || !list.of_account) {
            lists.push((list.name, self.rows(list, request).await?));
        }
        Ok(lists)
    }

    async fn rows(&self, list: &ExportList, request: &ExportRequest) -> Result<Vec<Value>, Fault> {
        let mut rows = Vec::new();
        let mut after = Value::Null;
        for _ in 0..PAGES {
            let variables = json!({ "id": request.patient_id, "after": after });
            let mut data = self.ask(list, variables, request).await?;
            let Some(found) = data.pointer_mut(list.at) else {
                return Ok(rows);
            };
            match found.take() {
                // What the person may not see, or what there is none of.
                Value::Null => return Ok(rows),
                Value::Array(all) => return Ok(all),
                mut one if one.get("nodes").is_none() => {
                    rows.push(one.take());
                    return Ok(rows);
                }
                mut page => {
                    if let Value::Array(nodes) = page["nodes"].take() {
                        rows.extend(nodes);
                    }
                    if page["pageInfo"]["hasNextPage"] != true {
                        return Ok(rows);
                    }
                    after = page["pageInfo"]["endCursor"].take();
                }
            }
        }
        Err(Fault::new(
            "an export",
            format!("the list {} does not end", list.name),
        ))
    }

    async fn ask(
        &self,
        list: &ExportList,
        variables: Value,
        request: &ExportRequest,
    ) -> Result<Value, Fault> {
        let until = self.clock.now() + TimeDelta::minutes(5);
        // As the person, not as what they may be here besides: an export never holds what somebody sees as staff.
        let role = Role::Patient;
        let scopes = role.default_scopes().iter().copied();
        let principal = Principal::user(
            request.requested_by,
            SessionId::from(Uuid::nil()),
            [role],
            scopes,
            until,
        );
        let info = RequestInfo {
            request_id: format!("export {}", request.export_id),
            ..RequestInfo::default()
        };
        let asked = Request::new(list.query).variables(Variables::from_json(variables));
        let response = guarded::execute(
            self.domain.as_str(),
            self.schema.as_ref(),
            asked,
            &principal,
            &info,
        )
        .await;
        if let Some(error) = response.errors.first() {
            let told = format!("{} at {:?}: {}", list.name, error.path, error.message);
            return Err(Fault::new("an export", told));
        }
        response
            .data
            .into_json()
            .map_err(|error| Fault::new("an export", error))
    }
}

/// Rows in portions that an event can carry.
fn pages(rows: Vec<Value>) -> Vec<Vec<Value>> {
    let mut pages: Vec<Vec<Value>> = Vec::new();
    let mut bytes = 0;
    for row in rows {
        let size = row.to_string().len();
        match pages.last_mut() {
            Some(page) if page.len() < ROWS && bytes + size <= BYTES => {
                bytes += size;
                page.push(row);
            }
            _ => {
                bytes = size;
                pages.push(vec![row]);
            }
        }
    }
    pages
}

/// Answers for a domain, by its events.
pub struct AnswersExports<E> {
    name: &'static str,
    exporter: Exporter,
    told: fn(ExportPart) -> E,
    /// Where it is told, when the domain keeps tables; documents tell in their commits.
    events: Option<EventStore>,
}

impl<E: PublicEvent> AnswersExports<E> {
    /// The answer of a domain that keeps tables.
    pub fn of_tables(
        name: &'static str,
        ground: &Ground,
        schema: Arc<dyn SubgraphSchema>,
        lists: &'static [ExportList],
        told: fn(ExportPart) -> E,
    ) -> Arc<dyn EventHandler> {
        Arc::new(Self {
            name,
            exporter: Exporter::new(E::DOMAIN, schema, lists, ground.clock.clone()),
            told,
            events: Some(ground.events.clone()),
        })
    }

    /// The answer of a domain that keeps documents.
    pub fn of_documents(
        name: &'static str,
        ground: &DocumentGround,
        schema: Arc<dyn SubgraphSchema>,
        lists: &'static [ExportList],
        told: fn(ExportPart) -> E,
    ) -> Arc<dyn DocumentHandler> {
        Arc::new(Self {
            name,
            exporter: Exporter::new(E::DOMAIN, schema, lists, ground.clock.clone()),
            told,
            events: None,
        })
    }

    async fn parts(&self, event: &Envelope) -> Result<Vec<E>, HandlerError> {
        let Some(RecordsEvent::DataExportRequested { request }) = event.decode()? else {
            return Ok(Vec::new());
        };
        let parts = self.exporter.answer(&request).await?;
        Ok(parts.into_iter().map(self.told).collect())
    }
}

#[async_trait]
impl<E: PublicEvent> EventHandler for AnswersExports<E> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Records]
    }

    fn hears(&self, name: &str) -> bool {
        name == "DataExportRequested"
    }

    fn is_brief(&self) -> bool {
        false
    }

    // An archive takes its time anyway.
    fn is_awaited(&self) -> bool {
        false
    }

    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        let parts = self.parts(event).await?;
        if parts.is_empty() {
            return Ok(());
        }
        let events = self
            .events
            .as_ref()
            .ok_or(EventError::Damaged("there is nowhere to tell an export"))?;
        events.append(tx, &parts).await?;
        Ok(())
    }
}

#[async_trait]
impl<E: PublicEvent> DocumentHandler for AnswersExports<E> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Records]
    }

    fn hears(&self, name: &str) -> bool {
        name == "DataExportRequested"
    }

    // An archive takes its time anyway.
    fn is_awaited(&self) -> bool {
        false
    }

    async fn handle(&self, event: &Envelope) -> Result<Commit, HandlerError> {
        let mut commit = Commit::new();
        for part in self.parts(event).await? {
            commit.tell(&part)?;
        }
        Ok(commit)
    }
}
