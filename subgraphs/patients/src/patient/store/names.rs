//! The table `patient_name_tokens`: by what patients are found by name, though nobody reads a name in the store.

use super::rows::patient;
use caregraph_contracts::ids::{Id, PatientId};
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::search::{NameTokens, UNSIGNED};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};

/// The table.
pub(super) const NAMES: NameTokens = NameTokens {
    table: "patient_name_tokens",
    owner: "patient_id",
    signature: Some(SIGNATURE),
    purpose: "patients/name",
};

const SIGNATURE: &str = "signature";

/// What the ids of those who were found are called.
pub(super) const FOUND: &str = "id";

/// Ids of the patients in whose name each of some words begins a word, behind `after` in a list; `None` when there are no words. The
/// rarest comes first.
pub(super) fn called(
    cipher: &FieldCipher,
    words: &[&str],
    after: Option<PatientId>,
) -> Option<SelectStatement> {
    let mut ids = NAMES.called(cipher, words)?;
    ids.clear_selects()
        .expr_as(Expr::col((NAMES.table, NAMES.owner)), FOUND);
    if let Some(after) = after {
        ids.and_where(Expr::col((NAMES.table, NAMES.owner)).lt(after.uuid()));
    }
    Some(ids)
}

/// Whether a patient has tokens that nobody signed: an earlier version of the program kept them.
pub(super) fn unsigned() -> Expr {
    // Of one patient at a time, which the least of a few rows is: PostgreSQL would read all tokens that there are for an `EXISTS`.
    let least = Query::select()
        .expr(Expr::col((NAMES.table, SIGNATURE)).min())
        .from(NAMES.table)
        .and_where(Expr::col((NAMES.table, NAMES.owner)).equals((patient::Entity, patient::Column::Id)))
        .to_owned();
    Expr::from(least).eq(UNSIGNED)
}
