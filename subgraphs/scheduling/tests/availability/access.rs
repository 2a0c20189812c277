//! Who may do what, for every root field of the catalogue, schedules and free times.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_kit::auth::Principal;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::principal;
use serde_json::{Value, json};

/// What somebody got: data, a refusal in the payload, or a closed door.
fn verdict(answer: &Value) -> String {
    if answer["errors"].is_array() {
        return code(answer).to_owned();
    }
    let root = answer["data"].as_object().unwrap().values().next().unwrap();
    match root["errors"].as_array().and_then(|errors| errors.first()) {
        Some(error) => error["__typename"].as_str().unwrap().to_owned(),
        None => "yes".to_owned(),
    }
}

fn everybody() -> [(&'static str, Principal); 8] {
    [
        ("anonymous", Principal::anonymous()),
        ("patient", patient()),
        ("doctor", doctor(an())),
        ("other doctor", doctor(binh())),
        ("nurse", nurse()),
        ("pharmacist", principal(id(24), &[Role::Pharmacist])),
        ("insurer", principal(id(25), &[Role::InsuranceProvider])),
        ("admin", admin()),
    ]
}

async fn everybody_gets(world: &World, query: &str, variables: impl AsyncFn() -> Value, expected: [&str; 8]) {
    for ((name, who), expected) in everybody().into_iter().zip(expected) {
        let answer = world.ask(&who, query, variables().await).await;
        assert_eq!(verdict(&answer), expected, "{name}: {query}\n{answer}");
    }
}

const YES: [&str; 8] = ["yes"; 8];
const OWN_SCHEDULE: [&str; 8] = [
    "UNAUTHENTICATED",
    "FORBIDDEN",
    "yes",
    "NotAllowed",
    "yes",
    "FORBIDDEN",
    "FORBIDDEN",
    "yes",
];

on_every_engine! {
    async fn the_catalogue_and_free_times_are_public(world: World) {
        world.weekdays(an(), "08:00", "12:00", berlin()).await;
        let service = world.save(consultation(&[an()])).await;
        let id = service.id.to_string();
        let one = async || json!({ "id": id });
        everybody_gets(&world, "query($id: ID!) { medicalService(id: $id) { code fee { amount currency } practitioners { id } } }", one, YES).await;
        everybody_gets(&world, "{ medicalServices { edges { node { name } } } }", async || json!({}), YES).await;
        let slots = async || json!({ "input": { "serviceId": id, "from": "2026-03-03", "to": "2026-03-04" } });
        let query = "query($input: AvailableSlotsInput!) {
            availableSlots(input: $input) { start end timeZone practitioner { id } location { id } service { id name } } }";
        everybody_gets(&world, query, slots, YES).await;
        let month = async || json!({ "input": { "serviceId": id, "month": "2026-03" } });
        let query = "query($input: AvailabilityCalendarInput!) {
            availabilityCalendar(input: $input) { date freeSlots practitioners { freeSlots practitioner { id } } } }";
        everybody_gets(&world, query, month, YES).await;
        let answer = world.ask(&Principal::anonymous(), query, json!({ "input": { "serviceId": id, "month": "2026-03" } })).await;
        assert_eq!(answer["data"]["availabilityCalendar"][2], json!({
            "date": "2026-03-03",
            "freeSlots": 8,
            "practitioners": [{ "freeSlots": 8, "practitioner": { "id": an().to_string() } }],
        }));
    }

    async fn only_administrators_change_the_catalogue(world: World) {
        let number = std::sync::atomic::AtomicU32::new(0);
        let service = async || {
            let number = number.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            json!({ "input": {
                "code": format!("S-{number}"), "name": "Khám", "category": "GENERAL_CHECKUP", "durationMinutes": 30,
                "fee": { "amount": "250000", "currency": "VND" }, "practitionerIds": [an().to_string()],
            } })
        };
        let query = "mutation($input: SaveMedicalServiceInput!) {
            saveMedicalService(input: $input) { service { id slotStepMinutes active } errors { __typename } } }";
        let expected =
            ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "yes"];
        everybody_gets(&world, query, service, expected).await;
        // A closed door says nothing about the form behind it.
        let wrong = json!({ "input": {
            "code": "", "name": "", "category": "LAB_TEST", "durationMinutes": -1,
            "fee": { "amount": "0.5", "currency": "VND" }, "practitionerIds": [],
        } });
        assert_eq!(verdict(&world.ask(&patient(), query, wrong.clone()).await), "FORBIDDEN");
        assert_eq!(verdict(&world.ask(&admin(), query, wrong).await), "InvalidInput");
    }

    async fn schedules_are_changed_by_their_owner_and_by_managers(world: World) {
        let practitioner = an().to_string();
        let week = async || json!({ "input": { "practitionerId": practitioner, "rules": [
            { "weekday": "MONDAY", "start": "08:00", "end": "12:00", "locationId": berlin().to_string() },
        ] } });
        let query = "mutation($input: SetWorkingHoursInput!) {
            setWorkingHours(input: $input) { workingHours { weekday start end location { id } } errors { __typename } } }";
        everybody_gets(&world, query, week, OWN_SCHEDULE).await;

        let absence = async || json!({ "input": {
            "practitionerId": practitioner, "firstDay": "2026-03-09", "lastDay": "2026-03-10", "reason": "Fishing",
        } });
        let query = "mutation($input: AddAbsenceInput!) { addAbsence(input: $input) {
            absence { start end reason affectedAppointments { id } practitioner { id } } errors { __typename } } }";
        everybody_gets(&world, query, absence, OWN_SCHEDULE).await;

        let entry = async || {
            let command = caregraph_scheduling::absence::AddAbsence {
                practitioner: an(),
                period: caregraph_scheduling::absence::AbsencePeriod::Days { first: tuesday(), last: tuesday() },
                reason: None,
            };
            let added = world.services.absences.add(&admin(), command).await.unwrap();
            json!({ "input": { "id": added.id.to_string() } })
        };
        let query = "mutation($input: RemoveAbsenceInput!) {
            removeAbsence(input: $input) { absence { id } errors { __typename } } }";
        everybody_gets(&world, query, entry, OWN_SCHEDULE).await;

        let day = std::sync::atomic::AtomicU32::new(10);
        let next_day = || day.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let extra = async || json!({ "input": {
            "practitionerId": practitioner, "date": date(2026, 4, next_day()).to_string(), "start": "18:00", "end": "20:00",
            "locationId": berlin().to_string(),
        } });
        let query = "mutation($input: AddExtraHoursInput!) { addExtraHours(input: $input) {
            extraHours { date start end location { id } practitioner { id } } errors { __typename } } }";
        everybody_gets(&world, query, extra, OWN_SCHEDULE).await;

        let entry = async || {
            let command = caregraph_scheduling::extra_hours::AddExtraHours {
                practitioner: an(),
                date: date(2026, 4, next_day()),
                hours: hours("18:00", "20:00"),
                location: berlin(),
            };
            let added = world.services.extra_hours.add(&admin(), command).await.unwrap();
            json!({ "input": { "id": added.id.to_string() } })
        };
        let query = "mutation($input: RemoveExtraHoursInput!) {
            removeExtraHours(input: $input) { extraHours { id } errors { __typename } } }";
        everybody_gets(&world, query, entry, OWN_SCHEDULE).await;
    }

    async fn hours_are_public_and_absences_are_not(world: World) {
        world.weekdays(an(), "08:00", "12:00", berlin()).await;
        let absence = json!({ "input": {
            "practitionerId": an().to_string(), "start": "2026-03-03T07:00:00Z", "end": "2026-03-03T09:00:00Z", "reason": "Dentist",
        } });
        let query = "mutation($input: AddAbsenceInput!) { addAbsence(input: $input) { errors { __typename } } }";
        assert_eq!(verdict(&world.ask(&doctor(an()), query, absence).await), "yes");
        let query = "query($representations: [_Any!]!) { _entities(representations: $representations) {
            ... on Practitioner { id workingHours { weekday start end validFrom } extraHours { id } absences { start reason } } } }";
        let representations = json!({ "representations": [
            { "__typename": "Practitioner", "id": an().to_string() },
            { "__typename": "Practitioner", "id": binh().to_string() },
        ] });
        for (name, who) in everybody() {
            let answer = world.ask(&who, query, representations.clone()).await;
            let found = &answer["data"]["_entities"];
            assert_eq!(found[0]["workingHours"].as_array().map(Vec::len), Some(5), "{name}: {answer}");
            assert_eq!(found[0]["workingHours"][0], json!({ "weekday": "MONDAY", "start": "08:00", "end": "12:00", "validFrom": null }));
            let reason = match name {
                "doctor" | "nurse" | "admin" => json!([{ "start": "2026-03-03T07:00:00+00:00", "reason": "Dentist" }]),
                "other doctor" | "pharmacist" => json!([{ "start": "2026-03-03T07:00:00+00:00", "reason": null }]),
                _ => Value::Null,
            };
            assert_eq!(found[0]["absences"], reason, "{name}");
            assert_eq!(found[1]["workingHours"], json!([]));
        }
    }

    async fn services_are_entities_and_hide_who_has_left(world: World) {
        let service = world.save(consultation(&[an(), binh()])).await;
        world.practitioner(&caregraph_contracts::events::PractitionerFacts { active: false, ..facts(binh(), "Bình") }).await;
        let query = "query($representations: [_Any!]!) { _entities(representations: $representations) {
            ... on MedicalService { id code name durationMinutes category fee { amount } practitioners { id } version } } }";
        let representations = json!({ "representations": [
            { "__typename": "MedicalService", "id": service.id.to_string() },
            { "__typename": "MedicalService", "id": "nonsense" },
            { "__typename": "MedicalService", "id": unknown::<uuid::Uuid>().to_string() },
        ] });
        let answer = world.ask(&Principal::anonymous(), query, representations.clone()).await;
        assert_eq!(answer["data"]["_entities"], json!([
            {
                "id": service.id.to_string(), "code": "CONSULT", "name": "Tư vấn", "durationMinutes": 30,
                "category": "SPECIALIST_CONSULTATION", "fee": { "amount": "250000" },
                "practitioners": [{ "id": an().to_string() }], "version": 1,
            },
            null,
            null,
        ]));
        let answer = world.ask(&admin(), query, representations).await;
        assert_eq!(answer["data"]["_entities"][0]["practitioners"].as_array().map(Vec::len), Some(2));
    }
}
