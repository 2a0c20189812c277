//! How files can fail; nobody's mistake but ours or the infrastructure's.

use crate::config::ConfigError;
use crate::crypto::CryptoError;
use crate::documents::DocumentError;
use crate::failure::{Failure, Fault};
use std::error::Error;

/// Why a file was not stored or read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The place for content could not be opened.
    #[error("the place for files cannot be used: {0}")]
    Open(String),
    /// A secret of the settings could not be read.
    #[error("the place for files cannot be used")]
    Settings(#[from] ConfigError),
    /// The place for content failed or is away.
    #[error("the place for files failed")]
    Content(#[from] object_store::Error),
    /// What is known about a file could not be read or written.
    #[error("what is known about a file could not be read or written")]
    Documents(#[from] DocumentError),
    /// A sealed value about a file could not be opened.
    #[error("what is known about a file could not be opened")]
    Sealed(#[from] CryptoError),
    /// The content is not what was stored.
    #[error("a file is damaged: {0}")]
    Damaged(&'static str),
    /// Whether a file may be read could not be found out.
    #[error("whether a file may be read could not be found out")]
    Guard(#[source] Fault),
    /// The content is on a disk that failed.
    #[error("the folder of files failed")]
    Folder(#[from] std::io::Error),
}

impl FileError {
    /// Whether something is away or too busy, so that waiting may help.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Content(error) => !matches!(error, object_store::Error::NotFound { .. }),
            Self::Documents(error) => error.is_outage(),
            Self::Folder(_) => true,
            Self::Guard(fault) => fault
                .source()
                .and_then(|source| source.downcast_ref::<DocumentError>())
                .is_some_and(DocumentError::is_outage),
            Self::Open(_) | Self::Settings(_) | Self::Sealed(_) | Self::Damaged(_) => false,
        }
    }
}

impl From<FileError> for Fault {
    fn from(error: FileError) -> Self {
        Self::new("a file could not be stored or read", error)
    }
}

impl<R> From<FileError> for Failure<R> {
    fn from(error: FileError) -> Self {
        Self::Fault(error.into())
    }
}
