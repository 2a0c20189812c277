//! What all services of identity stand on.

use crate::credential::Passwords;
use crate::settings::IdentitySettings;
use crate::signing_key::SigningKeys;
use caregraph_kit::Fault;
use caregraph_kit::auth::TokenVerifier;
use caregraph_kit::subgraph::Ground;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Shared by all services behind an [`Arc`].
pub(crate) struct Foundation {
    pub(crate) ground: Ground,
    pub(crate) settings: IdentitySettings,
    pub(crate) passwords: Passwords,
    pub(crate) keys: SigningKeys,
    pub(crate) verifier: Arc<TokenVerifier>,
    /// Turns for work that goes on after its request was answered.
    pub(crate) errands: Arc<Semaphore>,
}

/// How many errands may run at the same time; further requests wait before they are answered.
pub(crate) const ERRANDS: usize = 32;

impl Foundation {
    /// Does something after the request that asked for it was answered, so that the answer tells nothing about it. Waits only
    /// while too many others are under way, which is the same for everybody.
    pub(crate) async fn errand(
        &self,
        what: &'static str,
        work: impl Future<Output = Result<(), Fault>> + Send + 'static,
    ) {
        let turn = Arc::clone(&self.errands)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        tokio::spawn(async move {
            if let Err(error) = work.await {
                tracing::error!(
                    what,
                    error = caregraph_kit::telemetry::chain(&error),
                    "an errand failed"
                );
            }
            drop(turn);
        });
    }
}
