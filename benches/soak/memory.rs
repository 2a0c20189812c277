//! How much memory each process takes, and whether that grows.

use super::cluster::Cluster;
use crate::bench::report::number;
use std::time::Duration;

/// How often it is looked at.
pub(super) const EVERY: Duration = Duration::from_secs(10);

/// A process that has just begun fills its caches and pools; what it takes in so many hours says nothing about the next.
const BEGINNING: f64 = 2.0 / 60.0;

/// A line through less than so many hours would be drawn by chance.
const SHORTEST: f64 = 3.0 / 60.0;

/// Everything that was seen.
pub(super) struct Memory(Vec<Process>);

/// What was seen of a process.
struct Process {
    name: String,
    /// From each of its starts until its death.
    lives: Vec<Life>,
}

/// Hours since the beginning of the soak, and memory in MiB.
type Life = Vec<(f64, f64)>;

/// What came of it.
pub(super) struct Growth {
    pub(super) name: String,
    /// How many minutes of its longest life were looked at, its beginning left out.
    pub(super) minutes: f64,
    /// Memory at the beginning and at the end of that, in MiB; `None` when nothing is left of it.
    pub(super) from: Option<f64>,
    pub(super) to: Option<f64>,
    /// The slope of the line that fits best, in MiB per hour; `None` when the longest life was too short for one.
    pub(super) per_hour: Option<f64>,
}

impl Memory {
    /// Nothing seen yet.
    pub(super) fn of(cluster: &Cluster) -> Self {
        let processes = cluster.members.iter().map(|member| Process {
            name: member.name.clone(),
            lives: vec![Life::new()],
        });
        Self(processes.collect())
    }

    /// Looks at all processes; gives the places of those that have ended by themselves.
    pub(super) fn look(&mut self, cluster: &Cluster, at: Duration) -> Vec<usize> {
        let mut ended = Vec::new();
        let hours = at.as_secs_f64() / 3_600.0;
        for (place, (process, member)) in self.0.iter_mut().zip(&cluster.members).enumerate() {
            match (member.resident_kib(), process.lives.last_mut()) {
                (Some(resident), Some(life)) => {
                    life.push((hours, number(resident) / 1_024.0));
                }
                (None, _) => ended.push(place),
                (Some(_), None) => {}
            }
        }
        ended
    }

    /// A process has begun again.
    pub(super) fn begin_again(&mut self, place: usize) {
        if let Some(process) = self.0.get_mut(place) {
            process.lives.push(Life::new());
        }
    }

    /// How the memory of each process grew in its longest life.
    pub(super) fn growth(&self) -> Vec<Growth> {
        self.0.iter().map(Process::growth).collect()
    }
}

impl Process {
    fn growth(&self) -> Growth {
        let longest = self
            .lives
            .iter()
            .max_by(|one, other| span(one).total_cmp(&span(other)));
        let life: &[(f64, f64)] = longest.map_or(&[], Vec::as_slice);
        let begun = life.first().map_or(0.0, |(hours, _)| *hours);
        let settled: Life = life
            .iter()
            .copied()
            .filter(|(hours, _)| hours - begun >= BEGINNING)
            .collect();
        Growth {
            name: self.name.clone(),
            minutes: span(&settled) * 60.0,
            from: settled.first().map(|(_, resident)| *resident),
            to: settled.last().map(|(_, resident)| *resident),
            per_hour: (span(&settled) >= SHORTEST).then(|| slope(&settled)),
        }
    }
}

/// From the first look to the last, in hours.
fn span(life: &[(f64, f64)]) -> f64 {
    match (life.first(), life.last()) {
        (Some((first, _)), Some((last, _))) => last - first,
        _ => 0.0,
    }
}

/// The slope of the line with the least squares of distances.
fn slope(points: &[(f64, f64)]) -> f64 {
    let mean = |of: fn(&(f64, f64)) -> f64| {
        let (count, sum) = points
            .iter()
            .map(of)
            .fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
        sum / count
    };
    let (x, y) = (mean(|(x, _)| *x), mean(|(_, y)| *y));
    let (mixed, square) = points.iter().fold((0.0, 0.0), |(mixed, square), point| {
        let (dx, dy) = (point.0 - x, point.1 - y);
        (mixed + dx * dy, square + dx * dx)
    });
    mixed / square
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_own_slope() {
        let line: Vec<(f64, f64)> = [0.0, 0.25, 0.5, 1.0]
            .iter()
            .map(|x| (*x, 80.0 + 12.0 * x))
            .collect();
        assert!((slope(&line) - 12.0).abs() < 1e-9);
        let noisy = [(0.0, 1.0), (1.0, -1.0), (2.0, 1.0), (3.0, -1.0)];
        assert!((slope(&noisy) + 0.4).abs() < 1e-9);
    }

    #[test]
    fn the_longest_life_counts_without_its_beginning() {
        let life = |from: u32, minutes: u32| -> Life {
            let at = |minute: u32| f64::from(minute) / 60.0;
            (from..=from + minutes)
                .map(|minute| (at(minute), f64::from(minute)))
                .collect()
        };
        let process = Process {
            name: "one".to_owned(),
            lives: vec![life(0, 3), life(4, 12), life(17, 1)],
        };
        let growth = process.growth();
        assert!((growth.minutes - 10.0).abs() < 1e-6);
        let (from, to) = (growth.from.unwrap(), growth.to.unwrap());
        assert!((from - 6.0).abs() < 1e-6 && (to - 16.0).abs() < 1e-6);
        assert!((growth.per_hour.unwrap() - 60.0).abs() < 1e-6);
    }
}
