//! The part of the radio that its blocks share: the channel, the air's occupation, time stamps, and frames on their
//! way out.

use super::tsf::Tsf;
use crate::net::air::{OnAir, Sent};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};

/// Frames that may leave between two slices of time; five slots cannot send more.
const MAX_SENT: usize = 64;

/// Shared state of the radio.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RadioState {
    /// Centre frequency of the channel in MHz; 0: none yet.
    pub frequency: u16,
    /// The channel is 40 MHz wide: its primary channel is 10 MHz beside the centre.
    pub wide: bool,
    /// Virtual time until which a frame occupies the air.
    pub busy_until: Ticks,
    /// Timing synchronisation functions of the station and of the access point.
    pub tsf: [Tsf; 2],
    /// The MAC answered the last frame that reached the antenna with an ACK.
    pub answered: bool,
    /// Frames that left the antenna and that the air has not seen yet.
    pub sent: Vec<Sent>,
}

impl RadioState {
    /// Whether the radio is tuned to a frame's channel.
    #[must_use]
    pub fn tuned(&self, frame: &OnAir) -> bool {
        frame.reaches(self.frequency, self.wide)
    }

    /// A frame leaves the antenna.
    pub fn send(&mut self, sent: Sent) {
        if self.sent.len() < MAX_SENT {
            self.sent.push(sent);
        }
    }
}
