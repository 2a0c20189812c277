//! One round: a program, everybody who follows, and whoever makes changes.

use super::crowd::{Crowd, Field};
use super::driver::{Driver, Made};
use super::families::Topic;
use super::follower::Follower;
use super::ledger::Ledger;
use crate::bench::client::Connection;
use crate::bench::program::Program;
use crate::bench::report::{number, say};
use crate::bench::stage::Stage;
use crate::bench::warm_up;
use anyhow::{Result, bail};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How long everybody who is cut off stays away.
pub const AWAY: Duration = Duration::from_secs(5);

/// How long the program rests before its memory is looked at.
const REST: Duration = Duration::from_secs(5);

/// How long changes have been going on when everybody is cut off.
const RUN_UP: Duration = Duration::from_secs(1);

/// What is told twice is told late; after this time without anything owed, it would have come.
const LINGER: Duration = Duration::from_secs(2);

/// How long everybody together may take for anything.
const PATIENCE: Duration = Duration::from_mins(5);

/// How long those who have heard nothing yet may take to hear of a first change, before another one is made for them.
const GREETING: Duration = Duration::from_secs(20);

/// How often that is done.
const GREETINGS: usize = 5;

/// How often followers are looked at: nothing that takes seconds is measured more finely.
const GLANCE: Duration = Duration::from_millis(5);

/// How often the program is asked how many subscriptions it runs.
const ASKING: Duration = Duration::from_millis(200);

/// What one round is played with.
pub struct Scene {
    program: Program,
    driver: Arc<Driver>,
    /// Those who follow, while they do.
    pub field: Arc<Field>,
    /// What happened.
    pub ledger: Ledger,
}

/// How everybody got in.
pub struct Admission {
    /// How long it took.
    pub connected: Duration,
    /// What each takes of the program's memory, in KiB.
    pub each_kib: f64,
}

/// Changes that were measured.
pub struct Measured {
    /// How they were made.
    pub made: Made,
    /// Positions in the log between which they are.
    pub positions: RangeInclusive<i64>,
    /// What the program took of the processors until everybody was told of them.
    pub processor: Duration,
}

/// How everybody came back.
pub struct Comeback {
    /// How many changes all of them together had missed.
    pub missed: usize,
    /// How long it took until nobody missed anything any more.
    pub caught_up: Duration,
}

impl Scene {
    /// Starts a program for the stage's patients, in whose log so many changes a second will be made.
    pub async fn set(stage: &Stage, topics: &Arc<[Topic]>, pace: (u32, u32)) -> Result<Self> {
        let followers = stage.people.patients.len();
        let mut command = stage.command(&["serve", "--listen", "127.0.0.1:0"]);
        // 10,000 unless somebody says so; and whoever comes back may do so before the old connection is known to be gone.
        let connections = (2 * followers + 1_000).to_string();
        command.env("CAREGRAPH_ROUTER__WEBSOCKET__MAX_CONNECTIONS", connections);
        let program = Program::start(command).await?;
        let server = program.address;
        Ok(Self {
            program,
            driver: Arc::new(Driver::new(server, Arc::clone(topics), pace)),
            field: Arc::new(Field::new(server, followers, topics.len())),
            ledger: Ledger::open(stage, topics).await?,
        })
    }

    /// Lets everybody in.
    pub async fn admit(&self, followers: Vec<Follower>) -> Result<(Crowd, Admission)> {
        tokio::time::sleep(REST).await;
        let before = self.program.resident_kib()?;
        let count = followers.len();
        let begun = Instant::now();
        let crowd = Crowd::gather(&self.field, followers);
        self.wait("not everybody got in", Field::is_full).await?;
        self.wait_for_subscriptions(count).await?;
        let connected = begun.elapsed();
        tokio::time::sleep(REST).await;
        let taken = self.program.resident_kib()?.saturating_sub(before);
        let each_kib = number(taken) / number(u64::try_from(count)?);
        Ok((crowd, Admission { connected, each_kib }))
    }

    /// A change of every topic, so that everybody has a cursor and is known to listen; again for those who began to a moment too late.
    pub async fn greet(&mut self) -> Result<()> {
        for _ in 0..GREETINGS {
            let silent = self.field.silent_topics();
            if silent.is_empty() {
                return Ok(());
            }
            self.driver.once(silent).await?;
            let begun = Instant::now();
            while begun.elapsed() < GREETING && !self.field.silent_topics().is_empty() {
                tokio::time::sleep(GLANCE).await;
            }
        }
        let (_, trouble) = self.field.troubles();
        let silent = self.field.silent_topics().len();
        bail!(
            "{silent} topics have followers who hear nothing; {}",
            trouble.unwrap_or_default()
        );
    }

    /// Changes for so long, until everybody was told of them.
    pub async fn measure(&mut self, seconds: u64) -> Result<Measured> {
        let patience = Duration::from_secs(seconds);
        self.driver.for_a_while(warm_up(patience)).await?;
        self.everybody_is_told().await?;
        let (first, before) = (self.ledger.reached() + 1, self.program.processor_time()?);
        let made = self.driver.for_a_while(patience).await?;
        self.everybody_is_told().await?;
        Ok(Measured {
            made,
            positions: first..=self.ledger.reached(),
            processor: self.program.processor_time()?.saturating_sub(before),
        })
    }

    /// Cuts everybody off in the middle of changes, which go on, and lets all come back at once after a while.
    pub async fn cut_off_and_return(&mut self, crowd: Crowd) -> Result<(Vec<Follower>, Comeback)> {
        let stop = CancellationToken::new();
        let going_on = tokio::spawn(Arc::clone(&self.driver).until(stop.clone()));
        let _stopped = stop.clone().drop_guard();
        tokio::time::sleep(RUN_UP).await;
        let followers = crowd.cut().await?;
        tokio::time::sleep(AWAY).await;
        self.ledger.read_on().await?;
        let owed = self.ledger.last();
        let behind = |follower: &Follower| self.ledger.behind(follower.topic, follower.last());
        let missed: usize = followers.iter().map(behind).sum();

        let returned = Instant::now();
        let crowd = Crowd::gather(&self.field, followers);
        let is_back = |field: &Field| field.is_full() && field.is_told(&owed);
        self.wait("not everybody has caught up", is_back).await?;
        let caught_up = returned.elapsed();
        stop.cancel();
        if let Some(failure) = going_on.await??.first_failure {
            say(&format!("a change failed while everybody was away: {failure}"));
        }
        self.everybody_is_told().await?;
        tokio::time::sleep(LINGER).await;
        self.everybody_is_told().await?;
        Ok((crowd.cut().await?, Comeback { missed, caught_up }))
    }

    /// Ends the program.
    pub async fn end(self) -> Result<()> {
        self.ledger.close().await?;
        self.program.stop().await
    }

    /// Waits until everybody was told of all that was made.
    async fn everybody_is_told(&mut self) -> Result<()> {
        self.ledger.wait_for(self.driver.answered()).await?;
        let owed = self.ledger.last();
        self.wait("not everybody was told of everything", |field| {
            field.is_told(&owed)
        })
        .await
    }

    async fn wait(&self, complaint: &str, is_so: impl Fn(&Field) -> bool) -> Result<()> {
        let begun = Instant::now();
        while !is_so(&self.field) {
            if begun.elapsed() > PATIENCE {
                let (ended, trouble) = self.field.troubles();
                let trouble = trouble.unwrap_or_else(|| "no connection ended".to_owned());
                bail!(
                    "{complaint} within {PATIENCE:?} (try a lower --rate); {ended} connections ended: {trouble}"
                );
            }
            tokio::time::sleep(GLANCE).await;
        }
        Ok(())
    }

    /// Waits until the program says that so many subscriptions run: an acknowledged connection is not one yet.
    async fn wait_for_subscriptions(&self, count: usize) -> Result<()> {
        let mut connection = Connection::open(self.program.address).await?;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let (_, page) = connection.get("/metrics").await?;
            if running(&String::from_utf8_lossy(&page)).is_some_and(|running| running >= count) {
                return Ok(());
            }
            tokio::time::sleep(ASKING).await;
        }
        bail!("not everybody's subscription began within {PATIENCE:?}")
    }
}

/// How many subscriptions run.
fn running(metrics: &str) -> Option<usize> {
    let mut lines = metrics.lines();
    let value = lines.find_map(|line| line.strip_prefix("caregraph_active_subscriptions "))?;
    value.trim().parse().ok()
}
