//! Roles and scopes: what somebody is, and what a token lets them try.
//!
//! A *role* is given to a person; each role maps to *scopes*, which administrators may edit. A scope only opens the
//! door to an operation: whether a particular record may be seen is decided by the domain that owns it.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A name that is neither a role nor a scope of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown name")]
pub struct UnknownName;

macro_rules! named {
    ($(#[$doc:meta])* $type:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal, $about:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $type {
            $(#[doc = $about] $(#[$vdoc])* #[serde(rename = $text)] $variant,)*
        }
        impl $type {
            /// All of them, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// One sentence for people.
            pub const fn describe(self) -> &'static str {
                match self { $(Self::$variant => $about,)* }
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }
        impl FromStr for $type {
            type Err = UnknownName;
            fn from_str(text: &str) -> Result<Self, UnknownName> {
                match text { $($text => Ok(Self::$variant),)* _ => Err(UnknownName) }
            }
        }
    };
}

named! {
    /// What a person is in the organisation.
    Role {
        Patient = "PATIENT", "A person in care, or somebody who cares for one.";
        Doctor = "DOCTOR", "A physician.";
        Nurse = "NURSE", "A nurse; nurses also run the front desk.";
        Pharmacist = "PHARMACIST", "A pharmacist.";
        LabTechnician = "LAB_TECHNICIAN", "A laboratory technician.";
        InsuranceProvider = "INSURANCE_PROVIDER", "Somebody who works for an insurer.";
        Admin = "ADMIN", "Manages users and settings; clinical content stays closed.";
    }
}

named! {
    /// A permission as it stands in the token's `scope` claim.
    Scope {
        AccountRead = "account:read", "Read one's own account, sessions and activity.";
        AccountWrite = "account:write", "Change one's own account, password and second factor.";
        UsersRead = "users:read", "Read every account.";
        UsersWrite = "users:write", "Invite, suspend and reactivate accounts and give roles.";
        RolesWrite = "roles:write", "Edit what each role may do.";
        TokensIntrospect = "tokens:introspect", "Ask whether a token is alive; for services.";
        PatientsRead = "patients:read", "Read the profiles of patients one cares for.";
        PatientsWrite = "patients:write", "Change the profiles of patients one cares for, or one's own.";
        PatientsManage = "patients:manage", "Front desk: find, register and change any patient.";
        PractitionersManage = "practitioners:manage", "Manage practitioners, locations and departments.";
        ServicesManage = "services:manage", "Manage the catalogue of services.";
        SchedulesWrite = "schedules:write", "Change one's own working hours and absences.";
        SchedulesManage = "schedules:manage", "Change anybody's working hours and absences.";
        AppointmentsRead = "appointments:read", "Read one's own appointments.";
        AppointmentsWrite = "appointments:write", "Book, move and cancel one's own appointments.";
        AppointmentsManage = "appointments:manage", "Front desk: book, move, cancel and check in for anybody.";
        NotificationsManage = "notifications:manage", "Edit what messages say, see which were sent, and send some.";
        RecordsRead = "records:read", "Read the medical records of patients one cares for, and what is released of one's own.";
        RecordsObserve = "records:observe", "Record vital signs, allergies, immunizations and medication of patients one cares for.";
        RecordsWrite = "records:write", "Write, sign and amend the medical records of patients one cares for.";
        RecordsBreakGlass = "records:break-glass", "Open any record for a stated reason, for one hour.";
        AuditRead = "audit:read", "Read and verify the audit trail.";
    }
}

named! {
    /// A part of a medical record, as consents and access rules name it.
    RecordPart {
        Encounters = "ENCOUNTERS", "Visits: complaint, history, examination, diagnoses, plans, notes.";
        Vitals = "VITALS", "Vital signs.";
        Allergies = "ALLERGIES", "Allergies and intolerances.";
        Conditions = "CONDITIONS", "Problems and diagnoses that last.";
        Immunizations = "IMMUNIZATIONS", "Immunizations.";
        Medications = "MEDICATIONS", "Medicines in use.";
        Documents = "DOCUMENTS", "Documents and images.";
        Background = "BACKGROUND", "Summary, blood type, family and social history.";
    }
}

named! {
    /// Why somebody may see a medical record, or that nothing allows it.
    AccessBasis {
        Oneself = "ONESELF", "It is the person's own.";
        Guardian = "GUARDIAN", "The person acts for the patient.";
        Care = "CARE", "A care relationship exists.";
        Consent = "CONSENT", "The patient has consented.";
        BrokenGlass = "BROKEN_GLASS", "The person broke the glass for a stated reason.";
        Nothing = "NOTHING", "Nothing allows it; nothing was shown.";
    }
}

/// What allowed somebody to write into a medical record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteAccess {
    /// Why the record was open to them.
    pub basis: AccessBasis,
    /// The stated reason, where the glass was broken.
    pub reason: Option<String>,
}

impl Role {
    /// Scopes a role has until an administrator edits them.
    pub const fn default_scopes(self) -> &'static [Scope] {
        use Scope as S;
        match self {
            Self::Patient => &[
                S::AccountRead,
                S::AccountWrite,
                S::PatientsWrite,
                S::AppointmentsRead,
                S::AppointmentsWrite,
                S::RecordsRead,
            ],
            Self::Doctor => &[
                S::AccountRead,
                S::AccountWrite,
                S::PatientsRead,
                S::SchedulesWrite,
                S::AppointmentsRead,
                S::AppointmentsWrite,
                S::RecordsRead,
                S::RecordsObserve,
                S::RecordsWrite,
                S::RecordsBreakGlass,
            ],
            Self::Nurse => &[
                S::AccountRead,
                S::AccountWrite,
                S::PatientsRead,
                S::PatientsWrite,
                S::PatientsManage,
                S::SchedulesManage,
                S::AppointmentsRead,
                S::AppointmentsWrite,
                S::AppointmentsManage,
                S::RecordsRead,
                S::RecordsObserve,
                S::RecordsBreakGlass,
            ],
            Self::Pharmacist => &[S::AccountRead, S::AccountWrite, S::PatientsRead, S::RecordsRead],
            Self::LabTechnician => &[S::AccountRead, S::AccountWrite, S::PatientsRead],
            Self::InsuranceProvider => &[S::AccountRead, S::AccountWrite],
            Self::Admin => &[
                S::AccountRead,
                S::AccountWrite,
                S::UsersRead,
                S::UsersWrite,
                S::RolesWrite,
                S::PractitionersManage,
                S::ServicesManage,
                S::SchedulesManage,
                S::AppointmentsManage,
                S::NotificationsManage,
                S::AuditRead,
            ],
        }
    }

    /// Whether people with this role work here, in contrast to patients and insurers.
    pub const fn is_staff(self) -> bool {
        match self {
            Self::Doctor | Self::Nurse | Self::Pharmacist | Self::LabTechnician | Self::Admin => true,
            Self::Patient | Self::InsuranceProvider => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(*role));
        }
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(*scope));
        }
    }

    #[test]
    fn administrators_get_no_scope_that_opens_patient_profiles() {
        let scopes = Role::Admin.default_scopes();
        assert!(!scopes.contains(&Scope::PatientsRead));
        assert!(!scopes.contains(&Scope::PatientsManage));
        assert!(!scopes.contains(&Scope::RecordsRead));
    }
}
