//! Loading what a [`Planner`] needs: a fixed number of queries, however many practitioners and days there are.

use super::planner::Planner;
use super::query::DateRange;
use crate::cells;
use crate::directory::{self, Practitioner};
use crate::extra_hours::{self, ExtraHours};
use crate::local_time::Stretch;
use crate::medical_service::MedicalService;
use crate::{absence, working_hours};
use caregraph_contracts::ids::{LocationId, PractitionerId};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbErr};
use std::collections::HashMap;

/// What to load.
pub(super) struct Wanted {
    /// For which service.
    pub service: MedicalService,
    /// Whose times.
    pub practitioners: Vec<Practitioner>,
    /// Only at this location.
    pub location: Option<LocationId>,
    /// On which dates.
    pub dates: DateRange,
    /// The present.
    pub now: DateTime<Utc>,
    /// Until when visits may start.
    pub horizon: DateTime<Utc>,
}

/// Loads hours, absences and, unless they do not matter, taken cells.
pub(super) async fn load(
    connection: &impl ConnectionTrait,
    wanted: Wanted,
    with_cells: bool,
) -> Result<Planner, DbErr> {
    let Wanted {
        service,
        mut practitioners,
        location,
        dates,
        now,
        horizon,
    } = wanted;
    practitioners.sort_by(|a, b| (&a.display_name, a.id).cmp(&(&b.display_name, b.id)));
    let ids: Vec<PractitionerId> = practitioners.iter().map(|practitioner| practitioner.id).collect();
    // Buffers reach over the edge of the first and the last day, by less than a day.
    let span = span(dates.widened(1));
    // None of them needs another's answer.
    let (mut rules, extra_hours, periods, taken) = tokio::try_join!(
        working_hours::store::by_practitioner(connection, &ids),
        extra_hours::store::within(connection, &ids, dates.from, dates.to),
        absence::store::periods(connection, &ids, span),
        async {
            if with_cells {
                cells::taken(connection, &ids, span.from, span.to, now).await
            } else {
                Ok(HashMap::new())
            }
        },
    )?;
    let mut extra: HashMap<PractitionerId, Vec<ExtraHours>> = HashMap::new();
    for entry in extra_hours {
        extra.entry(entry.practitioner).or_default().push(entry);
    }
    let mut absences: HashMap<PractitionerId, Vec<Stretch>> = HashMap::new();
    for (practitioner, period) in periods {
        absences.entry(practitioner).or_default().push(period);
    }
    for rules in rules.values_mut() {
        rules.retain(|rule| rule.is_valid_within(dates.from, dates.to));
    }
    let places = rules.values().flatten().map(|rule| rule.location);
    let places = places.chain(extra.values().flatten().map(|entry| entry.location));
    let mut places: Vec<LocationId> = places
        .filter(|place| location.is_none_or(|location| location == *place))
        .collect();
    places.sort_unstable();
    places.dedup();
    let mut locations = directory::store::locations(connection, &places).await?;
    locations.retain(|_, location| location.active);
    Ok(Planner {
        service,
        practitioners,
        locations,
        rules,
        extra,
        absences,
        taken,
        now,
        horizon,
    })
}

/// All instants that lie on one of the dates in some zone.
fn span(dates: DateRange) -> Stretch {
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
    Stretch {
        from: midnight(dates.from),
        to: midnight(dates.to) + TimeDelta::days(1),
    }
}
