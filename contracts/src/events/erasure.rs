//! Erasing what is kept about a person: what patients asks of every domain, and what each answers.

use super::Domain;
use crate::ids::{ErasureId, PatientId, UserId};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// What every domain is asked about a person who wants their data erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureStep {
    /// The erasure that the answers belong to.
    pub erasure_id: ErasureId,
    /// 0: the domain only says what would go and what would stay. 1: it erases what may go. From 2: the time is over for which something
    /// had to stay, and what had to stay for that time goes, but nothing else: the wish does not reach what came after it.
    pub round: u32,
    /// The record that stands for the person.
    pub patient_id: PatientId,
    /// All records of the person, that one too. Each may have an account of the same id.
    pub records: Vec<PatientId>,
    /// Whether the person has died.
    pub deceased: bool,
    /// Who asked.
    pub requested_by: UserId,
    /// As of when it is judged what must stay.
    pub at: DateTime<Utc>,
}

impl ErasureStep {
    /// Whether nothing is to be changed yet.
    pub const fn is_survey(&self) -> bool {
        self.round == 0
    }

    /// Whether only that goes which had to stay for a time.
    pub const fn is_review(&self) -> bool {
        self.round > 1
    }

    /// Accounts that the person may have.
    pub fn accounts(&self) -> impl Iterator<Item = UserId> + '_ {
        self.records.iter().map(|record| record.as_user())
    }
}

/// A kind of data about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DataCategory {
    /// The account: name, e-mail address, telephone number, password, second factor, sessions.
    Account,
    /// Telephone, addresses, emergency contacts, occupation, insurance card; guardians.
    ContactDetails,
    /// Legal name, date of birth, sex, number of the identity document, blood type.
    Identity,
    /// Who was allowed to see the record, by consent or as a member of the care team.
    Consents,
    /// Visits that are still to come.
    UpcomingVisits,
    /// Visits that took place, with what they were for.
    PastVisits,
    /// Visits that were cancelled or missed, with what they were for.
    MissedVisits,
    /// Medical records with all their versions and files.
    MedicalRecords,
    /// Archives of data that were put together for taking along.
    DataExports,
    /// Messages that were sent, and preferences about them.
    Messages,
    /// Who did what when, and who looked at what; without what was seen.
    AuditTrail,
}

/// Why data must stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RetentionBasis {
    /// Medical records are kept for a time that the law on medical examination and treatment sets.
    MedicalRecordsLaw,
    /// The account is that of somebody who works here.
    Employment,
    /// It proves who did and saw what, also to the person it is about.
    Accountability,
}

/// Data that go, or have gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasable {
    /// Which.
    pub category: DataCategory,
    /// How many pieces, at least one.
    pub count: u64,
}

/// Data that stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retained {
    /// Which.
    pub category: DataCategory,
    /// How many pieces, at least one.
    pub count: u64,
    /// Why.
    pub basis: RetentionBasis,
    /// The last day on which they must stay; `None` when no end is set.
    pub until: Option<NaiveDate>,
}

/// What a domain keeps about a person, by what becomes of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holdings {
    /// What goes.
    pub goes: Vec<Erasable>,
    /// What stays.
    pub stays: Vec<Retained>,
}

impl Holdings {
    /// Notes what goes, if there is any.
    pub fn go(&mut self, category: DataCategory, count: u64) {
        if count > 0 {
            self.goes.push(Erasable { category, count });
        }
    }

    /// Notes what stays, if there is any.
    pub fn stay(
        &mut self,
        category: DataCategory,
        count: u64,
        basis: RetentionBasis,
        until: Option<NaiveDate>,
    ) {
        if count > 0 {
            self.stays.push(Retained {
                category,
                count,
                basis,
                until,
            });
        }
    }
}

/// One domain's answer to one round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureAnswer {
    /// The erasure.
    pub erasure_id: ErasureId,
    /// Whose data: the record that stands for the person.
    pub patient_id: PatientId,
    /// The round that is answered.
    pub round: u32,
    /// Who answers.
    pub domain: Domain,
    /// What it keeps.
    pub holdings: Holdings,
}

impl ErasureAnswer {
    /// Domains that answer. `patients` asks and knows its own; `practitioners` keeps nothing about patients.
    pub const DOMAINS: &'static [Domain] = &[
        Domain::Identity,
        Domain::Scheduling,
        Domain::Records,
        Domain::Notifications,
        Domain::Administration,
    ];
}
