//! Making the pair of tokens of a session.

use super::model::{Session, SignedIn};
use super::store;
use crate::account::User;
use crate::foundation::Foundation;
use crate::{role, totp};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use caregraph_contracts::{Role, Scope};
use caregraph_kit::Fault;
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngCore;
use sea_orm::{ConnectionTrait, DbErr};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// What is left for people who must set up a second factor first.
const WITHOUT_SECOND_FACTOR: [Scope; 2] = [Scope::AccountRead, Scope::AccountWrite];

/// Life of a session while idle, its longest life, and the life of an access token.
pub(super) fn lives(foundation: &Foundation) -> (TimeDelta, TimeDelta, TimeDelta) {
    let settings = &foundation.settings;
    (
        TimeDelta::days(i64::from(settings.session_idle_days.max(1))),
        TimeDelta::days(i64::from(settings.refresh_token_days.max(1))),
        settings.access_token_life(),
    )
}

/// Issues tokens for a session that is stored already and held by this transaction.
pub(super) async fn issue(
    foundation: &Foundation,
    connection: &impl ConnectionTrait,
    (session, user): (&Session, User),
    now: DateTime<Utc>,
) -> Result<SignedIn, Fault> {
    let scopes = scopes(connection, &user).await?;
    let roles: Vec<Role> = user.roles.iter().copied().collect();
    let access_token = foundation.keys.sign(
        (user.id, session.id),
        (&roles, &scopes),
        (now, session.tokens_expire_at),
    )?;
    let mut random = Zeroizing::new([0_u8; 32]);
    rand::rng().fill_bytes(random.as_mut());
    let refresh_token = URL_SAFE_NO_PAD.encode(random.as_ref());
    store::insert_token(connection, digest(&refresh_token), session).await?;
    Ok(SignedIn {
        access_token,
        refresh_token,
        expires_at: session.tokens_expire_at,
        session: session.id,
        user,
    })
}

/// Permissions of a person now. Whoever needs a second factor and has none gets only what it takes to set one up.
async fn scopes(connection: &impl ConnectionTrait, user: &User) -> Result<Vec<Scope>, DbErr> {
    let roles = role::store::load(connection, user.roles.iter().copied()).await?;
    let mut scopes = role::scopes_of(&roles);
    if roles.iter().any(|role| role.requires_totp) && !totp::store::is_enabled(connection, user.id).await? {
        scopes.retain(|scope| WITHOUT_SECOND_FACTOR.contains(scope));
    }
    Ok(scopes)
}

/// The digest under which a refresh token is kept. The token is 256 random bits, so a plain hash cannot be reversed.
pub(super) fn digest(token: &str) -> String {
    use std::fmt::Write;
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(token.as_bytes()) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
