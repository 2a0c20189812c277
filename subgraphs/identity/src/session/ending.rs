//! Ending sessions: in the store, for everybody who listens, and at once in this process.

use super::model::Session;
use super::store;
use crate::foundation::Foundation;
use caregraph_contracts::events::{IdentityEvent, SessionEnd};
use caregraph_contracts::ids::{SessionId, UserId};
use caregraph_kit::Fault;
use caregraph_kit::auth::TokenVerifier;
use caregraph_kit::database::Transaction;
use caregraph_kit::events::EventError;
use caregraph_kit::subgraph::{Background, Ground};
use futures::{StreamExt, TryStreamExt};
use sea_orm::DbErr;
use std::{sync::Arc, time::Duration};

/// Which of a person's sessions to end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Which {
    All,
    AllBut(SessionId),
    One(SessionId),
}

/// Ends live sessions in the caller's transaction and returns them. When it commits, their access tokens stop working in
/// this process at once, and in all others as soon as they hear the event.
pub(crate) async fn end(
    foundation: &Foundation,
    tx: &mut Transaction,
    (user, which): (UserId, Which),
    reason: SessionEnd,
) -> Result<Vec<Session>, Fault> {
    let now = foundation.ground.clock.now();
    let mut sessions = store::live_for_update(&**tx, user, now).await?;
    sessions.retain(|session| match which {
        Which::All => true,
        Which::AllBut(spared) => session.id != spared,
        Which::One(wanted) => session.id == wanted,
    });
    if sessions.is_empty() {
        return Ok(sessions);
    }
    store::end(&**tx, &sessions, (reason, now)).await?;
    let events: Vec<IdentityEvent> = sessions
        .iter()
        .map(|session| IdentityEvent::SessionRevoked {
            user_id: user,
            session_id: session.id,
            reason,
            tokens_expire_at: session.tokens_expire_at,
        })
        .collect();
    foundation.ground.events.append(tx, &events).await?;
    let revocations = foundation.verifier.revocations().clone();
    let ended: Vec<_> = sessions
        .iter()
        .map(|session| (session.id, session.tokens_expire_at))
        .collect();
    tx.after_commit(Arc::new(move || {
        for (session, until) in &ended {
            revocations.revoke(*session, *until);
        }
    }));
    Ok(sessions)
}

/// Tells this process's verifier of sessions that ended while nobody here listened.
pub(crate) async fn load(ground: &Ground, verifier: &TokenVerifier) -> Result<(), DbErr> {
    for (session, until) in
        store::ended_with_good_tokens(ground.database.reader(), ground.clock.now()).await?
    {
        verifier.revocations().revoke(session, until);
    }
    Ok(())
}

/// Listens for sessions that other processes end. Suspensions need no ear of their own: each session that a suspension
/// ends is told by its own event.
///
/// `from` is the log's head before [`load`] looked, so nothing falls between the two.
pub(crate) fn follow(ground: Ground, verifier: Arc<TokenVerifier>, from: i64) -> Background {
    const PAUSE: Duration = Duration::from_millis(500);
    Box::new(move |stop| {
        Box::pin(async move {
            let mut position = from;
            loop {
                let round = listen(&ground, &verifier, &mut position);
                tokio::select! {
                    () = stop.cancelled() => return,
                    result = round => if let Err(error) = result {
                        tracing::warn!(error = &error as &dyn std::error::Error, "cannot hear of ended sessions, trying again");
                    },
                }
                // Whatever was missed stands in the table.
                if let Err(error) = load(&ground, &verifier).await {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "cannot load ended sessions"
                    );
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
        })
    })
}

async fn listen(ground: &Ground, verifier: &TokenVerifier, position: &mut i64) -> Result<(), EventError> {
    use caregraph_kit::events::FollowError;
    let stream = match ground.live.follow(Some(*position)).await {
        Ok(stream) => stream,
        Err(FollowError::Log(error)) => return Err(error),
        // Too old or unknown: the caller loads the table, so listening from now on misses nothing.
        Err(FollowError::Expired | FollowError::Unknown) => {
            *position = ground.events.head().await?;
            return Ok(());
        }
    };
    let mut stream = std::pin::pin!(stream.map_err(|error| match error {
        FollowError::Log(error) => error,
        FollowError::Expired | FollowError::Unknown =>
            EventError::Damaged("the log was cut while it was read"),
    }));
    while let Some(event) = stream.next().await {
        let event = event?;
        *position = event.position;
        if let Some(IdentityEvent::SessionRevoked {
            session_id,
            tokens_expire_at,
            ..
        }) = event.decode()?
        {
            verifier.revocations().revoke(session_id, tokens_expire_at);
        }
    }
    Ok(())
}
