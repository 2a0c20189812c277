//! What an entry says.

use super::details::{Allergy, Background, Condition, Immunization, MedicalDocument, Medication};
use crate::encounter::Encounter;
use crate::vitals::Vitals;
use caregraph_contracts::events::EntryKind;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

/// What an entry says, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Content {
    /// A visit.
    Encounter(Encounter),
    /// Vital signs.
    Vitals(Vitals),
    /// An allergy or intolerance.
    Allergy(Allergy),
    /// A problem that lasts.
    Condition(Condition),
    /// An immunization.
    Immunization(Immunization),
    /// A medicine in use.
    Medication(Medication),
    /// A document or an image.
    Document(MedicalDocument),
    /// Summary, blood type, family and social history.
    Background(Background),
}

impl Content {
    /// What kind of entry this makes.
    pub fn kind(&self) -> EntryKind {
        match self {
            Self::Encounter(_) => EntryKind::Encounter,
            Self::Vitals(_) => EntryKind::Vitals,
            Self::Allergy(_) => EntryKind::Allergy,
            Self::Condition(_) => EntryKind::Condition,
            Self::Immunization(_) => EntryKind::Immunization,
            Self::Medication(_) => EntryKind::Medication,
            Self::Document(_) => EntryKind::Document,
            Self::Background(_) => EntryKind::Background,
        }
    }

    /// Whether a request that comes again would write this: what follows from the moment it came in does not count.
    pub(super) fn asks_the_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Vitals(one), Self::Vitals(other)) => one.values == other.values && one.note == other.note,
            (Self::Encounter(one), Self::Encounter(other)) => {
                Encounter {
                    start: other.start,
                    ..one.clone()
                } == *other
            }
            _ => self == other,
        }
    }

    /// Its place on the timeline: when what it tells of took place or began, as far as that was said; `written` otherwise.
    pub fn at(&self, written: DateTime<Utc>) -> DateTime<Utc> {
        let day = |day: Option<NaiveDate>| day.map_or(written, |day| day.and_time(NaiveTime::MIN).and_utc());
        match self {
            Self::Encounter(encounter) => encounter.start,
            Self::Vitals(vitals) => vitals.taken_at,
            Self::Allergy(allergy) => day(allergy.onset),
            Self::Condition(condition) => day(condition.onset),
            Self::Immunization(immunization) => day(Some(immunization.given_on)),
            Self::Medication(medication) => day(medication.started_on),
            Self::Document(document) => day(document.dated_on),
            Self::Background(_) => written,
        }
    }
}
