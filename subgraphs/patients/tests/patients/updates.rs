//! Changing profiles.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_contracts::events::PatientsEvent;
use caregraph_contracts::ids::PatientId;
use caregraph_kit::change::Change;
use caregraph_kit::failure::Failure;
use caregraph_kit::{Rejection, on_every_engine};
use caregraph_patients::patient::{ProfileChanges, UpdatePatient, UpdateRefusal};
use futures::future::join_all;
use serde_json::json;

const UPDATE: &str = "mutation($input: UpdatePatientInput!) { updatePatient(input: $input) {
    patient { version phone occupation dateOfBirth age deceased }
    errors { __typename ... on UserError { path } } } }";

on_every_engine! {
    async fn null_removes_and_left_out_stays(world: World) {
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        let id = user(1).to_string();
        let set = json!({ "input": { "id": id, "version": 1, "occupation": "  Bác\n sĩ ", "phone": "+84 900 000 001" } });
        let answer = world.ask(&person(1), UPDATE, set).await;
        let patient = &answer["data"]["updatePatient"]["patient"];
        assert_eq!(patient["occupation"], "Bác sĩ");
        assert_eq!(patient["phone"], "+84900000001");
        assert_eq!(patient["version"], 2);
        let clear = json!({ "input": { "id": id, "occupation": null } });
        let answer = world.ask(&person(1), UPDATE, clear).await;
        let patient = &answer["data"]["updatePatient"]["patient"];
        assert_eq!((&patient["occupation"], &patient["phone"]), (&json!(null), &json!("+84900000001")));
        // From now on the account's number is not followed any more.
        world.hear(&updated(user(1), Some("+84900000009"), "vi")).await;
        let patient = world.patients.get(&person(1), PatientId::of_user(user(1))).await.unwrap().unwrap();
        assert_eq!(patient.profile.phone.as_deref(), Some("+84900000001"));
    }

    async fn identification_is_the_front_desks(world: World) {
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        let id = user(1).to_string();
        for field in [
            json!({ "givenName": "X" }),
            json!({ "familyName": "X" }),
            json!({ "dateOfBirth": "1990-04-12" }),
            json!({ "sexAtBirth": "FEMALE" }),
            json!({ "nationalId": "079090001234" }),
            json!({ "bloodType": "O_NEGATIVE" }),
            json!({ "deceased": true }),
            json!({ "deceasedOn": "2026-01-01" }),
        ] {
            let mut input = field.clone();
            input["id"] = json!(id);
            input["occupation"] = json!("must not be kept");
            let answer = world.ask(&person(1), UPDATE, json!({ "input": input })).await;
            let name = field.as_object().unwrap().keys().next().unwrap();
            let refused = json!([{ "__typename": "NotAllowed", "path": ["input", name] }]);
            assert_eq!(answer["data"]["updatePatient"]["errors"], refused, "{field}: {answer}");
            let answer = world.ask(&nurse(), UPDATE, json!({ "input": input })).await;
            assert_eq!(answer["data"]["updatePatient"]["errors"], json!([]), "{field}: {answer}");
            // A form that sends back what it was shown is fine.
            let mut echo = field.clone();
            echo["id"] = json!(id);
            let answer = world.ask(&person(1), UPDATE, json!({ "input": echo })).await;
            assert_eq!(answer["data"]["updatePatient"]["errors"], json!([]), "{field}: {answer}");
            let undo = json!({ "input": { "id": id, "occupation": null } });
            world.ask(&nurse(), UPDATE, undo).await;
        }
    }

    async fn every_field_that_may_not_be_changed_is_refused_at_once(world: World) {
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        let input = json!({ "id": user(1).to_string(), "familyName": "Trần", "bloodType": "O_NEGATIVE", "givenName": "An" });
        let answer = world.ask(&person(1), UPDATE, json!({ "input": input })).await;
        let refused = ["familyName", "bloodType"].map(|field| json!({ "__typename": "NotAllowed", "path": ["input", field] }));
        assert_eq!(answer["data"]["updatePatient"], json!({ "patient": null, "errors": refused }));
    }

    async fn whoever_sees_the_person_only_is_refused_at_the_id(world: World) {
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        world.account(user(903), &[Role::Doctor, Role::Patient], "Em", "Vũ").await;
        world.hear(&booked(&appointment(1, PatientId::of_user(user(1)), user(903), world.now()))).await;
        let doctor = caregraph_kit::testing::principal(user(903), &[Role::Doctor, Role::Patient]);
        let input = json!({ "id": user(1).to_string(), "occupation": "x" });
        let answer = world.ask(&doctor, UPDATE, json!({ "input": input })).await;
        let refused = json!([{ "__typename": "NotAllowed", "path": ["input", "id"] }]);
        assert_eq!(answer["data"]["updatePatient"]["errors"], refused, "{answer}");
    }

    async fn age_is_computed_from_today(world: World) {
        let an = world.born("An", "Nguyễn", day(2000, 3, 3)).await;
        let query = "query($id: ID!) { patient(id: $id) { age dateOfBirth } }";
        let answer = world.ask(&nurse(), query, json!({ "id": id_of(&an) })).await;
        assert_eq!(answer["data"]["patient"], json!({ "age": 25, "dateOfBirth": "2000-03-03" }));
        world.ground().clock.advance(chrono::TimeDelta::days(1));
        let answer = world.ask(&nurse(), query, json!({ "id": id_of(&an) })).await;
        assert_eq!(answer["data"]["patient"]["age"], 26);
    }

    async fn of_two_who_saw_the_same_version_one_is_told(world: World) {
        let an = world.walk_in(named("An", "Nguyễn")).await;
        let change = |profile| UpdatePatient { patient: an.id, version: Some(an.version), profile };
        let front_desk = nurse();
        let (one, two) = tokio::join!(
            world.patients.update(&front_desk, change(ProfileChanges {
                occupation: Change::Set("Cook".into()),
                ..Default::default()
            })),
            world.patients.update(&front_desk, change(ProfileChanges {
                phone: Change::Set("+84900000001".into()),
                ..Default::default()
            })),
        );
        let conflicts = [&one, &two].into_iter().filter(|result| {
            matches!(result, Err(Failure::Refused(why)) if matches!(&why[..], [UpdateRefusal::Common(Rejection::Conflict { .. })]))
        });
        assert_eq!(conflicts.count(), 1, "{one:?} {two:?}");
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
    }

    async fn changes_without_a_version_are_all_kept(world: World) {
        let an = world.walk_in(named("An", "Nguyễn")).await;
        let changes = [
            ProfileChanges { occupation: Change::Set("Cook".into()), ..Default::default() },
            ProfileChanges { phone: Change::Set("+84900000001".into()), ..Default::default() },
            ProfileChanges { national_id: Change::Set("079090001234".into()), ..Default::default() },
            ProfileChanges { preferred_language: Some("en".into()), ..Default::default() },
            ProfileChanges { date_of_birth: Change::Set(day(1990, 4, 12)), ..Default::default() },
        ];
        let front_desk = nurse();
        let updates = changes.into_iter().map(|profile| {
            world.patients.update(&front_desk, UpdatePatient { patient: an.id, version: None, profile })
        });
        for result in join_all(updates).await {
            result.unwrap();
        }
        let after = world.patients.get(&front_desk, an.id).await.unwrap().unwrap();
        assert_eq!(after.version, an.version + 5);
        assert_eq!(after.profile.occupation.as_deref(), Some("Cook"));
        assert_eq!(after.profile.phone.as_deref(), Some("+84900000001"));
        assert_eq!(after.profile.identification.national_id.as_deref(), Some("079090001234"));
        assert_eq!(after.profile.preferred_language.tag(), "en");
        assert_eq!(after.profile.identification.date_of_birth, Some(day(1990, 4, 12)));
    }

    async fn others_hear_of_what_concerns_them_only(world: World) {
        let an = world.walk_in(named("An", "Nguyễn")).await;
        let update = |profile| UpdatePatient { patient: an.id, version: None, profile };
        let private = ProfileChanges { occupation: Change::Set("Cook".into()), ..Default::default() };
        world.patients.update(&nurse(), update(private.clone())).await.unwrap();
        assert_eq!(world.told().await.len(), 1);
        // The same once more is no change at all.
        let same = world.patients.update(&nurse(), update(private)).await.unwrap();
        assert_eq!(same.version, 2);
        let died = ProfileChanges { deceased_on: Change::Set(day(2026, 3, 1)), ..Default::default() };
        let patient = world.patients.update(&nurse(), update(died)).await.unwrap();
        assert_eq!(world.told().await[1..], [PatientsEvent::PatientUpdated { patient: patient.facts() }]);
        assert!(patient.facts().deceased);
    }
}
