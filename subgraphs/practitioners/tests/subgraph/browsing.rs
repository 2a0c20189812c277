//! Anyone can find a practitioner.

use crate::support::{Clinic, nobody};
use caregraph_contracts::Role;
use caregraph_kit::on_every_engine;
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn four_doctors(clinic: &Clinic) -> (String, String) {
    let centre = clinic.location("Phòng khám Quận 1", "Asia/Ho_Chi_Minh").await;
    let north = clinic.location("Phòng khám Hà Nội", "Asia/Ho_Chi_Minh").await;
    for (name, specialty, languages, location, accepting) in [
        ("Nguyễn Thị Đức", "CARDIOLOGY", json!(["vi"]), &centre, true),
        (
            "Trần Văn Bình",
            "PAEDIATRICS",
            json!(["vi", "en-GB"]),
            &north,
            true,
        ),
        ("Lê Hoàng", "CARDIOLOGY", json!(["vi", "en"]), &north, false),
        (
            "Anna Müller-Strauß",
            "DERMATOLOGY_VENEREOLOGY",
            json!(["de", "eng"]),
            &centre,
            true,
        ),
    ] {
        let details = json!({
            "displayName": name, "specialties": [specialty], "languages": languages, "locationIds": [location],
            "acceptingNewPatients": accepting,
        });
        clinic.doctor(details).await;
    }
    (centre, north)
}

on_every_engine! {
    async fn practitioners_are_found_as_people_search(clinic: Clinic) {
        let (centre, north) = four_doctors(&clinic).await;
        for (filter, names) in [
            (json!(null), vec!["Anna Müller-Strauß", "Lê Hoàng", "Nguyễn Thị Đức", "Trần Văn Bình"]),
            (json!({ "text": "nguyen duc" }), vec!["Nguyễn Thị Đức"]),
            (json!({ "text": "ĐỨC  NGUYỄN" }), vec!["Nguyễn Thị Đức"]),
            (json!({ "text": "muller-strauss" }), vec!["Anna Müller-Strauß"]),
            (json!({ "text": "tim mach" }), vec!["Lê Hoàng", "Nguyễn Thị Đức"]),
            (json!({ "text": "cardiology hoang" }), vec!["Lê Hoàng"]),
            (json!({ "text": "  " }), vec!["Anna Müller-Strauß", "Lê Hoàng", "Nguyễn Thị Đức", "Trần Văn Bình"]),
            (json!({ "text": "nobody" }), vec![]),
            (json!({ "specialty": "CARDIOLOGY" }), vec!["Lê Hoàng", "Nguyễn Thị Đức"]),
            (json!({ "specialty": "cardiology" }), vec![]),
            (json!({ "language": "EN" }), vec!["Lê Hoàng", "Trần Văn Bình"]),
            (json!({ "language": "en-gb" }), vec!["Trần Văn Bình"]),
            (json!({ "location": centre }), vec!["Anna Müller-Strauß", "Nguyễn Thị Đức"]),
            (json!({ "location": north, "acceptingNew": true }), vec!["Trần Văn Bình"]),
            (json!({ "acceptingNew": false }), vec!["Lê Hoàng"]),
            (json!({ "specialty": "CARDIOLOGY", "language": "en", "location": north, "text": "le" }), vec!["Lê Hoàng"]),
            (json!({ "location": "not-an-id" }), vec![]),
        ] {
            assert_eq!(clinic.found(&nobody(), filter.clone()).await, names, "{filter}");
        }
    }

    async fn wildcards_and_quotes_in_a_search_are_letters(clinic: Clinic) {
        clinic.doctor(json!({ "displayName": "100%_Sure! O'Neill" })).await;
        clinic.doctor(json!({ "displayName": "100 Sure" })).await;
        for (text, names) in [
            ("100%_", vec!["100%_Sure! O'Neill"]),
            ("sure!", vec!["100%_Sure! O'Neill"]),
            ("o'neill", vec!["100%_Sure! O'Neill"]),
            ("' OR 1=1 --", vec![]),
            ("\\", vec![]),
            ("_", vec!["100%_Sure! O'Neill"]),
        ] {
            assert_eq!(clinic.found(&nobody(), json!({ "text": text })).await, names, "{text}");
        }
    }

    async fn pages_show_everybody_once_in_order_while_people_come_and_go(clinic: Clinic) {
        for number in 0..11 {
            // Some share a name, so that only the id tells them apart.
            clinic.doctor(json!({ "displayName": format!("Lê {}", number / 3) })).await;
        }
        let page = "query($after: String) { practitioners(first: 4, after: $after) {
            nodes { id displayName } pageInfo { hasNextPage endCursor } } }";
        let (mut seen, mut names, mut after) = (BTreeSet::new(), Vec::new(), Value::Null);
        for round in 0.. {
            let data = clinic.data(&nobody(), page, json!({ "after": after })).await;
            for node in data["practitioners"]["nodes"].as_array().unwrap() {
                assert!(seen.insert(node["id"].as_str().unwrap().to_owned()), "{node} was shown twice");
                names.push(node["displayName"].as_str().unwrap().to_owned());
            }
            if round == 0 {
                // Somebody in front of the cursor appears, and somebody behind it.
                clinic.doctor(json!({ "displayName": "Aa" })).await;
                clinic.doctor(json!({ "displayName": "Zz" })).await;
            }
            after = data["practitioners"]["pageInfo"]["endCursor"].clone();
            if data["practitioners"]["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
        assert_eq!(names.len(), 12, "the eleven of the beginning and the one who appeared behind");
        assert!(names.is_sorted(), "{names:?}");
    }

    async fn pages_have_bounds(clinic: Clinic) {
        for arguments in ["first: 0", "first: 101", "first: -1", "after: \"nonsense\"", "after: \"e30\"", "after: \"WyJhXHUwMDAwYiIsIjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMCJd\""] {
            let answer = clinic.ask(&nobody(), &format!("{{ practitioners({arguments}) {{ nodes {{ id }} }} }}"), json!({})).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{arguments}: {answer}");
        }
        let answer = clinic.ask(&nobody(), "{ practitioners(filter: { language: \"Klingon\" }) { nodes { id } } }", json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
    }

    async fn the_public_part_holds_no_contact_data(clinic: Clinic) {
        let made = clinic.doctor(json!({})).await;
        let private = "query($id: ID!) { practitioner(id: $id) { displayName licenceNumber licenceExpiresOn workPhone
            workEmail deactivationReason user { id } yearsInPractice specialties { code nameEn nameVi } } }";
        let open = json!({
            "displayName": "Nguyễn Minh Anh", "licenceNumber": null, "licenceExpiresOn": null, "workPhone": null,
            "workEmail": null, "deactivationReason": null, "user": null, "yearsInPractice": 16,
            "specialties": [{ "code": "CARDIOLOGY", "nameEn": "Cardiology", "nameVi": "Tim mạch" }],
        });
        let other = clinic.account(&[Role::Doctor]).await;
        let patient = caregraph_kit::testing::principal(other, &[Role::Patient]);
        let colleague = caregraph_kit::testing::principal(other, &[Role::Doctor]);
        for viewer in [nobody(), patient, colleague] {
            let data = clinic.data(&viewer, private, json!({ "id": made["id"] })).await;
            assert_eq!(data["practitioner"], open);
        }
        let mut whole = open.clone();
        whole.as_object_mut().unwrap().extend([
            ("licenceNumber".to_owned(), json!("012345/HCM-CCHN")),
            ("licenceExpiresOn".to_owned(), json!("2027-12-31")),
            ("workPhone".to_owned(), json!("+842838221234")),
            ("workEmail".to_owned(), json!("minh.anh@clinic.example")),
            ("user".to_owned(), json!({ "id": made["id"] })),
        ]);
        for viewer in [clinic.admin.clone(), crate::support::as_doctor(&made["id"])] {
            let data = clinic.data(&viewer, private, json!({ "id": made["id"] })).await;
            assert_eq!(data["practitioner"], whole);
        }
    }

    async fn who_does_not_exist_is_null(clinic: Clinic) {
        for id in ["", "x", "00000000-0000-0000-0000-000000000000", "0190a2b4-0000-7000-8000-000000000000"] {
            let data = clinic.data(&nobody(), "query($id: ID!) { practitioner(id: $id) { id } }", json!({ "id": id })).await;
            assert_eq!(data["practitioner"], Value::Null);
        }
    }
}
