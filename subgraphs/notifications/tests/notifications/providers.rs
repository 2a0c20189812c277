//! Providers of text and push messages that take, throttle, stall, fail and talk nonsense.

use crate::world::*;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use caregraph_kit::config::Secret;
use caregraph_kit::testing::{DocumentEngine, eventually};
use chrono::TimeDelta;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the provider answers, one after the other; the last one for good.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Taken,
    Throttled,
    Broken,
    Refused,
    Stalling,
    Nonsense,
    Quoting,
}

#[derive(Clone)]
struct Provider {
    answers: Arc<Mutex<Vec<Answer>>>,
    asked: Arc<Mutex<Vec<(HeaderMap, String)>>>,
}

impl Provider {
    async fn start(answers: &[Answer]) -> (Self, String) {
        let provider = Self {
            answers: Arc::new(Mutex::new(answers.to_vec())),
            asked: Arc::default(),
        };
        let app = Router::new()
            .route("/2010-04-01/Accounts/AC1/Messages.json", post(answer))
            .route("/v1/send", post(answer))
            .with_state(provider.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (provider, url)
    }

    fn asked(&self) -> Vec<(HeaderMap, String)> {
        self.asked.lock().unwrap().clone()
    }
}

async fn answer(State(provider): State<Provider>, headers: HeaderMap, body: String) -> Response {
    provider.asked.lock().unwrap().push((headers, body));
    let answer = {
        let mut answers = provider.answers.lock().unwrap();
        if answers.len() > 1 {
            answers.remove(0)
        } else {
            answers[0]
        }
    };
    match answer {
        Answer::Taken => (
            StatusCode::CREATED,
            json!({ "sid": "SM1", "name": "projects/x/messages/1" }).to_string(),
        )
            .into_response(),
        Answer::Throttled => (
            StatusCode::TOO_MANY_REQUESTS,
            [("retry-after", "600")],
            "slow down",
        )
            .into_response(),
        Answer::Broken => (StatusCode::BAD_GATEWAY, "<html>oops</html>").into_response(),
        Answer::Refused => (StatusCode::BAD_REQUEST, "{\"message\":\"not a mobile number\"}").into_response(),
        Answer::Stalling => {
            tokio::time::sleep(Duration::from_mins(10)).await;
            StatusCode::OK.into_response()
        }
        Answer::Quoting => (
            StatusCode::BAD_REQUEST,
            "The 'To' number +84912345678 is not valid",
        )
            .into_response(),
        Answer::Nonsense => (StatusCode::OK, "hello").into_response(),
    }
}

async fn booked_by(channel: &str, answers: &[Answer]) -> (World, Provider) {
    let (provider, url) = Provider::start(answers).await;
    let world = World::with(DocumentEngine::Sqlite, |settings| {
        settings.attempts = 3;
        settings.sms.url.clone_from(&url);
        settings.sms.account = "AC1".into();
        settings.sms.token = Secret::new("hunter2");
        settings.sms.timeout_seconds = 1;
        settings.push.url = format!("{url}/v1/send");
        settings.push.token = Secret::new("bearer");
        settings.push.timeout_seconds = 1;
    })
    .await;
    world.everybody_arrives().await;
    let register =
        "mutation { registerPushToken(input: { token: \"device-1\" }) { devices errors { __typename } } }";
    world.data(&lan(), register, json!({})).await;
    let prefer = "mutation ($channels: [NotificationChannel!]) { updateNotificationPreferences(input: {
        types: [{ type: APPOINTMENT_BOOKED, channels: $channels }] }) { errors { __typename } } }";
    world.data(&lan(), prefer, json!({ "channels": [channel] })).await;
    let mut facts = visit(1, LAN, world.now() + TimeDelta::days(3));
    facts.changed_by = user(DOCTOR);
    world.hear(&booked(&facts)).await;
    (world, provider)
}

/// Lets the pauses pass until the message is dealt with; status and error.
async fn outcome(world: &World) -> (String, String) {
    eventually("it is dealt with", async || {
        let log = world.log("APPOINTMENT_BOOKED").await;
        let line = log.first().filter(|line| line.2 != "QUEUED");
        if line.is_none() {
            world.advance(TimeDelta::minutes(1));
        }
        line.map(|line| (line.2.clone(), line.3.clone()))
    })
    .await
}

#[tokio::test]
async fn a_text_message_carries_number_and_text_and_the_accounts_password() {
    let (world, provider) = booked_by("SMS", &[Answer::Taken]).await;
    assert_eq!(outcome(&world).await, ("SENT".into(), String::new()));
    let (headers, body) = provider.asked().remove(0);
    assert!(
        body.contains("To=%2B84912345678") && body.contains("From=Caregraph") && body.contains("Body="),
        "{body}"
    );
    assert!(headers["authorization"].to_str().unwrap().starts_with("Basic "));
}

#[tokio::test]
async fn a_push_message_goes_to_the_device() {
    let (world, provider) = booked_by("PUSH", &[Answer::Taken]).await;
    assert_eq!(outcome(&world).await, ("SENT".into(), String::new()));
    let (headers, body) = provider.asked().remove(0);
    assert!(
        body.contains("\"token\":\"device-1\"") && body.contains("Đã đặt lịch khám"),
        "{body}"
    );
    assert_eq!(headers["authorization"], "Bearer bearer");
}

#[tokio::test]
async fn a_provider_that_fails_for_a_while_gets_it_in_the_end() {
    for channel in ["SMS", "PUSH"] {
        let (world, provider) = booked_by(channel, &[Answer::Broken, Answer::Stalling, Answer::Taken]).await;
        assert_eq!(outcome(&world).await.0, "SENT", "{channel}");
        assert_eq!(provider.asked().len(), 3);
    }
}

#[tokio::test]
async fn a_provider_that_asks_for_time_gets_it() {
    let (world, provider) = booked_by("SMS", &[Answer::Throttled, Answer::Taken]).await;
    eventually("it was asked once", async || {
        (provider.asked().len() == 1).then_some(())
    })
    .await;
    eventually("its answer is written down", async || {
        world.log("APPOINTMENT_BOOKED").await[0]
            .3
            .contains("slow down")
            .then_some(())
    })
    .await;
    world.advance(TimeDelta::minutes(9));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(provider.asked().len(), 1, "it asked for ten minutes");
    world.advance(TimeDelta::minutes(2));
    assert_eq!(outcome(&world).await.0, "SENT");
}

#[tokio::test]
async fn refusals_and_nonsense_never_count_as_sent() {
    for channel in ["SMS", "PUSH"] {
        let (world, provider) = booked_by(channel, &[Answer::Refused]).await;
        let (status, error) = outcome(&world).await;
        assert_eq!(status, "FAILED");
        assert!(
            error.contains("400") && error.contains("not a mobile number"),
            "{error}"
        );
        assert_eq!(provider.asked().len(), 1);
        let (world, provider) = booked_by(channel, &[Answer::Nonsense]).await;
        assert_eq!(outcome(&world).await.0, "FAILED");
        assert_eq!(provider.asked().len(), 3);
    }
}

/// A tablet that goes from hand to hand shows nobody's messages to the next.
#[tokio::test]
async fn a_device_belongs_to_whoever_registered_it_last() {
    let (world, provider) = booked_by("PUSH", &[Answer::Taken]).await;
    outcome(&world).await;
    assert_eq!(provider.asked().len(), 1);
    let an = caregraph_kit::testing::principal(user(AN), &[caregraph_contracts::Role::Patient]);
    let register =
        "mutation { registerPushToken(input: { token: \"device-1\" }) { devices errors { __typename } } }";
    let registered = world.data(&an, register, json!({})).await;
    assert_eq!(registered["registerPushToken"]["devices"], 1, "{registered}");
    let mut facts = visit(2, LAN, world.now() + TimeDelta::days(4));
    facts.changed_by = user(DOCTOR);
    world.hear(&booked(&facts)).await;
    let last = eventually("it is dealt with", async || {
        let log = world.log("APPOINTMENT_BOOKED").await;
        (log.len() == 2)
            .then(|| log[1].clone())
            .filter(|line| line.2 != "QUEUED")
    })
    .await;
    assert_eq!(
        (last.2.as_str(), last.3.as_str()),
        ("SUPPRESSED", "no device is registered")
    );
    assert_eq!(provider.asked().len(), 1, "An's tablet shows nothing of Lan's");
}

#[tokio::test]
async fn what_a_provider_says_of_a_person_is_not_kept() {
    let (world, _) = booked_by("SMS", &[Answer::Quoting]).await;
    let (status, error) = outcome(&world).await;
    assert_eq!(status, "FAILED");
    assert!(
        error.contains("The 'To' number [recipient] is not valid"),
        "{error}"
    );
}

#[tokio::test]
async fn whoever_has_no_number_gets_no_text_message_and_the_log_says_so() {
    let (world, _) = booked_by("SMS", &[Answer::Taken]).await;
    outcome(&world).await;
    let an = caregraph_kit::testing::principal(user(AN), &[caregraph_contracts::Role::Patient]);
    let prefer = "mutation { updateNotificationPreferences(input: {
        types: [{ type: APPOINTMENT_BOOKED, channels: [SMS] }] }) { errors { __typename } } }";
    world.data(&an, prefer, json!({})).await;
    world
        .hear(&booked(&visit(2, AN, world.now() + TimeDelta::days(3))))
        .await;
    let line = eventually("it is dealt with", async || {
        let log = world.log("APPOINTMENT_BOOKED").await;
        log.into_iter().find(|line| line.0 == AN && line.2 != "QUEUED")
    })
    .await;
    assert_eq!(
        (line.2.as_str(), line.3.as_str()),
        ("SUPPRESSED", "the account has no telephone number")
    );
}
