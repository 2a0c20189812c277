//! Who listens, and what was told last: both under one lock, so that every listener knows where its queue begins.

use super::pages::{Latest, Unreadable};
use super::{Capacity, Listener, News, Switchboard, Topic};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::mpsc;

/// What changes while news are told.
pub(super) struct Board<T: Topic> {
    /// What was told last; its end is how far everything was told.
    pub latest: Latest<T::What>,
    lines: HashMap<T::Key, Lines<T>>,
    last: u64,
}

/// The ways to the listeners of one key, in the order in which they came.
type Lines<T> = BTreeMap<u64, Box<dyn Line<T>>>;

/// The way to one listener.
pub(super) trait Line<T: Topic>: Send + Sync {
    /// Puts into its queue what the listener hears. `false` when the queue is full.
    fn tell(&self, news: &News<T::What>, facts: &T::Facts) -> bool;

    /// The same for what nobody can read.
    fn fail(&self, unreadable: Unreadable) -> bool;
}

impl<T: Topic> Board<T> {
    /// Nobody listens, and everything up to a position was told.
    pub fn at(position: i64, capacity: Capacity) -> Self {
        Self {
            latest: Latest::behind(position, capacity),
            lines: HashMap::new(),
            last: 0,
        }
    }

    /// Goes on at a position, with something left out: everybody must come back to hear what they missed.
    pub fn restart(&mut self, position: i64, capacity: Capacity) {
        self.latest = Latest::behind(position, capacity);
        self.lines.clear();
    }

    /// Whether nobody listens.
    pub fn is_silent(&self) -> bool {
        self.lines.is_empty()
    }

    /// Tells one of the news to the listeners of some keys, and says how many there were. Who is too slow is disconnected.
    pub fn tell(&mut self, news: &Arc<News<T::What>>, keys: &HashSet<T::Key>, facts: &T::Facts) -> usize {
        self.latest.push(Ok(Arc::clone(news)));
        let mut listeners = 0;
        for key in keys {
            let Some(lines) = self.lines.get_mut(key) else {
                continue;
            };
            listeners += lines.len();
            lines.retain(|_, line| line.tell(news, facts));
            if lines.is_empty() {
                self.lines.remove(key);
            }
        }
        listeners
    }

    /// Tells everybody that nobody can read what comes next.
    pub fn fail(&mut self, unreadable: Unreadable) {
        self.latest.push(Err(unreadable));
        self.lines.retain(|_, lines| {
            lines.retain(|_, line| line.fail(unreadable));
            !lines.is_empty()
        });
    }

    fn connect(&mut self, key: T::Key, line: Box<dyn Line<T>>) -> (u64, i64) {
        self.last += 1;
        self.lines.entry(key).or_default().insert(self.last, line);
        (self.last, self.latest.upto())
    }

    fn hang_up(&mut self, key: &T::Key, id: u64) {
        if let Some(lines) = self.lines.get_mut(key) {
            lines.remove(&id);
            if lines.is_empty() {
                self.lines.remove(key);
            }
        }
    }
}

/// What lies in a queue: a place in the log and what is heard there. Boxed, because room for a queue is taken before there is anything
/// in it.
type Told<H> = (i64, Result<Box<H>, Unreadable>);

struct Wire<L: Listener> {
    listener: Arc<L>,
    queue: mpsc::Sender<Told<L::Heard>>,
}

impl<L: Listener> Line<L::Topic> for Wire<L> {
    fn tell(&self, news: &News<<L::Topic as Topic>::What>, facts: &<L::Topic as Topic>::Facts) -> bool {
        match self.listener.hear(news, facts) {
            None => true,
            Some(heard) => self.queue.try_send((news.position, Ok(Box::new(heard)))).is_ok(),
        }
    }

    fn fail(&self, unreadable: Unreadable) -> bool {
        self.queue
            .try_send((unreadable.position, Err(unreadable)))
            .is_ok()
    }
}

/// A listener's end of the line. Hangs up when dropped.
pub(super) struct Call<L: Listener> {
    /// What was told up to here does not come this way, everything behind it does.
    pub from: i64,
    queue: mpsc::Receiver<Told<L::Heard>>,
    switchboard: Switchboard<L::Topic>,
    key: <L::Topic as Topic>::Key,
    id: u64,
}

impl<L: Listener> Call<L> {
    /// Connects a listener, with room for so many news that wait.
    pub fn connect(switchboard: &Switchboard<L::Topic>, listener: &Arc<L>, room: usize) -> Self {
        let (sender, queue) = mpsc::channel(room);
        let key = listener.key();
        let line = Wire {
            listener: Arc::clone(listener),
            queue: sender,
        };
        let (id, from) = switchboard.board().connect(key.clone(), Box::new(line));
        Self {
            from,
            queue,
            switchboard: switchboard.clone(),
            key,
            id,
        }
    }

    /// What is told next; `None` when the listener was too slow for what came behind the last one.
    pub async fn next(&mut self) -> Option<(i64, Result<L::Heard, Unreadable>)> {
        let (position, heard) = self.queue.recv().await?;
        Some((position, heard.map(|heard| *heard)))
    }
}

impl<L: Listener> Drop for Call<L> {
    fn drop(&mut self) {
        self.switchboard.board().hang_up(&self.key, self.id);
    }
}
