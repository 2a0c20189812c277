//! What people are told about their medical records.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_contracts::events::{PatientsEvent, RecordsEvent};
use caregraph_contracts::ids::{AppointmentId, PractitionerId};
use caregraph_kit::events::HandlerError;
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::principal;
use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

const OPENED: &str = "RECORD_OPENED_IN_EMERGENCY";
const NOTES: &str = "VISIT_NOTES_READY";

fn glass_broken(world: &World, patient: u128, by: u128) -> RecordsEvent {
    RecordsEvent::GlassBroken {
        patient_id: Uuid::from_u128(patient).into(),
        user_id: user(by),
        reason: "Found unconscious & <alone>".into(),
        until: world.now() + TimeDelta::hours(1),
    }
}

fn signed(patient: u128, appointment: Option<u128>, amended: bool) -> RecordsEvent {
    RecordsEvent::EncounterSigned {
        patient_id: Uuid::from_u128(patient).into(),
        encounter_id: Uuid::from_u128(500).into(),
        practitioner_id: PractitionerId::of_user(user(DOCTOR)),
        // As earlier versions told it.
        responsible_id: None,
        began_at: None,
        appointment_id: appointment.map(|n| AppointmentId::from(Uuid::from_u128(n))),
        version: 1 + i64::from(amended),
        amended,
        released: true,
        allowed_by: None,
    }
}

/// Who got what by which way.
async fn told(world: &World, kind: &str) -> Vec<(u128, String)> {
    let mut told: Vec<_> = world
        .settled(kind)
        .await
        .into_iter()
        .map(|line| (line.0, line.1))
        .collect();
    told.sort();
    told
}

fn ways(of: &[(u128, &str)]) -> Vec<(u128, String)> {
    of.iter().map(|(user, way)| (*user, (*way).to_owned())).collect()
}

on_every_document_store! {
    async fn broken_glass_is_told_once_by_mail_and_in_the_inbox(world: World) {
        world.second_process().await;
        let event = world.envelope(&glass_broken(&world, LAN, DOCTOR));
        for _ in 0..5 {
            world.deliver(&event).await;
        }
        assert_eq!(told(&world, OPENED).await, ways(&[(LAN, "EMAIL"), (LAN, "IN_APP")]));
        // Lan reads Vietnamese; who it was, when, until when, why, and where to look.
        let (_, subject, body) = world.inbox(&lan()).await.remove(0);
        assert_eq!(subject, "Hồ sơ bệnh án của bạn đã được mở khẩn cấp");
        for part in ["First100 Nguyễn", "15:01, Thứ Hai, 02/03/2026", "Found unconscious & <alone>", "Nhật ký truy cập"] {
            assert!(body.contains(part), "{part} is missing in {body}");
        }
        let files = world.files();
        assert_eq!(files.len(), 1);
        for part in ["To: lan@example.com", "16:01", "Found unconscious", "https://clinic.example"] {
            assert!(files[0].contains(part), "{part} is missing in {}", files[0]);
        }
        // Whoever broke it is told nothing: they know.
        assert!(world.inbox(&doctor()).await.iter().all(|message| message.0 != OPENED));
        // Broken again, told again.
        world.hear(&glass_broken(&world, LAN, DOCTOR)).await;
        assert_eq!(told(&world, OPENED).await.len(), 4);
    }

    async fn guardians_hear_of_it_beside_the_patient_in_their_language(world: World) {
        world.patient(50, None, &[LAN, AN]).await;
        world.patient(AN, Some(AN), &[LAN]).await;
        world.hear(&glass_broken(&world, 50, DOCTOR)).await;
        let both = [(LAN, "EMAIL"), (LAN, "IN_APP"), (AN, "EMAIL"), (AN, "IN_APP")];
        assert_eq!(told(&world, OPENED).await, ways(&both));
        let an = principal(user(AN), &[Role::Patient]);
        let (_, subject, body) = world.inbox(&an).await.remove(0);
        assert_eq!(subject, "The medical record of Patient 50 was opened in an emergency");
        assert!(body.contains("First100 Nguyễn opened the medical record of Patient 50"), "{body}");
        assert!(body.contains("Monday, 2 March 2026, 09:01"), "on the clock in Berlin: {body}");

        world.advance(TimeDelta::minutes(1));
        world.hear(&glass_broken(&world, AN, DOCTOR)).await;
        told(&world, OPENED).await;
        assert!(world.inbox(&an).await[0].1.starts_with("Your medical record"), "the patient");
        assert!(world.inbox(&lan()).await[0].1.contains("Patient 2"), "and the guardian");
    }

    /// Not by preferences, not by quiet hours.
    async fn nobody_can_switch_it_off(world: World) {
        let update = async |input: Value| {
            let query = "mutation ($input: UpdateNotificationPreferencesInput!) { updateNotificationPreferences(input: $input) {
                preferences { types { type mandatory } } errors { __typename } } }";
            let mut answer = world.data(&lan(), query, json!({ "input": input })).await;
            answer["updateNotificationPreferences"].take()
        };
        let refused = update(json!({ "types": [{ "type": OPENED, "channels": [] }] })).await;
        assert_eq!(refused["errors"][0]["__typename"], "InvalidInput", "{refused}");
        let notes = json!([{ "type": NOTES, "channels": ["IN_APP"] }]);
        let quiet = update(json!({ "types": notes, "quietHours": { "from": "14:00", "to": "18:00" } })).await;
        let mandatory = |kind: &str| {
            let types = quiet["preferences"]["types"].as_array().unwrap();
            types.iter().find(|line| line["type"] == kind).unwrap()["mandatory"].clone()
        };
        assert_eq!((mandatory(OPENED), mandatory(NOTES)), (json!(true), json!(false)));
        world.hear(&glass_broken(&world, LAN, DOCTOR)).await;
        assert_eq!(told(&world, OPENED).await, ways(&[(LAN, "EMAIL"), (LAN, "IN_APP")]));
        assert_eq!(world.files().len(), 1, "at once");
        // Weeks late, because something was broken here: they hear of it nevertheless.
        let late = world.envelope(&glass_broken(&world, LAN, DOCTOR));
        world.advance(TimeDelta::days(40));
        world.deliver(&late).await;
        assert_eq!(told(&world, OPENED).await.len(), 4);
    }

    async fn signed_notes_are_told_without_their_content(world: World) {
        world.hear(&booked(&visit(1, LAN, world.now() + TimeDelta::days(3)))).await;
        world.settled("APPOINTMENT_BOOKED").await;
        world.advance(TimeDelta::minutes(1));
        let event = world.envelope(&signed(LAN, Some(1), false));
        for _ in 0..3 {
            world.deliver(&event).await;
        }
        assert_eq!(told(&world, NOTES).await, ways(&[(LAN, "EMAIL"), (LAN, "IN_APP")]));
        let (_, subject, body) = world.inbox(&lan()).await.remove(0);
        assert_eq!(subject, "Đã có thể xem ghi chép của lần khám");
        assert_eq!(body, "Ghi chép của lần khám với Dr. Phạm Thu Hà đã có thể xem.");

        world.patient(50, None, &[AN]).await;
        world.hear(&signed(50, None, true)).await;
        told(&world, NOTES).await;
        let an = principal(user(AN), &[Role::Patient]);
        let (_, subject, body) = world.inbox(&an).await.remove(0);
        assert_eq!(subject, "The notes of a visit were amended");
        assert_eq!(body, "The notes of the visit of Patient 50 with First100 Nguyễn were amended by First100 Nguyễn.");

        let old = world.envelope(&signed(LAN, Some(1), true));
        world.advance(TimeDelta::days(8));
        let before = world.log(NOTES).await.len();
        world.deliver(&old).await;
        assert_eq!(world.log(NOTES).await.len(), before, "no news any more");
    }

    /// Whoever amends may be somebody else than whose visit it was, and do it days later.
    async fn an_amendment_names_the_visit_and_who_amended_it(world: World) {
        const COLLEAGUE: u128 = 300;
        world.register(COLLEAGUE, "colleague@example.com", "en", "Asia/Ho_Chi_Minh").await;
        world.hear(&booked(&visit(1, LAN, world.now() - TimeDelta::days(3)))).await;
        world.advance(TimeDelta::minutes(1));
        let amended = |patient: u128, appointment: Option<u128>| RecordsEvent::EncounterSigned {
            patient_id: Uuid::from_u128(patient).into(),
            encounter_id: Uuid::from_u128(500).into(),
            practitioner_id: PractitionerId::of_user(user(COLLEAGUE)),
            responsible_id: Some(PractitionerId::of_user(user(DOCTOR))),
            began_at: Some(world.now() - TimeDelta::days(3)),
            appointment_id: appointment.map(|n| AppointmentId::from(Uuid::from_u128(n))),
            version: 5,
            amended: true,
            released: true,
            allowed_by: None,
        };
        world.hear(&amended(LAN, Some(1))).await;
        // A visit that was not booked.
        world.hear(&amended(AN, None)).await;
        told(&world, NOTES).await;
        let (_, subject, body) = world.inbox(&lan()).await.remove(0);
        assert_eq!(subject, "Ghi chép của lần khám đã được bổ sung");
        assert_eq!(body, "Ghi chép của lần khám ngày Thứ Sáu, 27/02/2026 với Dr. Phạm Thu Hà đã được First300 Nguyễn bổ sung.");
        let (_, subject, body) = world.inbox(&principal(user(AN), &[Role::Patient])).await.remove(0);
        assert_eq!(subject, "The notes of a visit were amended");
        assert_eq!(body, "The notes of your visit on Friday, 27 February 2026 with First100 Nguyễn were amended by First300 Nguyễn.");
    }

    async fn what_is_withheld_is_told_to_nobody(world: World) {
        let mut withheld = signed(LAN, None, true);
        if let RecordsEvent::EncounterSigned { released, .. } = &mut withheld {
            *released = false;
        }
        world.hear(&withheld).await;
        assert!(world.log(NOTES).await.is_empty());
        // Earlier versions did not say.
        let mut silent = world.envelope(&signed(LAN, None, true));
        let said = silent.payload["data"].as_object_mut().unwrap().remove("released");
        assert_eq!(said, Some(json!(true)));
        world.deliver(&silent).await;
        assert_eq!(told(&world, NOTES).await, ways(&[(LAN, "EMAIL"), (LAN, "IN_APP")]));
    }

    /// News of a record may be faster than those of the people in it.
    async fn it_waits_for_news_of_the_people(world: World) {
        let patient = world.envelope(&glass_broken(&world, 70, DOCTOR));
        let opener = world.envelope(&glass_broken(&world, LAN, 300));
        for event in [&patient, &opener] {
            let waits = world.try_to_deliver(event).await.unwrap_err();
            assert!(matches!(waits, HandlerError::NotYet(_)), "{waits:?}");
        }
        world.patient(70, Some(AN), &[]).await;
        world.deliver(&patient).await;
        assert_eq!(told(&world, OPENED).await, ways(&[(AN, "EMAIL"), (AN, "IN_APP")]));
        // Not for ever: a name that is never told keeps no news back.
        world.advance(TimeDelta::minutes(10));
        world.deliver(&opener).await;
        assert!(told(&world, OPENED).await.contains(&(LAN, "EMAIL".to_owned())));
        let (_, _, body) = world.inbox(&lan()).await.remove(0);
        assert!(body.starts_with("Một nhân viên của chúng tôi đã mở khẩn cấp"), "{body}");
    }

    async fn accounts_of_merged_records_hear_of_the_one_that_stayed(world: World) {
        world.hear(&PatientsEvent::PatientsMerged {
            surviving: Uuid::from_u128(AN).into(),
            merged: Uuid::from_u128(LAN).into(),
        }).await;
        world.hear(&glass_broken(&world, LAN, DOCTOR)).await;
        let both = [(LAN, "EMAIL"), (LAN, "IN_APP"), (AN, "EMAIL"), (AN, "IN_APP")];
        assert_eq!(told(&world, OPENED).await, ways(&both));
    }

    async fn other_news_of_records_are_told_to_nobody(world: World) {
        let before = world.inbox(&lan()).await;
        world.hear(&RecordsEvent::VitalsAbnormal {
            patient_id: Uuid::from_u128(LAN).into(),
            vitals_id: Uuid::from_u128(501).into(),
            taken_by: user(DOCTOR),
            critical: true,
            allowed_by: None,
        }).await;
        world.hear(&RecordsEvent::AllergyRecorded {
            patient_id: Uuid::from_u128(LAN).into(),
            allergy_id: Uuid::from_u128(502).into(),
            substance: "Penicillin".into(),
            code: None,
            active: true,
            allowed_by: None,
        }).await;
        // What comes after them is told, so they have been dealt with.
        world.hear(&glass_broken(&world, LAN, DOCTOR)).await;
        told(&world, OPENED).await;
        let after = world.inbox(&lan()).await;
        assert_eq!(after.len(), before.len() + 1);
        assert_eq!(after[1..], before[..]);
    }
}
