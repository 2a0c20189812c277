//! Links in messages: each works once, for one purpose, for a while.
//!
//! The token in a link is derived from the id of a request ([`caregraph_kit::crypto::LinkTokens`]); the row of the
//! request says whether the link still works. Using it is one conditional update, so of two people who click at the
//! same time one wins.

pub(crate) mod store;

use caregraph_kit::crypto::{FieldCipher, LinkTokens};
use chrono::TimeDelta;

pub(crate) use caregraph_contracts::links::LinkPurpose;

/// What identity decides about links.
pub(crate) trait LinkRules {
    /// How long the link works.
    fn life(self) -> TimeDelta;

    /// Makes and reads the tokens of this purpose.
    fn tokens(self, cipher: &FieldCipher) -> LinkTokens;

    /// The request behind a token, if the token is genuine.
    fn request_of(self, cipher: &FieldCipher, token: &str) -> Option<uuid::Uuid>;
}

impl LinkRules for LinkPurpose {
    fn life(self) -> TimeDelta {
        match self {
            Self::VerifyEmail => TimeDelta::hours(24),
            Self::ResetPassword => TimeDelta::minutes(30),
            Self::AcceptInvitation => TimeDelta::days(7),
        }
    }

    fn tokens(self, cipher: &FieldCipher) -> LinkTokens {
        LinkTokens::new(cipher.ring().clone(), self.as_str())
    }

    fn request_of(self, cipher: &FieldCipher, token: &str) -> Option<uuid::Uuid> {
        // A token has some 64 characters, so what is much longer is not even decoded.
        (token.len() <= 256)
            .then(|| self.tokens(cipher).verify(token))
            .flatten()
    }
}
