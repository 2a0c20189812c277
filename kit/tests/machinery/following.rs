//! Followers of the log while it is being written.

use crate::support::{World, count_at_once, reached};
use caregraph_kit::on_every_engine;
use caregraph_kit::subgraph::Ground;
use futures::{Stream, StreamExt};
use std::pin::pin;
use std::time::Duration;

/// How many followers may lag behind before they have to read from the store again.
const BUFFER: i64 = 1024;

async fn sees_each_once(
    who: &str,
    events: impl Stream<
        Item = Result<std::sync::Arc<caregraph_kit::events::Envelope>, caregraph_kit::events::FollowError>,
    >,
    from: i64,
    to: i64,
    pace: Duration,
) {
    let mut events = pin!(events);
    for position in from..=to {
        let next = tokio::time::timeout(Duration::from_mins(1), events.next()).await;
        let event = next
            .unwrap_or_else(|_| panic!("{who} waits for {position} for ever"))
            .unwrap()
            .unwrap();
        assert_eq!(
            event.position, position,
            "{who} sees each event once and in order"
        );
        if position % 16 == 0 && !pace.is_zero() {
            tokio::time::sleep(pace).await;
        }
    }
}

async fn write(ground: &Ground, world: &World, times: i64) {
    for round in 0..times / 25 {
        count_at_once(ground, world.things[usize::try_from(round % 4).unwrap()], 25)
            .await
            .unwrap();
    }
}

on_every_engine! {
    async fn followers_see_each_event_once_however_slow_they_are(world: World) {
        let ground = world.ground();
        let other = world.second_process().await;
        write(ground, &world, 100).await;
        reached(ground, 100).await;
        let from_start = ground.live.follow(Some(0)).await.unwrap();
        let from_cursor = ground.live.follow(Some(42)).await.unwrap();
        // Its cursor comes from a process that is ahead of this one's tail, if only for a moment.
        let elsewhere = other.live.follow(Some(100)).await.unwrap();
        let sleeper = ground.live.follow(Some(99)).await.unwrap();
        let total = 100 + 2 * (BUFFER + 76);
        let writing = async {
            tokio::join!(write(ground, &world, BUFFER + 76), write(&other, &world, BUFFER + 76));
        };
        tokio::join!(
            writing,
            sees_each_once("the one from the start", from_start, 1, total, Duration::ZERO),
            sees_each_once("the one with a cursor", from_cursor, 43, total, Duration::from_millis(1)),
            sees_each_once("the one elsewhere", elsewhere, 101, total, Duration::ZERO),
        );
        // This one has not looked up since before the buffer was overwritten twice.
        sees_each_once("the sleeper", sleeper, 100, total, Duration::ZERO).await;
        ground.bus.shut_down().await;
        other.bus.shut_down().await;
    }

    async fn without_a_cursor_one_sees_what_comes(world: World) {
        let ground = world.ground();
        write(ground, &world, 50).await;
        reached(ground, 50).await;
        // The tail may be a moment behind the store.
        let tail = ground.live.follow(Some(49)).await.unwrap();
        sees_each_once("whoever makes sure", tail, 50, 50, Duration::ZERO).await;
        caregraph_kit::testing::eventually("the tail has come to its end", async || {
            let mut events = Box::pin(ground.live.follow(None).await.unwrap());
            tokio::time::timeout(Duration::from_millis(20), events.next()).await.is_err().then_some(())
        }).await;
        let events = ground.live.follow(None).await.unwrap();
        write(ground, &world, 50).await;
        sees_each_once("the newcomer", events, 51, 100, Duration::ZERO).await;
        ground.bus.shut_down().await;
    }

    /// A cursor can be kept at every event, and followed from again and again.
    async fn a_follower_who_is_cut_off_after_every_event_misses_none(world: World) {
        let ground = world.ground();
        let writing = write(ground, &world, 100);
        let following = async {
            let mut cursor = 0;
            while cursor < 100 {
                let mut events = Box::pin(ground.live.follow(Some(cursor)).await.unwrap());
                for _ in 0..=cursor % 3 {
                    if cursor == 100 {
                        break;
                    }
                    let event = events.next().await.unwrap().unwrap();
                    assert_eq!(event.position, cursor + 1);
                    cursor = event.position;
                }
            }
        };
        let both = async { tokio::join!(writing, following) };
        tokio::time::timeout(Duration::from_mins(1), both).await.unwrap();
        ground.bus.shut_down().await;
    }
}
