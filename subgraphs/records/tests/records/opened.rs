//! Records that are open already need no glass to be broken.

use crate::world::*;
use caregraph_contracts::RecordPart;
use caregraph_contracts::events::RecordsEvent;
use caregraph_kit::auth::Principal;
use caregraph_kit::on_every_document_store;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

/// How often somebody was told of an emergency.
async fn emergencies(world: &World) -> usize {
    let told = world.told().await.into_iter();
    told.filter(|event| matches!(event, RecordsEvent::GlassBroken { .. }))
        .count()
}

fn emergency() -> Value {
    json!({ "patientId": id(LAN), "reason": "a good reason" })
}

async fn refusal(world: &World, who: &Principal) -> String {
    let refused = world
        .try_to(who, "breakGlass", "opened { until }", emergency())
        .await;
    let error = &refused["errors"][0];
    assert_eq!(
        (&error["__typename"], &error["path"]),
        (&json!("Conflict"), &json!(["input", "patientId"])),
        "{refused}"
    );
    error["message"].as_str().unwrap().to_owned()
}

on_every_document_store! {
    async fn what_is_open_is_not_broken_open(world: World) {
        let said = refusal(&world, &doctor()).await;
        assert!(said.starts_with("this record is open to you already; "), "{said}");
        let until = world.now() + TimeDelta::days(3);
        world.relationship(STRANGER, LAN, Some(world.now()), Some(until)).await;
        let said = refusal(&world, &stranger()).await;
        assert!(said.contains(&until.format("until %Y-%m-%d").to_string()), "{said}");
        assert_eq!(emergencies(&world).await, 0);
    }

    async fn whoever_may_only_read_opens_it_to_write(world: World) {
        world.consent(300, STRANGER, RecordPart::ALL, false).await;
        world.done(&stranger(), "breakGlass", "opened { until }", emergency()).await;
        let allergy = json!({ "patientId": id(LAN), "substance": "Latex", "category": "ENVIRONMENT" });
        world.done(&stranger(), "recordAllergy", "allergy { id }", allergy).await;
        assert_eq!(emergencies(&world).await, 1);
    }

    /// As by a second click: nobody is told of two emergencies.
    async fn of_two_who_break_the_same_glass_at_once_one_does(world: World) {
        let who = stranger();
        for round in 1..=5 {
            let (one, other) = tokio::join!(
                world.try_to(&who, "breakGlass", "opened { until }", emergency()),
                world.try_to(&who, "breakGlass", "opened { until }", emergency()),
            );
            let (opened, refused): (Vec<_>, Vec<_>) =
                [one, other].into_iter().partition(|payload| payload["errors"] == json!([]));
            assert_eq!((opened.len(), refused.len()), (1, 1), "{opened:?} {refused:?}");
            let error = &refused[0]["errors"][0];
            assert_eq!(
                (&error["__typename"], &error["path"]),
                (&json!("Conflict"), &json!(["input", "patientId"])),
                "{error}"
            );
            let said = error["message"].as_str().unwrap();
            assert!(said.starts_with("this record is open to you already, until "), "{said}");
            assert_eq!(emergencies(&world).await, round);
            world.advance(TimeDelta::hours(1));
        }
    }

    async fn glass_is_broken_once_an_hour(world: World) {
        let opened = world.done(&stranger(), "breakGlass", "opened { until }", emergency()).await;
        let until: DateTime<Utc> = opened["until"].as_str().unwrap().parse().unwrap();
        world.advance(TimeDelta::minutes(59));
        let said = refusal(&world, &stranger()).await;
        assert!(said.contains(&until.to_rfc3339_opts(SecondsFormat::AutoSi, true)), "{said}");
        assert_eq!(emergencies(&world).await, 1);
        world.advance(TimeDelta::minutes(1));
        world.done(&stranger(), "breakGlass", "opened { until }", emergency()).await;
        assert_eq!(emergencies(&world).await, 2);
    }
}
