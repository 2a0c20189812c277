//! Mail servers that take, refuse, stall and drop: what is written down about a message is the truth.

use crate::smtp::{MailServer, Mood};
use crate::world::*;
use caregraph_kit::config::Secret;
use caregraph_kit::testing::{DocumentEngine, eventually};
use chrono::TimeDelta;
use serde_json::{Value, json};

async fn with_server(mood: Mood) -> (World, MailServer) {
    let server = MailServer::start(mood).await;
    let url = server.url();
    let world = World::with(DocumentEngine::Sqlite, |settings| {
        settings.email.smtp_url = Secret::new(url);
        settings.email.timeout_seconds = 1;
        settings.attempts = 3;
    })
    .await;
    world.everybody_arrives().await;
    world
        .hear(&booked(&visit(1, LAN, world.now() + TimeDelta::days(3))))
        .await;
    (world, server)
}

/// Status, attempts, the server's words and the error of the e-mail about the booking.
async fn mail(world: &World) -> (String, i64, Value, Value) {
    let query = "{ notificationLog(filter: { type: APPOINTMENT_BOOKED, channel: EMAIL }) { nodes {
        id status attempts providerMessageId error } } }";
    let found = world.data(&admin(), query, json!({})).await;
    let node = &found["notificationLog"]["nodes"][0];
    let status = node["status"].as_str().unwrap_or_default().to_owned();
    (
        status,
        node["attempts"].as_i64().unwrap_or_default(),
        node["providerMessageId"].clone(),
        node["error"].clone(),
    )
}

async fn becomes(world: &World, status: &str) -> (String, i64, Value, Value) {
    eventually(status, async || {
        let mail = mail(world).await;
        (mail.0 == status).then_some(mail)
    })
    .await
}

/// Lets the pauses pass until a number of attempts was made.
async fn after_attempts(world: &World, attempts: i64) {
    eventually("it is tried again", async || {
        if mail(world).await.1 >= attempts {
            return Some(());
        }
        world.advance(TimeDelta::minutes(2));
        None
    })
    .await;
}

#[tokio::test]
async fn a_message_that_was_taken_is_sent_with_the_servers_words() {
    let (world, server) = with_server(Mood::Kind).await;
    let (_, attempts, words, error) = becomes(&world, "SENT").await;
    assert_eq!((attempts, error), (1, Value::Null));
    assert_eq!(words, "2.0.0 queued as 4711");
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    assert!(
        taken[0].contains("To: lan@example.com") && taken[0].contains("Auto-Submitted: auto-generated"),
        "{}",
        taken[0]
    );
    assert!(
        taken[0].contains("multipart/alternative") && taken[0].contains("Cardiology"),
        "{}",
        taken[0]
    );
}

#[tokio::test]
async fn a_refusal_is_final_and_told_with_the_servers_words() {
    let (world, server) = with_server(Mood::Refusing).await;
    let (_, attempts, words, error) = becomes(&world, "FAILED").await;
    assert_eq!((attempts, words), (1, Value::Null));
    assert!(error.as_str().unwrap().contains("no such mailbox"), "{error}");
    assert_eq!(server.tries(), 1);
    let failed = eventually("others hear of it", async || {
        let told = world.ground.documents.events().read_after(0, 100).await.unwrap();
        told.into_iter().find(|event| event.name == "NotificationFailed")
    })
    .await;
    assert!(failed.payload.to_string().contains("no such mailbox"));

    // An administrator who knows better may try again.
    server.becomes(Mood::Kind);
    let query = "{ notificationLog(filter: { status: FAILED, channel: EMAIL }) { nodes { id } } }";
    let found = world.data(&admin(), query, json!({})).await;
    let id = &found["notificationLog"]["nodes"][0]["id"];
    let retry = "mutation ($id: ID!) { retryNotification(input: { id: $id }) { record { status } errors { __typename } } }";
    let queued = world.data(&admin(), retry, json!({ "id": id })).await;
    assert_eq!(
        queued["retryNotification"]["record"]["status"], "QUEUED",
        "{queued}"
    );
    becomes(&world, "SENT").await;
    let again = world.data(&admin(), retry, json!({ "id": id })).await;
    assert_eq!(
        again["retryNotification"]["errors"][0]["__typename"], "Conflict",
        "{again}"
    );
}

#[tokio::test]
async fn a_busy_server_gets_it_later() {
    let (world, server) = with_server(Mood::Busy).await;
    after_attempts(&world, 1).await;
    let (status, _, _, error) = mail(&world).await;
    assert_eq!(status, "QUEUED");
    assert!(error.as_str().unwrap().contains("too busy"), "{error}");
    server.becomes(Mood::Kind);
    after_attempts(&world, 2).await;
    becomes(&world, "SENT").await;
    assert_eq!(server.taken().len(), 1);
}

#[tokio::test]
async fn a_server_that_stalls_or_drops_fails_in_the_end_and_never_counts_as_sent() {
    for (mood, words) in [(Mood::Stalling, "did not answer in time"), (Mood::Dropping, "")] {
        let (world, server) = with_server(mood).await;
        after_attempts(&world, 3).await;
        let (_, attempts, provider, error) = becomes(&world, "FAILED").await;
        assert_eq!((attempts, provider), (3, Value::Null), "{mood:?}");
        assert!(
            error.as_str().unwrap().contains(words) && !error.as_str().unwrap().is_empty(),
            "{error}"
        );
        assert_eq!(server.taken().len(), 0);
    }
}

/// What the server had to say of one message must not be taken for its word on the next.
#[tokio::test]
async fn a_late_answer_counts_for_no_other_message() {
    let (world, server) = with_server(Mood::Late).await;
    after_attempts(&world, 1).await;
    let (status, _, _, error) = mail(&world).await;
    assert_eq!(status, "QUEUED", "it may have been taken, but nobody said so");
    assert!(
        error.as_str().unwrap().contains("did not answer in time"),
        "{error}"
    );
    // By now the server has answered; the next message meets a refusal, and nothing else may count for it.
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    server.becomes(Mood::Refusing);
    let (_, _, words, error) = eventually("it is refused", async || {
        let mail = mail(&world).await;
        assert_ne!(mail.0, "SENT", "for nothing");
        if mail.0 != "FAILED" {
            world.advance(TimeDelta::minutes(2));
        }
        (mail.0 == "FAILED").then_some(mail)
    })
    .await;
    assert_eq!(words, Value::Null);
    assert!(error.as_str().unwrap().contains("no such mailbox"), "{error}");
}

/// Found out on Monday, tried again on Monday: it is not too late because it was asked for on Friday.
#[tokio::test]
async fn an_administrator_may_try_old_messages_again() {
    let server = MailServer::start(Mood::Refusing).await;
    let url = server.url();
    let world = World::with(DocumentEngine::Sqlite, |settings| {
        settings.email.smtp_url = Secret::new(url);
        settings.email.timeout_seconds = 1;
    })
    .await;
    world.everybody_arrives().await;
    world
        .hear(&booked(&visit(1, LAN, world.now() + TimeDelta::days(10))))
        .await;
    becomes(&world, "FAILED").await;
    world.advance(TimeDelta::days(3));
    server.becomes(Mood::Kind);
    let query = "{ notificationLog(filter: { status: FAILED, type: APPOINTMENT_BOOKED }) { nodes { id } } }";
    let found = world.data(&admin(), query, json!({})).await;
    let id = &found["notificationLog"]["nodes"][0]["id"];
    let retry = "mutation ($id: ID!) { retryNotification(input: { id: $id }) { record { status } errors { __typename } } }";
    world.data(&admin(), retry, json!({ "id": id })).await;
    becomes(&world, "SENT").await;
    assert_eq!(server.taken().len(), 1);
}

#[tokio::test]
async fn every_attempt_is_the_same_message() {
    let (world, server) = with_server(Mood::Busy).await;
    after_attempts(&world, 1).await;
    server.becomes(Mood::Kind);
    after_attempts(&world, 2).await;
    becomes(&world, "SENT").await;
    let query = "{ notificationLog(filter: { type: APPOINTMENT_BOOKED, channel: EMAIL }) { nodes { id } } }";
    let found = world.data(&admin(), query, json!({})).await;
    let id = found["notificationLog"]["nodes"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(server.taken()[0].contains(&format!("Message-ID: <{id}@caregraph.invalid>")));
}

/// With a real server, where there is one: `CAREGRAPH_TEST_SMTP_URL` is its address, `CAREGRAPH_TEST_SMTP_MAILDIR` where it keeps
/// what it takes.
#[tokio::test]
async fn a_real_server_takes_what_we_write() {
    let (Ok(url), Ok(folder)) = (
        std::env::var("CAREGRAPH_TEST_SMTP_URL"),
        std::env::var("CAREGRAPH_TEST_SMTP_MAILDIR"),
    ) else {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "a real mail server must not be skipped in CI"
        );
        return;
    };
    let world = World::with(DocumentEngine::Sqlite, |settings| {
        settings.email.smtp_url = Secret::new(url);
    })
    .await;
    world.everybody_arrives().await;
    let email = format!("{}@example.com", uuid::Uuid::now_v7().simple());
    world.register(77, &email, "vi", "Asia/Ho_Chi_Minh").await;
    world.patient(77, Some(77), &[]).await;
    world
        .hear(&booked(&visit(1, 77, world.now() + TimeDelta::days(3))))
        .await;
    becomes(&world, "SENT").await;
    let kept = std::fs::read_dir(std::path::Path::new(&folder).join("new"))
        .unwrap()
        .filter_map(|entry| String::from_utf8(std::fs::read(entry.unwrap().path()).ok()?).ok())
        .find(|text| text.contains(&email));
    let kept = kept.expect("the server keeps what it took");
    assert!(
        kept.contains("Cardiology") && kept.contains("multipart/alternative"),
        "{kept}"
    );
}
