//! Requests.

use super::answers::Request;
use super::ledger::Entry;
use super::tasks::Task;
use super::worker::{Open, Worker};
use super::{kinds, words};
use hyper::body::Bytes;
use rand::Rng;
use std::sync::Arc;

/// What was asked, as far as the answer must be read for it.
#[derive(Debug, Default)]
pub(super) enum Asked {
    /// Nothing yet.
    #[default]
    Nothing,
    /// Something whose answer is of no use to later requests, and what it is called.
    Something(&'static str),
    /// The newest entries of a record.
    Timeline,
    /// Free times of a practitioner.
    Slots(String),
    /// Visits that wait for confirmation.
    Requests,
    /// One's own messages.
    Messages,
    /// To change something.
    Write(Write),
}

/// What is to be changed.
#[derive(Debug)]
pub(super) enum Write {
    /// A visit at a time is to be booked; what is still missing of the entry is its id.
    Book(Entry, String),
    /// A visit is to be confirmed.
    Confirm(Request),
    /// Vital signs are to be written down.
    Vitals(Entry),
    /// An encounter is to be opened.
    Open(Entry),
    /// Something is to be written into an encounter.
    Edit(Open),
    /// An encounter is to be signed.
    Sign(Open),
    /// A message is to be marked as read.
    MarkRead,
}

impl Worker {
    /// What a task asks. When what it needs is not known, it asks for that, or does another task of the same sort.
    pub(super) fn ask(&mut self, task: Task) -> (Asked, Bytes) {
        let directory = Arc::clone(&self.directory);
        let documents = &directory.documents;
        let random = &mut self.random;
        match task {
            Task::Agenda => {
                let is_day = random.random_bool(0.7);
                let body = if is_day { &directory.day } else { &directory.week };
                (Asked::Something(kinds::AGENDA), body.clone())
            }
            Task::Requests => (Asked::Requests, directory.requests.clone()),
            Task::Visits => (Asked::Something(kinds::VISITS), directory.visits.clone()),
            Task::Messages => (Asked::Messages, directory.messages.clone()),
            Task::Slots => self.slots(),
            Task::Timeline => {
                let patient = words::any(random, &self.panel);
                let body = documents.timeline.with(format_args!(r#"{{"id":"{patient}"}}"#));
                (Asked::Timeline, body)
            }
            Task::FindPatients => {
                let search = words::patient(random);
                let body = documents
                    .patients
                    .with(format_args!(r#"{{"search":"{search}"}}"#));
                (Asked::Something(kinds::PATIENT_SEARCH), body)
            }
            Task::FindPractitioners => {
                let text = words::any(random, &words::PRACTITIONERS);
                let body = documents
                    .practitioners
                    .with(format_args!(r#"{{"text":"{text}"}}"#));
                (Asked::Something(kinds::PRACTITIONER_SEARCH), body)
            }
            Task::FindServices => {
                let text = words::any(random, &words::SERVICES);
                let body = documents.services.with(format_args!(r#"{{"text":"{text}"}}"#));
                (Asked::Something(kinds::SERVICE_SEARCH), body)
            }
            Task::FindCodes => {
                let search = words::any(random, &words::DIAGNOSES);
                let body = documents.codes.with(format_args!(r#"{{"search":"{search}"}}"#));
                (Asked::Something(kinds::CODE_SEARCH), body)
            }
            Task::Book => self.book(),
            Task::Confirm => self.confirm(),
            Task::Vitals => self.vitals(),
            Task::Encounter => self.encounter(),
            Task::MarkRead => self.mark_read(),
        }
    }

    fn slots(&mut self) -> (Asked, Bytes) {
        let directory = Arc::clone(&self.directory);
        let practitioner = words::any(&mut self.random, &directory.practitioners).clone();
        let (from, to) = directory.days(&mut self.random);
        let body = directory.documents.slots.with(format_args!(
            r#"{{"input":{{"serviceId":"{}","practitionerId":"{practitioner}","from":"{from}","to":"{to}"}}}}"#,
            directory.service
        ));
        (Asked::Slots(practitioner), body)
    }

    fn book(&mut self) -> (Asked, Bytes) {
        let Some(start) = self.memory.starts.pop() else {
            return self.slots();
        };
        let entry = self.new_entry();
        let Entry { name, patient, .. } = &entry;
        let (service, practitioner) = (&self.directory.service, &self.memory.practitioner);
        let body = self.directory.documents.book.with(format_args!(
            r#"{{"input":{{"serviceId":"{service}","practitionerId":"{practitioner}","patientId":"{patient}",
                "start":"{start}","reason":"{name}","idempotencyKey":"{name}"}}}}"#
        ));
        (Asked::Write(Write::Book(entry, start)), body)
    }

    fn confirm(&mut self) -> (Asked, Bytes) {
        let Some(request) = self.memory.requests.pop() else {
            return self.encounter();
        };
        let id = &request.id;
        let body = self
            .directory
            .documents
            .confirm
            .with(format_args!(r#"{{"input":{{"id":"{id}"}}}}"#));
        (Asked::Write(Write::Confirm(request)), body)
    }

    fn vitals(&mut self) -> (Asked, Bytes) {
        let entry = self.new_entry();
        let Entry { name, patient, .. } = &entry;
        let random = &mut self.random;
        let (pulse, tenth) = (random.random_range(58..96), random.random_range(2..9));
        let (systolic, diastolic) = (random.random_range(105..138), random.random_range(62..88));
        let body = self.directory.documents.vitals.with(format_args!(
            r#"{{"input":{{"patientId":"{patient}","heartRate":{pulse},"systolic":{systolic},"diastolic":{diastolic},
                "temperature":"36.{tenth}","note":"{name}","idempotencyKey":"{name}"}}}}"#
        ));
        (Asked::Write(Write::Vitals(entry)), body)
    }

    /// Opens an encounter, writes findings, a diagnosis, and signs, one after the other.
    fn encounter(&mut self) -> (Asked, Bytes) {
        let Some(open) = self.memory.encounter.take() else {
            let entry = self.new_entry();
            let Entry { name, patient, .. } = &entry;
            let body = self.directory.documents.open.with(format_args!(
                r#"{{"input":{{"patientId":"{patient}","chiefComplaint":"{name}",
                    "idempotencyKey":"{name}"}}}}"#
            ));
            return (Asked::Write(Write::Open(entry)), body);
        };
        let (id, version) = (&open.entry.id, open.version);
        let documents = &self.directory.documents;
        match version {
            1 => {
                let body = documents.edit.with(format_args!(
                    r#"{{"input":{{"id":"{id}","version":{version},
                        "examination":"Họng đỏ, phổi trong, tim đều"}}}}"#
                ));
                (Asked::Write(Write::Edit(open)), body)
            }
            2 => {
                let code = words::any(&mut self.random, &words::CODES);
                let body = documents.diagnose.with(format_args!(
                    r#"{{"input":{{"encounterId":"{id}","version":{version},
                        "diagnosis":{{"code":"{code}","primary":true}}}}}}"#
                ));
                (Asked::Write(Write::Edit(open)), body)
            }
            _ => {
                let body = documents
                    .sign
                    .with(format_args!(r#"{{"input":{{"id":"{id}","version":{version}}}}}"#));
                (Asked::Write(Write::Sign(open)), body)
            }
        }
    }

    fn mark_read(&mut self) -> (Asked, Bytes) {
        let Some(id) = self.memory.unread.pop() else {
            return self.book();
        };
        let body = self
            .directory
            .documents
            .mark_read
            .with(format_args!(r#"{{"input":{{"id":"{id}"}}}}"#));
        (Asked::Write(Write::MarkRead), body)
    }

    /// Something new for somebody of the panel; its id is told by the answer.
    fn new_entry(&mut self) -> Entry {
        Entry {
            id: String::new(),
            name: self.new_name(),
            patient: words::any(&mut self.random, &self.panel).clone(),
        }
    }
}

#[cfg(test)]
#[path = "asking_tests.rs"]
mod tests;
