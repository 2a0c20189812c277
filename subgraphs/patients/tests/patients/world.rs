//! What the tests stand on.

use async_graphql::{Request, Variables};
use caregraph_contracts::events::{
    AppointmentFacts, AppointmentStatus, CancelledBy, IdentityEvent, PatientsEvent, SchedulingEvent,
};
use caregraph_contracts::ids::{AppointmentId, EventId, Id, PatientId, PractitionerId, UserId};
use caregraph_contracts::{Domain, PublicEvent, Role};
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::change::Change;
use caregraph_kit::database::Engine;
use caregraph_kit::events::{Envelope, EventHandler};
use caregraph_kit::subgraph::Ground;
use caregraph_kit::testing::{OnEngine, TestWorld, principal};
use caregraph_migrations::patients::Migrator;
use caregraph_patients::Services;
use caregraph_patients::care::CareService;
use caregraph_patients::consent::ConsentService;
use caregraph_patients::duplicate::DuplicateService;
use caregraph_patients::erasure::ErasureService;
use caregraph_patients::graphql::{PatientsSchema, with_services};
use caregraph_patients::handlers::{AccountsBecomePatients, AppointmentsMakeCare, GlassOpensPatients};
use caregraph_patients::merging::MergeService;
use caregraph_patients::patient::{Patient, PatientService, ProfileChanges, RegisterPatient};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use uuid::Uuid;

pub struct World {
    pub inner: TestWorld,
    pub patients: PatientService,
    pub care: CareService,
    pub consents: ConsentService,
    pub duplicates: DuplicateService,
    pub merges: MergeService,
    pub erasures: ErasureService,
    pub schema: PatientsSchema,
    position: AtomicI64,
}

impl OnEngine for World {
    async fn on(engine: Engine) -> Self {
        let inner = TestWorld::new::<Migrator>(engine, Domain::Patients).await;
        let services = Services::new(&inner.ground);
        let schema = with_services(services.clone());
        Self {
            inner,
            patients: services.patients,
            care: services.care,
            consents: services.consents,
            duplicates: services.duplicates,
            merges: services.merges,
            erasures: services.erasures,
            schema,
            position: AtomicI64::new(0),
        }
    }
}

/// Some account.
pub fn user(n: u128) -> UserId {
    Uuid::from_u128(n).into()
}

pub fn day(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).unwrap()
}

pub fn nurse() -> Principal {
    principal(user(900), &[Role::Nurse])
}

pub fn doctor() -> Principal {
    principal(user(901), &[Role::Doctor])
}

pub fn admin() -> Principal {
    principal(user(902), &[Role::Admin])
}

pub fn person(n: u128) -> Principal {
    principal(user(n), &[Role::Patient])
}

pub fn named(given: &str, family: &str) -> ProfileChanges {
    ProfileChanges {
        given_name: Some(given.into()),
        family_name: Some(family.into()),
        ..Default::default()
    }
}

/// An appointment of one hour that begins `in_hours` from the start of the test.
pub fn appointment(n: u128, patient: PatientId, doctor: UserId, start: DateTime<Utc>) -> AppointmentFacts {
    AppointmentFacts {
        appointment_id: AppointmentId::from(Uuid::from_u128(n)),
        patient_id: patient,
        practitioner_id: PractitionerId::of_user(doctor),
        practitioner_name: "Dr. Bình".into(),
        service_id: Uuid::from_u128(77).into(),
        service_name: "Check-up".into(),
        location_id: None,
        location_name: None,
        time_zone: "Asia/Ho_Chi_Minh".into(),
        start,
        end: start + TimeDelta::hours(1),
        status: AppointmentStatus::Pending,
        revision: 1,
        changed_by: patient.as_user(),
    }
}

pub fn cancelled(facts: &AppointmentFacts, revision: i64) -> SchedulingEvent {
    let appointment = AppointmentFacts {
        revision,
        status: AppointmentStatus::CancelledPatient,
        ..facts.clone()
    };
    SchedulingEvent::AppointmentCancelled {
        appointment,
        by: CancelledBy::Patient,
    }
}

pub fn booked(facts: &AppointmentFacts) -> SchedulingEvent {
    SchedulingEvent::AppointmentBooked {
        appointment: facts.clone(),
    }
}

impl World {
    pub fn ground(&self) -> &Ground {
        &self.inner.ground
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.ground().clock.now()
    }

    pub fn envelope<E: PublicEvent>(&self, event: &E) -> Envelope {
        Envelope {
            id: self.ground().clock.new_id::<EventId>(),
            domain: E::DOMAIN,
            position: self.position.fetch_add(1, Ordering::SeqCst) + 1,
            aggregate: event.aggregate(),
            name: event.name().to_owned(),
            version: event.version(),
            occurred_at: self.now(),
            traceparent: None,
            payload: serde_json::to_value(event).unwrap(),
        }
    }

    pub async fn deliver(&self, envelope: &Envelope) {
        let mut tx = self.ground().database.begin().await.unwrap();
        match envelope.domain {
            Domain::Identity => {
                AccountsBecomePatients::new(self.ground().clone())
                    .handle(&mut tx, envelope)
                    .await
                    .unwrap();
            }
            Domain::Scheduling => {
                AppointmentsMakeCare::new(self.ground().clone())
                    .handle(&mut tx, envelope)
                    .await
                    .unwrap();
            }
            Domain::Records => {
                GlassOpensPatients.handle(&mut tx, envelope).await.unwrap();
            }
            other @ (Domain::Patients
            | Domain::Practitioners
            | Domain::Notifications
            | Domain::Administration) => {
                panic!("nobody here listens to {other}")
            }
        }
        tx.commit().await.unwrap();
    }

    /// Something happened elsewhere.
    pub async fn hear<E: PublicEvent>(&self, event: &E) {
        self.deliver(&self.envelope(event)).await;
    }

    /// Somebody made an account.
    pub async fn account(&self, user_id: UserId, roles: &[Role], first_name: &str, last_name: &str) {
        self.hear(&registered(
            user_id,
            roles,
            first_name,
            last_name,
            Some("+84912345678"),
        ))
        .await;
    }

    /// The front desk puts a walk-in on record.
    pub async fn walk_in(&self, profile: ProfileChanges) -> Patient {
        let command = RegisterPatient {
            profile,
            guardians: Vec::new(),
        };
        self.patients.register(&nurse(), command).await.unwrap()
    }

    pub async fn born(&self, given: &str, family: &str, born: NaiveDate) -> Patient {
        self.walk_in(ProfileChanges {
            date_of_birth: Change::Set(born),
            ..named(given, family)
        })
        .await
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

    /// Everything this domain has told so far.
    pub async fn told(&self) -> Vec<PatientsEvent> {
        let marker = PatientId::from(Uuid::from_u128(u128::MAX));
        let events = &self.ground().events;
        let mut tx = self.ground().database.begin().await.unwrap();
        let sentinel = PatientsEvent::PatientsUnmerged {
            surviving: marker,
            merged: marker,
        };
        let id = events.append(&mut tx, &[sentinel]).await.unwrap()[0];
        tx.commit().await.unwrap();
        assert!(
            self.ground()
                .bus
                .settle(events, id, Duration::from_secs(20))
                .await,
            "the relay relays"
        );
        let all = events.read_after(0, 10_000).await.unwrap();
        all.iter()
            .filter(|envelope| envelope.aggregate != marker.uuid())
            .map(|envelope| envelope.decode().unwrap().unwrap())
            .collect()
    }
}

pub fn registered(
    user_id: UserId,
    roles: &[Role],
    first_name: &str,
    last_name: &str,
    phone: Option<&str>,
) -> IdentityEvent {
    IdentityEvent::UserRegistered {
        user_id,
        email: format!("{}@example.com", user_id.uuid().as_u128()),
        phone: phone.map(str::to_owned),
        first_name: first_name.into(),
        last_name: last_name.into(),
        locale: "vi".into(),
        time_zone: "Asia/Ho_Chi_Minh".into(),
        roles: roles.to_vec(),
    }
}

pub fn updated(user_id: UserId, phone: Option<&str>, locale: &str) -> IdentityEvent {
    IdentityEvent::UserUpdated {
        user_id,
        email: "new@example.com".into(),
        phone: phone.map(str::to_owned),
        first_name: "Other".into(),
        last_name: "Name".into(),
        locale: locale.into(),
        time_zone: "Asia/Ho_Chi_Minh".into(),
    }
}

/// The code of the first error.
pub fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or("none")
}

pub fn id_of(patient: &Patient) -> Value {
    json!(patient.id.to_string())
}
