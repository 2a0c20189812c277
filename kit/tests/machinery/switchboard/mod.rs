//! Telling people live what concerns them.

mod club;
mod engines;
mod log;
mod returning;
mod stress;

use caregraph_kit::events::switchboard::Capacity;
use caregraph_kit::events::{EventLog, FollowError};
use caregraph_kit::testing::eventually;
use club::{Club, Deaf, PATIENCE, next, positions};
use log::{Event, Group, Log};
use std::sync::Arc;
use std::time::{Duration, Instant};

const LAN: club::Member = 1;
const AN: club::Member = 2;
const TEA: Group = 1;
const CHESS: Group = 2;

/// Little room, so that tests reach the ends of it: 4 pages of 10 positions.
const SMALL: Capacity = Capacity {
    queue: 5,
    page: 10,
    pages: 4,
};

/// Waits until all that was told has its position, and says where the log ends.
async fn reached(club: &Club) -> i64 {
    let told = club.log.told();
    eventually("everything has its position", async || {
        (club.log.head().await.unwrap() == told).then_some(told)
    })
    .await
}

/// A club of Lan, who takes tea, and An, who plays chess, after so many times of tea.
async fn club(tea_before: usize, capacity: Capacity) -> Club {
    let log = Log::default();
    log.tell(vec![Event::Said(TEA); tea_before]);
    // The club opens behind that: the live log begins where the store ends.
    log.assign_positions(u64::MAX).await.unwrap();
    let club = Club::open(log, capacity).await;
    club.rules.join(LAN, TEA);
    club.rules.join(AN, CHESS);
    club
}

#[tokio::test]
async fn whose_news_are_is_asked_once_for_all_who_listen() {
    let club = club(0, Capacity::default()).await;
    let mut crowd = Vec::new();
    for member in 10..200 {
        club.rules.join(member, TEA);
        crowd.push(club.listen(member, None).await.unwrap());
    }
    club.log.tell([
        Event::Said(TEA),
        Event::Silence,
        Event::Said(CHESS),
        Event::Said(TEA),
    ]);
    for ears in &mut crowd {
        assert_eq!(positions(ears, 2).await, [1, 4]);
    }
    // One batch, or more where the relay was faster than the test.
    assert!((1..=3).contains(&club.rules.asked()), "{}", club.rules.asked());
}

#[tokio::test]
async fn when_nobody_listens_nobody_is_asked() {
    let club = club(0, Capacity::default()).await;
    drop(club.listen(LAN, None).await.unwrap());
    for _ in 0..20 {
        club.log.tell([Event::Said(TEA)]);
        reached(&club).await;
    }
    // What was told meanwhile is heard by whoever comes back.
    let mut ears = club.listen(LAN, Some(3)).await.unwrap();
    assert_eq!(positions(&mut ears, 17).await, (4..=20).collect::<Vec<_>>());
    let asked = club.rules.asked();
    assert!(
        asked <= 3,
        "only for what was on its way at that very moment: {asked}"
    );
}

/// Access is decided anew for everything that is told.
#[tokio::test]
async fn whoever_leaves_hears_nothing_more_and_whoever_joins_hears_from_then_on() {
    let club = club(0, Capacity::default()).await;
    let mut lan = club.listen(LAN, None).await.unwrap();
    let mut an = club.listen(AN, None).await.unwrap();
    club.log.tell([Event::Said(TEA)]);
    assert_eq!(next(&mut lan).await.unwrap(), (1, TEA));
    club.rules.leave(LAN, TEA);
    club.rules.join(LAN, CHESS);
    club.rules.join(AN, TEA);
    club.log.tell([Event::Said(TEA), Event::Said(CHESS)]);
    assert_eq!(next(&mut lan).await.unwrap(), (3, CHESS));
    assert_eq!(positions(&mut an, 2).await, [2, 3]);
    // The same decision for what was told before: by what is so now.
    let mut lan = club.listen(LAN, Some(0)).await.unwrap();
    assert_eq!(next(&mut lan).await.unwrap(), (3, CHESS));
}

/// Somebody is told that they have joined, and listens at once: what was just being decided on without them is theirs, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_while_it_is_decided_hears_what_is_theirs() {
    let club = Arc::new(club(0, Capacity::default()).await);
    let _anybody = club.listen(LAN, None).await.unwrap();
    let held = club.rules.hold().await;
    club.log.tell([Event::Said(TEA)]);
    eventually("it is being decided", async || {
        (club.rules.asked() > 0).then_some(())
    })
    .await;
    club.rules.join(AN, TEA);
    let coming = tokio::spawn({
        let club = Arc::clone(&club);
        async move { next(&mut club.listen(AN, Some(0)).await.unwrap()).await.unwrap() }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(held);
    assert_eq!(coming.await.unwrap(), (1, TEA));
}

#[tokio::test]
async fn a_store_that_is_away_delays_the_news_and_ends_nothing() {
    let club = club(0, Capacity::default()).await;
    let mut ears = club.listen(LAN, None).await.unwrap();
    club.rules.set_away(true);
    club.log.tell([Event::Said(TEA); 3]);
    eventually("it was tried more than once", async || {
        (club.rules.asked() > 2).then_some(())
    })
    .await;
    // Who has to ask for themselves is told that it cannot be answered, and comes back.
    let mut returning = club.listen(LAN, Some(0)).await.unwrap();
    club.rules.set_away(false);
    assert_eq!(positions(&mut ears, 3).await, [1, 2, 3]);
    assert_eq!(positions(&mut returning, 3).await, [1, 2, 3]);
    club.rules.set_away(true);
    let mut refused = club.listen(LAN, Some(0)).await.unwrap();
    assert!(matches!(next(&mut refused).await, Err(Deaf::Fault(_))));
}

#[tokio::test]
async fn a_panic_loses_nothing() {
    let club = club(0, Capacity::default()).await;
    let mut lan = club.listen(LAN, None).await.unwrap();
    for round in 0..3 {
        club.rules.set_broken();
        club.log.tell([Event::Said(TEA), Event::Said(CHESS)]);
        assert_eq!(next(&mut lan).await.unwrap(), (2 * round + 1, TEA));
    }
}

/// What is told is removed faster than it can be decided whose it is.
#[tokio::test]
async fn when_a_part_of_the_log_was_missed_everybody_is_told() {
    let club = club(0, Capacity::default()).await;
    let mut lan = club.listen(LAN, None).await.unwrap();
    let mut an = club.listen(AN, None).await.unwrap();
    club.rules.set_away(true);
    club.log.tell([Event::Said(TEA)]);
    eventually("it is being decided", async || {
        (club.rules.asked() > 0).then_some(())
    })
    .await;
    // More than the live log remembers.
    club.log.tell(std::iter::repeat_n(Event::Said(TEA), 3_000));
    reached(&club).await;
    club.log.forget(2_990);
    club.rules.set_away(false);
    assert_eq!(next(&mut lan).await.unwrap(), (1, TEA));
    for ears in [&mut lan, &mut an] {
        assert!(matches!(
            next(ears).await,
            Err(Deaf::Follow(FollowError::Expired))
        ));
    }
    let mut again = club.listen(LAN, Some(2_990)).await.unwrap();
    assert_eq!(
        positions(&mut again, 11).await,
        (2_991..=3_001).collect::<Vec<_>>()
    );
}

/// Handlers that stay behind hold the news up for as long as they are waited for, not for longer and longer.
#[tokio::test]
async fn slow_handlers_delay_the_news_once() {
    let club = club(0, Capacity::default()).await;
    club.rules.set_slow();
    let mut ears = club.listen(LAN, None).await.unwrap();
    let mut latest = Duration::ZERO;
    for position in 1..=40 {
        let told = Instant::now();
        club.log.tell([Event::Said(TEA)]);
        assert_eq!(next(&mut ears).await.unwrap().0, position);
        latest = latest.max(told.elapsed());
    }
    assert!(
        club.rules.waited() < 40,
        "what was told right after had waited already"
    );
    assert!(latest < PATIENCE * 5, "{latest:?}");
}
