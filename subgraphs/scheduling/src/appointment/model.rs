//! An appointment and what may be done to it. No input, no output.

use super::refusal::{ChangeRefusal, IllegalStatusChange, StatusRefusal, TooLate};
use super::status::{ChangeKind, Side, next};
use caregraph_contracts::events::AppointmentStatus;
use caregraph_contracts::ids::{
    AppointmentId, LocationId, MedicalServiceId, PatientId, PractitionerId, UserId,
};
use caregraph_kit::Rejection;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::fmt;

/// When, where and with whom a visit takes place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Who gives care.
    pub practitioner_id: PractitionerId,
    /// Where; `None` for a video visit.
    pub location_id: Option<LocationId>,
    /// Zone of the place.
    pub time_zone: Tz,
    /// Beginning, buffers excluded.
    pub start: DateTime<Utc>,
    /// End, buffers excluded.
    pub end: DateTime<Utc>,
    /// From when the practitioner is busy: the beginning less the buffer before.
    pub occupied_from: DateTime<Utc>,
    /// Until when the practitioner is busy: the end and the buffer after.
    pub occupied_to: DateTime<Utc>,
}

/// What is clinical about an appointment: sealed in the store, shown to few, never in a log.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ClinicalTexts {
    /// Why the patient comes, in the patient's words.
    pub reason: Option<String>,
    /// What the patient wants the doctor to know beforehand.
    pub note_for_doctor: Option<String>,
    /// What the doctor wrote down; for the doctor's eyes only.
    pub doctors_notes: Option<String>,
}

impl fmt::Debug for ClinicalTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClinicalTexts(sealed)")
    }
}

/// A booked visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointment {
    /// Identifies it.
    pub id: AppointmentId,
    /// Who comes.
    pub patient_id: PatientId,
    /// What for.
    pub service_id: MedicalServiceId,
    /// When, where and with whom.
    pub visit: Visit,
    /// Where it stands.
    pub status: AppointmentStatus,
    /// Reason and notes.
    pub texts: ClinicalTexts,
    /// Who booked it.
    pub booked_by: UserId,
    /// When it was booked.
    pub booked_at: DateTime<Utc>,
    /// Counts changes, from 1.
    pub revision: i64,
}

/// Who does something, for which side, when.
#[derive(Debug, Clone, Copy)]
pub struct Actor {
    /// The account.
    pub user: UserId,
    /// On whose behalf.
    pub side: Side,
    /// The present.
    pub now: DateTime<Utc>,
}

/// The parts of an appointment whose history is public to those who may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// Status.
    pub status: AppointmentStatus,
    /// Who gives care.
    pub practitioner_id: PractitionerId,
    /// Beginning.
    pub start: DateTime<Utc>,
    /// End.
    pub end: DateTime<Utc>,
}

/// Texts of a change: the reason given for it, and texts as they were before it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChangeTexts {
    /// Why, in the words of whoever did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The patient's note before; only when this change replaced it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_note_for_doctor: Option<String>,
    /// The doctor's notes before; only when this change replaced them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_doctors_notes: Option<String>,
}

impl fmt::Debug for ChangeTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChangeTexts(sealed)")
    }
}

/// One entry of an appointment's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The appointment.
    pub appointment_id: AppointmentId,
    /// The appointment's revision after the change.
    pub revision: i64,
    /// What was done.
    pub kind: ChangeKind,
    /// Who did it.
    pub by: UserId,
    /// When.
    pub at: DateTime<Utc>,
    /// How it was before; `None` for the booking.
    pub before: Option<Snapshot>,
    /// How it was after.
    pub after: Snapshot,
    /// Reason given and texts replaced.
    pub texts: ChangeTexts,
}

/// A booking about to be made.
#[derive(Debug, Clone)]
pub struct Booking {
    /// The appointment's id.
    pub id: AppointmentId,
    /// Who comes.
    pub patient_id: PatientId,
    /// What for.
    pub service_id: MedicalServiceId,
    /// When, where and with whom.
    pub visit: Visit,
    /// Reason and note for the doctor.
    pub texts: ClinicalTexts,
}

/// New notes; `None` leaves a note alone, `Some(None)` removes it.
#[derive(Clone, Default)]
pub struct NewNotes {
    /// The patient's note.
    pub note_for_doctor: Option<Option<String>>,
    /// The doctor's notes.
    pub doctors_notes: Option<Option<String>>,
}

impl Appointment {
    /// A new appointment. The practice's own bookings are confirmed at once, a patient's wait for the practice.
    pub fn book(booking: Booking, actor: Actor) -> (Self, Change) {
        let appointment = Self {
            id: booking.id,
            patient_id: booking.patient_id,
            service_id: booking.service_id,
            visit: booking.visit,
            status: match actor.side {
                Side::Patient => AppointmentStatus::Pending,
                Side::Practice => AppointmentStatus::Confirmed,
            },
            texts: booking.texts,
            booked_by: actor.user,
            booked_at: actor.now,
            revision: 1,
        };
        let change = appointment.entry(ChangeKind::Booked, None, actor, ChangeTexts::default());
        (appointment, change)
    }

    /// The practice says yes.
    pub fn confirm(&mut self, actor: Actor) -> Result<Change, IllegalStatusChange> {
        self.step(ChangeKind::Confirmed, actor, ChangeTexts::default())
    }

    /// The practice says no.
    pub fn decline(&mut self, reason: String, actor: Actor) -> Result<Change, IllegalStatusChange> {
        self.step(ChangeKind::Declined, actor, because(Some(reason)))
    }

    /// Either side calls it off. Patients keep a notice of `notice`; the practice need not, and may do it because the
    /// patient asked for it (`for_patient`).
    pub fn cancel(
        &mut self,
        (reason, for_patient): (Option<String>, bool),
        actor: Actor,
        notice: TimeDelta,
    ) -> Result<Change, ChangeRefusal> {
        let before = self.snapshot();
        let status = self.allow(ChangeKind::Cancelled, actor.side)?;
        self.keep_notice(actor, notice)?;
        self.status = if for_patient {
            AppointmentStatus::CancelledPatient
        } else {
            status
        };
        Ok(self.changed(ChangeKind::Cancelled, before, actor, because(reason)))
    }

    /// Moves the visit. Patients keep a notice of `notice` before the old beginning.
    pub fn reschedule(
        &mut self,
        (visit, reason): (Visit, Option<String>),
        actor: Actor,
        notice: TimeDelta,
    ) -> Result<Change, ChangeRefusal> {
        let before = self.snapshot();
        let status = self.may_move(actor, notice)?;
        if visit.start == self.visit.start && visit.practitioner_id == self.visit.practitioner_id {
            return Err(Rejection::conflict("start", "the appointment is at this time already").into());
        }
        self.visit = visit;
        self.status = status;
        Ok(self.changed(ChangeKind::Rescheduled, before, actor, because(reason)))
    }

    /// Whether it may be moved at all, for refusing before looking for a new time. Gives the status it would have.
    pub fn may_move(&self, actor: Actor, notice: TimeDelta) -> Result<AppointmentStatus, ChangeRefusal> {
        let status = self.allow(ChangeKind::Rescheduled, actor.side)?;
        self.keep_notice(actor, notice)?;
        Ok(status)
    }

    /// The patient is here. Possible from the morning of the visit's day on, by the clock of the place.
    pub fn check_in(&mut self, actor: Actor) -> Result<Change, StatusRefusal> {
        self.allow(ChangeKind::CheckedIn, actor.side)?;
        let local_day = |instant: DateTime<Utc>| instant.with_timezone(&self.visit.time_zone).date_naive();
        if local_day(actor.now) < local_day(self.visit.start) {
            return Err(Rejection::conflict("id", "check-in opens on the day of the visit").into());
        }
        Ok(self.step(ChangeKind::CheckedIn, actor, ChangeTexts::default())?)
    }

    /// The visit took place. `notes` replace the doctor's notes; without, they stay.
    pub fn complete(&mut self, notes: Option<String>, actor: Actor) -> Result<Change, IllegalStatusChange> {
        self.allow(ChangeKind::Completed, actor.side)?;
        let mut texts = ChangeTexts::default();
        if notes.is_some() && notes != self.texts.doctors_notes {
            texts.previous_doctors_notes = std::mem::replace(&mut self.texts.doctors_notes, notes);
        }
        self.step(ChangeKind::Completed, actor, texts)
    }

    /// The patient did not come. Possible once the visit should have begun.
    pub fn mark_no_show(&mut self, actor: Actor) -> Result<Change, StatusRefusal> {
        self.allow(ChangeKind::NoShow, actor.side)?;
        if actor.now < self.visit.start {
            return Err(Rejection::conflict("id", "the visit has not begun yet").into());
        }
        Ok(self.step(ChangeKind::NoShow, actor, ChangeTexts::default())?)
    }

    /// Replaces notes. `None` when nothing would change.
    pub fn update_notes(
        &mut self,
        notes: NewNotes,
        actor: Actor,
    ) -> Result<Option<Change>, IllegalStatusChange> {
        self.allow(ChangeKind::NotesUpdated, actor.side)?;
        let mut texts = ChangeTexts::default();
        let mut touched = false;
        if let Some(note) = notes
            .note_for_doctor
            .filter(|note| *note != self.texts.note_for_doctor)
        {
            texts.previous_note_for_doctor = std::mem::replace(&mut self.texts.note_for_doctor, note);
            touched = true;
        }
        if let Some(note) = notes
            .doctors_notes
            .filter(|note| *note != self.texts.doctors_notes)
        {
            texts.previous_doctors_notes = std::mem::replace(&mut self.texts.doctors_notes, note);
            touched = true;
        }
        if touched {
            self.step(ChangeKind::NotesUpdated, actor, texts).map(Some)
        } else {
            Ok(None)
        }
    }

    /// The last moment at which the patient may cancel or move it.
    pub fn patient_may_change_until(&self, notice: TimeDelta) -> DateTime<Utc> {
        self.visit.start - notice
    }

    fn allow(&self, kind: ChangeKind, side: Side) -> Result<AppointmentStatus, IllegalStatusChange> {
        next(self.status, kind, side).ok_or(IllegalStatusChange {
            from: self.status,
            wanted: kind,
        })
    }

    fn keep_notice(&self, actor: Actor, notice: TimeDelta) -> Result<(), TooLate> {
        let latest = self.patient_may_change_until(notice);
        match actor.side {
            Side::Patient if actor.now > latest => Err(TooLate { latest }),
            Side::Patient | Side::Practice => Ok(()),
        }
    }

    fn step(
        &mut self,
        kind: ChangeKind,
        actor: Actor,
        texts: ChangeTexts,
    ) -> Result<Change, IllegalStatusChange> {
        let before = self.snapshot();
        self.status = self.allow(kind, actor.side)?;
        Ok(self.changed(kind, before, actor, texts))
    }

    fn changed(&mut self, kind: ChangeKind, before: Snapshot, actor: Actor, texts: ChangeTexts) -> Change {
        self.revision += 1;
        self.entry(kind, Some(before), actor, texts)
    }

    fn entry(&self, kind: ChangeKind, before: Option<Snapshot>, actor: Actor, texts: ChangeTexts) -> Change {
        Change {
            appointment_id: self.id,
            revision: self.revision,
            kind,
            by: actor.user,
            at: actor.now,
            before,
            after: self.snapshot(),
            texts,
        }
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            status: self.status,
            practitioner_id: self.visit.practitioner_id,
            start: self.visit.start,
            end: self.visit.end,
        }
    }
}

fn because(reason: Option<String>) -> ChangeTexts {
    ChangeTexts {
        reason,
        ..ChangeTexts::default()
    }
}
