//! The newest events of a domain, for all handlers of this process: read and opened once, by the relay, and not by each of them.

use super::Envelope;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many are kept. Who is further behind reads pages from the outbox, which is no dearer then.
const KEPT: usize = 512;

/// How long the texts of what is kept may be together, in bytes. Parts of exports are long.
const ROOM: usize = 4 << 20;

/// A run of events without a gap.
#[derive(Default)]
pub(super) struct Newest(Mutex<Run>);

#[derive(Default)]
struct Run {
    events: VecDeque<Arc<Envelope>>,
    length: usize,
}

impl Run {
    fn push(&mut self, event: &Arc<Envelope>) {
        self.length += length(&event.payload);
        self.events.push_back(Arc::clone(event));
        while self.events.len() > KEPT || (self.length > ROOM && self.events.len() > 1) {
            self.drop_first();
        }
    }

    fn at(&self, position: i64) -> Option<&Envelope> {
        let first = self.events.front()?.position;
        let index = usize::try_from(position - first).ok()?;
        self.events.get(index).map(Arc::as_ref)
    }

    fn drop_first(&mut self) {
        if let Some(event) = self.events.pop_front() {
            self.length -= length(&event.payload);
        }
    }
}

/// About how long a payload's texts are.
fn length(payload: &Value) -> usize {
    match payload {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(length).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| name.len() + length(value))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => size_of::<Value>(),
    }
}

impl Newest {
    /// Adds events behind those that are kept. What is known already is left out; behind a gap the run begins anew, and where another
    /// event has a place that was somebody's: the store was put back to an earlier state.
    pub(super) fn keep(&self, events: &[Arc<Envelope>]) {
        let mut run = self.run();
        for event in events {
            match run.events.back().map(|last| last.position) {
                Some(last) if event.position > last + 1 => *run = Run::default(),
                Some(last) if event.position <= last => match run.at(event.position) {
                    Some(known) if known.id != event.id => *run = Run::default(),
                    _ => continue,
                },
                _ => {}
            }
            run.push(event);
        }
    }

    /// Forgets everything when the store ends before what is kept: then it was put back to an earlier state.
    pub(super) fn forget_unless(&self, head: i64) {
        let mut run = self.run();
        if run.events.back().is_some_and(|last| last.position > head) {
            *run = Run::default();
        }
    }

    /// The events behind `position`, `at_most` so many: none when there is nothing newer here. `None` when some of them are not
    /// kept (any more).
    pub(super) fn behind(&self, position: i64, at_most: usize) -> Option<Vec<Arc<Envelope>>> {
        let run = self.run();
        let Some(first) = run.events.front() else {
            return Some(Vec::new());
        };
        let known = usize::try_from(position + 1 - first.position).ok()?;
        Some(run.events.iter().skip(known).take(at_most).cloned().collect())
    }

    fn run(&self) -> MutexGuard<'_, Run> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use caregraph_contracts::Domain;
    use chrono::DateTime;
    use uuid::Uuid;

    fn event(position: i64) -> Arc<Envelope> {
        Arc::new(Envelope {
            id: Uuid::nil().into(),
            domain: Domain::Scheduling,
            position,
            aggregate: Uuid::nil(),
            name: "Happened".to_owned(),
            version: 1,
            occurred_at: DateTime::UNIX_EPOCH,
            traceparent: None,
            payload: Value::Null,
        })
    }

    fn long(position: i64, length: usize) -> Arc<Envelope> {
        let payload = serde_json::json!({ "data": ["x".repeat(length)] });
        Arc::new(Envelope {
            payload,
            ..event(position).as_ref().clone()
        })
    }

    fn behind(newest: &Newest, position: i64) -> Option<Vec<i64>> {
        let page = newest.behind(position, 3)?;
        Some(page.iter().map(|event| event.position).collect())
    }

    #[test]
    fn whoever_is_not_far_behind_gets_what_comes_next() {
        let newest = Newest::default();
        assert_eq!(behind(&newest, 7), Some(vec![]), "nothing was handed out");
        newest.keep(&[event(8), event(9)]);
        newest.keep(&[event(9), event(10), event(11)]);
        assert_eq!(behind(&newest, 6), None, "the seventh is in the outbox only");
        assert_eq!(behind(&newest, 7), Some(vec![8, 9, 10]));
        assert_eq!(behind(&newest, 10), Some(vec![11]));
        assert_eq!(behind(&newest, 11), Some(vec![]));
        assert_eq!(behind(&newest, 20), Some(vec![]), "another process is ahead");
    }

    #[test]
    fn a_run_has_no_gap_and_a_bound() {
        let newest = Newest::default();
        newest.keep(&[event(1), event(2), event(5)]);
        assert_eq!(behind(&newest, 1), None);
        assert_eq!(behind(&newest, 4), Some(vec![5]));
        let many: Vec<_> = (6..2_000).map(event).collect();
        newest.keep(&many);
        assert_eq!(
            newest.behind(1_999 - 512, usize::MAX).map(|page| page.len()),
            Some(512)
        );
        assert_eq!(behind(&newest, 1_998 - 512), None);
    }

    #[test]
    fn a_store_that_was_put_back_is_believed() {
        let newest = Newest::default();
        newest.keep(&[event(1), event(2), event(3)]);
        newest.forget_unless(3);
        assert_eq!(behind(&newest, 1), Some(vec![2, 3]));
        let other = Arc::new(Envelope {
            id: Uuid::from_u128(1).into(),
            ..event(3).as_ref().clone()
        });
        newest.keep(&[other.clone(), event(4)]);
        assert_eq!(newest.behind(2, 3), Some(vec![other, event(4)]));
        newest.forget_unless(2);
        assert_eq!(
            behind(&newest, 2),
            Some(vec![]),
            "whoever asks looks into the outbox"
        );
    }

    #[test]
    fn long_events_take_the_room_of_many() {
        let newest = Newest::default();
        newest.keep(&(1..100).map(event).collect::<Vec<_>>());
        newest.keep(&[long(100, ROOM / 2), long(101, ROOM / 2)]);
        assert_eq!(
            (behind(&newest, 98), behind(&newest, 99)),
            (None, None),
            "two halves and their names are too much"
        );
        assert_eq!(behind(&newest, 100), Some(vec![101]));
        newest.keep(&[long(102, ROOM * 2)]);
        assert_eq!(
            behind(&newest, 101),
            Some(vec![102]),
            "the newest is always there"
        );
        newest.keep(&[event(103), event(104)]);
        assert_eq!(
            (behind(&newest, 101), behind(&newest, 102)),
            (None, Some(vec![103, 104]))
        );
    }
}
