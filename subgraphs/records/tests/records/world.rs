//! Records on a fresh store, with a clock that the test moves and events that it makes up.

use async_graphql::{Request, Variables};
use caregraph_contracts::events::{
    AppointmentFacts, AppointmentStatus, CareRelationshipKind, ConsentFacts, PatientFacts, PatientsEvent,
    RecordsEvent, SchedulingEvent,
};
use caregraph_contracts::ids::{ConsentId, EventId, Id, PatientId, UserId};
use caregraph_contracts::{Domain, PublicEvent, RecordPart, Role};
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::documents::DocumentHandler;
use caregraph_kit::events::Envelope;
use caregraph_kit::files::{Blobs, Files, FilesSettings};
use caregraph_kit::hosting::guarded;
use caregraph_kit::subgraph::{Background, DocumentGround, Subgraph, SubgraphSchema};
use caregraph_kit::testing::{DocumentEngine, OnDocumentEngine, TestDocuments, principal};
use caregraph_records::{build, declarations};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub struct World {
    pub ground: DocumentGround,
    pub schema: Arc<dyn SubgraphSchema>,
    handlers: Vec<Arc<dyn DocumentHandler>>,
    background: Mutex<Vec<Background>>,
    position: AtomicI64,
    pub store: TestDocuments,
    pub files: Files,
    _folder: tempfile::TempDir,
}

/// The patient of most tests, 36 years old.
pub const LAN: u128 = 1;
/// Lan's mother, who acts for her.
pub const MOTHER: u128 = 2;
/// Somebody else.
pub const AN: u128 = 3;
pub const DOCTOR: u128 = 100;
pub const STRANGER: u128 = 101;
pub const NURSE: u128 = 102;

pub fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub fn user(n: u128) -> UserId {
    id(n).into()
}

pub fn patient(n: u128) -> PatientId {
    id(n).into()
}

pub fn lan() -> Principal {
    principal(user(LAN), &[Role::Patient])
}

/// Cares for Lan.
pub fn doctor() -> Principal {
    principal(user(DOCTOR), &[Role::Doctor])
}

/// A doctor who does not.
pub fn stranger() -> Principal {
    principal(user(STRANGER), &[Role::Doctor])
}

/// Cares for Lan.
pub fn nurse() -> Principal {
    principal(user(NURSE), &[Role::Nurse])
}

impl OnDocumentEngine for World {
    async fn on(engine: DocumentEngine) -> Self {
        let store = TestDocuments::new(engine, Domain::Records);
        let ground = store.ground(declarations()).await;
        let folder = tempfile::tempdir().unwrap();
        let settings = FilesSettings::default();
        let blobs = Blobs::open(&settings, folder.path()).unwrap();
        let files = Files::new(&ground, blobs, &settings).unwrap();
        let Subgraph {
            schema,
            document_handlers,
            background,
            ..
        } = build(&ground, &files).unwrap();
        let world = Self {
            ground,
            schema,
            handlers: document_handlers,
            background: Mutex::new(background),
            position: AtomicI64::new(0),
            store,
            files,
            _folder: folder,
        };
        world.person(LAN, &[MOTHER]).await;
        world.person(AN, &[]).await;
        world.cares(DOCTOR, LAN).await;
        world.cares(NURSE, LAN).await;
        world
    }
}

/// Work beside the requests.
pub struct Work {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Work {
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl World {
    pub fn now(&self) -> DateTime<Utc> {
        self.ground.clock.now()
    }

    pub fn advance(&self, by: TimeDelta) {
        self.ground.clock.advance(by);
    }

    /// Lets the domain's own work go on beside the requests: jobs, tidying.
    pub fn start_background(&self) -> Work {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        for work in self.background.lock().unwrap().drain(..) {
            tasks.spawn(work(stop.clone()));
        }
        Work { stop, tasks }
    }

    pub async fn person(&self, n: u128, guardians: &[u128]) {
        self.hear(&PatientsEvent::PatientRegistered {
            patient: PatientFacts {
                patient_id: patient(n),
                user_id: Some(user(n)),
                guardians: guardians.iter().copied().map(user).collect(),
                display_name: format!("Patient {n}"),
                preferred_language: "vi".into(),
                deceased: false,
                date_of_birth: NaiveDate::from_ymd_opt(1990, 1, 1),
                sex_at_birth: None,
            },
        })
        .await;
    }

    pub async fn cares(&self, member: u128, n: u128) {
        self.relationship(member, n, Some(self.now()), None).await;
    }

    pub async fn relationship(
        &self,
        member: u128,
        n: u128,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
    ) {
        self.hear(&PatientsEvent::CareRelationshipChanged {
            patient_id: patient(n),
            user_id: user(member),
            kind: CareRelationshipKind::Appointment,
            since,
            until,
        })
        .await;
    }

    pub async fn consent(&self, number: u128, member: u128, parts: &[RecordPart], revoked: bool) {
        self.hear(&PatientsEvent::ConsentChanged {
            patient_id: patient(LAN),
            consent: ConsentFacts {
                consent_id: ConsentId::from(id(number)),
                grantee: user(member),
                parts: parts.to_vec(),
                since: self.now(),
                until: None,
                revoked,
            },
        })
        .await;
    }

    /// A visit of Lan's with the doctor, in a state.
    pub fn visit(&self, number: u128, status: AppointmentStatus) -> AppointmentFacts {
        AppointmentFacts {
            appointment_id: id(number).into(),
            patient_id: patient(LAN),
            practitioner_id: id(DOCTOR).into(),
            practitioner_name: "Dr B".into(),
            service_id: id(7).into(),
            service_name: "Check-up".into(),
            location_id: Some(id(8).into()),
            location_name: None,
            time_zone: "UTC".into(),
            start: self.now(),
            end: self.now() + TimeDelta::minutes(30),
            status,
            revision: 1,
            changed_by: user(NURSE),
        }
    }

    pub async fn checked_in(&self, number: u128) {
        let appointment = self.visit(number, AppointmentStatus::CheckedIn);
        self.hear(&SchedulingEvent::AppointmentCheckedIn { appointment })
            .await;
    }

    pub async fn completed(&self, number: u128) {
        let appointment = self.visit(number, AppointmentStatus::Completed);
        self.hear(&SchedulingEvent::AppointmentCompleted { appointment })
            .await;
    }

    /// Lets every handler that listens deal with an event, twice, as it may happen.
    pub async fn hear<E: PublicEvent>(&self, event: &E) {
        let envelope = Envelope {
            id: EventId::from(Uuid::now_v7()),
            domain: E::DOMAIN,
            position: 1 + self.position.fetch_add(1, Relaxed),
            aggregate: event.aggregate(),
            name: event.name().to_owned(),
            version: event.version(),
            occurred_at: self.now(),
            traceparent: None,
            payload: serde_json::to_value(event).unwrap(),
        };
        for handler in &self.handlers {
            if handler.sources().contains(&E::DOMAIN) {
                let reaction = self.ground.documents.reaction(handler.clone());
                reaction.react(&envelope).await.unwrap();
                reaction.react(&envelope).await.unwrap();
            }
        }
    }

    pub async fn ask(&self, who: &Principal, query: &str, variables: Value) -> Value {
        let request = Request::new(query).variables(Variables::from_json(variables));
        let info = RequestInfo {
            request_id: "test".into(),
            ..RequestInfo::default()
        };
        let answer = guarded::execute("records", self.schema.as_ref(), request, who, &info).await;
        serde_json::to_value(answer).unwrap()
    }

    pub async fn data(&self, who: &Principal, query: &str, variables: Value) -> Value {
        let mut answer = self.ask(who, query, variables).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"].take()
    }

    /// Does something with an input and gives its payload, whose errors carry type, message, path and the current version.
    pub async fn try_to(&self, who: &Principal, operation: &str, field: &str, input: Value) -> Value {
        let name = format!("{}{}", operation[..1].to_uppercase(), &operation[1..]);
        let query = format!(
            "mutation ($input: {name}Input!) {{ {operation}(input: $input) {{ {field} errors {{ __typename
                ... on UserError {{ message path }}
                ... on StaleEntry {{ current {{ ... on Encounter {{ version notes }} ... on Allergy {{ version }} }} }} }} }} }}"
        );
        // Only payloads of changes know stale entries.
        let query = if self.schema.sdl().contains(&format!("union {name}Error"))
            && !stale(&self.schema.sdl(), &name)
        {
            query.replace(
                "... on StaleEntry { current { ... on Encounter { version notes } ... on Allergy { version } } }",
                "",
            )
        } else {
            query
        };
        let mut data = self.data(who, &query, json!({ "input": input })).await;
        data[operation].take()
    }

    /// As [`World::try_to`], and it is done.
    pub async fn done(&self, who: &Principal, operation: &str, field: &str, input: Value) -> Value {
        let mut payload = self.try_to(who, operation, field, input).await;
        assert_eq!(payload["errors"], json!([]), "{operation}: {payload}");
        let name = field.split_whitespace().next().unwrap();
        payload[name].take()
    }

    /// Everything this domain has told so far.
    pub async fn told(&self) -> Vec<RecordsEvent> {
        let log = self.ground.documents.events();
        while log.assign_positions(1000).await.unwrap() > 0 {}
        let all = log.read_after(0, 100_000).await.unwrap();
        all.iter()
            .filter_map(|envelope| envelope.decode::<RecordsEvent>().unwrap())
            .collect()
    }

    pub async fn allergy(&self, substance: &str) -> Value {
        let input =
            json!({ "patientId": patient(LAN).uuid(), "substance": substance, "category": "MEDICATION" });
        self.done(&doctor(), "recordAllergy", "allergy { id version }", input)
            .await
    }
}

fn stale(sdl: &str, name: &str) -> bool {
    let union = format!("union {name}Error = ");
    sdl.lines()
        .any(|line| line.starts_with(&union) && line.contains("StaleEntry"))
}
