//! Two runtimes in one process.
//!
//! The web server runs each worker on a single-threaded runtime of its own. Subgraphs in this process share connection pools
//! with jobs and event handlers on the program's runtime. A pool's connection belongs to the runtime it was opened on and dies
//! with it, so resolvers are polled by the worker's thread (no hand-over, no wait) but *inside the program's runtime*: sockets,
//! timers and tasks they create live there.
//!
//! What a subgraph is asked is a task of its own on the worker's thread ([`task`]). A store answers row by row, and each row wakes whoever waits:
//! that is then the subgraph alone, and not all that the router has wrapped around it, which was a quarter of a request's work.

use futures::future::BoxFuture;
use futures::stream::Stream;
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;

thread_local! {
    /// Whether what this thread is polling may leave tasks to it.
    static NEAR: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` inside `runtime`, as a task of the present thread. Dropping the handle ends it.
///
/// # Panics
/// Outside of a [`tokio::task::LocalSet`].
pub fn task<T: 'static>(runtime: Handle, work: impl Future<Output = T> + 'static) -> AbortOnDropHandle<T> {
    AbortOnDropHandle::new(tokio::task::spawn_local(Near(Within::new(runtime, work))))
}

/// Runs `work`: on the present thread if it is that of a [`task`], otherwise wherever the runtime likes.
pub fn spawn(work: BoxFuture<'static, ()>) {
    if NEAR.get() {
        drop(tokio::task::spawn_local(Near(Within::new(
            Handle::current(),
            work,
        ))));
    } else {
        drop(tokio::spawn(work));
    }
}

/// A future that may leave tasks to the thread that polls it.
struct Near<T>(Within<T>);

impl<T: Future> Future for Near<T> {
    type Output = T::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T::Output> {
        let before = NEAR.replace(true);
        let polled = Pin::new(&mut self.0).poll(context);
        NEAR.set(before);
        polled
    }
}

/// A future or stream whose every poll, and whose end, happens inside a runtime.
pub struct Within<T> {
    runtime: Handle,
    // `None` only after the end.
    inner: Option<Pin<Box<T>>>,
}

impl<T> Within<T> {
    /// Whatever `inner` is, polled inside `runtime`.
    pub fn new(runtime: Handle, inner: T) -> Self {
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
    use super::{Within, spawn, task};
    use futures::FutureExt as _;
    use std::time::Duration;
    use tokio::runtime::{Builder, Handle, Runtime};
    use tokio::sync::oneshot;
    use tokio::task::LocalSet;

    fn program() -> Runtime {
        Builder::new_multi_thread().enable_all().build().unwrap()
    }

    /// Says where it is run, by `spawn`.
    async fn left_to_somebody() -> std::thread::ThreadId {
        let (told, heard) = oneshot::channel();
        spawn(async move { told.send(std::thread::current().id()).unwrap() }.boxed());
        heard.await.unwrap()
    }

    #[test]
    fn a_task_and_what_it_leaves_stay_on_their_thread() {
        let program = program();
        let worker = Builder::new_current_thread().build().unwrap();
        let here = std::thread::current().id();
        let handle = program.handle().clone();
        let work = task_on(&worker, move || {
            task(handle, async {
                // Needs timers, which only the program's runtime has.
                tokio::time::sleep(Duration::from_millis(1)).await;
                (
                    std::thread::current().id(),
                    left_to_somebody().await,
                    Handle::current().id(),
                )
            })
        });
        assert_eq!(work, (here, here, program.handle().id()));
        assert_ne!(
            program.block_on(async { tokio::spawn(left_to_somebody()).await.unwrap() }),
            here
        );
    }

    #[test]
    fn whoever_drops_the_handle_ends_the_task() {
        let program = program();
        let worker = Builder::new_current_thread().build().unwrap();
        let (held, dropped) = oneshot::channel::<()>();
        let handle = program.handle().clone();
        LocalSet::new().block_on(&worker, async move {
            let running = task(handle, async move {
                std::future::pending::<()>().await;
                drop(held);
            });
            tokio::task::yield_now().await;
            drop(running);
            assert!(dropped.await.is_err(), "nothing was sent, and the sender is gone");
        });
    }

    fn task_on<T: 'static>(
        worker: &Runtime,
        start: impl FnOnce() -> tokio_util::task::AbortOnDropHandle<T>,
    ) -> T {
        LocalSet::new().block_on(worker, async { start().await.unwrap() })
    }

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
