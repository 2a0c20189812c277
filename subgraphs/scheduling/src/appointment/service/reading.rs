//! Looking at appointments.

use super::{AppointmentService, may_read, patients_of, visible};
use crate::appointment::model::{Appointment, Change};
use crate::appointment::sight::Sight;
use crate::appointment::store::{Filter, ListKey, OPEN, Reach};
use crate::appointment::{history, store};
use crate::directory::{Person, store as directory};
use caregraph_contracts::Scope;
use caregraph_contracts::events::AppointmentStatus;
use caregraph_contracts::ids::{AppointmentId, PatientId, PractitionerId, UserId};
use caregraph_kit::auth::Principal;
use caregraph_kit::graphql::{Edges, PageArgs};
use caregraph_kit::{Failure, Fault, Rejection};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DbErr;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Longest range of an agenda: a month view with the weeks around it.
const LONGEST_AGENDA: TimeDelta = TimeDelta::days(62);

/// An appointment together with what its reader may see of it. The graph shows nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisibleAppointment {
    /// The appointment.
    pub appointment: Appointment,
    /// Who comes: the record that stands for the person, which may be another one than the visit was booked for.
    pub patient: PatientId,
    /// What the reader sees.
    pub sight: Sight,
}

/// An appointment with the person whose it is: enough to tell what anybody sees of it.
#[derive(Debug, Clone)]
pub(crate) struct LoadedAppointment {
    appointment: Appointment,
    person: Arc<Person>,
}

impl LoadedAppointment {
    /// The appointment for a principal; `None` when it does not exist for them.
    pub(crate) fn for_principal(self, principal: &Principal) -> Option<VisibleAppointment> {
        visible(principal, self.appointment, &self.person)
    }
}

/// What a list of appointments is narrowed to. Everything is optional.
#[derive(Debug, Clone, Default)]
pub struct ListAppointments {
    /// With this practitioner.
    pub practitioner_id: Option<PractitionerId>,
    /// Of this patient, whichever of the person's records is named.
    pub patient_id: Option<PatientId>,
    /// Of this patient too: the one whose list is read.
    pub listed_under: Option<PatientId>,
    /// In one of these states; empty means any.
    pub statuses: Vec<AppointmentStatus>,
    /// Beginning at or after.
    pub from: Option<DateTime<Utc>>,
    /// Beginning before.
    pub to: Option<DateTime<Utc>>,
}

impl ListAppointments {
    /// The same list, of one patient. Empty when it was narrowed to another one before.
    #[must_use]
    pub fn of_patient(mut self, patient: PatientId) -> Self {
        self.listed_under = Some(patient);
        self
    }

    /// The same list, with one practitioner. Empty when it was narrowed to another one before.
    #[must_use]
    pub fn with_practitioner(mut self, practitioner: PractitionerId) -> Self {
        let contradicts = self.practitioner_id.is_some_and(|wanted| wanted != practitioner);
        self.practitioner_id = Some(if contradicts { nobody() } else { practitioner });
        self
    }
}

/// The nil id, which names nobody.
fn nobody() -> PractitionerId {
    Uuid::nil().into()
}

/// A practitioner's time in a range.
#[derive(Debug, Clone)]
pub struct Agenda {
    /// Visits that keep the practitioner busy, by beginning.
    pub appointments: Vec<VisibleAppointment>,
    /// Minutes of visits in the range, buffers excluded.
    pub booked_minutes: i64,
    /// Minutes of working time in the range, absences taken off.
    pub working_minutes: i64,
}

impl AppointmentService {
    /// One appointment, if it exists for the principal.
    pub async fn find(
        &self,
        principal: &Principal,
        id: AppointmentId,
    ) -> Result<Option<VisibleAppointment>, Failure> {
        may_read(principal)?;
        let found = self.load(&[id]).await?.remove(&id);
        Ok(found.and_then(|loaded| loaded.for_principal(principal)))
    }

    /// Appointments by id, each with what is needed to decide who sees it.
    pub(crate) async fn load(
        &self,
        ids: &[AppointmentId],
    ) -> Result<HashMap<AppointmentId, LoadedAppointment>, Fault> {
        let reader = self.ground.database.reader();
        let appointments = store::find_many(reader, &self.ground.cipher, ids).await?;
        let persons = directory::persons(reader, &patients_of(&appointments)).await?;
        Ok(appointments
            .into_iter()
            .map(|appointment| {
                let person = persons.of(appointment.patient_id);
                (appointment.id, LoadedAppointment { appointment, person })
            })
            .collect())
    }

    /// A page of the appointments that the principal may see, by beginning.
    pub async fn list(
        &self,
        principal: &Principal,
        wanted: ListAppointments,
        page: &PageArgs<ListKey>,
    ) -> Result<Edges<ListKey, VisibleAppointment>, Failure> {
        let user = may_read(principal)?;
        in_order(wanted.from, wanted.to)?;
        let reach = self.reach(principal, user).await?;
        let filter = Filter {
            practitioners: wanted.practitioner_id.map(|id| vec![id]),
            patients: self.narrowed_to(&wanted).await?,
            statuses: wanted.statuses,
            from: wanted.from,
            to: wanted.to,
        };
        self.page(principal, (&reach, &filter), page).await
    }

    /// Visits that still have to take place but whose practitioner does not work here any more: somebody has to find
    /// another one. For the front desk.
    pub async fn to_reassign(
        &self,
        principal: &Principal,
        practitioner: Option<PractitionerId>,
        page: &PageArgs<ListKey>,
    ) -> Result<Edges<ListKey, VisibleAppointment>, Failure> {
        principal.require(Scope::AppointmentsManage)?;
        let mut gone = directory::not_working(self.ground.database.reader()).await?;
        if let Some(wanted) = practitioner {
            gone.retain(|id| *id == wanted);
        }
        let filter = Filter {
            practitioners: Some(gone),
            statuses: OPEN.to_vec(),
            from: Some(self.ground.clock.now()),
            ..Filter::default()
        };
        self.page(principal, (&Reach::All, &filter), page).await
    }

    /// A practitioner's visits in a range of at most 62 days, and how full it is. For the practitioner and the front desk.
    pub async fn agenda(
        &self,
        principal: &Principal,
        practitioner: PractitionerId,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Agenda, Failure> {
        let user = may_read(principal)?;
        if practitioner.as_user() != user {
            principal.require(Scope::AppointmentsManage)?;
        }
        if to <= from {
            return Err(Rejection::invalid("to", "must be after `from`").into());
        }
        if to - from > LONGEST_AGENDA {
            return Err(Rejection::invalid("to", "must be at most 62 days after `from`").into());
        }
        let reader = self.ground.database.reader();
        let found = store::agenda(reader, &self.ground.cipher, practitioner, (from, to)).await?;
        let booked_minutes = found
            .iter()
            .map(|appointment| {
                (appointment.visit.end.min(to) - appointment.visit.start.max(from)).num_minutes()
            })
            .sum();
        let working_minutes = self.availability.working_minutes(practitioner, from, to).await?;
        let appointments = self.look(principal, found).await?;
        Ok(Agenda {
            appointments,
            booked_minutes,
            working_minutes,
        })
    }

    /// What happened to an appointment, from the booking on, as far as the principal may know: texts that are not for
    /// them are left out. `None` when the appointment does not exist for them.
    pub async fn history(
        &self,
        principal: &Principal,
        id: AppointmentId,
    ) -> Result<Option<Vec<Change>>, Failure> {
        let Some(visible) = self.find(principal, id).await? else {
            return Ok(None);
        };
        let changes = self.histories(&[id]).await?.remove(&id).unwrap_or_default();
        Ok(Some(
            changes
                .into_iter()
                .map(|change| visible.sight.limit(change))
                .collect(),
        ))
    }

    /// The histories of some appointments, each from the booking on. The caller has found the appointments for a
    /// principal already, and limits each change to that principal's sight.
    pub(crate) async fn histories(
        &self,
        ids: &[AppointmentId],
    ) -> Result<HashMap<AppointmentId, Vec<Change>>, Fault> {
        history::of_many(self.ground.database.reader(), &self.ground.cipher, ids).await
    }

    async fn page(
        &self,
        principal: &Principal,
        (reach, filter): (&Reach, &Filter),
        page: &PageArgs<ListKey>,
    ) -> Result<Edges<ListKey, VisibleAppointment>, Failure> {
        let reader = self.ground.database.reader();
        let found = store::page(reader, &self.ground.cipher, (reach, filter), page).await?;
        let patients = patients_of(found.iter().map(|(_, appointment)| appointment));
        let persons = directory::persons(reader, &patients).await?;
        Ok(found
            .into_iter()
            .filter_map(|(key, appointment)| {
                let person = persons.of(appointment.patient_id);
                Some((key, visible(principal, appointment, &person)?))
            })
            .collect())
    }

    async fn look(
        &self,
        principal: &Principal,
        appointments: Vec<Appointment>,
    ) -> Result<Vec<VisibleAppointment>, Fault> {
        let persons = directory::persons(self.ground.database.reader(), &patients_of(&appointments)).await?;
        Ok(appointments
            .into_iter()
            .filter_map(|appointment| {
                let person = persons.of(appointment.patient_id);
                visible(principal, appointment, &person)
            })
            .collect())
    }

    /// Whose appointments a principal may list.
    async fn reach(&self, principal: &Principal, user: UserId) -> Result<Reach, Failure> {
        if principal.has(Scope::AppointmentsManage) {
            return Ok(Reach::All);
        }
        Ok(Reach::Own {
            patients: directory::acted_for_by(self.ground.database.reader(), user).await?,
            practitioner: PractitionerId::of_user(user),
        })
    }

    /// The records whose visits a list is narrowed to; none of them when it names patients who are not one person.
    async fn narrowed_to(&self, wanted: &ListAppointments) -> Result<Option<Vec<PatientId>>, DbErr> {
        let named: Vec<PatientId> = wanted.listed_under.into_iter().chain(wanted.patient_id).collect();
        let Some(first) = named.first() else {
            return Ok(None);
        };
        let person = directory::person(self.ground.database.reader(), *first).await?;
        let one_person = named.iter().all(|id| person.records.contains(id));
        Ok(Some(if one_person {
            person.records.clone()
        } else {
            Vec::new()
        }))
    }
}

fn in_order(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Result<(), Rejection> {
    match (from, to) {
        (Some(from), Some(to)) if to <= from => Err(Rejection::invalid("to", "must be after `from`")),
        (_, _) => Ok(()),
    }
}
