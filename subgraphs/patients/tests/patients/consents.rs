//! Consents: who gives them, what they open, and how they end.

use crate::world::*;
use caregraph_contracts::events::{ConsentFacts, PatientsEvent};
use caregraph_contracts::ids::{ConsentId, PatientId};
use caregraph_contracts::{RecordPart, Role};
use caregraph_kit::auth::Principal;
use caregraph_kit::failure::Failure;
use caregraph_kit::{Rejection, on_every_engine};
use caregraph_patients::consent::{Consent, GrantConsent, GrantRefusal, RevokeConsent};
use caregraph_patients::patient::{AddDependant, GuardianRelationship};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

const GRANT: &str = "mutation($input: GrantConsentInput!) { grantConsent(input: $input) {
    consent { id grantee { id } parts until active purpose signedForm grantedBy { id } revocation { at } }
    errors { __typename ... on UserError { path } } } }";
const REVOKE: &str = "mutation($input: RevokeConsentInput!) { revokeConsent(input: $input) {
    consent { active revocation { by { id } reason signedForm } } errors { __typename ... on UserError { path } } } }";
const SHOWN: &str = "query($id: ID!, $filter: ConsentFilterInput, $after: String, $first: Int) { patient(id: $id) {
    consents(filter: $filter, first: $first, after: $after) { nodes { purpose active } pageInfo { hasNextPage endCursor } } } }";

async fn an(world: &World) -> PatientId {
    world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
    world.account(user(2), &[Role::Patient], "Bình", "Trần").await;
    world.account(user(901), &[Role::Doctor], "Chi", "Lê").await;
    world.account(user(902), &[Role::Admin], "Dũng", "Phạm").await;
    PatientId::of_user(user(1))
}

fn to_doctor(patient: PatientId, key: &str) -> GrantConsent {
    GrantConsent {
        patient,
        grantee: user(901),
        parts: vec![RecordPart::Vitals],
        all_parts: false,
        until: None,
        purpose: None,
        signed_form: None,
        idempotency_key: key.into(),
    }
}

fn withdrawing(consent: &Consent) -> RevokeConsent {
    RevokeConsent {
        consent: consent.id,
        reason: None,
        signed_form: None,
    }
}

async fn sees(world: &World, who: &Principal, patient: PatientId) -> bool {
    world.patients.get(who, patient).await.unwrap().is_some()
}

/// Everything told about consents: on whose record, until when, and whether it was withdrawn.
async fn told(world: &World) -> Vec<(PatientId, ConsentId, Option<DateTime<Utc>>, bool)> {
    let all = world.told().await.into_iter();
    all.filter_map(|event| match event {
        PatientsEvent::ConsentChanged {
            patient_id,
            consent:
                ConsentFacts {
                    consent_id,
                    until,
                    revoked,
                    ..
                },
        } => Some((patient_id, consent_id, until, revoked)),
        _ => None,
    })
    .collect()
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, Failure<GrantRefusal>>) -> GrantRefusal {
    match outcome {
        Err(Failure::Refused(mut why)) if why.len() == 1 => why.remove(0),
        other => panic!("expected one refusal, got {other:?}"),
    }
}

on_every_engine! {
    async fn a_consent_opens_the_patient_until_it_is_withdrawn(world: World) {
        let an = an(&world).await;
        assert!(!sees(&world, &doctor(), an).await);
        let input = json!({ "patientId": user(1).to_string(), "granteeId": user(901).to_string(), "allParts": true,
            "purpose": " Second opinion ", "idempotencyKey": "k-1" });
        let answer = world.ask(&person(1), GRANT, json!({ "input": input })).await;
        let consent = &answer["data"]["grantConsent"]["consent"];
        assert_eq!(consent["parts"].as_array().unwrap().len(), RecordPart::ALL.len(), "{answer}");
        assert_eq!((&consent["active"], &consent["purpose"], &consent["until"]), (&json!(true), &json!("Second opinion"), &json!(null)));
        assert_eq!((&consent["grantedBy"]["id"], &consent["grantee"]["id"]), (&json!(user(1).to_string()), &json!(user(901).to_string())));
        assert!(sees(&world, &doctor(), an).await);
        let list = world.ask(&doctor(), "{ patients { edges { node { id } } } }", json!({})).await;
        assert_eq!(list["data"]["patients"]["edges"][0]["node"]["id"], user(1).to_string());
        let in_care = world.ask(&doctor(), "{ patients(filter: { inMyCare: true }) { edges { node { id } } } }", json!({})).await;
        assert_eq!(in_care["data"]["patients"]["edges"], json!([]), "a consent is no care relationship");

        let id = consent["id"].clone();
        let answer = world.ask(&person(1), REVOKE, json!({ "input": { "consentId": id, "reason": "Moved away" } })).await;
        let revoked = &answer["data"]["revokeConsent"]["consent"];
        assert_eq!(revoked["active"], false, "{answer}");
        assert_eq!(revoked["revocation"], json!({ "by": { "id": user(1).to_string() }, "reason": "Moved away", "signedForm": null }));
        assert!(!sees(&world, &doctor(), an).await);
        let told = told(&world).await;
        assert_eq!(told.iter().map(|(patient, _, _, revoked)| (*patient, *revoked)).collect::<Vec<_>>(), [(an, false), (an, true)]);
        assert_eq!(json!(told[0].1.to_string()), id);
    }

    async fn it_ends_by_itself(world: World) {
        let an = an(&world).await;
        let until = world.now() + TimeDelta::hours(2);
        let consent = world.consents.grant(&person(1), GrantConsent { until: Some(until), ..to_doctor(an, "k") }).await.unwrap();
        world.ground().clock.set(until - TimeDelta::microseconds(1));
        assert!(sees(&world, &doctor(), an).await);
        world.ground().clock.set(until);
        assert!(!sees(&world, &doctor(), an).await);
        let late = world.consents.revoke(&person(1), withdrawing(&consent)).await;
        assert!(matches!(&late, Err(Failure::Refused(why)) if matches!(why[..], [Rejection::Conflict { .. }])), "{late:?}");
        assert_eq!(told(&world).await, [(an, consent.id, Some(until), false)]);
        // The same key still gets the first answer, though its end lies in the past now.
        let again = world.consents.grant(&person(1), GrantConsent { until: Some(until), ..to_doctor(an, "k") }).await.unwrap();
        assert_eq!(again, consent);
    }

    async fn a_guardian_speaks_for_a_child(world: World) {
        an(&world).await;
        let command = AddDependant { relationship: GuardianRelationship::Parent, profile: named("Bé", "Nguyễn") };
        let child = world.patients.add_dependant(&person(1), command).await.unwrap();
        let consent = world.consents.grant(&person(1), to_doctor(child.id, "k")).await.unwrap();
        assert_eq!(consent.granted_by, user(1));
        assert!(sees(&world, &doctor(), child.id).await);
        world.consents.revoke(&person(1), withdrawing(&consent)).await.unwrap();
        assert!(!sees(&world, &doctor(), child.id).await);
    }

    async fn the_front_desk_needs_a_signed_form(world: World) {
        let an = an(&world).await;
        let refused = refusal(world.consents.grant(&nurse(), to_doctor(an, "k-1")).await);
        assert!(matches!(&refused, GrantRefusal::Common(Rejection::Invalid { path, .. }) if path == &["signedForm"]), "{refused:?}");
        let signed = GrantConsent { signed_form: Some("F-2026-17".into()), ..to_doctor(an, "k-2") };
        let consent = world.consents.grant(&nurse(), signed).await.unwrap();
        assert_eq!((consent.granted_by, consent.granting_form.as_deref()), (user(900), Some("F-2026-17")));
        assert!(world.consents.revoke(&nurse(), withdrawing(&consent)).await.is_err());
        assert!(sees(&world, &doctor(), an).await);
        let signed = RevokeConsent { signed_form: Some("F-2026-18".into()), ..withdrawing(&consent) };
        let revocation = world.consents.revoke(&nurse(), signed).await.unwrap().revocation.unwrap();
        assert_eq!((revocation.by, revocation.form.as_deref()), (user(900), Some("F-2026-18")));
    }

    async fn nobody_else_gives_or_withdraws_one(world: World) {
        let an = an(&world).await;
        let consent = world.consents.grant(&person(1), to_doctor(an, "k")).await.unwrap();
        for who in [doctor(), admin()] {
            assert!(matches!(world.consents.grant(&who, to_doctor(an, "x")).await, Err(Failure::Denied(_))));
            assert!(matches!(world.consents.revoke(&who, withdrawing(&consent)).await, Err(Failure::Denied(_))));
        }
        let stranger = refusal(world.consents.grant(&person(2), to_doctor(an, "x")).await);
        assert_eq!(stranger, GrantRefusal::Common(Rejection::not_found("patientId", "patient")));
        let stranger = world.consents.revoke(&person(2), withdrawing(&consent)).await;
        assert!(matches!(&stranger, Err(Failure::Refused(why)) if why == &[Rejection::not_found("consentId", "consent")]), "{stranger:?}");
        // Somebody who gives care here and is a patient too sees the patient by the consent, and still may not change it.
        let both = caregraph_kit::testing::principal(user(901), &[Role::Doctor, Role::Patient]);
        let refused = refusal(world.consents.grant(&both, to_doctor(an, "x")).await);
        assert!(matches!(refused, GrantRefusal::Common(Rejection::NotAllowed { .. })), "{refused:?}");
        let refused = world.consents.revoke(&both, withdrawing(&consent)).await;
        assert!(matches!(&refused, Err(Failure::Refused(why)) if matches!(why[..], [Rejection::NotAllowed { .. }])), "{refused:?}");
        // A doctor who sees the patient by another way knows nothing of a consent for somebody else.
        world.account(user(903), &[Role::Doctor, Role::Patient], "Em", "Vũ").await;
        world.hear(&booked(&appointment(1, an, user(903), world.now()))).await;
        let other = caregraph_kit::testing::principal(user(903), &[Role::Doctor, Role::Patient]);
        let refused = world.consents.revoke(&other, withdrawing(&consent)).await;
        assert!(matches!(&refused, Err(Failure::Refused(why)) if why == &[Rejection::not_found("consentId", "consent")]), "{refused:?}");
        assert_eq!(told(&world).await.len(), 1);
    }

    async fn only_people_who_give_care_get_one(world: World) {
        let an = an(&world).await;
        for (n, nobody) in [2, 902, 999].into_iter().enumerate() {
            let command = GrantConsent { grantee: user(nobody), ..to_doctor(an, &format!("k-{n}")) };
            let refused = refusal(world.consents.grant(&person(1), command).await);
            assert_eq!(refused, GrantRefusal::Common(Rejection::not_found("granteeId", "practitioner")), "{nobody}");
        }
        assert_eq!(told(&world).await, []);
    }

    async fn whoever_sees_the_patient_sees_what_concerns_them(world: World) {
        let an = an(&world).await;
        world.account(user(903), &[Role::Doctor], "Em", "Vũ").await;
        for (n, grantee) in [(1, 901), (2, 903), (3, 901)] {
            world.ground().clock.advance(TimeDelta::minutes(1));
            let purpose = Some(format!("c-{n}"));
            let command = GrantConsent { grantee: user(grantee), purpose, ..to_doctor(an, &format!("k-{n}")) };
            let consent = world.consents.grant(&person(1), command).await.unwrap();
            if n == 3 {
                world.consents.revoke(&person(1), withdrawing(&consent)).await.unwrap();
            }
        }
        let shown = |who: Principal, filter: serde_json::Value| {
            let world = &world;
            async move {
                let answer = world.ask(&who, SHOWN, json!({ "id": user(1).to_string(), "filter": filter })).await;
                let nodes = answer["data"]["patient"]["consents"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
                nodes.iter().map(|node| node["purpose"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            }
        };
        assert_eq!(shown(person(1), json!(null)).await, ["c-3", "c-2", "c-1"]);
        assert_eq!(shown(nurse(), json!({ "active": true })).await, ["c-2", "c-1"]);
        assert_eq!(shown(person(1), json!({ "active": false })).await, ["c-3"]);
        assert_eq!(shown(person(1), json!({ "granteeId": user(903).to_string() })).await, ["c-2"]);
        assert_eq!(shown(doctor(), json!(null)).await, ["c-3", "c-1"]);
        assert!(shown(doctor(), json!({ "granteeId": user(903).to_string() })).await.is_empty());
        let first = world.ask(&person(1), SHOWN, json!({ "id": user(1).to_string(), "first": 2 })).await;
        let info = &first["data"]["patient"]["consents"]["pageInfo"];
        assert_eq!(info["hasNextPage"], true);
        let rest = world.ask(&person(1), SHOWN, json!({ "id": user(1).to_string(), "first": 2, "after": info["endCursor"] })).await;
        let rest = &rest["data"]["patient"]["consents"];
        assert_eq!((rest["nodes"][0]["purpose"].as_str(), &rest["pageInfo"]["hasNextPage"]), (Some("c-1"), &json!(false)));
    }

    /// Also when the requests come at once.
    async fn at_most_fifty_hold_at_a_time(world: World) {
        let an = an(&world).await;
        let mut first = None;
        for n in 0..48 {
            let consent = world.consents.grant(&person(1), to_doctor(an, &format!("k-{n}"))).await.unwrap();
            first.get_or_insert(consent);
        }
        let grant = |n: u32| {
            let world = &world;
            async move { world.consents.grant(&person(1), to_doctor(an, &format!("race-{n}"))).await }
        };
        let outcomes = futures::future::join_all((0..5).map(grant)).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2);
        let lost = outcomes.iter().position(Result::is_err).unwrap();
        for refused in outcomes.into_iter().filter(Result::is_err) {
            assert_eq!(refusal(refused), GrantRefusal::TooMany);
        }
        let input = json!({ "patientId": user(1).to_string(), "granteeId": user(901).to_string(), "parts": ["VITALS"], "idempotencyKey": "k-x" });
        let answer = world.ask(&person(1), GRANT, json!({ "input": input })).await;
        assert_eq!(answer["data"]["grantConsent"]["errors"], json!([{ "__typename": "TooManyConsents", "path": [] }]));
        // Whoever makes room has room; whoever was told "no" under a key is told so again.
        world.consents.revoke(&person(1), withdrawing(&first.unwrap())).await.unwrap();
        assert_eq!(refusal(grant(u32::try_from(lost).unwrap()).await), GrantRefusal::TooMany);
        world.consents.grant(&person(1), to_doctor(an, "fresh")).await.unwrap();
        assert_eq!(told(&world).await.len(), 50 + 2);
    }

    async fn the_same_key_grants_once(world: World) {
        let an = an(&world).await;
        let grant = |_| async { world.consents.grant(&person(1), to_doctor(an, "k")).await.unwrap() };
        let answers: Vec<Consent> = futures::future::join_all((0..6).map(grant)).await;
        assert!(answers.iter().all(|consent| consent == &answers[0]));
        let other = GrantConsent { parts: vec![RecordPart::Encounters], ..to_doctor(an, "k") };
        let refused = refusal(world.consents.grant(&person(1), other).await);
        assert!(matches!(&refused, GrantRefusal::Common(Rejection::Conflict { path, .. }) if path == &["idempotencyKey"]), "{refused:?}");
        assert_eq!(told(&world).await.len(), 1);
    }

    /// A client may repeat across an upgrade, so what a request is compared by stays: the SHA-256 of
    /// `{"patient":…,"grantee":…,"parts":[…],"until":null,"purpose":null,"signed_form":null}`, where all parts are named.
    async fn a_key_that_an_earlier_version_knows_stays_good(world: World) {
        let an = an(&world).await;
        let all = |key: &str| GrantConsent { parts: Vec::new(), all_parts: true, ..to_doctor(an, key) };
        let consent = world.consents.grant(&person(1), all("k-all")).await.unwrap();
        world.consents.grant(&person(1), to_doctor(an, "k-one")).await.unwrap();
        let reader = world.ground().database.reader();
        for (key, fingerprint) in [
            ("k-one", "ffe3e8096cfad227b2aa6754706527e89b5071272cdd61b20111775dc03050ff"),
            ("k-all", "cc0b27ab46a614b2005436d02d5c3aa43415453265395bc537a44db17d092d30"),
        ] {
            let sql = format!("SELECT fingerprint FROM idempotency_keys WHERE fingerprint = '{fingerprint}'");
            let rows = reader.query_all_raw(Statement::from_string(reader.get_database_backend(), sql)).await.unwrap();
            assert_eq!(rows.len(), 1, "{key}");
        }
        // As earlier versions read `allParts`.
        let named = GrantConsent { parts: RecordPart::ALL.to_vec(), ..to_doctor(an, "k-all") };
        assert_eq!(world.consents.grant(&person(1), named).await.unwrap(), consent);
        assert_eq!(world.consents.grant(&person(1), all("k-all")).await.unwrap(), consent);
    }

    async fn it_is_withdrawn_once(world: World) {
        let an = an(&world).await;
        let consent = world.consents.grant(&person(1), to_doctor(an, "k")).await.unwrap();
        let revoke = |_| async { world.consents.revoke(&person(1), withdrawing(&consent)).await };
        let outcomes = futures::future::join_all((0..6).map(revoke)).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        for refused in outcomes.into_iter().filter_map(Result::err) {
            assert!(matches!(&refused, Failure::Refused(why) if matches!(why[..], [Rejection::Conflict { .. }])), "{refused:?}");
        }
        assert_eq!(told(&world).await.len(), 2);
    }

    async fn some_parts_and_all_of_them_contradict_each_other(world: World) {
        let an = an(&world).await;
        let mut input = json!({ "patientId": user(1).to_string(), "granteeId": user(901).to_string(), "parts": ["VITALS"], "allParts": true,
            "idempotencyKey": "k" });
        let answer = world.ask(&person(1), GRANT, json!({ "input": input })).await;
        let refused = json!([{ "__typename": "InvalidInput", "path": ["input", "parts"] }]);
        assert_eq!(answer["data"]["grantConsent"], json!({ "consent": null, "errors": refused }));
        assert!(!sees(&world, &doctor(), an).await);
        assert_eq!(told(&world).await, []);
        // Nothing was done under the key, so it is free for what was meant.
        input["allParts"] = json!(false);
        let answer = world.ask(&person(1), GRANT, json!({ "input": input })).await;
        assert_eq!(answer["data"]["grantConsent"]["consent"]["parts"], json!(["VITALS"]), "{answer}");
        // A form that names nothing and opens everything is clear.
        input["parts"] = json!([]);
        input["allParts"] = json!(true);
        input["idempotencyKey"] = json!("k-2");
        let answer = world.ask(&person(1), GRANT, json!({ "input": input })).await;
        let parts = answer["data"]["grantConsent"]["consent"]["parts"].as_array().unwrap();
        assert_eq!(parts.len(), RecordPart::ALL.len(), "{answer}");
    }

    async fn absurd_terms_are_refused_where_they_stand(world: World) {
        an(&world).await;
        let huge = "x".repeat(1_000_000);
        for (field, value, place) in [
            ("parts", json!([]), "parts"),
            ("until", json!("2026-03-02T08:00:00Z"), "until"),
            ("until", json!("2036-03-02T08:00:01Z"), "until"),
            ("until", json!("9999-12-31T23:59:59Z"), "until"),
            ("purpose", json!(huge), "purpose"),
            ("signedForm", json!(huge), "signedForm"),
            ("idempotencyKey", json!(""), "idempotencyKey"),
            ("idempotencyKey", json!("a b"), "idempotencyKey"),
            ("idempotencyKey", json!(huge), "idempotencyKey"),
            ("patientId", json!("' OR 1=1"), "patientId"),
            ("granteeId", json!("nobody"), "granteeId"),
        ] {
            let mut input = json!({ "patientId": user(1).to_string(), "granteeId": user(901).to_string(), "parts": ["VITALS"],
                "idempotencyKey": format!("k-{place}") });
            input[field] = value;
            let answer = world.ask(&person(1), GRANT, json!({ "input": input })).await;
            assert_eq!(answer["data"]["grantConsent"]["errors"][0]["path"], json!(["input", place]), "{field}: {answer}");
        }
        for id in ["", "42", &user(5).to_string()] {
            let answer = world.ask(&person(1), REVOKE, json!({ "input": { "consentId": id } })).await;
            assert_eq!(answer["data"]["revokeConsent"]["errors"], json!([{ "__typename": "NotFound", "path": ["input", "consentId"] }]));
        }
        assert_eq!(told(&world).await, []);
    }

    async fn old_answers_are_forgotten(world: World) {
        let an = an(&world).await;
        world.consents.grant(&person(1), to_doctor(an, "k")).await.unwrap();
        assert_eq!(world.consents.forget_old_answers().await.unwrap(), 0);
        world.ground().clock.advance(TimeDelta::days(31));
        assert_eq!(world.consents.forget_old_answers().await.unwrap(), 1);
    }

    async fn broken_glass_shows_the_patient_until_it_ends(world: World) {
        let an = an(&world).await;
        let until = world.now() + TimeDelta::hours(1);
        let broken = |until| caregraph_contracts::events::RecordsEvent::GlassBroken {
            patient_id: an,
            user_id: user(901),
            reason: "Unconscious".into(),
            until,
        };
        let event = world.envelope(&broken(until));
        world.deliver(&event).await;
        world.deliver(&event).await;
        assert!(sees(&world, &doctor(), an).await);
        assert!(!sees(&world, &caregraph_kit::testing::principal(user(905), &[Role::Doctor]), an).await);
        // Heard late, an earlier one shortens nothing.
        world.hear(&broken(until - TimeDelta::minutes(30))).await;
        world.ground().clock.set(until - TimeDelta::microseconds(1));
        assert!(sees(&world, &doctor(), an).await);
        world.ground().clock.set(until);
        assert!(!sees(&world, &doctor(), an).await);
        world.hear(&broken(until + TimeDelta::hours(1))).await;
        assert!(sees(&world, &doctor(), an).await);
        assert_eq!(told(&world).await, []);
    }
}
