//! Files beside hosted subgraphs: `/files/{id}`, for a router elsewhere that passes requests through.

use super::session;
use crate::auth::TokenVerifier;
use crate::files::{FILES, FileAnswer, FileDoor, FileRequest, refusal};
use crate::hosting::codes;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::response::Response;
use axum::routing::any;
use futures::{StreamExt, TryStreamExt};
use std::io;
use std::sync::Arc;

struct Files {
    door: Arc<dyn FileDoor>,
    verifier: Option<Arc<TokenVerifier>>,
}

/// The routes of files, to be merged into [`app`](super::app). The body's size is limited by the door, as it arrives.
pub fn routes(door: Arc<dyn FileDoor>, verifier: Option<Arc<TokenVerifier>>) -> Router {
    Router::new()
        .route(&format!("{FILES}/{{id}}"), any(answer))
        .with_state(Arc::new(Files { door, verifier }))
}

async fn answer(State(files): State<Arc<Files>>, Path(id): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let authorization = parts
        .headers
        .get(AUTHORIZATION)
        .map(|value| value.to_str().unwrap_or_default());
    let answer = match session::authenticate(files.verifier.as_deref(), authorization) {
        Ok(principal) => {
            let request = FileRequest {
                method: parts.method,
                id,
                query: parts.uri.query().unwrap_or_default().to_owned(),
                headers: parts.headers,
                user: principal.user_id(),
                body: body.into_data_stream().map_err(io::Error::other).boxed(),
            };
            files.door.answer(request).await
        }
        Err(error) => refusal(
            StatusCode::UNAUTHORIZED,
            codes::UNAUTHENTICATED,
            session::refusal(error),
        ),
    };
    respond(answer)
}

fn respond(answer: FileAnswer) -> Response {
    let mut response = Response::new(Body::from_stream(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}
