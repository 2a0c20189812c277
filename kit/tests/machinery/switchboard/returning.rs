//! Whoever comes back with a cursor, from wherever.

use super::club::{Club, Deaf, next, positions};
use super::log::Event;
use super::{AN, CHESS, LAN, SMALL, TEA, club, reached};
use caregraph_kit::events::FollowError;
use caregraph_kit::events::switchboard::Capacity;

#[tokio::test]
async fn whoever_is_too_slow_hears_everything_all_the_same() {
    let club = club(0, SMALL).await;
    let mut slow = club.listen(LAN, None).await.unwrap();
    let mut fast = club.listen(LAN, None).await.unwrap();
    let mut heard = Vec::new();
    // Far more than the queue, the latest pages, and the live log's own memory hold.
    for burst in 0..130 {
        club.log.tell([Event::Said(TEA), Event::Silence].repeat(10));
        heard.extend(positions(&mut fast, 10).await);
        assert_eq!(heard.last(), Some(&(burst * 20 + 19)));
    }
    assert_eq!(positions(&mut slow, heard.len()).await, heard);
}

#[tokio::test]
async fn nobody_is_led_over_what_cannot_be_read() {
    let club = club(5, Capacity::default()).await;
    let mut live = club.listen(AN, None).await.unwrap();
    club.log.tell([Event::Noise, Event::Said(CHESS)]);
    assert!(matches!(
        next(&mut live).await,
        Err(Deaf::Follow(FollowError::Log(_)))
    ));
    // Whoever comes back gets as far as that and no further; behind it, all goes on. From memory as from the store.
    for capacity in [None, Some(SMALL)] {
        let fresh = match capacity {
            None => None,
            Some(capacity) => Some(Club::open(club.log.clone(), capacity).await),
        };
        let club = fresh.as_ref().unwrap_or(&club);
        club.rules.join(LAN, TEA);
        club.rules.join(AN, CHESS);
        reached(club).await;
        let mut before = club.listen(LAN, Some(3)).await.unwrap();
        assert_eq!(positions(&mut before, 2).await, [4, 5]);
        assert!(matches!(
            next(&mut before).await,
            Err(Deaf::Follow(FollowError::Log(_)))
        ));
        let mut behind = club.listen(AN, Some(6)).await.unwrap();
        assert_eq!(next(&mut behind).await.unwrap(), (7, CHESS));
    }
}

#[tokio::test]
async fn cursors_from_nowhere_are_refused_and_old_ones_expire() {
    let club = club(100, SMALL).await;
    for unknown in [-1, 101, i64::MAX] {
        let refused = club.listen(LAN, Some(unknown)).await.err();
        assert!(
            matches!(refused, Some(Deaf::Follow(FollowError::Unknown))),
            "{unknown}"
        );
    }
    let mut overtaken = club.listen(LAN, Some(0)).await.unwrap();
    assert_eq!(next(&mut overtaken).await.unwrap().0, 1);
    club.log.forget(60);
    let refused = club.listen(LAN, Some(59)).await.err();
    assert!(matches!(refused, Some(Deaf::Follow(FollowError::Expired))));
    let mut kept = club.listen(LAN, Some(60)).await.unwrap();
    assert_eq!(positions(&mut kept, 40).await, (61..=100).collect::<Vec<_>>());
    // Who is in the middle of it finishes the page, and is told, not led over the gap.
    let mut last = 1;
    let end = loop {
        match next(&mut overtaken).await {
            Ok((position, _)) => {
                assert_eq!(position, last + 1);
                last = position;
            }
            Err(end) => break end,
        }
    };
    assert!(matches!(end, Deaf::Follow(FollowError::Expired)), "{end:?}");
}

/// A deployment: everybody is cut off, and comes back at once to a process that remembers nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_come_back_together_share_what_is_read() {
    let club = club(95, Capacity { pages: 16, ..SMALL }).await;
    club.log.reads();
    club.log.looks();
    let mut crowd = Vec::new();
    for member in 0..300 {
        club.rules.join(member, TEA);
        crowd.push((member, i64::try_from(member % 60).unwrap() + 30));
    }
    let returning = crowd.into_iter().map(async |(member, after)| {
        let mut ears = club.listen(member, Some(after)).await.unwrap();
        let missed = usize::try_from(95 - after).unwrap();
        assert_eq!(
            positions(&mut ears, missed).await,
            (after + 1..=95).collect::<Vec<_>>()
        );
    });
    futures::future::join_all(returning).await;
    let mut reads = club.log.reads();
    // The relay and the live log look for what is new at the end.
    reads.retain(|(after, _)| *after < 95);
    reads.sort_unstable();
    assert_eq!(
        reads,
        [
            (30, 10),
            (40, 10),
            (50, 10),
            (60, 10),
            (70, 10),
            (80, 10),
            (90, 5)
        ]
    );
    assert!(
        club.log.looks() < 30,
        "those who ask at once where the log ends share an answer"
    );
}
