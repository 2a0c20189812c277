//! Signed addresses of files: who may do what with which, until when.

use super::{DOWNLOAD_LINK, FILES, Files};
use crate::crypto::UrlGrant;
use crate::failure::{Failure, Rejection};
use caregraph_contracts::ids::{FileId, Id, UserId};
use chrono::{DateTime, Utc};

/// Leave to read one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadLink {
    /// Where the content is: a whole address, or a path when `files.public_url` is not set. It is a secret.
    pub url: String,
    /// Until when reading may begin: five minutes from now.
    pub expires_at: DateTime<Utc>,
}

/// How a browser is to treat a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Show it, if it is a picture or a PDF that browsers show; save it otherwise.
    Inline,
    /// Save it.
    Attachment,
}

impl Disposition {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Attachment => "attachment",
        }
    }
}

impl Files {
    /// An address by which `user` may read a file for five minutes. Whether they may is decided before. Files that are not
    /// attached can be read by whoever uploaded them only.
    pub async fn download_link(
        &self,
        id: FileId,
        user: UserId,
        disposition: Disposition,
    ) -> Result<DownloadLink, Failure> {
        self.download_link_through(id, user, disposition, "").await
    }

    /// As [`Files::download_link`], with what the [`DownloadGuard`](super::DownloadGuard) is to look at again when the address is
    /// used: in ASCII letters, digits, `.`, `-` and `_`.
    pub async fn download_link_through(
        &self,
        id: FileId,
        user: UserId,
        disposition: Disposition,
        through: &str,
    ) -> Result<DownloadLink, Failure> {
        let found = self.rows().get(id).await?;
        found
            .filter(|found| found.value.may_be_read(user))
            .ok_or_else(|| Rejection::not_found("fileId", "file"))?;
        let expires_at = self.clock().now() + DOWNLOAD_LINK;
        let detail = match through {
            "" => disposition.word().to_owned(),
            _ => format!("{}.{through}", disposition.word()),
        };
        Ok(DownloadLink {
            url: self.address("GET", id, user, expires_at, &detail),
            expires_at,
        })
    }

    /// The address of a file for somebody, for one method, until a time.
    pub(super) fn address(
        &self,
        method: &str,
        id: FileId,
        user: UserId,
        expires: DateTime<Utc>,
        detail: &str,
    ) -> String {
        let grant = UrlGrant {
            method,
            resource: id.uuid(),
            user: user.uuid(),
            expires: expires.timestamp(),
            detail,
        };
        let signature = self.signer().sign(&grant);
        let base = self.settings().public_url.trim_end_matches('/');
        let expires = grant.expires;
        format!("{base}{FILES}/{id}?user={user}&expires={expires}&as={detail}&signature={signature}")
    }
}
