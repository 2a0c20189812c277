//! Live changes: whoever was cut off misses nothing, whoever may not see hears nothing, whoever was sent away is cut off.

use crate::harness::{Clinic, Graph, Live, PASSWORD, Person, Stores, crowd};
use caregraph_contracts::Domain;
use caregraph_kit::crypto::{FieldCipher, KeyRing};
use caregraph_kit::database::{Database, PoolSettings};
use caregraph_kit::events::EventStore;
use caregraph_kit::{Clock, on_every_engine};
use futures::StreamExt;
use serde_json::{Value, json};
use std::time::Duration;

/// Follows appointments.
pub const CHANGES: &str = "subscription ($after: Cursor, $practitioner: ID, $patient: ID) {
    appointmentChanged(after: $after, practitionerId: $practitioner, patientId: $patient) { cursor kind appointmentId } }";

pub const CONFIRM: &str = "mutation ($input: ConfirmAppointmentInput!) { confirmAppointment(input: $input) {
    appointment { status } errors { __typename ... on UserError { message } } } }";

/// Longer than the second that a revoked session may live on, and short enough to notice that nothing ends it.
const SOON: Duration = Duration::from_secs(5);

/// How many visits are booked and confirmed while the doctor's connection breaks again and again.
const VISITS: usize = 12;

on_every_engine! {
    async fn nobody_misses_a_change_who_comes_back_with_the_cursor(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        let second = stores.start(&[]).await;
        let doctor = clinic.doctors[0].clone();
        let patients = crowd(&stores, &program.graph(), "live", 3).await;
        let slots = patients[0].free_slots(&clinic.service, &doctor).await;
        // One who is never cut off, to compare with.
        let mut desk = follow(&clinic.nurse.graph, Value::Null).await;
        let mut cut_off = follow(&doctor.graph, Value::Null).await;

        let (service, here, there) = (clinic.service.clone(), doctor.clone(), doctor.at(&second));
        let work = tokio::spawn(async move {
            for (number, slot) in slots.iter().step_by(2).take(VISITS).enumerate() {
                let id = patients[number % patients.len()].book(&service, &here, slot).await;
                let confirming = if number % 2 == 0 { &here } else { &there };
                confirming.graph.done("confirmAppointment", CONFIRM, json!({ "input": { "id": id } })).await;
            }
        });

        let mut seen = Vec::new();
        for round in 0.. {
            // A few messages, then the connection is gone without goodbye, with whatever was under way on it.
            for _ in 0..=round % 3 {
                if seen.len() < 2 * VISITS {
                    seen.push(cut_off.next().await["appointmentChanged"].take());
                }
            }
            let graph = if round % 2 == 0 { doctor.graph.at(second.address) } else { doctor.graph.clone() };
            cut_off = follow(&graph, seen.last().unwrap()["cursor"].clone()).await;
            if seen.len() == 2 * VISITS {
                break;
            }
        }
        work.await.unwrap();
        let mut all = Vec::new();
        for _ in 0..2 * VISITS {
            all.push(desk.next().await["appointmentChanged"].take());
        }
        assert_eq!(seen, all);
        for visit in all.chunks(2) {
            assert_eq!(visit[0]["appointmentId"], visit[1]["appointmentId"]);
            assert_eq!((&visit[0]["kind"], &visit[1]["kind"]), (&json!("BOOKED"), &json!("CONFIRMED")));
        }
        assert!(cut_off.is_quiet().await && desk.is_quiet().await);

        // Who comes back much later reads everything behind the cursor, wherever.
        for program in [&program, &second] {
            let mut late = follow(&doctor.graph.at(program.address), all[0]["cursor"].clone()).await;
            for change in &all[1..] {
                assert_eq!(late.next().await["appointmentChanged"], *change);
            }
        }
        program.stop().await;
        second.stop().await;
    }

    async fn a_session_that_ends_takes_its_streams_along(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        let second = stores.start(&[]).await;
        let patient = Person::register(&stores, &program.graph(), "mai@example.com").await;
        let other_device = Person::sign_in(&program.graph(), "mai@example.com", PASSWORD).await;
        let mut here = follow(&patient.graph, Value::Null).await;
        let mut there = follow(&patient.graph.at(second.address), Value::Null).await;
        let mut events = Events::follow(&patient.graph).await;
        let logout = "mutation { logoutEverywhere { errors { __typename } } }";
        other_device.graph.done("logoutEverywhere", logout, Value::Null).await;
        for stream in [&mut here, &mut there] {
            assert_eq!(soon(stream.end()).await, "UNAUTHENTICATED");
            assert_eq!(soon(stream.message()).await["type"], "close");
        }
        assert_eq!(soon(events.end()).await, "UNAUTHENTICATED");

        // Suspension ends every session, the token with it.
        let patient = Person::sign_in(&program.graph(), "mai@example.com", PASSWORD).await;
        let mut here = follow(&patient.graph, Value::Null).await;
        let mut there = follow(&patient.graph.at(second.address), Value::Null).await;
        let suspend = "mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { errors { __typename } } }";
        let input = json!({ "userId": patient.id, "reason": "Lost the card" });
        clinic.admin.graph.done("suspendUser", suspend, json!({ "input": input })).await;
        assert_eq!(soon(here.end()).await, "UNAUTHENTICATED");
        assert_eq!(soon(there.end()).await, "UNAUTHENTICATED");
        assert_eq!(patient.graph.code("{ me { id } }", Value::Null).await, "UNAUTHENTICATED");
        program.stop().await;
        second.stop().await;
    }

    async fn everybody_hears_what_is_theirs(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        let doctor = &clinic.doctors[0];
        let [patient, stranger] = &crowd(&stores, &program.graph(), "ears", 2).await[..] else { panic!("two were asked for") };
        let slots = patient.free_slots(&clinic.service, doctor).await;

        // Whoever asks for somebody else's is refused at once.
        let refused = async |person: &Person, practitioner: Value, patient: Value| {
            let variables = json!({ "practitioner": practitioner, "patient": patient });
            Live::subscribe(&person.graph, CHANGES, variables).await.end().await
        };
        assert_eq!(refused(stranger, json!(doctor.id), Value::Null).await, "FORBIDDEN");
        assert_eq!(refused(&clinic.doctors[1], json!(doctor.id), Value::Null).await, "FORBIDDEN");
        assert_eq!(refused(stranger, Value::Null, json!(patient.id)).await, "NOT_FOUND");
        let nobody = Live::subscribe(&program.graph(), CHANGES, json!({})).await.end().await;
        assert_eq!(nobody, "UNAUTHENTICATED");

        let mut at_the_doctor = follow(&doctor.graph, Value::Null).await;
        let mut at_the_patient = follow(&patient.graph, Value::Null).await;
        let mut over_http = Events::follow(&patient.graph).await;
        let mut elsewhere = follow(&clinic.doctors[1].graph, Value::Null).await;
        let mut at_the_stranger = follow(&stranger.graph, Value::Null).await;
        let id = patient.book(&clinic.service, doctor, &slots[0]).await;
        for message in [at_the_doctor.next().await, at_the_patient.next().await, over_http.next().await] {
            assert_eq!(message["appointmentChanged"]["appointmentId"], json!(id));
            assert_eq!(message["appointmentChanged"]["kind"], "BOOKED");
        }
        assert!(at_the_stranger.is_quiet().await && elsewhere.is_quiet().await);
        program.stop().await;
    }

    async fn cursors_that_lead_nowhere_are_told_apart(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        let doctor = &clinic.doctors[0];
        let patient = Person::register(&stores, &program.graph(), "mai@example.com").await;
        let mut live = follow(&doctor.graph, Value::Null).await;
        let slots = patient.free_slots(&clinic.service, doctor).await;
        let mut cursors = Vec::new();
        for slot in slots.iter().step_by(2).take(3) {
            patient.book(&clinic.service, doctor, slot).await;
            cursors.push(live.next().await["appointmentChanged"]["cursor"].take());
        }
        for nonsense in ["", "nonsense", "c2NoZWR1bGluZzo5OTk5OTk", "cGF0aWVudHM6MQ", "c2NoZWR1bGluZzotMQ"] {
            let code = Live::subscribe(&doctor.graph, CHANGES, json!({ "after": nonsense })).await.end().await;
            assert_eq!(code, "BAD_USER_INPUT", "{nonsense}");
        }

        // When the log is cut, an old cursor is too old, and one behind the cut is not.
        cut_log(&stores, 1).await;
        let old = Live::subscribe(&doctor.graph, CHANGES, json!({ "after": cursors[0] })).await.end().await;
        assert_eq!(old, "CURSOR_EXPIRED");
        let mut fresh = follow(&doctor.graph, cursors[1].clone()).await;
        assert_eq!(fresh.next().await["appointmentChanged"]["cursor"], cursors[2]);
        program.stop().await;
    }
}

/// Follows everything that is somebody's own, from a cursor on.
async fn follow(graph: &Graph, after: Value) -> Live {
    let fresh = after.is_null();
    let mut live = Live::subscribe(graph, CHANGES, json!({ "after": after })).await;
    // With a cursor nothing can be missed, so there is nothing to wait for.
    if fresh {
        live.ready(graph).await;
    }
    live
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, future).await.expect("it ends soon")
}

/// The same subscription over server-sent events.
struct Events {
    body: futures::stream::BoxStream<'static, reqwest::Result<axum::body::Bytes>>,
    text: String,
}

impl Events {
    async fn follow(graph: &Graph) -> Self {
        let request = reqwest::Client::new()
            .post(graph.url("/graphql"))
            .header("accept", "text/event-stream")
            .bearer_auth(graph.token().unwrap())
            .json(&json!({ "query": CHANGES }));
        // The answer's head comes when the subscription has begun.
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            body: response.bytes_stream().boxed(),
            text: String::new(),
        }
    }

    /// The next result, as it came.
    async fn result(&mut self) -> Value {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event
                    .strip_prefix("event: next\ndata: ")
                    .map(|data| serde_json::from_str(data).unwrap());
                let rest = rest.to_owned();
                self.text = rest;
                match data {
                    Some(data) => return data,
                    None => continue,
                }
            }
            let more = soon(self.body.next()).await.expect("the stream goes on").unwrap();
            self.text.push_str(std::str::from_utf8(&more).unwrap());
        }
    }

    async fn next(&mut self) -> Value {
        let mut result = self.result().await;
        assert!(result.get("errors").is_none(), "{result}");
        result["data"].take()
    }

    async fn end(&mut self) -> String {
        self.result().await["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// Forgets scheduling's events except the last `keep`, as housekeeping does after a while.
async fn cut_log(stores: &Stores, keep: i64) {
    let database = Database::open(&stores.url(Domain::Scheduling), &PoolSettings::default())
        .await
        .unwrap();
    let ring = KeyRing::open_or_create(&stores.data_dir().join("caregraph.keys")).unwrap();
    let clock = Clock::system();
    let store = EventStore::new(
        Domain::Scheduling,
        database.clone(),
        FieldCipher::new(ring),
        clock.clone(),
    );
    let keep_after = store.head().await.unwrap() - keep;
    store.prune(clock.now(), keep_after).await.unwrap();
    drop(store);
    database.close().await.unwrap();
}
