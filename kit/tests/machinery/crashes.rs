//! Processes that die at any moment: no event is lost, none takes effect twice.

use crate::support::{Counting, Process, World, count_further, effects, endless};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_kit::events::{Envelope, EventError, Feed, Offsets, Reaction, Transport};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::eventually;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A transport that loses the acknowledgement of every third event once, as when the process dies between the commit of the
/// effect and the acknowledgement.
struct Forgetful {
    inner: Arc<dyn Transport>,
    lost: Arc<Mutex<HashSet<i64>>>,
}

struct ForgetfulFeed {
    inner: Box<dyn Feed>,
    lost: Arc<Mutex<HashSet<i64>>>,
}

#[async_trait]
impl Transport for Forgetful {
    fn add_handler(&self, reaction: &dyn Reaction, offsets: Arc<dyn Offsets>) {
        self.inner.add_handler(reaction, offsets);
    }

    async fn publish(
        &self,
        domain: Domain,
        published: i64,
        events: &[Arc<Envelope>],
    ) -> Result<(), EventError> {
        self.inner.publish(domain, published, events).await
    }

    async fn settled(&self, domain: Domain, position: i64) {
        self.inner.settled(domain, position).await;
    }

    fn is_external(&self) -> bool {
        self.inner.is_external()
    }

    async fn open(&self, handler: &'static str, sources: &[Domain]) -> Result<Box<dyn Feed>, EventError> {
        let inner = self.inner.open(handler, sources).await?;
        Ok(Box::new(ForgetfulFeed {
            inner,
            lost: Arc::clone(&self.lost),
        }))
    }
}

#[async_trait]
impl Feed for ForgetfulFeed {
    async fn next(&mut self) -> Result<Arc<Envelope>, EventError> {
        self.inner.next().await
    }

    fn ready(&mut self) -> Option<Arc<Envelope>> {
        self.inner.ready()
    }

    async fn acknowledge(&mut self, event: &Envelope) -> Result<(), EventError> {
        let loses = event.position % 3 == 0 && self.lost.lock().unwrap().insert(event.position);
        if loses {
            return Err(EventError::Transport("the process died".into()));
        }
        self.inner.acknowledge(event).await
    }
}

on_every_engine! {
    async fn an_effect_whose_acknowledgement_was_lost_is_not_repeated(world: World) {
        world.ground().bus.shut_down().await;
        let handler = Counting::new(&world, "forgotten", |_| Ok(())).await;
        let lost = Arc::new(Mutex::new(HashSet::new()));
        let losing = Arc::clone(&lost);
        let forgetful =
            move |inner| -> Arc<dyn Transport> { Arc::new(Forgetful { inner, lost: losing }) };
        let process = Process::start(world.ground(), handler, endless(), forgetful).await;
        for round in 0..40 {
            count_further(world.ground(), world.things[round % 4], "").await.unwrap();
        }
        eventually("all have taken effect", async || (effects(world.ground(), "forgotten").await >= 40).then_some(())).await;
        // What comes again after this must be recognised too.
        count_further(world.ground(), world.things[0], "").await.unwrap();
        eventually("the last has taken effect", async || (effects(world.ground(), "forgotten").await >= 41).then_some(())).await;
        // Effects come first, and then their acknowledgements.
        eventually("every third acknowledgement is lost", async || (lost.lock().unwrap().len() == 13).then_some(())).await;
        process.kill().await;
        assert_eq!(effects(world.ground(), "forgotten").await, 41);
    }

    /// Relay and handler are killed wherever they happen to be, again and again, while others write.
    async fn processes_killed_at_any_moment_lose_and_repeat_nothing(world: World) {
        let ground = world.ground().clone();
        ground.bus.shut_down().await;
        let handler = Counting::new(&world, "mortal", |_| Ok(())).await;
        let world = Arc::new(world);
        let writing = tokio::spawn({
            let (ground, world) = (ground.clone(), Arc::clone(&world));
            async move {
                for round in 0..60 {
                    count_further(&ground, world.things[round % 4], "").await.unwrap();
                }
            }
        });
        let mut deaths = 0_u64;
        while effects(&ground, "mortal").await < 60 {
            let process = Process::start(&ground, handler.clone(), endless(), |transport| transport).await;
            // Lives grow longer, so that even on a slow machine one is long enough.
            tokio::time::sleep(Duration::from_micros(rand::random_range(0..4_000) + deaths * 500)).await;
            process.kill().await;
            deaths += 1;
            assert!(deaths < 2_000, "it never gets anywhere");
        }
        writing.await.unwrap();
        let process = Process::start(&ground, handler, endless(), |transport| transport).await;
        count_further(&ground, world.things[0], "").await.unwrap();
        eventually("the last has taken effect", async || (effects(&ground, "mortal").await >= 61).then_some(())).await;
        process.kill().await;
        assert_eq!(effects(&ground, "mortal").await, 61);
        assert!(deaths > 1, "it was killed at least twice");
    }
}
