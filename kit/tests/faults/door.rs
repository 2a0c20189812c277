//! A door in front of a store: through it the store is reached, or not.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of whoever wants through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// They get through.
    Open,
    /// Nothing gets through and nobody is told, as when a cable is cut. What waits goes on when the door opens.
    Silent,
    /// Everybody is cut off and turned away, as when the server is restarted.
    Shut,
}

/// The door.
pub struct Door {
    pub address: SocketAddr,
    state: watch::Sender<State>,
}

impl Door {
    /// In front of `server`.
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (state, watching) = watch::channel(State::Open);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, server, watching.clone()));
            }
        });
        Self { address, state }
    }

    pub fn turn(&self, state: State) {
        self.state.send_replace(state);
    }
}

async fn pass(client: TcpStream, server: SocketAddr, state: watch::Receiver<State>) {
    if *state.borrow() == State::Shut {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut ending = state.clone();
    tokio::select! {
        () = carry(from_client, to_server, state.clone()) => {}
        () = carry(from_server, to_client, state) => {}
        _ = ending.wait_for(|state| *state == State::Shut) => {}
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<State>) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(length) = from.read(&mut buffer).await else {
            return;
        };
        if length == 0 || state.wait_for(|state| *state == State::Open).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
