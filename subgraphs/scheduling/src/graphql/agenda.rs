//! A practitioner's agenda in the graph.

use super::appointment::Appointment;
use super::people;
use crate::appointment::{self, AppointmentService};
use async_graphql::{Context, ID, InputObject, Object, Result};
use caregraph_contracts::ids::PractitionerId;
use caregraph_kit::graphql::{ContextExt, answer, named_id};
use chrono::{DateTime, Utc};

/// Whose agenda, and which part of it.
#[derive(InputObject)]
pub struct AgendaInput {
    /// Whose.
    pub practitioner_id: ID,
    /// Beginning of the range, for example midnight of the day or of the week's first day at the place.
    pub from: DateTime<Utc>,
    /// End of the range, not included; after `from` and at most 62 days later.
    pub to: DateTime<Utc>,
}

/// A part of a practitioner's agenda, for views of a day, a week or a month.
pub struct Agenda {
    practitioner: PractitionerId,
    range: (DateTime<Utc>, DateTime<Utc>),
    found: appointment::Agenda,
}

/// A part of a practitioner's agenda, for views of a day, a week or a month.
#[Object]
impl Agenda {
    /// Whose agenda.
    async fn practitioner(&self) -> Option<people::Practitioner> {
        Some(people::Practitioner::new(self.practitioner))
    }

    /// Beginning of the range.
    async fn from(&self) -> DateTime<Utc> {
        self.range.0
    }

    /// End of the range, not included.
    async fn to(&self) -> DateTime<Utc> {
        self.range.1
    }

    /// Visits that keep the practitioner busy in the range, by beginning. Cancelled ones and no-shows are left out.
    async fn appointments(&self) -> Vec<Appointment> {
        self.found
            .appointments
            .iter()
            .cloned()
            .map(Appointment::from)
            .collect()
    }

    /// Minutes of visits in the range, buffers excluded.
    async fn booked_minutes(&self) -> i64 {
        self.found.booked_minutes
    }

    /// Minutes of working time in the range, absences taken off.
    async fn working_minutes(&self) -> i64 {
        self.found.working_minutes
    }

    /// Which part of the working time is booked: 0 is none, 1 is all; more when visits lie outside of it. Null when there
    /// is no working time in the range.
    async fn utilisation(&self) -> Option<f64> {
        // Both are minutes of at most 62 days, which a double holds exactly.
        let minutes = |value: i64| i32::try_from(value).map_or(f64::MAX, f64::from);
        let working = minutes(self.found.working_minutes);
        (working > 0.0).then(|| minutes(self.found.booked_minutes) / working)
    }
}

/// Questions about agendas.
#[derive(Default)]
pub struct AgendaQuery;

#[Object]
impl AgendaQuery {
    /// A part of a practitioner's agenda. For the practitioner, and for the front desk (`appointments:manage`).
    async fn agenda(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose, and which part.")] input: AgendaInput,
    ) -> Result<Agenda> {
        let practitioner = named_id(&input.practitioner_id);
        let range = (input.from, input.to);
        let service = ctx.service::<AppointmentService>();
        let found = answer(ctx, service.agenda(&ctx.principal(), practitioner, range).await)?;
        Ok(Agenda {
            practitioner,
            range,
            found,
        })
    }
}
