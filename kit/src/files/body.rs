//! Content on its way between a client and us.

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use std::io;
use std::time::Duration;
use tokio::sync::mpsc;

/// Content that comes piece by piece. An error means that the rest does not come.
pub type FileBody = BoxStream<'static, io::Result<Bytes>>;

/// Pieces that may wait between two runtimes.
const WAITING_PIECES: usize = 4;

/// The sending end of a body whose pieces come from a task of another runtime.
pub struct BodySender(mpsc::Sender<Option<io::Result<Bytes>>>);

/// A body, and the end to feed it. A sender that is dropped without [`BodySender::finish`] breaks the body, so that the first half
/// of an upload is never taken for the whole.
pub fn pipe() -> (BodySender, FileBody) {
    let (sender, receiver) = mpsc::channel(WAITING_PIECES);
    let body = stream::unfold(Some(receiver), |receiver| async {
        let mut receiver: mpsc::Receiver<Option<io::Result<Bytes>>> = receiver?;
        match receiver.recv().await {
            Some(Some(Ok(piece))) => Some((Ok(piece), Some(receiver))),
            Some(Some(Err(error))) => Some((Err(error), None)),
            Some(None) => None,
            None => Some((Err(io::ErrorKind::UnexpectedEof.into()), None)),
        }
    });
    (BodySender(sender), body.boxed())
}

impl BodySender {
    /// Hands a piece on, waiting for its turn; `false` when nobody wants more.
    pub async fn send(&self, piece: io::Result<Bytes>) -> bool {
        self.0.send(Some(piece)).await.is_ok()
    }

    /// Says that this was all.
    pub async fn finish(self) {
        // Who does not listen any more does not want to know.
        let _ = self.0.send(None).await;
    }
}

/// No content.
pub fn empty() -> FileBody {
    stream::empty().boxed()
}

/// Content that is there already.
pub fn whole(content: impl Into<Bytes>) -> FileBody {
    stream::iter([Ok(content.into())]).boxed()
}

/// A client that sends what is not taken would see a broken connection instead of the refusal if nobody read on, so up to this
/// many bytes are read and thrown away, for no longer than [`LONGEST_IN_VAIN`].
const MOST_IN_VAIN: usize = 32 * 1024 * 1024;

const LONGEST_IN_VAIN: Duration = Duration::from_secs(10);

/// Reads the rest of a body and throws it away.
pub(super) async fn drain(mut body: FileBody) {
    let reading = async {
        let mut seen = 0;
        while let Some(Ok(piece)) = body.next().await {
            seen += piece.len();
            if seen > MOST_IN_VAIN {
                break;
            }
        }
    };
    // Who sends no more in this time has been answered long enough.
    let _ = tokio::time::timeout(LONGEST_IN_VAIN, reading).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::TryStreamExt;

    #[tokio::test]
    async fn a_body_is_whole_only_when_its_sender_says_so() {
        let (sender, body) = pipe();
        assert!(sender.send(Ok(Bytes::from_static(b"a"))).await);
        sender.finish().await;
        assert_eq!(body.try_collect::<Vec<_>>().await.unwrap().concat(), b"a");

        let (sender, body) = pipe();
        assert!(sender.send(Ok(Bytes::from_static(b"a"))).await);
        drop(sender);
        let error = body.try_collect::<Vec<_>>().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
