//! Whose word counts for a patient.

use super::model::Patient;
use caregraph_contracts::Scope;
use caregraph_kit::Rejection;
use caregraph_kit::auth::Principal;
use caregraph_kit::failure::Failure;
use caregraph_kit::validate::Checks;

/// Longest reference to a signed form, in characters.
const FORM_LENGTH: usize = 120;

/// The reference to a signed form as it is kept.
pub(crate) fn form_reference(checks: &mut Checks, form: Option<&str>) -> Option<String> {
    checks.optional_text("signedForm", form, FORM_LENGTH)
}

/// The patient, guardians and the front desk know of everything that was said for a patient.
pub(crate) fn sees_all(principal: &Principal, patient: &Patient) -> bool {
    principal.has(Scope::PatientsManage) || principal.user_id().is_some_and(|user| patient.is_own_of(user))
}

/// Whose word counts: the person's, a guardian's, and the front desk's where it holds their signature in its hands.
pub(crate) fn authorise(principal: &Principal, patient: &Patient, form: Option<&str>) -> Result<(), Failure> {
    let own = principal.user_id().is_some_and(|user| patient.is_own_of(user));
    if own && principal.has(Scope::PatientsWrite) {
        return Ok(());
    }
    if !principal.has(Scope::PatientsManage) {
        let message = "only the person, a guardian or the front desk may do this";
        return Err(Rejection::not_allowed(message).into());
    }
    if form.is_none() {
        let message = "must name the signed form on which the front desk acts";
        return Err(Rejection::invalid("signedForm", message).into());
    }
    Ok(())
}
