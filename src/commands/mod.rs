//! One file per command.

mod admin;
mod codes;
mod config;
mod events;
mod keys;
mod listening;
mod migrate;
mod open_files;
mod router;
mod schema;
mod serve;

use crate::cli::{Cli, Command};
use crate::settings::Settings;
use anyhow::Result;
use caregraph_kit::telemetry;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// Runs what was asked for.
pub async fn run(cli: Cli) -> Result<ExitCode> {
    // Schemas follow from the code alone; a broken configuration must not keep anybody from exporting them.
    if let Command::Schema { command } = &cli.command {
        return schema::run(command);
    }
    // What measures brings settings of its own, and the stock router its own log.
    #[cfg(feature = "bench")]
    if let Command::Bench { command } = &cli.command {
        return crate::bench::run(&cli.sources, command).await;
    }
    let settings = Settings::load(&cli.sources)?;
    let telemetry = telemetry::install(settings.log.format, &settings.log.filter, &settings.traces);
    let result = run_with(settings, cli.command).await;
    telemetry.finish().await;
    result
}

async fn run_with(mut settings: Settings, command: Command) -> Result<ExitCode> {
    match command {
        Command::Serve(arguments) => {
            settings.apply(&arguments.storage);
            settings.listen = arguments.listen.unwrap_or(settings.listen);
            serve::run(settings, &arguments).await
        }
        Command::Router(arguments) => {
            settings.listen = arguments.listen.unwrap_or(settings.listen);
            router::run(settings, &arguments).await
        }
        Command::Migrate(storage) => {
            settings.apply(&storage);
            migrate::run(&settings).await
        }
        Command::Admin { command } => admin::run(settings, command).await,
        Command::Keys { command } => keys::run(settings, &command).await,
        Command::Events { command } => events::run(settings, command).await,
        Command::Codes { command } => codes::run(settings, command).await,
        Command::Config { command } => config::run(&settings, &command),
        Command::Schema { command } => schema::run(&command),
        #[cfg(feature = "bench")]
        Command::Bench { .. } => anyhow::bail!("this is run without the settings of a clinic"),
    }
}

/// Cancelled when the process is asked to stop: SIGTERM from an operator, SIGINT from a terminal.
fn stop_signal() -> Result<CancellationToken> {
    let stop = CancellationToken::new();
    let cancelled = stop.clone();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("asked to stop");
            cancelled.cancel();
        });
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            cancelled.cancel();
        }
    });
    Ok(stop)
}
