//! What the audit trail says was written in medical records. They are kept by other stores than tables, but nothing changes in them
//! without an event, and every event becomes an entry of the trail.

use super::Scene;
use caregraph_kit::Clock;
use caregraph_kit::testing::eventually;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

const LOG: &str = "query ($filter: AuditLogFilter) { auditLog(filter: $filter, first: 100) { nodes { id action occurredAt } } }";

impl Scene {
    /// Everything that was written until now, and glass that was broken.
    pub(super) async fn written_in_records(&self) -> Vec<Value> {
        let doctor = &self.clinic.doctors[0];
        let now = Clock::system().now();
        let look = "query ($id: ID!) { medicalRecord(patientId: $id) { accessBasis } }";
        doctor.graph.data(look, json!({ "id": self.owner.id })).await;
        // A domain's events are heard in their order: when the trail knows of this look, it knows of everything before.
        eventually("the trail knows of the look", || async {
            let looks = self.logged("RecordAccessed").await;
            let at = |look: &Value| look["occurredAt"].as_str()?.parse::<DateTime<Utc>>().ok();
            looks
                .iter()
                .any(|look| at(look).is_some_and(|at| at >= now))
                .then_some(())
        })
        .await;
        let mut written = self.logged("RecordChanged").await;
        written.extend(self.logged("GlassBroken").await);
        assert!(!written.is_empty(), "the scene was written down");
        written
    }

    async fn logged(&self, action: &str) -> Vec<Value> {
        let filter = json!({ "action": action, "domain": "RECORDS" });
        let log = self
            .clinic
            .admin
            .graph
            .data(LOG, json!({ "filter": filter }))
            .await;
        log["auditLog"]["nodes"].as_array().unwrap().clone()
    }
}
