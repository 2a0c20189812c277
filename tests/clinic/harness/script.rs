//! `scripts/cluster`, as an operator starts it.

use super::{Program, Stores};
use caregraph_kit::testing::TestRedis;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;

/// Everything that the script started; ends with it.
pub struct Script {
    pub process: Program,
    /// Where the two routers are.
    pub routers: [SocketAddr; 2],
    /// Where scheduling is, behind the first.
    pub scheduling: SocketAddr,
    /// Where all processes are.
    pub everybody: Vec<SocketAddr>,
}

impl Script {
    pub async fn start(stores: &Stores, redis: &TestRedis) -> Self {
        let port = free_ports();
        let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/cluster"));
        command.args(["--port", &port.to_string()]).arg(stores.data_dir());
        stores.settle(&mut command);
        command
            .env("CAREGRAPH", env!("CARGO_BIN_EXE_caregraph"))
            .env("REDIS_URL", TestRedis::url().unwrap())
            .env("CAREGRAPH_REDIS__PREFIX", redis.prefix());
        let at = |offset: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port + offset));
        // It says where each process is once it is there; the second router comes last.
        let script = Program::spawn_until(command, at(10)).await;
        Self {
            process: script,
            routers: [at(0), at(10)],
            scheduling: at(4),
            everybody: [0, 1, 2, 3, 4, 5, 6, 7, 8, 10].map(at).to_vec(),
        }
    }
}

/// Eleven ports in a row that nobody uses, below those that systems hand out.
fn free_ports() -> u16 {
    loop {
        let first = rand::random_range(12_000..30_000);
        let is_free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
        if (first..=first + 10).all(is_free) {
            return first;
        }
    }
}
