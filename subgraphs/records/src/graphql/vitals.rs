//! Vital signs, as clients see them.

use super::entries::Meta;
use super::people::Practitioner;
use crate::entry::{Content, Entry};
use crate::vitals::{Level, Reading, Sign, Vitals};
use async_graphql::{ID, SimpleObject};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// One value of a vital sign.
#[derive(Debug, Clone, SimpleObject)]
pub struct VitalReading {
    /// The set it belongs to.
    entry_id: ID,
    /// When it was taken.
    taken_at: DateTime<Utc>,
    /// What was measured.
    kind: Sign,
    /// The value, exact, in `unit`.
    value: Decimal,
    /// The unit by UCUM, for example `mm[Hg]`.
    unit: &'static str,
    /// How it lies to what is normal at the patient's age when it was taken.
    level: Level,
}

impl VitalReading {
    pub(in crate::graphql) fn of(entry: &Entry, vitals: &Vitals, reading: Reading) -> Self {
        Self {
            entry_id: entry.id.to_string().into(),
            taken_at: vitals.taken_at,
            kind: reading.sign,
            value: reading.value,
            unit: reading.sign.unit(),
            level: reading.level,
        }
    }
}

/// Vital signs taken at one time.
#[derive(Debug, Clone, SimpleObject)]
pub struct VitalSigns {
    #[graphql(flatten)]
    meta: Meta,
    /// When they were taken.
    taken_at: DateTime<Utc>,
    /// Who took them.
    taken_by: Option<Practitioner>,
    /// The values, with the body mass index where height and weight were taken together.
    readings: Vec<VitalReading>,
    /// Whether one of them is so far from normal that somebody should come.
    critical: bool,
    /// What else there is to say.
    note: Option<String>,
}

impl VitalSigns {
    pub(in crate::graphql) fn new(entry: &Entry, vitals: Vitals) -> Self {
        let readings = vitals.readings().into_iter();
        Self {
            meta: Meta::from(entry),
            taken_at: vitals.taken_at,
            taken_by: entry.created_by.map(Practitioner::of_user),
            readings: readings
                .map(|reading| VitalReading::of(entry, &vitals, reading))
                .collect(),
            critical: vitals.is_critical(),
            note: vitals.note,
        }
    }

    /// The entry as this type; `None` for one of another kind.
    pub(in crate::graphql) fn of(entry: Entry) -> Option<Self> {
        match entry.content.clone() {
            Content::Vitals(vitals) => Some(Self::new(&entry, vitals)),
            _ => None,
        }
    }
}
