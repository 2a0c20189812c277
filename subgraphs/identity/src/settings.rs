//! How identity behaves; the section `[identity]` of the configuration.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Settings of identity. Every value has a default that is fit for production.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentitySettings {
    /// `iss` of access tokens. The verifiers of a deployment must expect the same text.
    pub issuer: String,
    /// `aud` of access tokens.
    pub audience: String,
    /// Life of an access token, in minutes.
    pub access_token_minutes: u32,
    /// After so many days a person must sign in again, however busy the session is.
    pub refresh_token_days: u32,
    /// A session that was not refreshed for so many days ends by itself.
    pub session_idle_days: u32,
    /// A refresh token that arrives again within so many seconds after its first use is refused, but not taken for
    /// stolen. 0 means: every repetition ends the session. Clients that submit twice by accident need a few seconds.
    pub refresh_replay_grace_seconds: u32,
    /// Zone of accounts that name none.
    pub default_time_zone: chrono_tz::Tz,
    /// Cost of hashing passwords.
    pub password: PasswordSettings,
    /// How guessing is slowed down.
    pub throttle: ThrottleSettings,
    /// Keys that sign access tokens.
    pub keys: KeySettings,
}

impl Default for IdentitySettings {
    fn default() -> Self {
        Self {
            issuer: "caregraph".to_owned(),
            audience: "caregraph".to_owned(),
            access_token_minutes: 15,
            refresh_token_days: 30,
            session_idle_days: 14,
            refresh_replay_grace_seconds: 0,
            default_time_zone: chrono_tz::Tz::Asia__Ho_Chi_Minh,
            password: PasswordSettings::default(),
            throttle: ThrottleSettings::default(),
            keys: KeySettings::default(),
        }
    }
}

impl IdentitySettings {
    /// Life of an access token.
    pub(crate) fn access_token_life(&self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.access_token_minutes.max(1)))
    }
}

/// Cost of Argon2id. The defaults are the first choice of the OWASP Password Storage Cheat Sheet; raising them rehashes
/// each password at the next sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordSettings {
    /// Memory per hash, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// Hashes at the same time in one process; more wait for their turn, so that a wave of sign-ins starves nobody else.
    pub concurrent: u32,
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            concurrent: 4,
        }
    }
}

/// How guessing is slowed down: after some free attempts each further one doubles the pause until the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ThrottleSettings {
    /// Wrong sign-ins for one identifier before pauses start.
    pub account_attempts: u32,
    /// Wrong sign-ins from one network address before pauses start. Higher, because a clinic shares one.
    pub address_attempts: u32,
    /// The first pause, in seconds; doubles each time.
    pub first_pause_seconds: u32,
    /// The longest pause, in seconds.
    pub longest_pause_seconds: u32,
    /// So many minutes after the last attempt everything is forgotten.
    pub forget_after_minutes: u32,
    /// Messages that strangers may cause to one recipient before pauses start; the pauses are 60 times longer.
    pub messages: u32,
}

impl Default for ThrottleSettings {
    fn default() -> Self {
        Self {
            account_attempts: 5,
            address_attempts: 50,
            first_pause_seconds: 1,
            longest_pause_seconds: 900,
            forget_after_minutes: 24 * 60,
            messages: 3,
        }
    }
}

/// Keys that sign access tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeySettings {
    /// A key signs for so many days, then the next takes over.
    pub rotation_days: u32,
    /// The next key is published so many hours before it signs, so that every verifier knows it in time.
    pub overlap_hours: u32,
}

impl Default for KeySettings {
    fn default() -> Self {
        Self {
            rotation_days: 30,
            overlap_hours: 24,
        }
    }
}
