//! Breaking the glass, and who looked.

use crate::world::*;
use caregraph_contracts::events::RecordsEvent;
use caregraph_contracts::{AccessBasis, PublicEvent, WriteAccess};
use caregraph_kit::auth::Principal;
use caregraph_kit::on_every_document_store;
use chrono::TimeDelta;
use serde_json::{Value, json};

const RECORD: &str =
    "query ($id: ID!) { medicalRecord(patientId: $id) { accessBasis allergies { substance } } }";

async fn accesses(world: &World) -> Vec<(AccessBasis, Option<String>)> {
    let told = world.told().await.into_iter();
    told.filter_map(|event| match event {
        RecordsEvent::RecordAccessed { access } => Some((access.basis, access.reason)),
        _ => None,
    })
    .collect()
}

/// What has been told of writings, by name, with what allowed each.
async fn writings(world: &World) -> Vec<(&'static str, Option<WriteAccess>)> {
    let told = world.told().await.into_iter();
    told.filter_map(|event| {
        let name = event.name();
        match event {
            RecordsEvent::RecordChanged { change } => Some((name, change.allowed_by)),
            RecordsEvent::EncounterSigned { allowed_by, .. }
            | RecordsEvent::AllergyRecorded { allowed_by, .. }
            | RecordsEvent::MedicationChanged { allowed_by, .. }
            | RecordsEvent::VitalsAbnormal { allowed_by, .. } => Some((name, allowed_by)),
            RecordsEvent::RecordAccessed { .. }
            | RecordsEvent::GlassBroken { .. }
            | RecordsEvent::DataExportRequested { .. }
            | RecordsEvent::DataExportReady { .. }
            | RecordsEvent::ErasureAnswered { .. } => None,
        }
    })
    .collect()
}

/// Does in Lan's record whatever can be done there: fourteen mutations.
async fn write_everything(world: &World, who: &Principal) {
    let lan = |mut input: Value| {
        input["patientId"] = json!(id(LAN));
        input
    };
    let hot = lan(json!({ "temperature": "41.5" }));
    world.done(who, "recordVitals", "vitals { id }", hot).await;
    let allergy = lan(json!({ "substance": "Latex", "category": "ENVIRONMENT" }));
    let allergy = world.done(who, "recordAllergy", "allergy { id }", allergy).await["id"].take();
    let changed = json!({ "id": allergy, "version": 1, "severity": "SEVERE" });
    world
        .done(who, "updateAllergy", "allergy { version }", changed)
        .await;
    let withheld = json!({ "id": allergy, "released": false });
    world
        .done(who, "releaseEntry", "entry { __typename }", withheld)
        .await;
    let taken_back = json!({ "id": allergy, "version": 3, "reason": "nhầm người" });
    world
        .done(who, "retractEntry", "entry { __typename }", taken_back)
        .await;
    let medication = lan(json!({ "medication": "Salbutamol" }));
    world
        .done(who, "recordMedicationStatement", "medication { id }", medication)
        .await;
    let condition = lan(json!({ "code": "I10" }));
    world
        .done(who, "recordCondition", "condition { id }", condition)
        .await;
    let document = lan(json!({ "documentType": "REPORT", "title": "Letter", "report": "r" }));
    world
        .done(who, "attachDocument", "document { id }", document)
        .await;
    let background = lan(json!({ "bloodType": "O_POSITIVE" }));
    world
        .done(who, "updateBackground", "background { version }", background)
        .await;
    let visit = lan(json!({ "chiefComplaint": "bất tỉnh", "notes": "n" }));
    let visit = world.done(who, "startEncounter", "encounter { id }", visit).await["id"].take();
    let diagnosis = json!({ "encounterId": visit, "diagnosis": { "code": "R55" } });
    world
        .done(who, "recordDiagnosis", "encounter { version }", diagnosis)
        .await;
    let plan = json!({ "encounterId": visit, "description": "d" });
    world
        .done(who, "addTreatmentPlan", "encounter { version }", plan)
        .await;
    let sign = json!({ "id": visit, "version": 3 });
    world
        .done(who, "signEncounter", "encounter { version }", sign)
        .await;
    let amend = json!({ "id": visit, "version": 4, "notes": "m", "reason": "quên" });
    world
        .done(who, "amendEncounter", "encounter { version }", amend)
        .await;
}

on_every_document_store! {
    /// Also of what is written it is told by what right, so that the trail marks it.
    async fn what_is_written_through_broken_glass_is_marked(world: World) {
        let reason = "bất tỉnh, không có người nhà";
        let input = json!({ "patientId": id(LAN), "reason": reason });
        world.done(&stranger(), "breakGlass", "opened { until }", input).await;
        write_everything(&world, &stranger()).await;
        let written = writings(&world).await;
        let glass = WriteAccess { basis: AccessBasis::BrokenGlass, reason: Some(reason.to_owned()) };
        for (name, allowed_by) in &written {
            assert_eq!(allowed_by.as_ref(), Some(&glass), "{name}");
        }
        let count = |of: &str| written.iter().filter(|(name, _)| *name == of).count();
        // One for each mutation.
        assert_eq!((count("RecordChanged"), count("AllergyRecorded"), count("EncounterSigned")), (14, 4, 2));
        assert_eq!((count("MedicationChanged"), count("VitalsAbnormal")), (1, 1));
    }

    async fn what_those_write_who_treat_is_not_marked_as_broken_glass(world: World) {
        write_everything(&world, &doctor()).await;
        // The program opens the encounter of a visit by itself.
        world.checked_in(500).await;
        let mut written = writings(&world).await;
        assert_eq!(written.pop(), Some(("RecordChanged", None)));
        let care = WriteAccess { basis: AccessBasis::Care, reason: None };
        assert!(written.iter().all(|(_, allowed_by)| allowed_by.as_ref() == Some(&care)), "{written:?}");
    }

    /// What somebody writes they know; that the answer shows it is not noted as a look.
    async fn the_answer_to_a_writing_is_no_look(world: World) {
        let input = json!({ "patientId": id(LAN), "substance": "Latex", "category": "ENVIRONMENT" });
        let fields = "allergy { id substance patient { id } recordedBy { id } changedBy { id } }";
        world.done(&doctor(), "recordAllergy", fields, input).await;
        assert!(accesses(&world).await.is_empty());
    }

    async fn a_foreign_doctor_breaks_the_glass_for_an_hour(world: World) {
        world.allergy("Penicillin").await;
        let variables = json!({ "id": id(LAN) });
        assert_eq!(world.data(&stranger(), RECORD, variables.clone()).await["medicalRecord"], Value::Null);
        let reason = "bất tỉnh, cần biết dị ứng";
        let input = json!({ "patientId": id(LAN), "reason": reason });
        let opened = world.done(&stranger(), "breakGlass", "opened { until patient { id medicalRecord { allergies { substance } } } }", input).await;
        assert_eq!(opened["patient"]["medicalRecord"]["allergies"][0]["substance"], "Penicillin");
        let seen = world.data(&stranger(), RECORD, variables.clone()).await;
        assert_eq!(seen["medicalRecord"]["accessBasis"], "BROKEN_GLASS");
        // Whoever treats in an emergency writes down what was done.
        world.done(&stranger(), "recordVitals", "vitals { id }", json!({ "patientId": id(LAN), "heartRate": 120 })).await;
        world.advance(TimeDelta::hours(1));
        assert_eq!(world.data(&stranger(), RECORD, variables).await["medicalRecord"], Value::Null);

        let broken = world.told().await.into_iter().filter(|event| matches!(event, RecordsEvent::GlassBroken { reason: said, .. } if said == reason));
        assert_eq!(broken.count(), 1);
        let glass = (AccessBasis::BrokenGlass, Some(reason.to_owned()));
        assert_eq!(accesses(&world).await, [
            (AccessBasis::Nothing, None), glass.clone(), glass, (AccessBasis::Nothing, None),
        ]);
    }

    async fn glass_is_broken_for_a_reason_by_those_who_may(world: World) {
        let short = world.try_to(&stranger(), "breakGlass", "opened { until }", json!({ "patientId": id(LAN), "reason": "xyz" })).await;
        assert_eq!(short["errors"][0]["path"], json!(["input", "reason"]), "{short}");
        let nobody = world.try_to(&stranger(), "breakGlass", "opened { until }", json!({ "patientId": id(999), "reason": "a good reason" })).await;
        assert_eq!(nobody["errors"][0]["__typename"], "NotFound", "{nobody}");
        let query = "mutation ($input: BreakGlassInput!) { breakGlass(input: $input) { errors { __typename } } }";
        let input = json!({ "input": { "patientId": id(LAN), "reason": "a good reason" } });
        let answer = world.ask(&lan(), query, input).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
    }

    async fn every_look_is_noted_with_who_and_why(world: World) {
        let variables = json!({ "id": id(LAN) });
        for who in [lan(), doctor(), stranger()] {
            world.data(&who, RECORD, variables.clone()).await;
        }
        let log = world.ground.documents.events();
        while log.assign_positions(1000).await.unwrap() > 0 {}
        let looks: Vec<_> = log.read_after(0, 1000).await.unwrap().iter().filter_map(|envelope| {
            let Some(RecordsEvent::RecordAccessed { access }) = envelope.decode().unwrap() else { return None };
            let actor = envelope.actor().unwrap();
            assert_eq!((actor.user, actor.request.as_str()), (Some(access.user_id), "test"));
            Some((access.user_id, access.basis))
        }).collect();
        assert_eq!(looks, [
            (user(LAN), AccessBasis::Oneself), (user(DOCTOR), AccessBasis::Care), (user(STRANGER), AccessBasis::Nothing),
        ]);
    }

    async fn many_looks_at_once_are_all_noted(world: World) {
        let variables = json!({ "id": id(LAN) });
        let reader = doctor();
        let looks = (0..100).map(|_| world.data(&reader, RECORD, variables.clone()));
        futures::future::join_all(looks).await;
        assert_eq!(accesses(&world).await.len(), 100);
    }
}
