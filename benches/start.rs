//! How soon the program is ready, what it takes at rest, how large it is.

use super::program::{Program, bare_command};
use super::report::{Report, Table, median, number, say, warn_if_unoptimised};
use super::stage::Stage;
use super::{Servers, Start};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const EMPTY: &str = "an empty folder";
const FILLED: &str = "the demo's folder";

/// One start.
struct Measured {
    folder: &'static str,
    ready_ms: f64,
    resident_mib: f64,
}

/// Measures and reports.
pub async fn run(arguments: &Start) -> Result<()> {
    warn_if_unoptimised();
    let program = match &arguments.program {
        Some(program) => program.canonicalize(),
        None => std::env::current_exe(),
    }?;
    let size = std::fs::metadata(&program)
        .with_context(|| program.display().to_string())?
        .len();
    let stage = Stage::fill(&Servers::default(), 0, 0).await?;
    let mut measured = Vec::new();
    for round in 0..arguments.repetition.runs {
        say(&format!("round {}", round + 1));
        let empty = tempfile::tempdir()?;
        for (name, folder) in [(EMPTY, empty.path()), (FILLED, stage.folder())] {
            let started = Program::start(command(&program, folder)).await?;
            tokio::time::sleep(Duration::from_secs(arguments.seconds)).await;
            measured.push(Measured {
                folder: name,
                ready_ms: started.ready_after.as_secs_f64() * 1_000.0,
                resident_mib: number(started.resident_kib()?) / 1_024.0,
            });
            started.stop().await?;
        }
    }
    report(arguments, (program.as_path(), size), &measured)
}

/// `serve` with all its defaults, apart from where it keeps its data and where it listens.
fn command(program: &Path, folder: &Path) -> Command {
    let mut command = bare_command(program);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder)
        .current_dir(folder)
        .env("CAREGRAPH_LOG__FILTER", "warn,router=error");
    command
}

fn report(arguments: &Start, (program, size): (&Path, u64), measured: &[Measured]) -> Result<()> {
    let mut starts = Table::new(
        format!(
            "From starting the process to ready, and memory {} s later",
            arguments.seconds
        ),
        &["data", "ready ms", "least", "most", "resident MiB"],
    );
    for folder in [EMPTY, FILLED] {
        let of_folder = || measured.iter().filter(move |one| one.folder == folder);
        let ready = || of_folder().map(|one| one.ready_ms);
        starts.row(vec![
            folder.to_owned(),
            format!("{:.0}", median(ready())),
            format!("{:.0}", ready().fold(f64::INFINITY, f64::min)),
            format!("{:.0}", ready().fold(f64::NEG_INFINITY, f64::max)),
            format!("{:.1}", median(of_folder().map(|one| one.resident_mib))),
        ]);
    }
    let mut sizes = Table::new("Size", &["program", "MiB"]);
    // In KiB first, so that the number of bytes fits.
    let mib = number(size / 1_024) / 1_024.0;
    sizes.row(vec![program.display().to_string(), format!("{mib:.1}")]);
    let starts_raw: Vec<Value> = measured
        .iter()
        .map(|one| json!({ "data": one.folder, "readyMs": one.ready_ms, "residentMib": one.resident_mib }))
        .collect();
    Report {
        bench: "start",
        settings: json!({ "runs": arguments.repetition.runs, "rest": arguments.seconds, "program": program }),
        results: json!({ "bytes": size, "starts": starts_raw }),
        tables: vec![starts, sizes],
    }
    .publish(arguments.repetition.json.as_deref())
}
