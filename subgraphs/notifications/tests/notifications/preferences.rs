//! How people want to be told.

use crate::world::*;
use caregraph_contracts::events::IdentityEvent;
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::eventually;
use chrono::TimeDelta;
use serde_json::{Value, json};

const UPDATE: &str =
    "mutation ($input: UpdateNotificationPreferencesInput!) { updateNotificationPreferences(input: $input) {
    preferences { language quietHours { from to } types { type channels chosen mandatory } }
    errors { __typename ... on UserError { message path } } } }";

async fn update(world: &World, input: Value) -> Value {
    let mut answer = world.data(&lan(), UPDATE, json!({ "input": input })).await;
    answer["updateNotificationPreferences"].take()
}

fn of<'a>(preferences: &'a Value, kind: &str) -> &'a Value {
    preferences["types"]
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["type"] == kind)
        .unwrap()
}

on_every_document_store! {
    async fn people_choose_ways_and_language(world: World) {
        let chosen = update(&world, json!({
            "language": "EN", "types": [{ "type": "APPOINTMENT_BOOKED", "channels": ["IN_APP"] }],
        })).await;
        let line = of(&chosen["preferences"], "APPOINTMENT_BOOKED");
        assert_eq!((&line["channels"], &line["chosen"]), (&json!(["IN_APP"]), &json!(true)));
        world.hear(&booked(&visit(1, LAN, world.now() + TimeDelta::days(3)))).await;
        let log = world.settled("APPOINTMENT_BOOKED").await;
        let mine: Vec<_> = log.iter().filter(|line| line.0 == LAN).map(|line| line.1.as_str()).collect();
        assert_eq!(mine, ["IN_APP"]);
        assert!(world.inbox(&lan()).await[0].1.starts_with("Your visit is booked"), "in the language chosen");
        // Null makes it as usual again.
        let usual = update(&world, json!({ "language": null, "types": [{ "type": "APPOINTMENT_BOOKED", "channels": null }] })).await;
        assert_eq!(of(&usual["preferences"], "APPOINTMENT_BOOKED")["chosen"], false);
        assert_eq!(usual["preferences"]["language"], Value::Null);
    }

    async fn quiet_hours_delay_all_but_the_inbox_and_what_is_urgent(world: World) {
        // It is one minute past three in the afternoon in Ho Chi Minh City.
        update(&world, json!({ "quietHours": { "from": "15:00", "to": "16:30" } })).await;
        world.hear(&booked(&visit(1, LAN, world.now() + TimeDelta::days(3)))).await;
        let expires_at = world.now() + TimeDelta::minutes(30);
        world.hear(&IdentityEvent::PasswordResetRequested {
            user_id: user(LAN), request_id: uuid::Uuid::from_u128(77), expires_at,
        }).await;
        eventually("what is urgent is sent", async || {
            (world.log("PASSWORD_RESET").await.iter().all(|line| line.2 == "SUPPRESSED") && world.files().len() == 1).then_some(())
        }).await;
        eventually("the inbox has it", async || (world.inbox(&lan()).await[0].0 == "APPOINTMENT_BOOKED").then_some(())).await;
        let waiting = world.log("APPOINTMENT_BOOKED").await;
        assert!(waiting.iter().any(|line| line.1 == "EMAIL" && line.2 == "QUEUED"), "{waiting:?}");
        world.advance(TimeDelta::minutes(88));
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert_eq!(world.files().len(), 1);
        world.advance(TimeDelta::minutes(1));
        world.settled("APPOINTMENT_BOOKED").await;
        assert_eq!(world.files().len(), 2);
    }

    async fn nonsense_is_refused_and_changes_nothing(world: World) {
        let before = update(&world, json!({})).await;
        for (input, path) in [
            (json!({ "quietHours": { "from": "25:00", "to": "07:00" } }), "quietHours"),
            (json!({ "quietHours": { "from": "soon", "to": "07:00" } }), "quietHours"),
            (json!({ "quietHours": { "from": "07:00", "to": "07:00" } }), "quietHours"),
            (json!({ "types": [{ "type": "PASSWORD_RESET", "channels": [] }] }), "types"),
            (json!({ "types": [{ "type": "ANNOUNCEMENT" }, { "type": "ANNOUNCEMENT" }] }), "types"),
        ] {
            let refused = update(&world, input.clone()).await;
            assert_eq!(refused["errors"][0]["__typename"], "InvalidInput", "{input}: {refused}");
            assert_eq!(refused["errors"][0]["path"][1], path, "{input}: {refused}");
        }
        assert_eq!(update(&world, json!({})).await, before);
    }
}
