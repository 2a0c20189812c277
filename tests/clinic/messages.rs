//! A booking, told: once to everybody it concerns, in their language and by their clock, whatever dies on the way.

use crate::harness::{BOOK, Clinic, Cluster, Live, Person, Stores, crowd};
use crate::live::CHANGES;
use caregraph_kit::database::Engine;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::TestRedis;
use chrono::{DateTime, Utc};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const VISITS: usize = 10;

const INBOX: &str =
    "{ notifications(first: 100, filter: { type: APPOINTMENT_BOOKED }) { nodes { subject body status } } }";

const LOG: &str = "{ notificationLog(first: 100, filter: { type: APPOINTMENT_BOOKED }) {
    nodes { recipient { id } channel status attempts error } } }";

on_every_engine! {
    async fn a_booking_is_told_once_whoever_dies(stores: Stores) {
        let Some(server) = TestRedis::new() else { return };
        let (clinic, whole) = Clinic::open(&stores).await;
        let patients = crowd(&stores, &whole.graph(), "guest", VISITS + 1).await;
        clinic.doctors[0].graph.done(
            "updateMe",
            "mutation { updateMe(input: { timeZone: \"Europe/Berlin\" }) { errors { __typename ... on UserError { message } } } }",
            Value::Null,
        )
        .await;
        let doctor = clinic.doctors[0].clone();
        let slots: Vec<String> = clinic.nurse.free_slots(&clinic.service, &doctor).await.into_iter().step_by(2).collect();
        whole.stop().await;
        let mut cluster = Cluster::start(&stores, &server).await;

        // The doctor looks through one router while the patient books through the other, each in front of a scheduling of its own.
        let doctor = doctor.at(&cluster.routers[1]);
        let mut live = Live::subscribe(&doctor.graph, CHANGES, json!({})).await;
        live.ready(&doctor.graph).await;
        let first = patients[VISITS].at(&cluster.routers[0]);
        let id = first.book(&clinic.service, &doctor, &slots[VISITS]).await;
        let answered = Instant::now();
        assert_eq!(live.next().await["appointmentChanged"]["appointmentId"], json!(id));
        println!("seen by the doctor {:?} after the patient's answer", answered.elapsed());

        // Each visit is booked while somebody dies.
        let mut random = StdRng::seed_from_u64(1789);
        for (number, patient) in patients[..VISITS].iter().enumerate() {
            let patient = patient.at(&cluster.routers[number % 2]);
            let input = json!({ "input": {
                "serviceId": clinic.service, "practitionerId": doctor.id, "start": slots[number], "idempotencyKey": "my-visit",
            } });
            let moment = Duration::from_millis(random.random_range(0..60));
            let death = async {
                tokio::time::sleep(moment).await;
                // Those who tell are in danger more than others.
                let notifiers = cluster.notifications.len();
                match number % 5 {
                    0 => cluster.scheduling[0].die_and_come_back(&stores).await,
                    1 => cluster.patients.die_and_come_back(&stores).await,
                    2 => cluster.identity.die_and_come_back(&stores).await,
                    _ => cluster.notifications[number % notifiers].die_and_come_back(&stores).await,
                }
            };
            tokio::join!(booked(&patient, &input), death);
            if number % 3 == 2 {
                server.forget().await;
            }
        }

        // Everybody has heard; the doctor of every visit.
        let expected = 1 + VISITS;
        let admin = clinic.admin.at(&cluster.routers[0]);
        let told = patiently("everybody has heard", async || {
            let told = told(&admin).await;
            let in_inbox = |person: &Person| told.get(&(person.id.clone(), "IN_APP".to_owned())).copied().unwrap_or_default();
            let all = patients.iter().all(|patient| in_inbox(patient) >= 1) && in_inbox(&doctor) >= expected;
            all.then_some(told)
        })
        .await;
        for patient in &patients {
            let of_them: Vec<_> = told.iter().filter(|((recipient, _), _)| *recipient == patient.id).collect();
            assert!(of_them.iter().any(|((_, channel), _)| channel == "EMAIL"), "{of_them:?}");
            assert!(of_them.iter().all(|(_, count)| **count == 1), "told more than once: {of_them:?}");
        }
        assert_eq!(told[&(doctor.id.clone(), "IN_APP".to_owned())], expected);
        assert!(told.iter().all(|((recipient, _), count)| *recipient == doctor.id || *count == 1), "{told:?}");
        patiently("the confirmations have left", async || (mails_to(&stores, &patients[0].email) >= 1).then_some(())).await;
        assert_eq!(mails_to(&stores, &patients[0].email), 1, "confirmations in the outbox");

        // Each in their language, by their clock.
        let mine = patiently("the message is there", async || inbox(&patients[0].at(&cluster.routers[1])).await.pop()).await;
        assert!(mine["subject"].as_str().unwrap().starts_with("Đã đặt lịch khám"), "{mine}");
        assert!(mine["body"].as_str().unwrap().contains(&clock(&slots[0], chrono_tz::Asia::Ho_Chi_Minh)), "{mine}");
        let theirs = patiently("all notices are there", async || {
            let theirs = inbox(&doctor).await;
            (theirs.len() >= expected).then_some(theirs)
        })
        .await;
        assert_eq!(theirs.len(), expected);
        assert!(theirs.iter().all(|notice| notice["subject"].as_str().unwrap().starts_with("New visit")), "{theirs:?}");
        for slot in &slots[..=VISITS] {
            let berlin = clock(slot, chrono_tz::Europe::Berlin);
            assert!(theirs.iter().any(|notice| notice["body"].as_str().unwrap().contains(&berlin)), "{berlin}: {theirs:?}");
        }
        cluster.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_lead_to_where_the_server_listens() {
    let stores = Stores::new(Engine::Sqlite);
    // At a port that nobody chose.
    let program = stores.start(&[]).await;
    let guest = Person::register(&stores, &program.graph(), "guest@example.com").await;
    let link = format!("http://{}/verify?token=", program.address);
    let mails = mails(&stores, &guest.email);
    assert!(mails.iter().any(|mail| mail.contains(&link)), "{link}: {mails:?}");
    program.stop().await;
}

/// MongoDB ends a transaction whose process was killed after a minute; what it would have written waits until then.
async fn patiently<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_mins(4);
    loop {
        if let Some(value) = check().await {
            return value;
        }
        assert!(Instant::now() < deadline, "never came true: {what}");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Asks until the visit is booked, always with the same key.
async fn booked(patient: &Person, input: &Value) {
    patiently("the visit is booked", async || {
        let answer = patient.graph.attempt(BOOK, input).await?;
        let payload = &answer["data"]["bookAppointment"];
        assert!(payload.is_null() || payload["errors"] == json!([]), "{answer}");
        payload["appointment"]["id"].is_string().then_some(())
    })
    .await;
}

/// How many messages went to whom by which way.
async fn told(admin: &Person) -> BTreeMap<(String, String), usize> {
    let mut told = BTreeMap::new();
    let log = admin.graph.data(LOG, Value::Null).await;
    for record in log["notificationLog"]["nodes"].as_array().unwrap() {
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        *told
            .entry((word(&record["recipient"]["id"]), word(&record["channel"])))
            .or_default() += 1;
    }
    told
}

async fn inbox(person: &Person) -> Vec<Value> {
    let mut data = person.graph.data(INBOX, Value::Null).await;
    serde_json::from_value(data["notifications"]["nodes"].take()).unwrap()
}

/// Confirmations of visits to an address that lie in the outbox.
fn mails_to(stores: &Stores, email: &str) -> usize {
    mails(stores, email)
        .iter()
        .filter(|mail| mail.contains("Lịch khám sau đã được đặt"))
        .count()
}

/// What was sent to an address, as it lies in the outbox. What somebody who died had begun to write was not sent.
fn mails(stores: &Stores, email: &str) -> Vec<String> {
    std::fs::read_dir(stores.data_dir().join("outbox"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .filter(|mail| mail.contains(&format!("To: {email}")))
        .collect()
}

fn clock(at: &str, zone: chrono_tz::Tz) -> String {
    let at: DateTime<Utc> = at.parse().unwrap();
    at.with_timezone(&zone).format("%H:%M").to_string()
}
