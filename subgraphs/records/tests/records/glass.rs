//! Breaking the glass, and who looked.

use crate::world::*;
use caregraph_contracts::AccessBasis;
use caregraph_contracts::events::RecordsEvent;
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

on_every_document_store! {
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
