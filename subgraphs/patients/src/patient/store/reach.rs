//! Who sees whom, as conditions of the store: the one place where it is decided.

use super::rows::{guardian, patient};
use crate::care::store::cared_for_by;
use crate::patient::Viewer;
use caregraph_contracts::ids::{Id, UserId};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

/// Patients whom `viewer` may see at all: everybody for the front desk; otherwise oneself, those one acts for, and for
/// members of staff those with whom a care relationship exists now.
pub(super) fn visible_to(viewer: Viewer, now: DateTime<Utc>) -> Condition {
    // Nested, so that a caller who adds conditions narrows the set.
    let everybody = Condition::all();
    if viewer.manages {
        return everybody;
    }
    let mut any = own(viewer.user);
    if viewer.reads {
        any = any.add(in_care_of(viewer.user, now));
    }
    everybody.add(any)
}

/// The person behind an account, and those for whom it acts.
pub(super) fn own(user: UserId) -> Condition {
    let guarded = guardian::Entity::find()
        .select_only()
        .column(guardian::Column::PatientId)
        .filter(guardian::Column::GuardianId.eq(user.uuid()))
        .into_query();
    Condition::any()
        .add(patient::Column::Id.eq(user.uuid()))
        .add(patient::Column::Id.in_subquery(guarded))
}

/// Those for whom a member of staff cares now.
pub(super) fn in_care_of(user: UserId, now: DateTime<Utc>) -> Condition {
    cared_for_by(user, now)
        .into_iter()
        .fold(Condition::any(), |any, patients| {
            any.add(patient::Column::Id.in_subquery(patients))
        })
}
