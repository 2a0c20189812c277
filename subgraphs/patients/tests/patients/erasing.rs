//! Erasing what is kept about a person, as far as the law lets it go.

use crate::merging::{merge, onto};
use crate::searching::called;
use crate::world::*;
use caregraph_contracts::events::{
    AdministrationEvent, DataCategory, ErasureAnswer, ErasureStep, Holdings, IdentityEvent,
    NotificationsEvent, PatientsEvent, RecordsEvent, RetentionBasis, SchedulingEvent,
};
use caregraph_contracts::ids::{ErasureId, PatientId};
use caregraph_contracts::{Domain, RecordPart, Role};
use caregraph_kit::change::Change;
use caregraph_kit::events::EventHandler;
use caregraph_kit::failure::Failure;
use caregraph_kit::{Rejection, on_every_engine};
use caregraph_patients::care::{AssignCareTeam, CareTeamRole, TeamMember};
use caregraph_patients::consent::GrantConsent;
use caregraph_patients::erasure::{CancelErasure, Erasure, ErasureProgress, ErasureStatus, RequestErasure};
use caregraph_patients::handlers::AnswersCarryErasures;
use caregraph_patients::patient::{
    AddDependant, Address, AddressKind, GuardianRelationship, LinkGuardian, Patient, ProfileChanges,
    UpdatePatient,
};
use chrono::{NaiveDate, TimeDelta};
use serde_json::json;

const REQUEST: &str = "mutation($input: RequestErasureInput!) { requestErasure(input: $input) {
    erasure { id status dueAt goes { category } stays { category } } errors { __typename ... on UserError { path } } } }";
const SHOWN: &str =
    "query($id: ID!) { erasure(id: $id) { status patient { id } requestedBy { id } reviewOn carriedOutAt
    goes { category count } stays { category count basis until } } }";

fn of(patient: PatientId) -> RequestErasure {
    RequestErasure {
        patient,
        signed_form: None,
    }
}

fn off(erasure: ErasureId) -> CancelErasure {
    CancelErasure {
        erasure,
        signed_form: None,
    }
}

/// A patient of whom everything is known, with a doctor who may see the record.
async fn an(world: &World) -> PatientId {
    world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
    world.account(user(2), &[Role::Patient], "Bình", "Trần").await;
    world.account(user(901), &[Role::Doctor], "Chi", "Lê").await;
    let an = PatientId::of_user(user(1));
    let address = Address {
        kind: AddressKind::Home,
        street: "12 Lý Thường Kiệt".into(),
        district: None,
        city: "Hà Nội".into(),
        region: None,
        postal_code: None,
        country: "VN".into(),
    };
    let profile = ProfileChanges {
        date_of_birth: Change::Set(day(1990, 4, 12)),
        national_id: Change::Set("001090001234".into()),
        addresses: Some(vec![address]),
        ..Default::default()
    };
    let told = UpdatePatient {
        patient: an,
        version: None,
        profile,
    };
    world.patients.update(&nurse(), told).await.unwrap();
    let consent = GrantConsent {
        patient: an,
        grantee: user(901),
        parts: vec![RecordPart::Vitals],
        all_parts: false,
        until: None,
        purpose: None,
        signed_form: None,
        idempotency_key: "k".into(),
    };
    world.consents.grant(&person(1), consent).await.unwrap();
    let team = AssignCareTeam {
        patient: an,
        members: vec![TeamMember {
            user: user(901),
            role: CareTeamRole::PrimaryPhysician,
        }],
    };
    world.care.assign(&nurse(), team).await.unwrap();
    an
}

async fn hear(world: &World, answer: ErasureAnswer) {
    let envelope = match answer.domain {
        Domain::Identity => world.envelope(&IdentityEvent::ErasureAnswered { answer }),
        Domain::Scheduling => world.envelope(&SchedulingEvent::ErasureAnswered { answer }),
        Domain::Records => world.envelope(&RecordsEvent::ErasureAnswered { answer }),
        Domain::Notifications => world.envelope(&NotificationsEvent::ErasureAnswered { answer }),
        Domain::Administration => world.envelope(&AdministrationEvent::ErasureAnswered { answer }),
        other @ (Domain::Patients | Domain::Practitioners) => panic!("{other} answers nothing"),
    };
    let progress = ErasureProgress::new(world.ground().clone());
    let mut tx = world.ground().database.begin().await.unwrap();
    AnswersCarryErasures(progress)
        .handle(&mut tx, &envelope)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// All domains answer; records keeps a medical record until some day, if any.
async fn all_answer(world: &World, step: &ErasureStep, kept_until: Option<NaiveDate>) {
    for domain in ErasureAnswer::DOMAINS {
        let mut holdings = Holdings::default();
        match (domain, kept_until) {
            (Domain::Identity, _) => holdings.go(DataCategory::Account, 1),
            (Domain::Records, Some(until)) => {
                holdings.stay(
                    DataCategory::MedicalRecords,
                    3,
                    RetentionBasis::MedicalRecordsLaw,
                    Some(until),
                );
            }
            (Domain::Records, None) => holdings.go(DataCategory::MedicalRecords, 3),
            _ => {}
        }
        let answer = ErasureAnswer {
            erasure_id: step.erasure_id,
            patient_id: step.patient_id,
            round: step.round,
            domain: *domain,
            holdings,
        };
        hear(world, answer).await;
    }
}

/// The last thing that the domains were asked.
async fn asked(world: &World) -> ErasureStep {
    let told = world.told().await.into_iter().rev();
    let mut steps = told.filter_map(|event| match event {
        PatientsEvent::ErasureAsked { step } => Some(step),
        _ => None,
    });
    steps.next().unwrap()
}

async fn carry_on(world: &World) -> usize {
    ErasureProgress::new(world.ground().clone())
        .carry_on()
        .await
        .unwrap()
}

/// Surveyed, waited for, begun, and answered by everybody.
async fn carry_out(world: &World, erasure: &Erasure, kept_until: Option<NaiveDate>) {
    all_answer(world, &asked(world).await, kept_until).await;
    world.ground().clock.set(erasure.due_at);
    assert!(carry_on(world).await > 0);
    let told = world.told().await.into_iter();
    let mut steps = told.filter_map(|event| match event {
        PatientsEvent::ErasureAsked { step } if step.erasure_id == erasure.id && step.round == 1 => {
            Some(step)
        }
        _ => None,
    });
    let step = steps.next().unwrap();
    all_answer(world, &step, kept_until).await;
}

async fn seen(world: &World, id: PatientId) -> Patient {
    world.patients.get(&nurse(), id).await.unwrap().unwrap()
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> Rejection {
    match outcome {
        Err(Failure::Refused(mut why)) if why.len() == 1 => why.remove(0),
        other => panic!("expected one refusal, got {other:?}"),
    }
}

on_every_engine! {
    async fn what_no_law_keeps_goes_and_the_rest_when_its_time_is_over(world: World) {
        let an = an(&world).await;
        let answer = world.ask(&person(1), REQUEST, json!({ "input": { "patientId": an.to_string() } })).await;
        let erasure = &answer["data"]["requestErasure"]["erasure"];
        assert_eq!((&erasure["status"], &erasure["goes"]), (&json!("SURVEYING"), &json!([])), "{answer}");
        let id = erasure["id"].clone();
        let before = seen(&world, an).await;
        let until = day(2036, 1, 31);
        all_answer(&world, &asked(&world).await, Some(until)).await;

        let shown = world.ask(&person(1), SHOWN, json!({ "id": id })).await;
        let shown = &shown["data"]["erasure"];
        assert_eq!(shown["status"], "SCHEDULED", "{shown}");
        assert_eq!(shown["goes"], json!([{ "category": "ACCOUNT", "count": 1 }, { "category": "CONTACT_DETAILS", "count": 1 }]));
        assert_eq!(shown["stays"], json!([
            { "category": "IDENTITY", "count": 1, "basis": "MEDICAL_RECORDS_LAW", "until": "2036-01-31" },
            { "category": "CONSENTS", "count": 1, "basis": "ACCOUNTABILITY", "until": null },
            { "category": "MEDICAL_RECORDS", "count": 3, "basis": "MEDICAL_RECORDS_LAW", "until": "2036-01-31" },
        ]));
        assert_eq!(seen(&world, an).await, before, "a survey changes nothing");
        assert!(matches!(world.told().await.last(), Some(PatientsEvent::ErasureScheduled { holdings, .. }) if holdings.stays.len() == 3));
        world.ground().clock.advance(TimeDelta::hours(48) - TimeDelta::seconds(1));
        assert_eq!(carry_on(&world).await, 0, "there is time to think again");
        world.ground().clock.advance(TimeDelta::seconds(1));
        assert_eq!(carry_on(&world).await, 1);
        assert_eq!(carry_on(&world).await, 0, "once only");
        let step = asked(&world).await;
        assert_eq!((step.round, step.at), (1, world.now()));
        all_answer(&world, &step, Some(until)).await;

        let kept = seen(&world, an).await;
        let profile = &kept.profile;
        assert_eq!(profile.identification, before.profile.identification, "it must be known whose record it is");
        assert_eq!((&profile.phone, profile.addresses.len(), kept.has_account), (&None, 0, false));
        assert!(world.patients.get(&doctor(), an).await.unwrap().is_none(), "consent and care team have ended");
        let found = world.ask(&nurse(), "{ patients(search: \"+84912345678\") { edges { node { id } } } }", json!({})).await;
        assert_eq!(found["data"]["patients"]["edges"].as_array().unwrap().len(), 1, "the other one with this number: {found}");
        assert_eq!(called(&world, "nguyen an").await, [an]);
        let told = world.told().await;
        assert!(told.iter().any(|event| matches!(event, PatientsEvent::ConsentChanged { consent, .. } if consent.revoked)));
        assert!(matches!(told.last(), Some(PatientsEvent::ErasureCarriedOut { round: 1, .. })));

        world.ground().clock.set(until.and_hms_opt(23, 0, 0).unwrap().and_utc());
        assert_eq!(carry_on(&world).await, 0);
        world.ground().clock.advance(TimeDelta::hours(1));
        assert_eq!(carry_on(&world).await, 1);
        all_answer(&world, &asked(&world).await, None).await;
        let gone = seen(&world, an).await;
        assert_eq!(gone.profile.display_name(), gone.mrn.to_string());
        assert_eq!((called(&world, "nguyen").await, called(&world, "an").await), (vec![], vec![]));
        assert_eq!(called(&world, gone.mrn.as_str()).await, [an]);
        assert_eq!((gone.profile.identification.date_of_birth, &gone.profile.identification.national_id), (None, &None));
        world.ground().clock.advance(TimeDelta::days(9999));
        assert_eq!(carry_on(&world).await, 0);
        let told = world.told().await;
        assert!(told.iter().any(|event| matches!(event, PatientsEvent::PatientUpdated { patient } if patient.display_name == gone.mrn.as_str())));
    }

    async fn it_can_be_called_off_until_it_begins(world: World) {
        let an = an(&world).await;
        let erasure = world.erasures.request(&person(1), of(an)).await.unwrap();
        let stranger = refused(world.erasures.cancel(&person(2), off(erasure.id)).await);
        assert!(matches!(stranger, Rejection::NotFound { .. }), "{stranger:?}");
        let before = seen(&world, an).await;
        let cancelled = world.erasures.cancel(&person(1), off(erasure.id)).await.unwrap();
        assert_eq!(cancelled.status, ErasureStatus::Cancelled);
        let again = refused(world.erasures.cancel(&person(1), off(erasure.id)).await);
        assert!(matches!(again, Rejection::Conflict { .. }), "{again:?}");
        all_answer(&world, &asked(&world).await, None).await;
        world.ground().clock.advance(TimeDelta::days(3));
        assert_eq!(carry_on(&world).await, 0);
        assert_eq!(seen(&world, an).await, before);
        // Another wish is another erasure, and once it has begun it is too late.
        let second = world.erasures.request(&person(1), of(an)).await.unwrap();
        assert_ne!(second.id, erasure.id);
        all_answer(&world, &asked(&world).await, None).await;
        world.ground().clock.set(second.due_at);
        carry_on(&world).await;
        let late = refused(world.erasures.cancel(&person(1), off(second.id)).await);
        assert!(matches!(late, Rejection::Conflict { .. }), "{late:?}");
        let list = world.erasures.list(&nurse(), &seen(&world, an).await).await.unwrap().unwrap();
        assert_eq!(list.iter().map(|erasure| erasure.id).collect::<Vec<_>>(), [second.id, erasure.id]);
    }

    async fn only_whose_word_counts_may_ask(world: World) {
        let an = an(&world).await;
        let stranger = refused(world.erasures.request(&person(2), of(an)).await);
        assert!(matches!(stranger, Rejection::NotFound { .. }), "{stranger:?}");
        assert!(matches!(world.erasures.request(&doctor(), of(an)).await, Err(Failure::Denied(_) | Failure::Refused(_))));
        let bare = refused(world.erasures.request(&nurse(), of(an)).await);
        assert!(matches!(&bare, Rejection::Invalid { path, .. } if path == &["signedForm"]), "{bare:?}");
        let link = LinkGuardian { patient: an, guardian: user(2), relationship: GuardianRelationship::Child };
        world.patients.link_guardian(&person(1), link).await.unwrap();
        let guardian = refused(world.erasures.request(&person(2), of(an)).await);
        assert!(matches!(guardian, Rejection::NotAllowed { .. }), "who has an account asks themselves: {guardian:?}");
        let made_up = RequestErasure { signed_form: Some("F-1".into()), ..of(an) };
        let guardian = refused(world.erasures.request(&person(2), made_up).await);
        assert!(matches!(guardian, Rejection::NotAllowed { .. }), "only the front desk holds forms: {guardian:?}");
        let signed = RequestErasure { signed_form: Some(" F-77 ".into()), ..of(an) };
        let erasure = world.erasures.request(&nurse(), signed).await.unwrap();
        assert_eq!((erasure.signed_form.as_deref(), erasure.requested_by), (Some("F-77"), user(900)));
        // The person, guardians and the front desk know of it, and whoever asks again gets the same one.
        assert_eq!(world.erasures.request(&person(1), of(an)).await.unwrap().id, erasure.id);
        for (who, knows) in [(person(1), true), (person(2), true), (nurse(), true), (doctor(), false)] {
            assert_eq!(world.erasures.get(&who, erasure.id).await.unwrap().is_some(), knows);
        }
        let shown = world.ask(&doctor(), "query($id: ID!) { patient(id: $id) { id erasures { id } } }", json!({ "id": an.to_string() })).await;
        assert_eq!(shown["data"]["patient"], json!({ "id": an.to_string(), "erasures": null }));
        // A child's guardian speaks for it, and still sees afterwards what became of the wish.
        let child = AddDependant { relationship: GuardianRelationship::Parent, profile: named("Bé", "Nguyễn") };
        let child = world.patients.add_dependant(&person(2), child).await.unwrap();
        let of_child = world.erasures.request(&person(2), of(child.id)).await.unwrap();
        carry_out(&world, &of_child, None).await;
        assert!(world.patients.get(&person(2), child.id).await.unwrap().is_none());
        let done = world.erasures.get(&person(2), of_child.id).await.unwrap().unwrap();
        assert_eq!((done.status, done.review_on), (ErasureStatus::Done, None));
    }

    async fn all_records_of_a_person_go_together(world: World) {
        let an = an(&world).await;
        let twin = world.walk_in(ProfileChanges { phone: Change::Set("+84911111111".into()), ..named("An", "Nguyen") }).await;
        let joined = merge(&world, an, twin.id).await;
        let erasure = world.erasures.request(&person(1), of(twin.id)).await.unwrap();
        assert_eq!((erasure.patient, erasure.records.len()), (an, 2));
        let other = world.walk_in(named("An", "Nguyễn")).await;
        let late = world.merges.merge(&nurse(), onto(an, other.id)).await;
        assert!(matches!(late, Err(Failure::Refused(_))), "nobody asked for that record: {late:?}");
        let undo = caregraph_patients::merging::UndoMerge { merge: joined.id, reason: "Two people".into() };
        assert!(matches!(refused(world.merges.undo(&nurse(), undo).await), Rejection::Conflict { .. }));
        carry_out(&world, &erasure, None).await;
        let found = world.ask(&nurse(), "{ patients(search: \"nguyen\") { edges { node { id } } } }", json!({})).await;
        assert_eq!(found["data"]["patients"]["edges"], json!([{ "node": { "id": other.id.to_string() } }]));
        let found = world.ask(&nurse(), "{ patients(search: \"+84911111111\") { edges { node { id } } } }", json!({})).await;
        assert_eq!(found["data"]["patients"]["edges"], json!([]));
        let merges = "query($id: ID!) { patient(id: $id) { merges { nodes { reason } } consents { nodes { purpose } } } }";
        let words = world.ask(&nurse(), merges, json!({ "id": an.to_string() })).await;
        assert_eq!(words["data"]["patient"]["merges"]["nodes"], json!([{ "reason": "" }]), "{words}");
        merge(&world, other.id, an).await;
    }

    async fn whoever_comes_back_is_a_patient_again(world: World) {
        let an = an(&world).await;
        let erasure = world.erasures.request(&person(1), of(an)).await.unwrap();
        let until = day(2030, 1, 1);
        carry_out(&world, &erasure, Some(until)).await;
        world.ground().clock.advance(TimeDelta::days(400));
        let told = UpdatePatient { patient: an, version: None,
            profile: ProfileChanges { phone: Change::Set("+84922222222".into()), ..Default::default() } };
        world.patients.update(&nurse(), told).await.unwrap();
        world.ground().clock.set(day(2031, 1, 1).and_hms_opt(0, 0, 0).unwrap().and_utc());
        assert_eq!(carry_on(&world).await, 0, "that wish does not reach what came after it");
        assert_eq!(seen(&world, an).await.profile.phone.as_deref(), Some("+84922222222"));
        let ended = world.erasures.get(&person(1), erasure.id).await.unwrap().unwrap();
        assert_eq!((ended.status, ended.review_on), (ErasureStatus::Done, None));
    }

    async fn a_booking_a_consent_or_a_merge_ends_a_wish_too(world: World) {
        an(&world).await;
        let until = day(2030, 1, 1);
        for (number, how) in ["booked", "merged", "stays away"].into_iter().enumerate() {
            let walk_in = world.walk_in(named("Lan", how)).await;
            let signed = RequestErasure { signed_form: Some("F-2".into()), ..of(walk_in.id) };
            let erasure = world.erasures.request(&nurse(), signed).await.unwrap();
            carry_out(&world, &erasure, Some(until)).await;
            world.ground().clock.advance(TimeDelta::days(1));
            let surviving = match how {
                "booked" => {
                    let visit = appointment(900 + number as u128, walk_in.id, user(901), world.now() + TimeDelta::days(2));
                    world.hear(&booked(&visit)).await;
                    walk_in.id
                }
                "merged" => {
                    let again = world.walk_in(named("Lan", "again")).await;
                    merge(&world, again.id, walk_in.id).await;
                    again.id
                }
                _ => walk_in.id,
            };
            let before = world.now();
            world.ground().clock.set(day(2031, 1, 1).and_hms_opt(0, 0, 0).unwrap().and_utc());
            assert_eq!(carry_on(&world).await, usize::from(how == "stays away"), "{how}");
            assert!(!seen(&world, surviving).await.profile.identification.given_name.is_empty());
            world.ground().clock.set(before);
        }
    }

    async fn nobody_is_left_without_anybody(world: World) {
        let an = an(&world).await;
        let child = AddDependant { relationship: GuardianRelationship::Parent, profile: named("Bé", "Nguyễn") };
        let child = world.patients.add_dependant(&person(1), child).await.unwrap();
        let alone = refused(world.erasures.request(&person(1), of(an)).await);
        assert!(matches!(alone, Rejection::Conflict { .. }), "{alone:?}");
        let link = LinkGuardian { patient: child.id, guardian: user(2), relationship: GuardianRelationship::Parent };
        world.patients.link_guardian(&person(1), link).await.unwrap();
        let erasure = world.erasures.request(&person(1), of(an)).await.unwrap();
        carry_out(&world, &erasure, None).await;
        let guardians: Vec<_> = seen(&world, child.id).await.guardians.iter().map(|guardian| guardian.user).collect();
        assert_eq!(guardians, [user(2)], "an account that has ended acts for nobody");
        let told = world.told().await;
        assert!(told.iter().any(|event| matches!(event, PatientsEvent::PatientUpdated { patient } if patient.patient_id == child.id)));
    }

    async fn who_does_not_answer_is_asked_again(world: World) {
        let an = an(&world).await;
        let erasure = world.erasures.request(&person(1), of(an)).await.unwrap();
        let first = asked(&world).await;
        world.ground().clock.advance(TimeDelta::minutes(59));
        assert_eq!(carry_on(&world).await, 0);
        world.ground().clock.advance(TimeDelta::minutes(1));
        assert_eq!(carry_on(&world).await, 1);
        let again = asked(&world).await;
        assert_eq!((again.round, again.erasure_id), (first.round, first.erasure_id));
        all_answer(&world, &first, None).await;
        let scheduled = world.erasures.get(&person(1), erasure.id).await.unwrap().unwrap();
        assert_eq!(scheduled.status, ErasureStatus::Scheduled);
    }

    /// The person dies before it is carried out: then the law keeps the record for longer, and their death brings nobody back.
    async fn whoever_has_died_meanwhile_is_judged_so(world: World) {
        let an = an(&world).await;
        let erasure = world.erasures.request(&person(1), of(an)).await.unwrap();
        all_answer(&world, &asked(&world).await, None).await;
        let died = |version| UpdatePatient { patient: an, version,
            profile: ProfileChanges { deceased: Some(true), ..Default::default() } };
        world.patients.update(&nurse(), died(None)).await.unwrap();
        world.ground().clock.set(erasure.due_at);
        assert_eq!(carry_on(&world).await, 1);
        let step = asked(&world).await;
        assert!(step.deceased);
        let until = day(2046, 1, 1);
        all_answer(&world, &step, Some(until)).await;
        world.ground().clock.set(day(2047, 1, 1).and_hms_opt(0, 0, 0).unwrap().and_utc());
        assert_eq!(carry_on(&world).await, 1);
    }

    async fn a_second_wish_takes_the_place_of_the_first(world: World) {
        let an = an(&world).await;
        let first = world.erasures.request(&person(1), of(an)).await.unwrap();
        carry_out(&world, &first, Some(day(2030, 1, 1))).await;
        world.ground().clock.set(day(2029, 12, 31).and_hms_opt(12, 0, 0).unwrap().and_utc());
        let signed = RequestErasure { signed_form: Some("F-3".into()), ..of(an) };
        let second = world.erasures.request(&nurse(), signed).await.unwrap();
        all_answer(&world, &asked(&world).await, None).await;
        world.ground().clock.set(second.due_at);
        assert_eq!(carry_on(&world).await, 1, "one of the two");
        let step = asked(&world).await;
        assert_eq!(step.erasure_id, second.id);
        all_answer(&world, &step, None).await;
        let list = world.erasures.list(&nurse(), &seen(&world, an).await).await.unwrap().unwrap();
        assert!(list.iter().all(|erasure| erasure.status == ErasureStatus::Done && erasure.review_on.is_none()), "{list:?}");
    }

    async fn somebody_who_works_here_keeps_the_account(world: World) {
        let an = an(&world).await;
        let erasure = world.erasures.request(&person(1), of(an)).await.unwrap();
        let mut answers = Vec::new();
        for round in [0, 1] {
            answers = ErasureAnswer::DOMAINS.iter().map(|domain| {
                let mut holdings = Holdings::default();
                if *domain == Domain::Identity {
                    holdings.stay(DataCategory::Account, 1, RetentionBasis::Employment, None);
                }
                ErasureAnswer { erasure_id: erasure.id, patient_id: an, round, domain: *domain, holdings }
            }).collect();
            for answer in answers.clone() {
                hear(&world, answer).await;
            }
            world.ground().clock.set(erasure.due_at);
            carry_on(&world).await;
        }
        // An answer that comes twice changes nothing.
        let after = seen(&world, an).await;
        for answer in answers {
            hear(&world, answer).await;
        }
        assert_eq!(seen(&world, an).await, after);
        assert_eq!((after.has_account, &after.profile.phone), (true, &None));
        // What the account says afterwards is not taken over again.
        world.hear(&updated(user(1), Some("+84933333333"), "en")).await;
        assert_eq!(seen(&world, an).await.profile.phone, None);
    }

    async fn of_many_who_ask_and_many_who_begin_one_does(world: World) {
        let an = an(&world).await;
        let asks = (0..8).map(|_| {
            let service = world.erasures.clone();
            async move { service.request(&person(1), of(an)).await.unwrap().id }
        });
        let ids = futures::future::join_all(asks).await;
        assert!(ids.iter().all(|id| id == &ids[0]), "{ids:?}");
        all_answer(&world, &asked(&world).await, None).await;
        world.ground().clock.advance(TimeDelta::days(2));
        let begun = futures::future::join_all((0..8).map(|_| carry_on(&world))).await;
        assert_eq!(begun.iter().sum::<usize>(), 1, "{begun:?}");
        let steps = world.told().await;
        let asked = steps.iter().filter(|event| matches!(event, PatientsEvent::ErasureAsked { .. }));
        assert_eq!(asked.count(), 2);
    }
}
