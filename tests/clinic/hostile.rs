//! Bad input gets a clear answer, and changes nothing.

mod answers;
mod bodies;
mod documents;
mod ledger;
mod texts;
mod values;

/// Compares answers with those that were judged before. One place, so that all snapshots stand in one folder.
fn compare(name: &str, answers: answers::Answers) {
    insta::assert_snapshot!(name, answers.into_text());
}
