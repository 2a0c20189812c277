//! One keep-alive HTTP/1.1 connection to a server on this machine, as light as can be: what the client takes of the processors is
//! missing on the other side.

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// Where all servers have their graph.
const GRAPH: &str = "/graphql";

/// A connection.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            // How it ends is told to whoever sends the next request.
            let _ = connection.await;
        });
        let host = HeaderValue::from_str(&address.to_string())?;
        Ok(Self { sender, host })
    }

    /// Posts a GraphQL request; the answer once all of it is here.
    pub async fn post(&mut self, authorization: &HeaderValue, body: Bytes) -> Result<(StatusCode, Bytes)> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(GRAPH)
            .header(HOST, &self.host)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, authorization)
            .body(Full::new(body))?;
        self.send(request).await
    }

    /// Fetches a page.
    pub async fn get(&mut self, path: &str) -> Result<(StatusCode, Bytes)> {
        let request = Request::builder()
            .uri(path)
            .header(HOST, &self.host)
            .body(Full::default())?;
        self.send(request).await
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes)> {
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }

    /// Asks the graph something that must succeed, and gives the answer's `data`.
    pub async fn data(
        &mut self,
        authorization: &HeaderValue,
        query: &str,
        variables: &Value,
    ) -> Result<Value> {
        let (status, body) = self.post(authorization, request(query, variables)).await?;
        let mut answer: Value = serde_json::from_slice(&body)
            .with_context(|| format!("status {status}, and no JSON: {}", String::from_utf8_lossy(&body)))?;
        if status != StatusCode::OK || answer.get("errors").is_some() || answer["data"].is_null() {
            bail!("status {status}: {answer}\n{query}");
        }
        Ok(answer["data"].take())
    }
}

/// A GraphQL request, serialised.
pub fn request(query: &str, variables: &Value) -> Bytes {
    json!({ "query": query, "variables": variables })
        .to_string()
        .into()
}
