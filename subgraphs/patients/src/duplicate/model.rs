//! What two records of one person have in common, and how much it says. Pure.

use super::distance::slips;
use crate::patient::{Patient, Profile, SexAtBirth};
use async_graphql::Enum;
use caregraph_kit::search::fold;
use std::collections::BTreeSet;

/// Counts the ways in which [`keys`] were made; a record with an older number gets new ones.
pub(crate) const MATCH_VERSION: i16 = 1;

/// Most words of a name that are looked at.
const WORDS: usize = 8;

/// Fewest letters and digits of an insurance number that says something.
const INSURANCE_LENGTH: usize = 5;

/// What makes two records look like one person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
pub enum MatchReason {
    /// The number of an identity document is the same. Counts 60.
    SameNationalId,
    /// The member's number on the insurance card is the same. Counts 40.
    SameInsuranceNumber,
    /// Name and day of birth are the same; marks, capitals and the order of words do not matter. Counts 45.
    SameNameAndDateOfBirth,
    /// The day of birth is the same, and the names differ by a slip of the pen or a missing middle name. Counts 30.
    SimilarNameAndDateOfBirth,
    /// The telephone number is the same. Counts 20, because families share telephones.
    SamePhone,
}

impl MatchReason {
    const fn weight(self) -> i32 {
        match self {
            Self::SameNationalId => 60,
            Self::SameInsuranceNumber => 40,
            Self::SameNameAndDateOfBirth => 45,
            Self::SimilarNameAndDateOfBirth => 30,
            Self::SamePhone => 20,
        }
    }
}

/// How much two records look like one person's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness {
    /// 0 to 100.
    pub score: i32,
    /// Why, the strongest first; not empty.
    pub reasons: Vec<MatchReason>,
}

/// Weighs two records. `None` when they have nothing in common that counts, or when one of them acts for the other: those
/// are two people, as somebody has said.
///
/// The weights are ours; they only order what people look at. What speaks against it is taken off: another number of an
/// identity document 20 (documents are replaced), another day of birth 30, another sex at birth 20.
pub fn likeness(one: &Patient, other: &Patient) -> Option<Likeness> {
    let acts = |a: &Patient, b: &Patient| a.records().any(|id| b.is_guarded_by(id.as_user()));
    if acts(one, other) || acts(other, one) {
        return None;
    }
    let reasons = reasons(&one.profile, &other.profile);
    if reasons.is_empty() {
        return None;
    }
    let sum: i32 = reasons.iter().map(|reason| reason.weight()).sum();
    let score = (sum - against(&one.profile, &other.profile)).clamp(0, 100);
    Some(Likeness { score, reasons })
}

fn reasons(one: &Profile, other: &Profile) -> Vec<MatchReason> {
    let born = |profile: &Profile| profile.identification.date_of_birth;
    let same = |a: Option<&str>, b: Option<&str>| a.is_some() && a == b;
    let mut reasons = Vec::new();
    let ids = (&one.identification.national_id, &other.identification.national_id);
    if same(ids.0.as_deref(), ids.1.as_deref()) {
        reasons.push(MatchReason::SameNationalId);
    }
    if born(one).is_some() && born(one) == born(other) {
        let (a, b) = (words(one), words(other));
        if sorted(&a) == sorted(&b) {
            reasons.push(MatchReason::SameNameAndDateOfBirth);
        } else if similar(&a, &b) {
            reasons.push(MatchReason::SimilarNameAndDateOfBirth);
        }
    }
    if same(
        insurance_number(one).as_deref(),
        insurance_number(other).as_deref(),
    ) {
        reasons.push(MatchReason::SameInsuranceNumber);
    }
    if same(one.phone.as_deref(), other.phone.as_deref()) {
        reasons.push(MatchReason::SamePhone);
    }
    reasons.sort_by_key(|reason| -reason.weight());
    reasons
}

fn against(one: &Profile, other: &Profile) -> i32 {
    fn differ<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
        a.zip(b).is_some_and(|(a, b)| a != b)
    }
    let known = |profile: &Profile| {
        let sex = profile.identification.sex_at_birth;
        sex.filter(|sex| *sex != SexAtBirth::Unknown)
    };
    let (a, b) = (&one.identification, &other.identification);
    20 * i32::from(differ(a.national_id.as_ref(), b.national_id.as_ref()))
        + 30 * i32::from(differ(a.date_of_birth.as_ref(), b.date_of_birth.as_ref()))
        + 20 * i32::from(differ(known(one).as_ref(), known(other).as_ref()))
}

/// What two records must have at least one of in common to be compared at all: pairs of a field and a value. Looking these
/// up is what finding duplicates costs, however many records there are.
///
/// Names count together with the day of birth: all their words, and all but one of them, so that a slip in one word, or a
/// middle name that is missing, still leaves something in common.
pub(crate) fn keys(patient: &Patient) -> Vec<(&'static str, String)> {
    // A duplicate is found by the record that stands for the person.
    if patient.merged_into.is_some() {
        return Vec::new();
    }
    let profile = &patient.profile;
    let mut keys = Vec::new();
    if let Some(number) = &profile.identification.national_id {
        keys.push(("patients/match/national_id", number.clone()));
    }
    if let Some(phone) = &profile.phone {
        keys.push(("patients/match/phone", phone.clone()));
    }
    if let Some(number) = insurance_number(profile) {
        keys.push(("patients/match/insurance", number));
    }
    if let Some(born) = profile.identification.date_of_birth {
        let words = words(profile);
        let words = sorted(&words);
        let mut parts = BTreeSet::from([words.join(" ")]);
        for missing in 0..words.len() {
            let mut rest = words.clone();
            rest.remove(missing);
            parts.insert(rest.join(" "));
        }
        keys.extend(
            parts
                .into_iter()
                .map(|part| ("patients/match/name", format!("{born} {part}"))),
        );
    }
    keys
}

fn words(profile: &Profile) -> Vec<String> {
    let name = &profile.identification;
    let folded = fold(&format!("{} {}", name.family_name, name.given_name));
    let words = folded.split(' ').filter(|word| !word.is_empty());
    words.take(WORDS).map(str::to_owned).collect()
}

fn sorted(words: &[String]) -> Vec<&str> {
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.sort_unstable();
    words
}

/// Whether two names may be one: a slip of the pen apart (two where they are long), in the order in which they were typed or
/// sorted, or with at least two words of which the other has all.
fn similar(one: &[String], other: &[String]) -> bool {
    let (a, b) = (sorted(one), sorted(other));
    let shorter = one.join(" ").chars().count().min(other.join(" ").chars().count());
    let allowed = if shorter < 8 { 1 } else { 2 };
    if slips(&one.join(" "), &other.join(" ")) <= allowed || slips(&a.join(" "), &b.join(" ")) <= allowed {
        return true;
    }
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let many: BTreeSet<&str> = many.into_iter().collect();
    few.len() >= 2 && few.iter().all(|word| many.contains(word))
}

/// The member's number on the insurance card as it is compared: letters and digits, in capitals.
fn insurance_number(profile: &Profile) -> Option<String> {
    let number: String = profile
        .insurance
        .as_ref()?
        .member_number
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_uppercase())
        .collect();
    (number.len() >= INSURANCE_LENGTH).then_some(number)
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
