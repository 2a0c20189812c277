//! The way of a file, when nothing goes wrong.

use crate::world::{PATIENT, SOME, World, get, is_conflict, owner, pdf, put, refused, send, user};
use caregraph_contracts::Domain;
use caregraph_kit::clock::Clock;
use caregraph_kit::crypto::{FieldCipher, KeyRing};
use caregraph_kit::documents::{Commit, Document, Documents, Foundation};
use caregraph_kit::events::EventBus;
use caregraph_kit::failure::Rejection;
use caregraph_kit::files::{
    Blobs, Disposition, FILE_SEALS, FileKind, FileOwner, FileRow, FileState, Files, FilesSettings, empty,
};
use caregraph_kit::on_every_document_store;
use caregraph_kit::subgraph::DocumentGround;
use caregraph_kit::testing::{DocumentEngine, TestDocuments};
use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use uuid::Uuid;

on_every_document_store! {
    async fn what_was_uploaded_and_attached_is_read_as_it_was(world: World) {
        let content = pdf(SOME);
        let ticket = world.begin("../X-quang ngực.PDF").await;
        assert!(ticket.url.starts_with(&format!("/files/{}?", ticket.id)));
        let answer = put(&world.files, &ticket.url, content.clone()).await;
        assert_eq!(answer.status, 201);
        let said: serde_json::Value = serde_json::from_slice(answer.bytes()).unwrap();
        assert_eq!(said["mediaType"], "application/pdf");
        assert_eq!(said["size"], SOME);

        let info = world.attach(ticket.id).await.unwrap();
        assert_eq!((info.name.as_str(), info.kind), ("X-quang ngực.PDF", FileKind::Pdf));
        assert_eq!((info.size, info.state), (SOME as u64, FileState::Attached));
        let digest = Sha256::digest(&content).iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        });
        assert_eq!(info.sha256, digest);
        assert_eq!(world.files.infos(&[info.id]).await.unwrap(), vec![info]);

        let answer = world.read(ticket.id).await;
        assert_eq!((answer.status, answer.bytes()), (200, content.as_slice()));
        for (name, value) in [
            ("content-type", "application/pdf"),
            ("content-length", "200000"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "sandbox; default-src 'none'"),
            ("cache-control", "private, no-store"),
            ("accept-ranges", "bytes"),
            ("content-disposition", "inline; filename=\"X-quang ng_c.PDF\"; filename*=UTF-8''X-quang%20ng%E1%BB%B1c.PDF"),
        ] {
            assert_eq!(answer.header(name), value, "{name}");
        }
    }

    async fn parts_are_read_from_any_place(world: World) {
        let content = pdf(SOME);
        let id = world.attached("a.pdf", &content).await;
        let url = world.link(id, 1).await;
        let (first, last) = (65_535, 65_536);
        for (range, from, to) in [
            ("bytes=0-0".to_owned(), 0, 1),
            (format!("bytes={first}-{last}"), first, last + 1),
            ("bytes=131072-131072".to_owned(), 131_072, 131_073),
            ("bytes=-1".to_owned(), SOME - 1, SOME),
            ("bytes=100000-".to_owned(), 100_000, SOME),
            ("bytes=0-999999999".to_owned(), 0, SOME),
        ] {
            let answer = get(&world.files, &url, &[("range", &range)]).await;
            assert_eq!((answer.status, answer.bytes()), (206, &content[from..to]), "{range}");
            assert_eq!(answer.header("content-range"), format!("bytes {from}-{}/{SOME}", to - 1));
            assert_eq!(answer.header("content-length"), (to - from).to_string());
        }
        let beyond = get(&world.files, &url, &[("range", "bytes=200000-")]).await;
        assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */200000"));
        let other = get(&world.files, &url, &[("range", "bytes=0-0"), ("if-range", "\"other\"")]).await;
        assert_eq!((other.status, other.bytes().len()), (200, SOME));
        let head = send(&world.files, "HEAD", &url, &[], None, empty()).await;
        assert_eq!((head.status, head.header("content-length"), head.bytes().len()), (200, "200000", 0));
    }

    async fn it_is_attached_once_by_its_uploader_to_its_subject(world: World) {
        let id = world.stored("a.pdf", &pdf(100)).await;
        let stranger = FileOwner { by: user(2), ..owner() };
        let elsewhere = FileOwner { subject: Uuid::from_u128(9), ..owner() };
        for other in [stranger, elsewhere] {
            let refusal = refused(world.files.attach(&mut Commit::new(), id, other).await);
            assert!(matches!(refusal, Rejection::NotFound { .. }));
        }
        // Two that read it before either has written.
        let (mut one, mut other) = (Commit::new(), Commit::new());
        world.files.attach(&mut one, id, owner()).await.unwrap();
        world.files.attach(&mut other, id, owner()).await.unwrap();
        world.ground.documents.commit(one).await.unwrap();
        let error = world.ground.documents.commit(other).await.unwrap_err();
        assert!(is_conflict(&error), "{error}");
        let refusal = refused(world.attach(id).await);
        assert!(matches!(refusal, Rejection::Conflict { .. }));
        // Uploaded, but too long ago.
        let late = world.stored("b.pdf", &pdf(100)).await;
        world.later(TimeDelta::hours(24));
        assert!(matches!(refused(world.attach(late).await), Rejection::NotFound { .. }));
    }

    async fn before_it_is_attached_its_uploader_alone_reads_it(world: World) {
        let id = world.stored("a.txt", "Chẩn đoán".as_bytes()).await;
        let answer = world.read(id).await;
        assert_eq!((answer.status, answer.bytes()), (200, "Chẩn đoán".as_bytes()));
        assert!(answer.header("content-disposition").starts_with("attachment;"), "text is not shown");
        let other = world.files.download_link(id, user(2), Disposition::Inline).await;
        assert!(matches!(refused(other), Rejection::NotFound { .. }));
        world.attach(id).await.unwrap();
        assert_eq!(get(&world.files, &world.link(id, 2).await, &[]).await.status, 200);
    }

    async fn a_removed_file_is_gone_at_once_and_its_content_soon(world: World) {
        let id = world.attached("a.pdf", &pdf(100)).await;
        let kept = world.attached("b.pdf", &pdf(100)).await;
        let url = world.link(id, 1).await;
        world.remove(id).await.unwrap();
        assert_eq!(get(&world.files, &url, &[]).await.status, 404);
        assert!(matches!(refused(world.remove(id).await), Rejection::NotFound { .. }));
        assert!(matches!(refused(world.attach(id).await), Rejection::NotFound { .. }));
        assert!(world.files.infos(&[id]).await.unwrap().is_empty());
        assert_eq!(world.files.tidy().await.unwrap().forgotten, 1);
        assert_eq!((world.state(id).await, world.objects().len()), (None, 1));
        assert_eq!(world.read(kept).await.status, 200);
    }
}

#[tokio::test]
async fn neither_content_nor_name_nor_digest_is_readable_in_the_stores() {
    let world = World::with(DocumentEngine::Sqlite, &FilesSettings::default()).await;
    let content = b"%PDF-1.7 The patient has a secret".to_vec();
    let id = world.attached("Nguyen Van A.pdf", &content).await;
    let object = world.object(id).await;
    assert!(!object.display().to_string().contains(&id.to_string()));
    let sealed = std::fs::read(&object).unwrap();
    assert!(!sealed.windows(6).any(|window| window == b"secret"));
    let row = serde_json::to_string(&world.rows.get(id).await.unwrap().unwrap().value).unwrap();
    let info = world.files.infos(&[id]).await.unwrap().remove(0);
    assert!(!row.contains("Nguyen") && !row.contains(&info.sha256), "{row}");
}

#[tokio::test]
async fn a_large_file_is_stored_in_parts() {
    let world = World::with(DocumentEngine::Sqlite, &FilesSettings::default()).await;
    let content = pdf(9 * 1024 * 1024 + 5);
    let id = world.attached("a.pdf", &content).await;
    assert_eq!(world.read(id).await.bytes(), content);
    assert_eq!(world.objects().len(), 1, "nothing half-written is left");
}

#[tokio::test]
async fn files_stay_readable_when_keys_are_renewed_and_the_old_one_is_gone() {
    let (old, index) = KeyRing::generate();
    let cipher = |keys: &[String]| FieldCipher::new(KeyRing::parse(keys, &index).unwrap());
    let store = TestDocuments::new(DocumentEngine::Sqlite, Domain::Records);
    let folder = tempfile::tempdir().unwrap();
    let open = async |cipher: FieldCipher| {
        let clock: Clock = store.foundation().clock.clone();
        let foundation = Foundation {
            domain: Domain::Records,
            cipher: cipher.clone(),
            clock: clock.clone(),
        };
        let declarations = vec![FileRow::declaration()];
        let documents = Documents::open(store.location(), foundation, declarations)
            .await
            .unwrap();
        let bus = EventBus::in_process(cipher.clone(), clock.clone());
        let ground = DocumentGround::lay(documents, bus, cipher, clock).await.unwrap();
        let blobs = Blobs::folder(folder.path()).unwrap();
        (
            Files::new(&ground, blobs, &FilesSettings::default()).unwrap(),
            ground,
        )
    };
    let (files, _) = open(cipher(std::slice::from_ref(&old))).await;
    let owner = FileOwner {
        subject: PATIENT,
        by: user(1),
    };
    let ticket = files.begin(owner, "a.pdf").await.unwrap();
    assert_eq!(put(&files, &ticket.url, pdf(SOME)).await.status, 201);

    let new = cipher(std::slice::from_ref(&old)).ring().another();
    let (_, both) = open(cipher(&[new.clone(), old])).await;
    let renewal = both.documents.renew_seals(&FILE_SEALS).await.unwrap();
    assert_eq!((renewal.renewed, renewal.unreadable), (3, 0));
    let (files, _) = open(cipher(&[new])).await;
    let link = files
        .download_link(ticket.id, user(1), Disposition::Attachment)
        .await
        .unwrap();
    let answer = get(&files, &link.url, &[]).await;
    assert_eq!((answer.status, answer.bytes()), (200, pdf(SOME).as_slice()));
}
