//! Requests over HTTP.

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// The graph as one person sees it.
#[derive(Clone)]
pub struct Graph {
    client: Client,
    pub address: SocketAddr,
    token: Option<String>,
}

impl Graph {
    pub fn new(address: SocketAddr) -> Self {
        Self {
            client: Client::new(),
            address,
            token: None,
        }
    }

    /// The same graph with a token.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same person at another process.
    pub fn at(&self, address: SocketAddr) -> Self {
        Self {
            address,
            ..self.clone()
        }
    }

    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends a document; gives status and answer as they are.
    pub async fn send(&self, document: &str, variables: Value) -> (StatusCode, Value) {
        let mut request = self.client.post(self.url("/graphql"));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request
            .json(&json!({ "query": document, "variables": variables }))
            .send()
            .await
            .unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Sends a document to a program that may die meanwhile; `None` when there was no whole answer.
    pub async fn attempt(&self, document: &str, variables: &Value) -> Option<Value> {
        let mut request = self.client.post(self.url("/graphql"));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let body = json!({ "query": document, "variables": variables });
        request.json(&body).send().await.ok()?.json().await.ok()
    }

    /// Sends a document that must succeed; gives its data.
    pub async fn data(&self, document: &str, variables: Value) -> Value {
        let (status, mut answer) = self.send(document, variables).await;
        assert!(
            status.is_success() && answer.get("errors").is_none(),
            "{status} {answer}\n{document}"
        );
        answer["data"].take()
    }

    /// Sends a mutation of one root field that must be done; gives its payload.
    pub async fn done(&self, field: &str, document: &str, variables: Value) -> Value {
        let payload = self.data(document, variables).await[field].take();
        assert_eq!(payload["errors"], json!([]), "{field} was refused");
        payload
    }

    /// Sends a mutation of one root field that must be refused; gives the first error.
    pub async fn refused(&self, field: &str, document: &str, variables: Value) -> Value {
        let mut payload = self.data(document, variables).await[field].take();
        let error = payload["errors"][0].take();
        assert!(error.is_object(), "{field} was not refused: {payload}");
        error
    }

    /// Sends a document that must fail at the top; gives the error's code.
    pub async fn code(&self, document: &str, variables: Value) -> String {
        let (_, answer) = self.send(document, variables).await;
        let code = &answer["errors"][0]["extensions"]["code"];
        code.as_str()
            .unwrap_or_else(|| panic!("no error code: {answer}\n{document}"))
            .to_owned()
    }
}
