//! What follows from care relationships, consents, guardianship and broken glass. Pure.

use caregraph_contracts::events::{EntryKind, PatientFacts, SexAtBirth};
use caregraph_contracts::ids::{PatientId, UserId};
use caregraph_contracts::{AccessBasis, RecordPart, Role, Scope, WriteAccess};
use caregraph_kit::auth::Principal;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeSet;

/// What this domain knows of a patient: who acts for them, what is normal at their age, and with whom they were put together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Chart {
    /// The patient's account.
    pub user: Option<UserId>,
    /// Accounts that act for the patient.
    pub guardians: Vec<UserId>,
    /// Day of birth, when known.
    pub born: Option<NaiveDate>,
    /// Sex recorded at birth, when known.
    pub sex: Option<SexAtBirth>,
    /// The patient this one was put into; who may have been put into another in turn.
    pub merged_into: Option<PatientId>,
    /// Patients who were put into this one, themselves and not by way of others.
    pub merged: Vec<PatientId>,
}

impl Chart {
    /// Takes over what patients told.
    pub fn follow(&mut self, facts: &PatientFacts) {
        self.user = facts.user_id;
        self.guardians.clone_from(&facts.guardians);
        self.born = facts.date_of_birth;
        self.sex = facts.sex_at_birth;
    }

    /// Without who acts for the person. The rest is not told again as long as it is the same, and may stay with patients: the account, who
    /// turned out to be whom, and age and sex, by which vital signs are judged. When those go, patients says so.
    pub fn blank(&self) -> Self {
        // Every field by its name, so that nobody adds one without saying here what becomes of it.
        Self {
            user: self.user,
            guardians: Vec::new(),
            born: self.born,
            sex: self.sex,
            merged_into: self.merged_into,
            merged: self.merged.clone(),
        }
    }
}

/// A care relationship, as patients told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tie {
    /// Since when; `None` when it ended.
    pub since: Option<DateTime<Utc>>,
    /// Until when, if it ends by itself.
    pub until: Option<DateTime<Utc>>,
}

impl Tie {
    pub(super) fn holds(&self, now: DateTime<Utc>) -> bool {
        self.since.is_some() && self.until.is_none_or(|until| now < until)
    }
}

/// A consent, as patients told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Consent {
    /// What may be seen.
    pub parts: Vec<RecordPart>,
    /// Until when, if it ends by itself.
    pub until: Option<DateTime<Utc>>,
    /// Whether it was withdrawn.
    pub revoked: bool,
}

impl Consent {
    pub(super) fn holds(&self, now: DateTime<Utc>) -> bool {
        !self.revoked && self.until.is_none_or(|until| now < until)
    }
}

/// Leave to see a record that is not in one's care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    /// The stated reason.
    pub reason: String,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// Everything that decides about one person and one patient.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// The patient and those who turned out to be the same person.
    pub charts: Vec<(PatientId, Chart)>,
    /// Care relationships of the person with any of them.
    pub ties: Vec<Tie>,
    /// Consents of any of them to the person.
    pub consents: Vec<Consent>,
    /// Glass the person broke.
    pub broken: Vec<Broken>,
}

impl Facts {
    /// Whether the record is somebody's own.
    pub(crate) fn is_own(&self, user: UserId) -> bool {
        let own = |(id, chart): &(PatientId, Chart)| id.as_user() == user || chart.user == Some(user);
        self.charts.iter().any(own)
    }

    /// Whether somebody acts for the patient.
    pub(crate) fn acts(&self, user: UserId) -> bool {
        self.charts
            .iter()
            .any(|(_, chart)| chart.guardians.contains(&user))
    }

    /// Whether what allowed `user` to see a part of the record still does. Roles and scopes are not asked: they stand in tokens, and
    /// nobody need bring one.
    pub(crate) fn still_allow(
        &self,
        basis: AccessBasis,
        user: UserId,
        part: RecordPart,
        now: DateTime<Utc>,
    ) -> bool {
        match basis {
            AccessBasis::Oneself => self.is_own(user),
            AccessBasis::Guardian => self.acts(user),
            AccessBasis::Care => self.ties.iter().any(|tie| tie.holds(now)),
            AccessBasis::Consent => self
                .consents
                .iter()
                .any(|consent| consent.holds(now) && consent.parts.contains(&part)),
            AccessBasis::BrokenGlass => self.broken.iter().any(|broken| now < broken.until),
            AccessBasis::Nothing => false,
        }
    }
}

/// What somebody may see of one record now, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// Whose record; the surviving one, where several were put together.
    pub patient: PatientId,
    /// Under which patients its entries were written.
    pub(crate) patients: Vec<PatientId>,
    /// Who looks.
    pub viewer: UserId,
    /// What allows it.
    pub basis: AccessBasis,
    /// What may be seen.
    pub parts: BTreeSet<RecordPart>,
    /// Only what is released to the patient.
    pub released_only: bool,
    /// The reason that was stated when the glass was broken.
    pub reason: Option<String>,
    /// The patient's day of birth, when known.
    pub born: Option<NaiveDate>,
}

/// What somebody sees who prepares medicines but does not treat.
const FOR_MEDICATION: [RecordPart; 4] = [
    RecordPart::Allergies,
    RecordPart::Conditions,
    RecordPart::Medications,
    RecordPart::Vitals,
];

impl Sight {
    /// What `principal` may see of the record of the first chart's patient; `None` when there is nothing for them.
    ///
    /// Somebody's own record, and that of a person they act for, is theirs as a patient even when they work here: they see what is
    /// released, and write nothing.
    pub(crate) fn of(principal: &Principal, facts: &Facts, now: DateTime<Utc>) -> Option<Self> {
        let viewer = principal.user_id()?;
        if !principal.has(Scope::RecordsRead) {
            return None;
        }
        let (patient, chart) = facts.charts.first()?;
        let all = || RecordPart::ALL.iter().copied().collect::<BTreeSet<_>>();
        let by_trade = || {
            if principal.has(Scope::RecordsWrite) || principal.has(Scope::RecordsObserve) {
                all()
            } else {
                FOR_MEDICATION.into_iter().collect()
            }
        };
        let is_own = facts.is_own(viewer);
        let acts = facts.acts(viewer);
        let works_here = principal.roles().any(Role::is_staff);
        let broken = facts.broken.iter().find(|broken| now < broken.until);
        let consented: BTreeSet<RecordPart> = facts
            .consents
            .iter()
            .filter(|consent| consent.holds(now))
            .flat_map(|consent| consent.parts.iter().copied())
            .collect();
        let (basis, parts) = if is_own {
            (AccessBasis::Oneself, all())
        } else if acts {
            (AccessBasis::Guardian, all())
        } else if works_here && facts.ties.iter().any(|tie| tie.holds(now)) {
            (AccessBasis::Care, by_trade())
        } else if works_here && broken.is_some() {
            (AccessBasis::BrokenGlass, all())
        } else if !consented.is_empty() {
            (AccessBasis::Consent, consented)
        } else {
            return None;
        };
        Some(Self {
            patient: *patient,
            patients: facts.charts.iter().map(|(id, _)| *id).collect(),
            viewer,
            basis,
            parts,
            // What is withheld from patients is withheld from whoever is not here to treat them.
            released_only: is_own || acts || !works_here,
            reason: broken
                .filter(|_| basis == AccessBasis::BrokenGlass)
                .map(|broken| broken.reason.clone()),
            born: chart.born,
        })
    }

    /// Whether entries of this kind are open.
    pub fn shows(&self, kind: EntryKind) -> bool {
        self.parts.contains(&kind.part())
    }

    /// Whether the viewer treats the patient, and therefore may write.
    pub(crate) fn treats(&self) -> bool {
        matches!(self.basis, AccessBasis::Care | AccessBasis::BrokenGlass)
    }

    /// What others are told about why the viewer may write.
    pub(crate) fn write_access(&self) -> WriteAccess {
        WriteAccess {
            basis: self.basis,
            reason: self.reason.clone(),
        }
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
