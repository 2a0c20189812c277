//! What does not go when everything about a person is erased: what those are told who work here, and what comes afterwards.

use crate::erasing::{BOOKED, QUIET, asked, erased, goes, jobs, quiet_hours, visits};
use crate::world::*;
use caregraph_contracts::Role;
use caregraph_contracts::events::{AppointmentFacts, DataCategory, Holdings, IdentityEvent, RetentionBasis};
use caregraph_contracts::ids::{AppointmentId, PractitionerId, UserId};
use caregraph_kit::documents::{Declaration, Document, Filter, Query};
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::eventually;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// How somebody is reached, as earlier versions wrote it down: without what identity tells of roles.
#[derive(Serialize, Deserialize)]
struct OldContact {
    details: String,
    language: String,
    time_zone: String,
    active: bool,
}

impl Document for OldContact {
    type Id = UserId;
    const COLLECTION: &'static str = "contacts";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}

/// Everybody's roles as they were before anybody listened to them.
async fn forget_roles(world: &World) {
    let contacts = world.ground.documents.collection::<OldContact>().unwrap();
    let all = Query::of(Filter::everything());
    for (_, contact) in contacts.find(&all).await.unwrap() {
        let written = contacts.replace(contact.id, contact.version, &contact.value);
        written.await.unwrap();
    }
}

/// A visit that is booked now, as its id tells.
fn visit_booked_now(world: &World, patient: u128, start: DateTime<Utc>) -> AppointmentFacts {
    let id: Uuid = world.ground.clock.new_id();
    visit(id.as_u128(), patient, start)
}

/// Waits until that many reminders and sweeps are left. Of two sweeps at once one may lose a race and try again a moment later.
async fn swept(world: &World, left: (u64, u64)) {
    eventually("the sweeps are done", async || {
        world.advance(TimeDelta::seconds(10));
        (jobs(world).await == left).then_some(())
    })
    .await;
}

on_every_document_store! {
    /// Identity keeps such an account, and says nothing of it.
    async fn whoever_works_here_keeps_what_is_about_work(world: World) {
        let roles = vec![Role::Patient, Role::Doctor];
        world.hear(&IdentityEvent::UserRolesChanged { user_id: user(DOCTOR), roles }).await;
        world.patient(DOCTOR, Some(DOCTOR), &[]).await;
        let start = world.now() + TimeDelta::days(3);
        world.hear(&booked(&visit(1, AN, start))).await;
        let mut own = visit(2, DOCTOR, start + TimeDelta::hours(1));
        own.practitioner_id = PractitionerId::of_user(user(LAN));
        world.hear(&booked(&own)).await;
        world.settled(BOOKED).await;
        world.settled("ROLES_CHANGED").await;
        world.data(&doctor(), QUIET, json!({})).await;

        // Of their own visit by mail and in the inbox. The welcome, the roles in two ways, the other visit and the quiet hours stay.
        let mut expected = goes(2);
        expected.stay(DataCategory::Messages, 5, RetentionBasis::Employment, None);
        let told = async || {
            let inbox = world.inbox(&doctor()).await;
            let mut told: Vec<_> = inbox.into_iter().map(|(kind, subject, _)| (kind, subject)).collect();
            told.sort();
            told
        };
        assert_eq!(asked(&world, &[DOCTOR], 0).await, expected);
        assert_eq!(told().await.len(), 4);
        assert_eq!(asked(&world, &[DOCTOR], 1).await, expected);
        let left = told().await;
        let kinds: Vec<_> = left.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(kinds, ["ACCOUNT_REGISTERED", BOOKED, "ROLES_CHANGED"]);
        assert!(left[1].1.starts_with("New visit"), "{left:?}");
        assert_eq!(visits(&world).await, [AppointmentId::from(Uuid::from_u128(1))]);
        expected.goes.clear();
        assert_eq!(asked(&world, &[DOCTOR], 1).await, expected, "once more nothing goes");

        world.advance(TimeDelta::hours(7));
        swept(&world, (2, 0)).await;
        assert_eq!(told().await, left);
        assert_ne!(quiet_hours(&world, &doctor()).await, Value::Null);
    }

    /// Roles that were told before anybody listened to them are not known.
    async fn the_rest_goes_when_it_is_known_that_the_account_has_ended(world: World) {
        world.hear(&booked(&visit(1, LAN, world.now() + TimeDelta::days(3)))).await;
        world.settled(BOOKED).await;
        for who in [&lan(), &doctor()] {
            world.data(who, QUIET, json!({})).await;
        }
        forget_roles(&world).await;

        // The visit in two ways, and the quiet hours; the welcome is about the account.
        assert_eq!(asked(&world, &[LAN], 0).await, goes(3));
        assert_eq!(asked(&world, &[LAN], 1).await, goes(3));
        assert_eq!(asked(&world, &[DOCTOR], 1).await, goes(1), "what is told to practitioners is not counted");
        let inbox = world.inbox(&lan()).await;
        assert_eq!(inbox.len(), 1);
        assert_eq!(inbox[0].0, "ACCOUNT_REGISTERED");
        assert_ne!(quiet_hours(&world, &lan()).await, Value::Null);

        world.hear(&erased(LAN)).await;
        world.advance(TimeDelta::hours(7));
        swept(&world, (0, 0)).await;
        assert_eq!(world.inbox(&lan()).await, []);
        assert_eq!(quiet_hours(&world, &lan()).await, Value::Null);
        assert_eq!(world.inbox(&doctor()).await.len(), 2, "nobody said that this account has ended");
        assert_ne!(quiet_hours(&world, &doctor()).await, Value::Null);
    }

    /// Somebody who stays, or comes back to the front desk.
    async fn a_visit_that_is_booked_afterwards_is_reminded_of(world: World) {
        world.patient(50, None, &[AN]).await;
        let start = world.now() + TimeDelta::days(3);
        world.hear(&booked(&visit_booked_now(&world, 50, start))).await;
        world.settled(BOOKED).await;
        asked(&world, &[50], 1).await;
        assert_eq!(visits(&world).await, []);

        world.advance(TimeDelta::seconds(30));
        let kept = visit_booked_now(&world, 50, start + TimeDelta::hours(1));
        world.hear(&booked(&kept)).await;
        let off = visit_booked_now(&world, 50, start + TimeDelta::hours(2));
        world.hear(&booked(&off)).await;
        world.hear(&cancelled(&off).1).await;
        world.advance(TimeDelta::hours(7));
        swept(&world, (2, 0)).await;
        assert_eq!(visits(&world).await, [kept.appointment_id]);
        world.advance(TimeDelta::days(2));
        let log = world.settled("APPOINTMENT_REMINDER").await;
        assert!(log.iter().any(|line| line.0 == AN && line.1 == "IN_APP" && line.2 == "DELIVERED"), "{log:?}");
    }

    /// Later rounds are about what had to stay for a time, and nothing here had to.
    async fn later_rounds_touch_nothing(world: World) {
        world.hear(&booked(&visit(1, LAN, world.now() + TimeDelta::days(3)))).await;
        world.settled(BOOKED).await;
        world.data(&lan(), QUIET, json!({})).await;
        assert_eq!(asked(&world, &[LAN], 2).await, Holdings::default());
        assert_eq!(world.inbox(&lan()).await.len(), 2);
        assert_ne!(quiet_hours(&world, &lan()).await, Value::Null);
        assert_eq!(visits(&world).await.len(), 1);
        swept(&world, (2, 0)).await;
    }
}
