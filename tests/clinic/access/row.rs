//! One row of the table: an operation that would work, and what becomes of it.

use super::roots::Root;
use super::world::{Who, World};
use crate::harness::{Graph, Live};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::time::Duration;

/// What one person tries.
pub struct Attempt {
    variables: Value,
    /// Must stand in the answer, else this reader was not shown it.
    target: Option<String>,
    /// Acts in the person's place, with the same roles, where the attempt ends sessions.
    stand_in: Option<Graph>,
}

impl Attempt {
    pub fn with(variables: Value) -> Self {
        Self {
            variables,
            target: None,
            stand_in: None,
        }
    }

    pub fn input(input: Value) -> Self {
        Self::with(json!({ "input": input }))
    }

    pub fn showing(self, target: impl Into<String>) -> Self {
        Self {
            target: Some(target.into()),
            ..self
        }
    }

    pub fn by(self, stand_in: Graph) -> Self {
        Self {
            stand_in: Some(stand_in),
            ..self
        }
    }
}

/// Makes what somebody tries; each person gets fresh targets, so that outcomes tell of access and not of state.
type Setting = Box<dyn for<'a> Fn(&'a World, Who) -> BoxFuture<'a, Attempt> + Send + Sync>;

/// What happens while somebody listens.
type Happening = for<'a> fn(&'a World) -> BoxFuture<'a, ()>;

/// A root field in one situation.
pub struct Row {
    pub root: Root,
    case: &'static str,
    document: String,
    setting: Setting,
    happening: Happening,
    /// Whether nobody's attempt is in anybody else's way, so that they need not wait for each other.
    at_once: bool,
}

/// A row that was tried.
pub struct Line {
    pub root: Root,
    pub case: &'static str,
    /// Rows of one field stay in the order in which they were written.
    pub place: usize,
    pub outcomes: Vec<String>,
}

impl Row {
    pub fn query(
        field: &'static str,
        document: &str,
        setting: impl for<'a> Fn(&'a World, Who) -> BoxFuture<'a, Attempt> + Send + Sync + 'static,
    ) -> Self {
        Self::new(("Query", field), document.to_owned(), setting)
    }

    pub fn subscription(
        field: &'static str,
        document: &str,
        setting: impl for<'a> Fn(&'a World, Who) -> BoxFuture<'a, Attempt> + Send + Sync + 'static,
    ) -> Self {
        Self::new(("Subscription", field), document.to_owned(), setting)
    }

    /// A mutation that takes an `input` named after it, as all do.
    pub fn mutation(
        field: &'static str,
        setting: impl for<'a> Fn(&'a World, Who) -> BoxFuture<'a, Attempt> + Send + Sync + 'static,
    ) -> Self {
        let (first, rest) = field.split_at(1);
        let input = format!("{}{rest}Input", first.to_uppercase());
        let document =
            format!("mutation ($input: {input}!) {{ {field}(input: $input) {{ errors {{ __typename }} }} }}");
        Self::new(("Mutation", field), document, setting)
    }

    /// A mutation without input.
    pub fn bare_mutation(
        field: &'static str,
        setting: impl for<'a> Fn(&'a World, Who) -> BoxFuture<'a, Attempt> + Send + Sync + 'static,
    ) -> Self {
        let document = format!("mutation {{ {field} {{ errors {{ __typename }} }} }}");
        Self::new(("Mutation", field), document, setting)
    }

    fn new(
        root: Root,
        document: String,
        setting: impl for<'a> Fn(&'a World, Who) -> BoxFuture<'a, Attempt> + Send + Sync + 'static,
    ) -> Self {
        Self {
            root,
            case: "",
            document,
            setting: Box::new(setting),
            happening: |world| Box::pin(world.let_something_happen()),
            at_once: root.0 == "Query",
        }
    }

    /// Something else than a booking is to happen while somebody listens.
    pub fn when(self, happening: Happening) -> Self {
        Self { happening, ..self }
    }

    /// Nobody's attempt is in anybody else's way.
    pub fn at_once(self) -> Self {
        Self {
            at_once: true,
            ..self
        }
    }

    /// One situation of several for the same field.
    pub fn case(self, case: &'static str) -> Self {
        Self { case, ..self }
    }

    /// Lets everybody try.
    pub async fn try_by_everybody(&self, world: &World) -> Line {
        let outcomes = if self.at_once {
            futures::future::join_all(Who::ALL.map(|who| self.try_by(world, who))).await
        } else {
            let mut outcomes = Vec::new();
            for who in Who::ALL {
                outcomes.push(self.try_by(world, who).await);
            }
            outcomes
        };
        Line {
            root: self.root,
            case: self.case,
            place: world.next(),
            outcomes,
        }
    }

    async fn try_by(&self, world: &World, who: Who) -> String {
        let attempt = (self.setting)(world, who).await;
        let graph = attempt.stand_in.clone().unwrap_or_else(|| world.graph(who));
        match self.root.0 {
            "Subscription" => self.listen(world, &graph, attempt).await,
            _ => self.send(&graph, attempt).await,
        }
    }

    async fn send(&self, graph: &Graph, attempt: Attempt) -> String {
        let (_, answer) = graph.send(&self.document, attempt.variables).await;
        self.judge(&answer, attempt.target.as_deref())
    }

    /// Subscribes, lets something happen, and sees whether it arrives.
    async fn listen(&self, world: &World, graph: &Graph, attempt: Attempt) -> String {
        let mut live = Live::subscribe(graph, &self.document, attempt.variables).await;
        if let Ok(message) = tokio::time::timeout(Duration::from_millis(300), live.message()).await {
            return self.judge_message(&message, attempt.target.as_deref());
        }
        (self.happening)(world).await;
        // Silence cannot be waited for; what comes, comes within moments.
        match tokio::time::timeout(Duration::from_secs(3), live.message()).await {
            Ok(message) => self.judge_message(&message, attempt.target.as_deref()),
            Err(_) => "-".to_owned(),
        }
    }

    fn judge_message(&self, message: &Value, target: Option<&str>) -> String {
        match message["type"].as_str() {
            Some("next") => self.judge(&message["payload"], target),
            Some("error") => self.judge(&json!({ "errors": message["payload"] }), target),
            _ => panic!("{}: {message}", self.root.1),
        }
    }

    fn judge(&self, answer: &Value, target: Option<&str>) -> String {
        if let Some(error) = answer["errors"].get(0) {
            let code = error["extensions"]["code"].as_str();
            let code = code.unwrap_or_else(|| panic!("{}: no code in {answer}", self.root.1));
            assert!(
                matches!(code, "UNAUTHENTICATED" | "FORBIDDEN" | "NOT_FOUND"),
                "{} is a fault of the row, not an answer about access: {answer}",
                self.root.1
            );
            return code.to_owned();
        }
        let value = &answer["data"][self.root.1];
        match (self.root.0, target) {
            ("Mutation", _) => match value["errors"].get(0) {
                Some(error) => error["__typename"].as_str().unwrap().to_owned(),
                None => "done".to_owned(),
            },
            _ if value.is_null() => "null".to_owned(),
            (_, Some(target)) if !value.to_string().contains(target) => "-".to_owned(),
            _ => "data".to_owned(),
        }
    }
}
