//! Use cases of weekly hours.

use super::{Rule, RulesRequest, SetWorkingHours, store};
use crate::{directory, extra_hours, schedule};
use caregraph_contracts::events::SchedulingEvent;
use caregraph_contracts::ids::{LocationId, PractitionerId};
use caregraph_kit::auth::Principal;
use caregraph_kit::subgraph::Ground;
use caregraph_kit::{Failure, Fault, Rejection};
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use sea_orm::ConnectionTrait;
use std::collections::HashMap;

/// What can be done with weekly hours. Cheap to clone.
#[derive(Clone)]
pub struct WorkingHoursService {
    ground: Ground,
}

impl WorkingHoursService {
    /// The use cases on their ground.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    /// The rules of each of several practitioners. Anybody may look: they follow from the times on offer anyway.
    pub async fn of(
        &self,
        practitioners: &[PractitionerId],
    ) -> Result<HashMap<PractitionerId, Vec<Rule>>, Fault> {
        Ok(store::by_practitioner(self.ground.database.reader(), practitioners).await?)
    }

    /// Puts a whole week in the place of the one before, or changes nothing. Appointments that are booked stay.
    pub async fn set(&self, principal: &Principal, command: SetWorkingHours) -> Result<Vec<Rule>, Failure> {
        schedule::may_change(principal, command.practitioner)?;
        let ground = &self.ground;
        let today = ground.clock.now().date_naive();
        ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                let practitioner = command.practitioner;
                directory::store::practitioner(&*tx, practitioner)
                    .await?
                    .ok_or_else(|| Rejection::not_found("practitionerId", "practitioner"))?;
                let wanted: Vec<LocationId> = command.rules.iter().map(|rule| rule.location).collect();
                let locations = directory::store::locations(&*tx, &wanted).await?;
                let placed = RulesRequest {
                    rules: &command.rules,
                    locations: &locations,
                    today,
                }
                .check()?;
                schedule::store::lock(&tx, practitioner).await?;
                leaves_room_for_extra_hours(&*tx, practitioner, &placed, today).await?;
                store::replace(&*tx, practitioner, &command.rules).await?;
                let changed = SchedulingEvent::AvailabilityChanged {
                    practitioner_id: practitioner,
                };
                ground.events.append(&mut tx, &[changed]).await?;
                tx.commit().await?;
                Ok(command.rules.clone())
            })
            .await
    }
}

async fn leaves_room_for_extra_hours(
    connection: &impl ConnectionTrait,
    practitioner: PractitionerId,
    rules: &[(Rule, Tz)],
    today: NaiveDate,
) -> Result<(), Failure> {
    let since = today.checked_sub_days(Days::new(1)).unwrap_or(today);
    for (extra, zone) in extra_hours::store::placed_from_day(connection, practitioner, since).await? {
        if schedule::clash_on((&extra, zone), rules, &[]).is_some() {
            let message = format!(
                "would overlap the extra hours on {}, {}; remove those first",
                extra.date, extra.hours
            );
            return Err(Rejection::conflict("rules", message).into());
        }
    }
    Ok(())
}
