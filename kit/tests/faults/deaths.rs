//! `kill -9` for any process at any moment, Redis started again empty, and poison, all at once.

use crate::processes::{Ends, Processes};
use crate::redis_server::RedisServer;
use crate::support::many;
use caregraph_kit::database::Engine;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::OnEngine;
use std::time::Duration;

/// Which engine.
struct On(Engine);

impl OnEngine for On {
    async fn on(engine: Engine) -> Self {
        Self(engine)
    }
}

on_every_engine! {
    async fn killed_at_random_with_a_redis_that_forgets(on: On) {
        die_and_count(on.0, many(1_000), 0).await;
    }

    async fn a_handler_that_fails_nine_times_in_ten(on: On) {
        die_and_count(on.0, many(100), 9).await;
    }
}

async fn die_and_count(engine: Engine, events: i64, failing: u32) {
    let Some(mut redis) = RedisServer::start().await else {
        return;
    };
    let ends = Ends::new(engine, &redis.url(), (events, failing), str::to_owned).await;
    // On SQLite one process has a store to itself.
    let number = if engine == Engine::Sqlite { 1 } else { 3 };
    let mut processes = Processes::start(&ends.orders, number);
    let mut rounds = 0_u64;
    // A full measure would mostly be a measure of how long processes take to start.
    let longer = u64::try_from(events / 1_000).unwrap_or(1).clamp(1, 10);
    ends.all_done(async || {
        // Where there is one process only, nothing happens while it starts. Lives grow longer, so that even on a slow machine one is
        // long enough.
        let shortest = if number == 1 { 1_500 } else { 100 };
        let life = rand::random_range(shortest..shortest + 1_400) * longer + rounds * 20;
        tokio::time::sleep(Duration::from_millis(life)).await;
        processes.one_dies();
        rounds += 1;
        if rounds == 2 {
            ends.poison().await;
        }
        if rounds % 4 == 3 {
            redis.die_and_come_back_empty().await;
        }
    })
    .await;
    if rounds < 2 {
        ends.poison().await;
    }
    ends.agree(&mut processes).await;
    assert!(processes.deaths > 0, "somebody died");
}
