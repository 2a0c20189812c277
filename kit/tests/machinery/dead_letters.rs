//! Poison: parked, readable by nobody, and handled once when its cause is mended.

use crate::support::{Counted, Counting, Process, SECRET, World, count_further, effects, endless};
use caregraph_kit::events::{ConsumerSettings, DeadLetters, HandlerError};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::eventually;
use futures::future::join_all;
use sea_orm::{ConnectionTrait, Statement};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

on_every_engine! {
    async fn poison_is_parked_and_replayed_once(world: World) {
        let ground = world.ground();
        let broken = Arc::new(AtomicBool::new(true));
        let switch = Arc::clone(&broken);
        let poisoned = world.things[1];
        let handler = Counting::new(&world, "poisoned", move |event: &Counted| {
            let fails = event.thing == poisoned && switch.load(Ordering::Relaxed);
            if fails { Err(HandlerError::other("cannot be digested")) } else { Ok(()) }
        })
        .await;
        world.world.start(vec![handler.clone()]);
        for thing in [0, 1, 0, 2, 0] {
            count_further(ground, world.things[thing], SECRET).await.unwrap();
        }
        eventually("the others have taken effect", async || (effects(ground, "poisoned").await == 4).then_some(())).await;

        let letters = DeadLetters::new(ground.database.clone(), ground.cipher.clone());
        let [letter] = letters.list(10).await.unwrap().try_into().unwrap();
        assert_eq!((letter.handler.as_str(), letter.name.as_str(), letter.attempts), ("poisoned", "Counted", 4));
        assert!(letter.error.contains("cannot be digested"));
        let reader = ground.database.reader();
        let query = Statement::from_string(reader.get_database_backend(), "SELECT envelope FROM event_dead_letters");
        let envelope: String = reader.query_one_raw(query).await.unwrap().unwrap().try_get("", "envelope").unwrap();
        assert!(envelope.starts_with("v1.") && !envelope.contains(SECRET));

        letters.replay(handler.as_ref(), letter.event_id).await.unwrap_err();
        assert_eq!(letters.list(10).await.unwrap(), std::slice::from_ref(&letter), "a failed replay changes nothing");
        assert_eq!(effects(ground, "poisoned").await, 4);

        broken.store(false, Ordering::Relaxed);
        let other = world.second_process().await;
        let elsewhere = DeadLetters::new(other.database.clone(), other.cipher.clone());
        let replays = (0..8).map(|number| {
            let letters = if number % 2 == 0 { &letters } else { &elsewhere };
            letters.replay(handler.as_ref(), letter.event_id)
        });
        let replayed = join_all(replays).await.into_iter().filter(|result| *result.as_ref().unwrap()).count();
        assert_eq!(replayed, 1, "of all who replay at once, one does");
        assert_eq!(effects(ground, "poisoned").await, 5);
        assert_eq!(letters.list(10).await.unwrap(), []);
        assert!(!letters.replay(handler.as_ref(), letter.event_id).await.unwrap());
        ground.bus.shut_down().await;
        other.bus.shut_down().await;
    }

    /// News that need other news first are no poison, however often they are tried; but not for ever.
    async fn what_is_not_known_yet_is_waited_for(world: World) {
        let ground = world.ground();
        let (slow, never) = (world.things[0], world.things[1]);
        let tries = AtomicUsize::new(0);
        let handler = Counting::new(&world, "waiting", move |event: &Counted| {
            let known = event.thing != never && (event.thing != slow || tries.fetch_add(1, Ordering::Relaxed) > 12);
            if known { Ok(()) } else { Err(HandlerError::NotYet("somebody".into())) }
        })
        .await;
        let settings = ConsumerSettings { attempts: 3, patience: Duration::from_millis(400), ..endless() };
        let process = Process::start(ground, handler, settings, |transport| transport).await;
        for thing in [0, 1, 2] {
            count_further(ground, world.things[thing], "").await.unwrap();
        }
        eventually("what became known, and what comes after it, took effect", async || {
            (effects(ground, "waiting").await == 2).then_some(())
        })
        .await;
        let letters = DeadLetters::new(ground.database.clone(), ground.cipher.clone());
        let parked = eventually("the other is parked", async || {
            let parked = letters.list(10).await.unwrap();
            (!parked.is_empty()).then_some(parked)
        })
        .await;
        assert_eq!((parked.len(), parked[0].attempts), (1, 3));
        process.kill().await;
        ground.bus.shut_down().await;
    }

    async fn letters_are_listed_by_age(world: World) {
        let ground = world.ground();
        let handler = Counting::new(&world, "hopeless", |_| Err(HandlerError::other("never"))).await;
        let letters = DeadLetters::new(ground.database.clone(), ground.cipher.clone());
        world.world.start(vec![handler]);
        let mut told = Vec::new();
        for round in 0..3_usize {
            count_further(ground, world.things[round], "").await.unwrap();
            eventually("the event is parked", async || {
                (letters.list(10).await.unwrap().len() == round + 1).then_some(())
            })
            .await;
            told.push(ground.events.read_after(i64::try_from(round).unwrap(), 1).await.unwrap()[0].id);
            ground.clock.advance(chrono::TimeDelta::minutes(1));
        }
        let listed: Vec<_> = letters.list(2).await.unwrap().iter().map(|letter| letter.event_id).collect();
        assert_eq!(listed, told[..2], "the oldest first, no more than asked for");
        ground.bus.shut_down().await;
    }
}
