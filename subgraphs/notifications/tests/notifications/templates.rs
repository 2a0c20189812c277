//! Texts that administrators write.

use crate::world::*;
use caregraph_contracts::events::NotificationsEvent;
use caregraph_kit::on_every_document_store;
use chrono::TimeDelta;
use serde_json::{Value, json};

const SAVE: &str =
    "mutation ($input: SaveNotificationTemplateInput!) { saveNotificationTemplate(input: $input) {
    template { version text active } errors { __typename ... on UserError { message path } } } }";
const PREVIEW: &str = "mutation ($input: PreviewNotificationInput!) { previewNotification(input: $input) {
    preview { subject text html } errors { __typename ... on UserError { message path } } } }";

fn text(subject: &str, text: &str, expected: i64) -> Value {
    json!({ "type": "APPOINTMENT_BOOKED", "channel": "IN_APP", "language": "VI", "subject": subject, "text": text,
            "expectedVersion": expected })
}

async fn save(world: &World, input: Value) -> Value {
    let mut answer = world.data(&admin(), SAVE, json!({ "input": input })).await;
    answer["saveNotificationTemplate"].take()
}

on_every_document_store! {
    async fn a_saved_text_is_used_until_it_is_switched_off(world: World) {
        let saved = save(&world, text("Hẹn {{ start_time }}", "Chào {{ name }}, {{ service }}.", 0)).await;
        assert_eq!(saved["template"]["version"], 1, "{saved}");
        let log = world.ground.documents.events();
        while log.assign_positions(100).await.unwrap() > 0 {}
        let told: Vec<NotificationsEvent> = log.read_after(0, 100).await.unwrap().iter()
            .filter_map(|event| event.decode().unwrap())
            .collect();
        assert!(told.contains(&NotificationsEvent::TemplateChanged {
            kind: "APPOINTMENT_BOOKED".into(),
            channel: "IN_APP".into(),
            locale: "vi".into(),
            active: true,
            version: 1,
        }), "{told:?}");
        world.hear(&booked(&visit(1, LAN, world.now() + TimeDelta::days(3)))).await;
        world.settled("APPOINTMENT_BOOKED").await;
        let (_, subject, body) = world.inbox(&lan()).await.remove(0);
        assert_eq!((subject.as_str(), body.as_str()), ("Hẹn 15:01", "Chào Nguyễn First1, Cardiology."));

        let lost = save(&world, text("x", "y", 0)).await;
        assert_eq!(lost["errors"][0]["__typename"], "Conflict", "somebody else's version is not overwritten: {lost}");
        let mut off = text("x", "y", 1);
        off["active"] = json!(false);
        assert_eq!(save(&world, off).await["template"]["version"], 2);
        world.advance(TimeDelta::minutes(1));
        world.hear(&booked(&visit(2, LAN, world.now() + TimeDelta::days(4)))).await;
        caregraph_kit::testing::eventually("the built-in text", async || {
            world.inbox(&lan()).await[0].1.starts_with("Đã đặt lịch khám").then_some(())
        }).await;
    }

    async fn what_cannot_be_rendered_is_refused(world: World) {
        for (input, part) in [
            (text("Hẹn", "{{ nane }}", 0), "text"),
            (text("{{ name", "x", 0), "subject"),
            (text("Hẹn", "{% if side == 'practitioner' %}{{ nane }}{% endif %}", 0), "text"),
            (text("Hẹn", "{% for a in range(9999999) %}{% for b in range(9999999) %}x{% endfor %}{% endfor %}", 0), "text"),
            (text("", "x", 0), "subject"),
            (text("Hẹn", " ", 0), "text"),
            (text(&"x".repeat(201), "x", 0), "subject"),
        ] {
            let refused = save(&world, input.clone()).await;
            assert_eq!(refused["errors"][0]["__typename"], "InvalidInput", "{input}: {refused}");
            assert_eq!(refused["errors"][0]["path"], json!(["input", part]), "{input}: {refused}");
        }
    }

    async fn a_text_can_be_looked_at_before(world: World) {
        let input = json!({ "type": "APPOINTMENT_BOOKED", "channel": "EMAIL", "language": "EN",
                            "subject": "At {{ start_time }}", "text": "For {{ name }} <3", "html": "<b>{{ name }}</b>" });
        let seen = world.data(&admin(), PREVIEW, json!({ "input": input })).await;
        let preview = &seen["previewNotification"]["preview"];
        assert_eq!(preview["text"], "For Nguyễn Thị Lan <3", "{seen}");
        assert_eq!(preview["html"], "<b>Nguyễn Thị Lan</b>");
        let in_use = json!({ "type": "PASSWORD_RESET", "channel": "EMAIL", "language": "VI" });
        let seen = world.data(&admin(), PREVIEW, json!({ "input": in_use })).await;
        assert_eq!(seen["previewNotification"]["preview"]["subject"], "Đặt mật khẩu mới", "{seen}");
        let nowhere = json!({ "type": "PASSWORD_RESET", "channel": "SMS", "language": "VI" });
        let seen = world.data(&admin(), PREVIEW, json!({ "input": nowhere })).await;
        assert_eq!(seen["previewNotification"]["errors"][0]["path"], json!(["input", "channel"]), "{seen}");
    }

    async fn every_text_can_be_listed(world: World) {
        let query = "{ notificationTemplates { type channel language version variables { name description } } }";
        let all = world.data(&admin(), query, json!({})).await;
        let all = all["notificationTemplates"].as_array().unwrap();
        // Twenty-one types go four ways and three letters one, in two languages.
        assert_eq!(all.len(), 2 * (21 * 4 + 3));
    }
}
