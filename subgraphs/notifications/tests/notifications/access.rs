//! Closed doors, and hostile input.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_kit::auth::Principal;
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::principal;
use serde_json::json;

const SEND: &str =
    "mutation ($input: SendNotificationInput!) { sendNotification(input: $input) { queued errors {
    __typename ... on UserError { path } } } }";

on_every_document_store! {
    async fn administrators_only_see_the_log_and_write_texts(world: World) {
        let nurse = principal(user(5), &[Role::Nurse]);
        for (who, code) in [(Principal::anonymous(), "UNAUTHENTICATED"), (lan(), "FORBIDDEN"), (nurse, "FORBIDDEN")] {
            for query in ["{ notificationLog { nodes { id } } }", "{ notificationTemplates { id } }"] {
                let answer = world.run_query(&who, query, json!({})).await;
                assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{query}: {answer}");
            }
        }
        for query in ["{ notifications { nodes { id } } }", "{ unreadCount }", "{ notificationPreferences { language } }"] {
            let answer = world.run_query(&Principal::anonymous(), query, json!({})).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{query}: {answer}");
        }
    }

    async fn an_announcement_is_sent_once_for_a_key(world: World) {
        let input = |key: &str| json!({ "input": {
            "recipientIds": [uuid_of(user(LAN)), uuid_of(user(AN))], "channels": ["IN_APP"], "subject": "Closed", "body": "On Monday.",
            "idempotencyKey": key,
        } });
        for _ in 0..3 {
            let sent = world.data(&admin(), SEND, input("a")).await;
            assert_eq!(sent["sendNotification"]["queued"], 2, "{sent}");
        }
        let log = world.settled("ANNOUNCEMENT").await;
        assert_eq!(log.len(), 2, "{log:?}");
        world.data(&admin(), SEND, input("b")).await;
        assert_eq!(world.settled("ANNOUNCEMENT").await.len(), 4);
        let (_, subject, body) = world.inbox(&lan()).await.remove(0);
        assert_eq!((subject.as_str(), body.as_str()), ("Closed", "On Monday."));
        for (field, value) in [
            ("recipientIds", json!([uuid_of(user(LAN))])),
            ("channels", json!(["IN_APP", "EMAIL"])),
            ("subject", json!("Open")),
            ("body", json!("On Tuesday.")),
        ] {
            let mut other = input("a");
            other["input"][field] = value;
            let refused = world.data(&admin(), SEND, other).await;
            let error = &refused["sendNotification"]["errors"][0];
            assert_eq!((&error["__typename"], &error["path"]), (&json!("Conflict"), &json!(["input", "idempotencyKey"])), "{field}");
        }
        assert_eq!(world.settled("ANNOUNCEMENT").await.len(), 4, "nothing else was said");
    }

    async fn hostile_announcements_are_refused(world: World) {
        let good = json!({ "recipientIds": [uuid_of(user(LAN))], "channels": ["IN_APP"], "subject": "a", "body": "b", "idempotencyKey": "k" });
        for (field, value, name) in [
            ("recipientIds", json!([]), "InvalidInput"),
            ("recipientIds", json!(vec![uuid_of(user(LAN)); 101]), "InvalidInput"),
            ("recipientIds", json!(["nobody"]), "NotFound"),
            ("recipientIds", json!([uuid_of(user(12345))]), "NotFound"),
            ("channels", json!([]), "InvalidInput"),
            ("subject", json!(""), "InvalidInput"),
            ("subject", json!("x".repeat(10_000_000)), "InvalidInput"),
            ("body", json!("x".repeat(5_001)), "InvalidInput"),
            ("idempotencyKey", json!(""), "InvalidInput"),
        ] {
            let mut input = good.clone();
            input[field] = value;
            let refused = world.data(&admin(), SEND, json!({ "input": input })).await;
            assert_eq!(refused["sendNotification"]["errors"][0]["__typename"], name, "{field}");
        }
        assert_eq!(world.log("ANNOUNCEMENT").await, []);
    }

    async fn templates_in_what_people_write_are_not_rendered(world: World) {
        let input = json!({ "input": {
            "recipientIds": [uuid_of(user(LAN))], "channels": ["IN_APP"], "subject": "{{ name }}", "body": "{% for a in b %}",
            "idempotencyKey": "k",
        } });
        world.data(&admin(), SEND, input).await;
        world.settled("ANNOUNCEMENT").await;
        let (_, subject, body) = world.inbox(&lan()).await.remove(0);
        assert_eq!((subject.as_str(), body.as_str()), ("{{ name }}", "{% for a in b %}"));
    }

    async fn made_up_cursors_and_tokens_are_refused(world: World) {
        let answer = world.run_query(&lan(), "{ notifications(after: \"WzEsMl0\") { nodes { id } } }", json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
        let register = "mutation ($token: String!) { registerPushToken(input: { token: $token }) { devices errors { __typename } } }";
        for bad in ["", " ", "a b", "\u{0}", "ü", &"x".repeat(1_001)] {
            let answer = world.data(&lan(), register, json!({ "token": bad })).await;
            assert_eq!(answer["registerPushToken"]["errors"][0]["__typename"], "InvalidInput", "{bad:?}");
        }
        for n in 1..=12 {
            let answer = world.data(&lan(), register, json!({ "token": format!("device-{n}") })).await;
            assert_eq!(answer["registerPushToken"]["devices"], n.min(10));
        }
    }
}
