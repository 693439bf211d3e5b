//! A station of a virtual access point: the guest's.

use super::frame::Mac;
use super::wpa::{Authenticator, Tk};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Limit for Ethernet frames held while the station sleeps.
pub const MAX_BUFFERED: usize = 64;

/// State of a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientPhase {
    /// Authenticated (802.11 state 2).
    Authenticated,
    /// Associated; the 4-way handshake is in progress.
    Handshake,
    /// Data is forwarded.
    Ready,
}

/// A station.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AirClient {
    /// Its address.
    pub mac: Mac,
    /// Its state.
    pub phase: ClientPhase,
    /// Association id.
    pub aid: u16,
    /// It sleeps: frames for it are held.
    pub asleep: bool,
    /// Ethernet frames held until it is awake or polls.
    pub buffered: VecDeque<Vec<u8>>,
    /// It supports OFDM rates.
    pub ofdm: bool,
    /// The 4-way handshake; `None` on an open network.
    pub(super) wpa: Option<Authenticator>,
    /// Temporal key, once both sides have it.
    pub(super) key: Option<Tk>,
    /// Packet number of the last protected frame to it.
    pub(super) sent_pn: u64,
    /// Time at which the handshake's last message is sent again.
    pub(super) resend_at: Ticks,
    /// Number of retransmissions of that message.
    pub(super) resent: u8,
}

impl AirClient {
    /// Creates a station that has just authenticated.
    #[must_use]
    pub fn new(mac: Mac) -> Self {
        Self {
            mac,
            phase: ClientPhase::Authenticated,
            aid: 0,
            asleep: false,
            buffered: VecDeque::new(),
            ofdm: false,
            wpa: None,
            key: None,
            sent_pn: 0,
            resend_at: Ticks::MAX,
            resent: 0,
        }
    }

    /// Returns true if data is forwarded.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.phase == ClientPhase::Ready
    }
}
