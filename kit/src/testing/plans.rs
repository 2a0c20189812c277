//! How engines find what stores ask them for: the statements of a use case, each explained.
//!
//! A lost index makes no answer wrong, only a big clinic slow. So a test lets a use case run, listens to the statements that it sends,
//! has the engine explain each of them, and fails where it would read what nobody asked for: a whole table, an index from an end on, or
//! more rows than are wanted because they must be sorted first.
//!
//! | engine | asked by | what it says |
//! |---|---|---|
//! | SQLite | `EXPLAIN QUERY PLAN` | what it does, however much there is: it decides without looking at the data |
//! | PostgreSQL | `EXPLAIN` of a generic plan, with sequential scans and sorting switched off | whether there is a way without these |
//! | MariaDB | `EXPLAIN` with values that are made up | whether any index can serve; which one, it chooses by the data |
//!
//! On MongoDB nobody is asked: both back ends of documents make their indexes from the same declarations and their questions from the
//! same conditions, so what SQLite says of documents holds for the declarations.

mod heard;
mod steps;

use super::TestDocuments;
use crate::database::{Database, Engine};
use crate::documents::Location;
use heard::Heard;
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement};
use std::fmt::Write;
use steps::{Access, Step};
use tracing::instrument::WithSubscriber;
use tracing_subscriber::layer::SubscriberExt;

/// A use case, and what its plans hold beside searching by an index.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    what: &'static str,
    by: &'static [&'static str],
    walks: &'static [&'static str],
    whole: &'static [&'static str],
    sorts: &'static [&'static str],
}

impl Case {
    /// A use case that finds everything by searching.
    pub const fn of(what: &'static str) -> Self {
        Self {
            what,
            by: &[],
            walks: &[],
            whole: &[],
            sorts: &[],
        }
    }

    /// These indexes serve it. Looked for on SQLite only, which takes the same ones every time.
    #[must_use]
    pub const fn by(mut self, indexes: &'static [&'static str]) -> Self {
        self.by = indexes;
        self
    }

    /// Indexes of these tables are walked from an end: lists that stop as soon as their page is full.
    #[must_use]
    pub const fn walking(mut self, tables: &'static [&'static str]) -> Self {
        self.walks = tables;
        self
    }

    /// These tables are read whole, because they are small in the largest clinic.
    #[must_use]
    pub const fn reading(mut self, tables: &'static [&'static str]) -> Self {
        self.whole = tables;
        self
    }

    /// What is found first of all in these tables is sorted afterwards, because it is little whoever asks.
    #[must_use]
    pub const fn sorting(mut self, tables: &'static [&'static str]) -> Self {
        self.sorts = tables;
        self
    }

    fn allows(&self, step: &Step, from: &str) -> bool {
        match step {
            Step::Walk(table) => self.walks.contains(&table.as_str()) || self.whole.contains(&table.as_str()),
            Step::Scan(table) => self.whole.contains(&table.as_str()),
            Step::Sort => self.sorts.contains(&from),
        }
    }
}

/// Explains what use cases ask one store.
pub struct Plans {
    database: Database,
}

impl Plans {
    /// Of a store of tables.
    pub fn of(database: &Database) -> Self {
        Self {
            database: database.clone(),
        }
    }

    /// Of an embedded store of documents: a collection `x` is the table `docs_x`, its index `y` is `ix_x__y`.
    ///
    /// # Panics
    /// When it is not embedded, or does not open.
    pub async fn of_documents(store: &TestDocuments) -> Self {
        let Location::Embedded { url, pool } = store.location() else {
            panic!("only embedded documents are asked for in SQL")
        };
        let database = Database::open(url, pool).await;
        Self {
            database: database.expect("the test's store opens"),
        }
    }

    /// Does something, and explains every statement that it sends by itself. What it leaves to other tasks is not heard.
    ///
    /// # Panics
    /// When a plan holds something that the case does not say, when an index does not serve that should, or when nothing is asked.
    pub async fn check<F: Future>(&self, case: Case, work: F) -> F::Output {
        let heard = Heard::nothing();
        let listener = tracing_subscriber::registry().with(heard.clone());
        let done = Box::pin(work).with_subscriber(listener).await;
        let statements = heard.statements(self.database.engine());
        assert!(!statements.is_empty(), "{}: nothing is asked", case.what);
        let mut plans = String::new();
        for statement in &statements {
            let from = steps::first_table(statement);
            let plan = Box::pin(self.explain(statement, case.sorts.contains(&from))).await;
            let (text, steps) = plan.unwrap_or_else(|error| panic!("{}: {statement}\n{error}", case.what));
            let wrong: Vec<&Step> = steps.iter().filter(|step| !case.allows(step, from)).collect();
            assert!(wrong.is_empty(), "{}: {wrong:?}\n{statement}\n{text}", case.what);
            // Writing to a string cannot fail.
            let _ = writeln!(plans, "{statement}\n{text}");
        }
        if self.database.engine() == Engine::Sqlite {
            for index in case.by {
                let serves = plans.split_whitespace().any(|word| word == *index);
                assert!(serves, "{}: {index} does not serve\n{plans}", case.what);
            }
        }
        done
    }

    /// What the engine says about a statement, in its words and in ours.
    async fn explain(&self, statement: &str, sorts: bool) -> Result<(String, Vec<Step>), DbErr> {
        match self.database.engine() {
            Engine::Sqlite => {
                let lines: Vec<String> = self
                    .ask(format!("EXPLAIN QUERY PLAN {statement}"))
                    .await?
                    .iter()
                    .map(|row| row.try_get("", "detail"))
                    .collect::<Result<_, _>>()?;
                Ok((lines.join("\n"), steps::of_sqlite(statement, &lines)))
            }
            Engine::Postgres => {
                let lines = self.generic_plan(statement, sorts).await?;
                Ok((lines.join("\n"), steps::of_postgres(&lines)))
            }
            Engine::MariaDb => {
                let rows = self.ask(format!("EXPLAIN {}", with_values(statement))).await?;
                let accesses: Vec<Access> = rows.iter().map(access).collect::<Result<_, _>>()?;
                Ok((format!("{accesses:#?}"), steps::of_mariadb(&accesses)))
            }
        }
    }

    async fn ask(&self, question: String) -> Result<Vec<QueryResult>, DbErr> {
        let reader = self.database.reader();
        let question = Statement::from_string(reader.get_database_backend(), question);
        reader.query_all_raw(question).await
    }

    /// A plan that holds for all values. Small tables are read whole whatever indexes they have, so what must not happen is made so
    /// expensive that it only happens where there is no other way.
    async fn generic_plan(&self, statement: &str, sorts: bool) -> Result<Vec<String>, DbErr> {
        let tx = self.database.begin().await?;
        let sorts = if sorts { "on" } else { "off" };
        for preparation in [
            "SET LOCAL enable_seqscan = off",
            &format!("SET LOCAL enable_sort = {sorts}"),
            "SET LOCAL plan_cache_mode = force_generic_plan",
            &format!("PREPARE explained AS {statement}"),
        ] {
            tx.execute_unprepared(preparation).await?;
        }
        let values = match steps::parameters(statement) {
            0 => String::new(),
            count => format!("({})", vec!["NULL"; count].join(", ")),
        };
        let question = format!("EXPLAIN (COSTS OFF) EXECUTE explained{values}");
        let question = Statement::from_string(tx.get_database_backend(), question);
        let rows = tx.query_all_raw(question).await?;
        let lines = rows.iter().map(|row| row.try_get_by_index(0)).collect();
        tx.execute_unprepared("DEALLOCATE explained").await?;
        tx.rollback().await?;
        lines
    }
}

fn access(row: &QueryResult) -> Result<Access, DbErr> {
    Ok(Access {
        table: row.try_get("", "table")?,
        kind: row.try_get("", "type")?,
        possible: row.try_get("", "possible_keys")?,
    })
}

/// MariaDB explains no statement without values. This one is a number, a day and a text.
fn with_values(statement: &str) -> String {
    let mut text = String::with_capacity(statement.len());
    for part in statement.split_inclusive('?') {
        let Some(before) = part.strip_suffix('?') else {
            text.push_str(part);
            continue;
        };
        text.push_str(before);
        let counts = before.ends_with("LIMIT ") || before.ends_with("OFFSET ");
        text.push_str(if counts { "20" } else { "'20260302'" });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_made_up() {
        assert_eq!(
            with_values("SELECT `a` FROM `b` WHERE `c` IN (?, ?) LIMIT ?"),
            "SELECT `a` FROM `b` WHERE `c` IN ('20260302', '20260302') LIMIT 20"
        );
    }
}
