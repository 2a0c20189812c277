//! Files over HTTP, whatever server is around it: the router in its process, or a host of subgraphs.
//!
//! | request                | answer                                                                          |
//! |------------------------|---------------------------------------------------------------------------------|
//! | `PUT /files/{id}?…`    | 201 with id, media type and size; 400 broken, 408 slow, 409 there already, 413 too large, 415 not taken |
//! | `GET /files/{id}?…`    | 200, or 206 for one range; 416                                                   |
//! | `HEAD /files/{id}?…`   | the same without content                                                         |
//!
//! An address that we have not signed leads nowhere (404), as does one of a file that is gone, or that has been closed to whoever the
//! address was made for; a genuine one that is too old is 410. Faults are 500, or 503 when something is away; only the log says more.

use super::answer::{fault, internal, not_found, stored, upload_refusal};
use super::range::{self, Wanted};
use super::{
    Disposition, Download, FileAnswer, FileDoor, FileError, FileInfo, FileRequest, Files, body, name, refusal,
};
use crate::crypto::{UrlGrant, UrlRefusal};
use crate::hosting::codes;
use crate::telemetry::chain;
use async_trait::async_trait;
use caregraph_contracts::ids::{FileId, Id, UserId};
use http::header::{
    ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_RANGE, RANGE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

/// The parts of a signed address.
struct Address<'a> {
    user: UserId,
    expires: i64,
    shown_as: &'a str,
    signature: &'a str,
}

impl<'a> Address<'a> {
    /// Reads exactly what we write: each part once, none missing, no escapes.
    fn read(query: &'a str) -> Option<Self> {
        let mut parts = query.split('&').map(|part| part.split_once('='));
        let mut next = |wanted: &str| match parts.next() {
            Some(Some((name, value))) if name == wanted => Some(value),
            _ => None,
        };
        let address = Self {
            user: next("user")?.parse().ok()?,
            expires: next("expires")?.parse().ok()?,
            shown_as: next("as")?,
            signature: next("signature")?,
        };
        parts.next().is_none().then_some(address)
    }
}

#[async_trait]
impl FileDoor for Files {
    async fn answer(&self, request: FileRequest) -> FileAnswer {
        let signed_method = match request.method {
            Method::GET | Method::HEAD => "GET",
            Method::PUT => "PUT",
            _ => {
                let mut answer = refusal(
                    StatusCode::METHOD_NOT_ALLOWED,
                    codes::BAD_REQUEST,
                    "Use GET, HEAD or PUT",
                );
                answer
                    .headers
                    .insert(ALLOW, HeaderValue::from_static("GET, HEAD, PUT"));
                return answer;
            }
        };
        let (id, user, shown_as) = match self.allowed(signed_method, &request) {
            Ok(allowed) => allowed,
            Err(answer) => {
                body::drain(request.body).await;
                return answer;
            }
        };
        if request.method == Method::PUT {
            self.upload(id, user, request).await
        } else {
            let shown_as = shown_as.as_str();
            let (word, through) = shown_as.split_once('.').unwrap_or((shown_as, ""));
            let disposition = if word == Disposition::Inline.word() {
                Disposition::Inline
            } else {
                Disposition::Attachment
            };
            let file = id;
            match self.may_begin(&Download { file, user, through }).await {
                Ok(true) => self
                    .read((id, user), disposition, &request.method, &request.headers)
                    .await
                    .unwrap_or_else(|error| fault(id, &error)),
                Ok(false) => not_found(),
                Err(error) => fault(id, &error),
            }
        }
    }
}

impl Files {
    /// Whether the address is ours and good: which file, for whom, and how it is to be shown.
    fn allowed(&self, method: &str, request: &FileRequest) -> Result<(FileId, UserId, String), FileAnswer> {
        let (Ok(id), Some(address)) = (request.id.parse::<FileId>(), Address::read(&request.query)) else {
            return Err(not_found());
        };
        let grant = UrlGrant {
            method,
            resource: id.uuid(),
            user: address.user.uuid(),
            expires: address.expires,
            detail: address.shown_as,
        };
        let genuine = self
            .signer()
            .verify(&grant, address.signature, self.clock().now());
        match genuine {
            _ if request.user.is_some_and(|user| user != address.user) => Err(not_found()),
            Ok(()) => Ok((id, address.user, address.shown_as.to_owned())),
            Err(UrlRefusal::Forged) => Err(not_found()),
            Err(UrlRefusal::Expired) => Err(refusal(
                StatusCode::GONE,
                codes::NOT_FOUND,
                "This address has expired",
            )),
        }
    }

    async fn upload(&self, id: FileId, user: UserId, request: FileRequest) -> FileAnswer {
        let declared = text(&request.headers, &CONTENT_LENGTH).and_then(|length| length.parse().ok());
        // A client that goes away must not leave an upload neither finished nor given up.
        let receiving = tokio::spawn(self.clone().receive(id, user, declared, request.body));
        match receiving.await {
            Ok(Ok(info)) => stored(&info),
            Ok(Err(refused)) => upload_refusal(id, refused),
            Err(panic) => {
                tracing::error!(file = %id, error = chain(&panic), "an upload panicked");
                internal()
            }
        }
    }

    async fn read(
        &self,
        (id, user): (FileId, UserId),
        disposition: Disposition,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<FileAnswer, FileError> {
        let found = self.rows().get(id).await?;
        let Some(found) = found.filter(|found| found.value.may_be_read(user)) else {
            return Ok(not_found());
        };
        let file = self.readable(id, &found.value)?;
        let (size, etag) = (file.info.size, format!("\"{id}\""));
        // Content never changes under an id, so a range of it always fits; unless the client has something else.
        let same = text(headers, &IF_RANGE).is_none_or(|known| known == etag);
        let header = text(headers, &RANGE).filter(|_| same && *method == Method::GET);
        let (status, wanted) = match range::wanted(header, size) {
            Wanted::Whole => (StatusCode::OK, 0..size),
            Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
            Wanted::Nothing => {
                let message = "The file has no such part";
                let mut answer = refusal(StatusCode::RANGE_NOT_SATISFIABLE, codes::BAD_REQUEST, message);
                set(&mut answer.headers, CONTENT_RANGE, &format!("bytes */{size}"));
                return Ok(answer);
            }
        };
        let mut headers = headers_of(&file.info, disposition);
        set(&mut headers, ETAG, &etag);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(wanted.end - wanted.start));
        if status == StatusCode::PARTIAL_CONTENT {
            let part = format!("bytes {}-{}/{size}", wanted.start, wanted.end - 1);
            set(&mut headers, CONTENT_RANGE, &part);
        }
        let body = if *method == Method::HEAD {
            body::empty()
        } else {
            self.clone().content(file, wanted).await?
        };
        Ok(FileAnswer {
            status,
            headers,
            body,
        })
    }
}

fn headers_of(info: &FileInfo, disposition: Disposition) -> HeaderMap {
    let disposition = if info.kind.may_be_shown() {
        disposition
    } else {
        Disposition::Attachment
    };
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (CONTENT_TYPE, info.kind.media_type()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Whatever a file turns out to be, it runs nothing and fetches nothing.
        (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        (CACHE_CONTROL, "private, no-store"),
        (ACCEPT_RANGES, "bytes"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let disposition = name::content_disposition(disposition, &info.name);
    set(&mut headers, CONTENT_DISPOSITION, &disposition);
    headers
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

/// For values that are made of visible ASCII; anything else is left out.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
