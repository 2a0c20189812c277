//! The command line.

use caregraph_contracts::Domain;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::{net::SocketAddr, path::PathBuf};
use uuid::Uuid;

/// The software behind a clinic or a hospital group: one federated GraphQL graph.
///
/// Without any configuration, `caregraph serve --demo` runs a believable clinic on embedded storage in ./data.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    /// What is configured; `caregraph config print` shows the result.
    #[command(flatten)]
    pub sources: Sources,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Where settings come from.
#[derive(Debug, Args)]
pub struct Sources {
    /// Configuration file [default: ./caregraph.toml, if it exists]. Environment variables such as
    /// `CAREGRAPH_DATABASE__URL` override it.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the clinic: all subgraphs and the router in this process, or some subgraphs alone.
    Serve(Serve),
    /// Run the router alone, for any supergraph whose subgraphs are reached over HTTP.
    Router(RouterArgs),
    /// Bring all databases to the schema of this version.
    Migrate(Storage),
    /// Manage the installation's administrators.
    Admin {
        /// What to do.
        #[command(subcommand)]
        command: AdminCommand,
    },
    /// Manage the keys that seal what is sensitive.
    Keys {
        /// What to do.
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Look after events that a handler gave up on.
    Events {
        /// What to do.
        #[command(subcommand)]
        command: EventsCommand,
    },
    /// Manage code systems that records are coded with.
    Codes {
        /// What to do.
        #[command(subcommand)]
        command: CodesCommand,
    },
    /// Write or check the committed GraphQL schemas of the subgraphs.
    Schema {
        /// What to do.
        #[command(subcommand)]
        command: SchemaCommand,
    },
    /// Look at the settings.
    Config {
        /// What to do.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Measure how fast the program is, on a clinic that is made for it and goes with it.
    #[cfg(feature = "bench")]
    Bench {
        /// What to measure.
        #[command(subcommand)]
        command: crate::bench::Command,
    },
}

/// Where the data is.
#[derive(Debug, Clone, Args)]
pub struct Storage {
    /// Folder of the embedded databases, keys and outgoing messages [default: ./data].
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// `caregraph serve`.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Where the data is.
    #[command(flatten)]
    pub storage: Storage,
    /// Address to listen on [default: 127.0.0.1:4000]; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Fill an empty store with a believable clinic first. Refuses a store that holds other data.
    #[arg(long)]
    pub demo: bool,
    /// Host only these subgraphs, over HTTP and without a router, for a router elsewhere. Comma-separated:
    /// identity, patients, practitioners, scheduling, records, notifications, administration.
    #[arg(long, value_name = "SUBGRAPHS", value_delimiter = ',', conflicts_with = "demo", value_parser = domain)]
    pub only: Vec<Domain>,
}

/// `caregraph router`.
#[derive(Debug, Clone, Args)]
pub struct RouterArgs {
    /// Supergraph file (federation 2 SDL with join directives).
    #[arg(long, value_name = "FILE")]
    pub supergraph: PathBuf,
    /// Address to listen on [default: 127.0.0.1:4000]; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
}

/// `caregraph admin`.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Make an administrator's account. The password is read from standard input, so that it stays out of the process
    /// list and the shell's history.
    Create {
        /// Where the data is.
        #[command(flatten)]
        storage: Storage,
        /// E-mail address to sign in with.
        #[arg(long)]
        email: String,
        /// Given name.
        #[arg(long)]
        first_name: String,
        /// Family name.
        #[arg(long)]
        last_name: String,
    },
}

/// `caregraph keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Print a new key. Add it behind the others everywhere first, so that every process can open what it seals; then put it
    /// in front, and it seals.
    New {
        /// Where the data is.
        #[command(flatten)]
        storage: Storage,
    },
    /// Seal anew, with the key that stands in front, everything that older keys sealed. The clinic goes on meanwhile. Once nothing
    /// is left, older keys may go.
    Rotate {
        /// Where the data is.
        #[command(flatten)]
        storage: Storage,
    },
}

/// `caregraph events`.
#[derive(Debug, Subcommand)]
pub enum EventsCommand {
    /// List them, the oldest of each domain first: domain, handler, event, its name, attempts, since when, and what the handler said
    /// at last, separated by tabs.
    Parked {
        /// Where the data is.
        #[command(flatten)]
        storage: Storage,
    },
    /// Hand them to their handlers once more, in the same order, after the cause was mended. What fails again stays parked. The clinic
    /// may go on meanwhile.
    Replay {
        /// Where the data is.
        #[command(flatten)]
        storage: Storage,
        /// Only those of this handler, such as `notifications.visits`.
        #[arg(long, value_name = "NAME")]
        handler: Option<String>,
        /// Only this one.
        #[arg(long, value_name = "ID")]
        event: Option<Uuid>,
    },
}

/// `caregraph codes`.
#[derive(Debug, Subcommand)]
pub enum CodesCommand {
    /// Make a published file the current release of a code system. The clinic goes on meanwhile, and searches in the new release some
    /// seconds later. Importing a file again is harmless.
    Import {
        /// Where the data is.
        #[command(flatten)]
        storage: Storage,
        /// Which code system.
        #[arg(value_enum)]
        system: CodeSystem,
        /// The file: for icd10cm the "order file" that CMS publishes, `icd10cm_order_2026.txt`.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// What the release is called [default: the file's name].
        #[arg(long, value_name = "LABEL")]
        release: Option<String>,
    },
}

/// A code system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CodeSystem {
    /// Diagnoses: ICD-10-CM.
    Icd10cm,
}

/// `caregraph schema`.
#[derive(Debug, Subcommand)]
pub enum SchemaCommand {
    /// Write each subgraph's schema to `DIR/SUBGRAPH.graphql`. Compose the supergraph afterwards: see schema/README.md.
    Export {
        /// Folder to write to.
        #[arg(default_value = "schema")]
        dir: PathBuf,
    },
    /// Fail when a file in DIR differs from what this program would write.
    Check {
        /// Folder to compare with.
        #[arg(default_value = "schema")]
        dir: PathBuf,
    },
}

/// `caregraph config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the settings in effect as TOML, secrets masked.
    Print,
}

fn domain(text: &str) -> Result<Domain, String> {
    text.trim().parse().map_err(|_| {
        let known: Vec<&str> = Domain::ALL.iter().map(|domain| domain.as_str()).collect();
        format!("the subgraphs are {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn subgraphs_are_named_by_comma() {
        let cli = Cli::try_parse_from(["caregraph", "serve", "--only", "identity,patients"]).unwrap();
        let Command::Serve(serve) = cli.command else {
            panic!("serve was asked for")
        };
        assert_eq!(serve.only, [Domain::Identity, Domain::Patients]);
        assert!(Cli::try_parse_from(["caregraph", "serve", "--only", "kitchen"]).is_err());
    }

    #[test]
    fn code_systems_are_known_by_name() {
        let import = |system| Cli::try_parse_from(["caregraph", "codes", "import", system, "order.txt"]);
        let Command::Codes { command } = import("icd10cm").unwrap().command else {
            panic!("codes were asked for")
        };
        let CodesCommand::Import { system, release, .. } = command;
        assert_eq!((system, release), (CodeSystem::Icd10cm, None));
        assert!(import("icd9").is_err());
    }
}
