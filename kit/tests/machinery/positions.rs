//! Places in the log: without gaps, and in order for each thing.

use crate::support::{
    Counted, Counting, Process, SECRET, World, count_at_once, count_further, effects, endless, increment,
    reached,
};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_kit::database::Transaction;
use caregraph_kit::events::{Envelope, EventHandler, HandlerError, Offsets};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::eventually;
use chrono::TimeDelta;
use futures::future::try_join_all;
use sea_orm::{ConnectionTrait, Statement};
use std::collections::HashMap;
use std::sync::Arc;

/// Counts what it hears, in whatever order.
struct Hearing(&'static str);

#[async_trait]
impl EventHandler for Hearing {
    fn name(&self) -> &'static str {
        self.0
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Scheduling]
    }

    async fn handle(&self, tx: &mut Transaction, _: &Envelope) -> Result<(), HandlerError> {
        Ok(increment(&**tx, &format!("effects-{}", self.0)).await?)
    }
}

on_every_engine! {
    /// Sixteen writers in two processes, whose relays both assign positions; every fifth transaction is taken back, so the
    /// store's own numbers have gaps.
    async fn positions_have_no_gaps_and_keep_the_order_of_each_thing(world: World) {
        let grounds = [world.ground().clone(), world.second_process().await];
        let world = Arc::new(world);
        let writers = (0..16_usize).map(|writer| {
            let (ground, world) = (grounds[writer % 2].clone(), Arc::clone(&world));
            tokio::spawn(async move {
                for round in 0..12 {
                    let thing = world.things[(writer + round) % world.things.len()];
                    if round % 5 == 4 {
                        let mut tx = ground.database.begin().await.unwrap();
                        increment(&*tx, &thing.to_string()).await.unwrap();
                        let regretted = Counted { thing, number: 0, note: String::new() };
                        ground.events.append(&mut tx, &[regretted]).await.unwrap();
                        tx.rollback().await.unwrap();
                    } else {
                        count_further(&ground, thing, SECRET).await.unwrap();
                    }
                }
            })
        });
        try_join_all(writers).await.unwrap();
        let told = 16 * 10;
        reached(&grounds[0], told).await;
        let events = grounds[0].events.read_after(0, 10_000).await.unwrap();
        let positions: Vec<i64> = events.iter().map(|event| event.position).collect();
        assert_eq!(positions, (1..=told).collect::<Vec<_>>());
        let mut last = HashMap::new();
        for event in events {
            let counted: Counted = event.decode().unwrap().unwrap();
            assert_eq!(event.aggregate, counted.thing);
            let before = last.insert(counted.thing, counted.number).unwrap_or(0);
            assert_eq!(counted.number, before + 1, "the events of a thing come in the order in which they happened");
        }
        for ground in grounds {
            ground.bus.shut_down().await;
        }
    }

    async fn what_happened_cannot_be_read_in_the_store(world: World) {
        let ground = world.ground();
        count_further(ground, world.things[0], SECRET).await.unwrap();
        let reader = ground.database.reader();
        let query = Statement::from_string(reader.get_database_backend(), "SELECT payload FROM event_outbox");
        let payload: String = reader.query_one_raw(query).await.unwrap().unwrap().try_get("", "payload").unwrap();
        assert!(payload.starts_with("v1."), "{payload}");
        for secret in [SECRET, "note", "number"] {
            assert!(!payload.contains(secret));
        }
        reached(ground, 1).await;
        let events = ground.events.read_after(0, 10).await.unwrap();
        let counted: Counted = events[0].decode().unwrap().unwrap();
        assert_eq!((counted.number, counted.note.as_str()), (1, SECRET));
    }

    /// Whoever removes less must not make the log forget that more is gone: a follower in between would miss events.
    /// Whoever was away for longer than events are kept must not go on as if nothing had happened.
    async fn a_handler_that_missed_events_stops_and_a_new_one_begins_with_what_is_kept(world: World) {
        let ground = world.ground().clone();
        ground.bus.shut_down().await;
        let away = Counting::new(&world, "away", |_| Ok(())).await;
        let process = Process::start(&ground, away.clone(), endless(), |transport| transport).await;
        count_further(&ground, world.things[0], "").await.unwrap();
        eventually("it has heard the first", async || (effects(&ground, "away").await == 1).then_some(())).await;
        // Its offset is saved once it has nothing to do.
        eventually("it has come to rest", async || {
            (Offsets::offset(&ground.database, "away", Domain::Scheduling).await.unwrap() == 1).then_some(())
        })
        .await;
        process.kill().await;

        let fresh = Counting::new(&world, "fresh", |_| Ok(())).await;
        count_at_once(&ground, world.things[1], 4).await.unwrap();
        let other = Process::start(&ground, Counting::new(&world, "other", |_| Ok(())).await, endless(), |t| t).await;
        reached(&ground, 5).await;
        other.kill().await;
        assert_eq!(ground.events.prune(ground.clock.now() + TimeDelta::seconds(1), 3).await.unwrap(), 3);
        // `fresh` checks the order of each thing from the first on, so it would fail for ever at the fourth; that it comes is enough.
        let both = [
            Process::start(&ground, away, endless(), |transport| transport).await,
            Process::start(&ground, Arc::new(Hearing(fresh.name)), endless(), |transport| transport).await,
        ];
        eventually("the new one has heard what is kept", async || (effects(&ground, "fresh").await == 2).then_some(())).await;
        assert_eq!(effects(&ground, "away").await, 1);
        for process in both {
            process.kill().await;
        }
    }

    async fn what_is_pruned_stays_pruned(world: World) {
        let ground = world.ground();
        for _ in 0..10 {
            count_further(ground, world.things[0], "").await.unwrap();
        }
        reached(ground, 10).await;
        ground.clock.advance(chrono::TimeDelta::days(1));
        assert_eq!(ground.events.prune(ground.clock.now(), 7).await.unwrap(), 7);
        for keep_after in [3, 0, 7] {
            assert_eq!(ground.events.prune(ground.clock.now(), keep_after).await.unwrap(), 0);
            assert_eq!(ground.events.pruned().await.unwrap(), 7);
        }
        count_further(ground, world.things[0], "").await.unwrap();
        reached(ground, 11).await;
        let left: Vec<i64> = ground.events.read_after(0, 100).await.unwrap().iter().map(|event| event.position).collect();
        assert_eq!(left, [8, 9, 10, 11], "new events go on where the log has stopped");
    }
}
