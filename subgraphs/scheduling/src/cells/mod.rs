//! The guarantee that nothing is booked twice: one row per person and five minutes, under a primary key.
//!
//! **Invariant:** whoever occupies a practitioner's or a patient's time has a row here for each cell of it, written in
//! the transaction that makes the booking. Two bookings that overlap want the same row, and the engine gives it to one
//! of them, whichever process, service length or start they come with. Nothing else in this crate decides a race.
//!
//! Buffers before and after a visit count for the practitioner, who must tidy up or write; the patient is free then.

mod model;
mod store;

pub use model::{Cell, Owner};
pub use store::{TakeError, free, hand_over, patient_is_busy, take, take_for_patient, taken};
