//! What to offer instead of a time that is taken.

use super::AvailabilityService;
use super::model::{Slot, is_free};
use super::planner::Days;
use super::query::DateRange;
use crate::directory::Practitioner;
use crate::medical_service::MedicalService;
use caregraph_contracts::ids::{MedicalServiceId, PractitionerId};
use caregraph_kit::Failure;
use chrono::{DateTime, Utc};

/// How many days on either side the first look goes, and the second when the first finds too little.
const NEAR: u64 = 10;
const FAR: u64 = 45;

impl AvailabilityService {
    /// Free times instead of one that is taken: at most half of them the same time at others who offer the service,
    /// the rest the nearest times of the same practitioner, earlier and later. First those of the same practitioner, the
    /// nearest first; then the others by name. At most `limit`.
    pub async fn alternatives(
        &self,
        service_id: MedicalServiceId,
        practitioner_id: PractitionerId,
        start: DateTime<Utc>,
        limit: usize,
        for_staff: bool,
    ) -> Result<Vec<Slot>, Failure> {
        let service = self.service(service_id).await?;
        let all = self.practitioners(&service, None, for_staff).await?;
        let (same, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.id == practitioner_id);
        let mut elsewhere = self.same_time(service.clone(), others, start).await?;
        let mut nearest = self.nearest(service, same, start, limit).await?;
        // Each half may take what the other leaves.
        let room_elsewhere = (limit / 2).max(limit.saturating_sub(nearest.len()));
        elsewhere.truncate(room_elsewhere);
        nearest.truncate(limit - elsewhere.len());
        nearest.extend(elsewhere);
        Ok(nearest)
    }

    async fn same_time(
        &self,
        service: MedicalService,
        others: Vec<Practitioner>,
        start: DateTime<Utc>,
    ) -> Result<Vec<Slot>, Failure> {
        let (planner, dates) = self.plan(service, others, None, DateRange::around(start)).await?;
        let mut days = Days::new();
        let slots = planner.practitioners.iter().filter_map(|practitioner| {
            planner
                .offered(practitioner, dates, &mut days)
                .into_iter()
                .map(|dated| dated.slot)
                .find(|slot| slot.start == start)
                .filter(|slot| is_free(&planner.service, slot.start, planner.taken.get(&practitioner.id)))
        });
        Ok(slots.collect())
    }

    async fn nearest(
        &self,
        service: MedicalService,
        same: Vec<Practitioner>,
        start: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Slot>, Failure> {
        let mut found = Vec::new();
        for reach in [NEAR, FAR] {
            let around = DateRange::around(start).widened(reach);
            let (planner, dates) = self.plan(service.clone(), same.clone(), None, around).await?;
            let mut days = Days::new();
            let free = planner
                .practitioners
                .iter()
                .flat_map(|one| planner.free(one, dates, &mut days));
            found = free
                .map(|dated| dated.slot)
                .filter(|slot| slot.start != start)
                .collect();
            if found.len() >= limit {
                break;
            }
        }
        found.sort_by_key(|slot| ((slot.start - start).abs(), slot.start));
        found.truncate(limit);
        Ok(found)
    }
}
