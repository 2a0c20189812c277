//! Questions about free times.

use super::calendar::{self, CalendarDay, Month};
use super::load::{Wanted, load};
use super::model::Slot;
use super::planner::{Days, Planner};
use super::query::{DateRange, MOST_SLOTS, SlotQuery};
use crate::directory::{self, Practitioner};
use crate::medical_service::{self, MedicalService};
use crate::settings::SchedulingSettings;
use caregraph_contracts::ids::{LocationId, MedicalServiceId, PractitionerId};
use caregraph_kit::subgraph::Ground;
use caregraph_kit::{Failure, Rejection};
use chrono::{DateTime, Utc};

/// Answers questions about free times. Cheap to clone.
#[derive(Clone)]
pub struct AvailabilityService {
    pub(super) ground: Ground,
    pub(super) settings: SchedulingSettings,
}

impl AvailabilityService {
    /// The answers on their ground.
    pub fn new(ground: Ground, settings: SchedulingSettings) -> Self {
        Self { ground, settings }
    }

    /// Free times, by start, then by the practitioner's name and id. Anybody may ask.
    ///
    /// A service, location or practitioner that takes no bookings has no free times; one that is unknown is not found.
    pub async fn free_slots(&self, query: SlotQuery) -> Result<Vec<Slot>, Failure> {
        let dates = query.dates()?;
        let service = self.service(query.service_id).await?;
        if let Some(location) = query.location_id {
            self.location(location).await?;
        }
        let practitioners = self
            .practitioners(&service, query.practitioner_id, query.for_staff)
            .await?;
        let (planner, dates) = self
            .plan(service, practitioners, query.location_id, dates)
            .await?;
        let mut days = Days::new();
        let mut slots: Vec<(usize, Slot)> = Vec::new();
        for (rank, practitioner) in planner.practitioners.iter().enumerate() {
            slots.extend(
                planner
                    .free(practitioner, dates, &mut days)
                    .into_iter()
                    .map(|dated| (rank, dated.slot)),
            );
            if slots.len() > MOST_SLOTS {
                let message = format!(
                    "more than {MOST_SLOTS} times are free; ask for fewer days, one practitioner or one location"
                );
                return Err(Rejection::invalid("to", message).into());
            }
        }
        slots.sort_by_key(|(rank, slot)| (slot.start, *rank));
        Ok(slots.into_iter().map(|(_, slot)| slot).collect())
    }

    /// For each day of a month, who has free times and how many. Anybody may ask.
    pub async fn calendar(
        &self,
        service_id: MedicalServiceId,
        month: Month,
        for_staff: bool,
    ) -> Result<Vec<CalendarDay>, Failure> {
        let service = self.service(service_id).await?;
        let practitioners = self.practitioners(&service, None, for_staff).await?;
        let (planner, dates) = self.plan(service, practitioners, None, month.dates()).await?;
        let mut days = Days::new();
        let free: Vec<_> = planner
            .practitioners
            .iter()
            .map(|practitioner| (practitioner.id, planner.free(practitioner, dates, &mut days)))
            .collect();
        Ok(calendar::days(month, &free))
    }

    /// Loads everything about the practitioners' times on the dates that can be booked at all.
    pub(super) async fn plan(
        &self,
        service: MedicalService,
        practitioners: Vec<Practitioner>,
        location: Option<LocationId>,
        dates: DateRange,
    ) -> Result<(Planner, DateRange), Failure> {
        let mut wanted = self.wanted(service, practitioners, location, dates);
        if wanted.dates.is_empty() {
            // Nobody's times need looking at.
            wanted.practitioners.clear();
        }
        let dates = wanted.dates;
        Ok((load(self.ground.database.reader(), wanted, true).await?, dates))
    }

    pub(super) fn wanted(
        &self,
        service: MedicalService,
        practitioners: Vec<Practitioner>,
        location: Option<LocationId>,
        dates: DateRange,
    ) -> Wanted {
        let (now, horizon) = (self.ground.clock.now(), self.settings.horizon());
        let dates = dates.bookable(now, horizon);
        let horizon = now
            .checked_add_signed(horizon)
            .unwrap_or(DateTime::<Utc>::MAX_UTC);
        Wanted {
            service,
            practitioners,
            location,
            dates,
            now,
            horizon,
        }
    }

    pub(super) async fn service(&self, id: MedicalServiceId) -> Result<MedicalService, Failure> {
        let found = medical_service::store::find(self.ground.database.reader(), id).await?;
        found.ok_or_else(|| Rejection::not_found("serviceId", "service").into())
    }

    async fn location(&self, id: LocationId) -> Result<directory::Location, Failure> {
        let found = directory::store::location(self.ground.database.reader(), id).await?;
        found.ok_or_else(|| Rejection::not_found("locationId", "location").into())
    }

    pub(super) async fn practitioner(&self, id: PractitionerId) -> Result<Practitioner, Failure> {
        let found = directory::store::practitioner(self.ground.database.reader(), id).await?;
        found.ok_or_else(|| Rejection::not_found("practitionerId", "practitioner").into())
    }

    /// Whoever offers a service to whoever asks; only one of them when `only` says so.
    pub(super) async fn practitioners(
        &self,
        service: &MedicalService,
        only: Option<PractitionerId>,
        for_staff: bool,
    ) -> Result<Vec<Practitioner>, Failure> {
        let offering = &service.details.practitioners;
        let candidates: Vec<Practitioner> = if let Some(id) = only {
            let one = self.practitioner(id).await?;
            Some(one).filter(|_| offering.contains(&id)).into_iter().collect()
        } else {
            let ids: Vec<PractitionerId> = offering.iter().copied().collect();
            let found = directory::store::practitioners(self.ground.database.reader(), &ids).await?;
            found.into_values().collect()
        };
        let offered = |one: &Practitioner| service.details.active && one.is_offered_to(for_staff);
        Ok(candidates.into_iter().filter(offered).collect())
    }
}
