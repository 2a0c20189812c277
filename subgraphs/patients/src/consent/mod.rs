//! Consents: whom a patient lets see which parts of the record, and until when.

mod keyed;
mod model;
mod service;
pub(crate) mod store;

pub use model::{Consent, Revocation};
pub(crate) use service::changed;
pub use service::{ConsentService, GrantConsent, GrantRefusal, RevokeConsent};
pub use store::{ConsentFilter, ConsentKey};
