//! A domain that keeps files.

use caregraph_contracts::Domain;
use caregraph_contracts::ids::{FileId, UserId};
use caregraph_kit::documents::{Collection, Commit, Document, DocumentError};
use caregraph_kit::failure::{Failure, Rejection};
use caregraph_kit::files::{
    Blobs, Disposition, FileAnswer, FileBody, FileDoor, FileInfo, FileOwner, FileRequest, FileRow, Files,
    FilesSettings, UploadTicket, empty, whole,
};
use caregraph_kit::subgraph::DocumentGround;
use caregraph_kit::testing::{DocumentEngine, OnDocumentEngine, TestDocuments};
use chrono::TimeDelta;
use futures::TryStreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::path::PathBuf;
use uuid::Uuid;

/// Larger than several chunks, smaller than a segment.
pub const SOME: usize = 200_000;

/// Whose files these are.
pub const PATIENT: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);

/// Somebody, by number.
pub fn user(number: u128) -> UserId {
    UserId::from(Uuid::from_u128(
        0x0192_0000_0000_7000_8000_0000_0001_0000 + number,
    ))
}

/// Who uploads in most tests.
pub fn owner() -> FileOwner {
    FileOwner {
        subject: PATIENT,
        by: user(1),
    }
}

/// A document of so many bytes, none like its neighbours.
pub fn pdf(size: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend(
        (0_u32..)
            .take(size)
            .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8),
    );
    bytes.truncate(size);
    bytes
}

pub struct World {
    pub store: TestDocuments,
    pub ground: DocumentGround,
    pub files: Files,
    pub rows: Collection<FileRow>,
    pub folder: tempfile::TempDir,
}

impl OnDocumentEngine for World {
    async fn on(engine: DocumentEngine) -> Self {
        Self::with(engine, &FilesSettings::default()).await
    }
}

impl World {
    pub async fn with(engine: DocumentEngine, settings: &FilesSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::folder(folder.path()).unwrap();
        Self::over(engine, settings, blobs, folder).await
    }

    pub async fn over(
        engine: DocumentEngine,
        settings: &FilesSettings,
        blobs: Blobs,
        folder: tempfile::TempDir,
    ) -> Self {
        let store = TestDocuments::new(engine, Domain::Records);
        let ground = store.ground(vec![FileRow::declaration()]).await;
        Self {
            files: Files::new(&ground, blobs, settings).unwrap(),
            rows: ground.documents.collection().unwrap(),
            ground,
            store,
            folder,
        }
    }

    pub fn later(&self, by: TimeDelta) {
        self.ground.clock.advance(by);
    }

    pub async fn begin(&self, name: &str) -> UploadTicket {
        self.files.begin(owner(), name).await.unwrap()
    }

    /// A file whose content is there.
    pub async fn stored(&self, name: &str, content: &[u8]) -> FileId {
        let ticket = self.begin(name).await;
        let answer = put(&self.files, &ticket.url, content.to_vec()).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        ticket.id
    }

    /// A file that belongs to something.
    pub async fn attached(&self, name: &str, content: &[u8]) -> FileId {
        let id = self.stored(name, content).await;
        self.attach(id).await.unwrap();
        id
    }

    pub async fn attach(&self, id: FileId) -> Result<FileInfo, Failure> {
        let mut commit = Commit::new();
        let info = self.files.attach(&mut commit, id, owner()).await?;
        self.ground.documents.commit(commit).await?;
        Ok(info)
    }

    pub async fn remove(&self, id: FileId) -> Result<(), Failure> {
        let mut commit = Commit::new();
        self.files.remove(&mut commit, id).await?;
        self.ground
            .documents
            .commit(commit)
            .await
            .map_err(Failure::from)
            .map(drop)
    }

    pub async fn link(&self, id: FileId, reader: u128) -> String {
        self.files
            .download_link(id, user(reader), Disposition::Inline)
            .await
            .unwrap()
            .url
    }

    pub async fn read(&self, id: FileId) -> Answer {
        get(&self.files, &self.link(id, 1).await, &[]).await
    }

    /// The state as documents hold it, or nothing.
    pub async fn state(&self, id: FileId) -> Option<String> {
        let found = self.rows.get(id).await.unwrap()?;
        let value = serde_json::to_value(&found.value).unwrap();
        Some(value["state"].as_str().unwrap().to_owned())
    }

    /// Where the content of a file is in the folder.
    pub async fn object(&self, id: FileId) -> PathBuf {
        let found = self.rows.get(id).await.unwrap().unwrap();
        let value = serde_json::to_value(&found.value).unwrap();
        self.folder.path().join(value["object"].as_str().unwrap())
    }

    /// All files below the folder.
    pub fn objects(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found
    }
}

/// An answer with its content.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub content: std::io::Result<Vec<u8>>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.content.as_ref().unwrap()).into_owned()
    }

    pub fn bytes(&self) -> &[u8] {
        self.content.as_ref().unwrap()
    }
}

pub async fn put(files: &Files, url: &str, content: Vec<u8>) -> Answer {
    let length = content.len().to_string();
    // In pieces that fit neither chunks nor the beginning that is looked at.
    let pieces: Vec<_> = content.chunks(7_777).map(<[u8]>::to_vec).collect();
    let body = futures::stream::iter(pieces.into_iter().map(|piece| Ok(piece.into())));
    send(
        files,
        "PUT",
        url,
        &[("content-length", &length)],
        None,
        Box::pin(body),
    )
    .await
}

/// Without saying how long it will be.
pub async fn put_chunked(files: &Files, url: &str, body: FileBody) -> Answer {
    send(files, "PUT", url, &[], None, body).await
}

pub async fn get(files: &Files, url: &str, headers: &[(&str, &str)]) -> Answer {
    send(files, "GET", url, headers, None, empty()).await
}

pub async fn send(
    files: &Files,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    as_user: Option<UserId>,
    body: FileBody,
) -> Answer {
    let (id, query) = url
        .strip_prefix("/files/")
        .and_then(|rest| rest.split_once('?'))
        .unwrap_or((url, ""));
    let headers = headers.iter().map(|(name, value)| {
        (
            name.parse::<HeaderName>().unwrap(),
            value.parse::<HeaderValue>().unwrap(),
        )
    });
    let request = FileRequest {
        method: method.parse::<Method>().unwrap(),
        id: id.to_owned(),
        query: query.to_owned(),
        headers: headers.collect(),
        user: as_user,
        body,
    };
    collected(files.answer(request).await).await
}

async fn collected(answer: FileAnswer) -> Answer {
    let content = answer.body.try_collect::<Vec<_>>().await;
    Answer {
        status: answer.status.as_u16(),
        headers: answer.headers,
        content: content.map(|pieces| pieces.concat()),
    }
}

/// The one refusal of a failure.
pub fn refused<T: std::fmt::Debug>(result: Result<T, Failure>) -> Rejection {
    match result {
        Err(Failure::Refused(mut refusals)) if refusals.len() == 1 => refusals.remove(0),
        other => panic!("not refused: {other:?}"),
    }
}

pub fn is_conflict(error: &DocumentError) -> bool {
    matches!(error, DocumentError::Conflict { .. })
}

/// A body that is there at once.
pub fn at_once(content: impl Into<bytes::Bytes>) -> FileBody {
    whole(content)
}
