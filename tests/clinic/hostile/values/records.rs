//! Ids and amounts that cannot be meant in medical records, and about whoever may see them.

use super::{Command, Scene, UNKNOWN, keys};
use crate::harness::Graph;
use serde_json::{Value, json};

/// Of nothing, and what a store of documents might take for a question.
pub(super) const NOTHINGS: [&str; 4] = [UNKNOWN, "", r#"{ "$gt": "" }"#, "\u{0}"];

impl Scene {
    pub(super) fn of_owner(&self, changes: Value) -> Value {
        let mut input = json!({ "patientId": self.owner.id });
        let (all, changes) = (input.as_object_mut().unwrap(), changes);
        all.extend(changes.as_object().cloned().unwrap_or_default());
        input
    }

    fn consent(&self, changes: Value) -> Value {
        let mut input = self.of_owner(json!({
            "granteeId": self.clinic.doctors[1].id, "allParts": true, "idempotencyKey": "one",
        }));
        let changes = changes.as_object().cloned().unwrap_or_default();
        input.as_object_mut().unwrap().extend(changes);
        input
    }

    /// Ids of nothing, and of what is somebody else's.
    pub(super) fn ids_in_records(&self) -> Vec<Command> {
        let (owner, nurse, doctor) = (
            &self.owner.graph,
            &self.clinic.nurse.graph,
            &self.clinic.doctors[0].graph,
        );
        let mut cases = Vec::new();
        for id in NOTHINGS {
            let mut case = |graph: &Graph, field: &'static str, input: Value| {
                let what = format!("{field} with the id {id:?}: {}", keys(&input));
                cases.push((what, graph.clone(), field, input));
            };
            let why = "nobody else at hand";
            case(
                doctor,
                "recordVitals",
                json!({ "patientId": id, "heartRate": 70 }),
            );
            case(
                doctor,
                "recordVitals",
                self.of_owner(json!({ "encounterId": id, "heartRate": 70 })),
            );
            case(doctor, "startEncounter", json!({ "patientId": id }));
            case(
                doctor,
                "startEncounter",
                self.of_owner(json!({ "appointmentId": id })),
            );
            case(
                doctor,
                "updateAllergy",
                json!({ "id": id, "version": 1, "note": "x" }),
            );
            case(doctor, "signEncounter", json!({ "id": id, "version": 1 }));
            case(
                doctor,
                "updateDiagnosis",
                json!({ "encounterId": self.encounter, "diagnosisId": id }),
            );
            case(
                doctor,
                "retractEntry",
                json!({ "id": id, "version": 1, "reason": "x" }),
            );
            case(doctor, "releaseEntry", json!({ "id": id }));
            let document = json!({ "documentType": "OTHER", "title": "x", "fileId": id });
            case(doctor, "attachDocument", self.of_owner(document));
            case(
                doctor,
                "requestUpload",
                json!({ "patientId": id, "fileName": "x.pdf" }),
            );
            case(doctor, "breakGlass", json!({ "patientId": id, "reason": why }));
            case(owner, "exportMyData", json!({ "patientId": id }));
            case(owner, "requestErasure", json!({ "patientId": id }));
            case(owner, "cancelErasure", json!({ "erasureId": id }));
            case(owner, "grantConsent", self.consent(json!({ "patientId": id })));
            case(owner, "grantConsent", self.consent(json!({ "granteeId": id })));
            case(owner, "revokeConsent", json!({ "consentId": id }));
            case(
                nurse,
                "mergePatients",
                json!({ "survivingId": id, "mergedId": self.owner.id, "reason": why }),
            );
            case(
                nurse,
                "mergePatients",
                json!({ "survivingId": self.owner.id, "mergedId": id, "reason": why }),
            );
            case(nurse, "undoMerge", json!({ "mergeId": id, "reason": why }));
        }
        let input = json!({ "id": self.encounter, "version": 1, "note": "x" });
        cases.push((
            "updateAllergy of a visit".to_owned(),
            doctor.clone(),
            "updateAllergy",
            input,
        ));
        let (stranger, other) = (&self.stranger.graph, &self.clinic.doctors[1].graph);
        for (who, graph) in [("the stranger", stranger), ("the other doctor", other)] {
            for (field, input) in [
                ("recordVitals", self.of_owner(json!({ "heartRate": 70 }))),
                (
                    "updateAllergy",
                    json!({ "id": self.allergy, "version": 1, "note": "x" }),
                ),
                ("signEncounter", json!({ "id": self.encounter, "version": 1 })),
                (
                    "retractEntry",
                    json!({ "id": self.allergy, "version": 1, "reason": "x" }),
                ),
                ("grantConsent", self.consent(json!({}))),
            ] {
                let what = format!("{field} of somebody else's by {who}: {}", keys(&input));
                cases.push((what, graph.clone(), field, input));
            }
        }
        cases
    }

    /// Too much to read, too often, too late.
    pub(super) fn amounts_in_records(&self) -> Vec<Command> {
        let (owner, nurse, doctor) = (
            &self.owner.graph,
            &self.clinic.nurse.graph,
            &self.clinic.doctors[0].graph,
        );
        let text = "x".repeat(900_000);
        let mut cases = Vec::new();
        let mut case = |what: &str, graph: &Graph, field: &'static str, input: Value| {
            cases.push((format!("{field} {what}"), graph.clone(), field, input));
        };
        let code = json!({ "encounterId": self.encounter, "diagnosis": { "code": "no code" } });
        case("by no code", doctor, "recordDiagnosis", code);
        let many = "with 900,000 letters";
        let of_owner = |changes: Value| self.of_owner(changes);
        case(
            many,
            doctor,
            "recordAllergy",
            of_owner(json!({ "substance": text, "category": "FOOD" })),
        );
        case(
            many,
            doctor,
            "recordVitals",
            of_owner(json!({ "heartRate": 70, "idempotencyKey": text })),
        );
        case(many, doctor, "recordCondition", of_owner(json!({ "code": text })));
        case(
            many,
            doctor,
            "startEncounter",
            of_owner(json!({ "history": text })),
        );
        case(
            many,
            doctor,
            "updateBackground",
            of_owner(json!({ "summary": text })),
        );
        case(
            many,
            doctor,
            "updateEncounter",
            json!({ "id": self.encounter, "version": 1, "notes": text }),
        );
        case(
            many,
            doctor,
            "addTreatmentPlan",
            json!({ "encounterId": self.encounter, "description": text }),
        );
        case(
            many,
            doctor,
            "retractEntry",
            json!({ "id": self.allergy, "version": 1, "reason": text }),
        );
        case(
            many,
            doctor,
            "attachDocument",
            of_owner(json!({ "documentType": "OTHER", "title": "x", "report": text })),
        );
        case(many, doctor, "breakGlass", of_owner(json!({ "reason": text })));
        case(
            many,
            owner,
            "grantConsent",
            self.consent(json!({ "purpose": text })),
        );
        case(
            many,
            owner,
            "grantConsent",
            self.consent(json!({ "idempotencyKey": text })),
        );
        let onto = |reason: &str| json!({ "survivingId": self.owner.id, "mergedId": self.stranger.id, "reason": reason });
        case(many, nurse, "mergePatients", onto(&text));
        case("of two who may be two", nurse, "mergePatients", onto("x"));
        let itself = json!({ "survivingId": self.owner.id, "mergedId": self.owner.id, "reason": "x" });
        case("with itself", nurse, "mergePatients", itself);
        case(
            "of no part",
            owner,
            "grantConsent",
            self.consent(json!({ "allParts": false })),
        );
        for (what, until) in [
            ("until yesterday", "2020-01-01T00:00:00Z"),
            ("for a thousand years", "3030-01-01T00:00:00Z"),
            ("until the year 262142", "+262142-12-31T23:59:59Z"),
        ] {
            case(
                what,
                owner,
                "grantConsent",
                self.consent(json!({ "until": until })),
            );
        }
        for version in [i32::MIN, -1, 0, 7, i32::MAX] {
            let what = format!("of the version {version}");
            case(
                &what,
                doctor,
                "updateAllergy",
                json!({ "id": self.allergy, "version": version, "note": "x" }),
            );
            case(
                &what,
                doctor,
                "signEncounter",
                json!({ "id": self.encounter, "version": version }),
            );
        }
        cases
    }
}
