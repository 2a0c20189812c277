//! Use cases of one-off hours.

use super::{AddExtraHours, ExtraHours, store};
use crate::working_hours::{self, Rule};
use crate::{directory, schedule};
use caregraph_contracts::Scope;
use caregraph_contracts::events::SchedulingEvent;
use caregraph_contracts::ids::{ExtraHoursId, LocationId, PractitionerId};
use caregraph_kit::auth::Principal;
use caregraph_kit::subgraph::Ground;
use caregraph_kit::{Failure, Fault, Rejection};
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use sea_orm::ConnectionTrait;

/// What can be done with one-off hours. Cheap to clone.
#[derive(Clone)]
pub struct ExtraHoursService {
    ground: Ground,
}

impl ExtraHoursService {
    /// The use cases on their ground.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    /// The entries of several practitioners that are not over, by date. Anybody may look: they follow from the times on
    /// offer anyway.
    pub async fn upcoming(&self, practitioners: &[PractitionerId]) -> Result<Vec<ExtraHours>, Fault> {
        let yesterday = yesterday(&self.ground);
        Ok(store::from_day(self.ground.database.reader(), practitioners, yesterday).await?)
    }

    /// Adds hours on one date. They must not overlap others of the same practitioner.
    pub async fn add(&self, principal: &Principal, command: AddExtraHours) -> Result<ExtraHours, Failure> {
        schedule::may_change(principal, command.practitioner)?;
        let ground = &self.ground;
        ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                let practitioner = command.practitioner;
                directory::store::practitioner(&*tx, practitioner)
                    .await?
                    .ok_or_else(|| Rejection::not_found("practitionerId", "practitioner"))?;
                let location = directory::store::location(&*tx, command.location)
                    .await?
                    .ok_or_else(|| Rejection::not_found("locationId", "location"))?;
                if !location.active {
                    return Err(Rejection::conflict("locationId", "this location is not in use").into());
                }
                let entry = command.under(ground.clock.new_id(), location.time_zone, ground.clock.now())?;
                schedule::store::lock(&tx, practitioner).await?;
                let rules = placed_rules(&*tx, practitioner).await?;
                let others = store::placed_from_day(&*tx, practitioner, yesterday(ground)).await?;
                if let Some(busy) = schedule::clash_on((&entry, location.time_zone), &rules, &others) {
                    let message = format!(
                        "overlaps other hours, from {} to {}",
                        busy.from
                            .with_timezone(&location.time_zone)
                            .format("%Y-%m-%d %H:%M"),
                        busy.to
                            .with_timezone(&location.time_zone)
                            .format("%Y-%m-%d %H:%M"),
                    );
                    return Err(Rejection::conflict("start", message).into());
                }
                store::insert(&*tx, &entry).await?;
                let changed = SchedulingEvent::AvailabilityChanged {
                    practitioner_id: practitioner,
                };
                ground.events.append(&mut tx, &[changed]).await?;
                tx.commit().await?;
                Ok(entry)
            })
            .await
    }

    /// Removes an entry. Appointments that are booked stay.
    pub async fn remove(&self, principal: &Principal, id: ExtraHoursId) -> Result<ExtraHours, Failure> {
        principal.require_any(&[Scope::SchedulesWrite, Scope::SchedulesManage])?;
        let ground = &self.ground;
        ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                let missing = || Rejection::not_found("id", "extra hours");
                let entry = store::find(&*tx, id).await?.ok_or_else(missing)?;
                schedule::may_change(principal, entry.practitioner)?;
                schedule::store::lock(&tx, entry.practitioner).await?;
                if !store::remove(&*tx, id).await? {
                    return Err(missing().into());
                }
                let changed = SchedulingEvent::AvailabilityChanged {
                    practitioner_id: entry.practitioner,
                };
                ground.events.append(&mut tx, &[changed]).await?;
                tx.commit().await?;
                Ok(entry)
            })
            .await
    }
}

/// No zone is more than a day behind UTC, so what begins before yesterday is over everywhere.
fn yesterday(ground: &Ground) -> NaiveDate {
    let today = ground.clock.now().date_naive();
    today.checked_sub_days(Days::new(1)).unwrap_or(today)
}

async fn placed_rules(
    connection: &impl ConnectionTrait,
    practitioner: PractitionerId,
) -> Result<Vec<(Rule, Tz)>, Failure> {
    let rules = working_hours::store::of(connection, &[practitioner]).await?;
    let wanted: Vec<LocationId> = rules.iter().map(|rule| rule.location).collect();
    let locations = directory::store::locations(connection, &wanted).await?;
    let placed = rules.into_iter().filter_map(|rule| {
        let zone = locations.get(&rule.location)?.time_zone;
        Some((rule, zone))
    });
    Ok(placed.collect())
}
