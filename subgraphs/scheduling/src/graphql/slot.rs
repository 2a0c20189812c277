//! What clients see of free times.

use super::medical_service::MedicalService;
use super::people::Practitioner;
use super::references::Location;
use crate::availability;
use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use caregraph_contracts::ids::{LocationId, MedicalServiceId, PractitionerId};
use caregraph_kit::graphql::Date;
use chrono::{DateTime, Utc};

/// A time at which a visit can be booked. Free when it was answered; only `holdSlot` or `bookAppointment` make it yours.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Slot {
    /// When the visit begins.
    pub start: DateTime<Utc>,
    /// When the visit ends.
    pub end: DateTime<Utc>,
    /// The IANA time zone whose clocks tell the local time of the visit.
    pub time_zone: String,
    #[graphql(skip)]
    service: MedicalServiceId,
    #[graphql(skip)]
    practitioner: PractitionerId,
    #[graphql(skip)]
    location: Option<LocationId>,
}

#[ComplexObject]
impl Slot {
    /// Who gives care.
    async fn practitioner(&self) -> Practitioner {
        Practitioner::new(self.practitioner)
    }

    /// Where; null for a visit by video.
    async fn location(&self) -> Option<Location> {
        self.location.map(Location::new)
    }

    /// What the visit is for.
    async fn service(&self, ctx: &Context<'_>) -> Result<MedicalService> {
        MedicalService::load(ctx, self.service).await
    }
}

impl From<availability::Slot> for Slot {
    fn from(slot: availability::Slot) -> Self {
        Self {
            start: slot.start,
            end: slot.end,
            time_zone: slot.time_zone.name().to_owned(),
            service: slot.service_id,
            practitioner: slot.practitioner_id,
            location: slot.location_id,
        }
    }
}

/// One day of the calendar of free times.
#[derive(Debug, Clone, SimpleObject)]
pub struct AvailabilityDay {
    /// Which day, as the clocks of each location show it.
    pub date: Date,
    /// How many visits could start on that day, with all practitioners together. Each is counted for itself: booking
    /// one may take others away.
    pub free_slots: i32,
    /// Whoever has free times then, by name; empty when nobody has.
    pub practitioners: Vec<PractitionerAvailability>,
}

/// How many free times somebody has on a day.
#[derive(Debug, Clone, SimpleObject)]
pub struct PractitionerAvailability {
    /// Who gives care.
    pub practitioner: Practitioner,
    /// How many visits could start on that day, each counted for itself.
    pub free_slots: i32,
}

impl From<availability::CalendarDay> for AvailabilityDay {
    fn from(day: availability::CalendarDay) -> Self {
        let count = |free: usize| i32::try_from(free).unwrap_or(i32::MAX);
        Self {
            date: day.date.into(),
            free_slots: count(day.practitioners.iter().map(|one| one.free).sum()),
            practitioners: day
                .practitioners
                .into_iter()
                .map(|one| PractitionerAvailability {
                    practitioner: Practitioner::new(one.practitioner_id),
                    free_slots: count(one.free),
                })
                .collect(),
        }
    }
}
