//! The demo clinic: a simulation through the real use cases.
//!
//! A clock starts four weeks ago and runs to today; people are hired, patients come, book, show up or do not. So the demo data
//! obey every rule, and are the same for everybody who starts on the same day.

mod cases;
mod cast;
mod charts;
mod clinical;
mod history;
mod patients;
mod person;
mod profiles;
mod staff;
mod visits;

use crate::clinic::Clinic;
use crate::settings::Settings;
use anyhow::{Result, anyhow, bail};
use caregraph_contracts::ids::{SessionId, UserId};
use caregraph_contracts::{Domain, Role};
use caregraph_identity::account::{AccountService, UserFilter};
use caregraph_kit::auth::Principal;
use caregraph_kit::graphql::PageArgs;
use caregraph_kit::{Clock, Failure};
use chrono::{DateTime, Days, NaiveTime, TimeDelta, TimeZone, Utc};
use rand::{SeedableRng, rngs::StdRng};
use std::fmt::Display;

const PASSWORD: &str = "caregraph-demo";
const PATIENT: &str = "patient@demo.test";
const DOCTOR: &str = "doctor@demo.test";
const NURSE: &str = "nurse@demo.test";
/// Made last: whoever finds this account finds a finished demo.
const ADMIN: &str = "admin@demo.test";
/// The same for every start, so that every demo started on one day is the same.
const SEED: u64 = 0x00C0_FFEE;
/// How far the simulated past and the booked future reach.
const WEEKS: u64 = 4;

/// What a person needs to know to sign in.
pub fn logins() -> String {
    format!("Sign in with password {PASSWORD} as\n  {PATIENT}\n  {DOCTOR}\n  {NURSE}\n  {ADMIN}")
}

/// Fills an empty store. A store that holds the finished demo is left as it is; any other is refused.
pub async fn fill(settings: &Settings) -> Result<()> {
    // Looked at on the present's clock: a clock in the past would confuse keys and sessions that are there already.
    let identity = Clinic::open(settings, Clock::system(), &[Domain::Identity]).await?;
    let found = look(&identity).await;
    identity.close().await;
    match found? {
        Found::Nothing => {}
        Found::Demo => {
            tracing::info!("the demo clinic is there already");
            return Ok(());
        }
        Found::Other => bail!(
            "the store holds other data, or a demo that was interrupted; --demo needs an empty one \
             (for example --data-dir with a new folder)"
        ),
    }
    let clock = Clock::manual(four_weeks_ago()?, SEED);
    // Nobody is told of what is simulated. When the program starts, notifications hears of it, and tells what is still news; the
    // audit trail hears of everything then, too.
    let told: Vec<Domain> = Domain::ALL
        .iter()
        .copied()
        .filter(|domain| !matches!(domain, Domain::Notifications | Domain::Administration))
        .collect();
    let clinic = Clinic::open(settings, clock.clone(), &told).await?;
    let filled = Box::pin(simulate(&clinic, clock)).await;
    clinic.close().await;
    filled
}

enum Found {
    Nothing,
    Demo,
    Other,
}

async fn look(clinic: &Clinic) -> Result<Found> {
    let accounts = clinic.accounts()?;
    // Nobody has an account yet who could look; whoever runs the program on the store may.
    let observer = acting(UserId::from(uuid::Uuid::nil()), Role::Admin);
    let one = PageArgs {
        first: 1,
        after: None,
    };
    let administrator = UserFilter {
        text: Some(ADMIN.to_owned()),
        ..UserFilter::default()
    };
    if !done(accounts.list(&observer, &administrator, &one).await)?.is_empty() {
        return Ok(Found::Demo);
    }
    let anybody = done(accounts.list(&observer, &UserFilter::default(), &one).await)?;
    Ok(if anybody.is_empty() {
        Found::Nothing
    } else {
        Found::Other
    })
}

/// Midnight in Vietnam, four weeks ago.
fn four_weeks_ago() -> Result<DateTime<Utc>> {
    let zone = chrono_tz::Asia::Ho_Chi_Minh;
    let today = Clock::system().now().with_timezone(&zone).date_naive();
    let start = (today - Days::new(7 * WEEKS)).and_time(NaiveTime::MIN);
    let start = zone.from_local_datetime(&start).single();
    start
        .map(|start| start.to_utc())
        .ok_or_else(|| anyhow!("there is no such midnight"))
}

async fn simulate(clinic: &Clinic, clock: Clock) -> Result<()> {
    let started = std::time::Instant::now();
    let accounts = clinic.accounts()?.clone();
    let mut simulation = Simulation {
        clinic,
        accounts,
        clock,
        random: StdRng::seed_from_u64(SEED),
    };
    let team = staff::hire(&mut simulation).await?;
    let people = patients::arrive(&mut simulation, &team).await?;
    let charts = charts::open(&mut simulation, &team, &people).await?;
    let visits = visits::happen(&mut simulation, &team, &people, &charts).await?;
    staff::create_administrator_login(&mut simulation).await?;
    tracing::info!(
        visits,
        seconds = started.elapsed().as_secs(),
        "the demo clinic is set up"
    );
    Ok(())
}

/// A clinic on a clock that we move.
struct Simulation<'a> {
    clinic: &'a Clinic,
    accounts: AccountService,
    clock: Clock,
    random: StdRng,
}

/// Somebody of the cast, signed in for good.
fn acting(user: UserId, role: Role) -> Principal {
    let far = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(365 * 200);
    let session = SessionId::from(uuid::Uuid::from(user));
    Principal::user(user, session, [role], role.default_scopes().iter().copied(), far)
}

/// The simulation breaks no rule, so a refusal is a mistake in it.
pub fn done<T, R: Display>(result: Result<T, Failure<R>>) -> Result<T> {
    match result {
        Ok(value) => Ok(value),
        Err(Failure::Refused(reasons)) => {
            let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
            bail!("refused: {}", reasons.join("; "))
        }
        Err(Failure::Denied(denied)) => Err(denied.into()),
        Err(Failure::Fault(fault)) => Err(fault.into()),
    }
}
