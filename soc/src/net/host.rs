//! The border between the user network, which is part of the machine, and the host's sockets, which are not.

use super::user::{Forward, Protocol};
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

/// First number that the host gives a connection or flow of its own; the machine's own are below.
pub const HOST_IDS: u32 = 1 << 31;

/// A place outside that the guest may reach. Made by the network's filter alone: without one nothing gets out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// The host itself, at this port.
    Loopback(u16),
    /// The host's name server.
    Resolver(u16),
    /// Any other address.
    Address(SocketAddr),
    /// The host itself over IPv6, at this port.
    Loopback6(u16),
    /// What the user put at a server's address, by its place among the `guestfwd` options.
    Device(u16),
}

/// What the network asks of the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Open a TCP connection.
    Connect {
        /// The connection's number.
        conn: u32,
        /// Where to.
        to: Place,
    },
    /// Write to a connection; answered by [`Event::Sent`].
    Send {
        /// The connection.
        conn: u32,
        /// What to write.
        bytes: Vec<u8>,
    },
    /// So many bytes more may be read from a connection.
    Credit {
        /// The connection.
        conn: u32,
        /// How many.
        bytes: u32,
    },
    /// The guest writes no more.
    Finish {
        /// The connection.
        conn: u32,
    },
    /// Give a connection up at once.
    Drop {
        /// The connection.
        conn: u32,
    },
    /// Send a datagram; the flow is opened with the first.
    Datagram {
        /// The flow's number.
        flow: u32,
        /// Where to; `None`: to the client behind a flow that the host opened.
        to: Option<Place>,
        /// The payload.
        bytes: Vec<u8>,
    },
    /// Nothing more comes for a flow.
    CloseFlow {
        /// The flow.
        flow: u32,
    },
    /// Give every connection and flow up.
    Reset,
    /// A frame for the others on the segment.
    Frame(Vec<u8>),
}

/// What the host tells the network; logged as the machine's input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A client connected to a forward.
    Accepted {
        /// The connection's number, from [`HOST_IDS`] on.
        conn: u32,
        /// Where the guest listens; address 0.0.0.0: the first leased one.
        to: SocketAddrV4,
    },
    /// A [`Command::Connect`] succeeded.
    Connected {
        /// The connection.
        conn: u32,
    },
    /// A [`Command::Connect`] failed.
    Refused {
        /// The connection.
        conn: u32,
    },
    /// Bytes came, never more than the credit.
    Data {
        /// The connection.
        conn: u32,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The host's socket took so many bytes.
    Sent {
        /// The connection.
        conn: u32,
        /// How many.
        bytes: u32,
    },
    /// The other side writes no more.
    Eof {
        /// The connection.
        conn: u32,
    },
    /// The connection broke.
    Broken {
        /// The connection.
        conn: u32,
    },
    /// A datagram for a flow that the guest opened.
    Datagram {
        /// The flow.
        flow: u32,
        /// Who sent it.
        from: Place,
        /// The payload.
        bytes: Vec<u8>,
    },
    /// A datagram to a forward.
    Arrived {
        /// The flow of this client, from [`HOST_IDS`] on.
        flow: u32,
        /// Where the guest listens; address 0.0.0.0: the first leased one.
        to: SocketAddrV4,
        /// The payload.
        bytes: Vec<u8>,
    },
    /// All connections of the host are gone (a machine goes live after a rewind).
    Lost,
    /// A frame of another one on the segment.
    Frame(Vec<u8>),
}

/// The host's sockets, as the machine sees them. Neither function blocks.
pub trait HostNet: Send {
    /// Carries a command out, some time.
    fn command(&mut self, command: Command);
    /// The next event, if there is one.
    fn poll(&mut self) -> Option<Event>;
    /// Opens a forward; where it listens.
    ///
    /// # Errors
    /// Why it cannot.
    fn add_forward(&mut self, _forward: &Forward) -> Result<SocketAddr, String> {
        Err("no host sockets are behind this network".into())
    }
    /// Closes the forward that listens there; false: there is none. Connections over it stay.
    fn remove_forward(&mut self, _protocol: Protocol, _address: Option<Ipv4Addr>, _port: u16) -> bool {
        false
    }
    /// The forwards that are open, and where they listen.
    fn forwards(&self) -> Vec<(Forward, SocketAddr)> {
        Vec::new()
    }
    /// What is behind it in a line, where that is no user network: `connect=127.0.0.1:1234`.
    fn info(&self) -> String {
        String::new()
    }
}

/// An address a forward may name for "the guest".
pub const ANY: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
