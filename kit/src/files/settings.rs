//! Where files are kept, and how much of them.

use super::FileKind;
use crate::config::Secret;
use serde::{Deserialize, Serialize};

/// Settings of files. Every key has a default; unknown keys are an error.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FilesSettings {
    /// Empty: a folder `files` in the data folder. A path: that folder. `s3://bucket/prefix`: a bucket, see [`S3Settings`].
    /// Processes that host the same domain must reach the same place.
    pub url: String,
    /// What addresses of files begin with, for example `https://clinic.example.org`. Empty: addresses are paths on the server
    /// that the client has asked.
    pub public_url: String,
    /// Largest file, in bytes. Default 50 MiB.
    pub max_bytes: u64,
    /// Most files of one subject, those included that are still being uploaded. Default 1,000.
    pub per_subject: u64,
    /// Most files of one person that are uploaded or waited for but not attached to anything yet; 1 to 1,000. Default 20.
    pub pending_per_user: u32,
    /// Most uploads at once in one process: each takes up to 9 MiB of memory. Default 32.
    pub concurrent_uploads: usize,
    /// Longest pause in which nothing arrives of an upload, in seconds. Default 30.
    pub idle_seconds: u64,
    /// Kinds of files that are taken. Default: all that are known.
    pub allowed: Vec<FileKind>,
    /// How a bucket is reached.
    pub s3: S3Settings,
}

impl Default for FilesSettings {
    fn default() -> Self {
        Self {
            url: String::new(),
            public_url: String::new(),
            max_bytes: 50 * 1024 * 1024,
            per_subject: 1_000,
            pending_per_user: 20,
            concurrent_uploads: 32,
            idle_seconds: 30,
            allowed: FileKind::ALL.to_vec(),
            s3: S3Settings::default(),
        }
    }
}

/// How a bucket of S3, or of a server that speaks its protocol, is reached.
///
/// Give the bucket a lifecycle rule that aborts multipart uploads after a day: parts of an upload that a killed process leaves
/// behind cannot be listed as objects, so we cannot remove them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct S3Settings {
    /// Address of a server that is not Amazon's, for example `https://minio.example.org:9000`. Empty: Amazon's for the region.
    pub endpoint: String,
    /// The bucket's region. Servers of one's own mostly do not care.
    pub region: String,
    /// Who we are. Empty: what the machine says, as on Amazon's own (instance role, web identity).
    pub access_key: Secret,
    /// The secret that belongs to it.
    pub secret_key: Secret,
    /// Whether the bucket's name stands in the path and not in the host's name. Servers of one's own mostly want that.
    pub path_style: bool,
}

impl Default for S3Settings {
    fn default() -> Self {
        Self {
            endpoint: String::new(),
            region: "us-east-1".to_owned(),
            access_key: Secret::default(),
            secret_key: Secret::default(),
            path_style: true,
        }
    }
}
