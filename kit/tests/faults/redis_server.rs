//! A Redis server of one test, which can be killed and comes back empty.

use caregraph_kit::testing::eventually;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::net::TcpStream;

/// The server; killed when dropped.
pub struct RedisServer {
    port: u16,
    process: Child,
    folder: tempfile::TempDir,
}

impl RedisServer {
    /// Starts it; `None` where the program is missing, except in CI, where it must not be.
    pub async fn start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let folder = tempfile::tempdir().unwrap();
        let Ok(process) = launch(port, &folder) else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "redis-server must not be missing in CI"
            );
            return None;
        };
        let server = Self {
            port,
            process,
            folder,
        };
        server.answers().await;
        Some(server)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// `kill -9`, a moment without it, and a new one that knows nothing.
    pub async fn die_and_come_back_empty(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        tokio::time::sleep(Duration::from_millis(rand::random_range(0..300))).await;
        self.process = launch(self.port, &self.folder).unwrap();
        self.answers().await;
    }

    async fn answers(&self) {
        eventually("Redis answers", async || {
            TcpStream::connect(("127.0.0.1", self.port)).await.ok()
        })
        .await;
    }
}

fn launch(port: u16, folder: &tempfile::TempDir) -> std::io::Result<Child> {
    Command::new("redis-server")
        .args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
