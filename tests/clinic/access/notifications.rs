//! Messages to people.

use super::row::{Attempt, Row};
use super::world::World;
use caregraph_kit::testing::eventually;
use futures::FutureExt;
use serde_json::json;

pub fn rows() -> Vec<Row> {
    [one_s_own(), texts(), log()].into_iter().flatten().collect()
}

fn one_s_own() -> Vec<Row> {
    vec![
        Row::query(
            "notifications",
            "{ notifications(first: 100) { nodes { id subject } } }",
            |world, _| async move { Attempt::with(json!({})).showing(arrived(world).await) }.boxed(),
        )
        .case("one of the owner's in it"),
        Row::query("unreadCount", "{ unreadCount }", |_, _| {
            async { Attempt::with(json!({})) }.boxed()
        }),
        Row::query(
            "notificationPreferences",
            "{ notificationPreferences { types { type channels } } }",
            |_, _| async { Attempt::with(json!({})) }.boxed(),
        ),
        Row::mutation("markNotificationRead", |world, _| {
            async move { Attempt::input(json!({ "id": arrived(world).await })) }.boxed()
        })
        .case("one of the owner's"),
        Row::bare_mutation("markAllRead", |_, _| async { Attempt::with(json!({})) }.boxed()),
        Row::mutation("updateNotificationPreferences", |_, _| {
            async { Attempt::input(json!({ "language": "EN" })) }.boxed()
        }),
        Row::mutation("registerPushToken", |world, _| {
            async { Attempt::input(json!({ "token": world.key() })) }.boxed()
        }),
        Row::subscription(
            "notificationReceived",
            "subscription { notificationReceived { notification { recipient { id } subject } } }",
            |world, _| async { Attempt::with(json!({})).showing(&world.owner.id) }.boxed(),
        )
        .case("the owner's"),
    ]
}

fn texts() -> Vec<Row> {
    vec![
        Row::query(
            "notificationTemplates",
            "{ notificationTemplates(type: PASSWORD_RESET) { text } }",
            |_, _| async { Attempt::with(json!({})) }.boxed(),
        ),
        Row::mutation("saveNotificationTemplate", |_, _| {
            async {
                // Nobody has seen this version, so that nobody's attempt changes the next one's outcome.
                Attempt::input(json!({
                    "type": "ANNOUNCEMENT", "channel": "EMAIL", "language": "EN",
                    "subject": "{{ subject }}", "text": "{{ body }}", "expectedVersion": 7,
                }))
            }
            .boxed()
        }),
        Row::mutation("previewNotification", |_, _| {
            async {
                Attempt::input(json!({ "type": "APPOINTMENT_BOOKED", "channel": "EMAIL", "language": "VI" }))
            }
            .boxed()
        }),
    ]
}

fn log() -> Vec<Row> {
    vec![
        Row::query(
            "notificationLog",
            "query ($filter: NotificationLogFilter) { notificationLog(filter: $filter) { nodes { id } } }",
            |world, _| {
                async move {
                    let filter = json!({ "recipientId": world.owner.id, "channel": "IN_APP" });
                    Attempt::with(json!({ "filter": filter })).showing(arrived(world).await)
                }
                .boxed()
            },
        )
        .case("one to the owner in it"),
        Row::mutation("retryNotification", |world, _| {
            async move { Attempt::input(json!({ "id": arrived(world).await })) }.boxed()
        })
        .case("one that did not fail"),
        Row::mutation("sendNotification", |world, _| {
            async {
                Attempt::input(json!({
                    "recipientIds": [world.stranger.id], "channels": ["IN_APP"], "subject": "News", "body": "None.",
                    "idempotencyKey": world.key(),
                }))
            }
            .boxed()
        }),
    ]
}

/// The first message in the owner's inbox, which tells of the booking.
async fn arrived(world: &World) -> String {
    eventually("the owner is told of the booking", || async {
        let found = world
            .owner
            .graph
            .data(
                "{ notifications(first: 1, filter: { type: APPOINTMENT_BOOKED }) { nodes { id } } }",
                json!({}),
            )
            .await;
        found["notifications"]["nodes"][0]["id"]
            .as_str()
            .map(str::to_owned)
    })
    .await
}
