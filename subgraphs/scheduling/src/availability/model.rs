//! The rule behind every time on offer, pure.

use crate::cells::Cell;
use crate::local_time::{Hours, LocalDay, Stretch};
use crate::medical_service::{MedicalService, Timing};
use caregraph_contracts::ids::{LocationId, MedicalServiceId, PractitionerId};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A time at which a visit can be booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Slot {
    /// What for.
    pub service_id: MedicalServiceId,
    /// Who gives care.
    pub practitioner_id: PractitionerId,
    /// Where; `None` for a visit by video.
    pub location_id: Option<LocationId>,
    /// The zone whose clocks the practitioner's hours follow.
    pub time_zone: Tz,
    /// Beginning of the visit, buffers excluded.
    pub start: DateTime<Utc>,
    /// End of the visit, buffers excluded.
    pub end: DateTime<Utc>,
}

/// A time on offer, with the service as it was when it was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The service.
    pub service: MedicalService,
    /// The time.
    pub slot: Slot,
}

/// When visits can start within `hours` of a day: every instant
///
/// 1. at which a clock shows the start of the hours, or a whole number of steps later, and
/// 2. from which on for the whole visit the clock shows a time within the hours.
///
/// "At which a clock shows" makes days on which clocks change right without a special case: local times that are
/// skipped are no instant and so no start; those that come twice are two instants and so two starts, an hour of real
/// time apart; and all others are where they always are. The length of a visit is real time: one that begins at 01:45,
/// fifteen minutes before clocks go from 02:00 to 03:00, and lasts half an hour, ends at 03:15. And when hours begin or
/// end within an hour that comes twice, the practitioner works whenever the clock says so, and visits never reach over
/// the time in between.
pub fn starts(day: &LocalDay, hours: Hours, timing: Timing) -> impl Iterator<Item = DateTime<Utc>> {
    let stretches = day.stretches(hours);
    day.grid(hours, timing.step_minutes()).filter(move |start| {
        stretches
            .iter()
            .any(|stretch| stretch.contains(*start, *start + timing.duration()))
    })
}

/// Whether nothing of the practitioner's time that a visit would need is taken. Buffers count, and may lie outside of
/// the hours: tidying up after the last visit is no reason to send a patient away.
pub(super) fn is_free(
    service: &MedicalService,
    start: DateTime<Utc>,
    taken: Option<&BTreeSet<Cell>>,
) -> bool {
    let Some(taken) = taken else { return true };
    let (from, to) = service.occupied(start);
    Cell::spanning(from, to).all(|cell| !taken.contains(&cell))
}

/// Whether an absence meets the visit. Buffers do not count.
pub(super) fn is_absent(service: &MedicalService, start: DateTime<Utc>, absences: &[Stretch]) -> bool {
    absences
        .iter()
        .any(|absence| absence.meets(start, start + service.duration()))
}

#[cfg(test)]
mod tests;
