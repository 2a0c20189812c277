//! What other subgraphs' references lead to.

use crate::support::{Clinic, nobody};
use caregraph_kit::on_every_engine;
use serde_json::{Value, json};

const ENTITIES: &str = "query($keys: [_Any!]!) { _entities(representations: $keys) {
    ... on Practitioner { displayName title active biography languages locations { id } acceptsBookings workPhone }
    ... on Location { name active }
    ... on Department { name active }
} }";

on_every_engine! {
    async fn references_are_resolved_in_one_go_and_in_order(clinic: Clinic) {
        let place = clinic.location("Quận 1", "Asia/Ho_Chi_Minh").await;
        let department = clinic.done(&clinic.admin, "saveDepartment", json!({ "name": "Tim mạch" })).await["id"].clone();
        let (mut keys, mut names) = (Vec::new(), Vec::new());
        for number in 0..5 {
            let name = format!("Doctor {number}");
            let made = clinic.doctor(json!({ "displayName": name })).await;
            keys.push(json!({ "__typename": "Practitioner", "id": made["id"] }));
            names.push(name);
        }
        keys.push(json!({ "__typename": "Practitioner", "id": "00000000-0000-0000-0000-000000000000" }));
        keys.push(json!({ "__typename": "Practitioner", "id": "nonsense" }));
        keys.push(json!({ "__typename": "Location", "id": place }));
        keys.push(json!({ "__typename": "Location", "id": department }));
        keys.push(json!({ "__typename": "Department", "id": department }));
        let data = clinic.data(&nobody(), ENTITIES, json!({ "keys": keys })).await;
        let found = data["_entities"].as_array().unwrap();
        assert_eq!(found[..5].iter().map(|entity| entity["displayName"].as_str().unwrap()).collect::<Vec<_>>(), names);
        assert_eq!((&found[5], &found[6]), (&Value::Null, &Value::Null));
        assert_eq!(found[7], json!({ "name": "Quận 1", "active": true }));
        assert_eq!(found[8], Value::Null, "a department is no location");
        assert_eq!(found[9], json!({ "name": "Tim mạch", "active": true }));
    }

    async fn whoever_has_left_is_remembered_by_name_only(clinic: Clinic) {
        let place = clinic.location("Quận 1", "Asia/Ho_Chi_Minh").await;
        let made = clinic.doctor(json!({ "biography": "Hearts.", "locationIds": [place] })).await;
        clinic.done(&clinic.admin, "deactivatePractitioner", json!({ "id": made["id"], "reason": "Retired" })).await;
        let keys = json!({ "keys": [{ "__typename": "Practitioner", "id": made["id"] }] });
        let data = clinic.data(&nobody(), ENTITIES, keys.clone()).await;
        let remembered = json!({
            "displayName": "Nguyễn Minh Anh", "title": "Dr.", "active": false, "biography": null, "languages": [],
            "locations": [], "acceptsBookings": false, "workPhone": null,
        });
        assert_eq!(data["_entities"], json!([remembered]));
        let data = clinic.data(&clinic.admin, ENTITIES, keys).await;
        assert_eq!(data["_entities"][0]["biography"], "Hearts.");
        assert_eq!(data["_entities"][0]["locations"], json!([{ "id": place }]));
    }

    async fn a_closed_place_is_still_readable(clinic: Clinic) {
        let place = clinic.location("Quận 1", "Asia/Ho_Chi_Minh").await;
        let close = json!({
            "id": place, "name": "Quận 1", "addressLines": ["1"], "city": "Huế", "country": "VN",
            "timeZone": "Asia/Ho_Chi_Minh", "active": false,
        });
        clinic.done(&clinic.admin, "saveLocation", close).await;
        let keys = json!({ "keys": [{ "__typename": "Location", "id": place }] });
        let data = clinic.data(&nobody(), ENTITIES, keys).await;
        assert_eq!(data["_entities"], json!([{ "name": "Quận 1", "active": false }]));
    }
}
