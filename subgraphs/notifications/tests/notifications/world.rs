//! Notifications on a fresh store, with a clock that the test moves, events that it makes up, and jobs that run.

use async_graphql::{Request, Variables};
use caregraph_contracts::events::{
    AppointmentFacts, AppointmentStatus, IdentityEvent, PatientFacts, PatientsEvent, SchedulingEvent,
};
use caregraph_contracts::ids::{AppointmentId, EventId, Id, PatientId, PractitionerId, UserId};
use caregraph_contracts::{Domain, PublicEvent, Role};
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::documents::DocumentHandler;
use caregraph_kit::events::{Envelope, HandlerError};
use caregraph_kit::jobs::JobSettings;
use caregraph_kit::subgraph::{DocumentGround, Subgraph, SubgraphSchema};
use caregraph_kit::testing::{DocumentEngine, OnDocumentEngine, TestDocuments, eventually, principal};
use caregraph_notifications::{NotificationSettings, build_with, declarations};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub struct World {
    runners: Mutex<Vec<(CancellationToken, Vec<JoinHandle<()>>)>>,
    processes: Mutex<Vec<DocumentGround>>,
    pub store: TestDocuments,
    pub ground: DocumentGround,
    pub settings: NotificationSettings,
    pub schema: Arc<dyn SubgraphSchema>,
    handlers: Vec<Arc<dyn DocumentHandler>>,
    pub outbox: tempfile::TempDir,
    position: AtomicI64,
}

impl OnDocumentEngine for World {
    async fn on(engine: DocumentEngine) -> Self {
        let world = Self::with(engine, |_| {}).await;
        world.everybody_arrives().await;
        world
    }
}

pub const LAN: u128 = 1;
pub const AN: u128 = 2;
pub const DOCTOR: u128 = 100;

pub fn user(n: u128) -> UserId {
    Uuid::from_u128(n).into()
}

pub fn lan() -> Principal {
    principal(user(LAN), &[Role::Patient])
}

pub fn doctor() -> Principal {
    principal(user(DOCTOR), &[Role::Doctor])
}

pub fn admin() -> Principal {
    principal(user(900), &[Role::Admin])
}

impl World {
    /// Without people and with other settings.
    pub async fn with(engine: DocumentEngine, change: impl FnOnce(&mut NotificationSettings)) -> Self {
        let store = TestDocuments::new(engine, Domain::Notifications);
        let ground = store.ground(declarations()).await;
        let outbox = tempfile::tempdir().unwrap();
        let mut settings = NotificationSettings {
            outbox: Some(outbox.path().to_owned()),
            public_url: "https://clinic.example/".into(),
            ..NotificationSettings::default()
        };
        change(&mut settings);
        let Subgraph {
            schema,
            document_handlers,
            background,
            ..
        } = build_with(&ground, settings.clone(), quick()).unwrap();
        let world = Self {
            store,
            ground,
            settings,
            schema,
            handlers: document_handlers,
            outbox,
            runners: Mutex::default(),
            processes: Mutex::default(),
            position: AtomicI64::new(0),
        };
        world.run(background);
        world
    }

    fn run(&self, background: Vec<caregraph_kit::subgraph::Background>) {
        let stop = CancellationToken::new();
        let running = background
            .into_iter()
            .map(|work| tokio::spawn(work(stop.clone())));
        let running = running.collect();
        self.runners.lock().unwrap().push((stop, running));
    }

    /// Another process on the same store, that does jobs too.
    pub async fn second_process(&self) {
        let ground = self.store.ground(declarations()).await;
        let another = build_with(&ground, self.settings.clone(), quick()).unwrap();
        self.run(another.background);
        self.processes.lock().unwrap().push(ground);
    }

    /// Stops doing jobs: what is due waits.
    pub fn outage(&self) {
        for (stop, _) in self.runners.lock().unwrap().iter() {
            stop.cancel();
        }
    }

    /// Does jobs again.
    pub fn resume(&self) {
        let another = build_with(&self.ground, self.settings.clone(), quick()).unwrap();
        self.run(another.background);
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.ground.clock.now()
    }

    pub fn advance(&self, by: TimeDelta) {
        self.ground.clock.advance(by);
    }

    /// Lan reads Vietnamese in Ho Chi Minh City, An reads English in Berlin, the doctor reads English in Ho Chi Minh City.
    pub async fn everybody_arrives(&self) {
        self.register(LAN, "lan@example.com", "vi", "Asia/Ho_Chi_Minh")
            .await;
        self.register(AN, "an@example.com", "en", "Europe/Berlin").await;
        self.register(DOCTOR, "doctor@example.com", "en", "Asia/Ho_Chi_Minh")
            .await;
        for n in [LAN, AN] {
            self.patient(n, Some(n), &[]).await;
        }
        // Whoever is welcomed reads that first; tests begin with empty inboxes.
        for n in [LAN, AN, DOCTOR] {
            let who = principal(user(n), &[Role::Patient]);
            eventually("the welcome", async || {
                (self.inbox(&who).await.len() == 1).then_some(())
            })
            .await;
        }
        self.advance(TimeDelta::minutes(1));
    }

    pub async fn register(&self, n: u128, email: &str, locale: &str, time_zone: &str) {
        self.hear(&IdentityEvent::UserRegistered {
            user_id: user(n),
            email: email.into(),
            phone: (n == LAN).then(|| "+84912345678".into()),
            first_name: format!("First{n}"),
            last_name: "Nguyễn".into(),
            locale: locale.into(),
            time_zone: time_zone.into(),
            roles: vec![Role::Patient],
        })
        .await;
    }

    pub async fn patient(&self, n: u128, account: Option<u128>, guardians: &[u128]) {
        self.hear(&PatientsEvent::PatientRegistered {
            patient: PatientFacts {
                patient_id: Uuid::from_u128(n).into(),
                user_id: account.map(user),
                guardians: guardians.iter().copied().map(user).collect(),
                display_name: format!("Patient {n}"),
                preferred_language: "vi".into(),
                deceased: false,
                date_of_birth: None,
                sex_at_birth: None,
            },
        })
        .await;
    }

    /// An event as it arrives from elsewhere.
    pub fn envelope<E: PublicEvent>(&self, event: &E) -> Envelope {
        Envelope {
            id: EventId::from(Uuid::now_v7()),
            domain: E::DOMAIN,
            position: 1 + self.position.fetch_add(1, Relaxed),
            aggregate: event.aggregate(),
            name: event.name().to_owned(),
            version: event.version(),
            occurred_at: self.now(),
            traceparent: None,
            payload: serde_json::to_value(event).unwrap(),
        }
    }

    /// Lets every handler that listens deal with an event.
    pub async fn deliver(&self, envelope: &Envelope) {
        self.try_to_deliver(envelope).await.unwrap();
    }

    /// The same with an event that they may not be able to deal with.
    pub async fn try_to_deliver(&self, envelope: &Envelope) -> Result<(), HandlerError> {
        for handler in &self.handlers {
            if handler.sources().contains(&envelope.domain) {
                let reaction = self.ground.documents.reaction(handler.clone());
                reaction.react(envelope).await?;
            }
        }
        Ok(())
    }

    pub async fn hear<E: PublicEvent>(&self, event: &E) {
        self.deliver(&self.envelope(event)).await;
    }

    pub async fn run_query(&self, who: &Principal, query: &str, variables: Value) -> Value {
        let request = Request::new(query)
            .variables(Variables::from_json(variables))
            .data(who.clone())
            .data(RequestInfo::default());
        serde_json::to_value(self.schema.execute(request).await).unwrap()
    }

    pub async fn data(&self, who: &Principal, query: &str, variables: Value) -> Value {
        let mut answer = self.run_query(who, query, variables).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"].take()
    }

    /// One's inbox, the newest first: type, subject, body.
    pub async fn inbox(&self, who: &Principal) -> Vec<(String, String, String)> {
        let query = "{ notifications(first: 100) { nodes { type subject body } } }";
        let found = self.data(who, query, json!({})).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        found["notifications"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| (text(&node["type"]), text(&node["subject"]), text(&node["body"])))
            .collect()
    }

    /// What became of all messages of a type: recipient, channel, status, error; the oldest first.
    pub async fn log(&self, kind: &str) -> Vec<(u128, String, String, String)> {
        let query = "query ($filter: NotificationLogFilter) { notificationLog(first: 100, filter: $filter) {
            nodes { recipient { id } channel status error } } }";
        let found = self
            .data(&admin(), query, json!({ "filter": { "type": kind } }))
            .await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let nodes = found["notificationLog"]["nodes"].as_array().unwrap();
        let mut log: Vec<_> = nodes
            .iter()
            .map(|node| {
                let recipient: Uuid = node["recipient"]["id"].as_str().unwrap().parse().unwrap();
                (
                    recipient.as_u128(),
                    text(&node["channel"]),
                    text(&node["status"]),
                    text(&node["error"]),
                )
            })
            .collect();
        log.reverse();
        log
    }

    /// Waits until nothing of a type is queued, and gives the log.
    pub async fn settled(&self, kind: &str) -> Vec<(u128, String, String, String)> {
        eventually("messages are dealt with", async || {
            let log = self.log(kind).await;
            (!log.is_empty() && log.iter().all(|line| line.2 != "QUEUED")).then_some(log)
        })
        .await
    }

    /// Messages in the outbox folder, as text.
    pub fn files(&self) -> Vec<String> {
        let mut paths: Vec<_> = std::fs::read_dir(self.outbox.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
            .collect();
        paths.sort();
        paths
            .iter()
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect()
    }
}

impl Drop for World {
    /// Whoever works with the store lets go of it before it is dropped: a server may wait for open transactions.
    fn drop(&mut self) {
        self.outage();
        let running = std::mem::take(&mut *self.runners.lock().unwrap());
        let mut grounds = std::mem::take(&mut *self.processes.lock().unwrap());
        grounds.push(self.ground.clone());
        if Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
            tokio::task::block_in_place(|| {
                Handle::current().block_on(async {
                    for handle in running.into_iter().flat_map(|(_, running)| running) {
                        let _ = handle.await;
                    }
                    for ground in grounds {
                        ground.bus.shut_down().await;
                    }
                });
            });
        }
    }
}

/// Jobs are looked for all the time, because the test's clock jumps.
pub fn quick() -> JobSettings {
    JobSettings {
        period: Duration::from_millis(20),
        lease: Duration::from_secs(10),
        concurrent: 4,
    }
}

/// A visit of a patient's with the doctor.
pub fn visit(n: u128, patient: u128, start: DateTime<Utc>) -> AppointmentFacts {
    AppointmentFacts {
        appointment_id: AppointmentId::from(Uuid::from_u128(n)),
        patient_id: PatientId::from(Uuid::from_u128(patient)),
        practitioner_id: PractitionerId::of_user(user(DOCTOR)),
        practitioner_name: "Dr. Phạm Thu Hà".into(),
        service_id: Uuid::from_u128(7).into(),
        service_name: "Cardiology".into(),
        location_id: Some(Uuid::from_u128(8).into()),
        location_name: Some("Bến Thành".into()),
        time_zone: "Asia/Ho_Chi_Minh".into(),
        start,
        end: start + TimeDelta::minutes(30),
        status: AppointmentStatus::Pending,
        revision: 1,
        changed_by: user(patient),
    }
}

pub fn booked(visit: &AppointmentFacts) -> SchedulingEvent {
    SchedulingEvent::AppointmentBooked {
        appointment: visit.clone(),
    }
}

/// The same visit at another time.
pub fn moved(visit: &AppointmentFacts, start: DateTime<Utc>) -> (AppointmentFacts, SchedulingEvent) {
    let after = AppointmentFacts {
        start,
        end: start + TimeDelta::minutes(30),
        revision: visit.revision + 1,
        ..visit.clone()
    };
    let event = SchedulingEvent::AppointmentRescheduled {
        appointment: after.clone(),
        previous_start: visit.start,
        previous_end: visit.end,
        previous_practitioner_id: visit.practitioner_id,
    };
    (after, event)
}

/// The same visit, confirmed by the practice.
pub fn confirmed(visit: &AppointmentFacts) -> (AppointmentFacts, SchedulingEvent) {
    let after = AppointmentFacts {
        status: AppointmentStatus::Confirmed,
        revision: visit.revision + 1,
        changed_by: visit.practitioner_id.as_user(),
        ..visit.clone()
    };
    let event = SchedulingEvent::AppointmentConfirmed {
        appointment: after.clone(),
    };
    (after, event)
}

/// The same visit, called off.
pub fn cancelled(visit: &AppointmentFacts) -> (AppointmentFacts, SchedulingEvent) {
    let after = AppointmentFacts {
        status: AppointmentStatus::CancelledDoctor,
        revision: visit.revision + 1,
        changed_by: visit.practitioner_id.as_user(),
        ..visit.clone()
    };
    let event = SchedulingEvent::AppointmentCancelled {
        appointment: after.clone(),
        by: caregraph_contracts::events::CancelledBy::Practice,
    };
    (after, event)
}

pub fn uuid_of(id: impl Id) -> Uuid {
    id.uuid()
}
