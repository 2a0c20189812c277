//! What each event says for the trail. Without wildcards: whoever adds an event decides here what the trail keeps of it.

use super::model::{Outcome, Subject, SubjectKind};
use caregraph_contracts::access::{AccessBasis, RecordPart, WriteAccess};
use caregraph_contracts::events::{
    AdministrationEvent, ErasureAnswer, ExportPart, IdentityEvent, NotificationsEvent, PatientsEvent,
    PractitionersEvent, RecordsEvent, SchedulingEvent,
};
use caregraph_contracts::ids::{PatientId, UserId};
use caregraph_contracts::{Domain, PublicEvent};
use caregraph_kit::events::Envelope;

/// What an event says for the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What it is about.
    pub subject: Subject,
    /// The patient it concerns.
    pub patient: Option<PatientId>,
    /// Whether somebody got what was asked for.
    pub outcome: Outcome,
    /// What allowed a reading or a writing.
    pub purpose: Option<AccessBasis>,
    /// Parts of a medical record that are concerned.
    pub parts: Vec<RecordPart>,
    /// The question of a reading; what was set, where there is no other place to see what it was at that time.
    pub what: Option<String>,
    /// The stated reason.
    pub reason: Option<String>,
    /// Keyed digest of the state before, when the domain gives one.
    pub before: Option<String>,
    /// Keyed digest of the state after, when the domain gives one.
    pub after: Option<String>,
    /// Who did it by the event's own account.
    pub by: Option<UserId>,
}

impl Facts {
    fn about(subject: Subject) -> Self {
        Self {
            subject,
            patient: None,
            outcome: Outcome::Granted,
            purpose: None,
            parts: Vec::new(),
            what: None,
            reason: None,
            before: None,
            after: None,
            by: None,
        }
    }

    /// Says what allowed a writing.
    fn allowed(self, by: Option<&WriteAccess>) -> Self {
        Self {
            purpose: by.map(|access| access.basis),
            reason: by.and_then(|access| access.reason.clone()),
            ..self
        }
    }

    fn of_patient(self, patient: PatientId) -> Self {
        Self {
            patient: Some(patient),
            ..self
        }
    }

    fn in_parts(self, parts: impl Into<Vec<RecordPart>>) -> Self {
        Self {
            parts: parts.into(),
            ..self
        }
    }

    fn because(self, reason: &str) -> Self {
        Self {
            reason: Some(reason.to_owned()),
            ..self
        }
    }

    fn saying(self, what: String) -> Self {
        Self {
            what: Some(what),
            ..self
        }
    }

    fn by(self, user: UserId) -> Self {
        Self {
            by: Some(user),
            ..self
        }
    }
}

/// What an event says for the trail; for one that this version cannot read, what its envelope says.
pub fn facts(event: &Envelope) -> Facts {
    let known = match event.domain {
        Domain::Identity => read(event, identity),
        Domain::Patients => read(event, patients),
        Domain::Practitioners => read(event, practitioners),
        Domain::Scheduling => read(event, scheduling),
        Domain::Records => read(event, records),
        Domain::Notifications => read(event, notifications),
        Domain::Administration => read(event, administration),
    };
    known.unwrap_or_else(|| {
        Facts::about(Subject {
            kind: SubjectKind::Other,
            id: event.aggregate,
        })
    })
}

fn read<E: PublicEvent>(event: &Envelope, facts: impl FnOnce(&E) -> Facts) -> Option<Facts> {
    match event.decode::<E>() {
        Ok(known) => known.as_ref().map(facts),
        // The trail misses nothing: an event that is damaged happened too.
        Err(error) => {
            tracing::error!(event = %event.id, name = event.name, error = &error as &dyn std::error::Error,
                "an event that cannot be read is recorded by its envelope");
            None
        }
    }
}

fn identity(event: &IdentityEvent) -> Facts {
    match event {
        IdentityEvent::DataExported { part } => exported(part),
        IdentityEvent::ErasureAnswered { answer } => answered(answer),
        IdentityEvent::RolePermissionsChanged {
            role,
            permissions,
            requires_totp,
        } => {
            let permissions: Vec<&str> = permissions.iter().map(|scope| scope.as_str()).collect();
            let second = if *requires_totp {
                ", with a second factor"
            } else {
                ""
            };
            Facts::about(Subject {
                kind: SubjectKind::Role,
                id: event.aggregate(),
            })
            .saying(format!("{}: {}{second}", role.as_str(), permissions.join(" ")))
        }
        IdentityEvent::UserRegistered { user_id, .. }
        | IdentityEvent::UserUpdated { user_id, .. }
        | IdentityEvent::UserRolesChanged { user_id, .. }
        | IdentityEvent::UserReactivated { user_id }
        | IdentityEvent::PasswordResetRequested { user_id, .. }
        | IdentityEvent::EmailVerificationRequested { user_id, .. }
        | IdentityEvent::UserInvited { user_id, .. } => {
            Facts::about(Subject::new(SubjectKind::Account, *user_id))
        }
        IdentityEvent::UserSuspended { user_id, reason } => {
            Facts::about(Subject::new(SubjectKind::Account, *user_id)).because(reason)
        }
        IdentityEvent::SessionRevoked { session_id, .. } => {
            Facts::about(Subject::new(SubjectKind::Session, *session_id))
        }
    }
}

fn patients(event: &PatientsEvent) -> Facts {
    let profile = |patient: PatientId| Facts::about(Subject::new(SubjectKind::Patient, patient));
    match event {
        PatientsEvent::DataExported { part } => exported(part),
        PatientsEvent::PatientRegistered { patient } | PatientsEvent::PatientUpdated { patient } => {
            profile(patient.patient_id).of_patient(patient.patient_id)
        }
        // About the record that ceases or begins to stand for itself; the patient is the one that stays.
        PatientsEvent::PatientsMerged { surviving, merged }
        | PatientsEvent::PatientsUnmerged { surviving, merged } => profile(*merged).of_patient(*surviving),
        PatientsEvent::CareRelationshipChanged { patient_id, .. } => {
            profile(*patient_id).of_patient(*patient_id)
        }
        PatientsEvent::ConsentChanged { patient_id, consent } => {
            Facts::about(Subject::new(SubjectKind::Consent, consent.consent_id))
                .of_patient(*patient_id)
                .in_parts(consent.parts.as_slice())
                .saying(if consent.revoked { "withdrawn" } else { "given" }.to_owned())
        }
        // Later rounds are begun by the program, on the word of whoever asked.
        PatientsEvent::ErasureAsked { step } => profile(step.patient_id)
            .of_patient(step.patient_id)
            .by(step.requested_by),
        PatientsEvent::ErasureScheduled {
            patient_id,
            requested_by,
            ..
        } => profile(*patient_id).of_patient(*patient_id).by(*requested_by),
        // Whoever called it off need not be who had asked.
        PatientsEvent::ErasureCancelled { patient_id, .. }
        | PatientsEvent::ErasureCarriedOut { patient_id, .. } => profile(*patient_id).of_patient(*patient_id),
    }
}

fn practitioners(event: &PractitionersEvent) -> Facts {
    match event {
        PractitionersEvent::DataExported { part } => exported(part),
        PractitionersEvent::PractitionerCreated { practitioner }
        | PractitionersEvent::PractitionerUpdated { practitioner } => Facts::about(Subject::new(
            SubjectKind::Practitioner,
            practitioner.practitioner_id,
        )),
        PractitionersEvent::PractitionerDeactivated {
            practitioner_id,
            reason,
        } => Facts::about(Subject::new(SubjectKind::Practitioner, *practitioner_id)).because(reason),
        PractitionersEvent::LocationSaved { location } => {
            Facts::about(Subject::new(SubjectKind::Location, location.location_id))
        }
    }
}

fn scheduling(event: &SchedulingEvent) -> Facts {
    match event {
        SchedulingEvent::DataExported { part } => exported(part),
        SchedulingEvent::ErasureAnswered { answer } => answered(answer),
        SchedulingEvent::AppointmentBooked { appointment }
        | SchedulingEvent::AppointmentConfirmed { appointment }
        | SchedulingEvent::AppointmentRescheduled { appointment, .. }
        | SchedulingEvent::AppointmentCancelled { appointment, .. }
        | SchedulingEvent::AppointmentCheckedIn { appointment }
        | SchedulingEvent::AppointmentCompleted { appointment }
        | SchedulingEvent::AppointmentNoShow { appointment }
        | SchedulingEvent::AppointmentNotesUpdated { appointment } => {
            Facts::about(Subject::new(SubjectKind::Appointment, appointment.appointment_id))
                .of_patient(appointment.patient_id)
                .by(appointment.changed_by)
        }
        SchedulingEvent::AvailabilityChanged { practitioner_id } => {
            Facts::about(Subject::new(SubjectKind::Practitioner, *practitioner_id))
        }
    }
}

fn records(event: &RecordsEvent) -> Facts {
    let entry = |id| Facts::about(Subject::new(SubjectKind::RecordEntry, id));
    let record = |patient: PatientId| Facts::about(Subject::new(SubjectKind::Record, patient));
    let facts = match event {
        RecordsEvent::RecordChanged { change } => Facts {
            before: change.before.clone(),
            after: Some(change.after.clone()),
            ..entry(change.entry_id)
                .in_parts([change.kind.part()])
                .allowed(change.allowed_by.as_ref())
        },
        RecordsEvent::EncounterSigned {
            encounter_id,
            practitioner_id,
            allowed_by,
            ..
        } => entry(*encounter_id)
            .in_parts([RecordPart::Encounters])
            .by(practitioner_id.as_user())
            .allowed(allowed_by.as_ref()),
        RecordsEvent::AllergyRecorded {
            allergy_id,
            allowed_by,
            ..
        } => entry(*allergy_id)
            .in_parts([RecordPart::Allergies])
            .allowed(allowed_by.as_ref()),
        RecordsEvent::MedicationChanged {
            medication_id,
            allowed_by,
            ..
        } => entry(*medication_id)
            .in_parts([RecordPart::Medications])
            .allowed(allowed_by.as_ref()),
        RecordsEvent::VitalsAbnormal {
            vitals_id,
            taken_by,
            allowed_by,
            ..
        } => entry(*vitals_id)
            .in_parts([RecordPart::Vitals])
            .by(*taken_by)
            .allowed(allowed_by.as_ref()),
        RecordsEvent::RecordAccessed { access } => Facts {
            outcome: match access.basis {
                AccessBasis::Nothing => Outcome::Denied,
                AccessBasis::Oneself
                | AccessBasis::Guardian
                | AccessBasis::Care
                | AccessBasis::Consent
                | AccessBasis::BrokenGlass => Outcome::Granted,
            },
            purpose: Some(access.basis),
            what: Some(access.what.clone()),
            reason: access.reason.clone(),
            ..record(access.patient_id)
                .in_parts(access.parts.as_slice())
                .by(access.user_id)
        },
        RecordsEvent::DataExportRequested { request } => record(request.patient_id).by(request.requested_by),
        RecordsEvent::DataExportReady {
            patient_id,
            requested_by,
            ..
        } => record(*patient_id).by(*requested_by),
        RecordsEvent::ErasureAnswered { answer } => return answered(answer),
        RecordsEvent::GlassBroken {
            patient_id,
            user_id,
            reason,
            ..
        } => Facts {
            purpose: Some(AccessBasis::BrokenGlass),
            ..record(*patient_id).because(reason).by(*user_id)
        },
    };
    facts.of_patient(event.patient_id())
}

fn administration(event: &AdministrationEvent) -> Facts {
    match event {
        AdministrationEvent::DataExported { part } => exported(part),
        AdministrationEvent::ErasureAnswered { answer } => answered(answer),
    }
}

/// What leaves a domain for an archive. Not in the patient's part of the trail, where the request for it stands.
fn exported(part: &ExportPart) -> Facts {
    Facts::about(Subject::new(SubjectKind::Patient, part.patient_id))
}

/// What a domain says to one round of an erasure. Not in the patient's part of the trail, where stand the wish and what came of it.
fn answered(answer: &ErasureAnswer) -> Facts {
    Facts::about(Subject::new(SubjectKind::Patient, answer.patient_id))
}

fn notifications(event: &NotificationsEvent) -> Facts {
    match event {
        NotificationsEvent::DataExported { part } => exported(part),
        NotificationsEvent::ErasureAnswered { answer } => answered(answer),
        NotificationsEvent::TemplateChanged {
            kind,
            channel,
            locale,
            active,
            version,
        } => {
            let used = if *active { "in use" } else { "not in use" };
            Facts::about(Subject {
                kind: SubjectKind::Template,
                id: event.aggregate(),
            })
            .saying(format!(
                "{kind} by {channel} in {locale}, version {version}, {used}"
            ))
        }
        NotificationsEvent::NotificationReceived { notification_id, .. }
        | NotificationsEvent::NotificationFailed { notification_id, .. } => {
            Facts::about(Subject::new(SubjectKind::Notification, *notification_id))
        }
    }
}
