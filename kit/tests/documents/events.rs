//! The log of a domain that keeps documents.

use crate::things::{Bare, Happened, Thing, id};
use caregraph_kit::documents::{Commit, Document, Location};
use caregraph_kit::events::FollowError;
use caregraph_kit::on_every_document_store;
use caregraph_kit::subgraph::DocumentGround;
use caregraph_kit::testing::{TestDocuments, eventually};
use chrono::TimeDelta;
use futures::{StreamExt, TryStreamExt};
use mongodb::bson::Document as Bson;
use std::pin::pin;
use std::time::Duration;

async fn start(store: &TestDocuments) -> DocumentGround {
    store.ground(vec![Thing::declaration()]).await
}

async fn tell(process: &DocumentGround, numbers: impl IntoIterator<Item = i64>) {
    let mut commit = Commit::new();
    for number in numbers {
        commit.tell(&Happened::to(id(1), number)).unwrap();
    }
    process.documents.commit(commit).await.unwrap();
}

async fn reached(process: &DocumentGround, position: i64) {
    let log = process.documents.events();
    eventually("the events have their positions", async || {
        log.head().await.ok().filter(|head| *head >= position)
    })
    .await;
}

on_every_document_store! {
    async fn a_follower_sees_what_two_processes_tell_once_and_in_order(bare: Bare) {
        let (one, other) = (start(&bare.0).await, start(&bare.0).await);
        tell(&one, 0..10).await;
        reached(&one, 10).await;
        let mut events = pin!(one.live.follow(Some(4)).await.unwrap());
        let telling = async {
            for start in (10..130_i64).step_by(10) {
                tokio::join!(tell(&one, start..start + 5), tell(&other, start + 5..start + 10));
            }
        };
        let following = async {
            for position in 5..=130 {
                assert_eq!(events.next().await.unwrap().unwrap().position, position);
            }
        };
        tokio::join!(telling, tokio::time::timeout(Duration::from_mins(1), following)).1.unwrap();
        one.bus.shut_down().await;
        other.bus.shut_down().await;
    }

    async fn relays_that_meet_number_each_event_once(bare: Bare) {
        let (one, other) = (start(&bare.0).await, start(&bare.0).await);
        // Their own relays would take part without being asked.
        one.bus.shut_down().await;
        other.bus.shut_down().await;
        let logs = [one.documents.events(), other.documents.events()];
        for round in 1..=15_i64 {
            tell(&one, [round, round, round]).await;
            let relays = logs.iter().chain(&logs).map(|log| log.assign_positions(100));
            let numbered = futures::future::try_join_all(relays).await.unwrap();
            assert_eq!(numbered.iter().sum::<usize>(), 3);
            assert_eq!(logs[0].head().await.unwrap(), round * 3);
        }
    }

    async fn events_are_numbered_a_few_at_a_time(bare: Bare) {
        let process = start(&bare.0).await;
        process.bus.shut_down().await;
        tell(&process, 0..10).await;
        let log = process.documents.events();
        assert_eq!(log.assign_positions(4).await.unwrap(), 4);
        assert_eq!((log.head().await.unwrap(), log.read_after(0, 100).await.unwrap().len()), (4, 4));
        assert_eq!(log.assign_positions(100).await.unwrap(), 6);
        assert_eq!(log.assign_positions(100).await.unwrap(), 0);
        let events = log.read_after(3, 4).await.unwrap();
        let numbers: Vec<i64> = events.iter().map(|event| event.decode::<Happened>().unwrap().unwrap().number).collect();
        assert_eq!(numbers, [3, 4, 5, 6]);
        assert_eq!(log.position_of(events[0].id).await.unwrap(), Some(4));
    }

    /// Whoever is so slow that events are removed before they were read is told, not led over the gap.
    async fn a_follower_who_is_overtaken_by_pruning_is_told(bare: Bare) {
        let process = start(&bare.0).await;
        let log = process.documents.events();
        tell(&process, 0..300).await;
        reached(&process, 300).await;
        let mut events = pin!(process.live.follow(Some(0)).await.unwrap());
        assert_eq!(events.next().await.unwrap().unwrap().position, 1);
        process.clock.advance(TimeDelta::days(1));
        tell(&process, [300]).await;
        reached(&process, 301).await;
        assert_eq!(log.prune(process.clock.now(), 150).await.unwrap(), 150);
        assert_eq!(log.prune(process.clock.now(), 301).await.unwrap(), 150);
        assert_eq!(log.prune(process.clock.now(), 301).await.unwrap(), 0);
        assert_eq!((log.pruned().await.unwrap(), log.head().await.unwrap()), (300, 301));
        let end = loop {
            if let Err(error) = events.next().await.unwrap() {
                break error;
            }
        };
        assert!(matches!(end, FollowError::Expired), "{end:?}");
        assert!(matches!(process.live.follow(Some(299)).await.err(), Some(FollowError::Expired)));
        assert!(matches!(process.live.follow(Some(302)).await.err(), Some(FollowError::Unknown)));
        assert!(process.live.follow(Some(300)).await.is_ok());
        process.bus.shut_down().await;
    }

    async fn what_was_published_never_goes_back(bare: Bare) {
        let process = start(&bare.0).await;
        let log = process.documents.events();
        for (position, expected) in [(0, 0), (5, 5), (3, 5), (7, 7)] {
            log.set_published(position).await.unwrap();
            assert_eq!(log.published().await.unwrap(), expected);
        }
        process.bus.shut_down().await;
    }

    /// What an event says is sealed; its name is not.
    async fn nobody_reads_events_in_the_store(bare: Bare) {
        let process = start(&bare.0).await;
        process.bus.shut_down().await;
        tell(&process, [7_070_707_070_707]).await;
        let dump = dump(bare.0.location()).await;
        assert!(dump.contains("Happened"));
        assert!(!dump.contains("7070707070707"));
    }
}

/// Everything that a store keeps of its events, as somebody sees it who has stolen it.
async fn dump(location: &Location) -> String {
    match location {
        Location::Embedded { url, .. } => {
            let file = url.trim_start_matches("sqlite://");
            let parts = [file.to_owned(), format!("{file}-wal")];
            let bytes = parts
                .iter()
                .flat_map(|part| std::fs::read(part).unwrap_or_default());
            String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
        }
        Location::MongoDb { url, .. } => {
            let client = mongodb::Client::with_uri_str(url.reveal().unwrap())
                .await
                .unwrap();
            let outbox = client
                .default_database()
                .unwrap()
                .collection::<Bson>("event_outbox");
            let rows: Vec<Bson> = outbox
                .find(Bson::new())
                .await
                .unwrap()
                .try_collect()
                .await
                .unwrap();
            format!("{rows:?}")
        }
    }
}
