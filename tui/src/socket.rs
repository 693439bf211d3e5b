//! Listeners and connections of serial lines and dashboards: TCP, and local sockets if the host supports them.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
#[cfg(unix)]
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

/// A listening socket.
#[derive(Debug)]
pub enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A local socket.
    #[cfg(unix)]
    Unix(UnixListener),
}

impl Listener {
    /// Listens on a TCP port that the guest cannot connect to.
    ///
    /// # Errors
    /// The system's error, for example when the port is in use.
    pub fn tcp(host: &str, port: u16) -> io::Result<(Self, SocketAddr)> {
        let listener = TcpListener::bind((host, port))?;
        let address = listener.local_addr()?;
        esplens_server::listen::note_listener(address);
        Ok((Self::Tcp(listener), address))
    }

    /// Listens on a local socket of this user, which is removed at the end.
    ///
    /// # Errors
    /// The system's error, or when the path is in use by anything but a stale socket.
    #[cfg(unix)]
    pub fn local(path: &Path) -> io::Result<Self> {
        esplens_server::listen::bind_unix(path).map(Self::Unix)
    }

    /// Fails: this system has no local sockets.
    ///
    /// # Errors
    /// Always.
    #[cfg(not(unix))]
    pub fn local(_path: &Path) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Accepts the next client.
    ///
    /// # Errors
    /// The system's error, for example when the process is out of descriptors.
    pub fn accept(&self) -> io::Result<Socket> {
        Ok(match self {
            Self::Tcp(listener) => {
                let client = listener.accept()?.0;
                let _ = client.set_nodelay(true);
                Socket::Tcp(client)
            }
            #[cfg(unix)]
            Self::Unix(listener) => Socket::Unix(listener.accept()?.0),
        })
    }
}

/// A connection.
#[derive(Debug)]
pub enum Socket {
    /// TCP.
    Tcp(TcpStream),
    /// A local socket.
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Socket {
    /// Duplicates the handle of the connection.
    ///
    /// # Errors
    /// The system's error.
    pub fn again(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Tcp(s) => Self::Tcp(s.try_clone()?),
            #[cfg(unix)]
            Self::Unix(s) => Self::Unix(s.try_clone()?),
        })
    }

    /// Sets the timeout for writing.
    ///
    /// # Errors
    /// The system's error.
    pub fn write_for(&self, time: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(s) => s.set_write_timeout(Some(time)),
            #[cfg(unix)]
            Self::Unix(s) => s.set_write_timeout(Some(time)),
        }
    }

    /// Sets the timeout for reading.
    ///
    /// # Errors
    /// The system's error.
    pub fn read_for(&self, time: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(s) => s.set_read_timeout(Some(time)),
            #[cfg(unix)]
            Self::Unix(s) => s.set_read_timeout(Some(time)),
        }
    }

    /// Shuts the connection down for all its handles.
    pub fn cut(&self) {
        let _ = match self {
            Self::Tcp(s) => s.shutdown(Shutdown::Both),
            #[cfg(unix)]
            Self::Unix(s) => s.shutdown(Shutdown::Both),
        };
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(s) => s.read(buffer),
            #[cfg(unix)]
            Self::Unix(s) => s.read(buffer),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(s) => s.write(bytes),
            #[cfg(unix)]
            Self::Unix(s) => s.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
