//! A server in a process of its own.

use super::client::Connection;
use anyhow::{Context, Result, bail};
use hyper::StatusCode;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long a program may take until it is ready.
const PATIENCE: Duration = Duration::from_mins(2);

/// How long a program may take to end in peace.
const LAST_WORK: Duration = Duration::from_secs(15);

/// A running program; killed when dropped.
pub struct Program {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From starting the process to its first `200` at `/readiness`.
    pub ready_after: Duration,
}

impl Program {
    /// Starts a command that announces its address on standard output, and waits until it is ready.
    pub async fn start(mut command: Command) -> Result<Self> {
        let begun = Instant::now();
        let mut child = spawn(command.stdout(Stdio::piped()))?;
        let announced = child.stdout.take().map(announcement);
        // From here on it is killed when something goes wrong.
        let mut program = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            ready_after: Duration::ZERO,
        };
        let announced = announced.context("standard output is piped")?;
        let announced = tokio::time::timeout(PATIENCE, announced).await;
        program.address = announced
            .context("the program announced no address")?
            .context("the program ended before it listened")?;
        program.wait_until_ready(begun).await?;
        Ok(program)
    }

    /// Starts a command that listens where it was told to and announces nothing, and waits until it is ready.
    pub async fn start_at(address: SocketAddr, mut command: Command) -> Result<Self> {
        let begun = Instant::now();
        let mut program = Self {
            child: spawn(command.stdout(Stdio::null()))?,
            address,
            ready_after: Duration::ZERO,
        };
        program.wait_until_ready(begun).await?;
        Ok(program)
    }

    async fn wait_until_ready(&mut self, begun: Instant) -> Result<()> {
        while begun.elapsed() < PATIENCE {
            if is_ready(self.address).await {
                self.ready_after = begun.elapsed();
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the program ended before it was ready: {status}");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bail!("the program did not become ready")
    }

    /// Memory that the process has in use now (`VmRSS`), in KiB.
    pub fn resident_kib(&self) -> Result<u64> {
        let file = format!("/proc/{}/status", self.child.id());
        let value = super::report::line_of(&file, "VmRSS").context("no VmRSS under /proc")?;
        let digits = value.trim_end_matches("kB").trim();
        digits.parse().with_context(|| format!("VmRSS is `{value}`"))
    }

    /// Processor time that the process has used since it began, its own and the kernel's on its behalf.
    pub fn processor_time(&self) -> Result<Duration> {
        let file = format!("/proc/{}/stat", self.child.id());
        let text = std::fs::read_to_string(&file).with_context(|| file.clone())?;
        // The second field is the name in parentheses, which may hold spaces; user and system time are the 14th and 15th.
        let (_, rest) = text.rsplit_once(')').context("no name in /proc/PID/stat")?;
        let times = rest.split_whitespace().skip(11).take(2);
        let ticks: u64 = times.map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        // Linux counts in hundredths of a second for everybody outside the kernel.
        Ok(Duration::from_millis(ticks * 10))
    }

    /// SIGTERM, and the time to finish what is under way and to close the stores.
    pub async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        let asked = Instant::now();
        while asked.elapsed() < LAST_WORK {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        super::report::say("a program did not end in time and is killed");
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that sees nothing of this process's environment: settings and addresses of somebody's own clinic must not slip in.
pub fn bare_command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

fn spawn(command: &mut Command) -> Result<Child> {
    command
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))
}

/// The first address on standard output. The thread goes on reading, so that the program never waits for a full pipe.
fn announcement(output: ChildStdout) -> oneshot::Receiver<SocketAddr> {
    let (found, address) = oneshot::channel();
    let mut found = Some(found);
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let Some((_, rest)) = line.split_once("http://") else {
                continue;
            };
            let text: String = rest.chars().take_while(|c| !matches!(c, '/' | ' ')).collect();
            if let Ok(address) = text.parse::<SocketAddr>()
                && let Some(found) = found.take()
            {
                // Whoever waited may have lost patience.
                let _ = found.send(address);
            }
        }
    });
    address
}

async fn is_ready(address: SocketAddr) -> bool {
    let asked = async { Connection::open(address).await?.get("/readiness").await };
    matches!(asked.await, Ok((StatusCode::OK, _)))
}
