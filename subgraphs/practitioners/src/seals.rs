//! What is sealed in this domain's tables, for renewing it under another key.

use caregraph_kit::database::SealedColumn;

/// Columns with sealed values.
pub const SEALS: &[SealedColumn] = &[SealedColumn::new("practitioners", "sealed")];
