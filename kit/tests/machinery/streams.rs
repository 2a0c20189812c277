//! Events that travel by Redis: nothing lost and nothing doubled, whoever dies, and whatever Redis forgets.

use crate::settling::Gated;
use crate::support::{
    Counting, Process, SECRET, World, count_at_once, count_further, effects, endless, many, reached,
};
use caregraph_contracts::Domain;
use caregraph_kit::events::{DeadLetters, EventBus, HandlerError, RedisStreams, StreamSettings, Transport};
use caregraph_kit::on_every_engine;
use caregraph_kit::redis::Redis;
use caregraph_kit::subgraph::Ground;
use caregraph_kit::testing::{TestRedis, eventually};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A lease so short that a takeover takes a moment only.
fn impatient() -> StreamSettings {
    StreamSettings {
        lease: Duration::from_millis(200),
        ..StreamSettings::default()
    }
}

fn streams(redis: &Redis, ground: &Ground) -> Arc<RedisStreams> {
    Arc::new(RedisStreams::new(
        redis.clone(),
        ground.cipher.clone(),
        impatient(),
    ))
}

async fn process(
    redis: &Redis,
    ground: &Ground,
    handler: &Arc<impl caregraph_kit::events::EventHandler>,
) -> Process {
    Process::over(
        streams(redis, ground),
        ground,
        handler.clone(),
        endless(),
        |transport| transport,
    )
    .await
}

async fn took_effect(ground: &Ground, handler: &str, times: i64) {
    eventually("all have taken effect", async || {
        (effects(ground, handler).await >= times).then_some(())
    })
    .await;
}

fn stream(redis: &Redis) -> String {
    redis.key("events:scheduling:stream")
}

async fn length(redis: &Redis) -> usize {
    redis::cmd("XLEN")
        .arg(stream(redis))
        .query_async(&mut redis.shared())
        .await
        .unwrap()
}

on_every_engine! {
    async fn processes_killed_at_any_moment_and_a_redis_that_forgets_lose_and_repeat_nothing(world: World) {
        let Some(redis) = TestRedis::new() else { return };
        let ground = world.ground().clone();
        ground.bus.shut_down().await;
        let handler = Counting::new(&world, "mortal", |_| Ok(())).await;
        let (world, all) = (Arc::new(world), many(240));
        let writing = tokio::spawn({
            let (ground, world) = (ground.clone(), Arc::clone(&world));
            async move {
                let mut told = 0;
                for round in 0.. {
                    let some = (all - told).min(8);
                    if some == 0 {
                        return;
                    }
                    count_at_once(&ground, world.things[round % 4], some).await.unwrap();
                    told += some;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        });
        // Two processes at once on one store, each with a relay; one of them dies all the time.
        let steady = process(&redis.redis, &ground, &handler).await;
        let mut deaths = 0_u64;
        while effects(&ground, "mortal").await < all {
            let mortal = process(&redis.redis, &ground, &handler).await;
            tokio::time::sleep(Duration::from_millis(rand::random_range(0..100) + deaths)).await;
            mortal.kill().await;
            deaths += 1;
            if deaths.is_multiple_of(4) {
                redis.forget().await;
            }
            assert!(deaths < 1_000, "it never gets anywhere");
        }
        writing.await.unwrap();
        count_further(&ground, world.things[0], "").await.unwrap();
        took_effect(&ground, "mortal", all + 1).await;
        steady.kill().await;
        assert_eq!(effects(&ground, "mortal").await, all + 1);
    }

    async fn a_handler_that_comes_late_hears_what_the_stream_has_dropped(world: World) {
        let Some(redis) = TestRedis::new() else { return };
        let ground = world.ground().clone();
        ground.bus.shut_down().await;
        let early = Counting::new(&world, "early", |_| Ok(())).await;
        let first = process(&redis.redis, &ground, &early).await;
        count_at_once(&ground, world.things[0], 300).await.unwrap();
        took_effect(&ground, "early", 300).await;
        eventually("what everybody heard is dropped", async || (length(&redis.redis).await == 0).then_some(())).await;

        let late = Counting::new(&world, "late", |_| Ok(())).await;
        let second = process(&redis.redis, &ground, &late).await;
        count_at_once(&ground, world.things[0], 30).await.unwrap();
        took_effect(&ground, "late", 330).await;
        took_effect(&ground, "early", 330).await;
        first.kill().await;
        second.kill().await;
    }

    async fn what_a_group_has_not_read_is_not_dropped(world: World) {
        let Some(redis) = TestRedis::new() else { return };
        let ground = world.ground().clone();
        ground.bus.shut_down().await;
        let swift = Counting::new(&world, "swift", |_| Ok(())).await;
        let away = Counting::new(&world, "away", |_| Ok(())).await;
        let process_of_away = process(&redis.redis, &ground, &away).await;
        count_further(&ground, world.things[0], "").await.unwrap();
        took_effect(&ground, "away", 1).await;
        process_of_away.kill().await;

        let swifts = streams(&redis.redis, &ground);
        let first = Process::over(swifts.clone(), &ground, swift.clone(), endless(), |transport| transport).await;
        count_at_once(&ground, world.things[0], 50).await.unwrap();
        took_effect(&ground, "swift", 51).await;
        let lag = eventually("the lag is seen", async || {
            swifts.lags().into_iter().find(|lag| lag.handler == "away" && lag.events == 50)
        })
        .await;
        assert_eq!(lag.domain, Domain::Scheduling);
        assert_eq!(length(&redis.redis).await, 50, "kept for the one who is away");

        let again = process(&redis.redis, &ground, &away).await;
        took_effect(&ground, "away", 51).await;
        eventually("what everybody heard is dropped", async || (length(&redis.redis).await == 0).then_some(())).await;
        again.kill().await;
        first.kill().await;
    }

    async fn a_redis_that_lost_its_latest_writes_is_noticed(world: World) {
        let Some(redis) = TestRedis::new() else { return };
        let ground = world.ground().clone();
        ground.bus.shut_down().await;
        let handler = Counting::new(&world, "failover", |_| Ok(())).await;
        let transport = streams(&redis.redis, &ground);
        transport.add_source(Arc::new(ground.events.clone()));
        count_at_once(&ground, world.things[0], 20).await.unwrap();
        // Published, not yet heard, and then the last five are gone, as after a failover to a replica that was behind.
        let relay = Process::over(transport, &ground, Counting::new(&world, "other", |_| Ok(())).await, endless(), |t| t).await;
        took_effect(&ground, "other", 20).await;
        relay.kill().await;
        let mut connection = redis.redis.shared();
        let mut behind = redis::pipe();
        for position in 16..=20 {
            behind.cmd("XDEL").arg(stream(&redis.redis)).arg(format!("{position}-0")).ignore();
        }
        behind.cmd("HSET").arg(redis.redis.key("events:scheduling:state")).arg("published").arg(15).ignore();
        behind.query_async::<()>(&mut connection).await.unwrap();
        let process = process(&redis.redis, &ground, &handler).await;
        count_at_once(&ground, world.things[0], 10).await.unwrap();
        took_effect(&ground, "failover", 30).await;
        process.kill().await;
    }

    async fn poison_is_parked_and_the_rest_goes_on(world: World) {
        let Some(redis) = TestRedis::new() else { return };
        let ground = world.ground().clone();
        ground.bus.shut_down().await;
        let poison = |counted: &crate::support::Counted| match counted.note.as_str() {
            "poison" => Err(HandlerError::other("it tastes bad")),
            _ => Ok(()),
        };
        let handler = Counting::new(&world, "poisoned", poison).await;
        let patience = caregraph_kit::events::ConsumerSettings { attempts: 3, ..endless() };
        let transport = streams(&redis.redis, &ground);
        let process = Process::over(transport, &ground, handler, patience, |transport| transport).await;
        count_further(&ground, world.things[0], "").await.unwrap();
        count_further(&ground, world.things[1], "poison").await.unwrap();
        count_further(&ground, world.things[2], "").await.unwrap();
        took_effect(&ground, "poisoned", 2).await;
        let parked = DeadLetters::new(ground.database.clone(), ground.cipher.clone()).list(10).await.unwrap();
        assert_eq!(parked.len(), 1);
        assert_eq!((parked[0].handler.as_str(), parked[0].attempts), ("poisoned", 3));
        process.kill().await;
    }

    /// It fails nine times in ten, and still everything takes effect once.
    async fn a_handler_that_mostly_fails_gets_there(world: World) {
        let Some(redis) = TestRedis::new() else { return };
        let ground = world.ground().clone();
        ground.bus.shut_down().await;
        let tries = AtomicU32::new(0);
        let mostly = move |_: &crate::support::Counted| match tries.fetch_add(1, Ordering::Relaxed) % 10 {
            9 => Ok(()),
            _ => Err(HandlerError::other("not now")),
        };
        let handler = Counting::new(&world, "moody", mostly).await;
        let process = process(&redis.redis, &ground, &handler).await;
        count_at_once(&ground, world.things[0], 40).await.unwrap();
        took_effect(&ground, "moody", 40).await;
        process.kill().await;
        assert_eq!(effects(&ground, "moody").await, 40);
    }

    async fn whoever_settles_waits_for_handlers_of_other_processes(world: World) {
        let Some(redis) = TestRedis::new() else { return };
        let ground = world.ground().clone();
        ground.bus.shut_down().await;
        let slow = |_: &crate::support::Counted| {
            std::thread::sleep(Duration::from_millis(50));
            Ok(())
        };
        let handler = Counting::new(&world, "slow", slow).await;
        // For long enough that a busy machine prolongs it in time: whose turn is over is not waited for.
        let settings = StreamSettings { lease: Duration::from_secs(3), ..StreamSettings::default() };
        let patient = Arc::new(RedisStreams::new(redis.redis.clone(), ground.cipher.clone(), settings));
        let elsewhere = Process::over(patient, &ground, handler.clone(), endless(), |transport| transport).await;
        count_further(&ground, world.things[0], "").await.unwrap();
        took_effect(&ground, "slow", 1).await;
        let here = EventBus::over(streams(&redis.redis, &ground), ground.cipher.clone(), ground.clock.clone());
        count_at_once(&ground, world.things[0], 5).await.unwrap();
        reached(&ground, 6).await;
        assert!(here.settle_up_to(&ground.events, 6, Duration::from_secs(10)).await);
        assert_eq!(effects(&ground, "slow").await, 6);

        // Nobody waits for a handler whose process is gone.
        elsewhere.kill().await;
        eventually("its turn is over", async || {
            let lease = redis.redis.key("events:lease:slow");
            let held: bool = redis::cmd("EXISTS").arg(lease).query_async(&mut redis.redis.shared()).await.unwrap();
            (!held).then_some(())
        })
        .await;
        assert!(here.settle_up_to(&ground.events, 7, Duration::from_secs(10)).await);
    }

    /// It holds its turn and is behind, and still no answer in another process waits for it.
    async fn nobody_waits_for_who_is_not_awaited_elsewhere(world: World) {
        let Some(redis) = TestRedis::new() else { return };
        let ground = world.ground().clone();
        ground.bus.shut_down().await;
        let unhurried = Gated::awaited(&world, "unhurried", 1, false).await;
        let elsewhere = Process::over(streams(&redis.redis, &ground), &ground, unhurried.clone(), endless(), |t| t).await;
        count_further(&ground, world.things[0], "").await.unwrap();
        took_effect(&ground, "unhurried", 1).await;
        let here = EventBus::over(streams(&redis.redis, &ground), ground.cipher.clone(), ground.clock.clone());
        // Behind by all that is to come: a position that nobody has reached yet.
        assert!(here.settle_up_to(&ground.events, 100, Duration::from_secs(10)).await);
        elsewhere.kill().await;
    }

    async fn nobody_reads_events_in_redis(world: World) {
        let Some(redis) = TestRedis::new() else { return };
        let ground = world.ground().clone();
        ground.bus.shut_down().await;
        let transport = streams(&redis.redis, &ground);
        count_at_once(&ground, world.things[0], 1).await.unwrap();
        let shut = Process::over(transport, &ground, Counting::new(&world, "sealed", |_| Err(HandlerError::other("later"))).await, endless(), |t| t).await;
        eventually("it is published", async || (length(&redis.redis).await == 1).then_some(())).await;
        let mut read = redis::cmd("XRANGE");
        read.arg(stream(&redis.redis)).arg("-").arg("+");
        let entries: redis::Value = read.query_async(&mut redis.redis.shared()).await.unwrap();
        let entries = format!("{entries:?}");
        assert!(entries.contains("event"), "{entries}");
        assert!(!entries.contains(SECRET) && !entries.contains(&world.things[0].to_string()), "{entries}");
        shut.kill().await;
    }
}
