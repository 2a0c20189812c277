//! `caregraph config`.

use crate::cli::ConfigCommand;
use crate::settings::Settings;
use anyhow::Result;
use std::process::ExitCode;

/// Prints the settings in effect. Secrets serialise masked.
#[expect(clippy::print_stdout, reason = "printing is what was asked for")]
pub fn run(settings: &Settings, command: &ConfigCommand) -> Result<ExitCode> {
    match command {
        ConfigCommand::Print => println!("{}", toml::to_string_pretty(settings)?),
    }
    Ok(ExitCode::SUCCESS)
}
