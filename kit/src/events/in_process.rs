//! The transport inside one process: handlers read the outboxes themselves, but for the newest events, which the relay hands to all.
//!
//! Several processes may do so on the same stores; each keeps the handler's offset up to date, and the inbox makes
//! sure that an event takes effect in one of them only.

use super::newest::Newest;
use super::{Envelope, EventError, EventLog, Feed, Offsets, Reaction, Transport};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// How long a handler trusts the relay to tell it of everything, before it looks into the outboxes itself.
const POLL: Duration = Duration::from_secs(1);
const PAGE: usize = 100;
const BATCH: u64 = PAGE as u64;

/// Reads outboxes directly. Cheap to clone; clones share.
#[derive(Clone, Default)]
pub struct InProcess(Arc<Shared>);

#[derive(Default)]
struct Shared {
    sources: Mutex<HashMap<Domain, Source>>,
    handlers: Mutex<HashMap<&'static str, Arc<dyn Offsets>>>,
    /// Of the handlers that are awaited.
    progress: Mutex<HashMap<(&'static str, Domain), watch::Sender<i64>>>,
}

struct Source {
    store: Arc<dyn EventLog>,
    newest: Arc<Newest>,
    news: watch::Sender<u64>,
}

impl InProcess {
    /// A transport that knows nobody yet.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Transport for InProcess {
    fn add_source(&self, log: Arc<dyn EventLog>) {
        let source = Source {
            news: watch::Sender::new(0),
            newest: Arc::default(),
            store: log,
        };
        lock(&self.0.sources).insert(source.store.domain(), source);
    }

    /// Whoever settles waits for the handler from now on and not only once its task has run for the first time.
    fn add_handler(&self, reaction: &dyn Reaction, offsets: Arc<dyn Offsets>) {
        lock(&self.0.handlers).insert(reaction.name(), offsets);
        if !reaction.is_awaited() {
            return;
        }
        let mut progress = lock(&self.0.progress);
        for domain in reaction.sources() {
            progress
                .entry((reaction.name(), *domain))
                .or_insert_with(|| watch::Sender::new(0));
        }
    }

    async fn publish(&self, domain: Domain, _: i64, events: &[Arc<Envelope>]) -> Result<(), EventError> {
        if let Some(source) = lock(&self.0.sources).get(&domain) {
            source.newest.keep(events);
            source.news.send_modify(|count| *count += 1);
        }
        Ok(())
    }

    fn is_external(&self) -> bool {
        false
    }

    async fn settled(&self, domain: Domain, position: i64) {
        let waiting: Vec<_> = lock(&self.0.progress)
            .iter()
            .filter(|((_, source), _)| *source == domain)
            .map(|(_, progress)| progress.subscribe())
            .collect();
        for mut progress in waiting {
            // An error means that the handler is gone, and so is the reason to wait.
            let _ = progress.wait_for(|reached| *reached >= position).await;
        }
    }

    async fn open(&self, handler: &'static str, sources: &[Domain]) -> Result<Box<dyn Feed>, EventError> {
        let offsets = lock(&self.0.handlers)
            .get(handler)
            .cloned()
            .ok_or(EventError::Damaged("a handler without a store was opened"))?;
        let mut readers = BTreeMap::new();
        for domain in sources {
            // A domain that is hosted elsewhere needs an external transport; here its events simply do not arrive. Whether that is
            // as it should be, only the program knows: a command that opens some domains for a moment leaves the events where they
            // are, and the handler hears them the next time.
            let Some((store, newest, news)) = lock(&self.0.sources).get(domain).map(|source| {
                let newest = Arc::clone(&source.newest);
                (source.store.clone(), newest, source.news.subscribe())
            }) else {
                tracing::debug!(handler, %domain, "events of a domain outside this process do not reach this handler");
                lock(&self.0.progress).remove(&(handler, *domain));
                continue;
            };
            let position = offsets.offset(handler, *domain).await?;
            newest.forget_unless(store.head().await?);
            // A feed that is opened again goes on with the same progress: somebody may be waiting for it.
            let progress = lock(&self.0.progress)
                .get(&(handler, *domain))
                .cloned()
                .unwrap_or_default();
            raise(&progress, position);
            readers.insert(
                *domain,
                Reader {
                    store,
                    newest,
                    news,
                    read: position,
                    is_at_end: false,
                    asked_at: Instant::now(),
                    saved: position,
                    progress,
                },
            );
        }
        Ok(Box::new(InProcessFeed {
            handler,
            offsets,
            readers,
            waiting: VecDeque::new(),
            saved_at: Instant::now(),
        }))
    }
}

struct Reader {
    store: Arc<dyn EventLog>,
    newest: Arc<Newest>,
    news: watch::Receiver<u64>,
    read: i64,
    /// Whether the outbox held nothing more when it was last asked.
    is_at_end: bool,
    asked_at: Instant,
    saved: i64,
    progress: watch::Sender<i64>,
}

impl Reader {
    /// What comes next, a page of it at most. The outbox is asked for what the relay did not hand out here, and now and then for all
    /// that it may not have.
    async fn page(&mut self) -> Result<Vec<Arc<Envelope>>, EventError> {
        self.news.mark_unchanged();
        let is_asked = match self.newest.behind(self.read, PAGE) {
            Some(page) if !page.is_empty() => return Ok(page),
            Some(_) => !self.is_at_end || self.asked_at.elapsed() >= POLL,
            None => true,
        };
        if !is_asked {
            return Ok(Vec::new());
        }
        let page = self.store.read_after(self.read, BATCH).await?;
        self.asked_at = Instant::now();
        self.is_at_end = page.len() < PAGE;
        Ok(page)
    }
}

struct InProcessFeed {
    handler: &'static str,
    offsets: Arc<dyn Offsets>,
    readers: BTreeMap<Domain, Reader>,
    waiting: VecDeque<Arc<Envelope>>,
    saved_at: Instant,
}

#[async_trait]
impl Feed for InProcessFeed {
    async fn next(&mut self) -> Result<Arc<Envelope>, EventError> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(event);
            }
            for reader in self.readers.values_mut() {
                for event in reader.page().await? {
                    // A new handler begins with the oldest event that is kept; for any other one, some would be missing.
                    if reader.read > 0 && event.position != reader.read + 1 {
                        let (after, next) = (reader.read, event.position);
                        tracing::error!(handler = self.handler, domain = %event.domain, after, next,
                            "events were removed before this handler heard them");
                        return Err(EventError::Damaged(
                            "events were removed before a handler heard them",
                        ));
                    }
                    reader.read = event.position;
                    self.waiting.push_back(event);
                }
            }
            if self.waiting.is_empty() {
                if self.saved_at.elapsed() >= POLL {
                    self.save_offsets().await?;
                }
                let news = self
                    .readers
                    .values_mut()
                    .map(|reader| Box::pin(reader.news.changed()));
                if news.len() == 0 {
                    // Nothing to hear: sleep for good, the consumer is stopped from outside.
                    std::future::pending::<()>().await;
                }
                // Either somebody here told us, or another process may have written meanwhile.
                let _ = tokio::time::timeout(POLL, futures::future::select_all(news)).await;
            }
        }
    }

    fn ready(&mut self) -> Option<Arc<Envelope>> {
        self.waiting.pop_front()
    }

    async fn acknowledge(&mut self, event: &Envelope) -> Result<(), EventError> {
        let Some(reader) = self.readers.get_mut(&event.domain) else {
            return Ok(());
        };
        raise(&reader.progress, event.position);
        // Saved now and then, here and when nothing waits: after a crash the inbox recognises what comes again.
        if event.position - reader.saved >= i64::try_from(BATCH).unwrap_or(i64::MAX) {
            self.save_offsets().await?;
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<(), EventError> {
        self.save_offsets().await
    }
}

impl InProcessFeed {
    async fn save_offsets(&mut self) -> Result<(), EventError> {
        self.saved_at = Instant::now();
        for (domain, reader) in &mut self.readers {
            let reached = *reader.progress.borrow();
            if reached <= reader.saved {
                continue;
            }
            self.offsets.save_offset(self.handler, *domain, reached).await?;
            reader.saved = reached;
        }
        Ok(())
    }
}

/// Progress never goes back, also when events come again.
fn raise(progress: &watch::Sender<i64>, position: i64) {
    progress.send_if_modified(|reached| {
        let further = position > *reached;
        *reached = position.max(*reached);
        further
    });
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
