//! Whatever is sent gets an answer, and changes nothing that it must not.

use crate::support::{Clinic, doctor_input, nobody};
use caregraph_contracts::Role;
use caregraph_kit::on_every_engine;
use serde_json::{Value, json};

const STRANGE: &[&str] = &[
    "",
    " \u{0}\u{1}\u{7f} ",
    "\u{202e}\u{200b}\u{feff}",
    "'; DROP TABLE practitioners; --",
    "\" OR \"\"=\"",
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
    "%_!\\",
    "İıſßÅﷺ각👩🏽‍⚕️",
    "Z͑ͫa̴l̷g̸o̵",
];

fn no_fault(answer: &Value) {
    for error in answer["errors"].as_array().into_iter().flatten() {
        assert_ne!(error["extensions"]["code"], "INTERNAL", "{answer}");
    }
}

on_every_engine! {
    async fn strange_text_is_stored_as_it_is_or_refused(clinic: Clinic) {
        let made = clinic.doctor(json!({})).await;
        for text in STRANGE {
            for field in ["displayName", "title", "biography", "licenceNumber", "photoUrl", "workPhone", "workEmail"] {
                let mut edit = json!({ "id": made["id"] });
                edit[field] = json!(text);
                let payload = clinic.change(&clinic.admin, "updatePractitioner", edit).await;
                for error in payload["errors"].as_array().unwrap() {
                    assert_eq!(error["__typename"], "InvalidInput", "{field} {text:?}: {payload}");
                }
            }
            no_fault(&clinic.ask(&nobody(), "query($f: PractitionerFilter) { practitioners(filter: $f) { nodes { id } } }",
                json!({ "f": { "text": text, "specialty": text, "location": text } })).await);
            let place = json!({ "name": text, "addressLines": [text], "city": text, "country": text, "timeZone": text, "rooms": [text] });
            clinic.change(&clinic.admin, "saveLocation", place).await;
            clinic.change(&clinic.admin, "saveDepartment", json!({ "name": text, "description": text })).await;
        }
        assert_eq!(clinic.found(&nobody(), json!(null)).await.len(), 1, "the practitioner is still there");
    }

    async fn megabytes_are_refused(clinic: Clinic) {
        let user = clinic.account(&[Role::Doctor]).await;
        let long = "x".repeat(10 * 1024 * 1024);
        let made = clinic.doctor(json!({})).await;
        for field in ["displayName", "title", "biography", "licenceNumber", "photoUrl", "workPhone", "workEmail"] {
            let mut more = json!({});
            more[field] = json!(long);
            let refused = clinic.refused(&clinic.admin, "createPractitioner", doctor_input(user, more)).await;
            assert_eq!(refused, [crate::support::reason("InvalidInput", &format!("input.{field}"))]);
        }
        for (field, value) in [("specialties", json!(vec![&long[..9]; 50_000])), ("languages", json!([long]))] {
            let mut edit = json!({ "id": made["id"] });
            edit[field] = value;
            assert!(!clinic.refused(&clinic.admin, "updatePractitioner", edit).await.is_empty());
        }
        let deactivate = json!({ "id": made["id"], "reason": long });
        assert!(!clinic.refused(&clinic.admin, "deactivatePractitioner", deactivate).await.is_empty());
        let search = "query($f: PractitionerFilter) { practitioners(filter: $f) { nodes { id } } }";
        for (field, code) in [("text", "BAD_USER_INPUT"), ("language", "BAD_USER_INPUT")] {
            let mut filter = json!({});
            filter[field] = json!(long);
            let answer = clinic.ask(&nobody(), search, json!({ "f": filter })).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], code);
        }
        for field in ["specialty", "location"] {
            let mut filter = json!({});
            filter[field] = json!(long);
            assert!(clinic.found(&nobody(), filter).await.is_empty());
        }
        let answer = clinic.ask(&nobody(), "query($a: String) { practitioners(after: $a) { nodes { id } } }", json!({ "a": long })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
        assert_eq!(clinic.told().len(), 1, "nothing but the one practitioner came of it");
    }
}
