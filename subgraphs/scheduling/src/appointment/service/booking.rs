//! Booking a visit.

use super::keyed::{Attempt, Kept};
use super::{AppointmentService, VisibleAppointment, may_write, no_appointment};
use crate::appointment::model::{Appointment, Booking, ClinicalTexts, Visit};
use crate::appointment::refusal::{BookRefusal, SlotRefusal};
use crate::appointment::status::Side;
use crate::appointment::{history, store};
use crate::availability::{Offered, Slot};
use crate::cells::{self, Cell, Owner, TakeError};
use crate::directory::store as directory;
use crate::hold;
use caregraph_contracts::ids::{HoldId, MedicalServiceId, PatientId, PractitionerId, UserId};
use caregraph_contracts::{Role, Scope};
use caregraph_kit::auth::Principal;
use caregraph_kit::database::Transaction;
use caregraph_kit::idempotency::Keyed;
use caregraph_kit::validate::Checks;
use caregraph_kit::{Failure, Fault, Rejection};
use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use serde::Serialize;

/// How many other times are named to somebody who came too late.
const ALTERNATIVES: usize = 8;
/// Most characters of a reason.
pub(super) const REASON: usize = 500;
/// Most characters of a note for the doctor.
pub(super) const NOTE: usize = 2000;
/// Most characters of the doctor's notes.
pub(super) const DOCTORS_NOTES: usize = 4000;

/// The wish to book a visit.
#[derive(Clone)]
pub struct Book {
    /// What for.
    pub service_id: MedicalServiceId,
    /// With whom.
    pub practitioner_id: PractitionerId,
    /// Beginning of the visit; one of the times that are offered.
    pub start: DateTime<Utc>,
    /// For whom; oneself when `None`.
    pub patient_id: Option<PatientId>,
    /// Why, at most 500 characters.
    pub reason: Option<String>,
    /// What the doctor should know beforehand, at most 2000 characters.
    pub note_for_doctor: Option<String>,
    /// A hold on this very slot, which the booking takes over.
    pub hold_id: Option<HoldId>,
    /// Chosen by the client, 1 to 128 ASCII characters without spaces; a repetition gets the first answer.
    pub idempotency_key: String,
}

/// What makes a booking the booking it is. Texts go in as keyed digests: the fingerprint of a short text could
/// otherwise be guessed.
#[derive(Serialize)]
struct Fingerprint<'a> {
    service: MedicalServiceId,
    practitioner: PractitionerId,
    start: DateTime<Utc>,
    patient: PatientId,
    texts: &'a str,
    hold: Option<HoldId>,
}

impl AppointmentService {
    /// Books a visit.
    ///
    /// Patients book for themselves and for those they are guardian of; the practice confirms. The front desk books for
    /// any living patient, and practitioners book follow-ups with themselves for patients they have met or are about to
    /// meet; those are confirmed at once.
    pub async fn book(
        &self,
        principal: &Principal,
        command: Book,
    ) -> Result<VisibleAppointment, Failure<BookRefusal>> {
        let user = may_write(principal)?;
        let mut checks = Checks::new();
        let texts = ClinicalTexts {
            reason: checks.optional_text("reason", command.reason.as_deref(), REASON),
            note_for_doctor: checks.optional_text("noteForDoctor", command.note_for_doctor.as_deref(), NOTE),
            doctors_notes: None,
        };
        checks.done()?;
        let patient = command.patient_id.unwrap_or(PatientId::of_user(user));
        let texts_digest = serde_json::to_string(&(&texts.reason, &texts.note_for_doctor))?;
        let fingerprint = Fingerprint {
            service: command.service_id,
            practitioner: command.practitioner_id,
            start: command.start,
            patient,
            texts: &self
                .ground
                .cipher
                .blind_index("appointments/texts", &texts_digest),
            hold: command.hold_id,
        };
        let keyed = Keyed::new(user, "bookAppointment", &command.idempotency_key, &fingerprint)?;
        let id = if let Some(id) = self.answered(&keyed).await? {
            id
        } else {
            let attempt = self
                .try_to_book(principal, user, (&command, patient, texts), &keyed)
                .await;
            self.settle(&keyed, attempt).await?
        };
        self.find(principal, id)
            .await
            .map_err(Failure::widen)?
            .ok_or_else(|| no_appointment().into())
    }

    async fn try_to_book(
        &self,
        principal: &Principal,
        user: UserId,
        (command, patient, texts): (&Book, PatientId, ClinicalTexts),
        keyed: &Keyed,
    ) -> Result<Attempt, Failure<BookRefusal>> {
        let side = self
            .booking_side(principal, user, patient, command.practitioner_id)
            .await
            .map_err(Failure::widen)?;
        let known = side == Side::Practice || self.is_known(command.practitioner_id, patient).await?;
        let offered = self
            .availability
            .offered(command.service_id, command.practitioner_id, command.start, known)
            .await
            .map_err(Failure::widen)?;
        let booking = Booking {
            id: self.ground.clock.new_id(),
            patient_id: patient,
            service_id: command.service_id,
            visit: visit(&offered),
            texts,
        };
        let (appointment, change) = Appointment::book(booking, self.actor(user, side));
        let result = self
            .ground
            .database
            .retrying(|| async {
                let mut tx = self.ground.database.begin().await?;
                match command.hold_id {
                    Some(hold) => self.take_over(&tx, user, hold, &appointment).await?,
                    None => self.take_practitioner(&tx, &appointment).await?,
                }
                self.take_patient(&tx, &appointment).await?;
                store::insert(&tx, &self.ground.cipher, &appointment).await?;
                history::append(&tx, &self.ground.cipher, &change).await?;
                if !keyed
                    .keep(
                        &tx,
                        &Kept::<BookRefusal>::Done(appointment.id),
                        self.ground.clock.now(),
                    )
                    .await?
                {
                    tx.rollback().await?;
                    return Ok(Attempt::Beaten);
                }
                self.tell(&mut tx, &appointment, &change).await?;
                tx.commit().await?;
                Ok(Attempt::Done(appointment.id))
            })
            .await;
        self.with_alternatives(result, &offered.slot, patient, known)
            .await
    }

    /// Whether a patient is no new one for a practitioner, so that "takes no new patients" does not concern them.
    pub(crate) async fn is_known(
        &self,
        practitioner: PractitionerId,
        patient: PatientId,
    ) -> Result<bool, Fault> {
        Ok(store::has_met(self.ground.database.reader(), practitioner, patient).await?)
    }

    /// For which side somebody books for a patient; "not found" for patients who are not theirs to book for.
    pub(crate) async fn booking_side(
        &self,
        principal: &Principal,
        user: UserId,
        patient: PatientId,
        practitioner: PractitionerId,
    ) -> Result<Side, Failure> {
        let reader = self.ground.database.reader();
        let known = directory::patient(reader, patient).await?;
        // Whoever has just registered is a patient before the directory has heard of it.
        let themselves = PatientId::of_user(user) == patient && principal.has_role(Role::Patient);
        let acts = themselves || known.as_ref().is_some_and(|known| known.is_acted_for_by(user));
        let side = if principal.has(Scope::AppointmentsManage) && (known.is_some() || themselves) {
            Side::Practice
        } else if acts {
            Side::Patient
        } else if practitioner.as_user() == user
            && known.is_some()
            && store::has_met(reader, practitioner, patient).await?
        {
            Side::Practice
        } else {
            return Err(Rejection::not_found("patientId", "patient").into());
        };
        match known {
            Some(known) if !known.bookable() => Err(Rejection::conflict(
                "patientId",
                "nothing can be booked for this patient any more",
            )
            .into()),
            Some(_) | None => Ok(side),
        }
    }

    /// Takes the practitioner's time, or refuses; the alternatives come later, outside the transaction.
    pub(super) async fn take_practitioner<R: SlotRefusal>(
        &self,
        tx: &Transaction,
        appointment: &Appointment,
    ) -> Result<(), Failure<R>> {
        let visit = &appointment.visit;
        let span = (visit.practitioner_id, visit.occupied_from, visit.occupied_to);
        match cells::take(
            tx,
            span,
            Owner::Appointment(appointment.id),
            None,
            self.ground.clock.now(),
        )
        .await
        {
            Ok(()) => Ok(()),
            Err(TakeError::Taken) => Err(Failure::refused(R::slot_unavailable(Vec::new()))),
            Err(TakeError::Store(error)) => Err(error.into()),
        }
    }

    /// Takes the patient's time, or refuses.
    pub(super) async fn take_patient<R: SlotRefusal>(
        &self,
        tx: &Transaction,
        appointment: &Appointment,
    ) -> Result<(), Failure<R>> {
        let visit = &appointment.visit;
        match cells::take_for_patient(
            tx,
            (appointment.patient_id, visit.start, visit.end),
            appointment.id,
        )
        .await
        {
            Ok(()) => Ok(()),
            Err(TakeError::Taken) => Err(Failure::refused(R::patient_busy())),
            Err(TakeError::Store(error)) => Err(error.into()),
        }
    }

    /// Turns a hold into the practitioner's time of an appointment.
    async fn take_over(
        &self,
        tx: &Transaction,
        user: UserId,
        hold_id: HoldId,
        appointment: &Appointment,
    ) -> Result<(), Failure<BookRefusal>> {
        let held = hold::store::load_for_update(tx, hold_id)
            .await?
            .filter(|held| held.user_id == user)
            .ok_or_else(|| Rejection::not_found("holdId", "hold"))?;
        if !held.is_for(appointment) {
            return Err(
                Rejection::invalid("holdId", "holds another time, practitioner, service or patient").into(),
            );
        }
        let visit = &appointment.visit;
        let expected = Cell::spanning(visit.occupied_from, visit.occupied_to).count();
        let alive = held.is_alive(self.ground.clock.now());
        if !alive || !cells::hand_over(tx, hold_id, appointment.id, expected).await? {
            return Err(Failure::refused(BookRefusal::HoldExpired));
        }
        hold::store::delete(tx, hold_id).await?;
        Ok(())
    }

    /// Adds alternatives to a refusal that lacks them. The nearest free times of the same practitioner and the same time
    /// with others, without those at which the patient is elsewhere.
    pub(super) async fn with_alternatives<T, R: SlotRefusal>(
        &self,
        result: Result<T, Failure<R>>,
        slot: &Slot,
        patient: PatientId,
        known: bool,
    ) -> Result<T, Failure<R>> {
        let Err(Failure::Refused(mut refusals)) = result else {
            return result;
        };
        for refusal in &mut refusals {
            if let Some(alternatives) = refusal.alternatives_mut() {
                *alternatives = self
                    .alternatives(slot, patient, known)
                    .await
                    .map_err(Failure::widen)?;
            }
        }
        Err(Failure::Refused(refusals))
    }

    /// Free times instead of a slot, for one patient; `known` as [`AppointmentService::is_known`] says, or staff.
    pub(crate) async fn alternatives(
        &self,
        slot: &Slot,
        patient: PatientId,
        known: bool,
    ) -> Result<Vec<Slot>, Failure> {
        let free = self
            .availability
            .alternatives(
                slot.service_id,
                slot.practitioner_id,
                slot.start,
                ALTERNATIVES,
                known,
            )
            .await?;
        let reader = self.ground.database.reader();
        let mut suiting = Vec::with_capacity(free.len());
        for slot in free {
            if !cells::patient_is_busy(reader, (patient, slot.start, slot.end)).await? {
                suiting.push(slot);
            }
        }
        Ok(suiting)
    }

    /// Whether a patient has a visit in a slot.
    pub(crate) async fn patient_is_busy(
        &self,
        connection: &impl ConnectionTrait,
        patient: PatientId,
        slot: &Slot,
    ) -> Result<bool, Failure> {
        Ok(cells::patient_is_busy(connection, (patient, slot.start, slot.end)).await?)
    }
}

/// The visit that an offer makes.
pub(crate) fn visit(offered: &Offered) -> Visit {
    let slot = &offered.slot;
    let (occupied_from, occupied_to) = offered.service.occupied(slot.start);
    Visit {
        practitioner_id: slot.practitioner_id,
        location_id: slot.location_id,
        time_zone: slot.time_zone,
        start: slot.start,
        end: slot.end,
        occupied_from,
        occupied_to,
    }
}
