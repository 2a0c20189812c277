//! A clinic to book in: doctors who work from 08:00 to 18:00 on every day, a front desk, patients.

use caregraph_contracts::events::{LocationFacts, PatientFacts, PractitionerFacts};
use caregraph_contracts::ids::{
    AppointmentId, LocationId, MedicalServiceId, PatientId, PractitionerId, UserId,
};
use caregraph_contracts::{Currency, Domain, Money, Role};
use caregraph_kit::Failure;
use caregraph_kit::auth::Principal;
use caregraph_kit::database::Engine;
use caregraph_kit::graphql::PageArgs;
use caregraph_kit::subgraph::Ground;
use caregraph_kit::testing::{OnEngine, TestWorld, eventually, principal};
use caregraph_migrations::scheduling::Migrator;
use caregraph_scheduling::appointment::model::Change;
use caregraph_scheduling::appointment::{
    Appointment, AppointmentService, Book, BookRefusal, Cancel, ListAppointments, Reschedule,
    VisibleAppointment,
};
use caregraph_scheduling::directory::store as directory;
use caregraph_scheduling::hold::HoldService;
use caregraph_scheduling::local_time::Hours;
use caregraph_scheduling::medical_service::{Category, SaveMedicalService, TimingRequest};
use caregraph_scheduling::working_hours::{Rule, SetWorkingHours};
use caregraph_scheduling::{SchedulingSettings, Services};
use chrono::{DateTime, TimeDelta, Utc, Weekday};
use sea_orm::{ConnectionTrait, Statement};
use std::sync::atomic::{AtomicU64, Ordering};

/// Somebody with an account.
#[derive(Clone)]
pub struct Person {
    pub user: UserId,
    pub principal: Principal,
}

impl Person {
    pub fn patient_id(&self) -> PatientId {
        PatientId::of_user(self.user)
    }

    pub fn practitioner_id(&self) -> PractitionerId {
        PractitionerId::of_user(self.user)
    }
}

/// The use cases of one process.
#[derive(Clone)]
pub struct Process {
    pub ground: Ground,
    pub services: Services,
    pub appointments: AppointmentService,
    pub holds: HoldService,
}

impl Process {
    pub fn on(ground: Ground) -> Self {
        let services = Services::new(&ground, &SchedulingSettings::default());
        Self {
            appointments: services.appointments.clone(),
            holds: services.holds.clone(),
            services,
            ground,
        }
    }
}

/// The clinic.
pub struct Clinic {
    pub world: TestWorld,
    pub here: Process,
    pub location: LocationId,
    /// Two doctors who offer everything that [`Clinic::offer`] adds.
    pub doctors: [Person; 2],
    /// A nurse at the front desk.
    pub nurse: Person,
    pub admin: Person,
    /// A checkup of 30 minutes without buffers, offered every 30 minutes.
    pub checkup: MedicalServiceId,
    position: AtomicU64,
}

impl OnEngine for Clinic {
    async fn on(engine: Engine) -> Self {
        let world = TestWorld::new::<Migrator>(engine, Domain::Scheduling).await;
        let here = Process::on(world.ground.clone());
        let person = |role| {
            let user: UserId = world.ground.clock.new_id();
            Person {
                user,
                principal: principal(user, &[role]),
            }
        };
        let mut clinic = Self {
            location: world.ground.clock.new_id(),
            doctors: [person(Role::Doctor), person(Role::Doctor)],
            nurse: person(Role::Nurse),
            admin: person(Role::Admin),
            checkup: world.ground.clock.new_id(),
            position: AtomicU64::new(0),
            here,
            world,
        };
        clinic.furnish().await;
        clinic.checkup = clinic.offer("CHECKUP", (30, 0, 0, 30)).await;
        clinic
    }
}

impl Clinic {
    fn next_position(&self) -> i64 {
        i64::try_from(self.position.fetch_add(1, Ordering::Relaxed)).unwrap() + 1
    }

    async fn furnish(&self) {
        let connection = self.here.ground.database.reader();
        let location = LocationFacts {
            location_id: self.location,
            name: "District 1".to_owned(),
            time_zone: "Asia/Ho_Chi_Minh".to_owned(),
            active: true,
        };
        directory::keep_location(connection, &location, self.next_position())
            .await
            .unwrap();
        for doctor in &self.doctors {
            self.practises(doctor, true).await;
            let every_day = [
                Weekday::Mon,
                Weekday::Tue,
                Weekday::Wed,
                Weekday::Thu,
                Weekday::Fri,
                Weekday::Sat,
                Weekday::Sun,
            ];
            let rules = every_day.map(|weekday| Rule {
                weekday,
                hours: Hours::new("08:00".parse().unwrap(), "18:00".parse().unwrap()).unwrap(),
                location: self.location,
                valid_from: None,
                valid_to: None,
            });
            let week = SetWorkingHours {
                practitioner: doctor.practitioner_id(),
                rules: rules.to_vec(),
            };
            self.here
                .services
                .working_hours
                .set(&self.admin.principal, week)
                .await
                .unwrap();
        }
    }

    /// Says that a doctor works here, or does not any more.
    pub async fn practises(&self, doctor: &Person, active: bool) {
        let facts = PractitionerFacts {
            practitioner_id: doctor.practitioner_id(),
            display_name: "Dr. Trần Thị Mai".to_owned(),
            licence_expires_on: None,
            accepting_new_patients: true,
            active,
            locations: vec![self.location],
        };
        directory::keep_practitioner(self.here.ground.database.reader(), &facts, self.next_position())
            .await
            .unwrap();
    }

    /// Adds a service of both doctors: minutes of the visit, before, after, and between starts.
    pub async fn offer(&self, code: &str, timing: (i32, i32, i32, i32)) -> MedicalServiceId {
        self.offer_by(&self.doctors.each_ref(), code, timing).await
    }

    /// Adds a service of some doctors.
    pub async fn offer_by(
        &self,
        doctors: &[&Person],
        code: &str,
        (duration, before, after, step): (i32, i32, i32, i32),
    ) -> MedicalServiceId {
        let service = SaveMedicalService {
            id: None,
            expected_version: None,
            code: code.to_owned(),
            name: format!("Service {code}"),
            category: Category::GeneralCheckup,
            timing: TimingRequest {
                duration_minutes: duration,
                buffer_before_minutes: before,
                buffer_after_minutes: after,
                slot_step_minutes: step,
            },
            fee: Money::new(250_000.into(), Currency::Vnd).unwrap(),
            practitioners: doctors.iter().map(|doctor| doctor.practitioner_id()).collect(),
            active: true,
        };
        self.here
            .services
            .catalogue
            .save(&self.admin.principal, service)
            .await
            .unwrap()
            .id
    }

    /// A patient whom the directory knows.
    pub async fn patient(&self) -> Person {
        let person = self.newcomer();
        self.knows(person.patient_id(), Some(person.user), &[]).await;
        person
    }

    /// Somebody who has just registered, of whom the directory has not heard.
    pub fn newcomer(&self) -> Person {
        let user: UserId = self.here.ground.clock.new_id();
        Person {
            user,
            principal: principal(user, &[Role::Patient]),
        }
    }

    /// Tells the directory of a patient, or of new guardians of one.
    pub async fn knows(&self, patient_id: PatientId, user_id: Option<UserId>, guardians: &[UserId]) {
        self.keep_patient(patient_id, user_id, guardians, false).await;
    }

    pub async fn keep_patient(
        &self,
        patient_id: PatientId,
        user_id: Option<UserId>,
        guardians: &[UserId],
        deceased: bool,
    ) {
        let facts = PatientFacts {
            patient_id,
            user_id,
            guardians: guardians.to_vec(),
            display_name: "Nguyễn Văn An".to_owned(),
            preferred_language: "vi".to_owned(),
            deceased,
            date_of_birth: None,
            sex_at_birth: None,
        };
        directory::keep_patient(self.here.ground.database.reader(), &facts, self.next_position())
            .await
            .unwrap();
    }

    /// A checkup with the first doctor, for whoever books.
    pub fn checkup_at(&self, start: DateTime<Utc>) -> Book {
        Book {
            service_id: self.checkup,
            practitioner_id: self.doctors[0].practitioner_id(),
            start,
            patient_id: None,
            reason: None,
            note_for_doctor: None,
            hold_id: None,
            idempotency_key: self.key(),
        }
    }

    /// Somebody books.
    pub async fn book(&self, who: &Person, wish: Book) -> Result<VisibleAppointment, Failure<BookRefusal>> {
        self.here.appointments.book(&who.principal, wish).await
    }

    /// A fresh idempotency key.
    pub fn key(&self) -> String {
        self.here.ground.clock.new_id::<uuid::Uuid>().to_string()
    }

    /// A visit of a patient that the practice has confirmed.
    pub async fn confirmed_visit(&self, patient: &Person, start: DateTime<Utc>) -> VisibleAppointment {
        let booked = self
            .here
            .appointments
            .book(&patient.principal, self.checkup_at(start))
            .await
            .unwrap();
        self.here
            .appointments
            .confirm(&self.nurse.principal, booked.appointment.id)
            .await
            .unwrap()
    }

    pub fn move_to(&self, visit: &VisibleAppointment, start: DateTime<Utc>) -> Reschedule {
        Reschedule {
            id: visit.appointment.id,
            start,
            practitioner_id: None,
            reason: None,
            idempotency_key: self.key(),
        }
    }

    /// The appointment as the front desk sees it now.
    pub async fn look_at(&self, id: AppointmentId) -> Appointment {
        let found = self
            .here
            .appointments
            .find(&self.nurse.principal, id)
            .await
            .unwrap();
        found.unwrap().appointment
    }

    /// What happened to an appointment, as its history tells.
    pub async fn history(&self, id: AppointmentId) -> Vec<Change> {
        self.here
            .appointments
            .history(&self.nurse.principal, id)
            .await
            .unwrap()
            .unwrap()
    }

    /// All appointments, as the front desk sees them.
    pub async fn everything(&self) -> Vec<Appointment> {
        self.list(&self.nurse, ListAppointments::default(), 100).await
    }

    /// A whole list, read page by page.
    pub async fn list(&self, who: &Person, wanted: ListAppointments, first: usize) -> Vec<Appointment> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let page = PageArgs { first, after };
            let mut rows = self
                .here
                .appointments
                .list(&who.principal, wanted.clone(), &page)
                .await
                .unwrap();
            let more = rows.len() > first;
            rows.truncate(first);
            after = rows.last().map(|(key, _)| *key);
            all.extend(rows.into_iter().map(|(_, visible)| visible.appointment));
            if !more {
                return all;
            }
        }
    }

    /// Where the log ends when everything that was committed is in it. Whoever follows without a cursor starts where the
    /// relay stands, which may be a little earlier.
    pub async fn end_of_log(&self) -> i64 {
        let ground = &self.here.ground;
        let reader = ground.database.reader();
        let waiting = "SELECT id FROM event_outbox WHERE position IS NULL";
        let waiting = Statement::from_string(reader.get_database_backend(), waiting);
        eventually("the relay is done", async || {
            reader
                .query_all_raw(waiting.clone())
                .await
                .unwrap()
                .is_empty()
                .then_some(())
        })
        .await;
        ground.events.head().await.unwrap()
    }

    /// Moves the clock.
    pub fn at(&self, now: DateTime<Utc>) {
        self.here.ground.clock.set(now);
    }
}

pub fn cancel(id: AppointmentId) -> Cancel {
    Cancel {
        id,
        reason: "Changed plans".to_owned(),
        on_behalf_of_patient: false,
    }
}

/// Tomorrow, a Tuesday, at a time of the clinic's clocks.
pub fn tomorrow(hour: i64, minute: i64) -> DateTime<Utc> {
    let midnight = DateTime::parse_from_rfc3339("2026-03-03T00:00:00+07:00")
        .unwrap()
        .to_utc();
    midnight + TimeDelta::hours(hour) + TimeDelta::minutes(minute)
}
