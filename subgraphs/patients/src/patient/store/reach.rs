//! Who sees whom, as conditions of the store: the one place where it is decided.
//!
//! Duplicates are never shown: whatever opens one of them opens the record that stands for the person.

use super::names::FOUND;
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
    let mut ids = own(viewer.user);
    if viewer.reads {
        ids.extend(on_duty_for(viewer.user, now));
    }
    let any = ids.into_iter().fold(Condition::any(), |any, ids| {
        any.add(patient::Column::Id.in_subquery(ids))
    });
    // Nested, so that a caller who adds conditions narrows the set.
    standing.add(any)
}

/// Records that stand for their person, in contrast to duplicates.
pub(super) fn standing() -> Condition {
    Condition::all().add(patient::Column::MergedInto.is_null())
}

/// Ids of the person behind an account, and of those for whom it acts. Here and below, ids of duplicates may be among them.
pub(super) fn own(user: UserId) -> Vec<SelectStatement> {
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
    [oneself, guarded].into_iter().flat_map(opened).collect()
}

/// Ids of those whom a member of staff may see now: in their care, with the patient's consent, or in an emergency.
pub(super) fn on_duty_for(user: UserId, now: DateTime<Utc>) -> Vec<SelectStatement> {
    let mut ids = in_care_of(user, now);
    ids.extend(
        [consented_to(user, now), opened_by(user, now)]
            .into_iter()
            .flat_map(opened),
    );
    ids
}

/// Ids of those for whom a member of staff cares now.
pub(super) fn in_care_of(user: UserId, now: DateTime<Utc>) -> Vec<SelectStatement> {
    cared_for_by(user, now).into_iter().flat_map(opened).collect()
}

/// Ids of those who stand for one of the patients whose ids `which` selects, called [`FOUND`], and these ids.
fn opened(which: SelectStatement) -> [SelectStatement; 2] {
    let standing_for = patient::Entity::find()
        .select_only()
        .column_as(patient::Column::MergedInto, FOUND)
        .filter(patient::Column::MergedInto.is_not_null())
        .filter(patient::Column::Id.in_subquery(which.clone()))
        .into_query();
    [standing_for, which]
}
