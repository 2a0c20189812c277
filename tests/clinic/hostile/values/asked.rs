//! Questions that cannot be meant, about medical records and about the trail of who saw them.

use super::records::NOTHINGS;
use super::{Question, Scene};
use serde_json::json;

impl Scene {
    /// Nothing of what is asked for is there, or can be.
    pub(super) fn questions_about_records(&self) -> Vec<Question> {
        const HEAD: &str = "query ($known: AuditHeadInput) { verifyAudit(known: $known) { intact } }";
        const LOG: &str = "query ($filter: AuditLogFilter) { auditLog(filter: $filter) { nodes { id } } }";
        const CODES: &str =
            "query ($search: String!, $first: Int) { icd10(search: $search, first: $first) { code } }";
        let (doctor, admin) = (&self.clinic.doctors[0].graph, &self.clinic.admin.graph);
        let mut cases: Vec<Question> = Vec::new();
        for id in NOTHINGS {
            for (graph, field, document) in [
                (
                    doctor,
                    "medicalRecord",
                    "query ($id: ID!) { medicalRecord(patientId: $id) { accessBasis } }",
                ),
                (
                    doctor,
                    "recordEntry",
                    "query ($id: ID!) { recordEntry(id: $id) { __typename } }",
                ),
                (
                    doctor,
                    "recordHistory",
                    "query ($id: ID!) { recordHistory(id: $id) { nodes { number } } }",
                ),
                (
                    doctor,
                    "encounter",
                    "query ($id: ID!) { encounter(id: $id) { id } }",
                ),
                (doctor, "erasure", "query ($id: ID!) { erasure(id: $id) { id } }"),
                (
                    doctor,
                    "dataExport",
                    "query ($id: ID!) { dataExport(id: $id) { id } }",
                ),
                (
                    admin,
                    "accessLog",
                    "query ($id: ID!) { accessLog(patientId: $id) { nodes { id } } }",
                ),
            ] {
                cases.push((
                    format!("{field} {id:?}"),
                    graph.clone(),
                    document,
                    json!({ "id": id }),
                ));
            }
        }
        for (what, first, after) in [
            ("nothing", json!(0), json!(null)),
            ("101 at once", json!(101), json!(null)),
            (
                "behind a cursor that is none",
                json!(5),
                json!("'; DROP TABLE users; --"),
            ),
        ] {
            for (graph, field, document) in [
                (
                    doctor,
                    "recordHistory",
                    "query ($id: ID!, $first: Int, $after: String) { recordHistory(id: $id, first: $first, after: $after) { nodes { number } } }",
                ),
                (
                    doctor,
                    "timeline",
                    "query ($patient: ID!, $first: Int, $after: String) { patient(id: $patient) { timeline(first: $first, after: $after) { nodes { __typename } } } }",
                ),
                (
                    &self.owner.graph,
                    "accessLog",
                    "query ($patient: ID!, $first: Int, $after: String) { accessLog(patientId: $patient, first: $first, after: $after) { nodes { id } } }",
                ),
                (
                    admin,
                    "auditLog",
                    "query ($first: Int, $after: String) { auditLog(first: $first, after: $after) { nodes { id } } }",
                ),
                (
                    &self.clinic.nurse.graph,
                    "duplicateCandidates",
                    "query ($first: Int, $after: String) { duplicateCandidates(first: $first, after: $after) { nodes { score } } }",
                ),
            ] {
                let mut variables = json!({ "first": first, "after": after });
                if document.contains("$id") {
                    variables["id"] = json!(self.allergy);
                }
                if document.contains("$patient") {
                    variables["patient"] = json!(self.owner.id);
                }
                cases.push((format!("{field} {what}"), graph.clone(), document, variables));
            }
        }
        let long = "x".repeat(100_000);
        let hash = "0".repeat(64);
        let head = json!({ "day": "2026-01-01", "count": 1, "lastHash": hash, "previousHash": hash, "signature": "AAAA" });
        let mut backwards = head.clone();
        backwards["count"] = json!(-1);
        for (what, graph, document, variables) in [
            (
                "icd10 of 100,000 letters",
                doctor,
                CODES,
                json!({ "search": long }),
            ),
            (
                "icd10 of 51 codes",
                doctor,
                CODES,
                json!({ "search": "a", "first": 51 }),
            ),
            (
                "icd10 of -1 codes",
                doctor,
                CODES,
                json!({ "search": "a", "first": -1 }),
            ),
            (
                "verifyAudit with a head of somebody's own",
                admin,
                HEAD,
                json!({ "known": head }),
            ),
            (
                "verifyAudit with a head of -1 entries",
                admin,
                HEAD,
                json!({ "known": backwards }),
            ),
            (
                "verifyAudit reversed",
                admin,
                r#"{ verifyAudit(from: "2026-01-02", to: "2026-01-01") { intact } }"#,
                json!({}),
            ),
            (
                "auditLog of an action of 100,000 letters",
                admin,
                LOG,
                json!({ "filter": { "action": long } }),
            ),
            (
                "auditLog of a wildcard",
                admin,
                LOG,
                json!({ "filter": { "action": "%" } }),
            ),
            (
                "duplicateCandidates from a score of 101",
                &self.clinic.nurse.graph,
                "{ duplicateCandidates(minScore: 101) { nodes { score } } }",
                json!({}),
            ),
            (
                "recordAsOf on a 30th of February",
                doctor,
                "query ($id: ID!, $at: DateTime!) { recordAsOf(patientId: $id, at: $at) { accessBasis } }",
                json!({ "id": self.owner.id, "at": "2026-02-30T08:00:00Z" }),
            ),
        ] {
            cases.push((what.to_owned(), graph.clone(), document, variables));
        }
        cases
    }
}
