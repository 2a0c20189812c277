//! Waiting until others have heard.

use crate::support::{Counted, World, count_further, counter, effects, increment};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_kit::database::Transaction;
use caregraph_kit::events::{Envelope, EventHandler, HandlerError};
use caregraph_kit::on_every_engine;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Counts what it hears, one event for each time the gate is opened.
pub struct Gated {
    name: &'static str,
    pub gate: Semaphore,
    is_awaited: bool,
}

impl Gated {
    async fn new(world: &World, name: &'static str, open: usize) -> Arc<Self> {
        Self::awaited(world, name, open, true).await
    }

    pub async fn awaited(world: &World, name: &'static str, open: usize, is_awaited: bool) -> Arc<Self> {
        counter(world.ground(), &format!("effects-{name}")).await;
        Arc::new(Self {
            name,
            gate: Semaphore::new(open),
            is_awaited,
        })
    }
}

#[async_trait]
impl EventHandler for Gated {
    fn name(&self) -> &'static str {
        self.name
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Scheduling]
    }

    fn is_awaited(&self) -> bool {
        self.is_awaited
    }

    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        if event.decode::<Counted>()?.is_none() {
            return Ok(());
        }
        // Before the first statement, so that a waiting handler holds no lock that others need.
        self.gate.acquire().await.map_err(HandlerError::other)?.forget();
        increment(&**tx, &format!("effects-{}", self.name)).await?;
        Ok(())
    }
}

on_every_engine! {
    async fn settling_waits_for_every_handler_and_no_longer(world: World) {
        let ground = world.ground();
        let elsewhere = world.second_process().await;
        let quick = Gated::new(&world, "quick", 100).await;
        let slow = Gated::new(&world, "slow", 0).await;
        ground.bus.add_handler(quick.clone(), &ground.database);
        // In another domain's store, so that the waiting handler keeps nobody from writing on SQLite.
        let store = caregraph_kit::testing::TestWorld::new::<crate::schema::Migrator>(ground.database.engine(), Domain::Patients).await;
        counter(&store.ground, "effects-slow").await;
        ground.bus.add_handler(slow.clone(), &store.ground.database);

        count_further(ground, world.things[0], "").await.unwrap();
        crate::support::reached(ground, 1).await;
        let event = ground.events.read_after(0, 1).await.unwrap()[0].id;
        assert!(!ground.bus.settle(&ground.events, event, Duration::from_millis(50)).await, "one of them still waits");
        assert_eq!(effects(&store.ground, "slow").await, 0);
        slow.gate.add_permits(1);
        assert!(ground.bus.settle(&ground.events, event, Duration::from_secs(20)).await);
        assert_eq!((effects(ground, "quick").await, effects(&store.ground, "slow").await), (1, 1));
        // Without handlers there is nobody to wait for.
        assert!(elsewhere.bus.settle(&elsewhere.events, event, Duration::from_secs(20)).await);
        ground.bus.shut_down().await;
        elsewhere.bus.shut_down().await;
    }

    /// Messages and the trail may be far behind; no command is slow for that, and they hear everything all the same.
    async fn nobody_waits_for_who_is_not_awaited(world: World) {
        let ground = world.ground();
        let unhurried = Gated::awaited(&world, "unhurried", 0, false).await;
        // In another domain's store, as above.
        let store = caregraph_kit::testing::TestWorld::new::<crate::schema::Migrator>(ground.database.engine(), Domain::Patients).await;
        counter(&store.ground, "effects-unhurried").await;
        ground.bus.add_handler(unhurried.clone(), &store.ground.database);

        count_further(ground, world.things[0], "").await.unwrap();
        crate::support::reached(ground, 1).await;
        let event = ground.events.read_after(0, 1).await.unwrap()[0].id;
        assert!(ground.bus.settle(&ground.events, event, Duration::from_secs(20)).await);
        assert_eq!(effects(&store.ground, "unhurried").await, 0, "it has not come to it yet");
        unhurried.gate.add_permits(1);
        caregraph_kit::testing::eventually("it hears the event", || async {
            (effects(&store.ground, "unhurried").await == 1).then_some(())
        })
        .await;
        ground.bus.shut_down().await;
    }

    /// What a command promises holds for every one of many at once.
    async fn whoever_settles_reads_what_follows(world: World) {
        let ground = world.ground();
        let handler = Gated::new(&world, "follower", 1_000).await;
        world.world.start(vec![handler]);
        for round in 1..=20_i64 {
            let mut tx = ground.database.begin().await.unwrap();
            let event = Counted { thing: world.things[0], number: round, note: String::new() };
            let told = ground.events.append(&mut tx, &[event]).await.unwrap();
            tx.commit().await.unwrap();
            assert!(ground.bus.settle(&ground.events, told[0], Duration::from_secs(20)).await);
            assert_eq!(effects(ground, "follower").await, round);
        }
        ground.bus.shut_down().await;
    }
}
