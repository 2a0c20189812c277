//! Room for thousands of connections.

use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::net::Ipv4Addr;

/// Files and connections that a process has open besides its subscribers'.
const OTHERS: u64 = 2_000;

/// How many subscribers share an address. An address has some 28,000 ports for connections to one server, and ports rest for a
/// minute after use; the program lets in 1,000 from one address.
const AT_ONE_ADDRESS: usize = 250;

/// The first address; all of `127.0.0.0/8` leads to this machine.
const FIRST: Ipv4Addr = Ipv4Addr::new(127, 1, 0, 1);

/// Lets this process have as many open files as the system allows. The programs that it starts inherit that.
pub fn allow(subscribers: usize) -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised).context("the limit of open files cannot be raised")?;
    let needed = u64::try_from(subscribers)? + OTHERS;
    ensure!(
        limit.maximum.is_none_or(|most| most >= needed),
        "{needed} open files are needed, and the system allows {} (`ulimit -Hn`)",
        limit.maximum.unwrap_or(u64::MAX)
    );
    Ok(())
}

/// Where a subscriber comes from.
pub fn address(number: usize) -> Result<Ipv4Addr> {
    let place = u32::try_from(number / AT_ONE_ADDRESS)?;
    Ok(Ipv4Addr::from_bits(FIRST.to_bits() + place))
}
