//! What federation costs: the same questions of the same people to the same stores, in three ways.

use super::client::{Connection, request};
use super::load::{self, Outcome, Repeat, User, difference};
use super::people::Person;
use super::report::{Report, Table, median, millis, rate, say, warn_if_unoptimised};
use super::stage::Stage;
use super::variants::{Running, Variant};
use super::{Federation, Servers, warm_up};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::time::Duration;

/// More people than can ask at once.
const PATIENTS: usize = 50;

/// As many as the questions ask for, so that every answer is about equally long.
const VISITS: usize = 10;

/// A question.
struct Question {
    name: &'static str,
    query: &'static str,
}

/// One that a single subgraph answers, and one that takes a further fetch from each of two others.
const QUESTIONS: [Question; 2] = [
    Question {
        name: "three fetches",
        query: "{ appointments(first: 10) { nodes { id start end status practitioner { id displayName } \
                location { id name } patient { id displayName } } } }",
    },
    Question {
        name: "one fetch",
        query: "{ appointments(first: 10) { nodes { id start end status } } }",
    },
];

/// What was measured of one question to one variant in one round.
struct Measured {
    question: usize,
    variant: Variant,
    round: u32,
    outcome: Outcome,
}

/// Measures and reports.
pub async fn run(arguments: &Federation) -> Result<()> {
    warn_if_unoptimised();
    let stage = Stage::fill(&Servers::default(), PATIENTS, VISITS).await?;
    let people = stage.people.mixed(usize::try_from(arguments.users)?);
    compare(&stage, arguments, &people).await?;
    let mut measured = Vec::new();
    for round in 0..arguments.repetition.runs {
        for variant in Variant::ALL {
            say(&format!("round {}, {}", round + 1, variant.name()));
            let running = variant.start(&stage, arguments.shared_loaders).await?;
            for question in 0..QUESTIONS.len() {
                let outcome = measure(&running, &people, question, arguments.seconds).await?;
                measured.push(Measured {
                    question,
                    variant,
                    round,
                    outcome,
                });
            }
            running.stop().await?;
        }
    }
    report(arguments, &measured)
}

/// Three programs that answer differently would be compared in vain: everybody gets the same data from all of them.
async fn compare(stage: &Stage, arguments: &Federation, people: &[&Person]) -> Result<()> {
    say("comparing the answers");
    let mut expected: Option<(Variant, Vec<Value>)> = None;
    for variant in Variant::ALL {
        let running = variant.start(stage, arguments.shared_loaders).await?;
        let answers = answers(&running, people)
            .await
            .with_context(|| variant.name().to_owned())?;
        running.stop().await?;
        let Some((first, firsts)) = &expected else {
            expected = Some((variant, answers));
            continue;
        };
        for (number, (one, other)) in firsts.iter().zip(&answers).enumerate() {
            if let Some(difference) = difference(one, other, "data") {
                let question = QUESTIONS[number % QUESTIONS.len()].name;
                let (first, variant) = (first.name(), variant.name());
                bail!("`{first}` and `{variant}` answer differently ({question}): {difference}");
            }
        }
    }
    Ok(())
}

/// Everybody's answers to all questions, one after the other.
async fn answers(running: &Running, people: &[&Person]) -> Result<Vec<Value>> {
    let mut connection = Connection::open(running.address).await?;
    let mut answers = Vec::with_capacity(people.len() * QUESTIONS.len());
    for person in people {
        for question in &QUESTIONS {
            let data = connection
                .data(&person.authorization, question.query, &json!({}))
                .await?;
            let nodes = data["appointments"]["nodes"].as_array();
            let full = nodes.is_some_and(|nodes| nodes.len() == VISITS);
            ensure!(full, "not {VISITS} appointments: {data}");
            answers.push(data);
        }
    }
    Ok(answers)
}

async fn measure(running: &Running, people: &[&Person], question: usize, seconds: u64) -> Result<Outcome> {
    let body = request(QUESTIONS[question].query, &json!({}));
    let users = || -> Vec<User> {
        let users = people.iter().map(|person| User {
            authorization: person.authorization.clone(),
            script: Box::new(Repeat(body.clone())),
        });
        users.collect()
    };
    let patience = Duration::from_secs(seconds);
    load::run(running.address, users(), Some(warm_up(patience))).await?;
    load::run(running.address, users(), Some(patience)).await
}

fn report(arguments: &Federation, measured: &[Measured]) -> Result<()> {
    let mut speeds = Table::new(
        "Speed (medians of the rounds)",
        &[
            "query", "variant", "req/s", "least", "most", "p50 ms", "p99 ms", "failures",
        ],
    );
    let mut ratios = Table::new(
        "Ratios (each within one round, then the median)",
        &["query", "ratio", "median", "least", "most"],
    );
    for (number, question) in QUESTIONS.iter().enumerate() {
        for variant in Variant::ALL {
            speeds.row(speed(question, variant, &of(measured, number, variant)));
        }
        for (name, other) in [("a / b", Variant::Stock), ("a / c", Variant::Plain)] {
            let ours = of(measured, number, Variant::Ours);
            let others = of(measured, number, other);
            let pairs = ours.iter().zip(&others);
            let found: Vec<f64> = pairs
                .map(|(ours, other)| per_second(ours) / per_second(other))
                .collect();
            let (least, most) = range(&found);
            let cells = [median(found.iter().copied()), least, most].map(|ratio| format!("{ratio:.2}"));
            let mut row = vec![question.name.to_owned(), name.to_owned()];
            row.extend(cells);
            ratios.row(row);
        }
    }
    for failure in measured
        .iter()
        .filter_map(|one| one.outcome.first_failure.as_ref())
    {
        say(&format!("a request failed: {failure}"));
    }
    Report {
        bench: "federation",
        settings: json!({
            "users": arguments.users,
            "seconds": arguments.seconds,
            "runs": arguments.repetition.runs,
            "sharedLoaders": arguments.shared_loaders,
        }),
        results: measured.iter().map(raw).collect(),
        tables: vec![speeds, ratios],
    }
    .publish(arguments.repetition.json.as_deref())
}

/// What was measured of one question to one variant, by round.
fn of(measured: &[Measured], question: usize, variant: Variant) -> Vec<&Measured> {
    let wanted = |one: &&Measured| one.question == question && one.variant == variant;
    measured.iter().filter(wanted).collect()
}

fn speed(question: &Question, variant: Variant, rounds: &[&Measured]) -> Vec<String> {
    let speeds: Vec<f64> = rounds.iter().map(|round| per_second(round)).collect();
    let (least, most) = range(&speeds);
    let quantile = |quantile: f64| {
        let all = rounds.iter().map(|round| round.outcome.all().latency);
        median(all.map(|latency| millis(latency.value_at_quantile(quantile))))
    };
    let failures: u64 = rounds.iter().map(|round| round.outcome.failures).sum();
    vec![
        question.name.to_owned(),
        variant.name().to_owned(),
        format!("{:.0}", median(speeds.iter().copied())),
        format!("{least:.0}"),
        format!("{most:.0}"),
        format!("{:.2}", quantile(0.5)),
        format!("{:.2}", quantile(0.99)),
        failures.to_string(),
    ]
}

fn raw(one: &Measured) -> Value {
    let latency = one.outcome.all().latency;
    json!({
        "round": one.round,
        "query": QUESTIONS[one.question].name,
        "variant": one.variant.name(),
        "perSecond": per_second(one),
        "p50Ms": millis(latency.value_at_quantile(0.5)),
        "p99Ms": millis(latency.value_at_quantile(0.99)),
        "failures": one.outcome.failures,
        "firstFailure": one.outcome.first_failure,
    })
}

fn per_second(one: &Measured) -> f64 {
    rate(one.outcome.all().latency.len(), one.outcome.elapsed)
}

fn range(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    (least, values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}
