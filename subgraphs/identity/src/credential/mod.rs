//! Passwords: how strong they must be, how they are kept, how a lost one is replaced.

mod hasher;
mod refusal;
mod service;
pub(crate) mod store;
mod strength;

pub(crate) use hasher::Passwords;
pub use refusal::ReauthenticationRefusal;
pub use service::{ChangePassword, CredentialService, ResetPassword};
pub(crate) use strength::{NewPassword, normalised};
