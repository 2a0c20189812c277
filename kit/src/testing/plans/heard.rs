//! Listening to statements.

use crate::database::Engine;
use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::span::{Id, Record};
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer};

/// The statements that were sent while somebody listened, each once. The driver's spans carry them, without their values.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    /// Hears nothing yet.
    ///
    /// As long as there is but one listener, a span that another task meets first is asked of that task's listener; where it has none, the
    /// span is taken for one that nobody wants to hear. So there are always some more, who are told nothing.
    pub(super) fn nothing() -> Self {
        static OTHERS: LazyLock<[Dispatch; 2]> =
            LazyLock::new(|| [(); 2].map(|()| Dispatch::new(Registry::default())));
        LazyLock::force(&OTHERS);
        Self::default()
    }

    /// Those that look for something. On servers changes are left out: what is to be written has no type there before it is sent.
    pub(super) fn statements(&self, engine: Engine) -> Vec<String> {
        let looks = |statement: &&String| match statement.split_whitespace().next() {
            Some("SELECT" | "WITH" | "DELETE") => true,
            Some("UPDATE") => engine == Engine::Sqlite,
            _ => false,
        };
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.iter().filter(looks).cloned().collect()
    }
}

impl<S: Subscriber> Layer<S> for Heard {
    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        values.record(&mut self.clone());
    }
}

impl Visit for Heard {
    fn record_str(&mut self, field: &Field, value: &str) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if field.name() == "db.statement" && !heard.iter().any(|known| known == value) {
            heard.push(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
