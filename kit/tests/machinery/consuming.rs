//! Handlers: each event takes effect once, in order, whatever goes wrong on the way.

use crate::support::{Counted, Counting, Process, World, count_further, effects, endless};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_kit::database::Transaction;
use caregraph_kit::events::{Consumer, ConsumerSettings, DeadLetters, Envelope, EventHandler, HandlerError};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::eventually;
use sea_orm::{ConnectionTrait, Statement};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

async fn tell(world: &World, times: usize) {
    for round in 0..times {
        count_further(world.ground(), world.things[round % world.things.len()], "")
            .await
            .unwrap();
    }
}

/// Hears events of one name only.
struct Choosy<H> {
    handler: Arc<H>,
    wanted: &'static str,
}

#[async_trait]
impl<H: EventHandler> EventHandler for Choosy<H> {
    fn name(&self) -> &'static str {
        self.handler.name()
    }

    fn sources(&self) -> &'static [Domain] {
        self.handler.sources()
    }

    fn hears(&self, name: &str) -> bool {
        name == self.wanted
    }

    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        self.handler.handle(tx, event).await
    }
}

/// Takes its time for each event, and so a transaction.
struct Slow<H>(Arc<H>);

#[async_trait]
impl<H: EventHandler> EventHandler for Slow<H> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn sources(&self) -> &'static [Domain] {
        self.0.sources()
    }

    fn is_brief(&self) -> bool {
        false
    }

    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        self.0.handle(tx, event).await
    }
}

/// How many events a handler has noted as handled.
async fn noted(world: &World, handler: &str) -> i64 {
    let reader = world.ground().database.reader();
    let sql = format!("SELECT COUNT(*) FROM event_inbox WHERE handler = '{handler}'");
    let count = Statement::from_string(reader.get_database_backend(), sql);
    let row = reader.query_one_raw(count).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

on_every_engine! {
    /// And is no obstacle for what comes behind it.
    async fn what_a_handler_does_not_hear_is_passed_over(world: World) {
        let deaf = Counting::new(&world, "deaf", |_| Ok(())).await;
        let hearing = Counting::new(&world, "hearing", |_| Ok(())).await;
        world.world.start(vec![
            Arc::new(Choosy { handler: deaf, wanted: "SomethingElse" }),
            Arc::new(Choosy { handler: hearing, wanted: "Counted" }),
        ]);
        tell(&world, 300).await;
        eventually("all have taken effect", async || (effects(world.ground(), "hearing").await == 300).then_some(())).await;
        let passed = world.ground().database.clone();
        eventually("what was passed over counts as heard", async || {
            (caregraph_kit::events::Offsets::offset(&passed, "deaf", Domain::Scheduling).await.unwrap() > 0).then_some(())
        })
        .await;
        assert_eq!(effects(world.ground(), "deaf").await, 0);
        assert_eq!((noted(&world, "deaf").await, noted(&world, "hearing").await), (0, 300));
    }

    /// All of them in one transaction, or none.
    async fn what_is_handled_together_takes_effect_once_and_as_a_whole(world: World) {
        let ground = world.ground();
        ground.bus.shut_down().await;
        let fails = Arc::new(AtomicBool::new(true));
        let switch = Arc::clone(&fails);
        let handler = Counting::new(&world, "sociable", move |event: &Counted| {
            let spoils = event.number == 2 && switch.load(Ordering::Relaxed);
            if spoils { Err(HandlerError::other("bad luck")) } else { Ok(()) }
        })
        .await;
        tell(&world, 6).await;
        let elsewhere = world.second_process().await;
        crate::support::reached(&elsewhere, 6).await;
        let events = elsewhere.events.read_after(0, 10).await.unwrap();
        let (database, cipher, clock) = (ground.database.clone(), ground.cipher.clone(), ground.clock.clone());
        let consumer = Consumer::new(handler, database, cipher, clock, endless());
        let reaction = consumer.reaction();
        reaction.react(&events[1]).await.unwrap();
        reaction.react_together(&events).await.unwrap_err();
        assert_eq!((effects(ground, "sociable").await, noted(&world, "sociable").await), (1, 1));
        fails.store(false, Ordering::Relaxed);
        for _ in 0..2 {
            assert_eq!(reaction.react_together(&events).await.unwrap(), 6);
            assert_eq!((effects(ground, "sociable").await, noted(&world, "sociable").await), (6, 6));
        }
        elsewhere.bus.shut_down().await;
    }

    /// Those that came before it, and with it, and after it.
    async fn poison_holds_up_none_of_those_that_were_handled_with_it(world: World) {
        let ground = world.ground();
        tell(&world, 40).await;
        let poisoned = world.things[1];
        let handler = Counting::new(&world, "digesting", move |event: &Counted| {
            if event.thing == poisoned { Err(HandlerError::other("poison")) } else { Ok(()) }
        })
        .await;
        ground.bus.shut_down().await;
        let settings = ConsumerSettings { attempts: 2, ..endless() };
        let process = Process::start(ground, handler, settings, |transport| transport).await;
        eventually("the others have taken effect", async || (effects(ground, "digesting").await == 30).then_some(())).await;
        let letters = DeadLetters::new(ground.database.clone(), ground.cipher.clone());
        eventually("the poison is parked", async || (letters.list(20).await.unwrap().len() == 10).then_some(())).await;
        process.kill().await;
        assert_eq!(noted(&world, "digesting").await, 40);
    }

    async fn a_handler_that_fails_nine_times_in_ten_takes_effect_once_per_event(world: World) {
        world.ground().bus.shut_down().await;
        let attempts = Arc::new(AtomicU32::new(0));
        let counting = Arc::clone(&attempts);
        let handler = Counting::new(&world, "unlucky", move |_| {
            let attempt = counting.fetch_add(1, Ordering::Relaxed);
            if attempt % 10 == 9 { Ok(()) } else { Err(HandlerError::other("bad luck")) }
        })
        .await;
        // What others fail beside it would count as well.
        let handler = Arc::new(Slow(handler));
        let process = Process::start(world.ground(), handler, endless(), |transport| transport).await;
        tell(&world, 20).await;
        eventually("all have taken effect", async || (effects(world.ground(), "unlucky").await == 20).then_some(())).await;
        assert_eq!(attempts.load(Ordering::Relaxed), 200, "nine of ten failed");
        process.kill().await;
    }

    /// Two processes with the same unlucky handler: whoever is faster handles an event, and the order of each thing holds.
    async fn two_unlucky_processes_take_effect_once_per_event_and_in_order(world: World) {
        world.ground().bus.shut_down().await;
        let other = world.second_process().await;
        other.bus.shut_down().await;
        let handler = Counting::new(&world, "twins", |_| {
            if rand::random_bool(0.5) { Err(HandlerError::other("bad luck")) } else { Ok(()) }
        })
        .await;
        let processes = [
            Process::start(world.ground(), handler.clone(), endless(), |transport| transport).await,
            Process::start(&other, handler, endless(), |transport| transport).await,
        ];
        tell(&world, 60).await;
        eventually("all have taken effect", async || (effects(world.ground(), "twins").await >= 60).then_some(())).await;
        for process in processes {
            process.kill().await;
        }
        assert_eq!(effects(world.ground(), "twins").await, 60);
        let letters = DeadLetters::new(other.database.clone(), other.cipher.clone());
        assert_eq!(letters.list(10).await.unwrap(), []);
    }

    /// A handler that is added later hears what happened before.
    async fn a_new_handler_hears_everything_and_a_known_one_goes_on(world: World) {
        tell(&world, 8).await;
        let handler = Counting::new(&world, "newcomer", |_| Ok(())).await;
        world.world.start(vec![handler.clone()]);
        eventually("the past has taken effect", async || (effects(world.ground(), "newcomer").await == 8).then_some(())).await;
        world.ground().bus.shut_down().await;
        tell(&world, 8).await;
        let restarted = world.second_process().await;
        restarted.bus.add_handler(handler, &restarted.database);
        eventually("the rest has taken effect", async || (effects(&restarted, "newcomer").await == 16).then_some(())).await;
        restarted.bus.shut_down().await;
    }
}
