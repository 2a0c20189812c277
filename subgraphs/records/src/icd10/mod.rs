//! Diagnosis codes: ICD-10-CM, searched as people type. Public data, kept unsealed.
//!
//! | module       | what it knows                                                              |
//! |--------------|----------------------------------------------------------------------------|
//! | `code`       | what a code is, with and without its dot                                   |
//! | `order_file` | the file in which CMS publishes a release                                  |
//! | `starter`    | common codes with Vietnamese names, built in                               |
//! | `index`      | all codes in memory, by word; `texts` is how they lie there                |
//! | `phrasing`   | what people say for what is written                                        |
//! | `meaning`    | words that somebody may mean by what they type                             |
//! | `ranking`    | how well a code was met                                                    |
//! | `search`     | which codes a text means, the best first                                   |
//! | `store`      | the imported release as documents                                          |
//! | `service`    | finding codes, importing a release                                         |
//! | `graphql`    | the schema; thin, no rules                                                 |

mod code;
pub mod graphql;
mod index;
mod meaning;
mod order_file;
mod phrasing;
mod ranking;
#[cfg(test)]
mod samples;
mod search;
mod service;
mod starter;
mod store;
mod texts;

pub use code::Code;
pub use graphql::Icd10Query;
pub use order_file::{Entry, OrderFile, OrderFileError, Unreadable};
pub use service::{Icd10, ImportError};
pub use store::Release;

use caregraph_kit::documents::{Declaration, Document};

/// A diagnosis code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Icd10Code {
    /// The code with its dot, for example `E11.9`.
    pub code: String,
    /// English title.
    pub title: String,
    /// Vietnamese name, where one is known.
    pub title_vi: Option<String>,
    /// Whether a diagnosis can be coded with it; otherwise it is the heading of more exact codes.
    pub billable: bool,
}

/// What is kept of an imported release.
pub fn declarations() -> Vec<Declaration> {
    vec![store::ReleaseRow::declaration(), store::ChunkRow::declaration()]
}
