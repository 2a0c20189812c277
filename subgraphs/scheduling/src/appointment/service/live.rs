//! Following changes as they happen, and catching up on those that were missed.

mod audience;
mod listeners;

pub(crate) use audience::Happenings;

use super::{AppointmentService, may_read};
use crate::appointment::status::ChangeKind;
use crate::directory::store as directory;
use caregraph_contracts::Scope;
use caregraph_contracts::ids::{AppointmentId, MedicalServiceId, PatientId, PractitionerId, UserId};
use caregraph_kit::auth::{AccessDenied, Principal};
use caregraph_kit::events::FollowError;
use caregraph_kit::{Clock, Fault, Rejection};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};
use listeners::{TimesListener, VisitListener};
use sea_orm::DbErr;
use std::future::ready;

/// Which changes of appointments somebody wants to hear of.
#[derive(Debug, Clone, Copy, Default)]
pub struct WantedChanges {
    /// Only with this practitioner, before or after the change.
    pub practitioner_id: Option<PractitionerId>,
    /// Only of this patient, whichever of the person's records is named.
    pub patient_id: Option<PatientId>,
}

/// Which changes of free times somebody wants to hear of.
#[derive(Debug, Clone, Copy, Default)]
pub struct WantedSlots {
    /// Only of practitioners who offer this service.
    pub service_id: Option<MedicalServiceId>,
    /// Only of this practitioner.
    pub practitioner_id: Option<PractitionerId>,
}

/// One change of an appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppointmentNews {
    /// Place in the log.
    pub position: i64,
    /// What was done.
    pub kind: ChangeKind,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which appointment.
    pub appointment_id: AppointmentId,
    /// When the visit would have begun before it was moved.
    pub previous_start: Option<DateTime<Utc>>,
}

/// Free times changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotNews {
    /// Place in the log.
    pub position: i64,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Whose times.
    pub practitioners: Vec<PractitionerId>,
    /// The part of the calendar that is affected; `None` when it may be anywhere.
    pub range: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// Why changes cannot be followed, or not any longer.
#[derive(Debug, thiserror::Error)]
pub enum LiveFailure {
    /// The door is closed.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
    /// The patient or practitioner does not exist for the principal.
    #[error(transparent)]
    Refused(#[from] Rejection),
    /// The cursor cannot be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// A fault of ours.
    #[error("following changes failed")]
    Fault(#[from] Fault),
}

impl From<DbErr> for LiveFailure {
    fn from(error: DbErr) -> Self {
        Self::Fault(error.into())
    }
}

impl AppointmentService {
    /// Changes behind the position `after`, then live; from now on when it is `None`. Each exactly once, in order.
    ///
    /// The front desk follows everything. Practitioners follow their own calendar, patients and guardians their own
    /// visits; whoever asks for somebody else's is refused at once. Access is decided again for every change: a guardian
    /// who is not one any more hears nothing from then on.
    pub async fn changes(
        &self,
        principal: &Principal,
        wanted: WantedChanges,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<AppointmentNews, LiveFailure>> + Send + use<>, LiveFailure> {
        let user = self.may_follow(principal, wanted).await?;
        let listener = VisitListener {
            ground: self.ground.clone(),
            principal: principal.clone(),
            user,
            wanted,
        };
        let news = self.live.follow(listener, after).await?;
        Ok(while_good(self.ground.clock.clone(), principal.clone(), news))
    }

    /// Changes of free times behind the position `after`, then live. For everybody who is signed in: free times are no
    /// secret, and who took one is not told.
    pub async fn slot_changes(
        &self,
        principal: &Principal,
        wanted: WantedSlots,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<SlotNews, LiveFailure>> + Send + use<>, LiveFailure> {
        principal.require_user()?;
        let listener = TimesListener {
            ground: self.ground.clone(),
            wanted,
        };
        let news = self.live.follow(listener, after).await?;
        Ok(while_good(self.ground.clock.clone(), principal.clone(), news))
    }

    async fn may_follow(&self, principal: &Principal, wanted: WantedChanges) -> Result<UserId, LiveFailure> {
        let user = may_read(principal)?;
        let own_calendar = wanted.practitioner_id == Some(PractitionerId::of_user(user));
        if principal.has(Scope::AppointmentsManage) || own_calendar {
            return Ok(user);
        }
        match (wanted.patient_id, wanted.practitioner_id) {
            (Some(patient), _) => {
                let own = PatientId::of_user(user) == patient;
                let person = directory::person(self.ground.database.reader(), patient).await?;
                if own || person.is_acted_for_by(user) {
                    Ok(user)
                } else {
                    Err(Rejection::not_found("patientId", "patient").into())
                }
            }
            // Somebody else's calendar, which only the front desk sees as a whole.
            (None, Some(_)) => Err(AccessDenied::MissingScope(Scope::AppointmentsManage).into()),
            // Everything that is one's own.
            (None, None) => Ok(user),
        }
    }
}

/// What somebody hears before their token ends. Transports end connections whose token has; this is for those that forget to.
fn while_good<T: Send>(
    clock: Clock,
    principal: Principal,
    news: impl Stream<Item = T> + Send,
) -> impl Stream<Item = T> + Send {
    let is_over = move || principal.expires_at().is_some_and(|end| clock.now() >= end);
    news.take_while(move |_| ready(!is_over()))
}
