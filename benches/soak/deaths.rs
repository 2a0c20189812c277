//! Every minute somebody dies, as the seed says, and comes back at once, as a supervisor would see to.

use super::cluster::Cluster;
use super::memory::{EVERY, Memory};
use crate::bench::report::say;
use crate::bench::stage::Stage;
use anyhow::Result;
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often is looked whether it is time for something.
const TICK: Duration = Duration::from_millis(50);

/// Somebody dies.
#[derive(Debug, Clone, Copy)]
struct Death {
    /// Counted from the beginning.
    at: Duration,
    /// Which process.
    place: usize,
}

/// What became of a process.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fate {
    /// How often it was killed.
    pub(super) kills: u32,
    /// How often it ended by itself.
    pub(super) ends: u32,
    /// How long it was away at most, until it was ready again.
    pub(super) longest: Duration,
}

/// What was seen of the processes.
pub(super) struct Watched {
    pub(super) fates: BTreeMap<String, Fate>,
    pub(super) memory: Memory,
}

/// One death for each minute, not at its edges.
fn plan(seed: u64, minutes: u64, processes: usize) -> Vec<Death> {
    let mut random = StdRng::seed_from_u64(seed);
    let minutes = 0..minutes;
    minutes
        .map(|minute| Death {
            at: Duration::from_secs(60 * minute) + Duration::from_millis(random.random_range(5_000..50_000)),
            place: random.random_range(0..processes),
        })
        .collect()
}

/// Watches over the processes until the time is over.
pub(super) async fn watch(
    cluster: &mut Cluster,
    stage: &Stage,
    (seed, minutes): (u64, u64),
) -> Result<Watched> {
    let deaths = plan(seed, minutes, cluster.members.len());
    let mut deaths = deaths.into_iter().peekable();
    let end = Duration::from_secs(60 * minutes);
    let names = cluster.members.iter().map(|member| member.name.clone());
    let mut watched = Watched {
        fates: names.map(|name| (name, Fate::default())).collect(),
        memory: Memory::of(cluster),
    };
    let begun = Instant::now();
    let mut look = Duration::ZERO;
    while begun.elapsed() < end {
        if let Some(death) = deaths.next_if(|death| death.at <= begun.elapsed()) {
            watched
                .comes_back(cluster, stage, death.place, |fate| fate.kills += 1)
                .await?;
        }
        if look <= begun.elapsed() {
            look += EVERY;
            for place in watched.memory.look(cluster, begun.elapsed()) {
                watched
                    .comes_back(cluster, stage, place, |fate| fate.ends += 1)
                    .await?;
            }
        }
        tokio::time::sleep(TICK).await;
    }
    Ok(watched)
}

impl Watched {
    /// Kills a process, if it has not ended by itself, and starts it again.
    async fn comes_back(
        &mut self,
        cluster: &mut Cluster,
        stage: &Stage,
        place: usize,
        note: impl FnOnce(&mut Fate),
    ) -> Result<()> {
        let Some(member) = cluster.members.get_mut(place) else {
            return Ok(());
        };
        let away = member.die_and_come_back(stage).await?;
        say(&format!(
            "{} died, ready {} ms later",
            member.name,
            away.as_millis()
        ));
        let fate = self.fates.entry(member.name.clone()).or_default();
        note(fate);
        fate.longest = fate.longest.max(away);
        self.memory.begin_again(place);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_dies_in_every_minute_and_the_same_for_the_same_seed() {
        let deaths = plan(7, 30, 10);
        assert_eq!(deaths.len(), 30);
        for (minute, death) in (0_u64..).zip(&deaths) {
            assert_eq!(death.at.as_secs() / 60, minute);
            assert!(death.place < 10);
        }
        let again = plan(7, 30, 10);
        assert!(
            deaths
                .iter()
                .zip(&again)
                .all(|(one, other)| one.at == other.at && one.place == other.place)
        );
    }
}
