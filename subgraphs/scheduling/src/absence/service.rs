//! Use cases of absences.

use super::{Absence, AddAbsence, store};
use crate::appointment;
use crate::directory::{self, Practitioner};
use crate::local_time::Stretch;
use crate::schedule::{self, ScheduleViewer};
use caregraph_contracts::Scope;
use caregraph_contracts::events::SchedulingEvent;
use caregraph_contracts::ids::{AbsenceId, AppointmentId, LocationId, PractitionerId};
use caregraph_kit::auth::Principal;
use caregraph_kit::subgraph::Ground;
use caregraph_kit::validate::Checks;
use caregraph_kit::{Failure, Fault, Rejection};
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use sea_orm::ConnectionTrait;

/// What can be done with absences. Cheap to clone.
#[derive(Clone)]
pub struct AbsenceService {
    ground: Ground,
}

impl AbsenceService {
    /// The use cases on their ground.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    /// Absences of several practitioners that are not over, by start; none for whoever does not work here. Reasons are
    /// left out where they are none of the viewer's business.
    pub async fn upcoming(
        &self,
        viewer: ScheduleViewer,
        practitioners: &[PractitionerId],
    ) -> Result<Vec<Absence>, Fault> {
        if !viewer.sees_absences() {
            return Ok(Vec::new());
        }
        let Ground {
            database,
            cipher,
            clock,
            ..
        } = &self.ground;
        let absences = store::ending_after(database.reader(), cipher, practitioners, clock.now()).await?;
        Ok(absences
            .into_iter()
            .map(|absence| absence.seen_by(viewer))
            .collect())
    }

    /// The appointments with a practitioner that a period may hit. What the caller may see of each is decided where it is
    /// shown.
    pub(crate) async fn hits(
        &self,
        practitioner: PractitionerId,
        period: Stretch,
    ) -> Result<Vec<AppointmentId>, Fault> {
        let reader = self.ground.database.reader();
        Ok(appointment::store::overlapping(reader, practitioner, period.from, period.to).await?)
    }

    /// Enters an absence: nothing is offered in that time any more. Appointments that it hits stay as they are; somebody
    /// has to move or cancel them.
    pub async fn add(&self, principal: &Principal, command: AddAbsence) -> Result<Absence, Failure> {
        let user = schedule::may_change(principal, command.practitioner)?;
        let mut checks = Checks::new();
        let reason = checks.optional_text("reason", command.reason.as_deref(), 500);
        checks.done()?;
        let ground = &self.ground;
        let now = ground.clock.now();
        ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                let practitioner = directory::store::practitioner(&*tx, command.practitioner)
                    .await?
                    .ok_or_else(|| Rejection::not_found("practitionerId", "practitioner"))?;
                let zones = zones_of(&*tx, &practitioner, now.date_naive()).await?;
                let period = command.period.resolve(&zones, now)?;
                schedule::store::lock(&tx, practitioner.id).await?;
                let absence = Absence {
                    id: ground.clock.new_id(),
                    practitioner: practitioner.id,
                    period,
                    reason: reason.clone(),
                    added_by: user,
                    added_at: now,
                };
                store::insert(&*tx, &ground.cipher, &absence).await?;
                let changed = SchedulingEvent::AvailabilityChanged {
                    practitioner_id: practitioner.id,
                };
                ground.events.append(&mut tx, &[changed]).await?;
                tx.commit().await?;
                Ok(absence)
            })
            .await
    }

    /// Takes an absence back.
    pub async fn remove(&self, principal: &Principal, id: AbsenceId) -> Result<Absence, Failure> {
        principal.require_any(&[Scope::SchedulesWrite, Scope::SchedulesManage])?;
        let ground = &self.ground;
        ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                let missing = || Rejection::not_found("id", "absence");
                let absence = store::find(&*tx, &ground.cipher, id).await?.ok_or_else(missing)?;
                schedule::may_change(principal, absence.practitioner)?;
                schedule::store::lock(&tx, absence.practitioner).await?;
                if !store::remove(&*tx, id).await? {
                    return Err(missing().into());
                }
                let changed = SchedulingEvent::AvailabilityChanged {
                    practitioner_id: absence.practitioner,
                };
                ground.events.append(&mut tx, &[changed]).await?;
                tx.commit().await?;
                Ok(absence)
            })
            .await
    }
}

/// The zones of all places where a practitioner works or says to work.
async fn zones_of(
    connection: &impl ConnectionTrait,
    practitioner: &Practitioner,
    today: NaiveDate,
) -> Result<Vec<Tz>, Failure> {
    let since = today.checked_sub_days(Days::new(1)).unwrap_or(today);
    let mut places = schedule::store::locations_of(connection, practitioner.id, since).await?;
    places.extend(&practitioner.locations);
    let places: Vec<LocationId> = places.into_iter().collect();
    let locations = directory::store::locations(connection, &places).await?;
    let mut zones: Vec<Tz> = locations.values().map(|location| location.time_zone).collect();
    zones.sort_unstable_by_key(|zone| zone.name());
    zones.dedup();
    Ok(zones)
}
