//! Messages as files, where a way out is not configured.

use super::{Letter, email};
use crate::settings::NotificationSettings;
use caregraph_kit::Fault;
use lettre::message::Mailbox;
use std::io;
use std::path::{Path, PathBuf};
use tokio::io::AsyncWriteExt;

/// A folder for messages.
pub(super) struct Outbox {
    folder: PathBuf,
    from: Mailbox,
}

impl Outbox {
    /// `None` without a folder.
    pub(super) fn new(settings: &NotificationSettings) -> Result<Option<Self>, Fault> {
        let Some(folder) = settings.outbox.clone() else {
            return Ok(None);
        };
        let from = email::sender(&settings.email.from)?;
        Ok(Some(Self { folder, from }))
    }

    /// Writes a message and gives the file's name, which follows from the message: a repetition replaces it by an equal one.
    pub(super) async fn keep(&self, letter: &Letter<'_>, address: &str) -> io::Result<String> {
        let message =
            email::compose(letter, &self.from, address, email::readable).map_err(io::Error::other)?;
        let name = format!(
            "{}-{}-{}.eml",
            letter.written_at.format("%Y%m%dT%H%M%S%.6fZ"),
            letter.channel.as_str().to_lowercase(),
            letter.id
        );
        deliver(&self.folder, &name, &message.formatted()).await?;
        Ok(name)
    }
}

/// Written aside, then renamed, so that nobody picks up half of it. Whoever repeats what a process left behind that died uses its file.
async fn deliver(folder: &Path, name: &str, text: &[u8]) -> io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let aside = folder.join(format!(".{name}.tmp"));
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    // It may hold a link that works, so it is for the owner's eyes only.
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(&aside).await?;
    file.write_all(text).await?;
    file.sync_all().await?;
    tokio::fs::rename(&aside, folder.join(name)).await
}
