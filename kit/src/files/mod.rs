//! Files: content that people upload and read through signed addresses, sealed before it reaches any disk.
//!
//! A domain that keeps documents may keep files beside them. It decides who may do what; this module does the rest:
//!
//! 1. [`Files::begin`] writes down that somebody may upload a file about somebody, and gives an address for it.
//! 2. `PUT` to that address: the content is counted, looked at ([`FileKind`] is found out, not believed), sealed in chunks under a
//!    key of its own, and stored under a name that tells nothing. Never is more than a part of it in memory.
//! 3. [`Files::attach`] makes it belong to something, in the commit that writes the something.
//! 4. [`Files::download_link`] gives one person an address to read it, whole or in part.
//! 5. [`Files::remove`] ends it, in a commit as well.
//! 6. [`Files::upkeep`] removes what was never finished, never attached, or is not wanted any more.
//!
//! What is known about a file is a document ([`FileRow`]); its content is an object in a folder or a bucket ([`Blobs`]). A
//! document is written before its object and ends after it, so that whatever a killed process leaves behind is found by its
//! document. Content of a file is reachable only through its document, which holds the sealed key: whoever exchanges, shortens
//! or changes objects makes them unreadable, never different.
//!
//! **Limits.** Bytes are counted as they arrive. Files that wait to be attached take one of a person's numbered seats, which a
//! unique index keeps apart, so that no race exceeds them. A subject's files are counted before another is begun: requests that
//! run at the same instant may exceed that limit, by no more than their number.
//!
//! **Invariant:** nothing here decides who may see a file. Addresses are made by use cases that did, and say for whom they were
//! made. Where what is open may close again, a [`DownloadGuard`] of the domain is asked once more when the download begins.

mod address;
mod answer;
mod blobs;
mod body;
mod chunks;
mod door;
mod download;
mod error;
mod guard;
mod kind;
mod model;
mod name;
mod range;
mod service;
mod settings;
mod sniff;
mod tidy;
mod upload;

pub use address::{Disposition, DownloadLink};
pub use answer::{FileAnswer, FileDoor, FileRequest, refusal};
pub use blobs::Blobs;
pub use body::{BodySender, FileBody, empty, pipe, whole};
pub use error::FileError;
pub use guard::{Download, DownloadGuard};
pub use kind::FileKind;
pub use model::{DOWNLOAD_LINK, FILE_SEALS, FileRow, FileState, LONGEST_UPLOAD, UPLOAD_LINK, WAITING};
pub use name::MOST_NAME_CHARS;
pub use service::{FileInfo, FileOwner, Files, UploadTicket};
pub use settings::{FilesSettings, S3Settings};
pub use tidy::Tidied;

/// Where files are on a server: `/files/{id}`.
pub const FILES: &str = "/files";
