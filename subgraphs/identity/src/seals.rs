//! What is sealed in this domain's tables, for renewing it under another key.

use caregraph_kit::database::SealedColumn;

/// Columns with sealed values.
pub const SEALS: &[SealedColumn] = &[
    // Not the columns from which names come: what still stands there in the clear is no sealed value, see `account/store/clear.rs`.
    SealedColumn::new("users", "first_name_sealed").called("first_name"),
    SealedColumn::new("users", "last_name_sealed").called("last_name"),
    SealedColumn::new("users", "phone_sealed").called("phone"),
    SealedColumn::new("users", "addresses_sealed").called("addresses"),
    SealedColumn::new("totp_factors", "secret_sealed")
        .called("secret")
        .of_record("user_id"),
    SealedColumn::new("signing_keys", "seed_sealed")
        .called("seed")
        .of_record("kid"),
];
