//! Answers: what they are called, what is remembered of them, and what goes into the ledger.

use super::answers::{self, Chart, Done, Made, Messages, Reason, Requests, Slots};
use super::asking::{Asked, Write};
use super::kinds;
use super::ledger::{Encounter, Entry};
use super::worker::{Open, Trouble, Worker};
use rand::seq::IndexedRandom;
use serde::de::IgnoredAny;

/// So many of the free times of one answer are remembered: more would be gone before they are asked for.
const KEPT: usize = 16;

impl Worker {
    /// Reads the answer to what was asked.
    pub(super) fn hear(&mut self, asked: &Asked, body: &[u8], again: bool) -> Result<&'static str, Trouble> {
        match asked {
            Asked::Nothing => Err(Trouble::Fault("nothing was asked".to_owned())),
            Asked::Something(kind) => {
                answers::data::<IgnoredAny>(body)?;
                Ok(*kind)
            }
            Asked::Timeline => {
                // An answer that shows nothing is fast, and wrong.
                if answers::data::<Chart>(body)?.is_open() {
                    Ok(kinds::TIMELINE)
                } else {
                    Err(Trouble::Fault("the record is closed".to_owned()))
                }
            }
            Asked::Slots(practitioner) => {
                let found: Slots<'_> = answers::data(body)?;
                let starts = found.slots.iter().map(|slot| slot.start);
                let free: Vec<&str> = starts
                    .filter(|start| !self.memory.taken.contains(*start))
                    .collect();
                let kept = free.choose_multiple(&mut self.random, KEPT);
                self.memory.starts = kept.map(|start| (*start).to_owned()).collect();
                self.memory.practitioner.clone_from(practitioner);
                Ok(kinds::SLOTS)
            }
            Asked::Requests => {
                let found: Requests = answers::data(body)?;
                self.memory.requests = found.appointments.nodes;
                Ok(kinds::REQUESTS)
            }
            Asked::Messages => {
                let found: Messages = answers::data(body)?;
                let messages = found.notifications.nodes.into_iter();
                let unread = messages.filter(|message| message.read_at.is_none());
                self.memory.unread = unread.map(|message| message.id).collect();
                Ok(kinds::NOTIFICATIONS)
            }
            Asked::Write(write) => match answers::done(body)? {
                Done::Made(made) => Ok(self.note(write, made)),
                Done::Refused(reason) => self.refused(write, &reason, again),
            },
        }
    }

    /// Writes down what was done.
    fn note(&mut self, write: &Write, made: Made) -> &'static str {
        let named = |entry: &Entry| Entry {
            id: made.id.clone(),
            ..entry.clone()
        };
        match write {
            Write::Book(entry, start) => {
                self.ledger.booked.push(named(entry));
                // Whoever books for themselves knows when they are busy.
                if self.panel.len() == 1 {
                    self.memory.taken.insert(start.clone());
                }
                kinds::BOOK
            }
            Write::Confirm(request) => {
                self.ledger.confirmed.insert(made.id, request.revision + 1);
                kinds::CONFIRM
            }
            Write::Vitals(entry) => {
                self.ledger.vitals.push(named(entry));
                kinds::VITALS
            }
            Write::Open(entry) => {
                self.written(named(entry), made.version, false);
                kinds::OPEN_ENCOUNTER
            }
            Write::Edit(open) => {
                self.written(open.entry.clone(), made.version, false);
                kinds::EDIT_ENCOUNTER
            }
            Write::Sign(open) => {
                self.written(open.entry.clone(), made.version, true);
                kinds::SIGN_ENCOUNTER
            }
            Write::MarkRead => {
                self.ledger.read.insert(made.id);
                kinds::MARK_READ
            }
        }
    }

    /// An encounter has a version more.
    fn written(&mut self, entry: Entry, version: i64, signed: bool) {
        self.memory.encounter = (!signed).then(|| Open {
            entry: entry.clone(),
            version,
        });
        self.ledger.note(Encounter { entry, version });
    }

    /// A time that is gone is an answer of its own kind. Somebody who asks again and is told that it cannot be done any more has done
    /// it the first time: nobody else changes what they change, and whether it happened once is seen in the end.
    fn refused(&mut self, write: &Write, reason: &Reason, again: bool) -> Result<&'static str, Trouble> {
        match (write, reason.name.as_str()) {
            (Write::Book(..), "SlotUnavailable" | "PatientBusy") => Ok(kinds::SLOT_TAKEN),
            (Write::Confirm(request), "IllegalStatusChange") if again => {
                let made = Made {
                    id: request.id.clone(),
                    version: 0,
                };
                Ok(self.note(write, made))
            }
            (Write::Edit(open) | Write::Sign(open), "StaleEntry") if again => {
                let made = Made {
                    id: open.entry.id.clone(),
                    version: open.version + 1,
                };
                Ok(self.note(write, made))
            }
            _ => Err(Trouble::Refused(format!("{}: {}", reason.name, reason.message))),
        }
    }
}
