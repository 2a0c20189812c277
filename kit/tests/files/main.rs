//! Files from begin to end: what is stored, who reads it, and what happens when something breaks.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod deaths;
mod faults;
mod faulty;
mod flow;
mod hostile;
mod limits;
mod s3;
mod tampering;
mod tidying;
mod world;
