//! A day's work in a clinic: what its people ask, in which proportion, and how to find afterwards what they were told was done.
//!
//! Of a hundred requests of everybody, 60 read, 25 search and 15 write, whatever their trade: so the whole has this proportion, too,
//! however fast the answers of one trade come. [`tasks`] says what each trade asks how often.
//!
//! Whoever works asks what they could know: they book times that their last question showed as free, confirm visits that wait in
//! their list, write into records of those in their care. What must not happen twice has an idempotency key, and each of these
//! writes carries a name of its own to where somebody finds it again: in the reason of a visit, the note of a measurement, the
//! complaint of an encounter.
//!
//! | module | what it knows |
//! |---|---|
//! | [`staff`], [`care`], [`cast`] | who works, and whom they care for |
//! | [`tasks`], [`words`] | what is asked how often, and what is searched for |
//! | [`documents`], [`directory`] | requests, prepared as far as possible |
//! | [`worker`], [`asking`], [`hearing`], [`answers`] | one person: the next request, and what its answer says |
//! | [`kinds`] | what answers are called |
//! | [`ledger`], [`comparison`], [`visits`] | what was answered, and whether it is there |
//! | [`quiet`] | whether everybody has heard of everything |

mod answers;
mod asking;
mod care;
mod cast;
mod comparison;
mod directory;
mod documents;
mod hearing;
pub mod kinds;
mod ledger;
pub mod quiet;
pub mod staff;
mod tasks;
pub mod visits;
mod words;
mod worker;

pub use cast::{Cast, Crowd};
pub use comparison::Comparison;
pub use ledger::{Encounter, Ledger};
pub use tasks::Trade;
pub use worker::{Trouble, Worker, lock};
