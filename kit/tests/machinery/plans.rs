//! What the event tables are asked is found by indexes, however much has happened.

use crate::support::{World, count_further};
use caregraph_contracts::Domain;
use caregraph_kit::events::{EventLog, Offsets};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::{Case, Plans};
use chrono::TimeDelta;

/// Few events have no position yet, so the index of positions has them all at one end.
const NEW: Case = Case::of("new events")
    .walking(&["event_outbox"])
    .sorting(&["event_outbox"]);

on_every_engine! {
    async fn events_are_relayed_and_followed(world: World) {
        let ground = world.ground();
        let plans = Plans::of(&ground.database);
        // This process's own relay would be faster.
        ground.bus.shut_down().await;
        count_further(ground, world.things[0], "one").await.unwrap();
        let numbered = plans.check(NEW, EventLog::assign_positions(&ground.events, 256)).await.unwrap();
        assert_eq!(numbered, 1);
        let found = plans
            .check(Case::of("events behind a position"), ground.events.read_after(0, 256))
            .await
            .unwrap();
        let position = EventLog::position_of(&ground.events, found[0].id);
        plans.check(Case::of("an event's position"), position).await.unwrap();
        plans.check(Case::of("the head"), ground.events.head()).await.unwrap();
        let offsets: &dyn Offsets = &ground.database;
        plans
            .check(Case::of("how far somebody has read"), offsets.offset("test.reader", Domain::Scheduling))
            .await
            .unwrap();
        let before = ground.clock.now() + TimeDelta::days(1);
        plans
            .check(Case::of("removing what everybody has heard"), ground.events.prune(before, 1))
            .await
            .unwrap();
        plans
            .check(
                Case::of("forgetting what was handled").by(&["event_inbox_by_age"]),
                ground.events.forget_handled(before),
            )
            .await
            .unwrap();
    }
}
