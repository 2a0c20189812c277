//! Three ways of serving the same graph from the same stores.

use super::program::Program;
use super::stage::Stage;
use super::stock;
use anyhow::Result;
use caregraph_contracts::Domain;
use std::net::SocketAddr;

/// A way of serving the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// Our program: subgraphs and router in one process.
    Ours,
    /// The same subgraphs over HTTP, in one process, behind a stock hive-router in another.
    Stock,
    /// One plain schema, without federation: the limit.
    Plain,
}

impl Variant {
    /// All of them, in the order in which they take turns.
    pub const ALL: [Self; 3] = [Self::Ours, Self::Stock, Self::Plain];

    /// A short name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ours => "a: local transport",
            Self::Stock => "b: stock router over HTTP",
            Self::Plain => "c: one plain schema",
        }
    }

    /// Starts it and waits until it is ready.
    pub async fn start(self, stage: &Stage, shared_loaders: bool) -> Result<Running> {
        match self {
            Self::Ours => Ok(Running::alone(stage.serve().await?)),
            Self::Stock => {
                let all: Vec<&str> = Domain::ALL.iter().map(|domain| domain.as_str()).collect();
                let all = all.join(",");
                let command = stage.command(&["serve", "--only", &all, "--listen", "127.0.0.1:0"]);
                let keeper = Program::start(command).await?;
                let (file, address) = stock::configure(stage, keeper.address)?;
                let mut command = stage.command(&["bench", "stock-router"]);
                command.env(stock::CONFIGURATION, file);
                let router = Program::start_at(address, command).await?;
                Ok(Running {
                    address,
                    router: Some(router),
                    keeper,
                })
            }
            Self::Plain => {
                let mut arguments = vec!["bench", "plain"];
                if shared_loaders {
                    arguments.push("--shared-loaders");
                }
                Ok(Running::alone(Program::start(stage.command(&arguments)).await?))
            }
        }
    }
}

/// A variant that runs.
pub struct Running {
    /// Where the graph is.
    pub address: SocketAddr,
    router: Option<Program>,
    /// Who has the stores.
    keeper: Program,
}

impl Running {
    fn alone(keeper: Program) -> Self {
        Self {
            address: keeper.address,
            router: None,
            keeper,
        }
    }

    /// Ends it, so that the stores are free for the next.
    pub async fn stop(self) -> Result<()> {
        // The router keeps nothing, so it is simply killed.
        drop(self.router);
        self.keeper.stop().await
    }
}
