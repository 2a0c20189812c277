//! Argon2id, a few at a time and never on the threads that serve requests.

use super::NewPassword;
use crate::settings::PasswordSettings;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use caregraph_kit::Fault;
use rand::RngCore;
use std::sync::Arc;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Hashes and checks passwords. Cheap to clone; clones share their turns.
#[derive(Clone)]
pub(crate) struct Passwords(Arc<Inner>);

struct Inner {
    argon: Argon2<'static>,
    turns: Semaphore,
    /// Hash of a password that nobody knows; checked where there is no account, so that the answer takes as long.
    decoy: String,
}

impl Passwords {
    /// A hasher of this cost. Takes one hash's time.
    pub(crate) async fn new(settings: &PasswordSettings) -> Result<Self, Fault> {
        let params = Params::new(
            settings.memory_kib,
            settings.iterations,
            settings.parallelism,
            None,
        )
        .map_err(|error| Fault::new("the cost of password hashing is out of range", error))?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let turns = Semaphore::new(settings.concurrent.max(1) as usize);
        let mut nobody_knows = Zeroizing::new([0_u8; 32]);
        rand::rng().fill_bytes(nobody_knows.as_mut());
        let for_decoy = argon.clone();
        let decoy = blocking(move || hash(&for_decoy, nobody_knows.as_ref())).await??;
        Ok(Self(Arc::new(Inner { argon, turns, decoy })))
    }

    /// Runs [`NewPassword::judge`] where it does not hold up others.
    pub(crate) async fn judge(
        &self,
        text: &str,
        about_the_person: Vec<String>,
    ) -> Result<Result<NewPassword, String>, Fault> {
        let text = Zeroizing::new(text.to_owned());
        let _turn = self.turn().await;
        blocking(move || {
            let about: Vec<&str> = about_the_person.iter().map(String::as_str).collect();
            NewPassword::judge(&text, &about)
        })
        .await
    }

    /// The hash to store, in PHC string format with its salt and cost.
    pub(crate) async fn hash(&self, password: NewPassword) -> Result<String, Fault> {
        let argon = self.0.argon.clone();
        let _turn = self.turn().await;
        blocking(move || hash(&argon, password.0.as_bytes())).await?
    }

    /// Hashes a password that was just found right, to raise its cost.
    pub(crate) async fn rehash(&self, password: Zeroizing<String>) -> Result<String, Fault> {
        self.hash(NewPassword(password)).await
    }

    /// Whether the password is right. Without a stored hash the answer is no and takes as long.
    pub(crate) async fn is_right(
        &self,
        stored: Option<String>,
        password: Zeroizing<String>,
    ) -> Result<bool, Fault> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.0.decoy.clone());
        let argon = self.0.argon.clone();
        let _turn = self.turn().await;
        let matches = blocking(move || {
            let parsed = PasswordHash::new(&stored)
                .map_err(|error| Fault::new("a stored password hash could not be read", error))?;
            Ok::<_, Fault>(argon.verify_password(password.as_bytes(), &parsed).is_ok())
        })
        .await??;
        Ok(known && matches)
    }

    /// Whether a stored hash was made at another cost than today's.
    pub(crate) fn is_outdated(&self, stored: &str) -> bool {
        PasswordHash::new(stored)
            .ok()
            .and_then(|parsed| Params::try_from(&parsed).ok())
            .is_none_or(|params| {
                let today = self.0.argon.params();
                (params.m_cost(), params.t_cost(), params.p_cost())
                    != (today.m_cost(), today.t_cost(), today.p_cost())
            })
    }

    async fn turn(&self) -> tokio::sync::SemaphorePermit<'_> {
        self.0
            .turns
            .acquire()
            .await
            .expect("the semaphore is never closed")
    }
}

fn hash(argon: &Argon2<'_>, password: &[u8]) -> Result<String, Fault> {
    let mut salt = [0_u8; 16];
    rand::rng().fill_bytes(&mut salt);
    let salt =
        SaltString::encode_b64(&salt).map_err(|error| Fault::new("a salt could not be encoded", error))?;
    let hash = argon
        .hash_password(password, &salt)
        .map_err(|error| Fault::new("a password could not be hashed", error))?;
    Ok(hash.to_string())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Fault::new("a thread was lost", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap(iterations: u32) -> PasswordSettings {
        PasswordSettings {
            memory_kib: 8,
            iterations,
            parallelism: 1,
            concurrent: 2,
        }
    }

    #[tokio::test]
    async fn only_the_right_password_is_right() {
        let passwords = Passwords::new(&cheap(1)).await.unwrap();
        let stored = passwords.rehash("a b c".to_owned().into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert!(
            passwords
                .is_right(Some(stored.clone()), "a b c".to_owned().into())
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .is_right(Some(stored), "a b d".to_owned().into())
                .await
                .unwrap()
        );
        assert!(!passwords.is_right(None, "a b c".to_owned().into()).await.unwrap());
    }

    #[tokio::test]
    async fn another_cost_makes_a_hash_outdated_but_still_right() {
        let before = Passwords::new(&cheap(1)).await.unwrap();
        let after = Passwords::new(&cheap(2)).await.unwrap();
        let stored = before.rehash("a b c".to_owned().into()).await.unwrap();
        assert!(!before.is_outdated(&stored) && after.is_outdated(&stored));
        assert!(
            after
                .is_right(Some(stored), "a b c".to_owned().into())
                .await
                .unwrap()
        );
    }
}
