//! A mail server that does what a test wants.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How the server treats messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Takes them.
    Kind,
    /// The mailbox does not exist.
    Refusing,
    /// Busy: come back later.
    Busy,
    /// Says nothing any more.
    Stalling,
    /// Takes the whole message and is gone without a word.
    Dropping,
    /// Takes the whole message and says so only when nobody waits any more.
    Late,
}

/// A mail server; what it took, whole.
pub struct MailServer {
    pub address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    taken: Arc<Mutex<Vec<String>>>,
    tries: Arc<Mutex<u32>>,
}

impl MailServer {
    pub async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            mood: Arc::new(Mutex::new(mood)),
            taken: Arc::default(),
            tries: Arc::default(),
        };
        let (mood, taken, tries) = (server.mood.clone(), server.taken.clone(), server.tries.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (mood, taken, tries) = (mood.clone(), taken.clone(), tries.clone());
                tokio::spawn(async move {
                    // The client may go away at any time.
                    let _ = talk(stream, &mood, &taken, &tries).await;
                });
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn becomes(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }

    /// How often somebody tried to hand a message over.
    pub fn tries(&self) -> u32 {
        *self.tries.lock().unwrap()
    }
}

async fn talk(
    stream: TcpStream,
    mood: &Mutex<Mood>,
    taken: &Mutex<Vec<String>>,
    tries: &Mutex<u32>,
) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 test\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let now = *mood.lock().unwrap();
        let command = line.to_uppercase();
        let answer = if command.starts_with("EHLO") {
            "250-test\r\n250 8BITMIME"
        } else if command.starts_with("RCPT") {
            *tries.lock().unwrap() += 1;
            match now {
                Mood::Refusing => "550 5.1.1 no such mailbox",
                Mood::Busy => "451 4.3.0 too busy",
                Mood::Stalling => {
                    tokio::time::sleep(Duration::from_mins(10)).await;
                    return Ok(());
                }
                Mood::Kind | Mood::Dropping | Mood::Late => "250 2.1.5 ok",
            }
        } else if command == "DATA" {
            writer.write_all(b"354 go on\r\n").await?;
            let mut message = String::new();
            while let Some(line) = lines.next_line().await? {
                if line == "." {
                    break;
                }
                message.push_str(&line);
                message.push('\n');
            }
            if now == Mood::Dropping {
                return Ok(());
            }
            if now == Mood::Late {
                tokio::time::sleep(Duration::from_secs(6)).await;
            }
            taken.lock().unwrap().push(message);
            "250 2.0.0 queued as 4711"
        } else if command == "QUIT" {
            writer.write_all(b"221 bye\r\n").await?;
            return Ok(());
        } else {
            "250 ok"
        };
        writer.write_all(answer.as_bytes()).await?;
        writer.write_all(b"\r\n").await?;
    }
    Ok(())
}
