//! Processes that die in the middle of an upload.

use crate::world::{World, pdf, put, put_chunked};
use bytes::Bytes;
use caregraph_kit::documents::{Document, Documents};
use caregraph_kit::events::EventBus;
use caregraph_kit::files::{Blobs, FileRow, Files, FilesSettings, pipe};
use caregraph_kit::subgraph::DocumentGround;
use caregraph_kit::testing::{DocumentEngine, eventually};
use chrono::{TimeDelta, TimeZone, Utc};

/// So much that the first part lies in the folder already.
const MUCH: usize = 9 * 1024 * 1024;

/// Begins an upload in another process, and lets that process die when a part of the content has been written.
async fn die_while_uploading(world: &World, url: &str) {
    let (location, foundation) = (world.store.location().clone(), world.store.foundation().clone());
    let (folder, url) = (world.folder.path().to_owned(), url.to_owned());
    let (sender, body) = pipe();
    let process = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    process.spawn(async move {
        let declarations = vec![FileRow::declaration()];
        let (cipher, clock) = (foundation.cipher.clone(), foundation.clock.clone());
        let documents = Documents::open(&location, foundation, declarations);
        let bus = EventBus::in_process(cipher.clone(), clock.clone());
        let ground = DocumentGround::lay(documents.await.unwrap(), bus, cipher, clock);
        let blobs = Blobs::folder(&folder).unwrap();
        let files = Files::new(&ground.await.unwrap(), blobs, &FilesSettings::default()).unwrap();
        put_chunked(&files, &url, body).await
    });
    assert!(sender.send(Ok(Bytes::from(pdf(MUCH)))).await);
    eventually("a part of the content is in the folder", async || {
        (!world.objects().is_empty()).then_some(())
    })
    .await;
    process.shutdown_background();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_process_left_is_found_and_removed() {
    let world = World::with(DocumentEngine::Sqlite, &FilesSettings::default()).await;
    let ticket = world.begin("b.pdf").await;
    die_while_uploading(&world, &ticket.url).await;
    let kept = world.attached("a.pdf", &pdf(100)).await;
    assert_eq!(world.state(ticket.id).await.as_deref(), Some("RECEIVING"));
    // Nobody knows yet that it died.
    assert_eq!(put(&world.files, &ticket.url, pdf(100)).await.status, 409);
    assert_eq!(world.objects().len(), 2);

    world
        .ground
        .clock
        .set(Utc.with_ymd_and_hms(2100, 1, 1, 0, 0, 0).unwrap());
    let tidied = world.files.tidy().await.unwrap();
    assert_eq!((tidied.given_up, tidied.forgotten, tidied.orphans), (1, 1, 1));
    assert_eq!((world.objects().len(), world.state(ticket.id).await), (1, None));
    assert_eq!(world.read(kept).await.bytes(), pdf(100));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_upload_does_not_keep_its_seat_for_a_day() {
    let settings = FilesSettings {
        pending_per_user: 1,
        ..FilesSettings::default()
    };
    let world = World::with(DocumentEngine::Sqlite, &settings).await;
    let ticket = world.begin("a.pdf").await;
    die_while_uploading(&world, &ticket.url).await;
    assert!(world.files.begin(crate::world::owner(), "b.pdf").await.is_err());
    world.later(TimeDelta::hours(2));
    let again = world.begin("b.pdf").await;
    assert_eq!(put(&world.files, &again.url, pdf(100)).await.status, 201);
}
