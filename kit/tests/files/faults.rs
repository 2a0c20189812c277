//! When the place for content fails.

use crate::faulty::Faulty;
use crate::world::{SOME, World, pdf, put};
use caregraph_kit::files::{Blobs, FilesSettings};
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::{DocumentEngine, OnDocumentEngine};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

/// More than one part.
const LARGE: usize = 9 * 1024 * 1024;

struct Stormy {
    world: World,
    place: Faulty,
}

impl OnDocumentEngine for Stormy {
    async fn on(engine: DocumentEngine) -> Self {
        let place = Faulty::default();
        let blobs = Blobs::over(Arc::new(place.clone()));
        let folder = tempfile::tempdir().unwrap();
        let world = World::over(engine, &FilesSettings::default(), blobs, folder).await;
        Self { world, place }
    }
}

on_every_document_store! {
    async fn while_the_place_is_away_nothing_is_lost_or_half_there(stormy: Stormy) {
        let Stormy { world, place } = stormy;
        let kept = world.attached("a.pdf", &pdf(SOME)).await;
        let ticket = world.begin("b.pdf").await;
        place.weather.away.store(true, SeqCst);
        let answer = put(&world.files, &ticket.url, pdf(SOME)).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
        assert!(!answer.text().contains("cable"), "the reason stays in the log");
        assert_eq!(world.read(kept).await.status, 503);
        assert!(world.files.tidy().await.is_err());
        place.weather.away.store(false, SeqCst);
        assert_eq!(world.read(kept).await.bytes(), pdf(SOME));
        assert_eq!(put(&world.files, &ticket.url, pdf(SOME)).await.status, 201, "with the same address");
        assert_eq!(place.objects().await, 2);
    }
}

#[tokio::test]
async fn an_object_that_fails_half_way_is_not_there() {
    let Stormy { world, place } = Stormy::on(DocumentEngine::Sqlite).await;
    let ticket = world.begin("a.pdf").await;
    place.weather.parts_until_loss.store(2, SeqCst);
    assert_eq!(put(&world.files, &ticket.url, pdf(LARGE)).await.status, 503);
    assert_eq!(
        (place.objects().await, world.state(ticket.id).await.as_deref()),
        (0, Some("PENDING"))
    );
    place.weather.parts_until_loss.store(0, SeqCst);
    assert_eq!(put(&world.files, &ticket.url, pdf(LARGE)).await.status, 201);
    assert_eq!(world.read(ticket.id).await.bytes(), pdf(LARGE));
}

#[tokio::test]
async fn content_that_cannot_be_deleted_is_not_forgotten() {
    let Stormy { world, place } = Stormy::on(DocumentEngine::Sqlite).await;
    let id = world.attached("a.pdf", &pdf(100)).await;
    world.remove(id).await.unwrap();
    place.weather.keeps_everything.store(true, SeqCst);
    assert_eq!(world.files.tidy().await.unwrap().forgotten, 0);
    assert_eq!(world.state(id).await.as_deref(), Some("REMOVED"));
    place.weather.keeps_everything.store(false, SeqCst);
    assert_eq!(world.files.tidy().await.unwrap().forgotten, 1);
    assert_eq!((place.objects().await, world.state(id).await), (0, None));
}
