//! What people are told about erasures, whoever asked for them.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_contracts::events::{DataCategory, Holdings, PatientFacts, PatientsEvent, RetentionBasis};
use caregraph_contracts::ids::NotificationId;
use caregraph_kit::auth::Principal;
use caregraph_kit::documents::{Declaration, Document, Filter, Query};
use caregraph_kit::events::HandlerError;
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::principal;
use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const SCHEDULED: &str = "ERASURE_SCHEDULED";
const CANCELLED: &str = "ERASURE_CANCELLED";

/// A message as it lies in the store.
#[derive(Serialize, Deserialize)]
struct Stored {
    facts: String,
}

impl Document for Stored {
    type Id = NotificationId;
    const COLLECTION: &'static str = "notifications";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}

fn an() -> Principal {
    principal(user(AN), &[Role::Patient])
}

fn holdings(with_account: bool) -> Holdings {
    let mut holdings = Holdings::default();
    holdings.go(DataCategory::Account, u64::from(with_account));
    holdings.go(DataCategory::Messages, 12);
    let law = RetentionBasis::MedicalRecordsLaw;
    holdings.stay(
        DataCategory::MedicalRecords,
        3,
        law,
        NaiveDate::from_ymd_opt(2036, 3, 2),
    );
    holdings.stay(DataCategory::AuditTrail, 40, RetentionBasis::Accountability, None);
    holdings
}

/// In two days: on Wednesday.
fn scheduled(world: &World, patient: u128, by: u128, holdings: Holdings) -> PatientsEvent {
    PatientsEvent::ErasureScheduled {
        erasure_id: Uuid::from_u128(800).into(),
        patient_id: Uuid::from_u128(patient).into(),
        requested_by: user(by),
        due_at: world.now() + TimeDelta::hours(48),
        holdings,
    }
}

fn called_off(patient: u128, by: u128) -> PatientsEvent {
    PatientsEvent::ErasureCancelled {
        erasure_id: Uuid::from_u128(800).into(),
        patient_id: Uuid::from_u128(patient).into(),
        requested_by: user(by),
    }
}

/// Who got what by which way.
async fn told(world: &World, kind: &str) -> Vec<(u128, String)> {
    let log = world.settled(kind).await;
    let mut told: Vec<_> = log.into_iter().map(|line| (line.0, line.1)).collect();
    told.sort();
    told
}

fn both_ways(of: u128) -> Vec<(u128, String)> {
    vec![(of, "EMAIL".to_owned()), (of, "IN_APP".to_owned())]
}

fn both() -> Vec<(u128, String)> {
    [both_ways(LAN), both_ways(AN)].concat()
}

fn contains_all(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
}

on_every_document_store! {
    async fn whoever_asked_reads_when_what_goes_and_what_stays(world: World) {
        let event = world.envelope(&scheduled(&world, LAN, LAN, holdings(true)));
        for _ in 0..3 {
            world.deliver(&event).await;
        }
        assert_eq!(told(&world, SCHEDULED).await, both_ways(LAN));
        let (_, subject, body) = world.inbox(&lan()).await.remove(0);
        assert_eq!(subject, "Dữ liệu của bạn sẽ được xóa: Thứ Tư, 04/03/2026");
        contains_all(&body, &[
            "15:01, Thứ Tư, 04/03/2026",
            "bạn có thể hủy yêu cầu trong ứng dụng",
            "Tài khoản cũng sẽ chấm dứt vào lúc đó.",
            "mật khẩu và các phiên đăng nhập; các thông báo và tùy chọn nhận thông báo.",
            "hồ sơ bệnh án cùng mọi phiên bản và tệp đính kèm (pháp luật về khám bệnh, chữa bệnh yêu cầu lưu giữ, đến hết ngày 02/03/2036); nhật ký",
        ]);
        let files = world.files();
        assert_eq!(files.len(), 1);
        contains_all(&files[0], &[
            "To: lan@example.com",
            "Những gì sẽ xóa:\r\n- tài khoản",
            "- các thông báo và tùy chọn nhận thông báo (12)\r\n\r\nNhững gì phải giữ lại:\r\n- hồ sơ bệnh án",
            "(3): pháp luật về khám bệnh, chữa bệnh yêu cầu lưu giữ; đến hết ngày 02/03/2036\r\n- nhật ký",
            "; không có thời hạn\r\n\r\nNếu bạn không yêu cầu việc này",
            "https://clinic.example",
        ]);
        // In the store it says nothing.
        let stored = world.ground.documents.collection::<Stored>().unwrap();
        for (_, row) in stored.find(&Query::of(Filter::everything())).await.unwrap() {
            assert!(!row.value.facts.contains("MEDICAL_RECORDS"), "{}", row.value.facts);
        }
    }

    async fn guardians_read_whose_data_it_is_and_that_it_was_called_off(world: World) {
        world.patient(50, None, &[AN]).await;
        world.hear(&scheduled(&world, 50, AN, holdings(false))).await;
        assert_eq!(told(&world, SCHEDULED).await, both_ways(AN));
        let (_, subject, body) = world.inbox(&an()).await.remove(0);
        assert_eq!(subject, "The data of Patient 50 will be erased on Wednesday, 4 March 2026");
        contains_all(&body, &["Wednesday, 4 March 2026, 09:01", "What goes: messages", "until 2 March 2036"]);
        assert!(!body.contains("account ends"), "{body}");
        contains_all(&world.files()[0], &[
            "everything we keep about Patient 50",
            "What goes:\r\n- messages, and preferences about them (12)\r\n\r\nWhat must stay:\r\n- the medical record",
            "; no end is set\r\n\r\nIf you have not asked for it",
        ]);

        world.advance(TimeDelta::minutes(1));
        world.hear(&called_off(50, AN)).await;
        assert_eq!(told(&world, CANCELLED).await, both_ways(AN));
        let (_, subject, body) = world.inbox(&an()).await.remove(0);
        assert_eq!(subject, "The data of Patient 50 will not be erased");
        contains_all(&body, &["called off", "nothing was changed"]);
    }

    /// By a form that the patient may never have signed; whoever sits at the front desk knows what they did.
    async fn the_person_and_all_guardians_hear_when_the_front_desk_asks(world: World) {
        world.patient(LAN, Some(LAN), &[AN]).await;
        let event = world.envelope(&scheduled(&world, LAN, DOCTOR, holdings(true)));
        for _ in 0..3 {
            world.deliver(&event).await;
        }
        assert_eq!(told(&world, SCHEDULED).await, both());
        let (_, subject, body) = world.inbox(&lan()).await.remove(0);
        assert!(subject.starts_with("Dữ liệu của bạn"), "{subject}");
        contains_all(&body, &[
            "Theo yêu cầu mà chúng tôi nhận được, dữ liệu của bạn sẽ được xóa lúc",
            "Nếu bạn không biết hoặc không đồng ý với việc này, hãy hủy yêu cầu",
        ]);
        let (_, subject, body) = world.inbox(&an()).await.remove(0);
        assert_eq!(subject, "The data of Patient 1 will be erased on Wednesday, 4 March 2026");
        contains_all(&body, &["As we were asked, the data of Patient 1", "If you know nothing of it or do not want it"]);
        let files = world.files().concat();
        contains_all(&files, &["we have been asked to erase everything", "Chúng tôi đã nhận được yêu cầu xóa toàn bộ dữ liệu"]);
        assert!(!files.contains("you have asked us") && !files.contains("Bạn đã yêu cầu"), "{files}");

        world.advance(TimeDelta::minutes(1));
        world.hear(&called_off(LAN, DOCTOR)).await;
        assert_eq!(told(&world, CANCELLED).await, both());
        contains_all(&world.files().concat(), &["we had been asked to erase everything we keep about Patient 1"]);
    }

    async fn whoever_else_acts_for_somebody_hears_of_it_too(world: World) {
        world.patient(50, None, &[LAN, AN]).await;
        world.hear(&scheduled(&world, 50, AN, holdings(false))).await;
        assert_eq!(told(&world, SCHEDULED).await, both());
        let (_, _, body) = world.inbox(&an()).await.remove(0);
        contains_all(&body, &["As you asked, the data of Patient 50"]);
        let (_, _, body) = world.inbox(&lan()).await.remove(0);
        contains_all(&body, &["Theo yêu cầu mà chúng tôi nhận được, dữ liệu của Patient 50"]);
    }

    async fn of_the_dead_only_those_hear_who_act_for_them(world: World) {
        world.hear(&PatientsEvent::PatientUpdated {
            patient: PatientFacts {
                patient_id: Uuid::from_u128(LAN).into(),
                user_id: Some(user(LAN)),
                guardians: vec![user(AN)],
                display_name: "Patient 1".into(),
                preferred_language: "vi".into(),
                deceased: true,
                date_of_birth: None,
                sex_at_birth: None,
            },
        }).await;
        world.hear(&scheduled(&world, LAN, DOCTOR, holdings(true))).await;
        assert_eq!(told(&world, SCHEDULED).await, both_ways(AN));
    }

    /// Not by preferences, not by quiet hours.
    async fn nobody_can_switch_it_off(world: World) {
        let quiet = "mutation { updateNotificationPreferences(input: { quietHours: { from: \"14:00\", to: \"18:00\" } }) {
            errors { __typename } } }";
        world.data(&lan(), quiet, serde_json::json!({})).await;
        world.hear(&scheduled(&world, LAN, LAN, Holdings::default())).await;
        assert_eq!(told(&world, SCHEDULED).await, both_ways(LAN));
        let body = world.inbox(&lan()).await.remove(0).2;
        assert!(!body.contains("Những gì"), "there are no lists without items: {body}");
        world.hear(&called_off(LAN, LAN)).await;
        assert_eq!(told(&world, CANCELLED).await, both_ways(LAN));
        assert_eq!(world.files().len(), 2, "at once");
    }

    async fn whoever_asked_under_a_merged_record_reads_of_themselves(world: World) {
        world.hear(&PatientsEvent::PatientsMerged {
            surviving: Uuid::from_u128(AN).into(),
            merged: Uuid::from_u128(LAN).into(),
        }).await;
        world.hear(&scheduled(&world, AN, LAN, holdings(true))).await;
        assert_eq!(told(&world, SCHEDULED).await, both());
        let (_, subject, _) = world.inbox(&lan()).await.remove(0);
        assert!(subject.starts_with("Dữ liệu của bạn"), "{subject}");
        let (_, subject, _) = world.inbox(&an()).await.remove(0);
        assert!(subject.starts_with("Your data"), "{subject}");
    }

    /// Patients names the accounts of a person's other records among those who act for this one.
    async fn accounts_of_merged_records_read_of_themselves(world: World) {
        world.hear(&PatientsEvent::PatientsMerged {
            surviving: Uuid::from_u128(AN).into(),
            merged: Uuid::from_u128(LAN).into(),
        }).await;
        world.patient(AN, Some(AN), &[LAN]).await;
        world.hear(&scheduled(&world, AN, AN, holdings(true))).await;
        assert_eq!(told(&world, SCHEDULED).await, both());
        let (_, subject, body) = world.inbox(&lan()).await.remove(0);
        assert!(subject.starts_with("Dữ liệu của bạn"), "{subject}");
        contains_all(&body, &["Theo yêu cầu mà chúng tôi nhận được"]);
    }

    async fn it_waits_for_news_of_the_person(world: World) {
        let event = world.envelope(&scheduled(&world, 70, AN, holdings(false)));
        let waits = world.try_to_deliver(&event).await.unwrap_err();
        assert!(matches!(waits, HandlerError::NotYet(_)), "{waits:?}");
        world.patient(70, None, &[AN]).await;
        world.deliver(&event).await;
        assert_eq!(told(&world, SCHEDULED).await.len(), 2);
    }

    async fn what_comes_too_late_is_no_news(world: World) {
        let asked = world.envelope(&scheduled(&world, LAN, LAN, holdings(true)));
        let ended = world.envelope(&called_off(LAN, LAN));
        world.advance(TimeDelta::days(8));
        for event in [&asked, &ended] {
            world.deliver(event).await;
        }
        assert_eq!(world.log(SCHEDULED).await, []);
        assert_eq!(world.log(CANCELLED).await, []);
    }
}
