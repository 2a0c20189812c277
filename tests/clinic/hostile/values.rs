//! Well-formed requests with values that cannot be meant: on every engine, because these reach the stores.

mod asked;
mod measures;
mod records;
mod trail;

use super::answers::Answers;
use super::ledger::Ledger;
use crate::harness::{Clinic, Graph, Person, Stores};
use caregraph_kit::Clock;
use caregraph_kit::on_every_engine;
use serde_json::{Value, json};

/// Of nothing.
const UNKNOWN: &str = "018f0000-0000-7000-8000-000000000000";

const MALFORMED: [&str; 6] = [
    "",
    "1",
    "'; DROP TABLE users; --",
    "018f0000-0000-7000-8000-00000000000g",
    "%",
    "\u{0}",
];

on_every_engine! {
    async fn values_that_cannot_be_meant_are_refused_and_change_nothing(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        let owner = Person::register(&stores, &program.graph(), "owner@clinic.test").await;
        let stranger = Person::register(&stores, &program.graph(), "stranger@clinic.test").await;
        let doctor = &clinic.doctors[0];
        let start = owner.free_slots(&clinic.service, doctor).await[0].clone();
        let appointment = owner.book(&clinic.service, doctor, &start).await;
        // The care relationship follows from the booking, which travels as an event.
        caregraph_kit::testing::eventually("the doctor treats the owner", || async {
            let document = "query ($id: ID!) { medicalRecord(patientId: $id) { accessBasis } }";
            let seen = clinic.doctors[0].graph.data(document, json!({ "id": owner.id })).await;
            seen["medicalRecord"].is_object().then_some(())
        })
        .await;
        let allergy = json!({ "patientId": owner.id, "substance": "pollen", "category": "ENVIRONMENT" });
        let allergy = made(&clinic.doctors[0].graph, "recordAllergy", "allergy", allergy).await;
        let encounter = json!({ "patientId": owner.id, "chiefComplaint": "a cough", "notes": "no fever" });
        let encounter = made(&clinic.doctors[0].graph, "startEncounter", "encounter", encounter).await;
        let scene = Scene { clinic, owner, stranger, appointment, start, allergy, encounter };
        // Everything that the preparations set in motion has arrived when the doctor sees the new patient.
        caregraph_kit::testing::eventually("the doctor cares for the owner", || async {
            let seen = scene.clinic.doctors[0].graph.data("query ($id: ID!) { patient(id: $id) { id } }", json!({ "id": scene.owner.id }));
            seen.await["patient"].is_object().then_some(())
        })
        .await;

        let written = scene.written_in_records().await;
        let before = Ledger::read(&stores).await;
        let mut answers = Answers::default();
        let commands = [
            scene.ids(), scene.times(), scene.amounts(), scene.ids_in_records(), scene.measures(), scene.amounts_in_records(),
        ];
        for (what, graph, field, input) in commands.into_iter().flatten() {
            answers.refused(&what, graph.send(&mutation(field), json!({ "input": input })).await);
        }
        for (what, graph, document, variables) in scene.questions().into_iter().chain(scene.questions_about_records()) {
            answers.refused(&what, graph.send(document, variables).await);
        }
        // One snapshot for all engines: the answer does not depend on the store.
        crate::hostile::compare("hostile_values", answers);
        assert_eq!(Ledger::read(&stores).await, before);
        assert_eq!(scene.written_in_records().await, written);
    }
}

struct Scene {
    clinic: Clinic,
    owner: Person,
    stranger: Person,
    appointment: String,
    /// When it begins.
    start: String,
    /// In the owner's record.
    allergy: String,
    /// What the doctor writes about the owner, not signed.
    encounter: String,
}

type Command = (String, Graph, &'static str, Value);
type Question = (String, Graph, &'static str, Value);

impl Scene {
    fn booking(&self, changes: &[(&str, Value)]) -> Value {
        let mut input = json!({
            "serviceId": self.clinic.service, "practitionerId": self.clinic.doctors[0].id, "start": self.start,
            "patientId": self.owner.id, "idempotencyKey": "one",
        });
        for (field, value) in changes {
            input[*field] = value.clone();
        }
        input
    }

    /// Ids of nothing, of somebody else's, and no ids at all.
    fn ids(&self) -> Vec<Command> {
        let (owner, stranger, nurse) = (&self.owner.graph, &self.stranger.graph, &self.clinic.nurse.graph);
        let (doctor, admin) = (&self.clinic.doctors[0].graph, &self.clinic.admin.graph);
        let mut cases = Vec::new();
        let ids = std::iter::once(UNKNOWN).chain(MALFORMED);
        for id in ids {
            let mut case = |graph: &Graph, field: &'static str, input: Value| {
                cases.push((
                    format!("{field} with the id {id:?}: {}", keys(&input)),
                    graph.clone(),
                    field,
                    input,
                ));
            };
            for field in ["serviceId", "practitionerId", "patientId", "holdId"] {
                case(owner, "bookAppointment", self.booking(&[(field, json!(id))]));
            }
            case(owner, "cancelAppointment", json!({ "id": id, "reason": "x" }));
            case(
                owner,
                "rescheduleAppointment",
                json!({ "id": id, "start": self.start, "idempotencyKey": "two" }),
            );
            case(nurse, "confirmAppointment", json!({ "id": id }));
            case(nurse, "completeAppointment", json!({ "id": id }));
            case(owner, "releaseHold", json!({ "id": id }));
            case(doctor, "removeAbsence", json!({ "id": id }));
            case(doctor, "removeExtraHours", json!({ "id": id }));
            case(
                nurse,
                "addAbsence",
                json!({ "practitionerId": id, "firstDay": "2030-01-01", "lastDay": "2030-01-01" }),
            );
            case(nurse, "updatePatient", json!({ "id": id, "occupation": "x" }));
            case(nurse, "assignCareTeam", json!({ "patientId": id, "members": [] }));
            case(
                owner,
                "linkGuardian",
                json!({ "patientId": self.owner.id, "guardianId": id, "relationship": "OTHER" }),
            );
            case(admin, "updatePractitioner", json!({ "id": id, "biography": "x" }));
            case(
                admin,
                "createPractitioner",
                json!({ "userId": id, "displayName": "X", "profession": "TECHNICIAN" }),
            );
            case(admin, "saveDepartment", json!({ "id": id, "name": "x" }));
            case(admin, "suspendUser", json!({ "userId": id, "reason": "x" }));
            case(admin, "assignRoles", json!({ "userId": id, "roles": ["NURSE"] }));
            case(owner, "revokeSession", json!({ "sessionId": id }));
        }
        let mut foreign = |field: &'static str, input: Value| {
            cases.push((
                format!("{field} of somebody else's: {}", keys(&input)),
                stranger.clone(),
                field,
                input,
            ));
        };
        foreign("bookAppointment", self.booking(&[]));
        foreign(
            "cancelAppointment",
            json!({ "id": self.appointment, "reason": "x" }),
        );
        foreign(
            "rescheduleAppointment",
            json!({ "id": self.appointment, "start": self.start, "idempotencyKey": "x" }),
        );
        foreign(
            "updateAppointmentNotes",
            json!({ "id": self.appointment, "noteForDoctor": "x" }),
        );
        foreign("updatePatient", json!({ "id": self.owner.id, "occupation": "x" }));
        foreign(
            "unlinkGuardian",
            json!({ "patientId": self.owner.id, "guardianId": self.owner.id }),
        );
        cases
    }

    /// Times at which nobody can come.
    fn times(&self) -> Vec<Command> {
        let owner = &self.owner.graph;
        let now = Clock::system().now();
        let on_grid: chrono::DateTime<chrono::Utc> = self.start.parse().unwrap();
        let shifted = |delta: chrono::TimeDelta| json!((on_grid + delta).to_rfc3339());
        let mut cases = Vec::new();
        for (what, start) in [
            (
                "a minute ago",
                json!((now - chrono::TimeDelta::minutes(1)).to_rfc3339()),
            ),
            ("last year", shifted(chrono::TimeDelta::days(-365))),
            ("off the grid by a minute", shifted(chrono::TimeDelta::minutes(1))),
            (
                "off the grid by a millisecond",
                shifted(chrono::TimeDelta::milliseconds(1)),
            ),
            ("outside working hours", shifted(chrono::TimeDelta::hours(12))),
            ("beyond the horizon", shifted(chrono::TimeDelta::days(400))),
            ("in the year 9999", json!("9999-12-31T23:59:59Z")),
            ("in the year 100000", json!("+100000-01-01T00:00:00Z")),
            ("in the year 262142", json!("+262142-12-31T23:59:59Z")),
            ("before Christ", json!("-0044-03-15T12:00:00Z")),
            ("at a 61st second", json!("2030-01-01T08:00:61Z")),
            ("on a 30th of February", json!("2030-02-30T08:00:00Z")),
            ("without a zone", json!("2030-01-01T08:00:00")),
            ("a number", json!(1_900_000_000)),
        ] {
            for (field, input) in [
                ("bookAppointment", self.booking(&[("start", start.clone())])),
                (
                    "holdSlot",
                    json!({ "serviceId": self.clinic.service, "practitionerId": self.clinic.doctors[0].id, "start": start }),
                ),
                (
                    "rescheduleAppointment",
                    json!({ "id": self.appointment, "start": start, "idempotencyKey": "three" }),
                ),
            ] {
                cases.push((format!("{field} {what}"), owner.clone(), field, input));
            }
        }
        let doctor = &self.clinic.doctors[0];
        for (what, first, last) in [
            ("reversed", "2030-01-02", "2030-01-01"),
            ("of a thousand years", "2030-01-01", "3030-01-01"),
            ("in the past", "2001-01-01", "2001-01-02"),
            ("in the year 262142", "+262142-01-01", "+262142-01-02"),
        ] {
            let input = json!({ "practitionerId": doctor.id, "firstDay": first, "lastDay": last });
            cases.push((
                format!("addAbsence {what}"),
                doctor.graph.clone(),
                "addAbsence",
                input,
            ));
        }
        for (what, start, end) in [
            ("reversed", "12:00", "08:00"),
            ("empty", "08:00", "08:00"),
            ("off the grid", "08:01", "09:00"),
            ("at 25 o'clock", "08:00", "25:00"),
            ("in words", "eight", "nine"),
        ] {
            let rule = json!({ "weekday": "MONDAY", "start": start, "end": end, "locationId": self.clinic.location });
            let input = json!({ "practitionerId": doctor.id, "rules": [rule] });
            let nurse = self.clinic.nurse.graph.clone();
            cases.push((
                format!("setWorkingHours {what}"),
                nurse.clone(),
                "setWorkingHours",
                input,
            ));
            let input = json!({
                "practitionerId": doctor.id, "date": "2030-01-01", "start": start, "end": end,
                "locationId": self.clinic.location,
            });
            cases.push((format!("addExtraHours {what}"), nurse, "addExtraHours", input));
        }
        cases
    }

    /// Too much, too little, and what a store would choke on.
    fn amounts(&self) -> Vec<Command> {
        let (owner, admin, nurse) = (
            &self.owner.graph,
            &self.clinic.admin.graph,
            &self.clinic.nurse.graph,
        );
        let mut cases = Vec::new();
        let mut case = |what: &str, graph: &Graph, field: &'static str, input: Value| {
            cases.push((format!("{field} {what}"), graph.clone(), field, input));
        };
        {
            let (what, text) = ("with 900,000 letters", "x".repeat(900_000));
            case(
                what,
                owner,
                "bookAppointment",
                self.booking(&[("reason", json!(text))]),
            );
            case(
                what,
                owner,
                "bookAppointment",
                self.booking(&[("idempotencyKey", json!(text))]),
            );
            case(
                what,
                owner,
                "cancelAppointment",
                json!({ "id": self.appointment, "reason": text }),
            );
            case(
                what,
                owner,
                "updateAppointmentNotes",
                json!({ "id": self.appointment, "noteForDoctor": text }),
            );
            case(
                what,
                owner,
                "updatePatient",
                json!({ "id": self.owner.id, "occupation": text }),
            );
            case(
                what,
                owner,
                "updatePatient",
                json!({ "id": self.owner.id, "emergencyContacts": [{ "name": text, "phone": "+84912345678" }] }),
            );
            case(what, owner, "updateMe", json!({ "firstName": text }));
            case(
                what,
                nurse,
                "registerPatient",
                json!({ "givenName": text, "familyName": "X" }),
            );
            case(what, admin, "saveDepartment", json!({ "name": text }));
            case(
                what,
                admin,
                "saveLocation",
                json!({ "name": "X", "addressLines": [text], "city": "X", "country": "VN", "timeZone": "Asia/Ho_Chi_Minh" }),
            );
            case(
                what,
                admin,
                "updatePractitioner",
                json!({ "id": self.clinic.doctors[0].id, "displayName": text }),
            );
            case(
                what,
                admin,
                "saveMedicalService",
                service(&[("name", json!(text))]),
            );
            case(
                what,
                admin,
                "inviteUser",
                json!({ "email": format!("{text}@clinic.test"), "roles": ["NURSE"] }),
            );
            case(
                what,
                &Graph::new(owner.address),
                "register",
                json!({ "email": "y@clinic.test", "password": "seven-otters-juggle-plums", "firstName": text, "lastName": "Y" }),
            );
            case(
                what,
                &Graph::new(owner.address),
                "login",
                json!({ "identifier": text, "password": text }),
            );
            case(
                what,
                &Graph::new(owner.address),
                "refreshSession",
                json!({ "refreshToken": text }),
            );
            case(
                what,
                &Graph::new(owner.address),
                "verifyEmail",
                json!({ "token": text }),
            );
        }
        case(
            "of 0 minutes",
            admin,
            "saveMedicalService",
            service(&[("durationMinutes", json!(0))]),
        );
        case(
            "of -30 minutes",
            admin,
            "saveMedicalService",
            service(&[("durationMinutes", json!(-30))]),
        );
        case(
            "of 7 minutes",
            admin,
            "saveMedicalService",
            service(&[("durationMinutes", json!(7))]),
        );
        case(
            "of 2147483645 minutes",
            admin,
            "saveMedicalService",
            service(&[("durationMinutes", json!(i32::MAX - 2))]),
        );
        for amount in [
            "-1",
            "0.001",
            "1e400",
            "NaN",
            "99999999999999999999999999999999999",
        ] {
            let fee = json!({ "amount": amount, "currency": "VND" });
            case(
                &format!("for {amount}"),
                admin,
                "saveMedicalService",
                service(&[("fee", fee)]),
            );
        }
        let everybody: Vec<&str> = std::iter::repeat_n(UNKNOWN, 5_000).collect();
        case(
            "by 5,000 people",
            admin,
            "saveMedicalService",
            service(&[("practitionerIds", json!(everybody))]),
        );
        let hour = json!({ "weekday": "MONDAY", "start": "08:00", "end": "09:00", "locationId": self.clinic.location });
        let week: Vec<_> = std::iter::repeat_n(hour, 2_000).collect();
        case(
            "2,000 times",
            nurse,
            "setWorkingHours",
            json!({ "practitionerId": self.clinic.doctors[0].id, "rules": week }),
        );
        case(
            "without any role",
            admin,
            "assignRoles",
            json!({ "userId": self.owner.id, "roles": [] }),
        );
        cases
    }

    /// Reading can be asked for badly, too.
    fn questions(&self) -> Vec<Question> {
        const SLOTS: &str =
            "query ($input: AvailableSlotsInput!) { availableSlots(input: $input) { start } }";
        const CALENDAR: &str =
            "query ($input: AvailabilityCalendarInput!) { availabilityCalendar(input: $input) { date } }";
        const AGENDA: &str = "query ($input: AgendaInput!) { agenda(input: $input) { workingMinutes } }";
        let (nobody, nurse) = (Graph::new(self.owner.graph.address), &self.clinic.nurse.graph);
        let mut cases: Vec<Question> = Vec::new();
        for (what, from, to) in [
            ("reversed", "2030-01-02", "2030-01-01"),
            ("of a thousand years", "2030-01-01", "3030-01-01"),
            ("at the end of all calendars", "+262142-12-01", "+262142-12-31"),
            ("at their beginning", "-262143-01-01", "-262143-01-02"),
            ("on a 30th of February", "2030-02-30", "2030-03-01"),
        ] {
            let input = json!({ "serviceId": self.clinic.service, "from": from, "to": to });
            cases.push((
                format!("availableSlots {what}"),
                nobody.clone(),
                SLOTS,
                json!({ "input": input }),
            ));
            // An agenda is as empty at the end of all calendars as on any free day.
            if what.contains("calendars") || what.contains("beginning") {
                continue;
            }
            let at = |day: &str| format!("{day}T00:00:00Z");
            let input =
                json!({ "practitionerId": self.clinic.doctors[0].id, "from": at(from), "to": at(to) });
            cases.push((
                format!("agenda {what}"),
                nurse.clone(),
                AGENDA,
                json!({ "input": input }),
            ));
        }
        for month in [
            "2030-13",
            "2030-00",
            "2030",
            "January",
            "+262143-01",
            "99999999999-01",
            "",
        ] {
            let input = json!({ "serviceId": self.clinic.service, "month": month });
            cases.push((
                format!("availabilityCalendar for {month:?}"),
                nobody.clone(),
                CALENDAR,
                json!({ "input": input }),
            ));
        }
        for (what, first, after) in [
            ("nothing", json!(0), json!(null)),
            ("less than nothing", json!(-1), json!(null)),
            ("101 at once", json!(101), json!(null)),
            (
                "behind a cursor that is none",
                json!(5),
                json!("'; DROP TABLE users; --"),
            ),
            (
                "behind a cursor of 100,000 letters",
                json!(5),
                json!("A".repeat(100_000)),
            ),
            ("behind an empty cursor", json!(5), json!("")),
        ] {
            let variables = json!({ "first": first, "after": after });
            for (graph, field, document) in [
                (
                    nurse,
                    "appointments",
                    "query ($first: Int, $after: String) { appointments(first: $first, after: $after) { nodes { id } } }",
                ),
                (
                    nurse,
                    "patients",
                    "query ($first: Int, $after: String) { patients(first: $first, after: $after) { nodes { id } } }",
                ),
                (
                    &nobody,
                    "practitioners",
                    "query ($first: Int, $after: String) { practitioners(first: $first, after: $after) { nodes { id } } }",
                ),
                (
                    &nobody,
                    "medicalServices",
                    "query ($first: Int, $after: String) { medicalServices(first: $first, after: $after) { nodes { id } } }",
                ),
                (
                    &self.clinic.admin.graph,
                    "users",
                    "query ($first: Int, $after: String) { users(first: $first, after: $after) { nodes { id } } }",
                ),
            ] {
                cases.push((
                    format!("{field} {what}"),
                    graph.clone(),
                    document,
                    variables.clone(),
                ));
            }
        }
        for id in std::iter::once(UNKNOWN).chain(MALFORMED) {
            for (graph, field, document) in [
                (
                    nurse,
                    "appointment",
                    "query ($id: ID!) { appointment(id: $id) { id } }",
                ),
                (nurse, "patient", "query ($id: ID!) { patient(id: $id) { id } }"),
                (
                    &nobody,
                    "practitioner",
                    "query ($id: ID!) { practitioner(id: $id) { id } }",
                ),
                (
                    &nobody,
                    "medicalService",
                    "query ($id: ID!) { medicalService(id: $id) { id } }",
                ),
                (
                    &self.clinic.admin.graph,
                    "user",
                    "query ($id: ID!) { user(id: $id) { id } }",
                ),
            ] {
                cases.push((
                    format!("{field} {id:?}"),
                    graph.clone(),
                    document,
                    json!({ "id": id }),
                ));
            }
        }
        cases
    }
}

/// Does what must succeed, to set the scene; the id of what was made.
async fn made(graph: &Graph, field: &str, result: &str, input: Value) -> String {
    let document = mutation(field).replace("errors {", &format!("{result} {{ id }} errors {{"));
    let payload = graph.done(field, &document, json!({ "input": input })).await;
    payload[result]["id"].as_str().unwrap().to_owned()
}

fn service(changes: &[(&str, Value)]) -> Value {
    let mut input = json!({
        "code": "X-1", "name": "X", "category": "LAB_TEST", "durationMinutes": 15,
        "fee": { "amount": "1", "currency": "EUR" }, "practitionerIds": [],
    });
    for (field, value) in changes {
        input[*field] = value.clone();
    }
    input
}

fn keys(input: &Value) -> String {
    input
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect::<Vec<_>>()
        .join(", ")
}

fn mutation(field: &str) -> String {
    let (first, rest) = field.split_at(1);
    let input = format!("{}{rest}Input", first.to_uppercase());
    format!(
        "mutation ($input: {input}!) {{ {field}(input: $input) {{ errors {{ __typename ... on UserError {{ message path }} }} }} }}"
    )
}
