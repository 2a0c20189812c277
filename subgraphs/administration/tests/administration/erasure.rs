//! When everything about a person is erased, the trail stays, and it tells of the erasure.

use crate::world::*;
use caregraph_contracts::access::AccessBasis;
use caregraph_contracts::events::{
    AdministrationEvent, DataCategory, ErasureAnswer, ErasureStep, Holdings, PatientsEvent, RecordsEvent,
    RetentionBasis, SchedulingEvent,
};
use caregraph_contracts::ids::ErasureId;
use caregraph_contracts::{Domain, Role};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::eventually;
use serde_json::{Value, json};
use uuid::Uuid;

fn step(world: &World, records: &[u128], round: u32) -> ErasureStep {
    ErasureStep {
        erasure_id: Uuid::from_u128(300).into(),
        round,
        patient_id: patient(records[0]),
        records: records.iter().copied().map(patient).collect(),
        deceased: false,
        requested_by: user(records[0]),
        at: world.now(),
    }
}

/// What administration answers.
async fn asked(world: &World, mut step: ErasureStep) -> Holdings {
    let ground = world.ground();
    let erasure: ErasureId = ground.clock.new_id();
    step.erasure_id = erasure;
    let round = step.round;
    let subgraph = caregraph_administration::build(ground.clone());
    let mut handlers = subgraph.handlers.into_iter();
    let handler = handlers.find(|handler| handler.name() == "administration.erasure");
    let event = world.envelope(&PatientsEvent::ErasureAsked { step }, None);
    let mut tx = ground.database.begin().await.unwrap();
    handler.unwrap().handle(&mut tx, &event).await.unwrap();
    tx.commit().await.unwrap();
    let answer = eventually("administration answers", async || {
        let told = ground.events.read_after(0, 100).await.unwrap();
        told.iter().find_map(|event| match event.decode().unwrap() {
            Some(AdministrationEvent::ErasureAnswered { answer }) if answer.erasure_id == erasure => {
                Some(answer)
            }
            _ => None,
        })
    })
    .await;
    assert_eq!((answer.domain, answer.round), (Domain::Administration, round));
    answer.holdings
}

fn stays(entries: u64) -> Holdings {
    let mut holdings = Holdings::default();
    holdings.stay(
        DataCategory::AuditTrail,
        entries,
        RetentionBasis::Accountability,
        None,
    );
    holdings
}

fn answer(domain: Domain) -> ErasureAnswer {
    ErasureAnswer {
        erasure_id: Uuid::from_u128(300).into(),
        patient_id: patient(1),
        round: 0,
        domain,
        holdings: Holdings::default(),
    }
}

on_every_engine! {
    async fn the_trail_stays_and_says_how_much_it_holds(world: World) {
        let by = actor(user(901), Role::Doctor);
        world.hear(&updated(patient(1)), Some(&by)).await;
        world.hear(&accessed(patient(2), user(901), AccessBasis::Care, None), Some(&by)).await;
        world.hear(&accessed(patient(2), user(901), AccessBasis::BrokenGlass, Some("unconscious")), Some(&by)).await;
        world.hear(&updated(patient(3)), Some(&by)).await;
        for round in 0..3 {
            assert_eq!(asked(&world, step(&world, &[1, 2], round)).await, stays(3));
            assert_eq!(asked(&world, step(&world, &[3], round)).await, stays(1));
            assert_eq!(asked(&world, step(&world, &[4], round)).await, Holdings::default());
        }
        let log = world.log(json!({})).await;
        assert_eq!(log.len(), 4);
        assert_eq!(log[1]["reason"], "unconscious");
        assert_eq!(world.findings().await, []);
    }

    async fn the_trail_tells_who_wanted_what_and_what_came_of_it(world: World) {
        world.hear(&PatientsEvent::PatientRegistered { patient: facts(patient(1), &[user(2)]) }, None).await;
        let (erasure_id, patient_id, requested_by) = (Uuid::from_u128(300).into(), patient(1), user(2));
        let step = |round| ErasureStep { requested_by, ..step(&world, &[1], round) };
        let guardian = actor(user(2), Role::Patient);
        world.hear(&PatientsEvent::ErasureAsked { step: step(0) }, Some(&guardian)).await;
        world.hear(&SchedulingEvent::ErasureAnswered { answer: answer(Domain::Scheduling) }, None).await;
        world.hear(&RecordsEvent::ErasureAnswered { answer: answer(Domain::Records) }, None).await;
        let holdings = stays(1);
        world.hear(&PatientsEvent::ErasureScheduled {
            erasure_id, patient_id, requested_by, due_at: world.now(), holdings: holdings.clone(),
        }, None).await;
        let desk = actor(user(902), Role::Admin);
        world.hear(&PatientsEvent::ErasureCancelled { erasure_id, patient_id, requested_by }, Some(&desk)).await;
        world.hear(&PatientsEvent::ErasureAsked { step: step(1) }, None).await;
        world.hear(&PatientsEvent::ErasureCarriedOut { erasure_id, patient_id, round: 1, holdings }, None).await;

        let of = |n: u128| json!(Uuid::from_u128(n));
        let mut log = world.log(json!({})).await;
        log.reverse();
        let seen: Vec<_> = log.iter().skip(1).map(|entry| json!([
            entry["domain"], entry["action"], entry["patient"]["id"], entry["by"]["id"],
        ])).collect();
        assert_eq!(seen, [
            json!(["PATIENTS", "ErasureAsked", of(1), of(2)]),
            json!(["SCHEDULING", "ErasureAnswered", null, null]),
            json!(["RECORDS", "ErasureAnswered", null, null]),
            json!(["PATIENTS", "ErasureScheduled", of(1), of(2)]),
            json!(["PATIENTS", "ErasureCancelled", of(1), of(902)]),
            json!(["PATIENTS", "ErasureAsked", of(1), of(2)]),
            json!(["PATIENTS", "ErasureCarriedOut", of(1), null]),
        ]);
        for entry in &log {
            assert_eq!((&entry["subjectKind"], &entry["subjectId"]), (&json!("PATIENT"), &of(1)), "{entry}");
        }
        // The patient reads of the wish and what came of it, and not what each domain said to it.
        let query = "query($id: ID!) { accessLog(patientId: $id) { nodes { action } } }";
        let own = world.ask(&person(1), query, json!({ "id": patient(1).to_string() })).await;
        let actions: Vec<&Value> = own["data"]["accessLog"]["nodes"].as_array().unwrap().iter().map(|node| &node["action"]).collect();
        assert_eq!(actions, [
            "ErasureCarriedOut", "ErasureAsked", "ErasureCancelled", "ErasureScheduled", "ErasureAsked", "PatientRegistered",
        ]);
    }

    /// Whoever had an account or a guardian has none any more, and nobody reads on in their name.
    async fn nobody_acts_for_whom_was_erased(world: World) {
        world.hear(&PatientsEvent::PatientRegistered { patient: facts(patient(1), &[user(2)]) }, None).await;
        let mut left = facts(patient(1), &[]);
        left.user_id = None;
        world.hear(&PatientsEvent::PatientUpdated { patient: left }, None).await;
        let query = "query($id: ID!) { accessLog(patientId: $id) { nodes { action } } }";
        for who in [person(1), person(2)] {
            let answer = world.ask(&who, query, json!({ "id": patient(1).to_string() })).await;
            assert_eq!(answer["data"]["accessLog"], Value::Null, "{answer}");
        }
    }
}
