//! What is sealed in this domain's tables, for renewing it under another key.

use caregraph_kit::database::SealedColumn;

/// Columns with sealed values.
pub const SEALS: &[SealedColumn] = &[
    SealedColumn::new("absences", "reason"),
    SealedColumn::new("appointments", "reason"),
    SealedColumn::new("appointments", "note_for_doctor"),
    SealedColumn::new("appointments", "doctors_notes"),
    SealedColumn::new("appointment_changes", "clinical")
        .of_record("appointment_id")
        .numbered("clinical/", "revision"),
];
