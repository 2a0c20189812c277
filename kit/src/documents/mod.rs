//! Documents: values that are kept whole, found by a few declared paths, and written together with their events.
//!
//! Not a mapper of objects, but a small port with two back ends that answer alike: an SQLite file per domain (the
//! default), and MongoDB. What both must agree on is decided here and not by an engine:
//!
//! - **Identity and version.** An identifier is a `UUIDv7`; a version is a number that begins with 1 and that the store
//!   manages. Whoever writes says which version they saw. Two writers never overwrite each other's work unseen.
//! - **Finding.** Only by [declared](Declaration) paths, with [`Filter`]s, sorted, in pages that cost the same wherever
//!   they lie. What stands at a declared path has one [`Kind`].
//! - **Comparing.** Texts by their bytes, in no language's order. Whole numbers of 64 bits; there are no fractions:
//!   decimals are texts. Instants are microseconds. `null` and nothing at all are both *absent*: no comparison holds for
//!   it, and it comes before everything when sorting.
//! - **Uniqueness** holds for documents that have a value at each of an index's paths.
//! - **Names and texts** may hold anything, `$`, dots and NUL included. Documents have at most 7 MiB and 64 levels.
//! - **Committing.** Several writes, the events they tell and the note that an incoming event was handled take effect
//!   together or not at all. A [`Commit`] is a value: a store that lost a race against another transaction does it again.
//!
//! **Invariant:** no part of a filter or a document reaches an engine as code or as the name of a field. What documents are
//! found by is taken out of them here, once for both back ends, and kept beside them.

mod body;
mod collection;
mod commit;
mod declaration;
mod error;
mod filter;
mod handler;
pub mod micros;
mod mongo;
mod query;
mod renewal;
mod scalar;
mod settings;
mod sqlite;
mod store;

pub use body::{MOST_DEPTH, MOST_DOCUMENT_BYTES, MOST_KEY_BYTES, MOST_VALUES};
pub use collection::{Collection, Document, Versioned};
pub use commit::Commit;
pub use declaration::{Declaration, Direction};
pub use error::DocumentError;
pub use filter::Filter;
pub use handler::DocumentHandler;
pub use query::{PageKey, Query};
pub use renewal::SealedPath;
pub use scalar::{Kind, Scalar};
pub use settings::{DocumentsSettings, Location};
pub use store::{Documents, Foundation};
