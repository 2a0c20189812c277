//! Indexes for tests of the search.

use super::code::Code;
use super::index::Index;
use super::order_file::Entry;
use super::starter;
use std::sync::LazyLock;

/// The built-in codes.
pub(super) static STARTER: LazyLock<Index> = LazyLock::new(|| Index::build(None, starter::common()));

/// The codes that a text finds, the best first.
pub(super) fn found(index: &Index, text: &str) -> Vec<String> {
    index.search(text, 20).into_iter().map(|code| code.code).collect()
}

/// A release of these codes: the code, whether it is billable, and its title.
pub(super) fn release(codes: &[(&str, bool, &str)]) -> Index {
    let entries = codes.iter().map(|(code, billable, title)| Entry {
        code: Code::read(code).unwrap(),
        billable: *billable,
        title: (*title).to_owned(),
    });
    Index::build(Some(entries.collect()), starter::common())
}
