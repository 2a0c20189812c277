//! Several processes append to one trail.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::TestWorld;
use caregraph_migrations::administration::Migrator;
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};

async fn another(world: &TestWorld) -> caregraph_kit::subgraph::Ground {
    world.second_process::<Migrator>().await
}

on_every_engine! {
    async fn processes_that_append_at_once_keep_one_chain(world: World) {
        let grounds = [world.ground().clone(), another(&world.inner).await];
        let by = actor(user(1), Role::Patient);
        let events: Vec<_> = (1..=60).map(|n| world.envelope(&updated(patient(n)), Some(&by))).collect();
        // The first one of the day too: nobody has opened it yet. And each event reaches both.
        let deliveries = events.iter().flat_map(|event| grounds.iter().map(move |ground| deliver_to_audit(ground, event)));
        join_all(deliveries).await;
        let verification = world.verify(Value::Null).await;
        assert_eq!((&verification["entries"], &verification["head"]["count"]), (&json!(60), &json!(60)));
        assert_eq!(kinds(&verification), []);
        for ground in grounds {
            ground.bus.shut_down().await;
        }
    }

    async fn a_clock_that_is_behind_opens_no_earlier_day(world: World) {
        world.hear_updates(2).await;
        world.next_day();
        world.hear_updates(1).await;
        world.ground().clock.advance(TimeDelta::hours(-9));
        world.hear_updates(1).await;
        let log = world.log(json!({})).await;
        let places: Vec<_> = log.iter().map(|entry| json!([entry["day"], entry["number"]])).collect();
        assert_eq!(places, [
            json!(["2026-03-03", 2]), json!(["2026-03-03", 1]), json!(["2026-03-02", 2]), json!(["2026-03-02", 1]),
        ]);
        assert_eq!(log[0]["recordedAt"], "2026-03-02T23:00:00+00:00");
        assert_eq!(world.findings().await, []);
        // It is found by when it was recorded all the same.
        let late = world.log(json!({ "from": "2026-03-02T20:00:00Z", "to": "2026-03-03T00:00:00Z" })).await;
        assert_eq!(late.len(), 1);
    }
}
