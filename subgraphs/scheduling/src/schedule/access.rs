//! Who may change whose schedule.

use caregraph_contracts::ids::{PractitionerId, UserId};
use caregraph_contracts::{Role, Scope};
use caregraph_kit::auth::Principal;
use caregraph_kit::{Failure, Rejection};

/// Lets the practitioner in (`schedules:write`), and whoever manages all schedules (`schedules:manage`).
pub fn may_change(principal: &Principal, practitioner: PractitionerId) -> Result<UserId, Failure> {
    let user = principal.require_any(&[Scope::SchedulesWrite, Scope::SchedulesManage])?;
    if principal.has(Scope::SchedulesManage) || PractitionerId::of_user(user) == practitioner {
        Ok(user)
    } else {
        Err(Rejection::not_allowed("you may change your own schedule only").into())
    }
}

/// What about somebody's eyes decides how much they see of schedules. Hours are public; absences are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScheduleViewer {
    practitioner: Option<PractitionerId>,
    works_here: bool,
    manages: bool,
}

impl ScheduleViewer {
    /// The eyes of whoever asks.
    pub fn of(principal: &Principal) -> Self {
        Self {
            practitioner: principal.user_id().map(PractitionerId::of_user),
            works_here: principal.roles().any(Role::is_staff),
            manages: principal.has(Scope::SchedulesManage),
        }
    }

    /// Absences are seen by the people who work here.
    pub fn sees_absences(self) -> bool {
        self.works_here || self.manages
    }

    /// Why somebody is absent is seen by that person and by whoever manages all schedules.
    pub fn sees_reasons_of(self, practitioner: PractitionerId) -> bool {
        self.manages || (self.works_here && self.practitioner == Some(practitioner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use caregraph_kit::auth::AccessDenied;
    use caregraph_kit::testing::principal;
    use uuid::Uuid;

    #[test]
    fn doctors_change_their_own_schedule_and_nurses_every_one() {
        let (own, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let doctor = principal(own.into(), &[Role::Doctor]);
        assert!(may_change(&doctor, own.into()).is_ok());
        assert!(matches!(
            may_change(&doctor, other.into()),
            Err(Failure::Refused(_))
        ));
        let nurse = principal(own.into(), &[Role::Nurse]);
        assert!(may_change(&nurse, other.into()).is_ok());
        let patient = principal(own.into(), &[Role::Patient]);
        assert!(matches!(
            may_change(&patient, own.into()),
            Err(Failure::Denied(AccessDenied::MissingScope(_)))
        ));
        let nobody = may_change(&Principal::anonymous(), own.into());
        assert!(matches!(
            nobody,
            Err(Failure::Denied(AccessDenied::Unauthenticated))
        ));
    }

    #[test]
    fn reasons_are_for_fewer_eyes_than_absences() {
        let (own, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let eyes = |role| ScheduleViewer::of(&principal(own.into(), &[role]));
        assert!(eyes(Role::Doctor).sees_absences() && eyes(Role::Doctor).sees_reasons_of(own.into()));
        assert!(!eyes(Role::Doctor).sees_reasons_of(other.into()));
        assert!(eyes(Role::Nurse).sees_reasons_of(other.into()));
        assert!(!eyes(Role::Patient).sees_absences() && !eyes(Role::Patient).sees_reasons_of(own.into()));
        let nobody = ScheduleViewer::of(&Principal::anonymous());
        assert!(!nobody.sees_absences() && !nobody.sees_reasons_of(own.into()));
    }
}
