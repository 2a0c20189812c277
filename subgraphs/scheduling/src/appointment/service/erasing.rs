//! What an erasure does to visits, in the transaction of whoever erases.

use super::AppointmentService;
use crate::appointment::model::{Appointment, ChangeTexts, ClinicalTexts};
use crate::appointment::status::Side;
use crate::appointment::{history, store};
use caregraph_contracts::ids::{AppointmentId, PatientId, UserId};
use caregraph_kit::Fault;
use caregraph_kit::database::Transaction;

/// A visit as it stands, for deciding what of it may go.
#[derive(Debug, Clone)]
pub(crate) struct Remembered {
    /// The visit.
    pub(crate) appointment: Appointment,
    /// Whether anything that somebody wrote is kept, with the visit or in its history.
    pub(crate) has_texts: bool,
}

impl AppointmentService {
    /// All visits that were booked for some records.
    pub(crate) async fn remembered(
        &self,
        tx: &Transaction,
        records: &[PatientId],
    ) -> Result<Vec<Remembered>, Fault> {
        let ids = store::of_patients(&**tx, records).await?;
        let found = store::find_many(&**tx, &self.ground.cipher, &ids).await?;
        self.with_histories(tx, found).await
    }

    /// The same, with their rows locked until the transaction ends: what is decided about them stays true.
    pub(crate) async fn remembered_for_update(
        &self,
        tx: &Transaction,
        records: &[PatientId],
    ) -> Result<Vec<Remembered>, Fault> {
        let mut found = Vec::new();
        // One by one, by primary key: nobody who books for the person meanwhile has to wait.
        for id in store::of_patients(&**tx, records).await? {
            found.extend(store::load_for_update(tx, &self.ground.cipher, id).await?);
        }
        self.with_histories(tx, found).await
    }

    /// Calls a visit off and takes its texts away. It is the patient's wish, carried out by the practice, so that no notice
    /// is kept; no reason is given, because it would be one more text about the patient. The caller holds the row.
    pub(crate) async fn call_off(
        &self,
        tx: &mut Transaction,
        mut appointment: Appointment,
        asked_by: UserId,
    ) -> Result<(), Fault> {
        let notice = self.settings.cancellation_notice();
        let change = appointment
            .cancel((None, true), self.actor(asked_by, Side::Practice), notice)
            .map_err(|refusal| Fault::new("a visit could not be called off for an erasure", refusal))?;
        history::forget_texts(tx, appointment.id).await?;
        appointment.texts = ClinicalTexts::default();
        self.record(tx, &appointment, &change).await
    }

    /// Takes the texts of a visit away, and leaves everything else as it is, the revision too: its history is as long as
    /// before. The caller holds the row.
    pub(crate) async fn forget_texts(
        &self,
        tx: &Transaction,
        mut appointment: Appointment,
    ) -> Result<(), Fault> {
        history::forget_texts(tx, appointment.id).await?;
        if appointment.texts != ClinicalTexts::default() {
            appointment.texts = ClinicalTexts::default();
            store::save(tx, &self.ground.cipher, &appointment).await?;
        }
        Ok(())
    }

    async fn with_histories(
        &self,
        tx: &Transaction,
        appointments: Vec<Appointment>,
    ) -> Result<Vec<Remembered>, Fault> {
        let ids: Vec<AppointmentId> = appointments.iter().map(|appointment| appointment.id).collect();
        let histories = history::of_many(&**tx, &self.ground.cipher, &ids).await?;
        let is_told_in_words = |id: AppointmentId| {
            histories.get(&id).is_some_and(|changes| {
                changes
                    .iter()
                    .any(|change| change.texts != ChangeTexts::default())
            })
        };
        Ok(appointments
            .into_iter()
            .map(|appointment| Remembered {
                has_texts: appointment.texts != ClinicalTexts::default() || is_told_in_words(appointment.id),
                appointment,
            })
            .collect())
    }
}
