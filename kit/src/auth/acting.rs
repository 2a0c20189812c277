//! On whose behalf work is done, for what it leaves behind.
//!
//! Access is decided by the [`Principal`] that a use case is given, never by this: this only says in every event
//! who caused it, however deep in the use case, or in a reaction to another event, it is told.

use super::{Principal, RequestInfo};
use caregraph_contracts::events::Actor;
use std::future::Future;
use std::sync::Arc;

tokio::task_local! {
    static ACTOR: Arc<Actor>;
}

/// Whoever the work at hand follows from; `None` for what the program does by itself.
pub fn actor() -> Option<Arc<Actor>> {
    ACTOR.try_with(Arc::clone).ok()
}

/// Does `work` on behalf of somebody.
pub async fn on_behalf_of<F: Future>(actor: Option<Arc<Actor>>, work: F) -> F::Output {
    match actor {
        Some(actor) => ACTOR.scope(actor, work).await,
        None => work.await,
    }
}

impl Principal {
    /// Who this is, for the audit trail.
    pub fn acting(&self, info: &RequestInfo) -> Actor {
        Actor {
            user: self.user_id(),
            session: self.session_id(),
            roles: self.roles().collect(),
            address: info.address.map(|address| address.to_string()),
            request: info.request_id.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_knows_on_whose_behalf_it_is_done() {
        let info = RequestInfo {
            request_id: "r-1".to_owned(),
            ..RequestInfo::default()
        };
        let somebody = Arc::new(Principal::anonymous().acting(&info));
        assert_eq!(actor(), None);
        let inside = on_behalf_of(Some(Arc::clone(&somebody)), async { actor() }).await;
        assert_eq!(inside, Some(somebody));
        assert_eq!(on_behalf_of(None, async { actor() }).await, None);
    }
}
