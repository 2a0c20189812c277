//! The process dies at any moment while a record is written and read: what was answered stands, what was not happens at most once,
//! every version is there once, and whoever was shown something is in the log, once.

use super::chart::{done, done_soon, mutation, record, text};
use super::patiently;
use super::trail::{access_log, audit_log, head, verified};
use crate::harness::{Clinic, Graph, Person, Stores};
use caregraph_kit::on_every_engine;
use futures::future::join_all;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

const ROUNDS: usize = 10;
/// New entries, changes of one entry, and looks that are under way when the process dies.
const AT_ONCE: usize = 4;

on_every_engine! {
    async fn killing_the_process_loses_nothing_of_a_record(stores: Stores) {
        let (clinic, mut program) = Clinic::open(&stores).await;
        let ward = Ward::open(&stores, &clinic, &program.graph()).await;
        let known = head(&clinic.admin.graph).await;

        // From one seed, so that a failure can be tried again; the machine adds what chance it likes.
        let mut random = StdRng::seed_from_u64(1867);
        let mut written: BTreeMap<usize, String> = BTreeMap::new();
        let mut changed: BTreeMap<String, i64> = BTreeMap::new();
        let mut calm: BTreeMap<String, i64> = BTreeMap::new();
        let mut shown: BTreeMap<String, bool> = BTreeMap::new();
        for round in 0..ROUNDS {
            let numbers: Vec<usize> = (round * AT_ONCE..(round + 1) * AT_ONCE).collect();
            let address = program.address;
            // MongoDB holds what a dead process was changing until it gives its transaction up; nothing would be changed before.
            let first = async || ward.change(address, format!("calm {round}")).await;
            calm.extend([patiently("it can be changed again", first).await]);
            let finished = AtomicUsize::new(0);
            let storm = async {
                tokio::join!(
                    join_all(numbers.iter().map(|number| counted(&finished, ward.write(address, *number)))),
                    join_all(numbers.iter().map(|number| counted(&finished, ward.change(address, format!("change {number}"))))),
                    join_all(numbers.iter().map(|number| counted(&finished, ward.look(address, *number)))),
                )
            };
            // In the midst of it, however fast the machine is.
            let (so_many, moment) = (random.random_range(0..3 * AT_ONCE), random.random_range(0..20_000));
            let death = async {
                while finished.load(Relaxed) < so_many {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                tokio::time::sleep(Duration::from_micros(moment)).await;
                program.kill_now();
            };
            let ((writes, changes, looks), ()) = tokio::join!(storm, death);
            written.extend(numbers.iter().copied().zip(writes).filter_map(|(number, id)| Some((number, id?))));
            changed.extend(changes.into_iter().flatten());
            shown.extend(looks);
            program = stores.start(&[]).await;
        }
        let answered = shown.values().filter(|answered| **answered).count();
        println!("answered: {} entries, {} changes, {answered} looks", written.len(), changed.len());
        let most = ROUNDS * AT_ONCE;
        for number in [written.len(), changed.len(), answered] {
            assert!(0 < number && number < most, "{number} of {most}: death came always too early or too late");
        }

        changed.extend(calm);
        let ward = ward.at(program.address);
        ward.everything_written_stands(&written).await;
        let versions = ward.every_version_is_there_once(&changed).await;
        let admin = clinic.admin.at(&program).graph;
        ward.everybody_is_in_the_log(&admin, &shown, versions).await;
        verified(&admin, &known).await;
        program.stop().await;
    }
}

/// A patient in care, and an allergy that everybody changes.
struct Ward {
    patient: Person,
    doctor: Person,
    nurse: Person,
    shared: String,
    /// The newest version of it that somebody has seen.
    seen: AtomicI64,
}

impl Ward {
    async fn open(stores: &Stores, clinic: &Clinic, visitor: &Graph) -> Self {
        let patient = Person::register(stores, visitor, "linh@example.com").await;
        let (doctor, nurse) = (&clinic.doctors[0], &clinic.nurse);
        let team = json!({ "patientId": patient.id, "members": [
            { "practitionerId": doctor.id, "role": "PRIMARY_PHYSICIAN" }, { "practitionerId": nurse.id, "role": "NURSE" },
        ] });
        done(&nurse.graph, "assignCareTeam", "patient { id }", team).await;
        let input = json!({ "patientId": patient.id, "substance": "Penicillin", "category": "MEDICATION" });
        let shared = done_soon(&doctor.graph, "recordAllergy", "allergy { id }", &input).await;
        // The nurse's relationship comes as an event of its own.
        let pulse = json!({ "patientId": patient.id, "heartRate": 70, "note": "the first" });
        done_soon(&nurse.graph, "recordVitals", "vitals { id }", &pulse).await;
        Self {
            patient,
            doctor: doctor.clone(),
            nurse: nurse.clone(),
            shared: text(&shared["allergy"]["id"]),
            seen: AtomicI64::new(1),
        }
    }

    fn at(self, address: SocketAddr) -> Self {
        Self {
            patient: self.patient.at(address),
            doctor: self.doctor.at(address),
            nurse: self.nurse.at(address),
            ..self
        }
    }

    /// Writes an entry of its own number, always with the same key; gives its id when there was an answer.
    async fn write(&self, address: SocketAddr, number: usize) -> Option<String> {
        let (who, operation, field, mut input) = if number.is_multiple_of(2) {
            let input = json!({ "substance": format!("entry {number}"), "category": "FOOD" });
            (&self.doctor, "recordAllergy", "allergy", input)
        } else {
            let input = json!({ "heartRate": 70, "note": format!("entry {number}") });
            (&self.nurse, "recordVitals", "vitals", input)
        };
        input["patientId"] = json!(self.patient.id);
        input["idempotencyKey"] = json!(format!("entry-{number}"));
        let document = mutation(operation, &format!("{field} {{ id }}"));
        let answer = who
            .graph
            .at(address)
            .attempt(&document, &json!({ "input": input }))
            .await?;
        let payload = &answer["data"][operation];
        // No payload: the store was not to be had.
        assert!(payload.is_null() || payload["errors"] == json!([]), "{answer}");
        payload[field]["id"].as_str().map(str::to_owned)
    }

    /// Changes the shared entry, as often as somebody else is faster; gives the version that was answered.
    async fn change(&self, address: SocketAddr, note: String) -> Option<(String, i64)> {
        let document =
            "mutation ($input: UpdateAllergyInput!) { updateAllergy(input: $input) { allergy { version note }
            errors { __typename ... on StaleEntry { current { ... on Allergy { version } } } } } }";
        let graph = self.doctor.graph.at(address);
        loop {
            let version = self.seen.load(Relaxed);
            let input = json!({ "id": self.shared, "version": version, "note": note });
            let answer = graph.attempt(document, &json!({ "input": input })).await?;
            let payload = &answer["data"]["updateAllergy"];
            if payload.is_null() {
                // Whether it took place before the store was lost is not known.
                return None;
            }
            if let Some(version) = payload["allergy"]["version"].as_i64() {
                assert_eq!(payload["allergy"]["note"], json!(note));
                self.seen.fetch_max(version, Relaxed);
                return Some((note, version));
            }
            match payload["errors"][0]["__typename"].as_str() {
                Some("StaleEntry") => {
                    let current = payload["errors"][0]["current"]["version"].as_i64().unwrap();
                    assert!(current > version, "{answer}");
                    self.seen.fetch_max(current, Relaxed);
                }
                // Overtaken too often.
                Some("Conflict") => {}
                _ => panic!("{answer}"),
            }
        }
    }

    /// Reads the record under a name of its own; gives the name, and whether the record was shown.
    async fn look(&self, address: SocketAddr, number: usize) -> (String, bool) {
        let who = [&self.doctor, &self.nurse, &self.patient][number % 3];
        let name = format!("look-{number}");
        let body = json!({ "query": super::chart::RECORD, "variables": { "id": self.patient.id } });
        let request = reqwest::Client::new()
            .post(who.graph.at(address).url("/graphql"))
            .header("x-request-id", &name)
            .bearer_auth(who.graph.token().unwrap())
            .json(&body);
        let answer = async { request.send().await.ok()?.json::<Value>().await.ok() };
        let answer = answer.await.unwrap_or_default();
        let record = &answer["data"]["medicalRecord"];
        assert!(
            answer.get("errors").is_some() || record.is_object() || answer.is_null(),
            "{answer}"
        );
        (name, record.is_object())
    }

    /// Whoever got no answer asks again with the same key; whoever got one gets the same. Each entry is there once.
    async fn everything_written_stands(&self, written: &BTreeMap<usize, String>) {
        let mut ids = BTreeMap::new();
        for number in 0..ROUNDS * AT_ONCE {
            let id = patiently("it is written", async || {
                self.write(self.doctor.graph.address, number).await
            })
            .await;
            if let Some(before) = written.get(&number) {
                assert_eq!(*before, id, "an answered entry stands");
            }
            ids.insert(format!("entry {number}"), id);
        }
        let timeline = "query ($id: ID!) { patient(id: $id) { timeline(first: 100) { pageInfo { hasNextPage }
            nodes { __typename ... on Allergy { id substance } ... on VitalSigns { id note } } } } }";
        let mut found = self
            .doctor
            .graph
            .data(timeline, json!({ "id": self.patient.id }))
            .await;
        let found = found["patient"]["timeline"].take();
        assert_eq!(found["pageInfo"]["hasNextPage"], false);
        let mut there = BTreeMap::new();
        for entry in found["nodes"].as_array().unwrap() {
            let name = entry["substance"].as_str().or(entry["note"].as_str()).unwrap();
            let twice = there.insert(name.to_owned(), text(&entry["id"]));
            assert_eq!(twice, None, "{name} is there twice");
        }
        assert_eq!(there.remove("Penicillin"), Some(self.shared.clone()));
        assert!(there.remove("the first").is_some());
        assert_eq!(there, ids);
    }

    /// Versions of the shared entry count from one without a gap; an answered change is the version that was answered, and one
    /// without an answer is there at most once. Gives the number of versions.
    async fn every_version_is_there_once(&self, changed: &BTreeMap<String, i64>) -> usize {
        let history = "query ($id: ID!) { recordHistory(id: $id, first: 100) { pageInfo { hasNextPage }
            nodes { number entry { ... on Allergy { version note } } } } }";
        let found = self
            .doctor
            .graph
            .data(history, json!({ "id": self.shared }))
            .await["recordHistory"]
            .take();
        assert_eq!(found["pageInfo"]["hasNextPage"], false);
        let versions = found["nodes"].as_array().unwrap();
        let mut notes: HashMap<String, i64> = HashMap::new();
        for (version, number) in versions.iter().rev().zip(1..) {
            assert_eq!(version["number"], json!(number), "{found}");
            assert_eq!(version["entry"]["version"], json!(number), "{found}");
            if let Some(note) = version["entry"]["note"].as_str() {
                assert_eq!(
                    notes.insert(note.to_owned(), number),
                    None,
                    "{note} took place twice"
                );
            }
        }
        for (note, number) in changed {
            assert_eq!(notes.get(note), Some(number), "an answered change stands");
        }
        let now = record(&self.doctor.graph, &self.patient.id).await;
        let now = now["allergies"]
            .as_array()
            .unwrap()
            .iter()
            .find(|allergy| allergy["id"] == json!(self.shared))
            .unwrap();
        assert_eq!(now["version"], json!(versions.len()));
        versions.len()
    }

    /// Each answered look has one entry of the trail, one that was not answered at most one, and each version has one; the patient
    /// finds the same looks.
    async fn everybody_is_in_the_log(&self, admin: &Graph, shown: &BTreeMap<String, bool>, versions: usize) {
        let filter = json!({ "patient": self.patient.id });
        let changes = |trail: &[Value]| {
            let of_shared = |entry: &&Value| {
                entry["action"] == "RecordChanged" && entry["subjectId"] == json!(self.shared)
            };
            trail.iter().filter(of_shared).count()
        };
        let trail = patiently("the trail has heard of everything", async || {
            let trail = audit_log(admin, filter.clone()).await;
            let looks = looks(&trail);
            let all = shown
                .iter()
                .all(|(look, answered)| !answered || looks.contains_key(look));
            (all && changes(&trail) >= versions).then_some(trail)
        })
        .await;
        assert_eq!(changes(&trail), versions, "each version is in the trail once");
        let looks = looks(&trail);
        let log = access_log(&self.patient.graph, &self.patient.id).await.unwrap();
        for look in shown.keys() {
            let entries = looks.get(look).map(Vec::as_slice).unwrap_or_default();
            assert!(
                entries.len() <= 1,
                "{look} is in the trail {} times",
                entries.len()
            );
            for id in entries {
                let theirs = log.iter().filter(|entry| entry["id"] == json!(id)).count();
                assert_eq!(theirs, 1, "{look} in the patient's log");
            }
        }
    }
}

/// Counts what has come to an end, with an answer or without.
async fn counted<T>(finished: &AtomicUsize, work: impl Future<Output = T>) -> T {
    let outcome = work.await;
    finished.fetch_add(1, Relaxed);
    outcome
}

/// Entries about looks at a record, by the request's name.
fn looks(trail: &[Value]) -> HashMap<String, Vec<String>> {
    let mut looks: HashMap<String, Vec<String>> = HashMap::new();
    for entry in trail.iter().filter(|entry| entry["action"] == "RecordAccessed") {
        if let Some(request) = entry["requestId"].as_str() {
            looks
                .entry(request.to_owned())
                .or_default()
                .push(text(&entry["id"]));
        }
    }
    looks
}
