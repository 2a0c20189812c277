//! Identity's public keys, fetched where identity runs in another process.

use anyhow::{Context, Result};
use caregraph_kit::auth::TokenVerifier;
use std::{future::Future, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// How often the keys are fetched again. Identity publishes a key earlier than this before it signs with it.
const PERIOD: Duration = Duration::from_mins(1);

/// Fetches the keys once, then gives the work that fetches them again and again. While identity is away, the last known
/// keys stay good.
pub async fn watch_remote_keys(
    url: &str,
    verifier: &Arc<TokenVerifier>,
    stop: CancellationToken,
) -> Result<impl Future<Output = ()> + Send + use<>> {
    let (url, client, verifier) = (url.to_owned(), reqwest::Client::new(), Arc::clone(verifier));
    fetch(&client, &url, &verifier)
        .await
        .with_context(|| format!("cannot fetch identity's keys from {url}"))?;
    Ok(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(PERIOD) => {}
            }
            if let Err(error) = fetch(&client, &url, &verifier).await {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "identity's keys could not be fetched"
                );
            }
        }
    })
}

async fn fetch(client: &reqwest::Client, url: &str, verifier: &TokenVerifier) -> Result<()> {
    let answer = client
        .get(url)
        .timeout(Duration::from_secs(5))
        .send()
        .await?
        .error_for_status()?;
    let keys: serde_json::Value = answer.json().await?;
    verifier.publish(&keys).context("the answer is no JWKS document")
}
