//! Nobody reaches the store for half a minute.

use crate::door::{Door, State};
use crate::processes::{Ends, Processes};
use crate::redis_server::RedisServer;
use crate::support::many;
use caregraph_kit::database::Engine;
use caregraph_kit::testing::is_available;
use std::net::SocketAddr;
use std::time::Duration;

/// Half of it the store is silent, half of it gone.
const HALF: Duration = Duration::from_secs(15);

async fn a_store_is_away(engine: Engine) {
    if !is_available(engine) {
        return;
    }
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let variable = match engine {
        Engine::Postgres => "CAREGRAPH_TEST_POSTGRES_URL",
        _ => "CAREGRAPH_TEST_MARIADB_URL",
    };
    let door = Door::before(address_in(&std::env::var(variable).unwrap())).await;
    let through = |url: &str| url.replace(&address_in(url).to_string(), &door.address.to_string());
    let ends = Ends::new(engine, &redis.url(), (many(1_000), 0), through).await;
    let mut processes = Processes::start(&ends.orders, 2);
    while ends.counted().await.1 < ends.orders.events / 10 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    door.turn(State::Silent);
    tokio::time::sleep(HALF).await;
    door.turn(State::Shut);
    let before = ends.counted().await;
    tokio::time::sleep(HALF).await;
    assert_eq!(ends.counted().await, before, "nobody reached it");
    door.turn(State::Open);
    ends.poison().await;
    ends.all_done(async || tokio::time::sleep(Duration::from_millis(50)).await)
        .await;
    ends.agree(&mut processes).await;
}

/// `127.0.0.1:5432` in `postgres://postgres@127.0.0.1:5432/…`.
fn address_in(url: &str) -> SocketAddr {
    let place = url.split_once("://").map_or(url, |(_, rest)| rest);
    let place = place.split('/').next().unwrap();
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    place
        .replace("localhost", "127.0.0.1")
        .parse()
        .expect("an address with a port")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() {
    a_store_is_away(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_mariadb() {
    a_store_is_away(Engine::MariaDb).await;
}
