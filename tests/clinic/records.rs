//! Medical records, from the visit to the question who looked; and what is left of it all when the process dies.

pub mod chart;
mod dying;
mod glass;
mod sharing;
mod story;
pub mod trail;
mod visit;

use std::time::{Duration, Instant};

/// Waits for what may take long: MongoDB ends a transaction whose process was killed after a minute, and what would be written waits
/// until then.
pub async fn patiently<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_mins(4);
    loop {
        if let Some(value) = check().await {
            return value;
        }
        assert!(Instant::now() < deadline, "never came true: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
