//! Whether everybody has heard of everything: no handler is behind, and no job is due.

use crate::bench::client::Connection;
use anyhow::{Context, Result, ensure};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Between processes a handler's lag is told once a second.
const PAUSE: Duration = Duration::from_secs(1);

/// So many times in a row there must be nothing: what one handler tells, another has not heard yet.
const LOOKS: u32 = 3;

/// What is left to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// Events that a handler has not dealt with, for each handler.
    pub events: i64,
    /// Jobs that should have begun.
    pub jobs: i64,
    /// Events that a handler gave up.
    pub letters: i64,
}

impl Left {
    /// What all of these processes have left to do. A process that does not say how far its handlers are is an error.
    pub async fn at(addresses: &[SocketAddr]) -> Result<Self> {
        let mut left = Self::default();
        for address in addresses {
            let (_, page) = Connection::open(*address).await?.get("/metrics").await?;
            let page = String::from_utf8_lossy(&page);
            let events = sum(&page, "caregraph_events_lag{");
            left.events += events.with_context(|| format!("{address} does not say what it has heard"))?;
            left.jobs += sum(&page, "caregraph_jobs_due{").unwrap_or(0);
            left.letters += sum(&page, "caregraph_dead_letters{").unwrap_or(0);
        }
        Ok(left)
    }

    fn is_nothing(self) -> bool {
        (self.events, self.jobs) == (0, 0)
    }
}

/// Waits until all of these processes have nothing left to do; gives what handlers have given up. Processes that have just begun may
/// not answer yet.
pub async fn wait(addresses: &[SocketAddr], patience: Duration) -> Result<Left> {
    let begun = Instant::now();
    let mut looks = 0;
    loop {
        let left = Left::at(addresses).await;
        looks = match &left {
            Ok(left) if left.is_nothing() => looks + 1,
            _ => 0,
        };
        if looks >= LOOKS {
            return left;
        }
        let seconds = patience.as_secs();
        ensure!(
            begun.elapsed() < patience,
            "not everybody has heard of everything after {seconds} s: {left:?}"
        );
        tokio::time::sleep(PAUSE).await;
    }
}

/// All values of one name on a page of metrics, added; `None` where there is none.
pub fn sum(page: &str, name: &str) -> Option<i64> {
    let lines = page.lines().filter(|line| line.starts_with(name));
    let values = lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<i64>().ok());
    values.reduce(|sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_one_name_are_added() {
        let page = "# TYPE caregraph_events_lag gauge\ncaregraph_events_lag{handler=\"a\",source=\"b\"} 2\n\
                    caregraph_events_lag{handler=\"c\",source=\"b\"} 3\ncaregraph_jobs_due{domain=\"x\"} 0\n";
        assert_eq!(sum(page, "caregraph_events_lag{"), Some(5));
        assert_eq!(sum(page, "caregraph_jobs_due{"), Some(0));
        assert_eq!(sum(page, "caregraph_dead_letters{"), None);
    }
}
