//! Booked visits: what may happen to them, who may see them, and their history.
//!
//! **Invariant:** an appointment that occupies time has cells ([`crate::cells`]) for all of it, and every change of an
//! appointment has an entry in its history and an event, all written in one transaction. Only texts that an erasure takes
//! away (`crate::erasure`) go without an entry: that they are gone is told of the person, not of each visit.

mod happening;
mod history;
#[cfg(test)]
mod laws;
pub mod model;
mod refusal;
mod service;
pub mod sight;
pub mod status;
pub mod store;

pub use model::Appointment;
pub use refusal::{
    BookRefusal, ChangeRefusal, IllegalStatusChange, RescheduleRefusal, StatusRefusal, TooLate,
};
pub use service::{
    Agenda, AppointmentNews, AppointmentService, Book, Cancel, Complete, Decline, ListAppointments,
    LiveFailure, Reschedule, SlotNews, UpdateNotes, VisibleAppointment, WantedChanges, WantedSlots,
};
pub(crate) use service::{LoadedAppointment, Remembered, visit};
