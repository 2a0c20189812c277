//! Who sees whom, as conditions of the store: the one place where it is decided.
//!
//! Duplicates are never shown: whatever opens one of them opens the record that stands for the person.

use super::rows::{guardian, patient};
use crate::care::store::cared_for_by;
use crate::consent::store::consented_to;
use crate::glass::store::opened_by;
use crate::patient::Viewer;
use caregraph_contracts::ids::{Id, UserId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

/// Patients whom `viewer` may see at all: everybody for the front desk; otherwise oneself, those one acts for, and for
/// members of staff those for whom they are on duty now.
pub(super) fn visible_to(viewer: Viewer, now: DateTime<Utc>) -> Condition {
    let standing = standing();
    if viewer.manages {
        return standing;
    }
    let mut any = own(viewer.user);
    if viewer.reads {
        any = any.add(on_duty_for(viewer.user, now));
    }
    // Nested, so that a caller who adds conditions narrows the set.
    standing.add(any)
}

/// Records that stand for their person, in contrast to duplicates.
pub(super) fn standing() -> Condition {
    Condition::all().add(patient::Column::MergedInto.is_null())
}

/// The person behind an account, and those for whom it acts.
pub(super) fn own(user: UserId) -> Condition {
    let oneself = patient::Entity::find()
        .select_only()
        .column(patient::Column::Id)
        .filter(patient::Column::Id.eq(user.uuid()))
        .into_query();
    let guarded = guardian::Entity::find()
        .select_only()
        .column(guardian::Column::PatientId)
        .filter(guardian::Column::GuardianId.eq(user.uuid()))
        .into_query();
    [oneself, guarded].into_iter().fold(Condition::any(), opened)
}

/// Those whom a member of staff may see now: in their care, with the patient's consent, or in an emergency.
pub(super) fn on_duty_for(user: UserId, now: DateTime<Utc>) -> Condition {
    [consented_to(user, now), opened_by(user, now)]
        .into_iter()
        .fold(in_care_of(user, now), opened)
}

/// Those for whom a member of staff cares now.
pub(super) fn in_care_of(user: UserId, now: DateTime<Utc>) -> Condition {
    cared_for_by(user, now).into_iter().fold(Condition::any(), opened)
}

/// Adds the patients with the ids that `which` selects, and whoever stands for one of them.
fn opened(any: Condition, which: SelectStatement) -> Condition {
    let standing_for = patient::Entity::find()
        .select_only()
        .column(patient::Column::MergedInto)
        .filter(patient::Column::MergedInto.is_not_null())
        .filter(patient::Column::Id.in_subquery(which.clone()))
        .into_query();
    any.add(patient::Column::Id.in_subquery(which))
        .add(patient::Column::Id.in_subquery(standing_for))
}
