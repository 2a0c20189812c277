//! Whoever sits at the switchboard: one task per process that follows the log and tells.

use super::pages::Entry;
use super::{News, Switchboard, Topic};
use crate::events::{Envelope, FollowError};
use crate::telemetry::panic_message;
use futures::{FutureExt, StreamExt};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::RwLockWriteGuard;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Most events that are told as one batch.
const BATCH: usize = 256;
/// After so many listeners others get their turn.
const TURN: usize = 1_000;
/// Pauses before another attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl<T: Topic> Switchboard<T> {
    /// Runs until told to stop. Listeners are not told of the end: those who serve them end with the process, too, and say so.
    pub(super) async fn operate(self, stop: CancellationToken) {
        let mut pause = FIRST_PAUSE;
        loop {
            let began = Instant::now();
            let ended = tokio::select! {
                () = stop.cancelled() => return,
                ended = AssertUnwindSafe(self.follow_log()).catch_unwind() => ended,
            };
            match ended {
                // The process has no live log any more.
                Ok(Ok(())) => return,
                Ok(Err(error @ FollowError::Log(_))) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "cannot follow the log, trying again"
                    );
                }
                Ok(Err(error @ (FollowError::Expired | FollowError::Unknown))) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "missed a part of the log"
                    );
                    self.restart();
                }
                Err(panic) => {
                    let panic = panic_message(panic.as_ref());
                    tracing::error!(panic, "telling live panicked");
                    self.restart();
                }
            }
            // What held for long has failed for a new reason.
            if began.elapsed() > LONGEST_PAUSE {
                pause = FIRST_PAUSE;
            }
            pause = tokio::select! {
                () = stop.cancelled() => return,
                next = wait(pause) => next,
            };
        }
    }

    /// Goes on at the present end. Everybody comes back and reads what they missed, or is told that it is gone.
    fn restart(&self) {
        self.board().restart(self.0.live.end(), self.0.capacity);
    }

    async fn follow_log(&self) -> Result<(), FollowError> {
        let from = self.board().latest.upto();
        let log = self.0.live.follow(Some(from)).await?;
        let mut batches = pin!(log.ready_chunks(BATCH));
        let mut in_haste_until = Instant::now();
        while let Some(batch) = batches.next().await {
            let mut events = Vec::with_capacity(batch.len());
            let mut end = Ok(());
            for event in batch {
                match event {
                    Ok(event) => events.push(event),
                    Err(error) => end = Err(error),
                }
            }
            self.tell(&events, &mut in_haste_until).await;
            end?;
        }
        Ok(())
    }

    async fn tell(&self, events: &[Arc<Envelope>], in_haste_until: &mut Instant) {
        let Some(last) = events.last().map(|event| event.position) else {
            return;
        };
        let entries: Vec<Entry<_>> = events.iter().filter_map(|event| self.0.read(event)).collect();
        let news: Vec<_> = entries.iter().flatten().cloned().collect();
        {
            // Whoever connects later finds it on the pages, so nobody must be asked whose it is.
            let mut board = self.board();
            if news.is_empty() || board.is_silent() {
                for entry in entries {
                    match entry {
                        Ok(news) => board.latest.push(Ok(news)),
                        Err(unreadable) => board.fail(unreadable),
                    }
                }
                board.latest.advance(last);
                return;
            }
        }
        let began = Instant::now();
        // When it was in vain, the next news have waited as long already, and go out at once: handlers that are slow for long hold
        // nothing up for longer than once.
        if *in_haste_until <= began && !self.0.topic.settle(&news).await {
            *in_haste_until = Instant::now() + began.elapsed();
        }
        let (facts, _turn) = self.look_up(&news).await;
        let mut listeners = 0;
        for entry in entries {
            match entry {
                Ok(news) => {
                    let keys = self.0.topic.keys(&news, &facts);
                    listeners += self.board().tell(&news, &keys, &facts);
                }
                Err(unreadable) => self.board().fail(unreadable),
            }
            if listeners > TURN {
                listeners = 0;
                tokio::task::yield_now().await;
            }
        }
        self.board().latest.advance(last);
    }

    /// Asks until there is an answer: a store that is away delays the news, and loses none and nobody. Nobody comes in between the
    /// question and the end of the turn that comes with the answer.
    async fn look_up(&self, news: &[Arc<News<T::What>>]) -> (T::Facts, RwLockWriteGuard<'_, ()>) {
        let mut pause = FIRST_PAUSE;
        loop {
            let turn = self.0.telling.write().await;
            match self.0.topic.look_up(news).await {
                Ok(facts) => return (facts, turn),
                Err(error) => {
                    drop(turn);
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "cannot find out whom news concern, trying again"
                    );
                }
            }
            pause = wait(pause).await;
        }
    }
}

async fn wait(pause: Duration) -> Duration {
    tokio::time::sleep(pause).await;
    (pause * 2).min(LONGEST_PAUSE)
}
