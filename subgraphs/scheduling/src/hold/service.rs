//! Use cases around holds.

use super::{Hold, MOST_HOLDS, store};
use crate::appointment::status::Side;
use crate::appointment::{AppointmentService, visit};
use crate::availability::{Offered, Slot};
use crate::cells::{self, Owner, TakeError};
use crate::directory::store as directory;
use caregraph_contracts::Scope;
use caregraph_contracts::events::SchedulingEvent;
use caregraph_contracts::ids::{HoldId, MedicalServiceId, PatientId, PractitionerId, UserId};
use caregraph_kit::auth::Principal;
use caregraph_kit::database::{Transaction, is_unique_violation};
use caregraph_kit::{Failure, Fault, Rejection};
use chrono::{DateTime, Utc};

/// How many holds are cleared away at a time.
const BATCH: u64 = 100;

/// The wish to hold a slot.
#[derive(Debug, Clone)]
pub struct HoldSlot {
    /// What for.
    pub service_id: MedicalServiceId,
    /// With whom.
    pub practitioner_id: PractitionerId,
    /// Beginning of the visit; one of the times that are offered.
    pub start: DateTime<Utc>,
    /// For whom; oneself when `None`.
    pub patient_id: Option<PatientId>,
}

/// A slot that is held now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldSlot {
    /// To be named when booking.
    pub id: HoldId,
    /// What is held.
    pub slot: Slot,
    /// From this moment on it is not held any more.
    pub expires_at: DateTime<Utc>,
}

/// Why nothing is held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoldRefusal {
    /// Something every command may be refused for.
    #[error(transparent)]
    Common(#[from] Rejection),
    /// Somebody else was faster.
    #[error("this time has just been taken")]
    SlotUnavailable {
        /// Times that were free a moment ago and suit the patient.
        alternatives: Vec<Slot>,
    },
    /// The patient has another visit at this time.
    #[error("the patient has another visit at this time")]
    PatientBusy,
    /// The person holds as many slots as one may.
    #[error("you hold {MOST_HOLDS} times already; release one or wait until it expires")]
    TooManyHolds,
}

/// Holds and releases slots. Cheap to clone.
#[derive(Clone)]
pub struct HoldService {
    appointments: AppointmentService,
}

impl HoldService {
    /// Holds for those who may book with `appointments`.
    pub fn new(appointments: AppointmentService) -> Self {
        Self { appointments }
    }

    /// Holds a slot for whoever could book it, for as long as the settings say. At most three at a time.
    pub async fn hold(
        &self,
        principal: &Principal,
        command: HoldSlot,
    ) -> Result<HeldSlot, Failure<HoldRefusal>> {
        let user = principal.require_any(&[Scope::AppointmentsWrite, Scope::AppointmentsManage])?;
        let patient = command.patient_id.unwrap_or(PatientId::of_user(user));
        let appointments = &self.appointments;
        let reader = appointments.ground.database.reader();
        let person = directory::person(reader, patient).await?;
        let side = appointments
            .booking_side(reader, (principal, user), &person, command.practitioner_id)
            .await
            .map_err(Failure::widen)?;
        let known = side == Side::Practice || appointments.is_known(command.practitioner_id, &person).await?;
        let offered = appointments
            .availability
            .offered(command.service_id, command.practitioner_id, command.start, known)
            .await
            .map_err(Failure::widen)?;
        if appointments
            .patient_is_busy(reader, &person, &offered.slot)
            .await
            .map_err(Failure::widen)?
        {
            return Err(Failure::refused(HoldRefusal::PatientBusy));
        }
        let result = appointments
            .ground
            .database
            .retrying(|| self.try_to_hold(user, person.root, &offered))
            .await;
        match result {
            Ok(Some(held)) => Ok(held),
            Ok(None) => {
                let alternatives = appointments
                    .alternatives(&offered.slot, &person, known)
                    .await
                    .map_err(Failure::widen)?;
                Err(Failure::refused(HoldRefusal::SlotUnavailable { alternatives }))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Gives a held slot back.
    pub async fn release(&self, principal: &Principal, id: HoldId) -> Result<HoldId, Failure> {
        let user = principal.require_any(&[Scope::AppointmentsWrite, Scope::AppointmentsManage])?;
        let ground = &self.appointments.ground;
        ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                let hold = store::load_for_update(&tx, id)
                    .await?
                    .filter(|hold| hold.user_id == user)
                    .ok_or_else(|| Rejection::not_found("id", "hold"))?;
                self.clear(&mut tx, &hold).await?;
                tx.commit().await?;
                Ok(id)
            })
            .await
    }

    /// Clears away holds that have expired and tells that their times are free. Nobody has to wait for it: expired holds
    /// block nothing. Returns how many were cleared.
    pub async fn clear_expired(&self) -> Result<usize, Fault> {
        let ground = &self.appointments.ground;
        let found = store::expired(ground.database.reader(), ground.clock.now(), BATCH).await?;
        let mut cleared = 0;
        for hold in found {
            let attempt = ground
                .database
                .retrying(|| async {
                    let mut tx = ground.database.begin().await?;
                    let gone = self.clear(&mut tx, &hold).await?;
                    tx.commit().await?;
                    Ok::<_, Failure>(gone)
                })
                .await;
            match attempt {
                Ok(gone) => cleared += usize::from(gone),
                Err(Failure::Fault(fault)) => return Err(fault),
                // Nobody asks for anything here, so nothing is refused.
                Err(Failure::Refused(_) | Failure::Denied(_)) => {}
            }
        }
        Ok(cleared)
    }

    /// Gives back, in the caller's transaction, whatever some accounts hold and whatever is held for some patients.
    pub(crate) async fn release_all(
        &self,
        tx: &mut Transaction,
        users: &[UserId],
        patients: &[PatientId],
    ) -> Result<(), Fault> {
        for hold in store::naming(&**tx, users, patients).await? {
            self.clear(tx, &hold).await?;
        }
        Ok(())
    }

    /// One attempt. `None` when the slot is somebody else's.
    async fn try_to_hold(
        &self,
        user: UserId,
        patient: PatientId,
        offered: &Offered,
    ) -> Result<Option<HeldSlot>, Failure<HoldRefusal>> {
        let ground = &self.appointments.ground;
        loop {
            let mut tx = ground.database.begin().await?;
            let now = ground.clock.now();
            let mut places = Vec::new();
            for earlier in store::of_user(&*tx, user).await? {
                if earlier.is_alive(now) {
                    places.push(earlier.place);
                } else {
                    self.clear(&mut tx, &earlier).await?;
                }
            }
            let place =
                Hold::free_place(&places).ok_or_else(|| Failure::refused(HoldRefusal::TooManyHolds))?;
            let visit = visit(offered);
            let hold = Hold {
                id: ground.clock.new_id(),
                user_id: user,
                place,
                practitioner_id: visit.practitioner_id,
                service_id: offered.service.id,
                patient_id: patient,
                start: visit.start,
                end: visit.end,
                occupied_from: visit.occupied_from,
                occupied_to: visit.occupied_to,
                expires_at: now + self.appointments.settings().hold(),
            };
            match store::insert(&tx, &hold).await {
                Ok(()) => {}
                // The same person held something else at the same moment: look again which places are left.
                Err(error) if is_unique_violation(&error) => {
                    tx.rollback().await?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            let span = (hold.practitioner_id, hold.occupied_from, hold.occupied_to);
            match cells::take(&tx, span, Owner::Hold(hold.id), Some(hold.expires_at), now).await {
                Ok(()) => {}
                Err(TakeError::Taken) => {
                    tx.rollback().await?;
                    return Ok(None);
                }
                Err(TakeError::Store(error)) => return Err(error.into()),
            }
            self.tell(&mut tx, hold.practitioner_id).await?;
            tx.commit().await?;
            return Ok(Some(HeldSlot {
                id: hold.id,
                slot: offered.slot,
                expires_at: hold.expires_at,
            }));
        }
    }

    /// Removes a hold, gives its time back and tells so; `false` when somebody else did it before.
    async fn clear(&self, tx: &mut Transaction, hold: &Hold) -> Result<bool, Fault> {
        if !store::delete(tx, hold.id).await? {
            return Ok(false);
        }
        cells::free(tx, Owner::Hold(hold.id)).await?;
        self.tell(tx, hold.practitioner_id).await?;
        Ok(true)
    }

    async fn tell(&self, tx: &mut Transaction, practitioner_id: PractitionerId) -> Result<(), Fault> {
        let event = SchedulingEvent::AvailabilityChanged { practitioner_id };
        self.appointments.ground.events.append(tx, &[event]).await?;
        Ok(())
    }
}
