//! Everybody hears what is theirs once and in order, whatever happens in between.

use super::club::{Club, Heard, Member, Rules, next};
use super::log::{Event, Group, Log};
use caregraph_kit::events::switchboard::Capacity;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// Everybody is in it from the beginning to the end, and hears there when it is over.
const EVERYBODY: Group = 0;
/// Groups that everybody is in for good, or never, each in others.
const STEADY: std::ops::RangeInclusive<Group> = 1..=4;
/// Groups that are joined and left all the time.
const FICKLE: std::ops::RangeInclusive<Group> = 5..=6;
const MEMBERS: Member = 24;
const EVENTS: usize = 3_000;
/// Told before anybody listens, so that there is something to come back to.
const BEFORE: usize = 400;

fn is_steady(member: Member, group: Group) -> bool {
    group == EVERYBODY || (STEADY.contains(&group) && (member + group).is_multiple_of(3))
}

fn any_event(random: &mut StdRng) -> Event {
    match random.random_range(0..10_u8) {
        0..3 => Event::Silence,
        3..8 => Event::Said(random.random_range(STEADY)),
        _ => Event::Said(random.random_range(FICKLE)),
    }
}

/// Tells everything, in bursts of all sizes.
async fn tell(log: Log, events: Vec<Event>, mut random: StdRng) {
    let mut rest = events.as_slice();
    while !rest.is_empty() {
        let (now, later) = rest.split_at(random.random_range(1..=rest.len().min(60)));
        log.tell(now.iter().copied());
        rest = later;
        tokio::time::sleep(Duration::from_micros(random.random_range(0..2_000))).await;
    }
}

/// People join and leave, and the store is away now and then.
async fn stir(rules: Rules, mut random: StdRng) {
    loop {
        let (member, group) = (random.random_range(0..MEMBERS), random.random_range(FICKLE));
        if random.random() {
            rules.join(member, group);
        } else {
            rules.leave(member, group);
        }
        rules.set_away(random.random_ratio(1, 20));
        tokio::time::sleep(Duration::from_micros(random.random_range(0..500))).await;
    }
}

/// Listens until it is over, now fast and now slow, goes away again and again, and comes back with the last cursor.
async fn listen(club: Arc<Club>, member: Member, start: Option<i64>, mut random: StdRng) -> Vec<Heard> {
    let mut heard: Vec<Heard> = Vec::new();
    loop {
        let after = heard.last().map(|(position, _)| *position).or(start);
        // A store that is away refuses whoever comes back, and ends what it cannot answer for: they come again.
        let Ok(mut ears) = club.listen(member, after).await else {
            continue;
        };
        let pace = [0, 0, 50, 1_000].choose(&mut random).copied().unwrap();
        for _ in 0..random.random_range(1..200) {
            let Ok(told) = next(&mut ears).await else { break };
            heard.push(told);
            if told.1 == EVERYBODY {
                return heard;
            }
            if pace > 0 {
                tokio::time::sleep(Duration::from_micros(random.random_range(0..pace))).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_hears_what_is_theirs_once_and_in_order() {
    for seed in 0..6 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut events: Vec<Event> = (0..EVENTS).map(|_| any_event(&mut random)).collect();
        events.push(Event::Said(EVERYBODY));
        let log = Log::default();
        log.tell(events[..BEFORE].iter().copied());
        let capacity = Capacity {
            queue: random.random_range(1..12),
            page: random.random_range(1..40),
            pages: random.random_range(1..8),
        };
        let club = Arc::new(Club::open(log.clone(), capacity).await);
        for member in 0..MEMBERS {
            for group in (0..=*FICKLE.end()).filter(|group| is_steady(member, *group)) {
                club.rules.join(member, group);
            }
        }
        let stirring = tokio::spawn(stir(club.rules.clone(), StdRng::seed_from_u64(seed + 1_000)));
        // The live log is where the store was when the club opened; nobody knows of more than that.
        let known = super::reached(&club).await;
        let mut listening = Vec::new();
        for member in 0..MEMBERS {
            let start = random.random_bool(0.8).then(|| random.random_range(0..=known));
            let random = StdRng::seed_from_u64(seed * 10_000 + member);
            let task = tokio::spawn(listen(Arc::clone(&club), member, start, random));
            listening.push((member, start, task));
        }
        let telling = tokio::spawn(tell(
            log,
            events[BEFORE..].to_vec(),
            StdRng::seed_from_u64(seed + 2_000),
        ));
        for (member, start, task) in listening {
            let heard = tokio::time::timeout(Duration::from_mins(1), task).await;
            let heard =
                heard.unwrap_or_else(|_| panic!("{member} waits for ever, seed {seed}, {capacity:?}"));
            let heard = heard.unwrap();
            assert!(
                heard.is_sorted_by(|one, next| one.0 < next.0),
                "{member} hears in order, nothing twice: seed {seed}, {capacity:?}"
            );
            // Whoever listens from now on begins somewhere; from there on nothing may be missing.
            let start = start.unwrap_or_else(|| heard[0].0 - 1);
            let steady: Vec<Heard> = heard
                .iter()
                .copied()
                .filter(|(_, group)| !FICKLE.contains(group))
                .collect();
            let told = (1..).zip(&events).filter_map(|(position, event)| match event {
                Event::Said(group) if position > start && is_steady(member, *group) => {
                    Some((position, *group))
                }
                _ => None,
            });
            assert_eq!(
                steady,
                told.collect::<Vec<_>>(),
                "{member} from {start}, seed {seed}, {capacity:?}"
            );
            let said: HashSet<Heard> = (1..)
                .zip(&events)
                .filter_map(|(position, event)| match event {
                    Event::Said(group) => Some((position, *group)),
                    _ => None,
                })
                .collect();
            assert!(
                heard.iter().all(|heard| said.contains(heard)),
                "nobody hears what was not said"
            );
        }
        telling.await.unwrap();
        stirring.abort();
        club.bus.shut_down().await;
    }
}
