//! How much is taken.

use crate::world::{World, at_once, owner, pdf, put, put_chunked, refused, user};
use bytes::Bytes;
use caregraph_kit::failure::Rejection;
use caregraph_kit::files::{FileOwner, FilesSettings, pipe};
use caregraph_kit::testing::{DocumentEngine, OnDocumentEngine};
use caregraph_kit::{Failure, on_every_document_store};
use chrono::TimeDelta;
use futures::future::join_all;
use uuid::Uuid;

/// Where little is allowed.
struct Narrow(World);

impl OnDocumentEngine for Narrow {
    async fn on(engine: DocumentEngine) -> Self {
        let settings = FilesSettings {
            max_bytes: 1_000,
            per_subject: 10,
            pending_per_user: 3,
            idle_seconds: 1,
            concurrent_uploads: 1,
            ..FilesSettings::default()
        };
        Self(World::with(engine, &settings).await)
    }
}

on_every_document_store! {
    async fn a_person_has_so_many_waiting_files_however_they_hurry(world: Narrow) {
        let world = world.0;
        let begun = join_all((0..12).map(|_| world.files.begin(owner(), "a.pdf"))).await;
        let (tickets, refusals): (Vec<_>, Vec<_>) = begun.into_iter().partition(Result::is_ok);
        assert_eq!((tickets.len(), refusals.len()), (3, 9));
        for refusal in refusals {
            assert!(matches!(refused(refusal), Rejection::Conflict { .. }));
        }
        // Others are not in the way; and what is attached waits no more.
        let other = FileOwner { by: user(2), ..owner() };
        world.files.begin(other, "a.pdf").await.unwrap();
        let ticket = tickets.into_iter().next().unwrap().unwrap();
        assert_eq!(put(&world.files, &ticket.url, pdf(100)).await.status, 201);
        assert!(world.files.begin(owner(), "b.pdf").await.is_err());
        world.attach(ticket.id).await.unwrap();
        world.begin("b.pdf").await;
    }

    async fn uploads_that_were_never_made_are_in_nobodys_way(world: Narrow) {
        let world = world.0;
        let mut first = Vec::new();
        for _ in 0..3 {
            first.push(world.begin("a.pdf").await);
        }
        assert!(world.files.begin(owner(), "a.pdf").await.is_err());
        world.later(TimeDelta::minutes(10));
        world.begin("a.pdf").await;
        for ticket in first {
            assert_eq!(world.state(ticket.id).await.as_deref(), Some("REMOVED"));
        }
    }

    async fn a_subject_has_so_many_files(world: Narrow) {
        let world = world.0;
        for number in 0..10 {
            let by = FileOwner { by: user(number), ..owner() };
            world.files.begin(by, "a.pdf").await.unwrap();
        }
        let more = FileOwner { by: user(99), ..owner() };
        assert!(matches!(refused(world.files.begin(more, "a.pdf").await), Rejection::Conflict { .. }));
        let elsewhere = FileOwner { subject: Uuid::from_u128(5), ..more };
        world.files.begin(elsewhere, "a.pdf").await.unwrap();
    }
}

async fn narrow() -> World {
    Narrow::on(DocumentEngine::Sqlite).await.0
}

#[tokio::test]
async fn bytes_are_counted_as_they_come() {
    let world = narrow().await;
    let ticket = world.begin("a.pdf").await;
    assert_eq!(ticket.max_bytes, 1_000);
    // Said beforehand: refused, and something smaller may still come.
    assert_eq!(put(&world.files, &ticket.url, pdf(1_001)).await.status, 413);
    assert_eq!(put(&world.files, &ticket.url, pdf(1_000)).await.status, 201);
    // Not said: without end.
    let ticket = world.begin("a.pdf").await;
    let (sender, body) = pipe();
    let flood = tokio::spawn(async move { while sender.send(Ok(Bytes::from(pdf(60_000)))).await {} });
    assert_eq!(put_chunked(&world.files, &ticket.url, body).await.status, 413);
    flood.await.unwrap();
    assert_eq!(world.state(ticket.id).await.as_deref(), Some("REMOVED"));
    assert_eq!(world.objects().len(), 1);
}

#[tokio::test]
async fn an_upload_that_rests_is_ended_and_others_wait_their_turn() {
    let world = narrow().await;
    let (slow, quick) = (world.begin("a.pdf").await, world.begin("b.pdf").await);
    let (sender, body) = pipe();
    let files = world.files.clone();
    let resting = tokio::spawn(async move { put_chunked(&files, &slow.url, body).await });
    assert!(sender.send(Ok(Bytes::from(pdf(100)))).await);
    caregraph_kit::testing::eventually("it has begun", async || {
        (world.state(slow.id).await.as_deref() == Some("RECEIVING")).then_some(())
    })
    .await;
    let busy = put(&world.files, &quick.url, pdf(100)).await;
    assert_eq!((busy.status, busy.header("retry-after")), (503, "5"));
    let ended = async {
        let answer = resting.await.unwrap();
        drop(sender);
        answer
    };
    assert_eq!(ended.await.status, 408);
    assert_eq!(
        put_chunked(&world.files, &quick.url, at_once(pdf(100)))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn a_refusal_says_which_limit() {
    let world = narrow().await;
    for _ in 0..3 {
        world.begin("a.pdf").await;
    }
    let Err(Failure::Refused(refusals)) = world.files.begin(owner(), "a.pdf").await else {
        panic!("not refused");
    };
    assert!(
        refusals[0].to_string().contains("wait to be attached"),
        "{refusals:?}"
    );
}
