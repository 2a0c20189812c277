//! Signs of life: whether this process can do its work, and numbers that tell how it is.

use futures::future::BoxFuture;
use std::fmt::Write as _;
use std::sync::Arc;

/// Says whether this process can do its work: `Err` with the reason, for the log.
pub type ReadinessProbe = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Looks at the numbers. What cannot be looked at now is left out.
pub type VitalsProbe = Arc<dyn Fn() -> BoxFuture<'static, Vec<Vital>> + Send + Sync>;

/// One number that goes up and down.
///
/// **Invariant:** labels come from fixed sets. No person, address or id ever becomes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vital {
    /// Its name, beginning with `caregraph_`.
    pub name: &'static str,
    /// What it says.
    pub help: &'static str,
    /// Label and value.
    pub labels: Vec<(&'static str, String)>,
    /// The number.
    pub value: i64,
}

/// Both questions that a supervisor asks.
#[derive(Clone)]
pub struct Probes {
    /// Whether the process can do its work.
    pub readiness: ReadinessProbe,
    /// How it is.
    pub vitals: VitalsProbe,
}

impl Probes {
    /// Always ready, and nothing to tell.
    pub fn none() -> Self {
        Self {
            readiness: Arc::new(|| Box::pin(async { Ok(()) })),
            vitals: Arc::new(|| Box::pin(async { Vec::new() })),
        }
    }
}

/// The media type of [`exposition`].
pub const EXPOSITION: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The numbers in Prometheus' text format, those of one name together.
pub fn exposition(vitals: &[Vital]) -> String {
    let mut sorted: Vec<&Vital> = vitals.iter().collect();
    sorted.sort_by_key(|vital| (vital.name, vital.labels.clone()));
    let mut text = String::new();
    let mut last = "";
    for vital in sorted {
        // Writing to a string cannot fail.
        if vital.name != last {
            let _ = writeln!(
                text,
                "# HELP {} {}\n# TYPE {} gauge",
                vital.name, vital.help, vital.name
            );
            last = vital.name;
        }
        let labels: Vec<String> = vital
            .labels
            .iter()
            .map(|(label, value)| {
                let value = value
                    .replace('\\', "\\\\")
                    .replace('"', "\\\"")
                    .replace('\n', "\\n");
                format!("{label}=\"{value}\"")
            })
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        let _ = writeln!(text, "{}{labels} {}", vital.name, vital.value);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_one_name_stand_together_under_one_heading() {
        let vital = |name, label: &str, value| Vital {
            name,
            help: "Something.",
            labels: vec![("domain", label.to_owned())],
            value,
        };
        let text = exposition(&[
            vital("caregraph_b", "x", 1),
            vital("caregraph_a", "y\"", 2),
            vital("caregraph_b", "w", 3),
        ]);
        assert_eq!(
            text,
            "# HELP caregraph_a Something.\n# TYPE caregraph_a gauge\ncaregraph_a{domain=\"y\\\"\"} 2\n\
             # HELP caregraph_b Something.\n# TYPE caregraph_b gauge\ncaregraph_b{domain=\"w\"} 3\ncaregraph_b{domain=\"x\"} 1\n"
        );
    }
}
