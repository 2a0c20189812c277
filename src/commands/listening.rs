//! Where a server is going to listen, known before it does.

use std::io;
use std::net::SocketAddr;
use tokio::net::TcpSocket;

/// An address to listen on, kept free for whoever holds this.
pub struct Port {
    /// Where.
    pub address: SocketAddr,
    /// Keeps the port from being taken by others until the server listens.
    _held: Option<TcpSocket>,
}

/// Takes a free port where port 0 is asked for.
///
/// Linux lets a server listen on a port that another socket is only bound to, when both say `SO_REUSEADDR`, and gives such a port to
/// nobody who asks for a free one. Elsewhere this does not hold: there the server takes a port itself, and nobody knows it before.
pub fn settle(asked: SocketAddr) -> io::Result<Port> {
    if asked.port() != 0 || !cfg!(target_os = "linux") {
        return Ok(Port {
            address: asked,
            _held: None,
        });
    }
    let socket = if asked.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(asked)?;
    Ok(Port {
        address: socket.local_addr()?,
        _held: Some(socket),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_was_asked_for_stays() {
        let asked: SocketAddr = "127.0.0.1:4000".parse().unwrap();
        assert_eq!(settle(asked).unwrap().address, asked);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_free_port_is_kept_free_for_the_server() {
        let asked: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let (one, other) = (settle(asked).unwrap(), settle(asked).unwrap());
        assert_ne!(one.address.port(), 0);
        assert_ne!(one.address, other.address);
        let address = one.address;
        let server = std::net::TcpListener::bind(address).unwrap();
        // The server goes on when nobody holds the port for it any more.
        drop(one);
        assert!(std::net::TcpStream::connect(address).is_ok());
        drop(server);
    }
}
