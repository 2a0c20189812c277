//! What a form says about a practitioner, and how it becomes a checked profile.

use super::{LanguageTag, Practitioner, Private, Profession, Profile, Specialty};
use crate::name::one_line;
use caregraph_contracts::ids::{DepartmentId, LocationId};
use caregraph_kit::Failure;
use caregraph_kit::change::Change;
use caregraph_kit::validate::{Checks, email, https_url, phone};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use std::collections::HashSet;
use std::hash::Hash;

/// Most entries of a list of specialties, languages, departments or locations.
const MOST: usize = 20;
/// Nobody who practises today began earlier.
const EARLIEST_YEAR: i32 = 1940;

/// Everything that can be said about a practitioner, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// Name without title, 1 to 120 characters.
    pub display_name: String,
    /// Title in front of the name, at most 40 characters.
    pub title: Option<String>,
    /// What the practitioner is trained as.
    pub profession: Profession,
    /// Codes of [`Specialty`], the main one first; at most 20.
    pub specialties: Vec<String>,
    /// Number of the licence, at most 60 characters. Needed for doctors, nurses and pharmacists.
    pub licence_number: Option<String>,
    /// Last day on which the licence is good; `None` when it has no end.
    pub licence_expires_on: Option<NaiveDate>,
    /// Self-description for patients, at most 4000 characters.
    pub biography: Option<String>,
    /// BCP 47 tags, the best language first; at most 20.
    pub languages: Vec<String>,
    /// Year in which the practitioner began to practise, 1940 to the present.
    pub practising_since: Option<i32>,
    /// `https` address of a picture.
    pub photo_url: Option<String>,
    /// Telephone at work with country code.
    pub work_phone: Option<String>,
    /// E-mail address at work.
    pub work_email: Option<String>,
    /// Departments, the main one first; at most 20.
    pub departments: Vec<DepartmentId>,
    /// Where the practitioner works, the main place first; at most 20.
    pub locations: Vec<LocationId>,
    /// Whether new patients are taken.
    pub accepting_new_patients: bool,
}

impl Details {
    /// Nothing but a name and a profession; to be filled in.
    pub fn new(display_name: impl Into<String>, profession: Profession) -> Self {
        Self {
            display_name: display_name.into(),
            title: None,
            profession,
            specialties: Vec::new(),
            licence_number: None,
            licence_expires_on: None,
            biography: None,
            languages: Vec::new(),
            practising_since: None,
            photo_url: None,
            work_phone: None,
            work_email: None,
            departments: Vec::new(),
            locations: Vec::new(),
            accepting_new_patients: true,
        }
    }

    /// The details that a practitioner has now; the start of an edit.
    pub fn of(practitioner: &Practitioner, private: &Private) -> Self {
        let profile = practitioner.profile.clone();
        Self {
            display_name: profile.display_name,
            title: profile.title,
            profession: profile.profession,
            specialties: profile
                .specialties
                .iter()
                .map(|specialty| specialty.code.to_owned())
                .collect(),
            licence_number: private.licence_number.clone(),
            licence_expires_on: profile.licence_expires_on,
            biography: profile.biography,
            languages: profile.languages.iter().map(ToString::to_string).collect(),
            practising_since: profile.practising_since,
            photo_url: profile.photo_url,
            work_phone: private.work_phone.clone(),
            work_email: private.work_email.clone(),
            departments: profile.departments,
            locations: profile.locations,
            accepting_new_patients: profile.accepting_new_patients,
        }
    }

    /// Checks everything and reports all mistakes at once.
    pub fn check(self, now: DateTime<Utc>) -> Result<(Profile, Private), Failure> {
        let mut checks = Checks::new();
        let display_name = one_line(&checks.text("displayName", &self.display_name, 120));
        let title = checks
            .optional_text("title", self.title.as_deref(), 40)
            .map(|title| one_line(&title));
        let biography = checks.optional_text("biography", self.biography.as_deref(), 4000);
        let specialties = self.specialties(&mut checks);
        let languages = self.languages(&mut checks);
        unique(&mut checks, "departmentIds", &self.departments);
        unique(&mut checks, "locationIds", &self.locations);
        if let Some(year) = self.practising_since {
            let possible = (EARLIEST_YEAR..=now.year()).contains(&year);
            checks.require(
                possible,
                "practisingSince",
                "must be a year between 1940 and the present",
            );
        }
        let licence_number = self.licence(&mut checks);
        let photo_url = read(&mut checks, "photoUrl", self.photo_url.as_deref(), https_url);
        let work_phone = read(&mut checks, "workPhone", self.work_phone.as_deref(), phone);
        let work_email = read(&mut checks, "workEmail", self.work_email.as_deref(), email);
        checks.done()?;
        let profile = Profile {
            display_name,
            title,
            profession: self.profession,
            specialties,
            biography,
            languages,
            practising_since: self.practising_since,
            photo_url,
            departments: self.departments,
            locations: self.locations,
            accepting_new_patients: self.accepting_new_patients,
            licence_expires_on: self.licence_expires_on,
        };
        Ok((
            profile,
            Private {
                licence_number,
                work_phone,
                work_email,
                deactivation_reason: None,
            },
        ))
    }

    fn specialties(&self, checks: &mut Checks) -> Vec<&'static Specialty> {
        if !unique(checks, "specialties", &self.specialties) {
            return Vec::new();
        }
        let mut found = Vec::with_capacity(self.specialties.len());
        for (index, code) in self.specialties.iter().enumerate() {
            let specialty = Specialty::find(code).ok_or("is not the code of a specialty");
            found.extend(checks.take(&format!("specialties.{index}"), specialty));
        }
        found
    }

    fn languages(&self, checks: &mut Checks) -> Vec<LanguageTag> {
        if self.languages.len() > MOST {
            checks.require(false, "languages", TOO_MANY);
            return Vec::new();
        }
        let mut found: Vec<LanguageTag> = Vec::with_capacity(self.languages.len());
        for (index, tag) in self.languages.iter().enumerate() {
            found.extend(checks.take(&format!("languages.{index}"), tag.parse()));
        }
        unique(checks, "languages", &found);
        found
    }

    fn licence(&self, checks: &mut Checks) -> Option<String> {
        let number = checks
            .optional_text("licenceNumber", self.licence_number.as_deref(), 60)
            .map(|number| one_line(&number));
        let needed = self.profession.needs_licence() || self.licence_expires_on.is_some();
        checks.require(number.is_some() || !needed, "licenceNumber", "must be given");
        if let Some(day) = self.licence_expires_on {
            checks.require(
                (1950..2200).contains(&day.year()),
                "licenceExpiresOn",
                "must be a day between 1950 and 2199",
            );
        }
        number
    }
}

/// An edit of [`Details`]. What is not mentioned stays.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Name without title.
    pub display_name: Option<String>,
    /// Title in front of the name.
    pub title: Change<String>,
    /// What the practitioner is trained as.
    pub profession: Option<Profession>,
    /// All specialties, the main one first.
    pub specialties: Option<Vec<String>>,
    /// Number of the licence.
    pub licence_number: Change<String>,
    /// Last day on which the licence is good.
    pub licence_expires_on: Change<NaiveDate>,
    /// Self-description for patients.
    pub biography: Change<String>,
    /// All languages, the best first.
    pub languages: Option<Vec<String>>,
    /// Year in which the practitioner began to practise.
    pub practising_since: Change<i32>,
    /// `https` address of a picture.
    pub photo_url: Change<String>,
    /// Telephone at work.
    pub work_phone: Change<String>,
    /// E-mail address at work.
    pub work_email: Change<String>,
    /// All departments, the main one first.
    pub departments: Option<Vec<DepartmentId>>,
    /// All places of work, the main one first.
    pub locations: Option<Vec<LocationId>>,
    /// Whether new patients are taken.
    pub accepting_new_patients: Option<bool>,
}

impl Changes {
    /// Makes the edit.
    pub fn apply(self, to: &mut Details) {
        set(self.display_name, &mut to.display_name);
        self.title.apply(&mut to.title);
        set(self.profession, &mut to.profession);
        set(self.specialties, &mut to.specialties);
        self.licence_number.apply(&mut to.licence_number);
        self.licence_expires_on.apply(&mut to.licence_expires_on);
        self.biography.apply(&mut to.biography);
        set(self.languages, &mut to.languages);
        self.practising_since.apply(&mut to.practising_since);
        self.photo_url.apply(&mut to.photo_url);
        self.work_phone.apply(&mut to.work_phone);
        self.work_email.apply(&mut to.work_email);
        set(self.departments, &mut to.departments);
        set(self.locations, &mut to.locations);
        set(self.accepting_new_patients, &mut to.accepting_new_patients);
    }
}

fn set<T>(change: Option<T>, to: &mut T) {
    if let Some(value) = change {
        *to = value;
    }
}

const TOO_MANY: &str = "must have at most 20 entries";

/// Notes when a list is too long or names something twice; says whether it is fine.
fn unique<T: Eq + Hash>(checks: &mut Checks, path: &str, list: &[T]) -> bool {
    let short = list.len() <= MOST;
    checks.require(short, path, TOO_MANY);
    let mut seen = HashSet::new();
    let distinct = !short || list.iter().all(|entry| seen.insert(entry));
    checks.require(distinct, path, "must not name anything twice");
    short && distinct
}

/// Reads an optional value; nothing but space counts as nothing.
fn read<E: ToString>(
    checks: &mut Checks,
    path: &str,
    value: Option<&str>,
    parse: impl FnOnce(&str) -> Result<String, E>,
) -> Option<String> {
    let value = value.filter(|value| !value.trim().is_empty())?;
    checks.take(path, parse(value))
}

#[cfg(test)]
mod tests;
