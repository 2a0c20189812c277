//! Who may see an appointment, and how much of it.
//!
//! | who | sees it | reason, note for the doctor | doctor's notes |
//! |---|---|---|---|
//! | the patient, guardians | yes | yes | no |
//! | the appointment's practitioner | yes | yes | yes |
//! | nurses with `appointments:manage` | yes | yes | no |
//! | others with `appointments:manage`, such as administrators | yes | no | no |
//! | anybody else | no | no | no |
//!
//! A patient with several records is one person here: whoever acts for one of them acts for all.

use super::model::Change;
use super::status::Side;
use caregraph_contracts::ids::{PatientId, PractitionerId, UserId};
use caregraph_contracts::{Role, Scope};
use caregraph_kit::auth::Principal;

/// Whom an appointment is between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parties {
    /// Who comes.
    pub patient: PatientId,
    /// Who gives care.
    pub practitioner: PractitionerId,
}

/// What a principal sees of an appointment. Exists only for those who see something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one person may be several of these at once, in any combination"
)]
pub struct Sight {
    /// Whether the reason and the note for the doctor are shown.
    pub texts: bool,
    /// For which side the principal acts on it.
    pub side: Side,
    /// Whether the principal is the appointment's practitioner.
    pub is_practitioner: bool,
    /// Whether the principal is a nurse at the front desk.
    pub is_nurse: bool,
    /// Whether the principal runs the front desk.
    pub manages: bool,
}

impl Sight {
    /// Whether the doctor's own notes are shown.
    pub fn doctors_notes(&self) -> bool {
        self.is_practitioner
    }

    /// A change without the texts that are not for this reader.
    #[must_use]
    pub fn limit(&self, mut change: Change) -> Change {
        if !self.texts {
            change.texts.reason = None;
            change.texts.previous_note_for_doctor = None;
        }
        if !self.doctors_notes() {
            change.texts.previous_doctors_notes = None;
        }
        change
    }
}

/// What `principal` sees of an appointment between `parties`, where `acting` are the accounts that act for the patient.
/// `None` when it does not exist for them.
pub fn sight(principal: &Principal, parties: Parties, acting: &[UserId]) -> Option<Sight> {
    let user = principal.user_id()?;
    let manages = principal.has(Scope::AppointmentsManage);
    let reads_own = principal.has(Scope::AppointmentsRead);
    let is_practitioner = reads_own && parties.practitioner.as_user() == user;
    let is_patient = reads_own && (parties.patient.as_user() == user || acting.contains(&user));
    if !(manages || is_practitioner || is_patient) {
        return None;
    }
    let is_nurse = manages && principal.has_role(Role::Nurse);
    let side = if manages || is_practitioner {
        Side::Practice
    } else {
        Side::Patient
    };
    let texts = is_practitioner || is_patient || is_nurse;
    Some(Sight {
        texts,
        side,
        is_practitioner,
        is_nurse,
        manages,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use caregraph_kit::testing::principal;
    use uuid::Uuid;

    fn user(n: u128) -> UserId {
        UserId::from(Uuid::from_u128(n))
    }

    fn seen_by(who: &Principal) -> Option<(bool, bool, Side)> {
        let parties = Parties {
            patient: PatientId::of_user(user(1)),
            practitioner: PractitionerId::of_user(user(2)),
        };
        sight(who, parties, &[user(3)]).map(|sight| (sight.texts, sight.doctors_notes(), sight.side))
    }

    #[test]
    fn the_table_above_holds() {
        assert_eq!(
            seen_by(&principal(user(1), &[Role::Patient])),
            Some((true, false, Side::Patient))
        );
        assert_eq!(
            seen_by(&principal(user(3), &[Role::Patient])),
            Some((true, false, Side::Patient))
        );
        assert_eq!(
            seen_by(&principal(user(2), &[Role::Doctor])),
            Some((true, true, Side::Practice))
        );
        assert_eq!(
            seen_by(&principal(user(9), &[Role::Nurse])),
            Some((true, false, Side::Practice))
        );
        assert_eq!(
            seen_by(&principal(user(9), &[Role::Admin])),
            Some((false, false, Side::Practice))
        );
    }

    #[test]
    fn for_anybody_else_it_does_not_exist() {
        for role in [
            Role::Patient,
            Role::Doctor,
            Role::Pharmacist,
            Role::LabTechnician,
            Role::InsuranceProvider,
        ] {
            assert_eq!(seen_by(&principal(user(9), &[role])), None);
        }
        assert_eq!(seen_by(&Principal::anonymous()), None);
    }

    #[test]
    fn a_token_without_the_scope_shows_nothing() {
        let far = chrono::DateTime::<chrono::Utc>::MAX_UTC;
        let bare = Principal::user(user(1), Uuid::from_u128(1).into(), [Role::Patient], [], far);
        assert_eq!(seen_by(&bare), None);
    }
}
