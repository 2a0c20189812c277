//! The process dies at any moment: what was answered stands, what was not happens at most once, and everybody hears of it.

use crate::harness::{BOOK, Clinic, Graph, Live, Person, Stores, crowd};
use crate::live::CHANGES;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::eventually;
use futures::future::{join_all, select_all};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::Duration,
};

const ROUNDS: usize = 12;
/// Bookings under way when the process dies.
const AT_ONCE: usize = 4;

on_every_engine! {
    async fn killing_the_process_loses_no_event_and_repeats_none(stores: Stores) {
        let (clinic, mut program) = Clinic::open(&stores).await;
        let patients = crowd(&stores, &program.graph(), "crash", 1 + ROUNDS * AT_ONCE).await;
        let wishes = wishes(&clinic, &patients).await;
        // The first visit is booked in peace; its cursor is where reading begins at the end.
        let mut live = Live::subscribe(&clinic.nurse.graph, CHANGES, json!({})).await;
        live.ready(&clinic.nurse.graph).await;
        let first = wishes[0].book(program.address).await.expect("nobody kills this one");
        let beginning = live.next().await["appointmentChanged"]["cursor"].take();

        // From one seed, so that a failure can be tried again; the machine adds what chance it likes.
        let mut random = StdRng::seed_from_u64(4711);
        let mut answered: BTreeMap<usize, String> = BTreeMap::new();
        for round in 0..ROUNDS {
            let numbers = (1 + round * AT_ONCE)..(1 + (round + 1) * AT_ONCE);
            let address = program.address;
            let storm = join_all(numbers.clone().map(|number| wishes[number].book(address)));
            let moment = Duration::from_micros(random.random_range(0..120_000));
            let death = async {
                tokio::time::sleep(moment).await;
                program.kill_now();
            };
            let (answers, ()) = tokio::join!(storm, death);
            answered.extend(numbers.zip(answers).filter_map(|(number, answer)| Some((number, answer?))));
            program = stores.start(&[]).await;
        }

        // Whoever got no answer asks again with the same key; whoever got one gets the same.
        let mut visits = vec![first];
        for (number, wish) in wishes.iter().enumerate().skip(1) {
            let id = wish.book(program.address).await.expect("the program lives");
            if let Some(before) = answered.get(&number) {
                assert_eq!(*before, id, "an answered booking stands");
            }
            visits.push(id);
        }
        assert_eq!(appointments(&clinic.nurse.graph.at(program.address)).await.len(), visits.len());

        // Each change is told once, in one order, to whoever reads from the beginning.
        let nurse = clinic.nurse.graph.at(program.address);
        let mut live = Live::subscribe(&nurse, CHANGES, json!({ "after": beginning })).await;
        let mut told = vec![visits[0].clone()];
        for _ in 1..visits.len() {
            let change = live.next().await["appointmentChanged"].take();
            assert_eq!(change["kind"], "BOOKED");
            told.push(change["appointmentId"].as_str().unwrap().to_owned());
        }
        assert!(live.is_quiet().await);
        told.sort();
        visits.sort();
        assert_eq!(told, visits);

        // Each booking had its effect in the patients' domain, once.
        for wish in &wishes {
            let doctor = wish.doctor.at(&program);
            let team = eventually("the doctor cares for the patient", || care_team(&doctor, &wish.patient)).await;
            assert_eq!(team, json!([{ "practitioner": { "id": doctor.id }, "source": "APPOINTMENT" }]));
        }
        program.stop().await;
    }

    async fn asked_to_stop_it_answers_what_is_under_way(stores: Stores) {
        let (clinic, mut program) = Clinic::open(&stores).await;
        let patients = crowd(&stores, &program.graph(), "stop", 24).await;
        let wishes = wishes(&clinic, &patients).await;
        let mut live = Live::subscribe(&clinic.nurse.graph, CHANGES, json!({})).await;
        live.ready(&clinic.nurse.graph).await;
        // The signal comes with the first answer, while the others are under way.
        let (first, _, others) = select_all(wishes.iter().map(|wish| Box::pin(wish.book(program.address)))).await;
        program.ask_to_stop();
        let booked: BTreeSet<String> = join_all(others).await.into_iter().chain([first]).flatten().collect();
        program.ends_well().await;
        loop {
            let message = live.message().await;
            if message["type"] == "close" {
                assert_eq!(message["code"], 1001, "going away");
                break;
            }
        }

        // Nothing was done without an answer.
        let program = stores.start(&[]).await;
        assert_eq!(appointments(&clinic.nurse.graph.at(program.address)).await, booked);
        program.stop().await;
    }
}

/// A visit that somebody wants: a time nobody else wants, and always the same key.
struct Wish {
    patient: Person,
    doctor: Person,
    input: Value,
}

/// One wish for each patient, on both doctors' calendars.
async fn wishes(clinic: &Clinic, patients: &[Person]) -> Vec<Wish> {
    let mut slots = Vec::new();
    for doctor in &clinic.doctors {
        let free = clinic.nurse.free_slots(&clinic.service, doctor).await;
        // Visits of half an hour, offered every quarter.
        slots.extend(
            free.into_iter()
                .step_by(2)
                .take(patients.len().div_ceil(2))
                .map(|slot| (doctor, slot)),
        );
    }
    patients
        .iter()
        .zip(slots)
        .map(|(patient, (doctor, start))| Wish {
            patient: patient.clone(),
            doctor: doctor.clone(),
            input: json!({
                "serviceId": clinic.service, "practitionerId": doctor.id, "start": start, "idempotencyKey": "my-visit",
            }),
        })
        .collect()
}

impl Wish {
    /// Books; `None` when no answer came.
    async fn book(&self, address: SocketAddr) -> Option<String> {
        let graph = self.patient.graph.at(address);
        let answer = graph.attempt(BOOK, &json!({ "input": self.input })).await?;
        let id = answer["data"]["bookAppointment"]["appointment"]["id"].as_str();
        Some(
            id.unwrap_or_else(|| panic!("answered, but not booked: {answer}"))
                .to_owned(),
        )
    }
}

/// The appointments there are.
async fn appointments(graph: &Graph) -> BTreeSet<String> {
    let query = "{ appointments(first: 100) { nodes { id } pageInfo { hasNextPage } } }";
    let data = graph.data(query, Value::Null).await;
    assert_eq!(data["appointments"]["pageInfo"]["hasNextPage"], false);
    let nodes = data["appointments"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Who cares for a patient, as a doctor sees it; `None` while the doctor does not care for them.
async fn care_team(doctor: &Person, patient: &Person) -> Option<Value> {
    let query = "query ($id: ID!) { patient(id: $id) { careTeam { practitioner { id } source } } }";
    let mut data = doctor.graph.data(query, json!({ "id": patient.id })).await;
    data["patient"].get_mut("careTeam").map(Value::take)
}
