//! What administration tells.

use super::{Domain, ErasureAnswer, ExportPart, PublicEvent};
use crate::ids::Id;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Public events of administration. The audit trail tells nothing of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", content = "data")]
pub enum AdministrationEvent {
    /// What is kept here about a patient, for taking along: the answer to `DataExportRequested`.
    DataExported {
        /// A part of it.
        part: ExportPart,
    },
    /// What is kept here about a person, and what of it goes or has gone: the answer to `ErasureAsked`.
    ErasureAnswered {
        /// The answer.
        answer: ErasureAnswer,
    },
}

impl PublicEvent for AdministrationEvent {
    const DOMAIN: Domain = Domain::Administration;

    fn name(&self) -> &'static str {
        match self {
            Self::DataExported { .. } => "DataExported",
            Self::ErasureAnswered { .. } => "ErasureAnswered",
        }
    }

    fn aggregate(&self) -> Uuid {
        match self {
            Self::DataExported { part } => part.export_id.uuid(),
            Self::ErasureAnswered { answer } => answer.erasure_id.uuid(),
        }
    }
}
