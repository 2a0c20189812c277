//! Nonsense gets a clear answer and changes nothing.

use crate::world::*;
use caregraph_kit::auth::Principal;
use caregraph_kit::on_every_engine;
use serde_json::{Value, json};

const SLOTS: &str = "query($input: AvailableSlotsInput!) { availableSlots(input: $input) { start } }";
const CALENDAR: &str =
    "query($input: AvailabilityCalendarInput!) { availabilityCalendar(input: $input) { date } }";
const WEEK: &str = "mutation($input: SetWorkingHoursInput!) {
    setWorkingHours(input: $input) { workingHours { start } errors { __typename ... on UserError { message path } } } }";
const ABSENCE: &str = "mutation($input: AddAbsenceInput!) {
    addAbsence(input: $input) { absence { id } errors { __typename ... on UserError { message path } } } }";
const EXTRA: &str = "mutation($input: AddExtraHoursInput!) {
    addExtraHours(input: $input) { extraHours { id } errors { __typename ... on UserError { message path } } } }";
const SERVICE: &str = "mutation($input: SaveMedicalServiceInput!) {
    saveMedicalService(input: $input) { service { id } errors { __typename ... on UserError { message path } } } }";

/// The same object with something else in it.
fn with(base: &Value, changes: &Value) -> Value {
    let mut other = base.clone();
    for (key, value) in changes.as_object().unwrap() {
        other[key] = value.clone();
    }
    other
}

/// Where the refusals in a payload point to.
fn refusals(answer: &Value) -> Vec<(String, String)> {
    let root = answer["data"]
        .as_object()
        .unwrap_or_else(|| panic!("{answer}"))
        .values()
        .next()
        .unwrap();
    let errors = root["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|error| {
            let path: Vec<_> = error["path"]
                .as_array()
                .unwrap()
                .iter()
                .map(|part| part.as_str().unwrap())
                .collect();
            (error["__typename"].as_str().unwrap().to_owned(), path.join("."))
        })
        .collect()
}

fn refused(kind: &str, path: &str) -> Vec<(String, String)> {
    vec![(kind.to_owned(), path.to_owned())]
}

on_every_engine! {
    async fn questions_about_free_times_have_bounds(world: World) {
        world.weekdays(an(), "00:00", "24:00", berlin()).await;
        let service = world.save(consultation(&[an()])).await;
        let base = json!({ "serviceId": service.id.to_string(), "from": "2026-03-03", "to": "2026-03-03" });
        for (changes, expected) in [
            (json!({ "to": "2026-03-02" }), "BAD_USER_INPUT"),
            (json!({ "from": "2026-03-01", "to": "2026-05-02" }), "BAD_USER_INPUT"),
            (json!({ "to": "2036-03-03" }), "BAD_USER_INPUT"),
            (json!({ "from": "0001-01-01", "to": "9999-12-31" }), "BAD_USER_INPUT"),
            (json!({ "serviceId": "nonsense" }), "NOT_FOUND"),
            (json!({ "serviceId": unknown::<uuid::Uuid>().to_string() }), "NOT_FOUND"),
            (json!({ "practitionerId": "x".repeat(1_000_000) }), "NOT_FOUND"),
            (json!({ "locationId": unknown::<uuid::Uuid>().to_string() }), "NOT_FOUND"),
        ] {
            let answer = world.ask(&Principal::anonymous(), SLOTS, json!({ "input": with(&base, &changes) })).await;
            assert_eq!(code(&answer), expected, "{answer}");
            assert_eq!(answer["data"], Value::Null);
        }
        // 62 days are fine, as are the ends of the calendar.
        for (changes, expected) in [
            (json!({ "from": "2026-03-03", "to": "2026-05-03" }), true),
            (json!({ "from": "0000-01-01", "to": "0000-01-31" }), false),
            (json!({ "from": "9999-12-01", "to": "9999-12-31" }), false),
        ] {
            let answer = world.ask(&Principal::anonymous(), SLOTS, json!({ "input": with(&base, &changes) })).await;
            assert_eq!(answer["data"]["availableSlots"].as_array().map(|slots| !slots.is_empty()), Some(expected), "{answer}");
        }
        for not_a_date in ["2026-02-30", "yesterday", "2026-3-3", "+10000-01-01"] {
            let input = with(&base, &json!({ "from": not_a_date }));
            let answer = world.ask(&Principal::anonymous(), SLOTS, json!({ "input": input })).await;
            assert!(answer["errors"].is_array(), "{not_a_date}: {answer}");
        }
    }

    async fn months_are_months(world: World) {
        let service = world.save(consultation(&[an()])).await;
        for (month, expected) in [("2026-13", "BAD_USER_INPUT"), ("", "BAD_USER_INPUT"), ("2026-3", "BAD_USER_INPUT")] {
            let input = json!({ "serviceId": service.id.to_string(), "month": month });
            let answer = world.ask(&Principal::anonymous(), CALENDAR, json!({ "input": input })).await;
            assert_eq!(code(&answer), expected, "{answer}");
        }
        for (month, days) in [("0000-01", 31), ("9999-12", 31), ("2028-02", 29)] {
            let input = json!({ "serviceId": service.id.to_string(), "month": month });
            let answer = world.ask(&Principal::anonymous(), CALENDAR, json!({ "input": input })).await;
            assert_eq!(answer["data"]["availabilityCalendar"].as_array().map(Vec::len), Some(days), "{answer}");
        }
        let input = json!({ "serviceId": "nonsense", "month": "2026-03" });
        assert_eq!(code(&world.ask(&patient(), CALENDAR, json!({ "input": input })).await), "NOT_FOUND");
    }

    async fn answers_have_a_bound(world: World) {
        // Fifty doctors around the clock, every five minutes.
        let doctors: Vec<caregraph_contracts::ids::PractitionerId> = (0..50).map(|n| id(1000 + n)).collect();
        for doctor in &doctors {
            world.practitioner(&facts(*doctor, "Dr.")).await;
            world.weekdays(*doctor, "00:00", "24:00", berlin()).await;
        }
        let timing = caregraph_scheduling::medical_service::TimingRequest { slot_step_minutes: 5, ..caregraph_scheduling::medical_service::TimingRequest::of(5) };
        let service = world.save(caregraph_scheduling::medical_service::SaveMedicalService { timing, ..consultation(&doctors) }).await;
        let input = json!({ "serviceId": service.id.to_string(), "from": "2026-03-03", "to": "2026-04-30" });
        let answer = world.ask(&Principal::anonymous(), SLOTS, json!({ "input": input })).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{answer}");
        let input = json!({ "serviceId": service.id.to_string(), "from": "2026-03-03", "to": "2026-03-03" });
        let answer = world.ask(&Principal::anonymous(), SLOTS, json!({ "input": input })).await;
        assert_eq!(answer["data"]["availableSlots"].as_array().map(Vec::len), Some(50 * 288));
    }

    async fn weeks_are_read_strictly(world: World) {
        let good = json!({ "weekday": "MONDAY", "start": "08:00", "end": "12:00", "locationId": berlin().to_string() });
        let week = |rules: Vec<Value>| json!({ "input": { "practitionerId": an().to_string(), "rules": rules } });
        for (changes, expected) in [
            (json!({ "start": "08:02" }), refused("InvalidInput", "input.rules.0.start")),
            (json!({ "start": "8:00" }), refused("InvalidInput", "input.rules.0.start")),
            (json!({ "end": "25:00" }), refused("InvalidInput", "input.rules.0.end")),
            (json!({ "end": "08:00" }), refused("InvalidInput", "input.rules.0.end")),
            (json!({ "start": "24:00", "end": "24:00" }), refused("InvalidInput", "input.rules.0.end")),
            (json!({ "end": "x".repeat(100_000) }), refused("InvalidInput", "input.rules.0.end")),
            (json!({ "locationId": "nonsense" }), refused("NotFound", "input.rules.0.locationId")),
            (json!({ "validFrom": "1969-01-01" }), refused("InvalidInput", "input.rules.0.validFrom")),
            (json!({ "validFrom": "9999-01-01" }), refused("InvalidInput", "input.rules.0.validFrom")),
            (json!({ "validTo": "9999-01-01" }), refused("InvalidInput", "input.rules.0.validTo")),
        ] {
            let answer = world.ask(&admin(), WEEK, week(vec![with(&good, &changes)])).await;
            assert_eq!(refusals(&answer), expected, "{answer}");
        }
        let twice = world.ask(&admin(), WEEK, week(vec![good.clone(), good.clone()])).await;
        assert_eq!(refusals(&twice), refused("InvalidInput", "input.rules.1"));
        let endless = world.ask(&admin(), WEEK, week(vec![good.clone(); 5000])).await;
        assert_eq!(refusals(&endless), refused("InvalidInput", "input.rules"));
        let both = vec![with(&good, &json!({ "start": "nonsense" })), with(&good, &json!({ "end": "nonsense" }))];
        assert_eq!(refusals(&world.ask(&admin(), WEEK, week(both)).await).len(), 2);
        let stranger = json!({ "input": { "practitionerId": "nonsense", "rules": [] } });
        assert_eq!(refusals(&world.ask(&admin(), WEEK, stranger).await), refused("NotFound", "input.practitionerId"));
        let weekly = world.services.working_hours.of(&[an()]).await.unwrap();
        assert!(weekly.is_empty());
        let fine = world.ask(&admin(), WEEK, week(vec![with(&good, &json!({ "start": "00:00", "end": "24:00" }))])).await;
        assert_eq!(refusals(&fine), []);
    }

    async fn absences_are_read_strictly(world: World) {
        let base = json!({ "practitionerId": an().to_string() });
        for (changes, expected) in [
            (json!({}), refused("InvalidInput", "input.start")),
            (json!({ "start": "2026-03-03T08:00:00Z" }), refused("InvalidInput", "input.start")),
            (json!({ "start": "2026-03-03T08:00:00Z", "lastDay": "2026-03-04" }), refused("InvalidInput", "input.start")),
            (
                json!({ "start": "2026-03-03T08:00:00Z", "end": "2026-03-03T09:00:00Z", "firstDay": "2026-03-04" }),
                refused("InvalidInput", "input.start"),
            ),
            (json!({ "start": "2026-03-03T08:00:00Z", "end": "2026-03-03T07:00:00Z" }), refused("InvalidInput", "input.end")),
            (json!({ "start": "2026-03-01T08:00:00Z", "end": "2026-03-01T09:00:00Z" }), refused("InvalidInput", "input.end")),
            (json!({ "start": "2026-03-03T08:00:00Z", "end": "2036-03-03T07:00:00Z" }), refused("InvalidInput", "input.end")),
            (json!({ "firstDay": "2026-03-04", "lastDay": "2026-03-03" }), refused("InvalidInput", "input.lastDay")),
            (json!({ "firstDay": "0001-01-01", "lastDay": "9999-12-31" }), refused("InvalidInput", "input.lastDay")),
            (
                json!({ "firstDay": "2026-03-04", "lastDay": "2026-03-04", "reason": "x".repeat(501) }),
                refused("InvalidInput", "input.reason"),
            ),
            (
                json!({ "firstDay": "2026-03-04", "lastDay": "2026-03-04", "practitionerId": "nonsense" }),
                refused("NotFound", "input.practitionerId"),
            ),
        ] {
            let answer = world.ask(&admin(), ABSENCE, json!({ "input": with(&base, &changes) })).await;
            assert_eq!(refusals(&answer), expected, "{answer}");
        }
        let remove = "mutation { removeAbsence(input: { id: \"nonsense\" }) { errors { __typename ... on UserError { message path } } } }";
        assert_eq!(refusals(&world.ask(&admin(), remove, json!({})).await), refused("NotFound", "input.id"));
        let remove = "mutation { removeExtraHours(input: { id: \"nonsense\" }) { errors { __typename ... on UserError { message path } } } }";
        assert_eq!(refusals(&world.ask(&admin(), remove, json!({})).await), refused("NotFound", "input.id"));
    }

    async fn extra_hours_are_read_strictly(world: World) {
        let base = json!({
            "practitionerId": an().to_string(), "date": "2026-03-07", "start": "08:00", "end": "12:00",
            "locationId": berlin().to_string(),
        });
        for (changes, expected) in [
            (json!({ "start": "12:00" }), refused("InvalidInput", "input.end")),
            (json!({ "start": "noon" }), refused("InvalidInput", "input.start")),
            (json!({ "date": "2020-01-01" }), refused("InvalidInput", "input.date")),
            (json!({ "date": "9999-12-31" }), refused("InvalidInput", "input.date")),
            (json!({ "locationId": "nonsense" }), refused("NotFound", "input.locationId")),
            (json!({ "practitionerId": "nonsense" }), refused("NotFound", "input.practitionerId")),
        ] {
            let answer = world.ask(&admin(), EXTRA, json!({ "input": with(&base, &changes) })).await;
            assert_eq!(refusals(&answer), expected, "{answer}");
        }
    }

    async fn services_are_read_strictly(world: World) {
        let base = json!({
            "code": "X-1", "name": "X", "category": "LAB_TEST", "durationMinutes": 30,
            "fee": { "amount": "10.00", "currency": "EUR" }, "practitionerIds": [],
        });
        for (changes, expected) in [
            (json!({ "code": "'; DROP TABLE holds; --" }), refused("InvalidInput", "input.code")),
            (json!({ "name": "x".repeat(1_000_000) }), refused("InvalidInput", "input.name")),
            (json!({ "name": " \u{0} " }), refused("InvalidInput", "input.name")),
            (json!({ "durationMinutes": 2_147_483_647 }), refused("InvalidInput", "input.durationMinutes")),
            (json!({ "durationMinutes": -2_147_483_648_i64 }), refused("InvalidInput", "input.durationMinutes")),
            (json!({ "slotStepMinutes": 7 }), refused("InvalidInput", "input.slotStepMinutes")),
            (json!({ "bufferAfterMinutes": 125 }), refused("InvalidInput", "input.bufferAfterMinutes")),
            (json!({ "fee": { "amount": "0.001", "currency": "EUR" } }), refused("InvalidInput", "input.fee.amount")),
            (json!({ "fee": { "amount": "-1", "currency": "EUR" } }), refused("InvalidInput", "input.fee.amount")),
            (
                json!({ "fee": { "amount": "79228162514264337593543950335", "currency": "EUR" } }),
                refused("InvalidInput", "input.fee.amount"),
            ),
            (json!({ "practitionerIds": ["nonsense"] }), refused("NotFound", "input.practitionerIds.0")),
            (json!({ "practitionerIds": vec!["nonsense"; 501] }), refused("InvalidInput", "input.practitionerIds")),
            (json!({ "id": "nonsense" }), refused("NotFound", "input.id")),
        ] {
            let answer = world.ask(&admin(), SERVICE, json!({ "input": with(&base, &changes) })).await;
            assert_eq!(refusals(&answer), expected, "{answer}");
        }
        let all = world.ask(&admin(), "{ medicalServices { edges { node { id } } } }", json!({})).await;
        assert_eq!(all["data"]["medicalServices"]["edges"], json!([]));
    }

    async fn pages_of_the_catalogue_are_read_strictly(world: World) {
        for arguments in ["first: 0", "first: 101", "first: -1", "after: \"nonsense\"", "after: \"W10\""] {
            let query = format!("{{ medicalServices({arguments}) {{ edges {{ node {{ id }} }} }} }}");
            assert_eq!(code(&world.ask(&patient(), &query, json!({})).await), "BAD_USER_INPUT", "{arguments}");
        }
        let text = "%".repeat(10_000) + " a b c d e f g h i j k";
        let query = "query($filter: MedicalServiceFilter) { medicalServices(filter: $filter) { edges { node { id } } } }";
        let answer = world.ask(&patient(), query, json!({ "filter": { "text": text, "practitionerId": "nonsense" } })).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{answer}");
        let answer = world.ask(&patient(), query, json!({ "filter": { "text": "a b c", "practitionerId": "nonsense" } })).await;
        assert_eq!(answer["data"]["medicalServices"]["edges"], json!([]));
    }
}
