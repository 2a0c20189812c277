//! Reactions to other domains' events: who people are, what their accounts are told, what their visits are told,
//! who opened their records, what of all that will be erased; and who hears of it.

mod accounts;
mod erasures;
mod people;
mod readers;
mod records;
mod visits;

pub(crate) use accounts::AccountNews;
pub(crate) use erasures::ErasureNews;
pub(crate) use people::PeopleBecomeKnown;
pub(crate) use records::RecordNews;
pub(crate) use visits::{VisitNews, addressees};
