//! Two runtimes in one process.
//!
//! The web server runs each worker on a single-threaded runtime of its own. Subgraphs in this process share connection pools
//! with jobs and event handlers on the program's runtime. A pool's connection belongs to the runtime it was opened on and dies
//! with it, so resolvers are polled by the worker's thread (no hand-over, no wait) but *inside the program's runtime*: sockets,
//! timers and tasks they create live there.

use futures::stream::Stream;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::runtime::Handle;

/// A future or stream whose every poll, and whose end, happens inside a runtime.
pub(crate) struct Within<T> {
    runtime: Handle,
    // `None` only after the end.
    inner: Option<Pin<Box<T>>>,
}

impl<T> Within<T> {
    pub(crate) fn new(runtime: Handle, inner: T) -> Self {
        Self {
            runtime,
            inner: Some(Box::pin(inner)),
        }
    }

    fn inner(&mut self) -> Pin<&mut T> {
        self.inner
            .as_mut()
            .expect("it is taken only when it is dropped")
            .as_mut()
    }
}

impl<T: Future> Future for Within<T> {
    type Output = T::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T::Output> {
        let runtime = self.runtime.clone();
        let _entered = runtime.enter();
        self.inner().poll(context)
    }
}

impl<T: Stream> Stream for Within<T> {
    type Item = T::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T::Item>> {
        let runtime = self.runtime.clone();
        let _entered = runtime.enter();
        self.inner().poll_next(context)
    }
}

impl<T> Drop for Within<T> {
    fn drop(&mut self) {
        // A pool takes its connection back by spawning a task when the borrower is dropped.
        let _entered = self.runtime.enter();
        self.inner = None;
    }
}

#[cfg(test)]
mod tests {
    use super::Within;
    use std::time::Duration;

    #[test]
    fn timers_and_tasks_live_on_the_given_runtime() {
        let program = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        let here = program.handle().id();
        let work = async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            tokio::spawn(async { tokio::runtime::Handle::current().id() })
                .await
                .unwrap()
        };
        // A runtime without timers: only the other one can have woken the sleeper.
        let worker = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let there = worker.block_on(Within::new(program.handle().clone(), work));
        assert_eq!(there, here);
    }
}
