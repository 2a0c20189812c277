//! Processes, and the ends at which events are counted.

use crate::child::{HANDLER, Orders, POISON};
use crate::support::{count_further, counter, effects};
use caregraph_kit::crypto::KeyRing;
use caregraph_kit::database::Engine;
use caregraph_kit::events::{DeadLetters, EventBus};
use caregraph_kit::subgraph::Ground;
use caregraph_kit::testing::TestDatabase;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// A store, and what is told and heard in it.
pub struct Ends {
    pub orders: Orders,
    pub ground: Ground,
    poisoned: Vec<Uuid>,
    _database: TestDatabase,
}

impl Ends {
    /// Fresh ones. Processes come to the store by the way that `reach` makes of its address.
    pub async fn new(
        engine: Engine,
        redis: &str,
        (events, failing): (i64, u32),
        reach: impl FnOnce(&str) -> String,
    ) -> Self {
        let database = TestDatabase::new(engine);
        let things: Vec<Uuid> = (0..8).map(|_| Uuid::now_v7()).collect();
        let poisoned: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
        let mut orders = Orders {
            database: database.url().to_owned(),
            redis: redis.to_owned(),
            keys: KeyRing::generate(),
            things: things.clone(),
            events,
            failing,
        };
        let ground = orders.ground(EventBus::in_process).await;
        // This process only looks.
        ground.bus.shut_down().await;
        counter(&ground, &format!("effects-{HANDLER}")).await;
        for thing in things.iter().chain(&poisoned) {
            counter(&ground, &thing.to_string()).await;
            counter(&ground, &format!("{HANDLER}-{thing}")).await;
        }
        orders.database = reach(database.url());
        Self {
            orders,
            ground,
            poisoned,
            _database: database,
        }
    }

    /// What nobody can bear is told once about each of some things of its own.
    pub async fn poison(&self) {
        for thing in &self.poisoned {
            count_further(&self.ground, *thing, POISON).await.unwrap();
        }
    }

    /// How many were told and how many took effect.
    pub async fn counted(&self) -> (i64, i64) {
        let told = self.orders.told(&self.ground).await.unwrap();
        (told, effects(&self.ground, HANDLER).await)
    }

    /// Waits until everything that was to be told has taken effect, doing `something` in between.
    pub async fn all_done(&self, mut something: impl AsyncFnMut()) {
        // A full measure takes its time.
        let events = u32::try_from(self.orders.events).unwrap_or(u32::MAX);
        let deadline = Instant::now() + Duration::from_mins(20) + events * Duration::from_millis(400);
        loop {
            let (told, done) = self.counted().await;
            if told >= self.orders.events && done >= told {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "it never gets anywhere: {told} told, {done} done"
            );
            something().await;
        }
    }

    /// Both ends agree, poison was parked and nothing else was, and they still do a while later.
    pub async fn agree(&self, processes: &mut Processes) {
        // The last word on everything, after all that could come twice.
        for thing in &self.orders.things {
            count_further(&self.ground, *thing, "last").await.unwrap();
        }
        self.all_done(async || tokio::time::sleep(Duration::from_millis(50)).await)
            .await;
        let letters = DeadLetters::new(self.ground.database.clone(), self.ground.cipher.clone());
        let deadline = Instant::now() + Duration::from_mins(2);
        while letters.list(100).await.unwrap().len() < self.poisoned.len() {
            assert!(Instant::now() < deadline, "poison is never parked");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // What comes late comes now.
        tokio::time::sleep(Duration::from_secs(2)).await;
        processes.kill_all();
        let (told, done) = self.counted().await;
        assert_eq!(done, told, "what was told took effect once");
        assert!(told >= self.orders.events);
        let parked: Vec<_> = letters.list(100).await.unwrap();
        assert_eq!(parked.len(), self.poisoned.len(), "{parked:?}");
        println!(
            "{told} events told, {done} took effect, {} parked, {} deaths",
            parked.len(),
            processes.deaths
        );
    }
}

/// Processes that die and come back.
pub struct Processes {
    orders: Orders,
    alive: Vec<Child>,
    pub deaths: usize,
}

impl Processes {
    pub fn start(orders: &Orders, number: usize) -> Self {
        Self {
            orders: orders.clone(),
            alive: (0..number).map(|_| launch(orders)).collect(),
            deaths: 0,
        }
    }

    /// `kill -9` for one of them, and another in its place.
    pub fn one_dies(&mut self) {
        let which = rand::random_range(0..self.alive.len());
        self.alive[which].kill().unwrap();
        self.alive[which].wait().unwrap();
        self.alive[which] = launch(&self.orders);
        self.deaths += 1;
    }

    pub fn kill_all(&mut self) {
        for mut process in self.alive.drain(..) {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.kill_all();
    }
}

fn launch(orders: &Orders) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child::a_process", "--exact", "--ignored", "--nocapture"])
        .envs(orders.variables())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
