//! Answers to bad input, collected for people to judge.

use serde_json::Value;
use std::fmt::Write as _;

/// Codes that must never be the answer to a client's mistake.
const FAULTS: [&str; 3] = ["INTERNAL", "TIMEOUT", "SUBGRAPH_UNAVAILABLE"];

/// What was said to whom.
#[derive(Default)]
pub struct Answers {
    lines: String,
    faults: Vec<String>,
}

impl Answers {
    /// Notes an answer that must be a refusal.
    pub fn refused(&mut self, what: &str, (status, answer): (reqwest::StatusCode, Value)) {
        let verdict = verdict(&answer);
        let fault = match &verdict {
            None => Some("it was accepted"),
            Some(refusal) if FAULTS.iter().any(|fault| refusal.starts_with(fault)) => {
                Some("it was taken for a fault")
            }
            Some(_) if status.is_server_error() => Some("the status says that it was a fault"),
            Some(_) => None,
        };
        if let Some(fault) = fault {
            self.faults.push(format!("{what}: {fault}: {status} {answer}"));
        }
        let refusal = verdict.unwrap_or_default();
        let _ = writeln!(self.lines, "{what}\n    {} {refusal}", status.as_u16());
    }

    /// All of them, once it is clear that none is a fault.
    pub fn into_text(self) -> String {
        assert!(self.faults.is_empty(), "{}", self.faults.join("\n"));
        self.lines
    }
}

/// Code or type of the refusal, with its message. `None` when it was no refusal.
fn verdict(answer: &Value) -> Option<String> {
    if let Some(error) = answer["errors"].get(0) {
        let code = error["extensions"]["code"]
            .as_str()
            .unwrap_or("INTERNAL (no code)");
        return Some(format!(
            "{code}: {}",
            error["message"].as_str().unwrap_or_default()
        ));
    }
    let field = answer["data"].as_object()?.values().next()?;
    if field.is_null() {
        return Some("null".to_owned());
    }
    let error = field["errors"].get(0)?;
    let path: Vec<&str> = error["path"]
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    Some(format!(
        "{} at {}: {}",
        error["__typename"].as_str()?,
        path.join("."),
        error["message"].as_str()?
    ))
}
