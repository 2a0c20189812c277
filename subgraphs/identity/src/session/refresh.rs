//! Refreshing: one token in, a new pair out, once.

use super::ending::{self, Which};
use super::model::{RefreshRefusal, SignedIn};
use super::service::SessionService;
use super::{store, tokens};
use crate::account::{self, UserStatus};
use crate::activity::{self, ActivityKind};
use caregraph_contracts::events::SessionEnd;
use caregraph_kit::Failure;
use caregraph_kit::auth::RequestInfo;
use chrono::TimeDelta;

impl SessionService {
    /// Exchanges a refresh token for a new pair. Open to whoever holds the token.
    ///
    /// A token works once. If it comes again, somebody else may hold a copy, so the session ends, for the holder of the newer
    /// token too (RFC 9700 4.14.2).
    pub async fn refresh(
        &self,
        refresh_token: &str,
        info: &RequestInfo,
    ) -> Result<SignedIn, Failure<RefreshRefusal>> {
        let refused = || Failure::refused(RefreshRefusal::InvalidRefreshToken);
        let foundation = &*self.0;
        let ground = &foundation.ground;
        if refresh_token.len() > 128 {
            return Err(refused());
        }
        let hash = tokens::digest(refresh_token.trim());
        let refreshed = ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                let now = ground.clock.now();
                let Some(found) = store::token(&*tx, &hash).await? else {
                    return Err(refused());
                };
                // The session's row is the lock: refreshing and ending take turns.
                let Some(mut session) = store::get_for_update(&*tx, found.session).await? else {
                    return Err(refused());
                };
                // A used token is a replay however old it is; one that was never used is merely too old.
                let too_old = found.used_at.is_none() && now >= found.expires_at;
                if !session.is_live(now) || too_old {
                    return Err(refused());
                }
                if !store::use_token(&*tx, &hash, now).await? {
                    let used_at = store::token(&*tx, &hash).await?.and_then(|token| token.used_at);
                    let grace =
                        TimeDelta::seconds(i64::from(foundation.settings.refresh_replay_grace_seconds));
                    if !grace.is_zero() && used_at.is_some_and(|used_at| now - used_at <= grace) {
                        return Err(refused());
                    }
                    ending::end(
                        foundation,
                        &mut tx,
                        (session.user, Which::One(session.id)),
                        SessionEnd::TokenReplayed,
                    )
                    .await?;
                    let replayed = (session.user, ActivityKind::TokenReplayed);
                    activity::store::note(&*tx, &ground.clock, replayed, info).await?;
                    tx.commit().await?;
                    tracing::warn!(session = %session.id, "refresh token replayed, session ended");
                    return Ok(None);
                }
                let user = account::store::get(&*tx, &ground.cipher, session.user).await?;
                let Some(user) = user.filter(|user| user.status == UserStatus::Active) else {
                    return Err(refused());
                };
                session.prolong(now, tokens::lives(foundation));
                session.address = activity::address(info).or(session.address);
                store::save(&*tx, &session).await?;
                let signed_in = tokens::issue(foundation, &*tx, (&session, user), now).await?;
                tx.commit().await?;
                Ok(Some(signed_in))
            })
            .await?;
        refreshed.ok_or_else(refused)
    }
}
