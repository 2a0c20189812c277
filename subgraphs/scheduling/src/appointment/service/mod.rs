//! Use cases around appointments.

mod booking;
mod erasing;
mod keyed;
mod live;
mod moving;
mod reading;
mod status;
mod taking;

pub use booking::Book;
pub(crate) use booking::visit;
pub(crate) use erasing::Remembered;
use live::Happenings;
pub use live::{AppointmentNews, LiveFailure, SlotNews, WantedChanges, WantedSlots};
pub use moving::Reschedule;
pub(crate) use reading::LoadedAppointment;
pub use reading::{Agenda, ListAppointments, VisibleAppointment};
pub use status::{Cancel, Complete, Decline, UpdateNotes};

use super::model::{Actor, Appointment, Change};
use super::sight::{Parties, sight};
use super::status::{Side, occupies};
use super::{history, store};
use crate::availability::AvailabilityService;
use crate::cells::{self, Owner};
use crate::directory::{Person, store as directory};
use crate::medical_service::store as catalogue;
use crate::settings::SchedulingSettings;
use caregraph_contracts::Scope;
use caregraph_contracts::events::{AppointmentFacts, CancelledBy, SchedulingEvent};
use caregraph_contracts::ids::{AppointmentId, PatientId, UserId};
use caregraph_kit::auth::{AccessDenied, Principal};
use caregraph_kit::database::Transaction;
use caregraph_kit::events::switchboard::Switchboard;
use caregraph_kit::subgraph::Ground;
use caregraph_kit::{Fault, Rejection};
use sea_orm::{ConnectionTrait, DbErr};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Books, moves, cancels and shows appointments. Cheap to clone.
#[derive(Clone)]
pub struct AppointmentService {
    pub(crate) ground: Ground,
    pub(crate) availability: AvailabilityService,
    pub(crate) settings: Arc<SchedulingSettings>,
    live: Switchboard<Happenings>,
}

impl AppointmentService {
    /// The use cases on `ground`, offering what `availability` offers.
    pub fn new(ground: Ground, availability: AvailabilityService, settings: SchedulingSettings) -> Self {
        let happenings = Happenings {
            ground: ground.clone(),
        };
        Self {
            live: Switchboard::new(happenings, &ground.live, &ground.bus),
            ground,
            availability,
            settings: Arc::new(settings),
        }
    }

    /// What the organisation decided about booking.
    pub fn settings(&self) -> &SchedulingSettings {
        &self.settings
    }

    fn actor(&self, user: UserId, side: Side) -> Actor {
        Actor {
            user,
            side,
            now: self.ground.clock.now(),
        }
    }

    /// Locks an appointment, if it exists for the principal.
    async fn lock(
        &self,
        tx: &Transaction,
        principal: &Principal,
        id: AppointmentId,
    ) -> Result<Option<VisibleAppointment>, Fault> {
        let Some(appointment) = store::load_for_update(tx, &self.ground.cipher, id).await? else {
            return Ok(None);
        };
        let person = directory::person(&**tx, appointment.patient_id).await?;
        Ok(visible(principal, appointment, &person))
    }

    /// Stores what a command made of an appointment and its history, gives back time that it does not need any more, and
    /// tells the others.
    async fn record(
        &self,
        tx: &mut Transaction,
        appointment: &Appointment,
        change: &Change,
    ) -> Result<(), Fault> {
        if !occupies(appointment.status) {
            cells::free(tx, Owner::Appointment(appointment.id)).await?;
        }
        store::save(tx, &self.ground.cipher, appointment).await?;
        history::append(tx, &self.ground.cipher, change).await?;
        self.tell(tx, appointment, change).await
    }

    async fn tell(
        &self,
        tx: &mut Transaction,
        appointment: &Appointment,
        change: &Change,
    ) -> Result<(), Fault> {
        let facts = facts(&**tx, appointment, change).await?;
        self.ground.events.append(tx, &[event(facts, change)]).await?;
        Ok(())
    }
}

/// Opens the door to commands on appointments.
fn may_write(principal: &Principal) -> Result<UserId, AccessDenied> {
    principal.require_any(&[Scope::AppointmentsWrite, Scope::AppointmentsManage])
}

/// Opens the door to reading appointments.
fn may_read(principal: &Principal) -> Result<UserId, AccessDenied> {
    principal.require_any(&[Scope::AppointmentsRead, Scope::AppointmentsManage])
}

fn no_appointment() -> Rejection {
    Rejection::not_found("id", "appointment")
}

/// An appointment of a person as the principal sees it; `None` when it does not exist for them.
fn visible(principal: &Principal, appointment: Appointment, person: &Person) -> Option<VisibleAppointment> {
    let parties = Parties {
        patient: appointment.patient_id,
        practitioner: appointment.visit.practitioner_id,
    };
    let sight = sight(principal, parties, &person.acting)?;
    Some(VisibleAppointment {
        patient: person.root,
        appointment,
        sight,
    })
}

/// Whose appointments some are, in an order of their own.
fn patients_of<'a>(appointments: impl IntoIterator<Item = &'a Appointment>) -> Vec<PatientId> {
    let patients: BTreeSet<PatientId> = appointments
        .into_iter()
        .map(|appointment| appointment.patient_id)
        .collect();
    patients.into_iter().collect()
}

/// An appointment as others may know it, with the names of this moment.
async fn facts(
    connection: &impl ConnectionTrait,
    appointment: &Appointment,
    change: &Change,
) -> Result<AppointmentFacts, DbErr> {
    let visit = &appointment.visit;
    let practitioner = directory::practitioner(connection, visit.practitioner_id).await?;
    let service = catalogue::find(connection, appointment.service_id).await?;
    let location = match visit.location_id {
        Some(id) => directory::location(connection, id).await?,
        None => None,
    };
    Ok(AppointmentFacts {
        appointment_id: appointment.id,
        patient_id: appointment.patient_id,
        practitioner_id: visit.practitioner_id,
        // Both were known when the visit was booked, and nothing forgets them.
        practitioner_name: practitioner
            .map(|practitioner| practitioner.display_name)
            .unwrap_or_default(),
        service_id: appointment.service_id,
        service_name: service.map(|service| service.details.name).unwrap_or_default(),
        location_id: visit.location_id,
        location_name: location.map(|location| location.name),
        time_zone: visit.time_zone.name().to_owned(),
        start: visit.start,
        end: visit.end,
        status: appointment.status,
        revision: appointment.revision,
        changed_by: change.by,
    })
}

fn event(appointment: AppointmentFacts, change: &Change) -> SchedulingEvent {
    use super::status::ChangeKind as K;
    use caregraph_contracts::events::AppointmentStatus;
    match change.kind {
        K::Booked => SchedulingEvent::AppointmentBooked { appointment },
        K::Confirmed => SchedulingEvent::AppointmentConfirmed { appointment },
        K::Rescheduled => {
            // Only a booking has nothing before it; a move without "before" would be told as one from where it is.
            let before = change.before.unwrap_or(change.after);
            SchedulingEvent::AppointmentRescheduled {
                appointment,
                previous_start: before.start,
                previous_end: before.end,
                previous_practitioner_id: before.practitioner_id,
            }
        }
        K::Declined | K::Cancelled => {
            let by_patient = change.after.status == AppointmentStatus::CancelledPatient;
            let by = if by_patient {
                CancelledBy::Patient
            } else {
                CancelledBy::Practice
            };
            SchedulingEvent::AppointmentCancelled { appointment, by }
        }
        K::CheckedIn => SchedulingEvent::AppointmentCheckedIn { appointment },
        K::Completed => SchedulingEvent::AppointmentCompleted { appointment },
        K::NoShow => SchedulingEvent::AppointmentNoShow { appointment },
        K::NotesUpdated => SchedulingEvent::AppointmentNotesUpdated { appointment },
    }
}
