//! Why a medical record is open to somebody, and which parts of it: names that several subgraphs show.

use async_graphql::Enum;
use caregraph_contracts::{AccessBasis, RecordPart};

/// A part of a medical record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "RecordPart", name = "RecordPart")]
pub enum PartOfRecord {
    /// Visits: complaint, history, examination, diagnoses, plans, notes.
    Encounters,
    /// Vital signs.
    Vitals,
    /// Allergies and intolerances.
    Allergies,
    /// Problems and diagnoses that last.
    Conditions,
    /// Immunizations.
    Immunizations,
    /// Medicines in use.
    Medications,
    /// Documents and images.
    Documents,
    /// Summary, blood type, family and social history.
    Background,
}

/// What allows somebody to see a medical record, or that nothing does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "AccessBasis", name = "AccessBasis")]
pub enum BasisOfAccess {
    /// It is the person's own.
    Oneself,
    /// The person acts for the patient.
    Guardian,
    /// A care relationship exists.
    Care,
    /// The patient has consented.
    Consent,
    /// The person broke the glass for a stated reason.
    BrokenGlass,
    /// Nothing allows it; nothing was shown.
    Nothing,
}
