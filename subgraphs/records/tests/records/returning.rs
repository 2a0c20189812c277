//! Who comes back after an erasure, and rounds that come years later: the wish does not reach what came after it.

use crate::erasure::{Charts, Consents, Exports, FileRows, OVER, count, document, goes, kept, part, step};
use crate::exports::{others, ready, requests, tell};
use crate::world::*;
use caregraph_contracts::RecordPart;
use caregraph_contracts::events::{DataCategory, ErasureStep, Holdings, PatientsEvent};
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::principal;
use http::StatusCode;
use serde_json::{Value, json};

const RECORD: &str = "query ($id: ID!) { medicalRecord(patientId: $id) { patient { id } allergies { substance } encounters { id } } }";

on_every_document_store! {
    /// Nobody tells anew who somebody is when they come back as they were.
    async fn whoever_comes_back_without_a_record_is_treated(world: World) {
        world.hear(&PatientsEvent::PatientsMerged { surviving: patient(LAN), merged: patient(AN) }).await;
        let both = ErasureStep { records: vec![patient(LAN), patient(AN)], ..step(&world, 1) };
        world.answer(both).await;
        let (standing, merged) = (chart(&world, LAN).await, chart(&world, AN).await);
        for (chart, account) in [(&standing, LAN), (&merged, AN)] {
            assert_eq!((&chart["user"], &chart["guardians"]), (&json!(id(account)), &json!([])), "{chart}");
        }
        assert_eq!((&standing["merged"], &merged["merged_into"]), (&json!([id(AN)]), &json!(id(LAN))));
        // What patients tells when it has erased its own part.
        for member in [DOCTOR, NURSE] {
            world.relationship(member, LAN, None, None).await;
        }
        let input = json!({ "patientId": id(LAN), "substance": "Latex", "category": "ENVIRONMENT" });
        let refused = world.try_to(&doctor(), "recordAllergy", "allergy { id }", input).await;
        assert_eq!(refused["errors"][0]["__typename"], "NotFound", "{refused}");

        // They come in for a visit.
        world.cares(DOCTOR, LAN).await;
        world.checked_in(500).await;
        world.allergy("Penicillin").await;
        for (who, n) in [(doctor(), LAN), (doctor(), AN), (lan(), LAN)] {
            let seen = world.data(&who, RECORD, json!({ "id": id(n) })).await["medicalRecord"].take();
            assert_eq!((&seen["patient"]["id"], &seen["allergies"][0]["substance"]), (&json!(id(LAN)), &json!("Penicillin")), "{seen}");
        }
        let seen = world.data(&doctor(), RECORD, json!({ "id": id(LAN) })).await["medicalRecord"].take();
        assert_eq!(seen["encounters"].as_array().unwrap().len(), 1, "{seen}");
        let mother = principal(user(MOTHER), &[caregraph_contracts::Role::Patient]);
        let seen = world.data(&mother, RECORD, json!({ "id": id(LAN) })).await;
        assert_eq!(seen["medicalRecord"], Value::Null);
        // What patients tells of the person is followed as always.
        world.person(LAN, &[MOTHER]).await;
        assert_eq!(chart(&world, LAN).await["guardians"], json!([id(MOTHER)]));
    }

    async fn a_later_round_leaves_archives_alone(world: World) {
        document(&world).await;
        world.now_is(OVER);
        let background = world.start_background();
        let export = world.done(&lan(), "exportMyData", "export { id }", json!({})).await["id"].take();
        let request = requests(&world).await.pop().unwrap();
        for domain in others() {
            tell(&world, part(request.export_id, domain, 1)).await;
        }
        let archive = ready(&world, &lan(), &export).await;
        background.stop().await;
        let answer = world.answer(step(&world, 2)).await;
        let (record, chart) = (goes(DataCategory::MedicalRecords, 1), goes(DataCategory::Consents, 1));
        assert_eq!(answer, Holdings { goes: vec![record, chart], stays: Vec::new() });
        world.files.tidy().await.unwrap();
        assert_eq!((count::<Exports>(&world).await, count::<FileRows>(&world).await), (1, 1));
        let url = archive["download"]["url"].as_str().unwrap();
        assert_eq!(world.fetch(url).await.0, StatusCode::OK);
    }

    async fn without_a_record_a_later_round_finds_nothing(world: World) {
        world.done(&lan(), "exportMyData", "export { id }", json!({})).await;
        world.consent(300, STRANGER, &[RecordPart::Allergies], true).await;
        let (before, known) = (kept(&world).await, chart(&world, LAN).await);
        assert_eq!(count::<Consents>(&world).await, 1);
        for round in [2, 3] {
            assert_eq!(world.answer(step(&world, round)).await, Holdings::default());
        }
        assert_eq!((kept(&world).await, chart(&world, LAN).await), (before, known));
    }
}

/// A chart as it lies in the store.
async fn chart(world: &World, n: u128) -> Value {
    let charts = world.ground.documents.collection::<Charts>().unwrap();
    charts.get(id(n).into()).await.unwrap().unwrap().value.0
}
