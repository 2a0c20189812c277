//! What clients send.

use crate::care::{AssignCareTeam, CareTeamRole, TeamMember};
use crate::patient::{
    AddDependant, Address, BloodType, EmergencyContact, Gender, GuardianDraft, GuardianRelationship,
    InsuranceCard, LinkGuardian, ListFilter, ProfileChanges, RegisterPatient, SexAtBirth, UnlinkGuardian,
    UpdatePatient,
};
use async_graphql::{ID, InputObject, MaybeUndefined};
use caregraph_kit::change::Change;
use caregraph_kit::graphql::{Date, named_id};

/// Narrows a list of patients; everything that is given must hold.
#[derive(Default, InputObject)]
pub struct PatientFilter {
    /// Born on this day or later.
    born_from: Option<Date>,
    /// Born on this day or earlier.
    born_to: Option<Date>,
    /// With this sex recorded at birth.
    sex_at_birth: Option<SexAtBirth>,
    /// `true`: only people who have died. `false`: only the living.
    deceased: Option<bool>,
    /// `true`: only dependants. `false`: only others.
    dependant: Option<bool>,
    /// Only people with whom you have a care relationship.
    #[graphql(default)]
    in_my_care: bool,
}

impl From<PatientFilter> for ListFilter {
    fn from(filter: PatientFilter) -> Self {
        Self {
            born_from: filter.born_from.map(Into::into),
            born_to: filter.born_to.map(Into::into),
            sex_at_birth: filter.sex_at_birth,
            deceased: filter.deceased,
            dependant: filter.dependant,
            in_my_care: filter.in_my_care,
        }
    }
}

/// Somebody who is to act for a patient.
#[derive(InputObject)]
pub struct GuardianInput {
    /// The guardian's account, which is also the guardian's own patient id.
    guardian_id: ID,
    /// What the guardian is to the patient.
    relationship: GuardianRelationship,
}

/// Declares the input of a mutation that opens a record: the mutation's own fields, then everything a profile holds.
macro_rules! new_profile_input {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(InputObject)]
        pub struct $name {
            $($(#[$field_doc])* $field: $type,)*
            /// Legal given name, at most 80 characters.
            given_name: String,
            /// Legal family name, at most 80 characters; empty for people who have one name only.
            family_name: String,
            /// Day of birth, not before 1890 and not in the future.
            date_of_birth: Option<Date>,
            /// Sex recorded at birth.
            sex_at_birth: Option<SexAtBirth>,
            /// Gender in the person's own words.
            gender: Option<Gender>,
            /// Telephone number with country code.
            phone: Option<String>,
            /// Number of an identity document: 6 to 20 letters and digits.
            national_id: Option<String>,
            /// Addresses, at most five.
            addresses: Option<Vec<Address>>,
            /// Whom to call when it matters, at most five, the first one first.
            emergency_contacts: Option<Vec<EmergencyContact>>,
            /// What the person does for a living, at most 120 characters.
            occupation: Option<String>,
            /// `vi` or `en`; `vi` when left out.
            preferred_language: Option<String>,
            /// Blood group.
            blood_type: Option<BloodType>,
            /// What is printed on the insurance card.
            insurance: Option<InsuranceCard>,
            /// Whether the person has died.
            deceased: Option<bool>,
            /// Day of death; implies that the person has died.
            deceased_on: Option<Date>,
        }

        impl $name {
            fn profile(self) -> ProfileChanges {
                ProfileChanges {
                    given_name: Some(self.given_name),
                    family_name: Some(self.family_name),
                    date_of_birth: given(self.date_of_birth.map(Into::into)),
                    sex_at_birth: given(self.sex_at_birth),
                    national_id: given(self.national_id),
                    blood_type: given(self.blood_type),
                    deceased: self.deceased,
                    deceased_on: given(self.deceased_on.map(Into::into)),
                    gender: given(self.gender),
                    phone: given(self.phone),
                    addresses: self.addresses,
                    emergency_contacts: self.emergency_contacts,
                    occupation: given(self.occupation),
                    preferred_language: self.preferred_language,
                    insurance: given(self.insurance),
                }
            }
        }
    };
}

new_profile_input! {
    /// A person whom the front desk puts on record.
    RegisterPatientInput {
        /// Who acts for the person, at most ten. With at least one the patient is a dependant.
        guardians: Option<Vec<GuardianInput>>,
    }
}

new_profile_input! {
    /// A person for whom you act.
    AddDependantInput {
        /// What you are to the person.
        relationship: GuardianRelationship,
    }
}

impl From<RegisterPatientInput> for RegisterPatient {
    fn from(mut input: RegisterPatientInput) -> Self {
        let guardians = input.guardians.take().unwrap_or_default();
        let guardians = guardians.into_iter().map(|guardian| GuardianDraft {
            user: named_id(&guardian.guardian_id),
            relationship: guardian.relationship,
        });
        Self {
            guardians: guardians.collect(),
            profile: input.profile(),
        }
    }
}

impl From<AddDependantInput> for AddDependant {
    fn from(input: AddDependantInput) -> Self {
        Self {
            relationship: input.relationship,
            profile: input.profile(),
        }
    }
}

/// Changes to a profile: what is left out stays, `null` removes.
///
/// The person, guardians and the front desk change contact data, gender, occupation, language and insurance. Legal name,
/// date of birth, sex at birth, national id, blood type and death are checked against documents: only the front desk
/// changes them.
#[derive(InputObject)]
pub struct UpdatePatientInput {
    /// The patient.
    id: ID,
    /// The version that you saw; a mismatch is refused as a conflict. Left out, the changes apply to whatever is there.
    version: Option<i64>,
    /// Legal given name, at most 80 characters. Front desk only.
    given_name: Option<String>,
    /// Legal family name, at most 80 characters; empty for people who have one name only. Front desk only.
    family_name: Option<String>,
    /// Day of birth, not before 1890 and not in the future. Front desk only.
    date_of_birth: MaybeUndefined<Date>,
    /// Sex recorded at birth. Front desk only.
    sex_at_birth: MaybeUndefined<SexAtBirth>,
    /// Gender in the person's own words.
    gender: MaybeUndefined<Gender>,
    /// Telephone number with country code. Once changed here, it no longer follows the account's number.
    phone: MaybeUndefined<String>,
    /// Number of an identity document: 6 to 20 letters and digits. Front desk only.
    national_id: MaybeUndefined<String>,
    /// All addresses, at most five.
    addresses: Option<Vec<Address>>,
    /// Everybody to call when it matters, at most five, the first one first.
    emergency_contacts: Option<Vec<EmergencyContact>>,
    /// What the person does for a living, at most 120 characters.
    occupation: MaybeUndefined<String>,
    /// `vi` or `en`. Once changed here, it no longer follows the account's language.
    preferred_language: Option<String>,
    /// Blood group. Front desk only.
    blood_type: MaybeUndefined<BloodType>,
    /// What is printed on the insurance card.
    insurance: MaybeUndefined<InsuranceCard>,
    /// Whether the person has died; `false` also removes the day. Front desk only.
    deceased: Option<bool>,
    /// Day of death; implies that the person has died. Front desk only.
    deceased_on: MaybeUndefined<Date>,
}

impl From<UpdatePatientInput> for UpdatePatient {
    fn from(input: UpdatePatientInput) -> Self {
        let profile = ProfileChanges {
            given_name: input.given_name,
            family_name: input.family_name,
            date_of_birth: Change::from(input.date_of_birth).map(Into::into),
            sex_at_birth: input.sex_at_birth.into(),
            national_id: input.national_id.into(),
            blood_type: input.blood_type.into(),
            deceased: input.deceased,
            deceased_on: Change::from(input.deceased_on).map(Into::into),
            gender: input.gender.into(),
            phone: input.phone.into(),
            addresses: input.addresses,
            emergency_contacts: input.emergency_contacts,
            occupation: input.occupation.into(),
            preferred_language: input.preferred_language,
            insurance: input.insurance.into(),
        };
        Self {
            patient: named_id(&input.id),
            version: input.version,
            profile,
        }
    }
}

/// Lets somebody act for a patient.
#[derive(InputObject)]
pub struct LinkGuardianInput {
    /// The patient.
    patient_id: ID,
    /// The account of whoever is to act for the patient, which is also that person's own patient id.
    guardian_id: ID,
    /// What the guardian is to the patient.
    relationship: GuardianRelationship,
}

impl From<LinkGuardianInput> for LinkGuardian {
    fn from(input: LinkGuardianInput) -> Self {
        Self {
            patient: named_id(&input.patient_id),
            guardian: named_id(&input.guardian_id),
            relationship: input.relationship,
        }
    }
}

/// Ends a guardianship.
#[derive(InputObject)]
pub struct UnlinkGuardianInput {
    /// The patient.
    patient_id: ID,
    /// The account of whoever acts for the patient.
    guardian_id: ID,
}

impl From<UnlinkGuardianInput> for UnlinkGuardian {
    fn from(input: UnlinkGuardianInput) -> Self {
        Self {
            patient: named_id(&input.patient_id),
            guardian: named_id(&input.guardian_id),
        }
    }
}

/// One person on a care team.
#[derive(InputObject)]
pub struct CareTeamMemberInput {
    /// Somebody who gives care.
    practitioner_id: ID,
    /// What the person does on the team.
    role: CareTeamRole,
}

/// A patient's whole care team.
#[derive(InputObject)]
pub struct AssignCareTeamInput {
    /// The patient.
    patient_id: ID,
    /// Everybody who is to be on the team, at most 20, each once. Whoever is missing is taken off; relationships that
    /// follow from appointments are not touched.
    members: Vec<CareTeamMemberInput>,
}

impl From<AssignCareTeamInput> for AssignCareTeam {
    fn from(input: AssignCareTeamInput) -> Self {
        let members = input.members.into_iter().map(|member| TeamMember {
            user: named_id(&member.practitioner_id),
            role: member.role,
        });
        Self {
            patient: named_id(&input.patient_id),
            members: members.collect(),
        }
    }
}

/// On a form for something new, an empty field says nothing.
fn given<T>(value: Option<T>) -> Change<T> {
    value.map_or(Change::Keep, Change::Set)
}
