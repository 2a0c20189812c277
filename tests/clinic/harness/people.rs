//! People who use the clinic.

use super::{Graph, Program, Stores};
use caregraph_kit::testing::eventually;
use futures::StreamExt;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// A password that is long enough and on no list.
pub const PASSWORD: &str = "seven-otters-juggle-plums";

/// Somebody with an account.
#[derive(Clone)]
pub struct Person {
    pub id: String,
    pub email: String,
    pub graph: Graph,
    pub refresh_token: String,
}

impl Person {
    /// Signs in.
    pub async fn sign_in(graph: &Graph, email: &str, password: &str) -> Self {
        let session = graph
            .done(
                "login",
                "mutation ($input: LoginInput!) { login(input: $input) {
                    session { accessToken refreshToken user { id } } errors { __typename ... on UserError { message } } } }",
                json!({ "input": { "identifier": email, "password": password } }),
            )
            .await["session"]
            .take();
        Self {
            id: session["user"]["id"].as_str().unwrap().to_owned(),
            email: email.to_owned(),
            graph: graph.with_token(session["accessToken"].as_str().unwrap()),
            refresh_token: session["refreshToken"].as_str().unwrap().to_owned(),
        }
    }

    /// The same person, who asks another process from now on.
    pub fn at(&self, process: impl Into<SocketAddr>) -> Self {
        Self {
            graph: self.graph.at(process.into()),
            ..self.clone()
        }
    }

    /// Registers, verifies the address with the token from the message, and signs in.
    pub async fn register(stores: &Stores, graph: &Graph, email: &str) -> Self {
        let input = json!({ "email": email, "password": PASSWORD, "firstName": "Linh", "lastName": "Nguyễn", "locale": "vi" });
        graph
            .done(
                "register",
                "mutation ($input: RegisterInput!) { register(input: $input) { errors { __typename ... on UserError { message path } } } }",
                json!({ "input": input }),
            )
            .await;
        let token = mailed_token(stores, email).await;
        graph
            .done(
                "verifyEmail",
                "mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) { errors { __typename ... on UserError { message } } } }",
                json!({ "input": { "token": token } }),
            )
            .await;
        Self::sign_in(graph, email, PASSWORD).await
    }

    /// Invites somebody to roles and accepts on their behalf.
    pub async fn invite(&self, stores: &Stores, email: &str, roles: &[&str]) -> Self {
        self.graph
            .done(
                "inviteUser",
                "mutation ($input: InviteUserInput!) { inviteUser(input: $input) { errors { __typename ... on UserError { message path } } } }",
                json!({ "input": { "email": email, "roles": roles, "locale": "en" } }),
            )
            .await;
        let token = mailed_token(stores, email).await;
        let public = Graph::new(self.graph.address);
        public
            .done(
                "acceptInvitation",
                "mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { errors { __typename ... on UserError { message path } } } }",
                json!({ "input": { "token": token, "password": PASSWORD, "firstName": "Sam", "lastName": "Staff" } }),
            )
            .await;
        Self::sign_in(&public, email, PASSWORD).await
    }
}

/// So many patients, each with an account and a session.
pub async fn crowd(stores: &Stores, graph: &Graph, name: &str, size: usize) -> Vec<Person> {
    let emails = (0..size).map(|number| format!("{name}-{number}@crowd.test"));
    futures::stream::iter(emails)
        .map(async |email| Person::register(stores, graph, &email).await)
        .buffered(8)
        .collect()
        .await
}

/// The token in the latest message to an address: it stands alone on a line.
pub async fn mailed_token(stores: &Stores, email: &str) -> String {
    let folder = stores.data_dir().join("outbox");
    let header = format!("To: {email}");
    eventually("a message arrives", || {
        let mut messages: Vec<_> = std::fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
            .collect();
        messages.sort();
        let token = messages.iter().rev().find_map(|path| {
            let text = std::fs::read_to_string(path).ok()?;
            // The same stands behind it once more, as HTML in an encoding of its own.
            let text = text.split("Content-Type: text/html").next()?;
            let mine = text
                .lines()
                .any(|line| line.trim_end() == header || line.contains(&format!("<{email}>")));
            let token = text.lines().map(str::trim).find(|line| {
                // What begins like that divides the message's parts.
                line.len() > 40
                    && !line.starts_with("--")
                    && line
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            });
            mine.then(|| token.map(str::to_owned)).flatten()
        });
        async move { token }
    })
    .await
}

/// Where the small clinic's clocks run.
pub const TIME_ZONE: &str = "Asia/Ho_Chi_Minh";

/// A small clinic: one place, two doctors who offer one half-hour service every day from eight to five, and the people who run it.
pub struct Clinic {
    pub admin: Person,
    pub nurse: Person,
    pub doctors: Vec<Person>,
    pub location: String,
    pub service: String,
}

impl Clinic {
    /// The same people, who ask another process from now on.
    pub fn at(&self, process: impl Into<SocketAddr>) -> Self {
        let process = process.into();
        Self {
            admin: self.admin.at(process),
            nurse: self.nurse.at(process),
            doctors: self.doctors.iter().map(|doctor| doctor.at(process)).collect(),
            location: self.location.clone(),
            service: self.service.clone(),
        }
    }

    /// Sets it up as a new installation would: the administrator from the command line, everything else through the graph.
    pub async fn open(stores: &Stores) -> (Self, Program) {
        stores.create_administrator("admin@clinic.test", PASSWORD);
        let program = stores.start(&[]).await;
        let admin = Person::sign_in(&program.graph(), "admin@clinic.test", PASSWORD).await;
        let nurse = admin.invite(stores, "nurse@clinic.test", &["NURSE"]).await;
        let location = admin
            .graph
            .done(
                "saveLocation",
                "mutation ($input: SaveLocationInput!) { saveLocation(input: $input) { location { id } errors { __typename ... on UserError { message path } } } }",
                json!({ "input": { "name": "Main house", "addressLines": ["1 Lê Lợi"], "city": "Huế", "country": "VN", "timeZone": TIME_ZONE } }),
            )
            .await["location"]["id"]
            .take();
        let mut doctors = Vec::new();
        for name in ["Ada", "Ben"] {
            let doctor = admin
                .invite(
                    stores,
                    &format!("{}@clinic.test", name.to_lowercase()),
                    &["DOCTOR"],
                )
                .await;
            admin.employ(&doctor, name, &location).await;
            doctors.push(doctor);
        }
        let ids: Vec<&str> = doctors.iter().map(|doctor| doctor.id.as_str()).collect();
        let service = admin.offer("CHECK-30", (30, 0, 0), &ids).await;
        for doctor in &doctors {
            admin.set_hours(doctor, &location, ("08:00", "17:00")).await;
        }
        let location = location.as_str().unwrap().to_owned();
        (
            Self {
                admin,
                nurse,
                doctors,
                location,
                service,
            },
            program,
        )
    }
}

impl Person {
    /// Makes an account's owner a practitioner at a place.
    pub async fn employ(&self, doctor: &Self, name: &str, location: &Value) {
        let input = json!({
            "userId": doctor.id, "displayName": name, "profession": "DOCTOR", "licenceNumber": format!("L-{name}"),
            "specialties": ["GENERAL_PRACTICE"], "languages": ["vi"], "locationIds": [location],
        });
        self.graph
            .done(
                "createPractitioner",
                "mutation ($input: CreatePractitionerInput!) { createPractitioner(input: $input) { practitioner { id } errors { __typename ... on UserError { message path } } } }",
                json!({ "input": input }),
            )
            .await;
    }

    /// Adds a service (minutes of the visit, before, after) to the catalogue.
    pub async fn offer(
        &self,
        code: &str,
        (minutes, before, after): (u32, u32, u32),
        practitioners: &[&str],
    ) -> String {
        let input = json!({
            "code": code, "name": format!("Service {code}"), "category": "GENERAL_CHECKUP", "durationMinutes": minutes,
            "bufferBeforeMinutes": before, "bufferAfterMinutes": after, "slotStepMinutes": 15,
            "fee": { "amount": "300000", "currency": "VND" }, "practitionerIds": practitioners,
        });
        let payload = self
            .graph
            .done(
                "saveMedicalService",
                "mutation ($input: SaveMedicalServiceInput!) { saveMedicalService(input: $input) { service { id } errors { __typename ... on UserError { message path } } } }",
                json!({ "input": input }),
            )
            .await;
        payload["service"]["id"].as_str().unwrap().to_owned()
    }

    /// Sets the same hours for every day of the week.
    pub async fn set_hours(&self, doctor: &Self, location: &Value, (start, end): (&str, &str)) {
        let week = [
            "MONDAY",
            "TUESDAY",
            "WEDNESDAY",
            "THURSDAY",
            "FRIDAY",
            "SATURDAY",
            "SUNDAY",
        ];
        let rule = |weekday: &&str| json!({ "weekday": weekday, "start": start, "end": end, "locationId": location });
        let rules: Vec<Value> = week.iter().map(rule).collect();
        self.graph
            .done(
                "setWorkingHours",
                "mutation ($input: SetWorkingHoursInput!) { setWorkingHours(input: $input) { errors { __typename ... on UserError { message path } } } }",
                json!({ "input": { "practitionerId": doctor.id, "rules": rules } }),
            )
            .await;
    }

    /// Free times of a doctor for a service, on the day after tomorrow and the six days behind it.
    pub async fn free_slots(&self, service: &str, doctor: &Self) -> Vec<String> {
        let today = caregraph_kit::Clock::system().now().date_naive();
        let input = json!({
            "serviceId": service, "practitionerId": doctor.id,
            "from": today + chrono::Days::new(2), "to": today + chrono::Days::new(8),
        });
        let slots = self
            .graph
            .data(
                "query ($input: AvailableSlotsInput!) { availableSlots(input: $input) { start } }",
                json!({ "input": input }),
            )
            .await["availableSlots"]
            .take();
        slots
            .as_array()
            .unwrap()
            .iter()
            .map(|slot| slot["start"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Tries to book; gives the payload: `{ appointment, errors }`.
    pub async fn try_book(&self, service: &str, doctor: &Self, start: &str, key: &str) -> Value {
        let input = json!({
            "serviceId": service, "practitionerId": doctor.id, "start": start, "idempotencyKey": key,
        });
        self.graph.data(BOOK, json!({ "input": input })).await["bookAppointment"].take()
    }

    /// Books; gives the appointment's id.
    pub async fn book(&self, service: &str, doctor: &Self, start: &str) -> String {
        let key = caregraph_kit::Clock::system().new_id::<uuid::Uuid>().to_string();
        let payload = self.try_book(service, doctor, start, &key).await;
        assert_eq!(payload["errors"], json!([]), "booking was refused");
        payload["appointment"]["id"].as_str().unwrap().to_owned()
    }
}

/// Books and shows what a form would show.
pub const BOOK: &str = "mutation ($input: BookAppointmentInput!) { bookAppointment(input: $input) {
    appointment { id status start end practitioner { displayName } service { name } }
    errors { __typename ... on UserError { message path }
        ... on SlotUnavailable { alternatives { start practitioner { id displayName } } } } } }";
