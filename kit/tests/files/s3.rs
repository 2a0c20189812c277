//! A bucket on a server that speaks S3's protocol: tried where `CAREGRAPH_TEST_S3_URL` names one, as `http://host:port/bucket`.
//! Any credentials must do there; moto's server is one such (`moto_server -p 5055`, and a `PUT` to make the bucket).

use crate::world::{World, get, pdf, put};
use caregraph_kit::config::Secret;
use caregraph_kit::files::{Blobs, FilesSettings, S3Settings};
use caregraph_kit::testing::DocumentEngine;
use chrono::{TimeZone, Utc};
use uuid::Uuid;

/// More than one part.
const LARGE: usize = 9 * 1024 * 1024;

fn settings() -> Option<FilesSettings> {
    let url = std::env::var("CAREGRAPH_TEST_S3_URL").ok()?;
    let (endpoint, bucket) = url.rsplit_once('/')?;
    Some(FilesSettings {
        url: format!("s3://{bucket}/{}", Uuid::now_v7().simple()),
        s3: S3Settings {
            endpoint: endpoint.to_owned(),
            access_key: Secret::new("test"),
            secret_key: Secret::new("test"),
            ..S3Settings::default()
        },
        ..FilesSettings::default()
    })
}

#[tokio::test]
async fn a_bucket_does_what_a_folder_does() {
    let Some(settings) = settings() else {
        #[expect(
            clippy::print_stderr,
            reason = "whoever runs the tests should see what was not tried"
        )]
        {
            eprintln!("skipped on S3: its address is not set");
        }
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(&settings, folder.path()).unwrap();
    let world = World::over(DocumentEngine::Sqlite, &settings, blobs, folder).await;
    for size in [1_000, LARGE] {
        let id = world.attached("a.pdf", &pdf(size)).await;
        assert_eq!(world.read(id).await.bytes(), pdf(size));
        let url = world.link(id, 1).await;
        let part = get(&world.files, &url, &[("range", "bytes=990-")]).await;
        assert_eq!((part.status, part.bytes()), (206, &pdf(size)[990..]));
        world.remove(id).await.unwrap();
        assert_eq!(world.files.tidy().await.unwrap().forgotten, 1);
    }
    // What nobody knows of is found by listing, under our prefix alone.
    let ticket = world.begin("b.pdf").await;
    assert_eq!(put(&world.files, &ticket.url, pdf(100)).await.status, 201);
    let row = world.rows.get(ticket.id).await.unwrap().unwrap();
    world.rows.delete(row.id, row.version).await.unwrap();
    assert_eq!(world.files.tidy().await.unwrap().orphans, 0, "too young");
    world
        .ground
        .clock
        .set(Utc.with_ymd_and_hms(2100, 1, 1, 0, 0, 0).unwrap());
    assert_eq!(world.files.tidy().await.unwrap().orphans, 1);
}

#[test]
fn addresses_that_lead_nowhere_are_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    for url in [
        "s3://",
        "s3:///prefix",
        "ftp://host/files",
        "https://bucket.example",
    ] {
        let settings = FilesSettings {
            url: url.to_owned(),
            ..FilesSettings::default()
        };
        assert!(Blobs::open(&settings, folder.path()).is_err(), "{url}");
    }
}
