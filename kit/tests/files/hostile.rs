//! Requests that somebody should not have sent.

use crate::world::{SOME, World, at_once, get, owner, pdf, put, put_chunked, send, user};
use bytes::Bytes;
use caregraph_kit::files::{FileKind, FileState, FilesSettings, empty, pipe};
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::{DocumentEngine, eventually};
use chrono::TimeDelta;

on_every_document_store! {
    async fn an_address_cannot_be_changed(world: World) {
        let id = world.attached("a.pdf", &pdf(100)).await;
        let other = world.attached("b.pdf", &pdf(100)).await;
        let url = world.link(id, 1).await;
        assert_eq!(get(&world.files, &url, &[]).await.status, 200);
        let forged = [
            url.replace(&id.to_string(), &other.to_string()),
            url.replace(&user(1).to_string(), &user(2).to_string()),
            url.replace("as=inline", "as=attachment"),
            url.replace("expires=", "expires=9"),
            format!("{url}x"),
            format!("{url}&user={}", user(2)),
            url.replace("signature=", "signature=A"),
            url.split('?').next().unwrap().to_owned(),
            format!("/files/{id}?"),
            "/files/../../etc/passwd?x".to_owned(),
        ];
        for forged in forged {
            assert_eq!(get(&world.files, &forged, &[]).await.status, 404, "{forged}");
        }
        assert_eq!(put(&world.files, &url, pdf(100)).await.status, 404, "for reading only");
        assert_eq!(send(&world.files, "DELETE", &url, &[], None, empty()).await.status, 405);
        let as_other = send(&world.files, "GET", &url, &[], Some(user(2)), empty()).await;
        assert_eq!(as_other.status, 404, "made for somebody else");
        let as_self = send(&world.files, "GET", &url, &[], Some(user(1)), empty()).await;
        assert_eq!(as_self.status, 200);
    }

    async fn addresses_expire(world: World) {
        let id = world.attached("a.pdf", &pdf(100)).await;
        let url = world.link(id, 1).await;
        let ticket = world.begin("b.pdf").await;
        world.later(TimeDelta::minutes(5) - TimeDelta::seconds(1));
        assert_eq!(get(&world.files, &url, &[]).await.status, 200);
        world.later(TimeDelta::seconds(1));
        assert_eq!(get(&world.files, &url, &[]).await.status, 410);
        world.later(TimeDelta::minutes(5));
        assert_eq!(put(&world.files, &ticket.url, pdf(100)).await.status, 410);
        assert_eq!(world.state(ticket.id).await.as_deref(), Some("PENDING"));
    }

    async fn a_file_is_uploaded_once(world: World) {
        let ticket = world.begin("a.pdf").await;
        assert_eq!(put(&world.files, &ticket.url, pdf(SOME)).await.status, 201);
        assert_eq!(put(&world.files, &ticket.url, pdf(100)).await.status, 409);
        world.attach(ticket.id).await.unwrap();
        assert_eq!(put(&world.files, &ticket.url, pdf(100)).await.status, 409);
        assert_eq!(world.read(ticket.id).await.bytes(), pdf(SOME));
        world.remove(ticket.id).await.unwrap();
        assert_eq!(put(&world.files, &ticket.url, pdf(100)).await.status, 404);
    }

    async fn of_two_uploads_at_once_one_counts(world: World) {
        let ticket = world.begin("a.pdf").await;
        let (sender, body) = pipe();
        let first = { let (files, url) = (world.files.clone(), ticket.url.clone()); tokio::spawn(async move { put_chunked(&files, &url, body).await }) };
        assert!(sender.send(Ok(Bytes::from(pdf(SOME)))).await);
        eventually("the first upload has begun", async || {
            (world.state(ticket.id).await.as_deref() == Some("RECEIVING")).then_some(())
        }).await;
        assert_eq!(put(&world.files, &ticket.url, pdf(100)).await.status, 409);
        sender.finish().await;
        assert_eq!(first.await.unwrap().status, 201);
        assert_eq!(world.read(ticket.id).await.bytes(), pdf(SOME));
        assert_eq!(world.objects().len(), 1);
    }

    async fn an_upload_that_breaks_off_is_no_file_and_can_be_tried_again(world: World) {
        let ticket = world.begin("a.pdf").await;
        let (sender, body) = pipe();
        assert!(sender.send(Ok(Bytes::from(pdf(100)))).await);
        drop(sender);
        assert_eq!(put_chunked(&world.files, &ticket.url, body).await.status, 400);
        let short = send(&world.files, "PUT", &ticket.url, &[("content-length", "101")], None, at_once(pdf(100))).await;
        assert_eq!(short.status, 400, "shorter than it said");
        assert_eq!(world.state(ticket.id).await.as_deref(), Some("PENDING"));
        assert!(world.objects().is_empty());
        assert_eq!(put(&world.files, &ticket.url, pdf(SOME)).await.status, 201);
        assert_eq!(world.read(ticket.id).await.bytes(), pdf(SOME));
    }
}

#[tokio::test]
async fn what_could_run_somewhere_is_refused_whatever_it_is_called() {
    let world = World::with(DocumentEngine::Sqlite, &FilesSettings::default()).await;
    let hidden = [&b"\xff\xd8\xff\xe0"[..], b"<script>alert(1)</script>"].concat();
    let long_text = [vec![b'a'; 10_000], b"\0binary".to_vec()].concat();
    let cut_text = [vec![b'a'; 10_000], "ễ".as_bytes()[..2].to_vec()].concat();
    for content in [
        b"<!DOCTYPE html><script>alert(1)</script>".to_vec(),
        b"<svg onload='alert(1)'/>".to_vec(),
        b"#!/bin/sh\ntrue\n".to_vec(),
        b"MZ\x90\0\x03\0\0\0".to_vec(),
        b"PK\x03\x04".to_vec(),
        b"GIF89a\x01\0\x01\0".to_vec(),
        hidden,
        long_text,
        cut_text,
    ] {
        let ticket = world.begin("image.png").await;
        let headers = [("content-type", "image/png")];
        let answer = send(
            &world.files,
            "PUT",
            &ticket.url,
            &headers,
            None,
            at_once(content.clone()),
        )
        .await;
        assert_eq!(answer.status, 415, "{}", String::from_utf8_lossy(&content[..6]));
        assert_eq!(world.state(ticket.id).await.as_deref(), Some("REMOVED"));
        assert_eq!(
            put(&world.files, &ticket.url, pdf(100)).await.status,
            404,
            "the leave has ended"
        );
    }
    let ticket = world.begin("empty.txt").await;
    assert_eq!(put_chunked(&world.files, &ticket.url, empty()).await.status, 400);
    assert!(world.objects().is_empty());
}

#[tokio::test]
async fn the_content_decides_what_a_file_is_and_the_settings_what_is_taken() {
    let settings = FilesSettings {
        allowed: vec![FileKind::Png],
        ..FilesSettings::default()
    };
    let world = World::with(DocumentEngine::Sqlite, &settings).await;
    let ticket = world.begin("a.pdf").await;
    assert_eq!(put(&world.files, &ticket.url, pdf(100)).await.status, 415);
    let png = [&b"\x89PNG\r\n\x1a\n"[..], &[0; 100]].concat();
    let ticket = world.begin("report.pdf").await;
    let headers = [("content-type", "application/pdf")];
    let answer = send(&world.files, "PUT", &ticket.url, &headers, None, at_once(png)).await;
    assert_eq!(answer.status, 201);
    let info = world.files.infos(&[ticket.id]).await.unwrap().remove(0);
    assert_eq!((info.kind, info.name.as_str()), (FileKind::Png, "report.pdf.png"));
    assert_eq!((info.state, info.by), (FileState::Stored, owner().by));
    assert_eq!(world.read(ticket.id).await.header("content-type"), "image/png");
}

#[tokio::test]
async fn ranges_that_ask_for_too_much_get_the_file_once() {
    let world = World::with(DocumentEngine::Sqlite, &FilesSettings::default()).await;
    let id = world.attached("a.pdf", &pdf(1_000)).await;
    let url = world.link(id, 1).await;
    let many = format!("bytes={}", vec!["0-"; 1_000].join(","));
    for range in [
        many.as_str(),
        "bytes=0-0,0-0",
        "bytes=5-1",
        "lines=1-2",
        "bytes=-",
        "x",
    ] {
        let answer = get(&world.files, &url, &[("range", range)]).await;
        assert_eq!((answer.status, answer.bytes().len()), (200, 1_000), "{range}");
    }
}

#[tokio::test]
async fn what_is_refused_at_its_end_is_refused_and_not_a_fault() {
    let world = World::with(DocumentEngine::Sqlite, &FilesSettings::default()).await;
    let ticket = world.begin("note.txt").await;
    let (sender, body) = pipe();
    assert!(sender.send(Ok(Bytes::from_static(b"<html>"))).await);
    sender.finish().await;
    assert_eq!(put_chunked(&world.files, &ticket.url, body).await.status, 415);
}
