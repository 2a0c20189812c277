//! Looking at sessions and ending them.

use super::ending::{self, Which};
use super::model::{Session, TokenFacts};
use super::store;
use crate::activity::{self, ActivityKind};
use crate::foundation::Foundation;
use caregraph_contracts::Scope;
use caregraph_contracts::events::SessionEnd;
use caregraph_contracts::ids::{SessionId, UserId};
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::{Failure, Rejection};
use std::sync::Arc;

/// Use cases of sessions. Cheap to clone.
#[derive(Clone)]
pub struct SessionService(pub(crate) Arc<Foundation>);

impl SessionService {
    /// The person's own live sessions, the one used last first.
    pub async fn list(&self, principal: &Principal) -> Result<Vec<Session>, Failure> {
        let user = principal.require(Scope::AccountRead)?;
        let ground = &self.0.ground;
        Ok(store::live(ground.database.reader(), user, ground.clock.now()).await?)
    }

    /// Ends the session behind the request. Needs no scope: whoever is signed in may leave.
    pub async fn logout(&self, principal: &Principal, info: &RequestInfo) -> Result<Vec<Session>, Failure> {
        let user = principal.require_user()?;
        let Some(session) = principal.session_id() else {
            return Ok(Vec::new());
        };
        self.end(user, Which::One(session), SessionEnd::SignedOut, info)
            .await
    }

    /// Ends all sessions of the person, this one included.
    pub async fn logout_everywhere(
        &self,
        principal: &Principal,
        info: &RequestInfo,
    ) -> Result<Vec<Session>, Failure> {
        let user = principal.require_user()?;
        self.end(user, Which::All, SessionEnd::SignedOut, info).await
    }

    /// Ends one of the person's own sessions from elsewhere.
    pub async fn revoke(
        &self,
        principal: &Principal,
        session: SessionId,
        info: &RequestInfo,
    ) -> Result<Session, Failure> {
        let user = principal.require(Scope::AccountWrite)?;
        let ended = self
            .end(user, Which::One(session), SessionEnd::Revoked, info)
            .await?;
        ended
            .into_iter()
            .next()
            .ok_or_else(|| Rejection::not_found("sessionId", "session").into())
    }

    /// What an access token says, if it is good; `None` for anything else (RFC 7662: a dead token tells nothing).
    /// For services, which have the scope `tokens:introspect`.
    pub async fn introspect(
        &self,
        principal: &Principal,
        token: &str,
    ) -> Result<Option<TokenFacts>, Failure> {
        principal.require(Scope::TokensIntrospect)?;
        let Ok(bearer) = self.0.verifier.verify(token.trim()) else {
            return Ok(None);
        };
        let (Some(user), Some(session), Some(expires_at)) =
            (bearer.user_id(), bearer.session_id(), bearer.expires_at())
        else {
            return Ok(None);
        };
        let scopes = Scope::ALL
            .iter()
            .copied()
            .filter(|scope| bearer.has(*scope))
            .collect();
        Ok(Some(TokenFacts {
            user,
            session,
            roles: bearer.roles().collect(),
            scopes,
            expires_at,
        }))
    }

    async fn end(
        &self,
        user: UserId,
        which: Which,
        reason: SessionEnd,
        info: &RequestInfo,
    ) -> Result<Vec<Session>, Failure> {
        let ground = &self.0.ground;
        ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                let ended = ending::end(&self.0, &mut tx, (user, which), reason).await?;
                if !ended.is_empty() {
                    activity::store::note(&*tx, &ground.clock, (user, ActivityKind::SignedOut), info).await?;
                }
                tx.commit().await?;
                Ok(ended)
            })
            .await
    }
}
