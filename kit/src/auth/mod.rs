//! Who is asking, and how we know.
//!
//! A use case takes a [`Principal`] as its first argument, so none comes into existence without an access decision.

mod access_token;
pub mod acting;
mod principal;
mod revocation;
mod shared_revocations;
mod verifier;

pub use access_token::{Claims, SigningKey, TokenSigner};
pub use principal::{AccessDenied, Principal, RequestInfo};
pub use revocation::Revocations;
pub use shared_revocations::share_revocations;
pub use verifier::{TokenError, TokenVerifier};
