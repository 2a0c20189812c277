//! Keeping this process's keys as the store has them.

use super::model::{Generation, Rotation};
use super::store;
use crate::settings::IdentitySettings;
use caregraph_contracts::ids::{SessionId, UserId};
use caregraph_contracts::{Role, Scope};
use caregraph_kit::Fault;
use caregraph_kit::auth::{TokenSigner, TokenVerifier};
use caregraph_kit::subgraph::Ground;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use std::sync::{Arc, PoisonError, RwLock};

/// Signs access tokens with the key whose turn it is, and tells this process's verifier all keys. Processes on the same
/// store agree, because all of them read their keys from it. Cheap to clone; clones share.
#[derive(Clone)]
pub struct SigningKeys(Arc<Inner>);

struct Inner {
    ground: Ground,
    verifier: Arc<TokenVerifier>,
    issuer: String,
    audience: String,
    rotation: Rotation,
    loaded: RwLock<Vec<(Generation, Arc<TokenSigner>)>>,
}

impl SigningKeys {
    /// Loads the keys, making the first one where there is none, and publishes them.
    pub(crate) async fn load(
        ground: Ground,
        settings: &IdentitySettings,
        verifier: Arc<TokenVerifier>,
    ) -> Result<Self, Fault> {
        let overlap = TimeDelta::hours(i64::from(settings.keys.overlap_hours));
        let rotation = Rotation {
            period: TimeDelta::days(i64::from(settings.keys.rotation_days.max(1))).max(overlap * 2),
            overlap,
            // Some minutes on top for machines whose clocks differ.
            afterglow: settings.access_token_life() + TimeDelta::minutes(5),
        };
        let keys = Self(Arc::new(Inner {
            ground,
            verifier,
            issuer: settings.issuer.clone(),
            audience: settings.audience.clone(),
            rotation,
            loaded: RwLock::default(),
        }));
        keys.refresh().await?;
        Ok(keys)
    }

    /// Makes the next key when it is due, removes spent ones, and publishes what the store now has. Run it often: a key is
    /// published [`crate::settings::KeySettings::overlap_hours`] before it signs, and every process must have seen it by then.
    pub async fn refresh(&self) -> Result<(), Fault> {
        let Inner { ground, rotation, .. } = &*self.0;
        let now = ground.clock.now();
        let reader = ground.database.reader();
        let mut keys = store::all(reader, &ground.cipher).await?;
        if let Some(due) = rotation.due(keys.last().map(|(generation, _)| *generation), now) {
            store::add(reader, (&ground.cipher, &ground.clock), due).await?;
            keys = store::all(reader, &ground.cipher).await?;
        }
        let generations: Vec<Generation> = keys.iter().map(|(generation, _)| *generation).collect();
        let spent = rotation.spent(&generations, now);
        keys.retain(|(generation, _)| !spent.contains(&generation.number));
        store::remove(reader, spent).await?;

        let jwks = json!({ "keys": keys.iter().map(|(_, key)| key.public_jwk()).collect::<Vec<_>>() });
        let signers = keys
            .iter()
            .map(|(generation, key)| {
                let signer = TokenSigner::new(key, &self.0.issuer, &self.0.audience)?;
                Ok((*generation, Arc::new(signer)))
            })
            .collect::<Result<Vec<_>, caregraph_kit::auth::TokenError>>()
            .map_err(|error| Fault::new("a signing key cannot be used", error))?;
        self.0
            .verifier
            .publish(&jwks)
            .map_err(|error| Fault::new("the keys cannot be published", error))?;
        *self.0.loaded.write().unwrap_or_else(PoisonError::into_inner) = signers;
        Ok(())
    }

    /// An access token for one session, good from `now` until `expires_at`. Nothing is checked: whoever holds the keys may speak for
    /// anybody, so this is for identity itself and for the program that measures, and must never be reachable through the graph.
    pub fn sign(
        &self,
        bearer: (UserId, SessionId),
        (roles, scopes): (&[Role], &[Scope]),
        (now, expires_at): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<String, Fault> {
        let signer = {
            let loaded = self.0.loaded.read().unwrap_or_else(PoisonError::into_inner);
            let generations: Vec<Generation> = loaded.iter().map(|(generation, _)| *generation).collect();
            Rotation::signing(&generations, now)
                .and_then(|turn| loaded.iter().find(|(generation, _)| *generation == turn))
                .map(|(_, signer)| Arc::clone(signer))
        };
        signer
            .ok_or(caregraph_kit::auth::TokenError::Invalid)
            .and_then(|signer| {
                signer.sign(
                    bearer,
                    roles,
                    scopes,
                    (now, expires_at),
                    self.0.ground.clock.new_id(),
                )
            })
            .map_err(|error| Fault::new("an access token could not be signed", error))
    }
}
