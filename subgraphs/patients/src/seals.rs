//! What is sealed in this domain's tables, for renewing it under another key.

use caregraph_kit::database::SealedColumn;

/// Columns with sealed values.
pub const SEALS: &[SealedColumn] = &[
    SealedColumn::new("accounts", "details").of_record("user_id"),
    SealedColumn::new("patients", "phone"),
    SealedColumn::new("patients", "national_id"),
    SealedColumn::new("patients", "addresses"),
    SealedColumn::new("patients", "emergency_contacts"),
    SealedColumn::new("patients", "insurance"),
    // Not the columns from which these come: what still stands there in the clear is no sealed value, see `patient/store/clear.rs`.
    SealedColumn::new("patients", "sealed_given_name"),
    SealedColumn::new("patients", "sealed_family_name"),
    SealedColumn::new("patients", "sealed_occupation"),
    SealedColumn::new("patients", "sealed_blood_type"),
    SealedColumn::new("consents", "purpose"),
    SealedColumn::new("consents", "granting_form"),
    SealedColumn::new("consents", "revocation_reason"),
    SealedColumn::new("consents", "revoking_form"),
    SealedColumn::new("erasures", "signed_form"),
    SealedColumn::new("patient_merges", "reason"),
    SealedColumn::new("patient_merges", "undo_reason"),
];
