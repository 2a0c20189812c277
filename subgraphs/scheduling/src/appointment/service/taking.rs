//! Taking the time that a visit needs, and naming other times to whoever comes too late.

use super::AppointmentService;
use crate::appointment::model::{Appointment, Visit};
use crate::appointment::refusal::{BookRefusal, SlotRefusal};
use crate::availability::Slot;
use crate::cells::{self, Cell, Owner, TakeError};
use crate::directory::Person;
use crate::hold;
use caregraph_contracts::ids::{HoldId, UserId};
use caregraph_kit::database::Transaction;
use caregraph_kit::{Failure, Rejection};
use sea_orm::{ConnectionTrait, DbErr};

/// How many other times are named to somebody who came too late.
const ALTERNATIVES: usize = 8;

impl AppointmentService {
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

    /// Takes the patient's time, or refuses. `person` is who comes, locked.
    pub(super) async fn take_patient<R: SlotRefusal>(
        &self,
        tx: &Transaction,
        appointment: &Appointment,
        person: &Person,
    ) -> Result<(), Failure<R>> {
        let visit = &appointment.visit;
        match cells::take_for_patient(
            tx,
            (appointment.patient_id, &person.records),
            (visit.start, visit.end),
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
    pub(super) async fn take_over(
        &self,
        tx: &Transaction,
        user: UserId,
        hold_id: HoldId,
        (appointment, person): (&Appointment, &Person),
    ) -> Result<(), Failure<BookRefusal>> {
        let held = hold::store::load_for_update(tx, hold_id)
            .await?
            .filter(|held| held.user_id == user)
            .ok_or_else(|| Rejection::not_found("holdId", "hold"))?;
        if !held.is_for(appointment, person) {
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
        person: &Person,
        known: bool,
    ) -> Result<T, Failure<R>> {
        let Err(Failure::Refused(mut refusals)) = result else {
            return result;
        };
        for refusal in &mut refusals {
            if let Some(alternatives) = refusal.alternatives_mut() {
                *alternatives = self
                    .alternatives(slot, person, known)
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
        person: &Person,
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
        let from = free.iter().map(|slot| slot.start).min();
        let to = free.iter().map(|slot| slot.end).max();
        let (Some(from), Some(to)) = (from, to) else {
            return Ok(free);
        };
        let reader = self.ground.database.reader();
        let busy = cells::taken_by_patient(reader, &person.records, (from, to)).await?;
        let suits = |slot: &Slot| !Cell::spanning(slot.start, slot.end).any(|cell| busy.contains(&cell));
        Ok(free.into_iter().filter(suits).collect())
    }

    /// Whether a visit's time is taken at this moment: a look without locks, so that whoever comes too late keeps nobody
    /// waiting. That it is free decides nothing yet.
    pub(super) async fn is_taken(&self, visit: &Visit) -> Result<bool, DbErr> {
        let (reader, now) = (self.ground.database.reader(), self.ground.clock.now());
        let practitioner = visit.practitioner_id;
        let span = (visit.occupied_from, visit.occupied_to);
        let taken = cells::taken(reader, &[practitioner], span.0, span.1, now).await?;
        Ok(taken.contains_key(&practitioner))
    }

    /// Whether a patient has a visit in a slot.
    pub(crate) async fn patient_is_busy(
        &self,
        connection: &impl ConnectionTrait,
        person: &Person,
        slot: &Slot,
    ) -> Result<bool, Failure> {
        Ok(cells::patient_is_busy(connection, &person.records, (slot.start, slot.end)).await?)
    }
}
