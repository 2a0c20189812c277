//! Many people want the same time, in one process and in two: one gets it, the others get a way out.

use crate::harness::{BOOK, Clinic, Person, Stores, crowd};
use caregraph_kit::on_every_engine;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::{Value, json};

const RIVALS: usize = 200;

on_every_engine! {
    async fn two_hundred_want_one_slot(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        let rivals = crowd(&stores, &program.graph(), "rival", RIVALS).await;
        let slots = clinic.nurse.free_slots(&clinic.service, &clinic.doctors[0]).await;
        let losers = race(&clinic, &rivals, &slots[0], "one").await;
        assert_eq!(losers.len(), RIVALS - 1);

        // What the losers are offered can be had. Alternatives go as well while others take them, so each asks afresh.
        for loser in &losers[..5] {
            let again = loser.try_book(&clinic.service, &clinic.doctors[0], &slots[0], "again").await;
            let alternative = &alternatives(&again)[0];
            let input = json!({
                "serviceId": clinic.service, "practitionerId": alternative["practitioner"]["id"],
                "start": alternative["start"], "idempotencyKey": "way-out",
            });
            loser.graph.done("bookAppointment", BOOK, json!({ "input": input })).await;
        }

        // The same between two processes on the same stores.
        let second = stores.start(&[]).await;
        let rivals: Vec<Person> = losers[5..]
            .iter()
            .enumerate()
            .map(|(number, rival)| if number % 2 == 0 { rival.clone() } else { rival.at(&second) })
            .collect();
        let losers = race(&clinic, &rivals, slots.last().unwrap(), "two").await;
        assert_eq!(losers.len(), rivals.len() - 1);
        assert_no_overlap(&clinic).await;
        program.stop().await;
        second.stop().await;
    }

    async fn services_of_different_lengths_do_not_overlap(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        let second = stores.start(&[]).await;
        let doctor = &clinic.doctors[0];
        let mut offers = Vec::new();
        for (code, timing) in [("SHORT", (15, 0, 5)), ("LONG", (60, 10, 15)), ("ODD", (25, 5, 0))] {
            let service = clinic.admin.offer(code, timing, &[&doctor.id]).await;
            let slots = clinic.nurse.free_slots(&service, doctor).await;
            offers.push((service, timing, slots));
        }
        let rivals = crowd(&stores, &program.graph(), "rival", 45).await;
        let asked = join_all(rivals.iter().enumerate().map(async |(number, rival)| {
            let (service, timing, slots) = &offers[number % offers.len()];
            // Everybody wants the same two hours, each at a start of their own.
            let start = &slots[number * 7 % 8];
            let person = if number % 2 == 0 { rival.clone() } else { rival.at(&second) };
            let answer = person.try_book(service, doctor, start, "wish").await;
            (occupied(start.parse().unwrap(), *timing), answer)
        }))
        .await;
        let taken = assert_no_overlap(&clinic).await;
        let (won, lost): (Vec<_>, Vec<_>) = asked.iter().partition(|(_, answer)| answer["errors"] == json!([]));
        assert_eq!(won.len(), taken.len(), "what was answered is what stands in the agenda");
        for (wish, answer) in lost {
            alternatives(answer);
            assert!(taken.iter().any(|other| overlap(wish, other)), "refused although nothing is there: {answer}");
        }
        program.stop().await;
        second.stop().await;
    }

    async fn one_key_books_once(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        let second = stores.start(&[]).await;
        let patient = Person::register(&stores, &program.graph(), "eager@example.com").await;
        let slots = patient.free_slots(&clinic.service, &clinic.doctors[0]).await;
        let elsewhere = patient.at(&second);
        let answers = join_all((0..20).map(|number| {
            let person = if number % 2 == 0 { &patient } else { &elsewhere };
            person.try_book(&clinic.service, &clinic.doctors[0], &slots[3], "eager")
        }))
        .await;
        let booked = &answers[0]["appointment"]["id"];
        assert!(booked.is_string(), "{}", answers[0]);
        assert!(answers.iter().all(|answer| answer == &answers[0]), "one key, one answer: {answers:?}");
        assert_eq!(agenda(&clinic).await.len(), 1);

        // The key stands for that request and no other.
        let other = patient.try_book(&clinic.service, &clinic.doctors[0], &slots[8], "eager").await;
        assert_eq!(other["errors"][0]["__typename"], "IdempotencyKeyReused", "{other}");
        assert_eq!(agenda(&clinic).await.len(), 1);
        program.stop().await;
        second.stop().await;
    }
}

/// Everybody books the same time with the first doctor at once; exactly one may succeed. Gives those who did not.
async fn race(clinic: &Clinic, rivals: &[Person], start: &str, key: &str) -> Vec<Person> {
    let doctor = &clinic.doctors[0];
    let answers = join_all(
        rivals
            .iter()
            .map(|rival| rival.try_book(&clinic.service, doctor, start, key)),
    )
    .await;
    let mut losers = Vec::new();
    for (rival, answer) in rivals.iter().zip(&answers) {
        if answer["errors"] == json!([]) {
            assert_eq!(answer["appointment"]["start"], json!(start));
            continue;
        }
        let taken =
            |slot: &Value| slot["start"] == json!(start) && slot["practitioner"]["id"] == json!(doctor.id);
        assert!(
            !alternatives(answer).iter().any(taken),
            "the taken time is no alternative: {answer}"
        );
        losers.push(rival.clone());
    }
    losers
}

/// The alternatives of an answer that must be `SlotUnavailable`.
fn alternatives(answer: &Value) -> &[Value] {
    let error = &answer["errors"][0];
    assert_eq!(error["__typename"], "SlotUnavailable", "{answer}");
    let alternatives = error["alternatives"].as_array().unwrap();
    assert!(!alternatives.is_empty(), "the clinic is nearly empty: {answer}");
    alternatives
}

type Interval = (DateTime<Utc>, DateTime<Utc>);

fn occupied(start: DateTime<Utc>, (visit, before, after): (u32, u32, u32)) -> Interval {
    let minutes = |minutes: u32| TimeDelta::minutes(minutes.into());
    (start - minutes(before), start + minutes(visit + after))
}

fn overlap(one: &Interval, other: &Interval) -> bool {
    one.0 < other.1 && other.0 < one.1
}

/// What the first doctor's agenda holds.
async fn agenda(clinic: &Clinic) -> Vec<Value> {
    let now = caregraph_kit::Clock::system().now();
    let input =
        json!({ "practitionerId": clinic.doctors[0].id, "from": now, "to": now + TimeDelta::days(20) });
    let query = "query ($input: AgendaInput!) { agenda(input: $input) { appointments {
        start end service { durationMinutes bufferBeforeMinutes bufferAfterMinutes } } } }";
    let mut data = clinic.doctors[0]
        .graph
        .data(query, json!({ "input": input }))
        .await;
    serde_json::from_value(data["agenda"]["appointments"].take()).unwrap()
}

/// No two visits of the first doctor overlap, buffers included. Gives what they occupy.
async fn assert_no_overlap(clinic: &Clinic) -> Vec<Interval> {
    let mut taken: Vec<Interval> = Vec::new();
    for visit in agenda(clinic).await {
        let minutes = |field: &str| u32::try_from(visit["service"][field].as_u64().unwrap()).unwrap();
        let timing = (
            minutes("durationMinutes"),
            minutes("bufferBeforeMinutes"),
            minutes("bufferAfterMinutes"),
        );
        let interval = occupied(visit["start"].as_str().unwrap().parse().unwrap(), timing);
        assert!(
            !taken.iter().any(|other| overlap(&interval, other)),
            "{visit} overlaps another visit"
        );
        taken.push(interval);
    }
    assert!(!taken.is_empty());
    taken
}
