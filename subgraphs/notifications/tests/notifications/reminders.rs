//! Reminders: on time, for visits that are still on, and never when they no longer help.

use crate::world::*;
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::eventually;
use chrono::TimeDelta;
use std::time::Duration;

/// Long enough for jobs that are due to be found, were there any.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(150)).await;
}

on_every_document_store! {
    async fn a_visit_is_reminded_of_a_day_and_an_hour_before_once_each(world: World) {
        world.second_process().await;
        let start = world.now() + TimeDelta::days(3);
        world.hear(&booked(&visit(1, LAN, start))).await;
        world.advance(TimeDelta::days(2) - TimeDelta::seconds(1));
        a_moment().await;
        assert_eq!(world.log("APPOINTMENT_REMINDER").await, []);
        world.advance(TimeDelta::seconds(1));
        let log = world.settled("APPOINTMENT_REMINDER").await;
        assert_eq!(log.iter().filter(|line| line.1 == "IN_APP").count(), 1, "{log:?}");
        let (_, _, body) = world.inbox(&lan()).await.remove(0);
        assert!(body.starts_with("Nhắc lịch khám:"), "{body}");
        world.advance(TimeDelta::hours(23));
        eventually("the second reminder", async || {
            let log = world.log("APPOINTMENT_REMINDER").await;
            (log.iter().filter(|line| line.1 == "IN_APP" && line.2 == "DELIVERED").count() == 2).then_some(())
        }).await;
        let (_, _, body) = world.inbox(&lan()).await.remove(0);
        assert!(body.starts_with("Còn một giờ:"), "{body}");
        world.advance(TimeDelta::hours(2));
        a_moment().await;
        assert_eq!(world.log("APPOINTMENT_REMINDER").await.iter().filter(|line| line.1 == "IN_APP").count(), 2);
    }

    async fn a_visit_that_moved_is_reminded_of_at_its_new_time_only(world: World) {
        let start = world.now() + TimeDelta::days(3);
        let first = visit(1, LAN, start);
        world.hear(&booked(&first)).await;
        let (_, event) = moved(&first, start + TimeDelta::days(2));
        world.hear(&event).await;
        world.advance(TimeDelta::days(3));
        a_moment().await;
        assert_eq!(world.log("APPOINTMENT_REMINDER").await, []);
        world.advance(TimeDelta::days(1));
        world.settled("APPOINTMENT_REMINDER").await;
        let (_, _, body) = world.inbox(&lan()).await.remove(0);
        assert!(body.contains("07/03/2026"), "{body}");
    }

    async fn a_visit_that_was_called_off_is_not_reminded_of(world: World) {
        let start = world.now() + TimeDelta::days(3);
        let first = visit(1, LAN, start);
        world.hear(&booked(&first)).await;
        world.advance(TimeDelta::minutes(1));
        let (_, event) = cancelled(&first);
        world.hear(&event).await;
        world.settled("APPOINTMENT_CANCELLED").await;
        world.advance(TimeDelta::days(3));
        a_moment().await;
        assert_eq!(world.log("APPOINTMENT_REMINDER").await, []);
        let log = world.settled("APPOINTMENT_CANCELLED").await;
        assert!(log.iter().all(|line| line.0 == LAN), "the doctor cancelled: {log:?}");
        let (_, _, body) = world.inbox(&lan()).await.remove(0);
        assert!(body.starts_with("Đã hủy (phòng khám hủy):"), "{body}");
    }

    /// Between the reminder's being written down and its being sent the visit is cancelled.
    async fn a_reminder_that_waits_is_not_sent_when_the_visit_is_cancelled_meanwhile(world: World) {
        // Quiet hours delay the e-mail, so that there is a time between.
        let quiet = "mutation { updateNotificationPreferences(input: { quietHours: { from: \"14:00\", to: \"18:00\" } }) {
            errors { __typename } } }";
        world.data(&lan(), quiet, serde_json::json!({})).await;
        let start = world.now() + TimeDelta::days(3);
        let first = visit(1, LAN, start);
        world.hear(&booked(&first)).await;
        world.advance(TimeDelta::days(2));
        eventually("the e-mail waits", async || {
            let log = world.log("APPOINTMENT_REMINDER").await;
            let inbox = log.iter().any(|line| line.1 == "IN_APP" && line.2 == "DELIVERED");
            (inbox && log.iter().any(|line| line.1 == "EMAIL" && line.2 == "QUEUED")).then_some(())
        }).await;
        let (_, event) = cancelled(&first);
        world.hear(&event).await;
        world.advance(TimeDelta::hours(4));
        let log = world.settled("APPOINTMENT_REMINDER").await;
        let mail = log.iter().find(|line| line.1 == "EMAIL").unwrap();
        assert_eq!((mail.2.as_str(), mail.3.as_str()), ("SUPPRESSED", "the visit was moved or cancelled"));
    }

    async fn after_an_outage_only_reminders_that_still_help_are_sent(world: World) {
        let (soon, later) = (world.now() + TimeDelta::days(2), world.now() + TimeDelta::days(3));
        world.hear(&booked(&visit(1, LAN, soon))).await;
        world.hear(&booked(&visit(2, AN, later))).await;
        world.settled("APPOINTMENT_BOOKED").await;
        world.outage();
        a_moment().await;
        // Two hours before the first visit: a day's notice of it is late by 22 hours, of the second by none.
        world.advance(TimeDelta::days(2) - TimeDelta::hours(2));
        world.resume();
        a_moment().await;
        assert_eq!(world.log("APPOINTMENT_REMINDER").await, [], "the day's notice of the first visit is dropped");
        world.advance(TimeDelta::hours(2));
        let log = world.settled("APPOINTMENT_REMINDER").await;
        assert!(log.iter().all(|line| line.0 == AN), "{log:?}");
    }
    /// A reminder that is due and not sent yet is not lost because somebody touches the visit.
    async fn a_reminder_that_is_due_survives_a_change_that_does_not_move_the_visit(world: World) {
        let start = world.now() + TimeDelta::days(3);
        let first = visit(1, LAN, start);
        world.hear(&booked(&first)).await;
        world.settled("APPOINTMENT_BOOKED").await;
        world.outage();
        a_moment().await;
        world.advance(TimeDelta::days(2) + TimeDelta::minutes(10));
        let (_, event) = confirmed(&first);
        world.hear(&event).await;
        world.resume();
        let log = world.settled("APPOINTMENT_REMINDER").await;
        assert_eq!(log.iter().filter(|line| line.1 == "IN_APP" && line.2 == "DELIVERED").count(), 1, "{log:?}");
    }

    async fn a_booking_that_is_heard_late_is_still_reminded_of(world: World) {
        let event = world.envelope(&booked(&visit(1, LAN, world.now() + TimeDelta::days(3))));
        world.advance(TimeDelta::days(2) + TimeDelta::minutes(10));
        world.deliver(&event).await;
        let log = world.settled("APPOINTMENT_REMINDER").await;
        assert_eq!(log.iter().filter(|line| line.1 == "IN_APP" && line.2 == "DELIVERED").count(), 1, "{log:?}");
    }
}
