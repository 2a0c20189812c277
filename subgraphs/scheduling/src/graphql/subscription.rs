//! Live changes in the graph.

use super::appointment::{Appointment, AppointmentChangeKind, load};
use super::people::Practitioner;
use crate::appointment::{
    AppointmentNews, AppointmentService, LiveFailure, SlotNews, WantedChanges, WantedSlots,
};
use async_graphql::{Context, Error, ErrorExtensions, ID, Object, Result, SimpleObject, Subscription};
use caregraph_contracts::Domain;
use caregraph_kit::Rejection;
use caregraph_kit::events::FollowError;
use caregraph_kit::graphql::{ContextExt, Cursor, fault, named_id};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};

/// One change of an appointment.
pub struct AppointmentChanged(AppointmentNews);

/// One change of an appointment.
#[Object]
impl AppointmentChanged {
    /// Keep it: given as `after`, the subscription goes on behind this change.
    async fn cursor(&self) -> Cursor {
        Cursor {
            domain: Domain::Scheduling,
            position: self.0.position,
        }
    }

    /// What was done.
    async fn kind(&self) -> AppointmentChangeKind {
        self.0.kind.into()
    }

    /// When.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.0.occurred_at
    }

    /// The appointment as it is now, which may be later than this change. Null when it is not yours to see any more, for
    /// example because it moved to another practitioner.
    async fn appointment(&self, ctx: &Context<'_>) -> Result<Option<Appointment>> {
        Ok(load(ctx, self.0.appointment_id).await?.map(Appointment::from))
    }

    /// Identifies the appointment, also when you may not see it any more.
    async fn appointment_id(&self) -> ID {
        self.0.appointment_id.to_string().into()
    }

    /// When the visit would have begun before it was moved; null for all other changes.
    async fn previous_start(&self) -> Option<DateTime<Utc>> {
        self.0.previous_start
    }
}

/// Free times changed: ask `availableSlots` again where it matters.
#[derive(SimpleObject)]
pub struct SlotsChanged {
    /// Keep it: given as `after`, the subscription goes on behind this change.
    pub cursor: Cursor,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Whose times changed.
    pub practitioners: Vec<Practitioner>,
    /// Where the affected part of the calendar begins; null when it may be anywhere.
    pub from: Option<DateTime<Utc>>,
    /// Where the affected part of the calendar ends; null when it may be anywhere.
    pub to: Option<DateTime<Utc>>,
}

impl From<SlotNews> for SlotsChanged {
    fn from(news: SlotNews) -> Self {
        Self {
            cursor: Cursor {
                domain: Domain::Scheduling,
                position: news.position,
            },
            occurred_at: news.occurred_at,
            practitioners: news.practitioners.into_iter().map(Practitioner::new).collect(),
            from: news.range.map(|(from, _)| from),
            to: news.range.map(|(_, to)| to),
        }
    }
}

/// Live changes.
#[derive(Default)]
pub struct SchedulingSubscription;

#[Subscription(name = "Subscription")]
impl SchedulingSubscription {
    /// Changes of appointments as they happen; with `after`, first those that were missed. Each exactly once, in order.
    /// Patients and guardians hear of their own visits, practitioners of those with them, the front desk of all; whoever
    /// asks for somebody else's is refused. Ends with the error code `CURSOR_EXPIRED` when `after` is too old: read
    /// afresh then.
    async fn appointment_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only visits with this practitioner.")] practitioner_id: Option<ID>,
        #[graphql(desc = "Only visits of this patient.")] patient_id: Option<ID>,
        #[graphql(desc = "Go on behind this cursor; from now on when left out.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<AppointmentChanged>>> {
        let wanted = WantedChanges {
            practitioner_id: practitioner_id.as_ref().map(named_id),
            patient_id: patient_id.as_ref().map(named_id),
        };
        let service = ctx.service::<AppointmentService>();
        let changes = service.changes(&ctx.principal(), wanted, position(after)?).await;
        let changes = changes.map_err(|failure| failed(ctx, failure))?;
        Ok(changes.map(|news| {
            news.map(AppointmentChanged)
                .map_err(|failure| failed(ctx, failure))
        }))
    }

    /// Changes of free times as they happen; with `after`, first those that were missed. Says whose times changed and
    /// where, never who took them. For everybody who is signed in.
    async fn slots_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of practitioners who offer this service.")] service_id: Option<ID>,
        #[graphql(desc = "Only of this practitioner.")] practitioner_id: Option<ID>,
        #[graphql(desc = "Go on behind this cursor; from now on when left out.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<SlotsChanged>>> {
        let wanted = WantedSlots {
            service_id: service_id.as_ref().map(named_id),
            practitioner_id: practitioner_id.as_ref().map(named_id),
        };
        let service = ctx.service::<AppointmentService>();
        let changes = service
            .slot_changes(&ctx.principal(), wanted, position(after)?)
            .await;
        let changes = changes.map_err(|failure| failed(ctx, failure))?;
        Ok(changes.map(|news| {
            news.map(<SlotsChanged as From<_>>::from)
                .map_err(|failure| failed(ctx, failure))
        }))
    }
}

fn position(after: Option<Cursor>) -> Result<Option<i64>> {
    match after {
        None => Ok(None),
        Some(Cursor {
            domain: Domain::Scheduling,
            position,
        }) => Ok(Some(position)),
        Some(_) => Err(coded("`after` is not a cursor of this stream", "BAD_USER_INPUT")),
    }
}

fn failed(ctx: &Context<'_>, failure: LiveFailure) -> Error {
    match failure {
        LiveFailure::Denied(denied) => denied.into(),
        LiveFailure::Refused(rejection @ Rejection::NotFound { .. }) => coded(rejection, "NOT_FOUND"),
        LiveFailure::Refused(rejection) => coded(rejection, "BAD_USER_INPUT"),
        LiveFailure::Follow(expired @ FollowError::Expired) => coded(expired, "CURSOR_EXPIRED"),
        LiveFailure::Follow(unknown @ FollowError::Unknown) => coded(unknown, "BAD_USER_INPUT"),
        LiveFailure::Follow(FollowError::Log(error)) => fault(ctx, error),
        LiveFailure::Fault(inner) => fault(ctx, inner),
    }
}

fn coded(message: impl ToString, code: &'static str) -> Error {
    Error::new(message.to_string()).extend_with(|_, extensions| extensions.set("code", code))
}
