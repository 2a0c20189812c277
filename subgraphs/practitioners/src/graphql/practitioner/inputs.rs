//! What people send about practitioners.

use super::types::Profession;
use crate::practitioner::{
    Changes, CreatePractitioner, DeactivatePractitioner, Details, Filter, NotALanguage,
    ReactivatePractitioner, UpdatePractitioner,
};
use async_graphql::{ID, InputObject, MaybeUndefined};
use caregraph_contracts::ids::Id;
use caregraph_kit::change::Change;
use caregraph_kit::graphql::{Date, named_id};
use caregraph_kit::{Failure, Rejection};
use chrono::NaiveDate;

/// Which practitioners to list. Everything that is given must hold.
#[derive(InputObject, Default)]
pub(in crate::graphql) struct PractitionerFilter {
    /// Code of a specialty, for example `CARDIOLOGY`.
    specialty: Option<String>,
    /// A language as BCP 47 tag; `en` finds those who speak `en-GB` too.
    language: Option<String>,
    /// Id of a location where they work.
    location: Option<ID>,
    /// Words to be found in name, title or specialty (in English or Vietnamese), at most 200 characters; marks do not
    /// matter: `nguyen` finds Nguyễn. All words must be found; the first eight count.
    text: Option<String>,
    /// `true`: only those who take new patients, are active and have a licence that has not expired. `false`: only the others.
    accepting_new: Option<bool>,
    /// Also those who have left. Staff only; without effect for everybody else.
    #[graphql(default)]
    include_inactive: bool,
}

impl TryFrom<PractitionerFilter> for Filter {
    type Error = Failure;

    fn try_from(filter: PractitionerFilter) -> Result<Self, Failure> {
        let language = filter.language.as_deref().map(str::parse).transpose();
        Ok(Self {
            specialty: filter.specialty,
            language: language
                .map_err(|error: NotALanguage| Rejection::invalid("filter.language", error.to_string()))?,
            location: filter.location.as_ref().map(named_id),
            text: filter.text,
            accepting_new: filter.accepting_new,
            include_inactive: filter.include_inactive,
        })
    }
}

/// A new practitioner.
#[derive(InputObject)]
pub(in crate::graphql) struct CreatePractitionerInput {
    /// The person's account. It must be one of staff, with the role that the profession needs: `DOCTOR`, `NURSE`,
    /// `PHARMACIST`, or `LAB_TECHNICIAN` for technicians.
    user_id: ID,
    /// Name without title, 1 to 120 characters.
    display_name: String,
    /// Title in front of the name, at most 40 characters.
    title: Option<String>,
    /// What the practitioner is trained as.
    profession: Profession,
    /// Codes of specialties, the main one first; at most 20.
    #[graphql(default)]
    specialties: Vec<String>,
    /// Number of the licence to practise, at most 60 characters. Doctors, nurses and pharmacists need one.
    licence_number: Option<String>,
    /// Last day on which the licence is good; left out when it has no end.
    licence_expires_on: Option<Date>,
    /// Self-description for patients, at most 4000 characters.
    biography: Option<String>,
    /// Languages spoken with patients as BCP 47 tags, the best first; at most 20.
    #[graphql(default)]
    languages: Vec<String>,
    /// Year in which the practitioner began to practise, 1940 to the present.
    practising_since: Option<i32>,
    /// `https` address of a picture, at most 500 characters.
    photo_url: Option<String>,
    /// Telephone at work, with country code.
    work_phone: Option<String>,
    /// E-mail address at work.
    work_email: Option<String>,
    /// Departments, the main one first; at most 20.
    #[graphql(default)]
    department_ids: Vec<ID>,
    /// Where the practitioner works, the main place first; at most 20.
    #[graphql(default)]
    location_ids: Vec<ID>,
    /// Whether the practitioner takes people who have not been there before.
    #[graphql(default = true)]
    accepting_new_patients: bool,
}

impl From<CreatePractitionerInput> for CreatePractitioner {
    fn from(input: CreatePractitionerInput) -> Self {
        Self {
            id: named_id(&input.user_id),
            details: Details {
                display_name: input.display_name,
                title: input.title,
                profession: input.profession.into(),
                specialties: input.specialties,
                licence_number: input.licence_number,
                licence_expires_on: input.licence_expires_on.map(NaiveDate::from),
                biography: input.biography,
                languages: input.languages,
                practising_since: input.practising_since,
                photo_url: input.photo_url,
                work_phone: input.work_phone,
                work_email: input.work_email,
                departments: ids(&input.department_ids),
                locations: ids(&input.location_ids),
                accepting_new_patients: input.accepting_new_patients,
            },
        }
    }
}

/// An edit of a practitioner. What is left out stays as it is; `null` clears what may be absent. Lists are replaced as a whole.
#[derive(InputObject)]
pub(in crate::graphql) struct UpdatePractitionerInput {
    /// Whom.
    id: ID,
    /// The `version` on which the edit was made; left out to overwrite whatever is there.
    expected_version: Option<i64>,
    /// Name without title, 1 to 120 characters.
    display_name: Option<String>,
    /// Title in front of the name, at most 40 characters.
    title: MaybeUndefined<String>,
    /// What the practitioner is trained as. The account must have the role for it.
    profession: Option<Profession>,
    /// Codes of specialties, the main one first; at most 20.
    specialties: Option<Vec<String>>,
    /// Number of the licence to practise, at most 60 characters.
    licence_number: MaybeUndefined<String>,
    /// Last day on which the licence is good.
    licence_expires_on: MaybeUndefined<Date>,
    /// Self-description for patients, at most 4000 characters.
    biography: MaybeUndefined<String>,
    /// Languages spoken with patients as BCP 47 tags, the best first; at most 20.
    languages: Option<Vec<String>>,
    /// Year in which the practitioner began to practise, 1940 to the present.
    practising_since: MaybeUndefined<i32>,
    /// `https` address of a picture, at most 500 characters.
    photo_url: MaybeUndefined<String>,
    /// Telephone at work, with country code.
    work_phone: MaybeUndefined<String>,
    /// E-mail address at work.
    work_email: MaybeUndefined<String>,
    /// Departments, the main one first; at most 20.
    department_ids: Option<Vec<ID>>,
    /// Where the practitioner works, the main place first; at most 20.
    location_ids: Option<Vec<ID>>,
    /// Whether the practitioner takes people who have not been there before.
    accepting_new_patients: Option<bool>,
}

impl From<UpdatePractitionerInput> for UpdatePractitioner {
    fn from(input: UpdatePractitionerInput) -> Self {
        Self {
            id: named_id(&input.id),
            expected_version: input.expected_version,
            changes: Changes {
                display_name: input.display_name,
                title: input.title.into(),
                profession: input.profession.map(Into::into),
                specialties: input.specialties,
                licence_number: input.licence_number.into(),
                licence_expires_on: Change::from(input.licence_expires_on).map(NaiveDate::from),
                biography: input.biography.into(),
                languages: input.languages,
                practising_since: input.practising_since.into(),
                photo_url: input.photo_url.into(),
                work_phone: input.work_phone.into(),
                work_email: input.work_email.into(),
                departments: input.department_ids.as_deref().map(ids),
                locations: input.location_ids.as_deref().map(ids),
                accepting_new_patients: input.accepting_new_patients,
            },
        }
    }
}

/// The end of somebody's work here.
#[derive(InputObject)]
pub(in crate::graphql) struct DeactivatePractitionerInput {
    /// Whom.
    id: ID,
    /// Why, 1 to 500 characters. The practitioner can read it.
    reason: String,
    /// The `version` on which the decision was made; left out for whatever is there.
    expected_version: Option<i64>,
}

impl From<DeactivatePractitionerInput> for DeactivatePractitioner {
    fn from(input: DeactivatePractitionerInput) -> Self {
        Self {
            id: named_id(&input.id),
            reason: input.reason,
            expected_version: input.expected_version,
        }
    }
}

/// Somebody's return.
#[derive(InputObject)]
pub(in crate::graphql) struct ReactivatePractitionerInput {
    /// Whom.
    id: ID,
    /// The `version` on which the decision was made; left out for whatever is there.
    expected_version: Option<i64>,
}

impl From<ReactivatePractitionerInput> for ReactivatePractitioner {
    fn from(input: ReactivatePractitionerInput) -> Self {
        Self {
            id: named_id(&input.id),
            expected_version: input.expected_version,
        }
    }
}

fn ids<I: Id>(ids: &[ID]) -> Vec<I> {
    ids.iter().map(named_id).collect()
}
