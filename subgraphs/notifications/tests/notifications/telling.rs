//! Who is told what, and how often.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_kit::events::HandlerError;
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::{eventually, principal};
use chrono::TimeDelta;
use futures::StreamExt;
use serde_json::json;

on_every_document_store! {
    async fn a_booking_tells_the_patient_and_the_doctor_once_each(world: World) {
        world.second_process().await;
        let start = world.now() + TimeDelta::days(3);
        let event = world.envelope(&booked(&visit(1, LAN, start)));
        // Delivery is at least once; a crash may repeat it at any time.
        for _ in 0..5 {
            world.deliver(&event).await;
        }
        let log = world.settled("APPOINTMENT_BOOKED").await;
        let mut told: Vec<_> = log.iter().map(|line| (line.0, line.1.as_str(), line.2.as_str())).collect();
        told.sort_unstable();
        assert_eq!(told, [
            (LAN, "EMAIL", "SUPPRESSED"), (LAN, "IN_APP", "DELIVERED"), (DOCTOR, "IN_APP", "DELIVERED"),
        ], "{log:?}");
        let mail = log.iter().find(|line| line.1 == "EMAIL").unwrap();
        assert!(mail.3.contains("not configured; written to"), "{mail:?}");

        // Eight in the morning UTC is three in the afternoon in Ho Chi Minh City; Lan reads Vietnamese, the doctor English.
        let (_, subject, body) = world.inbox(&lan()).await.remove(0);
        assert_eq!(subject, "Đã đặt lịch khám: Thứ Năm, 05/03/2026, 15:01");
        assert_eq!(body, "Đã đặt lịch: Cardiology, Thứ Năm, 05/03/2026, 15:01, Dr. Phạm Thu Hà, Bến Thành.");
        let (_, subject, body) = world.inbox(&doctor()).await.remove(0);
        assert_eq!(subject, "New visit: Thursday, 5 March 2026, 15:01");
        assert!(body.starts_with("A visit was booked with you: Cardiology for Patient 1,"), "{body}");
        assert_eq!(world.files().len(), 1);
        let file = &world.files()[0];
        assert!(file.contains("To: lan@example.com") && file.contains("Thứ Năm, 05/03/2026, 15:01"), "{file}");
    }

    async fn whoever_lives_elsewhere_reads_both_clocks(world: World) {
        let start = world.now() + TimeDelta::days(3);
        world.hear(&booked(&visit(1, AN, start))).await;
        world.settled("APPOINTMENT_BOOKED").await;
        let an = principal(user(AN), &[Role::Patient]);
        let (_, _, body) = world.inbox(&an).await.remove(0);
        assert!(body.contains("Thursday, 5 March 2026, 09:01 (15:01, Thursday, 5 March 2026 at the place)"), "{body}");
    }

    async fn guardians_hear_of_those_without_an_account(world: World) {
        world.patient(50, None, &[LAN, AN]).await;
        let start = world.now() + TimeDelta::days(3);
        world.hear(&booked(&visit(1, 50, start))).await;
        world.settled("APPOINTMENT_BOOKED").await;
        for n in [LAN, AN] {
            let guardian = principal(user(n), &[Role::Patient]);
            let (_, _, body) = world.inbox(&guardian).await.remove(0);
            assert!(body.contains("Patient 50"), "{body}");
        }
    }

    async fn a_doctor_hears_once_of_their_own_childs_visit_with_them(world: World) {
        world.patient(60, None, &[DOCTOR]).await;
        let first = visit(1, 60, world.now() + TimeDelta::days(3));
        let mut facts = first.clone();
        facts.changed_by = user(LAN);
        world.hear(&booked(&facts)).await;
        let log = world.settled("APPOINTMENT_BOOKED").await;
        assert_eq!(log.iter().filter(|line| line.1 == "IN_APP").count(), 1, "{log:?}");
        assert!(log.iter().all(|line| line.0 == DOCTOR), "{log:?}");
        let (_, subject, _) = world.inbox(&doctor()).await.remove(0);
        assert!(subject.starts_with("Your visit is booked"), "as the child's guardian: {subject}");
    }

    /// Who has just registered books at once, and the news of the booking are faster than those of the person.
    async fn a_booking_waits_for_news_of_its_patient(world: World) {
        let event = world.envelope(&booked(&visit(1, 70, world.now() + TimeDelta::days(3))));
        let waits = world.try_to_deliver(&event).await.unwrap_err();
        assert!(matches!(waits, HandlerError::NotYet(_)), "{waits:?}");
        world.patient(70, Some(AN), &[]).await;
        world.deliver(&event).await;
        assert!(world.settled("APPOINTMENT_BOOKED").await.iter().any(|line| line.0 == AN));

        // However old it is: after an outage all news are, and those of the person may be behind.
        let event = world.envelope(&booked(&visit(2, 71, world.now() + TimeDelta::days(3))));
        world.advance(TimeDelta::hours(11));
        let waits = world.try_to_deliver(&event).await.unwrap_err();
        assert!(matches!(waits, HandlerError::NotYet(_)), "{waits:?}");
    }

    /// Quiet hours hold the e-mail back until what it says is not true any more.
    async fn what_is_not_true_any_more_does_not_leave(world: World) {
        let quiet = "mutation { updateNotificationPreferences(input: { quietHours: { from: \"14:00\", to: \"18:00\" } }) {
            errors { __typename } } }";
        world.data(&lan(), quiet, json!({})).await;
        let first = visit(1, LAN, world.now() + TimeDelta::days(3));
        world.hear(&booked(&first)).await;
        let (_, event) = moved(&first, first.start + TimeDelta::days(1));
        world.hear(&event).await;
        world.advance(TimeDelta::hours(4));
        let mail = async |kind: &str| world.settled(kind).await.into_iter().find(|line| line.1 == "EMAIL").unwrap();
        let overtaken = mail("APPOINTMENT_BOOKED").await;
        assert_eq!((overtaken.2.as_str(), overtaken.3.as_str()), ("SUPPRESSED", "the visit was moved or cancelled"));
        assert!(mail("APPOINTMENT_RESCHEDULED").await.3.contains("written to"), "the news that are true leave");
        assert_eq!(world.files().len(), 1);
    }

    async fn practitioners_are_not_told_of_what_they_did_themselves(world: World) {
        let start = world.now() + TimeDelta::days(3);
        let mut facts = visit(1, LAN, start);
        facts.changed_by = user(DOCTOR);
        world.hear(&booked(&facts)).await;
        let log = world.settled("APPOINTMENT_BOOKED").await;
        assert!(log.iter().all(|line| line.0 == LAN), "{log:?}");
    }

    async fn news_that_come_too_late_are_not_told(world: World) {
        let start = world.now() + TimeDelta::hours(1);
        let event = world.envelope(&booked(&visit(1, LAN, start)));
        world.advance(TimeDelta::hours(2));
        world.deliver(&event).await;
        assert_eq!(world.log("APPOINTMENT_BOOKED").await, []);
    }

    async fn the_inbox_is_live_and_goes_on_behind_a_cursor(world: World) {
        let request = || async_graphql::Request::new(
            "subscription ($after: Cursor) { notificationReceived(after: $after) { cursor notification { type subject } } }",
        ).data(lan());
        let mut live = world.schema.stream(request());
        let tell = async |n: u32| {
            let start = world.now() + TimeDelta::days(3) + TimeDelta::hours(n.into());
            world.hear(&booked(&visit(n.into(), LAN, start))).await;
        };
        // The stream starts when it is first asked.
        let first = async {
            let news = live.next().await.unwrap();
            serde_json::to_value(news).unwrap()
        };
        let (first, ()) = futures::join!(first, async {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            tell(1).await;
        });
        let first = &first["data"]["notificationReceived"];
        assert_eq!(first["notification"]["type"], "APPOINTMENT_BOOKED", "{first}");
        drop(live);
        for n in 2..6 {
            tell(n).await;
        }
        world.settled("APPOINTMENT_BOOKED").await;
        let after = async_graphql::Variables::from_json(json!({ "after": first["cursor"] }));
        let missed: Vec<_> = world.schema.stream(request().variables(after)).take(4).collect().await;
        let mut seen: Vec<_> = missed
            .into_iter()
            .map(|news| serde_json::to_value(news).unwrap()["data"]["notificationReceived"]["notification"]["subject"].clone())
            .map(|subject| subject.as_str().unwrap().to_owned())
            .collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 4, "{seen:?}");
        assert!(!seen.contains(&first["notification"]["subject"].as_str().unwrap().to_owned()));
    }

    async fn reading_is_counted(world: World) {
        for n in 1..=3_u32 {
            let start = world.now() + TimeDelta::days(3) + TimeDelta::hours(n.into());
            world.hear(&booked(&visit(n.into(), LAN, start))).await;
        }
        world.settled("APPOINTMENT_BOOKED").await;
        let count = async || world.data(&lan(), "{ unreadCount }", json!({})).await["unreadCount"].clone();
        assert_eq!(count().await, 4);
        let list = "{ notifications(first: 1, filter: { unread: true }) { nodes { id } pageInfo { hasNextPage endCursor } } }";
        let newest = world.data(&lan(), list, json!({})).await;
        let id = &newest["notifications"]["nodes"][0]["id"];
        let mark = "mutation ($input: MarkNotificationReadInput!) { markNotificationRead(input: $input) {
            notification { readAt } errors { __typename } } }";
        for _ in 0..2 {
            let marked = world.data(&lan(), mark, json!({ "input": { "id": id } })).await;
            assert!(marked["markNotificationRead"]["notification"]["readAt"].is_string(), "{marked}");
        }
        assert_eq!(count().await, 3);
        // What belongs to somebody else does not exist.
        let refused = world.data(&doctor(), mark, json!({ "input": { "id": id } })).await;
        assert_eq!(refused["markNotificationRead"]["errors"][0]["__typename"], "NotFound");
        let all = world.data(&lan(), "mutation { markAllRead { count errors { __typename } } }", json!({})).await;
        assert_eq!(all["markAllRead"]["count"], 3);
        assert_eq!(count().await, 0);
    }

    async fn what_is_kept_of_a_letter_holds_no_link(world: World) {
        let expires_at = world.now() + TimeDelta::minutes(30);
        world.hear(&caregraph_contracts::events::IdentityEvent::PasswordResetRequested {
            user_id: user(LAN), request_id: uuid::Uuid::from_u128(77), expires_at,
        }).await;
        world.settled("PASSWORD_RESET").await;
        let file = world.files().remove(0);
        let token = caregraph_kit::crypto::LinkTokens::new(world.ground.cipher.ring().clone(), "reset-password")
            .token(uuid::Uuid::from_u128(77));
        assert!(file.contains(&format!("https://clinic.example/reset?token={token}")), "{file}");
        assert!(file.lines().any(|line| line == token), "{file}");
        let query = "{ notifications(filter: { channel: EMAIL }) { nodes { body } } }";
        let kept = eventually("it is kept", async || {
            let found = world.data(&lan(), query, json!({})).await;
            found["notifications"]["nodes"][0]["body"].as_str().map(str::to_owned)
        }).await;
        assert!(!kept.contains(&token) && kept.contains("••••••"), "{kept}");
    }
}
