//! Keeping secrets in stores: sealed fields, blind indexes, derived link tokens; and signatures.
//!
//! **Invariant:** a key is used for one purpose only. Every purpose derives its own key from the ring with a label, so
//! that a blind index can never be mistaken for a link token.

mod field;
mod keyring;
mod link;
mod renewal;
mod signature;
mod signed_url;

pub use field::{FieldCipher, FieldRef};
pub use keyring::{KeyRing, KeyRingError};
pub use link::LinkTokens;
pub use renewal::Renewal;
pub use signature::Signer;
pub use signed_url::{UrlGrant, UrlRefusal, UrlSigner};

/// Why a value could not be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// The value is not in the format that [`FieldCipher::seal`] writes.
    #[error("not a sealed value")]
    Malformed,
    /// Sealed with a key that is not in the ring any more.
    #[error("sealed with unknown key `{0}`")]
    UnknownKey(String),
    /// Changed since it was sealed, or moved from another record or field.
    #[error("a sealed value does not authenticate")]
    Forged,
    /// Opened, but what was inside is not what was expected.
    #[error("a sealed value has unexpected content")]
    Content,
}
