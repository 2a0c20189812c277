//! From hours, absences and taken cells to slots. Pure: everything it needs was loaded before.

use super::model::{Slot, is_absent, is_free, starts};
use super::query::DateRange;
use crate::cells::Cell;
use crate::directory::{Location, Practitioner};
use crate::extra_hours::ExtraHours;
use crate::local_time::{Hours, LocalDay, Stretch};
use crate::medical_service::MedicalService;
use crate::working_hours::Rule;
use caregraph_contracts::ids::{LocationId, PractitionerId};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Everything that decides about the times of some practitioners on some dates.
pub(super) struct Planner {
    /// What the visits are for.
    pub service: MedicalService,
    /// The practitioners who are looked at, by name.
    pub practitioners: Vec<Practitioner>,
    /// The places that occur in hours.
    pub locations: HashMap<LocationId, Location>,
    /// Weekly hours.
    pub rules: HashMap<PractitionerId, Vec<Rule>>,
    /// One-off hours.
    pub extra: HashMap<PractitionerId, Vec<ExtraHours>>,
    /// Absences.
    pub absences: HashMap<PractitionerId, Vec<Stretch>>,
    /// Cells that are taken.
    pub taken: HashMap<PractitionerId, BTreeSet<Cell>>,
    /// Visits must start behind this instant,
    pub now: DateTime<Utc>,
    /// and not behind this one.
    pub horizon: DateTime<Utc>,
}

/// A slot with the local date on which it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dated {
    pub slot: Slot,
    pub date: NaiveDate,
}

/// Days that have been worked out, shared by all practitioners.
pub(super) type Days = HashMap<(Tz, NaiveDate), LocalDay>;

impl Planner {
    /// The free times of one practitioner, in order.
    pub(super) fn free(&self, practitioner: &Practitioner, dates: DateRange, days: &mut Days) -> Vec<Dated> {
        let taken = self.taken.get(&practitioner.id);
        let mut offered = self.offered(practitioner, dates, days);
        offered.retain(|dated| is_free(&self.service, dated.slot.start, taken));
        offered
    }

    /// The times on offer of one practitioner, taken ones included, in order; at most one at each instant.
    pub(super) fn offered(
        &self,
        practitioner: &Practitioner,
        dates: DateRange,
        days: &mut Days,
    ) -> Vec<Dated> {
        // Hours do not overlap, unless a location's zone was changed afterwards. Then one-off hours count more.
        let mut slots: BTreeMap<DateTime<Utc>, Dated> = BTreeMap::new();
        for date in dates.iter() {
            if !practitioner.may_see_patients_on(date) {
                continue;
            }
            for (location, hours) in self.blocks(practitioner.id, date) {
                let zone = location.time_zone;
                let day = days
                    .entry((zone, date))
                    .or_insert_with(|| LocalDay::of(zone, date));
                for start in starts(day, hours, self.service.details.timing) {
                    if self.is_in_time(start) && !self.is_absent(practitioner.id, start) {
                        let slot = self.slot(practitioner.id, location, start);
                        slots.entry(start).or_insert(Dated { slot, date });
                    }
                }
            }
        }
        slots.into_values().collect()
    }

    /// The stretches in which a practitioner has hours, absent or not, each with its local date.
    pub(super) fn stretches(
        &self,
        practitioner: PractitionerId,
        dates: DateRange,
    ) -> Vec<(NaiveDate, Stretch)> {
        let blocks = dates.iter().flat_map(|date| {
            self.blocks(practitioner, date)
                .flat_map(move |(location, hours)| LocalDay::of(location.time_zone, date).stretches(hours))
                .map(move |stretch| (date, stretch))
        });
        blocks.collect()
    }

    /// Whether a visit may start at this instant as far as the present and the horizon go.
    pub(super) fn is_in_time(&self, start: DateTime<Utc>) -> bool {
        self.now < start && start <= self.horizon
    }

    /// Whether the practitioner is absent during a visit that starts at this instant.
    pub(super) fn is_absent(&self, practitioner: PractitionerId, start: DateTime<Utc>) -> bool {
        self.absences
            .get(&practitioner)
            .is_some_and(|absences| is_absent(&self.service, start, absences))
    }

    /// Hours of a practitioner on a date with their places; one-off hours first.
    fn blocks(
        &self,
        practitioner: PractitionerId,
        date: NaiveDate,
    ) -> impl Iterator<Item = (&Location, Hours)> {
        let extra = self.extra.get(&practitioner).into_iter().flatten();
        let rules = self.rules.get(&practitioner).into_iter().flatten();
        extra
            .filter(move |extra| extra.date == date)
            .map(|extra| (extra.location, extra.hours))
            .chain(
                rules
                    .filter(move |rule| rule.applies_on(date))
                    .map(|rule| (rule.location, rule.hours)),
            )
            .filter_map(|(location, hours)| Some((self.locations.get(&location)?, hours)))
    }

    fn slot(&self, practitioner: PractitionerId, location: &Location, start: DateTime<Utc>) -> Slot {
        Slot {
            service_id: self.service.id,
            practitioner_id: practitioner,
            location_id: (!self.service.is_video()).then_some(location.id),
            time_zone: location.time_zone,
            start,
            end: start + self.service.duration(),
        }
    }
}
