//! Moving a visit to another time, or to another practitioner.

use super::booking::{REASON, visit};
use super::keyed::{Attempt, Kept};
use super::{AppointmentService, VisibleAppointment, may_write, no_appointment};
use crate::appointment::refusal::RescheduleRefusal;
use crate::appointment::sight::Sight;
use crate::appointment::status::Side;
use crate::cells::{self, Owner};
use crate::directory::store as directory;
use caregraph_contracts::ids::{AppointmentId, PractitionerId, UserId};
use caregraph_kit::auth::Principal;
use caregraph_kit::idempotency::Keyed;
use caregraph_kit::validate::Checks;
use caregraph_kit::{Failure, Rejection};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// The wish to move a visit.
#[derive(Clone)]
pub struct Reschedule {
    /// Which visit.
    pub id: AppointmentId,
    /// New beginning; one of the times that are offered.
    pub start: DateTime<Utc>,
    /// With whom; with the same practitioner when `None`.
    pub practitioner_id: Option<PractitionerId>,
    /// Why, at most 500 characters.
    pub reason: Option<String>,
    /// Chosen by the client, 1 to 128 ASCII characters without spaces; a repetition gets the first answer.
    pub idempotency_key: String,
}

#[derive(Serialize)]
struct Fingerprint<'a> {
    id: AppointmentId,
    start: DateTime<Utc>,
    practitioner: Option<PractitionerId>,
    reason: Option<&'a str>,
}

impl AppointmentService {
    /// Moves a visit: the old time is given back and the new one taken in one transaction, so that whoever loses the race
    /// for the new time still has the old one. The new time may overlap the old one.
    ///
    /// Patients keep a notice and wait for confirmation again; what the practice moves is confirmed. Practitioners move
    /// visits within their own calendar; to a colleague's only the front desk or the patient does.
    pub async fn reschedule(
        &self,
        principal: &Principal,
        command: Reschedule,
    ) -> Result<VisibleAppointment, Failure<RescheduleRefusal>> {
        let user = may_write(principal)?;
        let mut checks = Checks::new();
        let reason = checks.optional_text("reason", command.reason.as_deref(), REASON);
        checks.done()?;
        let digest = reason
            .as_deref()
            .map(|reason| self.ground.cipher.blind_index("appointments/texts", reason));
        let fingerprint = Fingerprint {
            id: command.id,
            start: command.start,
            practitioner: command.practitioner_id,
            reason: digest.as_deref(),
        };
        let keyed = Keyed::new(
            user,
            "rescheduleAppointment",
            &command.idempotency_key,
            &fingerprint,
        )?;
        let id = if let Some(id) = self.answered(&keyed).await? {
            id
        } else {
            let attempt = self
                .try_to_move(principal, user, (&command, reason), &keyed)
                .await;
            self.settle(&keyed, attempt).await?
        };
        self.find(principal, id)
            .await
            .map_err(Failure::widen)?
            .ok_or_else(|| no_appointment().into())
    }

    async fn try_to_move(
        &self,
        principal: &Principal,
        user: UserId,
        (command, reason): (&Reschedule, Option<String>),
        keyed: &Keyed,
    ) -> Result<Attempt, Failure<RescheduleRefusal>> {
        let notice = self.settings.cancellation_notice();
        let seen = self
            .find(principal, command.id)
            .await
            .map_err(Failure::widen)?
            .ok_or_else(no_appointment)?;
        let current = seen.appointment;
        let practitioner = command.practitioner_id.unwrap_or(current.visit.practitioner_id);
        may_move_to(seen.sight, user, practitioner)?;
        // Refused early, so that nobody looks for a time that would not help; decided again below, under the lock.
        current
            .may_move(self.actor(user, seen.sight.side), notice)
            .map_err(Failure::refused)?;
        let person = directory::person(self.ground.database.reader(), current.patient_id).await?;
        let known = seen.sight.side == Side::Practice || self.is_known(practitioner, &person).await?;
        let offered = self
            .availability
            .offered(current.service_id, practitioner, command.start, known)
            .await
            .map_err(Failure::widen)?;
        let result = self
            .ground
            .database
            .retrying(|| async {
                let mut tx = self.ground.database.begin().await?;
                let locked = self.lock(&tx, principal, command.id).await?;
                let VisibleAppointment {
                    mut appointment,
                    sight,
                    ..
                } = locked.ok_or_else(no_appointment)?;
                may_move_to(sight, user, practitioner)?;
                let actor = self.actor(user, sight.side);
                let change = appointment
                    .reschedule((visit(&offered), reason.clone()), actor, notice)
                    .map_err(Failure::refused)?;
                let person = directory::lock_person(&tx, appointment.patient_id).await?;
                cells::free(&tx, Owner::Appointment(appointment.id)).await?;
                self.take_practitioner(&tx, &appointment).await?;
                self.take_patient(&tx, &appointment, &person).await?;
                let answer = Kept::<RescheduleRefusal>::Done(appointment.id);
                if !keyed.keep(&tx, &answer, self.ground.clock.now()).await? {
                    tx.rollback().await?;
                    return Ok(Attempt::Beaten);
                }
                self.record(&mut tx, &appointment, &change).await?;
                tx.commit().await?;
                Ok(Attempt::Done(appointment.id))
            })
            .await;
        self.with_alternatives(result, &offered.slot, &person, known)
            .await
    }
}

fn may_move_to(sight: Sight, user: UserId, practitioner: PractitionerId) -> Result<(), Rejection> {
    let to_colleague = practitioner.as_user() != user;
    if sight.is_practitioner && !sight.manages && to_colleague {
        return Err(Rejection::not_allowed(
            "only the front desk or the patient moves a visit to another practitioner",
        ));
    }
    Ok(())
}
