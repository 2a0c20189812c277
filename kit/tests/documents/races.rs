//! Many writers at once.

use crate::things::{Happened, Inner, Thing, World, id, thing};
use caregraph_kit::documents::{Collection, Commit, DocumentError, Documents, Filter};
use caregraph_kit::on_every_document_store;
use futures::future::join_all;
use std::time::Duration;

/// Counts a thing one further, as often as it takes, and tells the number.
async fn count_further(documents: &Documents, things: &Collection<Thing>) -> i64 {
    loop {
        let read = things.get(id(1)).await.unwrap().unwrap();
        let number = read.value.rank.unwrap() + 1;
        let mut commit = Commit::new();
        let value = Thing {
            rank: Some(number),
            ..read.value
        };
        commit.replace(id(1), read.version, &value).unwrap();
        commit.tell(&Happened::to(id(1), number)).unwrap();
        match documents.commit(commit).await {
            Ok(_) => return number,
            Err(DocumentError::Conflict {
                found: Some(found), ..
            }) => assert!(found > read.version),
            Err(error) => panic!("{error:?}"),
        }
    }
}

on_every_document_store! {
    /// No write is lost, and the events stand in the log in the order in which the writes took effect.
    async fn compare_and_set_loses_no_write(world: World) {
        const WRITERS: usize = 6;
        const TIMES: usize = 10;
        let other = world.store.open(vec![<Thing as caregraph_kit::documents::Document>::declaration()]).await;
        world.things.insert(id(1), &Thing { rank: Some(0), ..thing("counter") }).await.unwrap();
        let writers = (0..WRITERS).map(|writer| {
            let documents = if writer % 2 == 0 { world.documents.clone() } else { other.clone() };
            tokio::spawn(async move {
                let things = documents.collection().unwrap();
                for _ in 0..TIMES {
                    count_further(&documents, &things).await;
                }
            })
        });
        for writer in join_all(writers).await {
            writer.unwrap();
        }
        let read = world.things.get(id(1)).await.unwrap().unwrap();
        let total = i64::try_from(WRITERS * TIMES).unwrap();
        assert_eq!((read.version, read.value.rank), (total + 1, Some(total)));
        let told: Vec<i64> = world.told(0).await.iter().map(|event| event.decode::<Happened>().unwrap().unwrap().number).collect();
        assert_eq!(told, (1..=total).collect::<Vec<_>>());
    }

    async fn of_many_with_one_name_one_wins(world: World) {
        for round in 0..5_u128 {
            let code = format!("code-{round}");
            let attempts = (0..12_u128).map(|number| {
                let documents = world.documents.clone();
                let value = Thing { inner: Inner { code: Some(code.clone()) }, ..thing("") };
                tokio::spawn(async move {
                    let mut commit = Commit::new();
                    commit.insert(id(round * 100 + number), &value).unwrap();
                    commit.tell(&Happened::to(id(round), 1)).unwrap();
                    documents.commit(commit).await
                })
            });
            let mut won = 0;
            for attempt in join_all(attempts).await {
                match attempt.unwrap() {
                    Ok(_) => won += 1,
                    Err(error) => assert_eq!(error.duplicate(), Some("by_code"), "{error:?}"),
                }
            }
            assert_eq!(won, 1);
            assert_eq!(world.things.count(&Filter::is("inner.code", code)).await.unwrap(), 1);
        }
        assert_eq!(world.told(0).await.len(), 5);
    }

    async fn of_many_with_one_identifier_one_wins(world: World) {
        let attempts = (0..12).map(|number| {
            let things = world.things.clone();
            tokio::spawn(async move { things.insert(id(1), &thing(&format!("{number}"))).await })
        });
        let answers = join_all(attempts).await;
        let refused = answers.into_iter().filter_map(|answer| answer.unwrap().err());
        assert_eq!(refused.map(|error| error.duplicate()).collect::<Vec<_>>(), [Some("id"); 11]);
    }

    /// Two people take the last two doctors off duty, each seeing that the other is still there: requiring what was read
    /// makes one of them look again.
    async fn what_is_required_does_not_change_underneath(world: World) {
        for round in 0..10_u128 {
            let (one, other) = (id(round * 2), id(round * 2 + 1));
            let on_duty = |flag| Thing { flag: Some(flag), ..thing("doctor") };
            world.things.insert(one, &on_duty(true)).await.unwrap();
            world.things.insert(other, &on_duty(true)).await.unwrap();
            let leave = |leaving, staying| {
                let documents = world.documents.clone();
                tokio::spawn(async move {
                    let mut commit = Commit::new();
                    commit.require::<Thing>(staying, 1);
                    commit.replace(leaving, 1, &Thing { flag: Some(false), ..thing("doctor") }).unwrap();
                    documents.commit(commit).await.is_ok()
                })
            };
            let (first, second) = tokio::join!(leave(one, other), leave(other, one));
            assert_eq!(u8::from(first.unwrap()) + u8::from(second.unwrap()), 1);
        }
    }

    /// Whoever is dropped in the middle, as when a client hangs up or a process is killed, leaves all or nothing behind, and
    /// nobody waits for them afterwards.
    async fn a_writer_who_is_dropped_leaves_all_or_nothing(world: World) {
        world.things.insert(id(0), &Thing { rank: Some(0), ..thing("counter") }).await.unwrap();
        for number in 1..40_u32 {
            let read = world.things.get(id(0)).await.unwrap().unwrap();
            let mut commit = Commit::new();
            let value = Thing { rank: Some(read.value.rank.unwrap() + 1), ..read.value };
            commit.replace(id(0), read.version, &value).unwrap();
            commit.insert(id(u128::from(number)), &thing("new")).unwrap();
            commit.tell(&Happened::to(id(0), value.rank.unwrap())).unwrap();
            let documents = world.documents.clone();
            let writing = tokio::spawn(async move { documents.commit(commit).await });
            tokio::time::sleep(Duration::from_micros(u64::from(number) * 150)).await;
            writing.abort();
            let _ = writing.await;
        }
        // A last one that nobody drops gets through, so no lock was left behind.
        count_again(&world).await;
        let counted = world.things.get(id(0)).await.unwrap().unwrap().value.rank.unwrap();
        let new = world.things.count(&Filter::is("name", "new")).await.unwrap();
        assert_eq!(i64::try_from(new).unwrap() + 1, counted);
        let told: Vec<i64> = world.told(0).await.iter().map(|event| event.decode::<Happened>().unwrap().unwrap().number).collect();
        assert_eq!(told, (1..=counted).collect::<Vec<_>>());
    }
}

async fn count_again(world: &World) {
    loop {
        let read = world.things.get(id(0)).await.unwrap().unwrap();
        let number = read.value.rank.unwrap() + 1;
        let mut commit = Commit::new();
        commit
            .replace(
                id(0),
                read.version,
                &Thing {
                    rank: Some(number),
                    ..read.value
                },
            )
            .unwrap();
        commit.tell(&Happened::to(id(0), number)).unwrap();
        if world.documents.commit(commit).await.is_ok() {
            return;
        }
    }
}
