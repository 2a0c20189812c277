//! What the tests stand on.

use async_graphql::{Request, Variables};
use caregraph_administration::access_log::AccessLogService;
use caregraph_administration::graphql::{AdministrationSchema, with_services};
use caregraph_administration::handlers::{EventsBecomeEntries, KnowAccounts, KnowPeople};
use caregraph_administration::trail::TrailService;
use caregraph_contracts::access::{AccessBasis, RecordPart};
use caregraph_contracts::events::{Actor, PatientFacts, PatientsEvent, RecordAccess, RecordsEvent};
use caregraph_contracts::ids::{EventId, PatientId, SessionId, UserId};
use caregraph_contracts::{Domain, PublicEvent, Role};
use caregraph_kit::Clock;
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::crypto::{FieldCipher, KeyRing};
use caregraph_kit::database::{Engine, migrate};
use caregraph_kit::events::{Envelope, EventBus, EventHandler};
use caregraph_kit::subgraph::Ground;
use caregraph_kit::testing::{OnEngine, TestDatabase, TestWorld, principal};
use caregraph_migrations::administration::Migrator;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};
use uuid::Uuid;

pub struct World {
    pub inner: TestWorld,
    pub schema: AdministrationSchema,
    /// The entries of the key ring: the one that seals, and the one for indexes.
    pub keys: (String, String),
    pub position: AtomicI64,
}

impl OnEngine for World {
    async fn on(engine: Engine) -> Self {
        let keys = KeyRing::generate();
        let cipher = FieldCipher::new(KeyRing::parse(std::slice::from_ref(&keys.0), &keys.1).unwrap());
        // 2026-03-02T08:00Z, a Monday.
        let clock = Clock::manual(DateTime::from_timestamp(1_772_438_400, 0).unwrap(), 42);
        let database = TestDatabase::new(engine);
        let opened = database.open().await;
        migrate::<Migrator>(&opened).await.unwrap();
        let bus = EventBus::in_process(cipher.clone(), clock.clone());
        let ground = Ground::lay(Domain::Administration, opened, bus, cipher, clock)
            .await
            .unwrap();
        let schema = schema_on(&ground);
        Self {
            inner: TestWorld { ground, database },
            schema,
            keys,
            position: AtomicI64::new(0),
        }
    }
}

pub fn schema_on(ground: &Ground) -> AdministrationSchema {
    with_services(
        TrailService::new(ground.clone()),
        AccessLogService::new(ground.clone()),
    )
}

/// Some account.
pub fn user(n: u128) -> UserId {
    Uuid::from_u128(n).into()
}

/// Some patient.
pub fn patient(n: u128) -> PatientId {
    Uuid::from_u128(n).into()
}

pub fn admin() -> Principal {
    principal(user(902), &[Role::Admin])
}

pub fn doctor() -> Principal {
    principal(user(901), &[Role::Doctor])
}

pub fn person(n: u128) -> Principal {
    principal(user(n), &[Role::Patient])
}

/// Somebody at work, as requests say it.
pub fn actor(user: UserId, role: Role) -> Actor {
    Actor {
        user: Some(user),
        session: Some(SessionId::from(Uuid::from_u128(7_000))),
        roles: vec![role],
        address: Some("203.0.113.7".to_owned()),
        request: "request-1".to_owned(),
    }
}

pub fn facts(id: PatientId, guardians: &[UserId]) -> PatientFacts {
    PatientFacts {
        patient_id: id,
        user_id: Some(id.as_user()),
        guardians: guardians.to_vec(),
        display_name: "Nguyễn An".to_owned(),
        preferred_language: "vi".to_owned(),
        deceased: false,
        date_of_birth: None,
        sex_at_birth: None,
    }
}

pub fn updated(id: PatientId) -> PatientsEvent {
    PatientsEvent::PatientUpdated {
        patient: facts(id, &[]),
    }
}

/// Somebody looked at the vital signs.
pub fn accessed(id: PatientId, by: UserId, basis: AccessBasis, reason: Option<&str>) -> RecordsEvent {
    RecordsEvent::RecordAccessed {
        access: RecordAccess {
            patient_id: id,
            user_id: by,
            basis,
            parts: vec![RecordPart::Vitals, RecordPart::Allergies],
            what: "timeline".to_owned(),
            reason: reason.map(str::to_owned),
        },
    }
}

impl World {
    pub fn ground(&self) -> &Ground {
        &self.inner.ground
    }

    pub fn next_day(&self) {
        self.ground().clock.advance(TimeDelta::days(1));
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.ground().clock.now()
    }

    pub fn envelope<E: PublicEvent>(&self, event: &E, by: Option<&Actor>) -> Envelope {
        let mut payload = serde_json::to_value(event).unwrap();
        if let Some(by) = by {
            payload["by"] = serde_json::to_value(by).unwrap();
        }
        Envelope {
            id: self.ground().clock.new_id::<EventId>(),
            domain: E::DOMAIN,
            position: self.position.fetch_add(1, Ordering::SeqCst) + 1,
            aggregate: event.aggregate(),
            name: event.name().to_owned(),
            version: event.version(),
            occurred_at: self.now(),
            traceparent: None,
            payload,
        }
    }

    pub async fn deliver(&self, envelope: &Envelope) {
        self.deliver_all(std::slice::from_ref(envelope)).await;
    }

    /// In one transaction, because the disk is slow.
    async fn deliver_all(&self, envelopes: &[Envelope]) {
        let audit = EventsBecomeEntries::new(self.ground().clone());
        let accounts = KnowAccounts::new(self.ground().cipher.clone());
        let mut tx = self.ground().database.begin().await.unwrap();
        for envelope in envelopes {
            audit.handle(&mut tx, envelope).await.unwrap();
            if envelope.domain == Domain::Patients {
                KnowPeople.handle(&mut tx, envelope).await.unwrap();
            }
            if envelope.domain == Domain::Identity {
                accounts.handle(&mut tx, envelope).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
    }

    /// Something happened elsewhere.
    pub async fn hear<E: PublicEvent>(&self, event: &E, by: Option<&Actor>) {
        self.deliver(&self.envelope(event, by)).await;
    }

    /// So many patients changed something, one after the other.
    pub async fn hear_updates(&self, count: u128) {
        let updates: Vec<_> = (1..=count)
            .map(|n| self.envelope(&updated(patient(n)), Some(&actor(user(n), Role::Patient))))
            .collect();
        self.deliver_all(&updates).await;
    }

    /// What a client gets: data and errors.
    pub async fn ask(&self, principal: &Principal, query: &str, variables: Value) -> Value {
        let request = Request::new(query)
            .variables(Variables::from_json(variables))
            .data(principal.clone())
            .data(RequestInfo {
                request_id: "test".into(),
                ..Default::default()
            });
        serde_json::to_value(self.schema.execute(request).await).unwrap()
    }

    /// Entries as an administrator sees them, newest first.
    pub async fn log(&self, filter: Value) -> Vec<Value> {
        let query = "query($filter: AuditLogFilter) { auditLog(filter: $filter, first: 100) { nodes {
            id day number domain action outcome byName by { id } practitioner { id } roles sessionId address requestId subjectKind
            subjectId patient { id } patientId purpose brokenGlass parts what reason before after occurredAt recordedAt previousHash hash } } }";
        let answer = self.ask(&admin(), query, json!({ "filter": filter })).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"]["auditLog"]["nodes"].as_array().unwrap().clone()
    }

    /// The whole trail verified; `known` is a head that was kept.
    pub async fn verify(&self, known: Value) -> Value {
        let query = "query($known: AuditHeadInput) { verifyAudit(known: $known) { intact entries days
            findings { kind day number entryId message } head { day count } } }";
        let answer = self.ask(&admin(), query, json!({ "known": known })).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"]["verifyAudit"].clone()
    }

    /// What verifying finds: kinds and numbers.
    pub async fn findings(&self) -> Vec<(String, Option<i64>)> {
        kinds(&self.verify(Value::Null).await)
    }

    /// The newest head, as somebody keeps it.
    pub async fn head(&self) -> Value {
        let query = "{ auditHead { day count lastHash previousDay previousHash signature } }";
        self.ask(&admin(), query, Value::Null).await["data"]["auditHead"].clone()
    }

    /// Somebody with the database's password does something.
    pub async fn tamper(&self, statements: &[&str]) {
        for sql in statements {
            let connection = self.ground().database.reader();
            connection.execute_unprepared(sql).await.unwrap();
        }
    }
}

pub async fn deliver_to_audit(ground: &Ground, envelope: &Envelope) {
    let audit = EventsBecomeEntries::new(ground.clone());
    let mut tx = ground.database.begin().await.unwrap();
    audit.handle(&mut tx, envelope).await.unwrap();
    tx.commit().await.unwrap();
}

pub fn kinds(verification: &Value) -> Vec<(String, Option<i64>)> {
    let findings = verification["findings"].as_array().unwrap();
    assert_eq!(verification["intact"], json!(findings.is_empty()));
    findings
        .iter()
        .map(|finding| {
            let kind = finding["kind"].as_str().unwrap().to_owned();
            (kind, finding["number"].as_i64())
        })
        .collect()
}

/// The code of the first error.
pub fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or("none")
}
