//! Request bodies are read once, here, and looked at before anything parses them.

use crate::gate::text;
use crate::gateway::Gateway;
use crate::refusal::Refusal;
use caregraph_kit::hosting::{codes, nesting};
use futures::stream;
use hive_router::http::{StatusCode, header};
use hive_router::ntex::http::Payload;
use hive_router::ntex::util::{Bytes, BytesMut};
use hive_router::ntex::web::{DefaultError, WebRequest};
use std::future::ready;

const TOO_LARGE: Refusal = Refusal::new(
    StatusCode::PAYLOAD_TOO_LARGE,
    codes::LIMIT_EXCEEDED,
    "The request is too large",
);
const TOO_SLOW: Refusal = Refusal::new(
    StatusCode::REQUEST_TIMEOUT,
    codes::TIMEOUT,
    "The request took too long to arrive",
);
const NOT_JSON: Refusal = Refusal::new(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    codes::BAD_REQUEST,
    "Send application/json",
);
const COMPRESSED: Refusal = Refusal::new(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    codes::BAD_REQUEST,
    "Send the request uncompressed",
);

/// A client that sends more than allowed would see a broken connection instead of the refusal if nobody read on, so up to this
/// many bytes are read and thrown away.
const MOST_READ_IN_VAIN: usize = 32 * 1024 * 1024;

/// Reads the body, checks it, and puts it back for whoever executes it.
pub(crate) async fn check(request: &mut WebRequest<DefaultError>, gateway: &Gateway) -> Result<(), Refusal> {
    // Only this type: browsers send it after a preflight alone, which keeps forged forms out.
    let is_json = text(request, &header::CONTENT_TYPE)
        .and_then(|kind| kind.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        return Err(NOT_JSON);
    }
    if text(request, &header::CONTENT_ENCODING)
        .is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity"))
    {
        return Err(COMPRESSED);
    }
    let mut payload = request.take_payload();
    let reading = read(&mut payload, gateway.settings.limits.max_body_bytes);
    let body = tokio::time::timeout(gateway.settings.subgraphs.request_timeout(), reading)
        .await
        .map_err(|_| TOO_SLOW)??;
    inspect(&body)?;
    request.set_payload(Payload::from_stream(stream::once(ready(Ok(body)))));
    Ok(())
}

async fn read(payload: &mut Payload, max: usize) -> Result<Bytes, Refusal> {
    let mut body = BytesMut::new();
    let mut seen = 0_usize;
    while let Some(chunk) = payload.recv().await {
        let chunk = chunk.map_err(|_| Refusal::bad_request("The request broke off"))?;
        seen = seen.saturating_add(chunk.len());
        if seen <= max {
            body.extend_from_slice(&chunk);
        } else if seen > MOST_READ_IN_VAIN {
            break;
        } else {
            body.clear();
        }
    }
    if seen > max {
        Err(TOO_LARGE)
    } else {
        Ok(body.freeze())
    }
}

fn inspect(body: &[u8]) -> Result<(), Refusal> {
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => {}
        Some(b'[') => {
            return Err(Refusal::bad_request(
                "Send one operation at a time; batches are not supported",
            ));
        }
        _ => return Err(Refusal::bad_request("The body is not a GraphQL request")),
    }
    if nesting::json_nests_deeper(body, nesting::MAX_JSON_NESTING) {
        return Err(Refusal::too_deep());
    }
    Ok(())
}
