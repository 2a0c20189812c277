//! Following the log: each event once, in order, or an error that says that some are gone.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod schema;

use caregraph_kit::events::FollowError;
use caregraph_kit::on_every_engine;
use caregraph_kit::subgraph::Ground;
use caregraph_kit::testing::eventually;
use chrono::TimeDelta;
use futures::StreamExt;
use schema::{Happened, Migrator, World};
use std::pin::pin;

async fn tell(ground: &Ground, numbers: impl IntoIterator<Item = u32>) {
    let events: Vec<_> = numbers.into_iter().map(|number| Happened { number }).collect();
    let mut tx = ground.database.begin().await.unwrap();
    ground.events.append(&mut tx, &events).await.unwrap();
    tx.commit().await.unwrap();
}

async fn reached(ground: &Ground, position: i64) {
    eventually("the events have their positions", async || {
        ground.events.head().await.ok().filter(|head| *head >= position)
    })
    .await;
}

on_every_engine! {
    async fn a_follower_sees_what_two_processes_tell_once_and_in_order(world: World) {
        let ground = &world.0.ground;
        let other = world.0.second_process::<Migrator>().await;
        tell(ground, 0..10).await;
        reached(ground, 10).await;
        let mut events = pin!(ground.live.follow(Some(4)).await.unwrap());
        let telling = async {
            for start in (10..250_u32).step_by(10) {
                tokio::join!(tell(ground, start..start + 5), tell(&other, start + 5..start + 10));
            }
        };
        let following = async {
            for position in 5..=250 {
                assert_eq!(events.next().await.unwrap().unwrap().position, position);
            }
        };
        tokio::join!(telling, tokio::time::timeout(std::time::Duration::from_mins(1), following)).1.unwrap();
        ground.bus.shut_down().await;
        other.bus.shut_down().await;
    }

    /// Whoever is so slow that events are removed before they were read is told, not led over the gap.
    async fn a_follower_who_is_overtaken_by_pruning_is_told(world: World) {
        let ground = &world.0.ground;
        tell(ground, 0..300).await;
        reached(ground, 300).await;
        let mut events = pin!(ground.live.follow(Some(0)).await.unwrap());
        assert_eq!(events.next().await.unwrap().unwrap().position, 1);
        ground.clock.advance(TimeDelta::days(1));
        tell(ground, [300]).await;
        reached(ground, 301).await;
        assert_eq!(ground.events.prune(ground.clock.now(), 301).await.unwrap(), 300);
        let mut last = 1;
        let end = loop {
            match events.next().await.unwrap() {
                Ok(event) => {
                    assert_eq!(event.position, last + 1);
                    last = event.position;
                }
                Err(error) => break error,
            }
        };
        assert!(matches!(end, FollowError::Expired), "{end:?}");
        ground.bus.shut_down().await;
    }

    async fn cursors_from_nowhere_are_refused(world: World) {
        let ground = &world.0.ground;
        assert!(matches!(ground.live.follow(Some(1)).await.err(), Some(FollowError::Unknown)));
        assert!(matches!(ground.live.follow(Some(-1)).await.err(), Some(FollowError::Unknown)));
        assert!(matches!(ground.live.follow(Some(i64::MAX)).await.err(), Some(FollowError::Unknown)));
        ground.bus.shut_down().await;
    }
}
