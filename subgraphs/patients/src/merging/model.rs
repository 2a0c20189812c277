//! What speaks against putting two records together, and which records belong to which. Pure.

use crate::patient::{Patient, SexAtBirth};
use async_graphql::Enum;
use caregraph_contracts::ids::{MergeId, PatientId, UserId};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::str::FromStr;

/// Most records of one person. Whoever has more is a mistake of the one who merges.
pub(crate) const MOST_RECORDS: usize = 20;

/// What makes it doubtful that two records are one person's. None of these forbids it, because each happens with one person
/// too: people register twice, documents are replaced, days of birth are typed wrongly. But a wrong merge shows a stranger's
/// health to somebody, and mixes what two bodies tolerate: so whoever merges names each one as checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
pub enum MergeConcern {
    /// Both records have an account. Whoever signs in to either will see and act for both.
    BothHaveAccounts,
    /// An account of one of them acts for the other: a mother and her child are two people.
    OneActsForTheOther,
    /// The days of birth are known and differ.
    DifferentDatesOfBirth,
    /// The sexes recorded at birth are known and differ.
    DifferentSexesAtBirth,
    /// The numbers of identity documents are known and differ.
    DifferentNationalIds,
    /// The blood groups are known and differ.
    DifferentBloodTypes,
    /// One has died, and the other has not.
    OneHasDied,
}

impl MergeConcern {
    /// The name in the store.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::BothHaveAccounts => "ACCOUNTS",
            Self::OneActsForTheOther => "ACTING",
            Self::DifferentDatesOfBirth => "BIRTH",
            Self::DifferentSexesAtBirth => "SEX",
            Self::DifferentNationalIds => "NATIONAL_ID",
            Self::DifferentBloodTypes => "BLOOD",
            Self::OneHasDied => "DEATH",
        }
    }
}

impl FromStr for MergeConcern {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let all = [
            Self::BothHaveAccounts,
            Self::OneActsForTheOther,
            Self::DifferentDatesOfBirth,
            Self::DifferentSexesAtBirth,
            Self::DifferentNationalIds,
            Self::DifferentBloodTypes,
            Self::OneHasDied,
        ];
        all.into_iter().find(|concern| concern.as_str() == text).ok_or(())
    }
}

/// One record was put to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// Identifies the merge.
    pub id: MergeId,
    /// The record that stood for the person when it was done.
    pub surviving: PatientId,
    /// The record that turned out to be a duplicate.
    pub merged: PatientId,
    /// What spoke against it, and was checked.
    pub concerns: Vec<MergeConcern>,
    /// Why, in words.
    pub reason: String,
    /// Who did it.
    pub by: UserId,
    /// When.
    pub at: DateTime<Utc>,
    /// How it was undone, if it was.
    pub undone: Option<Undoing>,
}

/// The end of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undoing {
    /// Why, in words.
    pub reason: String,
    /// Who did it.
    pub by: UserId,
    /// When.
    pub at: DateTime<Utc>,
}

/// What speaks against putting two people's records together.
pub(crate) fn concerns(one: &Patient, other: &Patient) -> BTreeSet<MergeConcern> {
    fn differ<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
        a.zip(b).is_some_and(|(a, b)| a != b)
    }
    let known = |patient: &Patient| {
        let sex = patient.profile.identification.sex_at_birth;
        sex.filter(|sex| *sex != SexAtBirth::Unknown)
    };
    let acts = |a: &Patient, b: &Patient| a.records().any(|id| b.is_guarded_by(id.as_user()));
    let (a, b) = (&one.profile.identification, &other.profile.identification);
    let found = [
        (
            MergeConcern::BothHaveAccounts,
            one.account().is_some() && other.account().is_some(),
        ),
        (
            MergeConcern::OneActsForTheOther,
            acts(one, other) || acts(other, one),
        ),
        (
            MergeConcern::DifferentDatesOfBirth,
            differ(a.date_of_birth.as_ref(), b.date_of_birth.as_ref()),
        ),
        (
            MergeConcern::DifferentSexesAtBirth,
            differ(known(one).as_ref(), known(other).as_ref()),
        ),
        (
            MergeConcern::DifferentNationalIds,
            differ(a.national_id.as_ref(), b.national_id.as_ref()),
        ),
        (
            MergeConcern::DifferentBloodTypes,
            differ(a.blood_type.as_ref(), b.blood_type.as_ref()),
        ),
        (MergeConcern::OneHasDied, a.deceased != b.deceased),
    ];
    found
        .into_iter()
        .filter_map(|(concern, holds)| holds.then_some(concern))
        .collect()
}

/// The record that stands for itself again when its merge is undone, and those that had been put to it before: they stay with
/// it. `holding` are the merges that hold among the person's records, as pairs of merged and surviving record.
pub(crate) fn carried(merged: PatientId, holding: &[(PatientId, PatientId)]) -> BTreeSet<PatientId> {
    let mut carried = BTreeSet::from([merged]);
    let mut waiting = vec![merged];
    while let Some(surviving) = waiting.pop() {
        for (duplicate, onto) in holding {
            if *onto == surviving && carried.insert(*duplicate) {
                waiting.push(*duplicate);
            }
        }
    }
    carried
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
