//! Putting a clinic together: every hosted subgraph on its ground, events flowing between them.

mod files;
mod foundations;
mod hearing;
mod messages;
mod parked;
mod remote_keys;
mod vitals;

pub use files::{file_route, open_files};
pub use foundations::{Foundations, migrate_domain, open_documents};
pub use messages::router_elsewhere;
pub use parked::Parked;
pub use remote_keys::watch_remote_keys;

use crate::settings::Settings;
use anyhow::{Context, Result};
use caregraph_contracts::Domain;
use caregraph_contracts::events::StoreKind;
use caregraph_identity::IdentitySettings;
use caregraph_identity::account::AccountService;
use caregraph_kit::Clock;
use caregraph_kit::auth::{Revocations, TokenVerifier, share_revocations};
use caregraph_kit::files::Files;
use caregraph_kit::subgraph::{Background, DocumentGround, Ground, Subgraph, every};
use caregraph_kit::vitals::Probes;
use caregraph_router::{RateLimiter, SharedRateLimiter};
use chrono::TimeDelta;
use hearing::{hears, unheard};
use messages::notification_settings;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use vitals::Vitals;

/// Subgraphs at work in this process.
pub struct Clinic {
    foundations: Foundations,
    /// Checks tokens for everything in this process.
    pub verifier: Arc<TokenVerifier>,
    /// The hosted subgraphs.
    pub subgraphs: Vec<Subgraph>,
    identity: Option<caregraph_identity::Services>,
    /// Files, where the domain that keeps them is hosted here.
    pub files: Option<Files>,
    background: TaskTracker,
    stop: CancellationToken,
}

impl Clinic {
    /// Opens stores, builds the subgraphs of `domains`, and lets events flow.
    pub async fn open(settings: &Settings, clock: Clock, domains: &[Domain]) -> Result<Self> {
        let mut clinic = Self::build(settings, clock.clone(), domains).await?;
        let (background, stop, verifier) = (&clinic.background, &clinic.stop, &clinic.verifier);
        if !domains.contains(&Domain::Identity) && !settings.auth.jwks_url.is_empty() {
            background.spawn(watch_remote_keys(&settings.auth.jwks_url, verifier, stop.clone()).await?);
        }
        if let Some(redis) = settings.redis()? {
            let revocations = verifier.revocations().clone();
            background.spawn(share_revocations(redis, revocations, clock, stop.clone()));
        }
        clinic.let_events_flow(settings.events.keep_days)?;
        Ok(clinic)
    }

    /// Opens stores and builds the subgraphs of `domains`. Nobody handles what happens, and nothing is done that is due.
    pub async fn build(settings: &Settings, clock: Clock, domains: &[Domain]) -> Result<Self> {
        let foundations = Foundations::lay(settings, clock.clone(), domains).await?;
        let verifier = new_verifier(settings, clock);
        let mut identity = None;
        let mut files = None;
        let mut subgraphs = Vec::with_capacity(domains.len());
        for domain in domains {
            let tables = || foundations.ground(*domain);
            subgraphs.push(match domain {
                Domain::Identity => {
                    let ground = tables()?;
                    let built =
                        caregraph_identity::build(ground, settings.identity.clone(), Arc::clone(&verifier))
                            .await
                            .context("cannot start identity")?;
                    identity = Some(built.services);
                    built.subgraph
                }
                Domain::Patients => caregraph_patients::build(tables()?),
                Domain::Practitioners => caregraph_practitioners::build(tables()?),
                Domain::Scheduling => caregraph_scheduling::build(tables()?, settings.scheduling.clone()),
                Domain::Records => {
                    let ground = foundations.document_ground(*domain)?;
                    let kept = open_files(settings, &ground)?;
                    let records = caregraph_records::build(&ground, &kept).context("cannot start records")?;
                    files = Some(kept);
                    records
                }
                Domain::Administration => caregraph_administration::build(tables()?),
                Domain::Notifications => {
                    let ground = foundations.document_ground(*domain)?;
                    caregraph_notifications::build(&ground, notification_settings(settings))
                        .context("cannot start notifications")?
                }
            });
        }
        Ok(Self {
            foundations,
            verifier,
            subgraphs,
            identity,
            files,
            background: TaskTracker::new(),
            stop: CancellationToken::new(),
        })
    }

    /// Starts handlers and everything that goes on beside the requests.
    fn let_events_flow(&mut self, keep_days: u32) -> Result<()> {
        for subgraph in &mut self.subgraphs {
            let domain: Domain = subgraph.name.parse()?;
            match domain.store() {
                StoreKind::Relational => {
                    let ground = self.foundations.ground(domain)?;
                    for handler in &subgraph.handlers {
                        ground.bus.add_handler(Arc::clone(handler), &ground.database);
                    }
                    self.background
                        .spawn(tidy_tables(ground, keep_days)(self.stop.clone()));
                }
                StoreKind::Documents => {
                    let ground = self.foundations.document_ground(domain)?;
                    for handler in &subgraph.document_handlers {
                        ground.add_handler(Arc::clone(handler));
                    }
                    self.background
                        .spawn(tidy_documents(ground, keep_days)(self.stop.clone()));
                }
            }
            for work in subgraph.background.drain(..) {
                self.background.spawn(work(self.stop.clone()));
            }
        }
        Ok(())
    }

    /// Whether this process can do its work, and how it is.
    pub fn probes(&self) -> Probes {
        let handlers = self
            .subgraphs
            .iter()
            .filter_map(|subgraph| Some((subgraph.name.parse().ok()?, hears(subgraph))))
            .collect();
        let own = self
            .subgraphs
            .iter()
            .flat_map(|subgraph| subgraph.vitals.iter().cloned())
            .collect();
        Vitals::new(&self.foundations, &handlers, own).probes()
    }

    /// Handlers in this process with domains elsewhere that they wait for in vain, because nothing carries events between processes.
    pub fn unheard(&self) -> Vec<(&'static str, Domain)> {
        if self.foundations.streams().is_some() {
            return Vec::new();
        }
        let here = self.foundations.stores().into_iter().map(|(domain, _)| domain);
        unheard(self.subgraphs.iter().flat_map(hears), &here.collect())
    }

    /// The stores and what stands on them.
    pub fn foundations(&self) -> &Foundations {
        &self.foundations
    }

    /// Accounts, for commands that make some without anybody being signed in.
    pub fn accounts(&self) -> Result<&AccountService> {
        self.identity
            .as_ref()
            .map(|identity| &identity.accounts)
            .context("identity is not hosted in this process")
    }

    /// The keys of access tokens, for tokens without signing in.
    #[cfg(feature = "bench")]
    pub fn signing_keys(&self) -> Result<&caregraph_identity::signing_key::SigningKeys> {
        self.identity
            .as_ref()
            .map(|identity| &identity.keys)
            .context("identity is not hosted in this process")
    }

    /// Stops relays, handlers and background work, and closes the stores.
    pub async fn close(self) {
        self.stop.cancel();
        self.background.close();
        self.background.wait().await;
        // Whoever holds a store must let go of it before it can close.
        drop((self.subgraphs, self.identity, self.files));
        self.foundations.close().await;
    }
}

/// How often old events are removed.
const TIDYING: Duration = Duration::from_hours(1);

/// Removes old events, and later the notes that they were dealt with.
fn tidy_tables(ground: Ground, keep_days: u32) -> Background {
    let keep = TimeDelta::days(keep_days.max(1).into());
    every(TIDYING, "events.tidy", move || {
        let ground = ground.clone();
        async move {
            let now = ground.clock.now();
            ground.events.prune(now - keep, i64::MAX).await?;
            // Twice as long, so that whatever may still come is recognised.
            ground.events.forget_handled(now - keep * 2).await.map(drop)
        }
    })
}

/// The same where documents are kept.
fn tidy_documents(ground: DocumentGround, keep_days: u32) -> Background {
    let keep = TimeDelta::days(keep_days.max(1).into());
    every(TIDYING, "events.tidy", move || {
        let ground = ground.clone();
        async move {
            let now = ground.clock.now();
            ground.documents.events().prune(now - keep, i64::MAX).await?;
            ground.documents.forget_handled(now - keep * 2).await.map(drop)
        }
    })
}

/// Counts requests together with other routers, where there is something to count in.
pub fn shared_limiter(settings: &Settings) -> Result<Option<Arc<dyn RateLimiter>>> {
    let Some(redis) = settings.redis()? else {
        return Ok(None);
    };
    let limiter = SharedRateLimiter::new(redis, &settings.router.rate_limits)?;
    Ok(Some(Arc::new(limiter)))
}

/// A verifier for tokens of the configured issuer, still without keys.
pub fn new_verifier(settings: &Settings, clock: Clock) -> Arc<TokenVerifier> {
    let IdentitySettings { issuer, audience, .. } = &settings.identity;
    Arc::new(TokenVerifier::new(
        issuer,
        audience,
        Revocations::new(clock.clone()),
        clock,
    ))
}
