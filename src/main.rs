//! Caregraph: the software behind a clinic or a hospital group, as one program.
//!
//! `caregraph serve` is the whole clinic; `--only` hosts some of its subgraphs, `caregraph router` is the router alone.
//! Topology is configuration, never code.

// hive-router's own server nests its middleware as types; whoever starts it needs as much as its own program.
#![cfg_attr(feature = "bench", recursion_limit = "256")]

#[cfg(feature = "bench")]
#[path = "../benches/mod.rs"]
mod bench;
mod cli;
mod clinic;
mod commands;
mod demo;
mod settings;

use clap::Parser;
use std::process::ExitCode;

// hive-router's allocator: one for the whole program, measured by its authors for this load.
#[global_allocator]
static GLOBAL: caregraph_router::Allocator = caregraph_router::Allocator;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&anyhow::Error::new(error).context("cannot start")),
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(code) => code,
        Err(error) => complain(&error),
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the last words of a command go to whoever ran it"
)]
fn complain(error: &anyhow::Error) -> ExitCode {
    eprintln!("caregraph: {error:#}");
    ExitCode::FAILURE
}
