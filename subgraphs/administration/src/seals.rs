//! What is sealed in this domain's store, for renewing it under another key.

use caregraph_kit::database::SealedColumn;

/// Columns with sealed values.
pub const SEALS: &[SealedColumn] = &[
    SealedColumn::new("audit_entries", "address"),
    SealedColumn::new("audit_entries", "reason"),
    SealedColumn::new("known_accounts", "name").of_record("user_id"),
];
