//! Nurses who are hired for a day: the demo has one.

use crate::bench::people::Person;
use crate::bench::stage::Stage;
use crate::clinic::Clinic;
use crate::demo::done;
use crate::settings::Settings;
use anyhow::Result;
use caregraph_contracts::ids::UserId;
use caregraph_contracts::{Domain, Role};
use caregraph_identity::account::{Locale, NewAccount};
use caregraph_kit::Clock;
use caregraph_kit::config::Secret;
use chrono::TimeDelta;
use hyper::header::HeaderValue;
use std::collections::BTreeSet;
use std::process::Command;

/// The variable that says where tables are.
pub const DATABASE: &str = "CAREGRAPH_DATABASE__URL";

/// How long their tokens live.
const LIFE: TimeDelta = TimeDelta::days(1);

/// Makes accounts for so many nurses, with tokens. Nothing else may run on the stage meanwhile; whoever runs there next hears of them.
pub async fn hire(stage: &Stage, nurses: usize) -> Result<Vec<Person>> {
    let settings = settings_of(stage);
    let clinic = Clinic::open(&settings, Clock::system(), &[Domain::Identity]).await?;
    let hired = accounts(&clinic, nurses).await;
    clinic.close().await;
    hired
}

async fn accounts(clinic: &Clinic, nurses: usize) -> Result<Vec<Person>> {
    let mut hired = Vec::with_capacity(nurses);
    for number in 0..nurses {
        let account = NewAccount {
            email: format!("bench-nurse-{number}@demo.test"),
            username: None,
            phone: None,
            first_name: "Thu Cúc".to_owned(),
            last_name: format!("Ca {number}"),
            locale: Locale::Vi,
            time_zone: chrono_tz::Asia::Ho_Chi_Minh,
            password: None,
            roles: BTreeSet::from([Role::Nurse]),
            verified: true,
        };
        let user = done(clinic.accounts()?.create_account(account).await)?;
        hired.push(admit(clinic, user.id)?);
    }
    Ok(hired)
}

/// A token without signing in.
fn admit(clinic: &Clinic, user: UserId) -> Result<Person> {
    let clock = Clock::system();
    let (now, role) = (clock.now(), Role::Nurse);
    let token = clinic.signing_keys()?.sign(
        (user, clock.new_id()),
        (&[role], role.default_scopes()),
        (now, now + LIFE),
    )?;
    Ok(Person {
        id: user,
        authorization: HeaderValue::from_str(&format!("Bearer {token}"))?,
    })
}

/// Where a stage keeps its data, as it tells the programs that it starts.
fn settings_of(stage: &Stage) -> Settings {
    let command = stage.command(&[]);
    let mut settings = Settings {
        data_dir: stage.folder().to_owned(),
        ..Settings::default()
    };
    settings.database.url = Secret::new(told(&command, DATABASE).unwrap_or_default());
    settings
}

/// What a command is told by a variable.
pub fn told(command: &Command, variable: &str) -> Option<String> {
    let mut told = command.get_envs().filter(|(name, _)| *name == variable);
    told.next()?.1?.to_str().map(str::to_owned)
}
