//! What goes when everything about a person is erased, and what leaves for an account that was: nothing.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_contracts::events::{
    DataCategory, ErasureStep, Holdings, IdentityEvent, NotificationsEvent, PatientsEvent,
};
use caregraph_contracts::ids::{AppointmentId, DeviceId, ErasureId, UserId};
use caregraph_kit::auth::Principal;
use caregraph_kit::documents::{Declaration, Document, Filter, Query};
use caregraph_kit::jobs::Jobs;
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::{eventually, principal};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

pub const BOOKED: &str = "APPOINTMENT_BOOKED";
pub const QUIET: &str =
    "mutation { updateNotificationPreferences(input: { quietHours: { from: \"14:00\", to: \"18:00\" } }) {
    errors { __typename } } }";
const SEND: &str = "mutation ($input: SendNotificationInput!) { sendNotification(input: $input) { queued errors { __typename } } }";

/// A visit as earlier versions wrote it down.
#[derive(Serialize, Deserialize)]
struct OldVisit {
    facts: String,
}

impl Document for OldVisit {
    type Id = AppointmentId;
    const COLLECTION: &'static str = "visits";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}

/// Whose a device is.
#[derive(Serialize, Deserialize)]
struct Device {
    owner: UserId,
}

impl Document for Device {
    type Id = DeviceId;
    const COLLECTION: &'static str = "devices";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}

/// Lets everybody here hear a round of an erasure of a person with these records; gives what notifications answers.
pub async fn asked(world: &World, records: &[u128], round: u32) -> Holdings {
    let erasure = ErasureId::from(Uuid::now_v7());
    let step = ErasureStep {
        erasure_id: erasure,
        round,
        patient_id: Uuid::from_u128(records[0]).into(),
        records: records.iter().map(|n| Uuid::from_u128(*n).into()).collect(),
        deceased: false,
        requested_by: user(records[0]),
        at: world.now(),
    };
    world.hear(&PatientsEvent::ErasureAsked { step }).await;
    let answer = eventually("notifications answers", async || {
        let told = world.ground.documents.events().read_after(0, 1000).await.unwrap();
        told.iter().find_map(|event| match event.decode().unwrap() {
            Some(NotificationsEvent::ErasureAnswered { answer }) if answer.erasure_id == erasure => {
                Some(answer)
            }
            _ => None,
        })
    })
    .await;
    assert_eq!(answer.round, round);
    answer.holdings
}

pub fn goes(messages: u64) -> Holdings {
    let mut holdings = Holdings::default();
    holdings.go(DataCategory::Messages, messages);
    holdings
}

/// Visits that people may be reminded of.
pub async fn visits(world: &World) -> Vec<AppointmentId> {
    let visits = world.ground.documents.collection::<OldVisit>().unwrap();
    let found = visits.find(&Query::of(Filter::everything())).await.unwrap();
    found.into_iter().map(|(_, visit)| visit.id).collect()
}

pub async fn quiet_hours(world: &World, who: &Principal) -> Value {
    let query = "{ notificationPreferences { quietHours { from } } }";
    world.data(who, query, json!({})).await["notificationPreferences"]["quietHours"].take()
}

/// What identity tells of an account when there is nobody behind it any more.
pub fn erased(n: u128) -> IdentityEvent {
    updated(n, &format!("erased-{}@invalid", user(n)))
}

fn updated(n: u128, email: &str) -> IdentityEvent {
    IdentityEvent::UserUpdated {
        user_id: user(n),
        email: email.to_owned(),
        phone: None,
        first_name: "—".into(),
        last_name: "—".into(),
        locale: "vi".into(),
        time_zone: "Asia/Ho_Chi_Minh".into(),
    }
}

fn verification(world: &World, n: u128, email: &str) -> IdentityEvent {
    IdentityEvent::EmailVerificationRequested {
        user_id: user(n),
        email: email.to_owned(),
        request_id: Uuid::now_v7(),
        expires_at: world.now() + TimeDelta::days(1),
    }
}

/// How many jobs are left, and how many of them are due.
pub async fn jobs(world: &World) -> (u64, u64) {
    let jobs = Jobs::new(&world.ground.documents).unwrap();
    jobs.backlog(world.now()).await.unwrap()
}

on_every_document_store! {
    async fn messages_and_preferences_go_and_those_of_others_stay(world: World) {
        world.patient(50, None, &[AN]).await;
        world.data(&lan(), QUIET, json!({})).await;
        let start = world.now() + TimeDelta::days(3);
        world.hear(&booked(&visit(1, LAN, start))).await;
        world.hear(&booked(&visit(2, 50, start + TimeDelta::hours(1)))).await;
        eventually("only the e-mail in the quiet hours waits", async || {
            let log = world.log(BOOKED).await;
            let waiting: Vec<_> = log.iter().filter(|line| line.2 == "QUEUED").collect();
            (waiting.len() == 1 && waiting[0].0 == LAN).then_some(())
        }).await;

        // The welcome, two messages about the visit, and the quiet hours. The guardian's are the guardian's.
        let person = [LAN, 50];
        assert_eq!(asked(&world, &person, 0).await, goes(4));
        assert_eq!(world.inbox(&lan()).await.len(), 2, "a survey changes nothing");
        assert_eq!(asked(&world, &person, 1).await, goes(4));
        assert_eq!(world.inbox(&lan()).await, []);
        assert_eq!(quiet_hours(&world, &lan()).await, Value::Null);
        let log = world.log(BOOKED).await;
        let mut told: Vec<_> = log.iter().map(|line| (line.0, line.1.as_str())).collect();
        told.sort_unstable();
        assert_eq!(told, [(AN, "EMAIL"), (AN, "IN_APP"), (DOCTOR, "IN_APP"), (DOCTOR, "IN_APP")]);

        // Jobs that were to send find nothing and end, and nobody is reminded.
        world.advance(TimeDelta::days(3));
        eventually("no job is left", async || (jobs(&world).await == (0, 0)).then_some(())).await;
        assert_eq!(world.log("APPOINTMENT_REMINDER").await, []);
        assert!(world.files().iter().all(|file| !file.contains("lan@example.com")));
        assert_eq!(asked(&world, &person, 2).await, Holdings::default());
    }

    async fn nothing_is_kept_of_somebody_who_was_never_told_anything(world: World) {
        world.patient(50, None, &[]).await;
        for round in 0..2 {
            assert_eq!(asked(&world, &[50, 51], round).await, Holdings::default());
        }
    }

    async fn more_than_fits_into_one_commit_goes_too(world: World) {
        for n in 0..101 {
            let sent = world.data(&admin(), SEND, json!({ "input": {
                "recipientIds": [uuid_of(user(LAN)), uuid_of(user(AN))], "channels": ["IN_APP"], "subject": "Closed",
                "body": "On Monday.", "idempotencyKey": format!("key {n}"),
            } })).await;
            assert_eq!(sent["sendNotification"]["queued"], 2, "{sent}");
        }
        let an = principal(user(AN), &[Role::Patient]);
        for who in [&lan(), &an] {
            eventually("all have arrived", async || {
                let unread = world.data(who, "{ unreadCount }", json!({})).await;
                (unread["unreadCount"] == 102).then_some(())
            }).await;
        }
        assert_eq!(asked(&world, &[LAN, AN], 1).await, goes(204));
        for who in [&lan(), &an] {
            assert_eq!(world.inbox(who).await, []);
        }
        assert_eq!(asked(&world, &[LAN, AN], 2).await, Holdings::default());
    }

    async fn visits_that_earlier_versions_wrote_down_go_too(world: World) {
        let start = world.now() + TimeDelta::days(3);
        world.hear(&booked(&visit(1, LAN, start))).await;
        world.hear(&booked(&visit(2, AN, start + TimeDelta::hours(1)))).await;
        world.settled(BOOKED).await;
        let visits = world.ground.documents.collection::<OldVisit>().unwrap();
        let all = Query::of(Filter::everything());
        for (_, visit) in visits.find(&all).await.unwrap() {
            visits.replace(visit.id, visit.version, &visit.value).await.unwrap();
        }
        asked(&world, &[LAN], 1).await;
        assert_eq!(self::visits(&world).await, [AppointmentId::from(Uuid::from_u128(2))]);
    }

    /// Scheduling erases at the same time and calls the visit off, and that is heard before identity's word.
    async fn what_comes_in_between_is_swept_up(world: World) {
        let first = visit(1, LAN, world.now() + TimeDelta::days(3));
        world.hear(&booked(&first)).await;
        world.settled(BOOKED).await;
        asked(&world, &[LAN], 1).await;
        let (_, event) = cancelled(&first);
        world.hear(&event).await;
        let log = world.settled("APPOINTMENT_CANCELLED").await;
        assert!(log.iter().any(|line| line.0 == LAN), "{log:?}");
        world.hear(&erased(LAN)).await;
        world.advance(TimeDelta::minutes(1));
        eventually("it is swept up", async || {
            let log = world.log("APPOINTMENT_CANCELLED").await;
            let left = visits(&world).await;
            (left.is_empty() && log.iter().all(|line| line.0 != LAN)).then_some(())
        }).await;
    }

    async fn an_account_that_was_erased_is_told_nothing(world: World) {
        let register = "mutation { registerPushToken(input: { token: \"device-1\" }) { devices errors { __typename } } }";
        world.data(&lan(), register, json!({})).await;
        let devices = world.ground.documents.collection::<Device>().unwrap();
        assert_eq!(devices.count(&Filter::everything()).await.unwrap(), 1);
        world.data(&lan(), QUIET, json!({})).await;
        world.hear(&booked(&visit(1, LAN, world.now() + TimeDelta::days(3)))).await;
        eventually("the inbox has it", async || (world.inbox(&lan()).await[0].0 == BOOKED).then_some(())).await;

        world.hear(&erased(LAN)).await;
        assert_eq!(devices.count(&Filter::everything()).await.unwrap(), 0);
        // What waited stays here.
        world.advance(TimeDelta::hours(4));
        let log = world.settled(BOOKED).await;
        let waited: Vec<_> = log.iter().filter(|line| line.0 == LAN && line.1 != "IN_APP").collect();
        assert_eq!(waited.len(), 2, "an e-mail and a message to the device: {log:?}");
        for line in waited {
            assert_eq!((line.2.as_str(), line.3.as_str()), ("SUPPRESSED", "the account was erased"));
        }
        // Nothing is written down any more: neither about this change nor about anything else.
        let told = async || {
            let log = world.settled(BOOKED).await;
            log.iter().filter(|line| line.0 == LAN).count()
        };
        world.hear(&booked(&visit(2, LAN, world.now() + TimeDelta::days(4)))).await;
        world.hear(&verification(&world, LAN, "lan@new.example")).await;
        assert_eq!(told().await, 3);
        assert_eq!(world.log("ACCOUNT_UPDATED").await, []);
        assert_eq!(world.log("EMAIL_VERIFICATION").await, []);
        let refused = world.data(&admin(), SEND, json!({ "input": {
            "recipientIds": [uuid_of(user(LAN))], "channels": ["EMAIL"], "subject": "Closed", "body": "On Monday.",
            "idempotencyKey": "a",
        } })).await;
        assert_eq!(refused["sendNotification"]["errors"][0]["__typename"], "NotFound", "{refused}");
        // An address that was told before and comes late brings nobody back.
        world.hear(&updated(LAN, "lan@example.com")).await;
        world.hear(&booked(&visit(3, LAN, world.now() + TimeDelta::days(5)))).await;
        assert_eq!(told().await, 3);
        assert_eq!(world.log("ACCOUNT_UPDATED").await, []);
        assert!(world.files().iter().all(|file| !file.contains("To: lan@")));
    }

    async fn nothing_leaves_for_an_address_where_nobody_can_be(world: World) {
        for address in ["an@invalid", "an@clinic.INVALID"] {
            world.hear(&verification(&world, AN, address)).await;
        }
        let log = world.settled("EMAIL_VERIFICATION").await;
        assert_eq!(log.len(), 2);
        for line in log {
            assert_eq!((line.2.as_str(), line.3.as_str()), ("SUPPRESSED", "the account has no e-mail address"));
        }
        assert_eq!(world.files().len(), 0);
    }
}
