//! What no body and no calendar has.

use super::{Command, Scene};
use caregraph_kit::Clock;
use serde_json::json;

impl Scene {
    /// What no body and no calendar has.
    pub(super) fn measures(&self) -> Vec<Command> {
        let doctor = &self.clinic.doctors[0].graph;
        let now = Clock::system().now();
        let tomorrow = (now + chrono::TimeDelta::days(2)).to_rfc3339();
        let day = &tomorrow[..10];
        let cases = [
            ("of nothing", "recordVitals", json!({})),
            ("of 370 °C", "recordVitals", json!({ "temperature": "370" })),
            ("of 36.85 °C", "recordVitals", json!({ "temperature": "36.85" })),
            ("of NaN °C", "recordVitals", json!({ "temperature": "NaN" })),
            ("of 1e400 kg", "recordVitals", json!({ "weight": "1e400" })),
            ("of -70 kg", "recordVitals", json!({ "weight": "-70" })),
            ("of 0 cm", "recordVitals", json!({ "height": "0" })),
            ("of 101 %", "recordVitals", json!({ "oxygenSaturation": "101" })),
            (
                "of a heart that stands still",
                "recordVitals",
                json!({ "heartRate": 0 }),
            ),
            (
                "of 2147483647 beats",
                "recordVitals",
                json!({ "heartRate": i32::MAX }),
            ),
            ("of a pain of 11", "recordVitals", json!({ "pain": 11 })),
            (
                "of a pressure upside down",
                "recordVitals",
                json!({ "systolic": 80, "diastolic": 120 }),
            ),
            (
                "taken in two days",
                "recordVitals",
                json!({ "heartRate": 70, "takenAt": tomorrow }),
            ),
            (
                "taken before Christ",
                "recordVitals",
                json!({ "heartRate": 70, "takenAt": "-0044-03-15T12:00:00Z" }),
            ),
            (
                "taken in the year 262142",
                "recordVitals",
                json!({ "heartRate": 70, "takenAt": "+262142-12-31T23:59:59Z" }),
            ),
            (
                "taken without a zone",
                "recordVitals",
                json!({ "heartRate": 70, "takenAt": "2026-01-01T08:00:00" }),
            ),
            (
                "begun in two days",
                "startEncounter",
                json!({ "start": tomorrow }),
            ),
            (
                "ended before it began",
                "startEncounter",
                json!({ "start": "2026-01-02T08:00:00Z", "end": "2026-01-01T08:00:00Z" }),
            ),
            (
                "given in two days",
                "recordImmunization",
                json!({ "vaccine": "x", "givenOn": day }),
            ),
            (
                "as a dose of -1",
                "recordImmunization",
                json!({ "vaccine": "x", "givenOn": "2020-01-01", "dose": -1 }),
            ),
            (
                "on a 30th of February",
                "recordImmunization",
                json!({ "vaccine": "x", "givenOn": "2020-02-30" }),
            ),
            (
                "noticed in two days",
                "recordAllergy",
                json!({ "substance": "x", "category": "FOOD", "onset": day }),
            ),
            (
                "against nothing",
                "recordAllergy",
                json!({ "substance": " ", "category": "FOOD" }),
            ),
            (
                "of no terminology",
                "recordAllergy",
                json!({ "substance": "x", "category": "FOOD", "code": { "system": "x", "code": "1" } }),
            ),
            (
                "over before it began",
                "recordCondition",
                json!({ "code": "I10", "onset": "2020-01-02", "abated": "2020-01-01" }),
            ),
            (
                "by no code",
                "recordCondition",
                json!({ "code": "'; DROP TABLE codes; --" }),
            ),
            (
                "over before it began",
                "recordMedicationStatement",
                json!({ "medication": "x", "startedOn": "2020-01-02", "endedOn": "2020-01-01" }),
            ),
            (
                "that says nothing",
                "attachDocument",
                json!({ "documentType": "OTHER", "title": "x" }),
            ),
            ("for no reason", "breakGlass", json!({ "reason": "x" })),
        ];
        cases
            .into_iter()
            .map(|(what, field, input)| {
                (
                    format!("{field} {what}"),
                    doctor.clone(),
                    field,
                    self.of_owner(input),
                )
            })
            .collect()
    }
}
