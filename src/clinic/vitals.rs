//! How the hosted domains are: numbers for `/metrics`, and whether their stores answer.

use super::foundations::{Foundations, Store};
use caregraph_contracts::Domain;
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::events::{EventLog, Offsets, RedisStreams};
use caregraph_kit::vitals::{Probes, Vital, VitalsProbe};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Nobody who asks is kept waiting by a store that is away.
const PATIENCE: Duration = Duration::from_secs(2);

/// Most dead letters that are counted; whoever has more has another trouble than their number.
const MOST_LETTERS: u64 = 1000;

/// One hosted domain.
struct Hosted {
    domain: Domain,
    store: Store,
    log: Arc<dyn EventLog>,
    offsets: Arc<dyn Offsets>,
    /// Handlers and whom they hear.
    handlers: Vec<(&'static str, &'static [Domain])>,
}

/// What the program's two ways of serving ask for.
pub struct Vitals {
    hosted: Vec<Hosted>,
    cipher: FieldCipher,
    streams: Option<RedisStreams>,
    own: Vec<VitalsProbe>,
}

impl Vitals {
    /// Of the domains on these foundations; `handlers` by domain, `own` are the subgraphs' own numbers.
    pub fn new(
        foundations: &Foundations,
        handlers: &BTreeMap<Domain, Vec<(&'static str, &'static [Domain])>>,
        own: Vec<VitalsProbe>,
    ) -> Self {
        let hosted = foundations
            .stores()
            .into_iter()
            .map(|(domain, store)| {
                let (log, offsets) = store.log();
                Hosted {
                    domain,
                    store,
                    log,
                    offsets,
                    handlers: handlers.get(&domain).cloned().unwrap_or_default(),
                }
            })
            .collect();
        Self {
            hosted,
            cipher: foundations.cipher().clone(),
            streams: foundations.streams().cloned(),
            own,
        }
    }

    /// As a supervisor asks for them.
    pub fn probes(self) -> Probes {
        let vitals = Arc::new(self);
        let ready = Arc::clone(&vitals);
        Probes {
            readiness: Arc::new(move || {
                let vitals = Arc::clone(&ready);
                Box::pin(async move { vitals.ready().await })
            }),
            vitals: Arc::new(move || {
                let vitals = Arc::clone(&vitals);
                Box::pin(async move { vitals.look().await })
            }),
        }
    }

    /// Ready means: every store answers.
    async fn ready(&self) -> Result<(), String> {
        for hosted in &self.hosted {
            let answers = tokio::time::timeout(PATIENCE, hosted.store.answers()).await;
            if answers != Ok(true) {
                return Err(format!("the store of {} does not answer", hosted.domain));
            }
        }
        Ok(())
    }

    async fn look(&self) -> Vec<Vital> {
        let mut found = Vec::new();
        let mut heads = BTreeMap::new();
        for hosted in &self.hosted {
            let domain = vec![("domain", hosted.domain.to_string())];
            if let Ok(Ok(head)) = tokio::time::timeout(PATIENCE, hosted.log.head()).await {
                heads.insert(hosted.domain, head);
                found.push(Vital {
                    name: "caregraph_events_head",
                    help: "Position of the domain's last event.",
                    labels: domain.clone(),
                    value: head,
                });
            }
            if let Ok(Some(letters)) = tokio::time::timeout(PATIENCE, self.letters(&hosted.store)).await {
                found.push(Vital {
                    name: "caregraph_dead_letters",
                    help: "Events that the domain's handlers gave up.",
                    labels: domain,
                    value: letters,
                });
            }
        }
        for (handler, source, behind) in self.lags(&heads).await {
            found.push(Vital {
                name: "caregraph_events_lag",
                help: "Events that the handler has not dealt with yet.",
                labels: vec![("handler", handler), ("source", source.to_string())],
                value: behind,
            });
        }
        for probe in &self.own {
            found.extend(tokio::time::timeout(PATIENCE, probe()).await.unwrap_or_default());
        }
        found
    }

    async fn letters(&self, store: &Store) -> Option<i64> {
        let letters = store.parked(&self.cipher, MOST_LETTERS).await.ok()?;
        i64::try_from(letters.len()).ok()
    }

    /// Handler, source and how far it is behind. Between processes the transport knows; within one, the offsets do.
    async fn lags(&self, heads: &BTreeMap<Domain, i64>) -> Vec<(String, Domain, i64)> {
        if let Some(streams) = &self.streams {
            let lags = streams.lags().into_iter();
            return lags
                .map(|lag| {
                    (
                        lag.handler,
                        lag.domain,
                        i64::try_from(lag.events).unwrap_or(i64::MAX),
                    )
                })
                .collect();
        }
        let mut found = Vec::new();
        for hosted in &self.hosted {
            for (handler, sources) in &hosted.handlers {
                for source in *sources {
                    let Some(head) = heads.get(source) else { continue };
                    let offset =
                        tokio::time::timeout(PATIENCE, hosted.offsets.offset(handler, *source)).await;
                    if let Ok(Ok(offset)) = offset {
                        found.push(((*handler).to_owned(), *source, (head - offset).max(0)));
                    }
                }
            }
        }
        found
    }
}
