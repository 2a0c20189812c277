//! `caregraph admin`.

use crate::cli::AdminCommand;
use crate::clinic::Clinic;
use crate::settings::Settings;
use anyhow::{Result, bail};
use caregraph_contracts::Domain;
use caregraph_kit::{Clock, Failure, Rejection};
use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;

/// Runs an administrator's command. Every subgraph is opened, so that all of them hear of the new account at once.
pub async fn run(mut settings: Settings, command: AdminCommand) -> Result<ExitCode> {
    match command {
        AdminCommand::Create {
            storage,
            email,
            first_name,
            last_name,
        } => {
            settings.apply(&storage);
            let password = read_password()?;
            let clinic = Clinic::open(&settings, Clock::system(), Domain::ALL).await?;
            let created = create(&clinic, (&email, &first_name, &last_name), &password).await;
            clinic.close().await;
            created?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

#[expect(
    clippy::print_stdout,
    reason = "whoever makes an account wants to know that it is there"
)]
async fn create(
    clinic: &Clinic,
    (email, first_name, last_name): (&str, &str, &str),
    password: &str,
) -> Result<()> {
    let accounts = clinic.accounts()?;
    match accounts
        .create_administrator(email, (first_name, last_name), password)
        .await
    {
        Ok(account) => {
            println!("administrator {} created", account.id);
            Ok(())
        }
        Err(Failure::Refused(reasons)) => {
            let reasons: Vec<String> = reasons.iter().map(explain).collect();
            bail!("{}", reasons.join("; "))
        }
        Err(Failure::Denied(denied)) => Err(denied.into()),
        Err(Failure::Fault(fault)) => Err(fault.into()),
    }
}

fn read_password() -> Result<String> {
    let password = if std::io::stdin().is_terminal() {
        // Nobody who looks over a shoulder or into a scrollback sees it, and a slip of the finger is noticed.
        let first = rpassword::prompt_password("Password of the new administrator: ")?;
        let second = rpassword::prompt_password("The same once more: ")?;
        if first != second {
            bail!("the two passwords differ");
        }
        first
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    if password.is_empty() {
        bail!("no password was given on standard input");
    }
    Ok(password)
}

/// A refusal with the field it is about, because a command line shows no form in which the field could be marked.
fn explain(reason: &Rejection) -> String {
    match reason {
        Rejection::Invalid { path, message } if !path.is_empty() => format!("{}: {message}", path.join(".")),
        other => other.to_string(),
    }
}
