//! What clients see of schedules.

use crate::absence::AbsenceService;
use crate::graphql::appointment::{Appointment, load};
use crate::graphql::people::Practitioner;
use crate::graphql::references::Location;
use crate::local_time::Stretch;
use crate::{absence, extra_hours, working_hours};
use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};
use caregraph_contracts::ids::{LocationId, PractitionerId};
use caregraph_kit::graphql::{ContextExt, Date, fault};
use chrono::{DateTime, Utc};
use futures::future::try_join_all;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// Hours that repeat every week. Times are what the clocks of the location show.
#[derive(Debug, Clone, SimpleObject)]
pub struct WorkingHours {
    /// On which day of the week.
    pub weekday: Weekday,
    /// When they begin, such as `08:00`.
    pub start: String,
    /// When they end, such as `12:30`, or `24:00` for midnight.
    pub end: String,
    /// Where.
    pub location: Location,
    /// First day on which they apply; null for "always have".
    pub valid_from: Option<Date>,
    /// Last day on which they apply; null for "until further notice".
    pub valid_to: Option<Date>,
}

/// Hours on one date, beside the week. Times are what the clocks of the location show.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ExtraHours {
    /// Identifies the entry.
    pub id: ID,
    /// On which day.
    pub date: Date,
    /// When they begin, such as `08:00`.
    pub start: String,
    /// When they end, such as `12:30`, or `24:00` for midnight.
    pub end: String,
    #[graphql(skip)]
    practitioner: PractitionerId,
    #[graphql(skip)]
    location: LocationId,
}

#[ComplexObject]
impl ExtraHours {
    /// Whose hours.
    async fn practitioner(&self) -> Practitioner {
        Practitioner::new(self.practitioner)
    }

    /// Where.
    async fn location(&self) -> Location {
        Location::new(self.location)
    }
}

/// A time in which a practitioner sees nobody.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Absence {
    /// Identifies the absence.
    pub id: ID,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// When it ends.
    pub end: DateTime<Utc>,
    /// Why, if somebody said so. Null for whoever is neither the practitioner nor manages schedules
    /// (`schedules:manage`).
    pub reason: Option<String>,
    #[graphql(skip)]
    practitioner: PractitionerId,
}

#[ComplexObject]
impl Absence {
    /// Who is absent.
    async fn practitioner(&self) -> Practitioner {
        Practitioner::new(self.practitioner)
    }

    /// The appointments that fall into it and still stand, by start: somebody has to move or cancel them. Only those you
    /// may see.
    async fn affected_appointments(&self, ctx: &Context<'_>) -> Result<Vec<Appointment>> {
        let period = Stretch {
            from: self.start,
            to: self.end,
        };
        let hits = ctx
            .service::<AbsenceService>()
            .hits(self.practitioner, period)
            .await;
        let hits = hits.map_err(|error| fault(ctx, error))?;
        // Loaded together, so that they make one batch.
        let found = try_join_all(hits.into_iter().map(|id| load(ctx, id))).await?;
        let met = found.into_iter().flatten().filter(|found| {
            // Only the visit itself counts: tidying up afterwards is not what an absence prevents.
            let visit = &found.appointment.visit;
            period.meets(visit.start, visit.end)
        });
        Ok(met.map(Appointment::from).collect())
    }
}

impl From<chrono::Weekday> for Weekday {
    fn from(day: chrono::Weekday) -> Self {
        match day {
            chrono::Weekday::Mon => Self::Monday,
            chrono::Weekday::Tue => Self::Tuesday,
            chrono::Weekday::Wed => Self::Wednesday,
            chrono::Weekday::Thu => Self::Thursday,
            chrono::Weekday::Fri => Self::Friday,
            chrono::Weekday::Sat => Self::Saturday,
            chrono::Weekday::Sun => Self::Sunday,
        }
    }
}

impl From<Weekday> for chrono::Weekday {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }
}

impl From<working_hours::Rule> for WorkingHours {
    fn from(rule: working_hours::Rule) -> Self {
        Self {
            weekday: rule.weekday.into(),
            start: rule.hours.start().to_string(),
            end: rule.hours.end().to_string(),
            location: Location::new(rule.location),
            valid_from: rule.valid_from.map(Date),
            valid_to: rule.valid_to.map(Date),
        }
    }
}

impl From<extra_hours::ExtraHours> for ExtraHours {
    fn from(entry: extra_hours::ExtraHours) -> Self {
        Self {
            id: entry.id.to_string().into(),
            date: entry.date.into(),
            start: entry.hours.start().to_string(),
            end: entry.hours.end().to_string(),
            practitioner: entry.practitioner,
            location: entry.location,
        }
    }
}

impl From<absence::Absence> for Absence {
    fn from(absence: absence::Absence) -> Self {
        Self {
            id: absence.id.to_string().into(),
            start: absence.period.from,
            end: absence.period.to,
            reason: absence.reason,
            practitioner: absence.practitioner,
        }
    }
}
