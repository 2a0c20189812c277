//! Booking a visit.

use super::keyed::{Attempt, Kept};
use super::{AppointmentService, VisibleAppointment, may_write, no_appointment};
use crate::appointment::model::{Appointment, Booking, ClinicalTexts, Visit};
use crate::appointment::refusal::{BookRefusal, SlotRefusal};
use crate::appointment::status::Side;
use crate::appointment::{history, store};
use crate::availability::Offered;
use crate::directory::{Person, store as directory};
use caregraph_contracts::ids::{HoldId, MedicalServiceId, PatientId, PractitionerId, UserId};
use caregraph_contracts::{Role, Scope};
use caregraph_kit::auth::Principal;
use caregraph_kit::idempotency::Keyed;
use caregraph_kit::validate::Checks;
use caregraph_kit::{Failure, Fault, Rejection};
use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use serde::Serialize;

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
    /// meet; those are confirmed at once. Whichever of a person's records is named, the visit is booked for the one that
    /// stands for the person.
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
        let reader = self.ground.database.reader();
        let person = directory::person(reader, patient).await?;
        let side = self
            .booking_side(reader, (principal, user), &person, command.practitioner_id)
            .await
            .map_err(Failure::widen)?;
        let known = side == Side::Practice || self.is_known(command.practitioner_id, &person).await?;
        let offered = self
            .availability
            .offered(command.service_id, command.practitioner_id, command.start, known)
            .await
            .map_err(Failure::widen)?;
        // What is held is the holder's own.
        let result = if command.hold_id.is_none() && self.is_taken(&visit(&offered)).await? {
            Err(Failure::refused(BookRefusal::slot_unavailable(Vec::new())))
        } else {
            let booking = (command, patient, texts, &offered);
            self.take_and_book((principal, user), booking, keyed).await
        };
        self.with_alternatives(result, &offered.slot, &person, known)
            .await
    }

    /// Takes the time of an offer and books it, in one transaction.
    async fn take_and_book(
        &self,
        (principal, user): (&Principal, UserId),
        (command, patient, texts, offered): (&Book, PatientId, ClinicalTexts, &Offered),
        keyed: &Keyed,
    ) -> Result<Attempt, Failure<BookRefusal>> {
        self.ground
            .database
            .retrying(|| async {
                let mut tx = self.ground.database.begin().await?;
                let person = directory::lock_person(&tx, patient).await?;
                // Decided again: records may have been put together or parted meanwhile.
                let side = self
                    .booking_side(&*tx, (principal, user), &person, command.practitioner_id)
                    .await
                    .map_err(Failure::widen)?;
                let booking = Booking {
                    id: self.ground.clock.new_id(),
                    patient_id: person.root,
                    service_id: command.service_id,
                    visit: visit(offered),
                    texts: texts.clone(),
                };
                let (appointment, change) = Appointment::book(booking, self.actor(user, side));
                match command.hold_id {
                    Some(hold) => self.take_over(&tx, user, hold, (&appointment, &person)).await?,
                    None => self.take_practitioner(&tx, &appointment).await?,
                }
                self.take_patient(&tx, &appointment, &person).await?;
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
            .await
    }

    /// Whether a patient is no new one for a practitioner, so that "takes no new patients" does not concern them.
    pub(crate) async fn is_known(
        &self,
        practitioner: PractitionerId,
        person: &Person,
    ) -> Result<bool, Fault> {
        Ok(store::has_met(self.ground.database.reader(), practitioner, &person.records).await?)
    }

    /// For which side somebody books for a patient; "not found" for patients who are not theirs to book for.
    pub(crate) async fn booking_side(
        &self,
        connection: &impl ConnectionTrait,
        (principal, user): (&Principal, UserId),
        person: &Person,
        practitioner: PractitionerId,
    ) -> Result<Side, Failure> {
        // Whoever has just registered is a patient before the directory has heard of it.
        let themselves =
            person.records.contains(&PatientId::of_user(user)) && principal.has_role(Role::Patient);
        let acts = themselves || person.is_acted_for_by(user);
        let side = if principal.has(Scope::AppointmentsManage) && (person.known || themselves) {
            Side::Practice
        } else if acts {
            Side::Patient
        } else if practitioner.as_user() == user
            && person.known
            && store::has_met(connection, practitioner, &person.records).await?
        {
            Side::Practice
        } else {
            return Err(Rejection::not_found("patientId", "patient").into());
        };
        if person.deceased {
            let message = "nothing can be booked for this patient any more";
            return Err(Rejection::conflict("patientId", message).into());
        }
        Ok(side)
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
