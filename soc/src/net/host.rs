//! The interface between the user network, which is part of the machine, and the host's sockets, which are not.

use super::user::{Forward, Protocol};
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

/// First identifier of the connections and flows that the host opens; the machine's own are below.
pub const HOST_IDS: u32 = 1 << 31;

/// An outbound destination permitted by the policy. Only the network's filter creates one; without one nothing is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    /// The host itself, at this port.
    Loopback(u16),
    /// The host's name server.
    Resolver(u16),
    /// Any other address.
    Address(SocketAddr),
    /// The host itself over IPv6, at this port.
    Loopback6(u16),
    /// The device configured at a server's address, by its index among the `guestfwd` options.
    Device(u16),
}

/// Request of the network to the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostCommand {
    /// Open a TCP connection.
    Connect {
        /// Identifier of the connection.
        conn: u32,
        /// Destination.
        to: Destination,
    },
    /// Write to a connection; acknowledged by [`HostEvent::Sent`].
    Send {
        /// The connection.
        conn: u32,
        /// Bytes to write.
        bytes: Vec<u8>,
    },
    /// Allow further bytes to be read from a connection.
    Credit {
        /// The connection.
        conn: u32,
        /// Number of bytes.
        bytes: u32,
    },
    /// The guest has finished sending: shut down the write side.
    Finish {
        /// The connection.
        conn: u32,
    },
    /// Abort a connection.
    Drop {
        /// The connection.
        conn: u32,
    },
    /// Send a datagram; the first one opens the flow.
    Datagram {
        /// Identifier of the flow.
        flow: u32,
        /// Destination; `None`: the client of a flow that the host opened.
        to: Option<Destination>,
        /// The payload.
        bytes: Vec<u8>,
    },
    /// Close a flow: no more datagrams follow.
    CloseFlow {
        /// The flow.
        flow: u32,
    },
    /// Abort every connection and flow.
    Reset,
    /// Send an Ethernet frame to the others on the segment.
    Frame(Vec<u8>),
}

/// Event from the host to the network; logged as the machine's input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostEvent {
    /// A client connected to a forward.
    Accepted {
        /// Identifier of the connection, from [`HOST_IDS`] on.
        conn: u32,
        /// The guest's listening address; 0.0.0.0 is the first leased one.
        to: SocketAddrV4,
    },
    /// A [`HostCommand::Connect`] succeeded.
    Connected {
        /// The connection.
        conn: u32,
    },
    /// A [`HostCommand::Connect`] failed.
    Refused {
        /// The connection.
        conn: u32,
    },
    /// Bytes were received, never more than the credit.
    Data {
        /// The connection.
        conn: u32,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The host's socket accepted bytes.
    Sent {
        /// The connection.
        conn: u32,
        /// Number of bytes.
        bytes: u32,
    },
    /// The peer has finished sending.
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
        /// Sender.
        from: Destination,
        /// The payload.
        bytes: Vec<u8>,
    },
    /// A datagram arrived at a forward.
    Arrived {
        /// Flow of this client, from [`HOST_IDS`] on.
        flow: u32,
        /// The guest's listening address; 0.0.0.0 is the first leased one.
        to: SocketAddrV4,
        /// The payload.
        bytes: Vec<u8>,
    },
    /// All of the host's connections are gone (a machine becomes live again after a rewind).
    Lost,
    /// An Ethernet frame from another machine on the segment.
    Frame(Vec<u8>),
}

/// The machine's interface to the host's sockets. Neither [`HostNet::command`] nor [`HostNet::poll`] blocks.
pub trait HostNet: Send {
    /// Accepts a command; it may be carried out later.
    fn command(&mut self, command: HostCommand);
    /// Returns the next event, if there is one.
    fn poll(&mut self) -> Option<HostEvent>;
    /// Opens a forward and returns its listening address.
    ///
    /// # Errors
    /// The reason for the failure.
    fn add_forward(&mut self, _forward: &Forward) -> Result<SocketAddr, String> {
        Err("this network has no host sockets".into())
    }
    /// Closes the forward listening at an address and port; returns false if there is none. Its connections stay open.
    fn remove_forward(&mut self, _protocol: Protocol, _address: Option<Ipv4Addr>, _port: u16) -> bool {
        false
    }
    /// Returns the open forwards with their listening addresses.
    fn forwards(&self) -> Vec<(Forward, SocketAddr)> {
        Vec::new()
    }
    /// Describes the peer in one line if it is no user network: `connect=127.0.0.1:1234`.
    fn info(&self) -> String {
        String::new()
    }
}

/// Guest address of a forward that stands for "the guest".
pub const ANY: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
