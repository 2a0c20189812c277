//! Reactions of a domain that keeps documents.

use crate::things::{Bare, Happened, Thing, id, thing};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::ids::EventId;
use caregraph_kit::documents::{Collection, Commit, Document, DocumentHandler, Documents, Filter, Query};
use caregraph_kit::events::{Envelope, HandlerError};
use caregraph_kit::on_every_document_store;
use caregraph_kit::subgraph::DocumentGround;
use caregraph_kit::testing::{TestDocuments, eventually};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

async fn start(store: &TestDocuments) -> DocumentGround {
    store.ground(vec![Thing::declaration()]).await
}

async fn tell(process: &DocumentGround, numbers: impl IntoIterator<Item = i64>) -> Vec<EventId> {
    let mut commit = Commit::new();
    for number in numbers {
        commit.tell(&Happened::to(id(1), number)).unwrap();
    }
    process.documents.commit(commit).await.unwrap()
}

/// Adds each number to a sum and keeps the numbers; what else it does is the test's to say.
struct Adder {
    things: Collection<Thing>,
    also: fn(&Happened, u32) -> Result<(), HandlerError>,
    asked: AtomicU32,
}

impl Adder {
    fn new(documents: &Documents, also: fn(&Happened, u32) -> Result<(), HandlerError>) -> Arc<Self> {
        Arc::new(Self {
            things: documents.collection().unwrap(),
            also,
            asked: AtomicU32::new(0),
        })
    }
}

#[async_trait]
impl DocumentHandler for Adder {
    fn name(&self) -> &'static str {
        "scheduling.adder"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Scheduling]
    }

    async fn handle(&self, event: &Envelope) -> Result<Commit, HandlerError> {
        let mut commit = Commit::new();
        let Some(happened) = event.decode::<Happened>()? else {
            return Ok(commit);
        };
        (self.also)(&happened, self.asked.fetch_add(1, Ordering::Relaxed))?;
        match self.things.get(id(0)).await? {
            None => commit.insert(id(0), &sum(thing("sum"), happened.number))?,
            Some(read) => commit.replace(id(0), read.version, &sum(read.value, happened.number))?,
        }
        Ok(commit)
    }
}

fn sum(before: Thing, number: i64) -> Thing {
    let mut after = before;
    after.rank = Some(after.rank.unwrap_or(0) + number);
    after.tags.push(number.to_string());
    after
}

async fn numbers(documents: &Documents) -> Vec<String> {
    let things = documents.collection::<Thing>().unwrap();
    things
        .get(id(0))
        .await
        .unwrap()
        .map(|read| read.value.tags)
        .unwrap_or_default()
}

async fn heard(documents: &Documents, expected: &[&str]) {
    eventually("the events are handled", async || {
        (numbers(documents).await == expected).then_some(())
    })
    .await;
}

on_every_document_store! {
    async fn an_event_that_comes_twice_takes_effect_once(bare: Bare) {
        let process = start(&bare.0).await;
        tell(&process, [1]).await;
        let log = process.documents.events();
        let event = eventually("the event is there", async || log.read_after(0, 1).await.unwrap().pop()).await;
        let reaction = process.documents.reaction(Adder::new(&process.documents, |_, _| Ok(())));
        for _ in 0..3 {
            reaction.react(&event).await.unwrap();
        }
        // Somebody who gives up what another has done meanwhile parks nothing.
        reaction.park(&event, 1, &HandlerError::other("no")).await.unwrap();
        assert_eq!(numbers(&process.documents).await, ["1"]);
        assert_eq!(process.documents.dead_letters(10).await.unwrap(), []);
        process.bus.shut_down().await;
    }

    /// A document that changes between the handler's look and its commit makes the handler look again, not fail.
    async fn a_handler_that_lost_a_race_is_asked_again(bare: Bare) {
        let process = start(&bare.0).await;
        let reaction = process.documents.reaction(Arc::new(Overtaken {
            adder: Adder::new(&process.documents, |_, _| Ok(())),
            things: process.documents.collection().unwrap(),
            times: AtomicU32::new(3),
        }));
        tell(&process, [1]).await;
        let log = process.documents.events();
        let event = eventually("the event is there", async || log.read_after(0, 1).await.unwrap().pop()).await;
        reaction.react(&event).await.unwrap();
        assert_eq!(numbers(&process.documents).await, ["100", "100", "100", "1"]);
        process.bus.shut_down().await;
    }

    async fn two_processes_handle_each_event_once_and_in_order(bare: Bare) {
        let (one, other) = (start(&bare.0).await, start(&bare.0).await);
        for process in [&one, &other] {
            process.add_handler(Adder::new(&process.documents, |_, _| Ok(())));
        }
        let mut expected = Vec::new();
        for number in 0..30 {
            tell(if number % 2 == 0 { &one } else { &other }, [number]).await;
            expected.push(number.to_string());
        }
        heard(&one.documents, &expected.iter().map(String::as_str).collect::<Vec<_>>()).await;
        assert_eq!(one.documents.dead_letters(10).await.unwrap(), []);
        one.bus.shut_down().await;
        other.bus.shut_down().await;
    }

    /// A process that starts again goes on where the last one stopped.
    async fn a_handler_goes_on_where_it_stopped(bare: Bare) {
        let first = start(&bare.0).await;
        first.add_handler(Adder::new(&first.documents, |_, _| Ok(())));
        let ids = tell(&first, [1, 2]).await;
        let log = first.documents.events();
        assert!(first.bus.settle(log.as_ref(), ids[1], Duration::from_secs(20)).await);
        first.bus.shut_down().await;
        tell(&first, [3]).await;
        let second = start(&bare.0).await;
        second.add_handler(Adder::new(&second.documents, |_, _| Ok(())));
        heard(&second.documents, &["1", "2", "3"]).await;
        second.bus.shut_down().await;
    }

    async fn poison_is_parked_and_handled_again_once(bare: Bare) {
        let process = start(&bare.0).await;
        let adder = Adder::new(&process.documents, |happened, asked| match happened.number {
            2 if asked == 1 => panic!("a handler's mistake\0"),
            2 => Err(HandlerError::other("cannot be digested")),
            _ => Ok(()),
        });
        process.add_handler(adder);
        let ids = tell(&process, [1, 2, 3]).await;
        heard(&process.documents, &["1", "3"]).await;
        let letters = eventually("the event is parked", async || {
            Some(process.documents.dead_letters(10).await.unwrap()).filter(|letters| !letters.is_empty())
        })
        .await;
        let letter = &letters[0];
        assert_eq!((letters.len(), letter.event_id, letter.attempts), (1, ids[1], 4));
        assert_eq!((letter.handler.as_str(), letter.name.as_str()), ("scheduling.adder", "Happened"));
        assert!(letter.error.contains("cannot be digested"), "{}", letter.error);
        assert_eq!(process.documents.dead_letters(0).await.unwrap(), []);

        let still_broken = process.documents.reaction(Adder::new(&process.documents, |_, _| Err(HandlerError::other("no"))));
        assert!(still_broken.replay(ids[1]).await.is_err());
        let mended = process.documents.reaction(Adder::new(&process.documents, |_, _| Ok(())));
        let (one, other) = tokio::join!(mended.replay(ids[1]), mended.replay(ids[1]));
        assert_eq!(u8::from(one.unwrap()) + u8::from(other.unwrap()), 1);
        assert!(!mended.replay(ids[1]).await.unwrap());
        assert_eq!(numbers(&process.documents).await, ["1", "3", "2"]);
        assert_eq!(process.documents.dead_letters(10).await.unwrap(), []);
        process.bus.shut_down().await;
    }

    /// Killed anywhere, started again: nothing is lost and nothing takes effect twice.
    async fn a_killed_handler_neither_loses_nor_doubles(bare: Bare) {
        let process = start(&bare.0).await;
        tell(&process, 0..25).await;
        let log = process.documents.events();
        eventually("the events are there", async || log.head().await.ok().filter(|head| *head == 25)).await;
        let reaction = process.documents.reaction(Adder::new(&process.documents, |_, _| Ok(())));
        for position in 0..25 {
            let event = log.read_after(position, 1).await.unwrap().remove(0);
            // Each time a little later, so that every moment has its turn and the event gets through in the end.
            let mut patience = Duration::from_micros(100 + 17 * u64::try_from(position).unwrap());
            loop {
                let (reaction, event) = (Arc::clone(&reaction), Arc::clone(&event));
                let mut handling = tokio::spawn(async move { reaction.react(&event).await });
                if let Ok(handled) = tokio::time::timeout(patience, &mut handling).await {
                    handled.unwrap().unwrap();
                    break;
                }
                handling.abort();
                let _ = handling.await;
                patience = patience.mul_f64(1.4);
            }
        }
        let expected: Vec<String> = (0..25).map(|number| number.to_string()).collect();
        assert_eq!(numbers(&process.documents).await, expected);
        let things = process.documents.collection::<Thing>().unwrap();
        let sum = things.first(Query::of(Filter::is("name", "sum"))).await.unwrap().unwrap();
        assert_eq!((sum.version, sum.value.rank), (25, Some((0..25).sum())));
        process.bus.shut_down().await;
    }
}

/// Somebody else writes the document while the handler thinks.
struct Overtaken {
    adder: Arc<Adder>,
    things: Collection<Thing>,
    times: AtomicU32,
}

#[async_trait]
impl DocumentHandler for Overtaken {
    fn name(&self) -> &'static str {
        self.adder.name()
    }

    fn sources(&self) -> &'static [Domain] {
        self.adder.sources()
    }

    async fn handle(&self, event: &Envelope) -> Result<Commit, HandlerError> {
        let commit = self.adder.handle(event).await?;
        if self.times.load(Ordering::Relaxed) > 0 {
            self.times.fetch_sub(1, Ordering::Relaxed);
            let read = self.things.get(id(0)).await?;
            let before = read
                .as_ref()
                .map_or_else(|| thing("sum"), |read| read.value.clone());
            let after = sum(before, 100);
            match read {
                None => self.things.insert(id(0), &after).await?,
                Some(read) => self.things.replace(id(0), read.version, &after).await?,
            }
        }
        Ok(commit)
    }
}
