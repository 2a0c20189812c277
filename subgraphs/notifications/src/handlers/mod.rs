//! Reactions to other domains' events: who people are, what their accounts are told, what their visits are told.

mod accounts;
mod people;
mod visits;

pub(crate) use accounts::AccountNews;
pub(crate) use people::PeopleBecomeKnown;
pub(crate) use visits::{VisitNews, addressees};
