//! Somebody who has got hold of the key that signs tokens: makes tokens in which a single thing is wrong.

use crate::harness::Stores;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use caregraph_contracts::{Role, Scope};
use caregraph_kit::Clock;
use caregraph_kit::auth::{Claims, SigningKey, TokenSigner};
use caregraph_kit::crypto::{FieldCipher, FieldRef, KeyRing};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, Database, Statement};

pub struct Forger {
    pub key: SigningKey,
    pub claims: Claims,
}

impl Forger {
    /// Reads the key out of identity's store, with the keys from the data folder; takes person and session from a good token.
    pub async fn of(stores: &Stores, good: &str) -> Self {
        let claims = good.split('.').nth(1).unwrap();
        let claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        let ring = KeyRing::open_or_create(&stores.data_dir().join("caregraph.keys")).unwrap();
        let connection = Database::connect(stores.url(caregraph_contracts::Domain::Identity))
            .await
            .unwrap();
        let query = "SELECT kid, seed_sealed FROM signing_keys";
        let row = connection.query_one_raw(Statement::from_string(connection.get_database_backend(), query));
        let row = row.await.unwrap().unwrap();
        let kid: uuid::Uuid = row.try_get("", "kid").unwrap();
        let sealed: String = row.try_get("", "seed_sealed").unwrap();
        connection.close().await.unwrap();
        let place = FieldRef {
            table: "signing_keys",
            record: kid,
            field: "seed",
        };
        let seed = STANDARD
            .decode(FieldCipher::new(ring).open(place, &sealed).unwrap())
            .unwrap();
        Self {
            key: SigningKey::from_seed(kid.to_string(), seed.as_slice().try_into().unwrap()),
            claims,
        }
    }

    /// A token of the person that ends so long from now.
    pub fn token(&self, issuer: &str, audience: &str, life: TimeDelta) -> String {
        let now = Clock::system().now();
        let issued = now.min(now + life) - TimeDelta::minutes(1);
        TokenSigner::new(&self.key, issuer, audience)
            .unwrap()
            .sign(
                (self.claims.sub, self.claims.sid),
                &[Role::Patient],
                &[Scope::AccountRead],
                (issued, now + life),
                uuid::Uuid::now_v7(),
            )
            .unwrap()
    }
}
