//! Two clinics in two zones, two doctors, and a clock that stands at 2026-03-02T08:00Z, a Monday: nine in Berlin, three in
//! the afternoon in Saigon.

use async_graphql::{Request, Variables};
use caregraph_contracts::events::{
    LocationFacts, PatientFacts, PractitionerFacts, PractitionersEvent, SchedulingEvent,
};
use caregraph_contracts::ids::{
    EventId, Id, LocationId, MedicalServiceId, PatientId, PractitionerId, UserId,
};
use caregraph_contracts::{Currency, Domain, Money, PublicEvent, Role};
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::database::Engine;
use caregraph_kit::events::{Envelope, EventHandler};
use caregraph_kit::subgraph::Ground;
use caregraph_kit::testing::{OnEngine, TestWorld, principal};
use caregraph_kit::{Failure, Rejection};
use caregraph_migrations::scheduling::Migrator;
use caregraph_scheduling::availability::{Slot, SlotQuery};
use caregraph_scheduling::graphql::{SchedulingSchema, with_services};
use caregraph_scheduling::handlers::DirectoryHandler;
use caregraph_scheduling::local_time::Hours;
use caregraph_scheduling::medical_service::{Category, MedicalService, SaveMedicalService, TimingRequest};
use caregraph_scheduling::working_hours::{Rule, SetWorkingHours};
use caregraph_scheduling::{SchedulingSettings, Services};
use chrono::{DateTime, NaiveDate, Utc, Weekday};
use serde_json::Value;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use uuid::Uuid;

pub struct World {
    pub inner: TestWorld,
    pub services: Services,
    pub schema: SchedulingSchema,
    position: AtomicI64,
}

impl OnEngine for World {
    async fn on(engine: Engine) -> Self {
        let inner = TestWorld::new::<Migrator>(engine, Domain::Scheduling).await;
        let services = Services::new(&inner.ground, &SchedulingSettings::default());
        let schema = with_services(services.clone());
        let world = Self {
            inner,
            services,
            schema,
            position: AtomicI64::new(0),
        };
        world.location(berlin(), "Europe/Berlin", true).await;
        world.location(saigon(), "Asia/Ho_Chi_Minh", true).await;
        world.practitioner(&facts(an(), "Dr. An")).await;
        world.practitioner(&facts(binh(), "Dr. Bình")).await;
        world
    }
}

pub fn id<I: From<Uuid>>(n: u128) -> I {
    I::from(Uuid::from_u128(n))
}

pub fn berlin() -> LocationId {
    id(1)
}

pub fn saigon() -> LocationId {
    id(2)
}

pub fn an() -> PractitionerId {
    id(11)
}

pub fn binh() -> PractitionerId {
    id(12)
}

/// Nobody and nothing.
pub fn unknown<I: From<Uuid>>() -> I {
    id(0xdead)
}

pub fn admin() -> Principal {
    principal(id(21), &[Role::Admin])
}

pub fn nurse() -> Principal {
    principal(id(22), &[Role::Nurse])
}

pub fn patient() -> Principal {
    principal(id(23), &[Role::Patient])
}

/// The doctor behind a practitioner's account.
pub fn doctor(practitioner: PractitionerId) -> Principal {
    principal(practitioner.as_user(), &[Role::Doctor])
}

pub fn facts(practitioner_id: PractitionerId, name: &str) -> PractitionerFacts {
    PractitionerFacts {
        practitioner_id,
        display_name: name.to_owned(),
        licence_expires_on: None,
        accepting_new_patients: true,
        active: true,
        locations: vec![berlin()],
    }
}

pub fn patient_facts(n: u128, guardians: &[UserId]) -> PatientFacts {
    PatientFacts {
        patient_id: id::<PatientId>(n),
        user_id: None,
        guardians: guardians.to_vec(),
        display_name: "Nguyễn An".to_owned(),
        preferred_language: "vi".to_owned(),
        deceased: false,
        date_of_birth: None,
        sex_at_birth: None,
    }
}

pub fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// The Tuesday after the Monday on which the clock stands.
pub fn tuesday() -> NaiveDate {
    date(2026, 3, 3)
}

/// An instant; seconds may be left out.
pub fn at(text: &str) -> DateTime<Utc> {
    let text = text.replace('Z', "+00:00");
    let short = DateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M%:z");
    short
        .or_else(|_| DateTime::parse_from_rfc3339(&text))
        .unwrap()
        .to_utc()
}

pub fn hours(start: &str, end: &str) -> Hours {
    Hours::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

pub fn rule(weekday: Weekday, start: &str, end: &str, location: LocationId) -> Rule {
    Rule {
        weekday,
        hours: hours(start, end),
        location,
        valid_from: None,
        valid_to: None,
    }
}

/// A consultation of half an hour, offered every half an hour.
pub fn consultation(practitioners: &[PractitionerId]) -> SaveMedicalService {
    SaveMedicalService {
        id: None,
        expected_version: None,
        code: "CONSULT".to_owned(),
        name: "Tư vấn".to_owned(),
        category: Category::SpecialistConsultation,
        timing: TimingRequest {
            slot_step_minutes: 30,
            ..TimingRequest::of(30)
        },
        fee: Money::new(250_000.into(), Currency::Vnd).unwrap(),
        practitioners: practitioners.to_vec(),
        active: true,
    }
}

/// The same service with something changed.
pub fn again(service: &MedicalService, practitioners: &[PractitionerId]) -> SaveMedicalService {
    SaveMedicalService {
        id: Some(service.id),
        expected_version: Some(service.version),
        code: service.details.code.clone(),
        name: service.details.name.clone(),
        category: service.details.category,
        timing: service.details.timing.minutes(),
        fee: service.details.fee,
        practitioners: practitioners.to_vec(),
        active: service.details.active,
    }
}

pub fn query(service_id: MedicalServiceId, from: NaiveDate, to: NaiveDate) -> SlotQuery {
    SlotQuery {
        service_id,
        practitioner_id: None,
        location_id: None,
        from,
        to,
        for_staff: false,
    }
}

/// The starts as the clock at the place shows them.
pub fn shown(slots: &[Slot]) -> Vec<String> {
    slots
        .iter()
        .map(|slot| {
            slot.start
                .with_timezone(&slot.time_zone)
                .format("%d %H:%M")
                .to_string()
        })
        .collect()
}

/// Where the refusals of a failure point to.
pub fn paths<R: Into<Rejection>>(failure: Failure<R>) -> Vec<String> {
    let Failure::Refused(refusals) = failure else {
        panic!("should be refused")
    };
    refusals
        .into_iter()
        .map(|refusal| match refusal.into() {
            Rejection::Invalid { path, .. }
            | Rejection::NotFound { path, .. }
            | Rejection::Conflict { path, .. } => path.join("."),
            Rejection::NotAllowed { message } => message,
        })
        .collect()
}

/// The code of the first error.
pub fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or("none")
}

impl World {
    pub fn ground(&self) -> &Ground {
        &self.inner.ground
    }

    pub async fn location(&self, location_id: LocationId, time_zone: &str, active: bool) {
        let location = LocationFacts {
            location_id,
            name: "Clinic".to_owned(),
            time_zone: time_zone.to_owned(),
            active,
        };
        self.hear(&PractitionersEvent::LocationSaved { location }).await;
    }

    pub async fn practitioner(&self, facts: &PractitionerFacts) {
        self.hear(&PractitionersEvent::PractitionerUpdated {
            practitioner: facts.clone(),
        })
        .await;
    }

    /// Sets a week.
    pub async fn week(&self, practitioner: PractitionerId, rules: Vec<Rule>) {
        let command = SetWorkingHours { practitioner, rules };
        self.services.working_hours.set(&admin(), command).await.unwrap();
    }

    /// The same hours from Monday to Friday.
    pub async fn weekdays(&self, practitioner: PractitionerId, start: &str, end: &str, location: LocationId) {
        let days = [
            Weekday::Mon,
            Weekday::Tue,
            Weekday::Wed,
            Weekday::Thu,
            Weekday::Fri,
        ];
        self.week(
            practitioner,
            days.map(|day| rule(day, start, end, location)).to_vec(),
        )
        .await;
    }

    pub async fn save(&self, command: SaveMedicalService) -> MedicalService {
        self.services.catalogue.save(&admin(), command).await.unwrap()
    }

    pub async fn free(&self, query: SlotQuery) -> Vec<Slot> {
        self.services.availability.free_slots(query).await.unwrap()
    }

    /// The event as it would arrive.
    pub fn envelope<E: PublicEvent>(&self, event: &E) -> Envelope {
        Envelope {
            id: self.ground().clock.new_id::<EventId>(),
            domain: E::DOMAIN,
            position: self.position.fetch_add(1, Ordering::SeqCst) + 1,
            aggregate: event.aggregate(),
            name: event.name().to_owned(),
            version: event.version(),
            occurred_at: self.ground().clock.now(),
            traceparent: None,
            payload: serde_json::to_value(event).unwrap(),
        }
    }

    /// Another domain's event arrives.
    pub async fn deliver(&self, envelope: &Envelope) {
        let mut tx = self.ground().database.begin().await.unwrap();
        let handler = DirectoryHandler::new(self.ground().events.clone());
        handler.handle(&mut tx, envelope).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Something happened elsewhere.
    pub async fn hear<E: PublicEvent>(&self, event: &E) {
        self.deliver(&self.envelope(event)).await;
    }

    /// Whose times this domain has said to have changed since the last time it was asked.
    pub async fn changed_times(&self, since: &mut i64) -> Vec<PractitionerId> {
        let marker: PractitionerId = id(0xffff);
        let events = &self.ground().events;
        let mut tx = self.ground().database.begin().await.unwrap();
        let sentinel = SchedulingEvent::AvailabilityChanged {
            practitioner_id: marker,
        };
        let sentinel = events.append(&mut tx, &[sentinel]).await.unwrap()[0];
        tx.commit().await.unwrap();
        let relayed = self
            .ground()
            .bus
            .settle(events, sentinel, Duration::from_secs(20))
            .await;
        assert!(relayed, "the relay relays");
        let told = events.read_after(*since, 10_000).await.unwrap();
        *since = told.last().map_or(*since, |last| last.position);
        let told = told.iter().filter(|envelope| envelope.aggregate != marker.uuid());
        told.map(|envelope| match envelope.decode().unwrap().unwrap() {
            SchedulingEvent::AvailabilityChanged { practitioner_id } => practitioner_id,
            other => panic!("{other:?}"),
        })
        .collect()
    }

    /// What a client gets: data and errors.
    pub async fn ask(&self, who: &Principal, query: &str, variables: Value) -> Value {
        let request = Request::new(query)
            .variables(Variables::from_json(variables))
            .data(who.clone())
            .data(RequestInfo {
                request_id: "test".into(),
                ..Default::default()
            });
        serde_json::to_value(self.schema.execute(request).await).unwrap()
    }
}
