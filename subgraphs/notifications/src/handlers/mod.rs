//! Reactions to other domains' events: who people are, what their accounts are told, what their visits are told,
//! who opened their records.

mod accounts;
mod people;
mod records;
mod visits;

pub(crate) use accounts::AccountNews;
pub(crate) use people::PeopleBecomeKnown;
pub(crate) use records::RecordNews;
pub(crate) use visits::{VisitNews, addressees};
