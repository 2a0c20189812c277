//! Consumers and their handlers: what goes wrong in one event, and who waits for whom.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod schema;

use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::ids::EventId;
use caregraph_kit::database::Transaction;
use caregraph_kit::events::{DeadLetters, Envelope, EventHandler, HandlerError};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::{TestWorld, eventually};
use schema::{Happened, World};
use sea_orm::{ConnectionTrait, Statement};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

async fn tell(world: &TestWorld, numbers: impl IntoIterator<Item = u32>) -> Vec<EventId> {
    let events: Vec<_> = numbers.into_iter().map(|number| Happened { number }).collect();
    let mut tx = world.ground.database.begin().await.unwrap();
    let ids = world.ground.events.append(&mut tx, &events).await.unwrap();
    tx.commit().await.unwrap();
    ids
}

async fn recorded(world: &TestWorld) -> Vec<String> {
    let reader = world.ground.database.reader();
    let query = Statement::from_string(
        reader.get_database_backend(),
        "SELECT name FROM counters ORDER BY name",
    );
    let rows = reader.query_all_raw(query).await.unwrap();
    rows.iter().map(|row| row.try_get("", "name").unwrap()).collect()
}

/// Records each number; what it does with number 2 is the test's to say.
struct Recorder {
    on_two: fn(&AtomicU32) -> Result<(), HandlerError>,
    seen: AtomicU32,
}

impl Recorder {
    fn new(on_two: fn(&AtomicU32) -> Result<(), HandlerError>) -> Arc<Self> {
        Arc::new(Self {
            on_two,
            seen: AtomicU32::new(0),
        })
    }
}

#[async_trait]
impl EventHandler for Recorder {
    fn name(&self) -> &'static str {
        "scheduling.recorder"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Scheduling]
    }

    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        let Some(Happened { number }) = event.decode()? else {
            return Ok(());
        };
        tx.execute_unprepared(&format!(
            "INSERT INTO counters (name, count) VALUES ('{number}', 0)"
        ))
        .await?;
        if number == 2 {
            (self.on_two)(&self.seen)
        } else {
            Ok(())
        }
    }
}

on_every_engine! {
    async fn a_panic_in_a_handler_parks_the_event_and_the_next_one_is_handled(world: World) {
        let world = &world.0;
        world.start(vec![Recorder::new(|_| panic!("a handler's mistake"))]);
        let ids = tell(world, [1, 2, 3]).await;
        eventually("the others are handled", async || (recorded(world).await == ["1", "3"]).then_some(())).await;
        let letters = DeadLetters::new(world.ground.database.clone(), world.ground.cipher.clone());
        let letter = letters.list(10).await.unwrap().pop().unwrap();
        assert_eq!(letter.event_id, ids[1]);
        assert!(letter.error.contains("panic"), "{}", letter.error);
        world.ground.bus.shut_down().await;
    }

    /// The store refuses NUL in texts (PostgreSQL) and texts above 64 KiB (MariaDB); an error's text must not stand in the way
    /// of parking.
    async fn an_error_is_parked_whatever_its_text(world: World) {
        let world = &world.0;
        world.start(vec![Recorder::new(|_| Err(HandlerError::other(format!("\0{}", "ễ".repeat(70_000)))))]);
        tell(world, [1, 2, 3]).await;
        eventually("the others are handled", async || (recorded(world).await == ["1", "3"]).then_some(())).await;
        world.ground.bus.shut_down().await;
    }

    /// A command may be answered before the handlers' tasks have run for the first time.
    async fn settling_waits_for_handlers_that_have_just_been_added(world: World) {
        let world = &world.0;
        let first = tell(world, [1]).await;
        eventually("the relay runs", async || world.ground.events.head().await.ok().filter(|head| *head == 1)).await;
        world.start(vec![Recorder::new(|_| Ok(()))]);
        assert!(world.ground.bus.settle(&world.ground.events, first[0], Duration::from_secs(10)).await);
        assert_eq!(recorded(world).await, ["1"]);
        world.ground.bus.shut_down().await;
    }

    /// A feed that broke is opened again; who waits meanwhile goes on waiting.
    async fn settling_outlasts_failures(world: World) {
        let world = &world.0;
        world.start(vec![Recorder::new(|seen| match seen.fetch_add(1, Ordering::Relaxed) {
            0..2 => Err(HandlerError::other("not yet")),
            _ => Ok(()),
        })]);
        let ids = tell(world, [1, 2, 3]).await;
        assert!(world.ground.bus.settle(&world.ground.events, ids[2], Duration::from_secs(10)).await);
        assert_eq!(recorded(world).await, ["1", "2", "3"]);
        world.ground.bus.shut_down().await;
    }

    async fn two_processes_handle_each_event_once(world: World) {
        let world = &world.0;
        let other = world.second_process::<schema::Migrator>().await;
        world.start(vec![Recorder::new(|_| Ok(()))]);
        other.bus.add_handler(Recorder::new(|_| Ok(())), &other.database);
        for start in (0..100_u32).step_by(5) {
            tell(world, start + 10..start + 15).await;
        }
        eventually("all are handled", async || (recorded(world).await.len() == 100).then_some(())).await;
        let letters = DeadLetters::new(world.ground.database.clone(), world.ground.cipher.clone());
        assert_eq!(letters.list(10).await.unwrap(), []);
        world.ground.bus.shut_down().await;
        other.bus.shut_down().await;
    }
}
