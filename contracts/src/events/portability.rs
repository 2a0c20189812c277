//! Taking one's data along: what records asks of every domain, and what each answers.

use super::Domain;
use crate::ids::{DataExportId, PatientId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Somebody wants everything that is kept about a patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportRequest {
    /// The export that the answers belong to.
    pub export_id: DataExportId,
    /// About whom: the record that stands for the person.
    pub patient_id: PatientId,
    /// Who asked: the patient, or somebody who acts for them. Each domain answers with what this person may see.
    pub requested_by: UserId,
}

/// A part of one domain's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportPart {
    /// The export.
    pub export_id: DataExportId,
    /// About whom.
    pub patient_id: PatientId,
    /// Who answers.
    pub domain: Domain,
    /// Which part, from 1.
    pub number: u32,
    /// How many parts there are; at least one.
    pub of: u32,
    /// The list that `rows` belong to, for example `appointments`. A list may go through several parts.
    pub list: String,
    /// Rows of that list, as the graph shows them.
    pub rows: Vec<Value>,
}
