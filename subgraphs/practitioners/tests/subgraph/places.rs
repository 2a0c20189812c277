//! Locations and departments.

use crate::support::{Clinic, nobody, reason, reasons};
use caregraph_contracts::events::PractitionersEvent;
use caregraph_kit::on_every_engine;
use futures::future::join_all;
use serde_json::{Value, json};

fn place(name: &str) -> Value {
    json!({
        "name": name, "addressLines": ["12 Lê Lợi", "Bến Nghé"], "city": "Hồ Chí Minh", "country": "vn",
        "timeZone": "Asia/Ho_Chi_Minh", "rooms": ["101", "102"],
    })
}

async fn listed(
    clinic: &Clinic,
    who: &caregraph_kit::auth::Principal,
    field: &str,
    all: bool,
) -> Vec<String> {
    let operation = format!("{{ {field}(includeInactive: {all}) {{ name }} }}");
    let data = clinic.data(who, &operation, json!({})).await;
    let names = data[field].as_array().unwrap().iter();
    names
        .map(|place| place["name"].as_str().unwrap().to_owned())
        .collect()
}

on_every_engine! {
    async fn a_place_is_made_changed_and_closed(clinic: Clinic) {
        let made = clinic.done(&clinic.admin, "saveLocation", place("  Quận   1 ")).await;
        assert_eq!((&made["name"], &made["version"], &made["active"]), (&json!("Quận 1"), &json!(1), &json!(true)));
        let mut moved = place("Quận 1");
        moved["id"] = made["id"].clone();
        moved["expectedVersion"] = json!(1);
        moved["timeZone"] = json!("Europe/Berlin");
        moved["active"] = json!(false);
        moved["rooms"] = json!([]);
        let closed = clinic.done(&clinic.admin, "saveLocation", moved.clone()).await;
        assert_eq!((&closed["version"], &closed["rooms"]), (&json!(2), &json!([])));
        let stale = clinic.refused(&clinic.admin, "saveLocation", moved).await;
        assert_eq!(stale, [reason("Conflict", "input.expectedVersion")]);

        let told = clinic.told();
        let [PractitionersEvent::LocationSaved { location: first }, PractitionersEvent::LocationSaved { location: second }] =
            told.as_slice()
        else {
            panic!("{told:?}")
        };
        assert_eq!((first.name.as_str(), first.time_zone.as_str(), first.active), ("Quận 1", "Asia/Ho_Chi_Minh", true));
        assert_eq!((second.time_zone.as_str(), second.active), ("Europe/Berlin", false));

        assert!(listed(&clinic, &nobody(), "locations", true).await.is_empty(), "the public sees no closed places");
        assert!(listed(&clinic, &clinic.admin, "locations", false).await.is_empty());
        assert_eq!(listed(&clinic, &clinic.admin, "locations", true).await, ["Quận 1"]);
    }

    async fn a_department_is_made_changed_and_closed(clinic: Clinic) {
        let made = clinic.done(&clinic.admin, "saveDepartment", json!({ "name": "Tim mạch", "description": "Hearts" })).await;
        assert_eq!((&made["version"], &made["description"]), (&json!(1), &json!("Hearts")));
        let edit = json!({ "id": made["id"], "name": "Khoa Tim mạch", "active": false, "expectedVersion": 1 });
        let edited = clinic.done(&clinic.admin, "saveDepartment", edit.clone()).await;
        assert_eq!((&edited["version"], &edited["description"]), (&json!(2), &json!(null)));
        assert_eq!(clinic.refused(&clinic.admin, "saveDepartment", edit).await, [reason("Conflict", "input.expectedVersion")]);
        assert!(listed(&clinic, &nobody(), "departments", true).await.is_empty());
        assert_eq!(listed(&clinic, &clinic.admin, "departments", true).await, ["Khoa Tim mạch"]);
    }

    async fn places_are_listed_as_a_reader_of_names_expects(clinic: Clinic) {
        for name in ["Đà Nẵng", "Cần Thơ", "an giang", "Ébène"] {
            clinic.done(&clinic.admin, "saveLocation", place(name)).await;
            clinic.done(&clinic.admin, "saveDepartment", json!({ "name": name })).await;
        }
        for field in ["locations", "departments"] {
            assert_eq!(listed(&clinic, &nobody(), field, false).await, ["an giang", "Cần Thơ", "Đà Nẵng", "Ébène"]);
        }
    }

    async fn names_are_taken_once_even_in_a_race(clinic: Clinic) {
        for (mutation, input) in [("saveLocation", place("Quận 1")), ("saveDepartment", json!({ "name": "Tim mạch" }))] {
            let attempts = (0..6).map(|_| clinic.change(&clinic.admin, mutation, input.clone()));
            let (done, refused): (Vec<_>, Vec<_>) =
                join_all(attempts).await.into_iter().partition(|payload| payload["errors"] == json!([]));
            assert_eq!(done.len(), 1, "{mutation}");
            for payload in refused {
                assert_eq!(reasons(&payload), [reason("Conflict", "input.name")]);
            }
        }
        let shouted = clinic.refused(&clinic.admin, "saveLocation", place("QUẬN  1")).await;
        assert_eq!(shouted, [reason("Conflict", "input.name")]);
        clinic.done(&clinic.admin, "saveLocation", place("Quan 1")).await;
        assert_eq!(clinic.told().len(), 2, "a refusal tells nothing");
    }

    async fn bad_places_are_refused_with_every_mistake(clinic: Clinic) {
        let bad = json!({
            "name": "", "addressLines": [], "city": " ", "country": "Vietnam", "timeZone": "Saigon", "rooms": ["A", "a"],
        });
        let mut refused = clinic.refused(&clinic.admin, "saveLocation", bad).await;
        refused.sort();
        let paths = ["addressLines", "city", "country", "name", "rooms", "timeZone"];
        assert_eq!(refused, paths.map(|path| reason("InvalidInput", &format!("input.{path}"))));
        for id in ["x", "00000000-0000-0000-0000-000000000000"] {
            let mut unknown = place("Quận 1");
            unknown["id"] = json!(id);
            assert_eq!(clinic.refused(&clinic.admin, "saveLocation", unknown).await, [reason("NotFound", "input.id")]);
            let unknown = json!({ "id": id, "name": "x" });
            assert_eq!(clinic.refused(&clinic.admin, "saveDepartment", unknown).await, [reason("NotFound", "input.id")]);
        }
        assert!(clinic.told().is_empty());
    }
}
