//! Taking one's data along: everything that any domain keeps about a patient, in one archive.
//!
//! 1. [`Exports::request`] writes the export down and tells `DataExportRequested`.
//! 2. Every other domain answers with `DataExported`, in numbered parts ([`caregraph_kit::portability`]), which are kept here, sealed.
//! 3. When all have answered, a job (`Assembling`) puts the archive together — the parts, the medical record, the files that belong to
//!    it — and stores it as a file; `DataExportReady` makes notifications tell whoever asked.
//! 4. They fetch it by a signed address for [`KEPT`]; then a job (`Expiring`) removes it.
//!
//! **Invariant:** an archive holds what whoever asked may see in the graph at that time, and nothing else. **Invariant:** only they
//! fetch it.

mod archive;
mod lists;
mod model;
mod service;
mod store;
mod worker;

pub(crate) use lists::LISTS;
pub use model::{Export, ExportStatus, KEPT};
pub use service::Exports;
pub(crate) use store::{Archives, ExportRow, ExportStore, PartRow};
pub(crate) use worker::{Assembling, Collecting, Expiring};
