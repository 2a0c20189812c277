//! Changes of status and of notes.

use super::booking::{DOCTORS_NOTES, NOTE, REASON};
use super::{AppointmentService, VisibleAppointment, may_write, no_appointment};
use crate::appointment::model::{Actor, Appointment, Change, NewNotes};
use crate::appointment::refusal::{ChangeRefusal, IllegalStatusChange, StatusRefusal};
use crate::appointment::sight::Sight;
use crate::appointment::status::Side;
use caregraph_contracts::ids::AppointmentId;
use caregraph_kit::auth::Principal;
use caregraph_kit::validate::Checks;
use caregraph_kit::{Failure, Rejection};

/// The wish to call a visit off.
#[derive(Clone)]
pub struct Cancel {
    /// Which visit.
    pub id: AppointmentId,
    /// Why, 1 to 500 characters.
    pub reason: String,
    /// The practice does it because the patient asked for it, for example by telephone. Of no meaning when the patient
    /// does it.
    pub on_behalf_of_patient: bool,
}

/// The practice's "no" to a visit that waits for confirmation.
#[derive(Clone)]
pub struct Decline {
    /// Which visit.
    pub id: AppointmentId,
    /// Why, 1 to 500 characters.
    pub reason: String,
}

/// The end of a visit.
#[derive(Clone)]
pub struct Complete {
    /// Which visit.
    pub id: AppointmentId,
    /// The doctor's notes, at most 4000 characters; `None` leaves them as they are.
    pub notes: Option<String>,
}

/// New notes. `None` leaves a note alone; empty text removes it.
#[derive(Clone)]
pub struct UpdateNotes {
    /// Which visit.
    pub id: AppointmentId,
    /// The patient's note for the doctor, at most 2000 characters.
    pub note_for_doctor: Option<String>,
    /// The doctor's notes, at most 4000 characters.
    pub doctors_notes: Option<String>,
}

impl AppointmentService {
    /// Confirms a pending visit. For the practitioner and the front desk.
    pub async fn confirm(
        &self,
        principal: &Principal,
        id: AppointmentId,
    ) -> Result<VisibleAppointment, Failure<StatusRefusal>> {
        self.change(principal, id, practice_only, |appointment, _, actor| {
            Ok(Some(appointment.confirm(actor)?))
        })
        .await
    }

    /// Declines a pending visit. For the practitioner and the front desk.
    pub async fn decline(
        &self,
        principal: &Principal,
        command: Decline,
    ) -> Result<VisibleAppointment, Failure<StatusRefusal>> {
        may_write(principal)?;
        let reason = reason(&command.reason)?;
        self.change(principal, command.id, practice_only, |appointment, _, actor| {
            Ok(Some(appointment.decline(reason.clone(), actor)?))
        })
        .await
    }

    /// Calls a visit off. Patients keep a notice; the practice need not.
    pub async fn cancel(
        &self,
        principal: &Principal,
        command: Cancel,
    ) -> Result<VisibleAppointment, Failure<ChangeRefusal>> {
        may_write(principal)?;
        let reason = reason(&command.reason)?;
        let notice = self.settings.cancellation_notice();
        self.change(
            principal,
            command.id,
            |_| Ok(()),
            |appointment, sight, actor| {
                let for_patient = command.on_behalf_of_patient || sight.side == Side::Patient;
                appointment
                    .cancel((Some(reason.clone()), for_patient), actor, notice)
                    .map(Some)
            },
        )
        .await
    }

    /// Notes that the patient is here. For the practitioner and the front desk, on the day of the visit.
    pub async fn check_in(
        &self,
        principal: &Principal,
        id: AppointmentId,
    ) -> Result<VisibleAppointment, Failure<StatusRefusal>> {
        self.change(principal, id, practice_only, |appointment, _, actor| {
            appointment.check_in(actor).map(Some)
        })
        .await
    }

    /// Ends a visit. For the practitioner and for nurses.
    pub async fn complete(
        &self,
        principal: &Principal,
        command: Complete,
    ) -> Result<VisibleAppointment, Failure<StatusRefusal>> {
        may_write(principal)?;
        let mut checks = Checks::new();
        let notes = checks.optional_text("notes", command.notes.as_deref(), DOCTORS_NOTES);
        checks.done()?;
        self.change(
            principal,
            command.id,
            care_givers_only,
            |appointment, _, actor| Ok(Some(appointment.complete(notes.clone(), actor)?)),
        )
        .await
    }

    /// Notes that the patient did not come. For the practitioner and the front desk, once the visit should have begun.
    pub async fn mark_no_show(
        &self,
        principal: &Principal,
        id: AppointmentId,
    ) -> Result<VisibleAppointment, Failure<StatusRefusal>> {
        self.change(principal, id, practice_only, |appointment, _, actor| {
            appointment.mark_no_show(actor).map(Some)
        })
        .await
    }

    /// Replaces notes. The patient's side and nurses write the note for the doctor, the practitioner writes both.
    pub async fn update_notes(
        &self,
        principal: &Principal,
        command: UpdateNotes,
    ) -> Result<VisibleAppointment, Failure<StatusRefusal>> {
        may_write(principal)?;
        let mut checks = Checks::new();
        let mut note =
            |path, text: Option<&str>, most| text.map(|text| checks.optional_text(path, Some(text), most));
        let notes = NewNotes {
            note_for_doctor: note("noteForDoctor", command.note_for_doctor.as_deref(), NOTE),
            doctors_notes: note("doctorsNotes", command.doctors_notes.as_deref(), DOCTORS_NOTES),
        };
        checks.done()?;
        let authorise = |sight: Sight| {
            let allowed = (notes.note_for_doctor.is_none() || sight.texts)
                && (notes.doctors_notes.is_none() || sight.doctors_notes());
            if allowed {
                Ok(())
            } else {
                Err(Rejection::not_allowed("these notes are not yours to write"))
            }
        };
        self.change(principal, command.id, authorise, |appointment, _, actor| {
            Ok(appointment.update_notes(notes.clone(), actor)?)
        })
        .await
    }

    /// One command on one appointment: authorise, lock, change, store, tell, in one transaction. When the command changes
    /// nothing (`None`), nothing is stored.
    async fn change<R>(
        &self,
        principal: &Principal,
        id: AppointmentId,
        authorise: impl Fn(Sight) -> Result<(), Rejection>,
        act: impl Fn(&mut Appointment, Sight, Actor) -> Result<Option<Change>, R>,
    ) -> Result<VisibleAppointment, Failure<R>>
    where
        R: From<Rejection> + From<IllegalStatusChange>,
    {
        let user = may_write(principal)?;
        self.ground
            .database
            .retrying(|| async {
                let mut tx = self.ground.database.begin().await?;
                let mut locked = self.lock(&tx, principal, id).await?.ok_or_else(no_appointment)?;
                let sight = locked.sight;
                authorise(sight)?;
                let actor = self.actor(user, sight.side);
                let change = act(&mut locked.appointment, sight, actor)
                    .map_err(|refusal| Failure::Refused(vec![refusal]))?;
                if let Some(change) = change {
                    self.record(&mut tx, &locked.appointment, &change).await?;
                    tx.commit().await?;
                }
                Ok(locked)
            })
            .await
    }
}

fn reason<R: From<Rejection>>(text: &str) -> Result<String, Failure<R>> {
    let mut checks = Checks::new();
    let reason = checks.text("reason", text, REASON);
    checks.done()?;
    Ok(reason)
}

fn practice_only(sight: Sight) -> Result<(), Rejection> {
    match sight.side {
        Side::Practice => Ok(()),
        Side::Patient => Err(Rejection::not_allowed("only the practice does this")),
    }
}

fn care_givers_only(sight: Sight) -> Result<(), Rejection> {
    if sight.is_practitioner || sight.is_nurse {
        Ok(())
    } else {
        Err(Rejection::not_allowed(
            "only the practitioner or a nurse completes a visit",
        ))
    }
}
