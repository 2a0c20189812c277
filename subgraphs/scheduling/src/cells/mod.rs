//! The guarantee that nothing is booked twice: one row per person and five minutes, under a primary key.
//!
//! **Invariant:** whoever occupies a practitioner's or a patient's time has a row here for each cell of it, written in
//! the transaction that makes the booking. Two bookings that overlap want the same row, and the engine gives it to one
//! of them, whichever process, service length or start they come with. Nothing else in this crate decides a race,
//! with one exception.
//!
//! The exception is a patient with several records ([`crate::directory::Person`]). Each visit keeps the time of the record
//! that it was booked for, so that parting the records gives each its own time back; two records have two keys. Between
//! them the lock on all records of the person decides ([`crate::directory::store::lock_person`]): a booking or a move
//! holds it while it looks at everybody's cells and takes its own, and whoever puts records together or parts them waits
//! for it. What remains:
//!
//! - Visits at one time that were booked before anybody knew that the records are one person's. Nothing was wrong with
//!   either; [`clashing`] finds them when the records are put together, and that is logged.
//! - A record of which the directory has not heard has no row to lock. Two visits could slip through only if the news of the
//!   record and the news that it was put to another one both arrived while one booking commits: milliseconds, for something
//!   that people do by hand to a record which they must see first. Both visits would show in the person's list.
//!
//! Buffers before and after a visit count for the practitioner, who must tidy up or write; the patient is free then.

mod model;
mod store;

pub use model::{Cell, Owner};
pub use store::{
    TakeError, clashing, free, hand_over, patient_is_busy, take, take_for_patient, taken, taken_by_patient,
};
