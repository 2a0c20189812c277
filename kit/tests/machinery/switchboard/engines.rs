//! The same on real logs: people follow things that are counted.

use crate::support::{Counted, World, count_at_once, reached};
use async_trait::async_trait;
use caregraph_kit::events::switchboard::{Capacity, Listener, News, Recall, Switchboard, Topic};
use caregraph_kit::events::{Envelope, EventError, FollowError};
use caregraph_kit::subgraph::Ground;
use caregraph_kit::{Fault, on_every_engine};
use chrono::TimeDelta;
use futures::{Stream, StreamExt};
use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

struct Counts;

#[async_trait]
impl Topic for Counts {
    type What = (Uuid, i64);
    type Key = Uuid;
    type Facts = ();

    fn decode(&self, event: &Envelope) -> Result<Option<(Uuid, i64)>, EventError> {
        Ok(event
            .decode::<Counted>()?
            .map(|counted| (counted.thing, counted.number)))
    }

    async fn look_up(&self, _: &[Arc<News<(Uuid, i64)>>]) -> Result<(), Fault> {
        Ok(())
    }

    fn keys(&self, news: &News<(Uuid, i64)>, (): &()) -> HashSet<Uuid> {
        HashSet::from([news.what.0])
    }
}

/// Follows one thing.
struct Follower(Uuid);

#[async_trait]
impl Listener for Follower {
    type Topic = Counts;
    type Heard = (i64, i64);
    type Error = FollowError;

    fn key(&self) -> Uuid {
        self.0
    }

    fn hear(&self, news: &News<(Uuid, i64)>, (): &()) -> Option<(i64, i64)> {
        Some((news.position, news.what.1))
    }

    async fn recall(&self) -> Result<Recall<Self>, FollowError> {
        let thing = self.0;
        Ok(Box::new(move |news| {
            (news.what.0 == thing).then_some((news.position, news.what.1))
        }))
    }
}

type Follows = Pin<Box<dyn Stream<Item = Result<(i64, i64), FollowError>> + Send>>;

struct Board(Switchboard<Counts>);

impl Board {
    fn of(ground: &Ground) -> Self {
        let little = Capacity {
            queue: 8,
            page: 32,
            pages: 3,
        };
        Self(Switchboard::with_capacity(
            Counts,
            &ground.live,
            &ground.bus,
            little,
        ))
    }

    async fn follow(&self, thing: Uuid, after: Option<i64>) -> Result<Follows, FollowError> {
        Ok(Box::pin(self.0.follow(Follower(thing), after).await?))
    }
}

/// Each number of a thing comes once and in order; the place of the last one.
async fn hears(follows: &mut Follows, numbers: impl IntoIterator<Item = i64>, pace: Duration) -> i64 {
    let mut last = 0;
    for expected in numbers {
        let next = tokio::time::timeout(Duration::from_mins(1), follows.next()).await;
        let (position, number) = next.expect("it comes in time").unwrap().unwrap();
        assert_eq!(number, expected);
        assert!(position > last);
        last = position;
        if !pace.is_zero() && number % 16 == 0 {
            tokio::time::sleep(pace).await;
        }
    }
    last
}

async fn count(ground: &Ground, thing: Uuid, times: i64) {
    for _ in 0..times / 25 {
        count_at_once(ground, thing, 25).await.unwrap();
    }
}

on_every_engine! {
    async fn everybody_hears_what_two_processes_tell_of_their_thing(world: World) {
        let ground = world.ground();
        let other = world.second_process().await;
        let (here, there) = (Board::of(ground), Board::of(&other));
        let [one, two, ..] = world.things[..] else { panic!("there are four") };
        count(ground, one, 100).await;
        reached(ground, 100).await;
        let mut from_start = here.follow(one, Some(0)).await.unwrap();
        let mut slow = here.follow(one, Some(50)).await.unwrap();
        let mut elsewhere = there.follow(one, Some(100)).await.unwrap();
        let mut of_two = there.follow(two, Some(0)).await.unwrap();
        let mut sleeper = here.follow(two, Some(100)).await.unwrap();
        let counting = async {
            tokio::join!(
                count(ground, one, 400), count(&other, one, 400), count(ground, two, 400), count(&other, two, 400)
            );
        };
        let (none, little) = (Duration::ZERO, Duration::from_millis(3));
        tokio::join!(
            counting,
            hears(&mut from_start, 1..=900, none),
            hears(&mut slow, 51..=900, little),
            hears(&mut elsewhere, 101..=900, none),
            hears(&mut of_two, 1..=800, none),
        );
        hears(&mut sleeper, 1..=800, none).await;
        ground.bus.shut_down().await;
        other.bus.shut_down().await;
    }

    async fn whoever_is_cut_off_again_and_again_misses_nothing(world: World) {
        let ground = world.ground();
        let other = world.second_process().await;
        let boards = [Board::of(ground), Board::of(&other)];
        let thing = world.things[0];
        let following = async {
            let (mut cursor, mut number) = (0, 0);
            while number < 200 {
                let few = (number + 1)..=(number + 1 + number % 7).min(200);
                let board = &boards[usize::try_from(number % 2).unwrap()];
                number = *few.end();
                cursor = hears(&mut board.follow(thing, Some(cursor)).await.unwrap(), few, Duration::ZERO).await;
            }
        };
        let noise = world.things[1];
        tokio::join!(count(ground, thing, 200), count(&other, noise, 200), following);
        ground.bus.shut_down().await;
        other.bus.shut_down().await;
    }

    async fn what_was_removed_is_gone_for_whoever_comes_back(world: World) {
        let ground = world.ground();
        let board = Board::of(ground);
        let thing = world.things[0];
        let mut listening = board.follow(thing, Some(0)).await.unwrap();
        count(ground, thing, 100).await;
        hears(&mut listening, 1..=100, Duration::ZERO).await;
        let later = ground.clock.now() + TimeDelta::days(1);
        assert_eq!(ground.events.prune(later, 70).await.unwrap(), 70);
        // Also where it is still in memory: all processes answer alike.
        assert!(matches!(board.follow(thing, Some(69)).await.err(), Some(FollowError::Expired)));
        let mut behind = board.follow(thing, Some(70)).await.unwrap();
        hears(&mut behind, 71..=100, Duration::ZERO).await;
        count(ground, thing, 25).await;
        hears(&mut listening, 101..=125, Duration::ZERO).await;
        ground.bus.shut_down().await;
    }
}
