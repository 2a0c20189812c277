//! The people of the table, and fresh things for them to try their hands on.

use super::charts::Charts;
use crate::harness::{Clinic, Graph, PASSWORD, Person, Program, Stores};
use caregraph_kit::Clock;
use caregraph_kit::database::Engine;
use caregraph_kit::testing::eventually;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Somebody who tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Nobody,
    Owner,
    Stranger,
    Doctor,
    OtherDoctor,
    Nurse,
    Admin,
}

impl Who {
    pub const ALL: [Self; 7] = [
        Self::Nobody,
        Self::Owner,
        Self::Stranger,
        Self::Doctor,
        Self::OtherDoctor,
        Self::Nurse,
        Self::Admin,
    ];
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "nobody",
            Self::Owner => "owner",
            Self::Stranger => "stranger",
            Self::Doctor => "doctor",
            Self::OtherDoctor => "other doctor",
            Self::Nurse => "nurse",
            Self::Admin => "admin",
        })
    }
}

/// What the owner told the doctor; not for everybody's eyes.
pub const REASON: &str = "a cough that will not go away";
/// What the doctor wrote.
pub const DOCTORS_NOTES: &str = "sounds like asthma";
/// Why the doctor is away.
pub const ABSENCE_REASON: &str = "an operation of my own";

pub struct World {
    pub stores: Stores,
    program: Program,
    pub clinic: Clinic,
    pub owner: Person,
    pub stranger: Person,
    /// Somebody to be made a guardian.
    pub relative: Person,
    /// The owner's visit, with reason and notes.
    pub appointment: String,
    /// What stands in medical records.
    pub charts: Charts,
    free: Mutex<Vec<String>>,
    hold: Mutex<Option<String>>,
    count: AtomicUsize,
}

impl World {
    pub async fn new() -> Self {
        let stores = Stores::new(Engine::Sqlite);
        let (clinic, program) = Clinic::open(&stores).await;
        let public = program.graph();
        let owner = Person::register(&stores, &public, "owner@clinic.test").await;
        let stranger = Person::register(&stores, &public, "stranger@clinic.test").await;
        let relative = Person::register(&stores, &public, "relative@clinic.test").await;
        let slots = owner.free_slots(&clinic.service, &clinic.doctors[0]).await;
        // Visits last half an hour and start every quarter: every second one is free of the one before.
        let free = slots.into_iter().step_by(2).rev().collect();
        let mut world = Self {
            stores,
            program,
            clinic,
            owner,
            stranger,
            relative,
            appointment: String::new(),
            charts: Charts::default(),
            free: Mutex::new(free),
            hold: Mutex::new(None),
            count: AtomicUsize::new(0),
        };
        world.appointment = world.book().await;
        let notes = json!({ "id": world.appointment, "doctorsNotes": DOCTORS_NOTES });
        world
            .command(Who::Doctor, "updateAppointmentNotes", notes, "appointment { id }")
            .await;
        world.add_absence(ABSENCE_REASON).await;
        // The care relationship follows from the booking, which travels as an event.
        eventually("the doctor cares for the owner", || async {
            let document = "query ($id: ID!) { patient(id: $id) { id } }";
            let seen = world
                .graph(Who::Doctor)
                .data(document, json!({ "id": world.owner.id }))
                .await;
            seen["patient"].is_object().then_some(())
        })
        .await;
        world.charts = world.write_charts().await;
        world
    }

    pub fn graph(&self, who: Who) -> Graph {
        match who {
            Who::Nobody => self.program.graph(),
            Who::Owner => self.owner.graph.clone(),
            Who::Stranger => self.stranger.graph.clone(),
            Who::Doctor => self.clinic.doctors[0].graph.clone(),
            Who::OtherDoctor => self.clinic.doctors[1].graph.clone(),
            Who::Nurse => self.clinic.nurse.graph.clone(),
            Who::Admin => self.clinic.admin.graph.clone(),
        }
    }

    pub fn doctor(&self) -> &Person {
        &self.clinic.doctors[0]
    }

    /// A number that was not given before.
    pub fn next(&self) -> usize {
        self.count.fetch_add(1, Relaxed)
    }

    /// A name that nobody has.
    pub fn name(&self) -> String {
        format!("Name {}", self.next())
    }

    /// An idempotency key that was not used before.
    pub fn key(&self) -> String {
        format!("key-{}", self.next())
    }

    pub fn email(&self) -> String {
        format!("person{}@clinic.test", self.next())
    }

    /// Does what must succeed, to set a scene.
    pub async fn command(&self, who: Who, field: &str, input: Value, result: &str) -> Value {
        let (first, rest) = field.split_at(1);
        let input_type = format!("{}{rest}Input", first.to_uppercase());
        let document = format!(
            "mutation ($input: {input_type}!) {{ {field}(input: $input) {{ {result} errors {{ __typename ... on UserError {{ message path }} }} }} }}"
        );
        self.graph(who)
            .done(field, &document, json!({ "input": input }))
            .await
    }

    /// A time of the doctor's that nobody has.
    pub fn slot(&self) -> String {
        self.free
            .lock()
            .unwrap()
            .pop()
            .expect("the week is long enough for the table")
    }

    /// What booking takes for a slot of the doctor's.
    pub fn visit(&self) -> Value {
        json!({
            "serviceId": self.clinic.service, "practitionerId": self.doctor().id, "start": self.slot(),
            "patientId": self.owner.id,
        })
    }

    pub fn booking(&self) -> Value {
        let mut input = self.visit();
        input["reason"] = json!(REASON);
        input["idempotencyKey"] = json!(self.key());
        input
    }

    /// A visit of the owner's with the doctor.
    pub async fn book(&self) -> String {
        let booked = self
            .command(
                Who::Owner,
                "bookAppointment",
                self.booking(),
                "appointment { id }",
            )
            .await;
        id(&booked["appointment"])
    }

    /// A slot that the owner holds, the only one.
    pub async fn hold(&self) -> String {
        let last = self.hold.lock().unwrap().take();
        if let Some(last) = last {
            let document =
                "mutation ($input: ReleaseHoldInput!) { releaseHold(input: $input) { releasedId } }";
            self.owner
                .graph
                .data(document, json!({ "input": { "id": last } }))
                .await;
        }
        let held = self
            .command(Who::Owner, "holdSlot", self.visit(), "hold { id }")
            .await;
        let hold = id(&held["hold"]);
        *self.hold.lock().unwrap() = Some(hold.clone());
        hold
    }

    /// A day far behind all visits, each time another one.
    pub fn far_day(&self) -> String {
        let day = Clock::system().now().date_naive() + chrono::Days::new(30 + self.next() as u64 % 300);
        day.to_string()
    }

    pub async fn add_absence(&self, reason: &str) -> String {
        let day = self.far_day();
        let input =
            json!({ "practitionerId": self.doctor().id, "firstDay": day, "lastDay": day, "reason": reason });
        id(&self
            .command(Who::Doctor, "addAbsence", input, "absence { id }")
            .await["absence"])
    }

    pub fn extra_hours(&self) -> Value {
        let (day, location) = (self.far_day(), &self.clinic.location);
        json!({ "practitionerId": self.doctor().id, "date": day, "start": "18:00", "end": "19:00", "locationId": location })
    }

    /// A fresh account of a patient.
    pub async fn somebody(&self) -> Person {
        Person::register(&self.stores, &self.program.graph(), &self.email()).await
    }

    /// A fresh practitioner.
    pub async fn colleague(&self) -> Person {
        let colleague = self
            .clinic
            .admin
            .invite(&self.stores, &self.email(), &["DOCTOR"])
            .await;
        self.clinic
            .admin
            .employ(&colleague, &self.name(), &json!(self.clinic.location))
            .await;
        colleague
    }

    /// Somebody of the same roles, whose sessions may end.
    pub async fn stand_in(&self, who: Who) -> Option<Person> {
        let role = match who {
            Who::Nobody => return None,
            Who::Owner | Who::Stranger => return Some(self.somebody().await),
            Who::Doctor | Who::OtherDoctor => "DOCTOR",
            Who::Nurse => "NURSE",
            Who::Admin => "ADMIN",
        };
        Some(
            self.clinic
                .admin
                .invite(&self.stores, &self.email(), &[role])
                .await,
        )
    }

    /// A further session of the owner's.
    pub async fn owners_session(&self) -> Person {
        Person::sign_in(&self.program.graph(), &self.owner.email, PASSWORD).await
    }

    /// A dependant of the owner's for whom the doctor cares.
    pub async fn dependant(&self) -> String {
        // At the front desk, because owners add only so many themselves.
        let guardians = json!([{ "guardianId": self.owner.id, "relationship": "PARENT" }]);
        let input = json!({ "givenName": "An", "familyName": self.name(), "guardians": guardians });
        let registered = self
            .command(Who::Nurse, "registerPatient", input, "patient { id }")
            .await;
        let dependant = id(&registered["patient"]);
        self.command(
            Who::Nurse,
            "assignCareTeam",
            self.team_of(&dependant),
            "patient { id }",
        )
        .await;
        dependant
    }

    /// The account of somebody who is signed in.
    pub async fn id_of(&self, who: Who) -> Option<String> {
        let (_, answer) = self.graph(who).send("{ me { id } }", json!({})).await;
        answer["data"]["me"]["id"].as_str().map(str::to_owned)
    }

    /// The doctor as the whole team of a patient.
    pub fn team_of(&self, patient: &str) -> Value {
        json!({ "patientId": patient, "members": [{ "practitionerId": self.doctor().id, "role": "PRIMARY_PHYSICIAN" }] })
    }

    /// The token in a message to an address that came after those that are there already.
    pub async fn fresh_token(&self, email: &str, before: Option<String>) -> String {
        eventually("a new message arrives", || async {
            let token = crate::harness::mailed_token(&self.stores, email).await;
            (Some(&token) != before.as_ref()).then_some(token)
        })
        .await
    }

    /// A visit of the owner's is booked, which concerns the doctor's free times too.
    pub async fn let_something_happen(&self) {
        self.book().await;
    }
}

/// The id of something that was made.
pub fn id(thing: &Value) -> String {
    thing["id"]
        .as_str()
        .unwrap_or_else(|| panic!("no id: {thing}"))
        .to_owned()
}
