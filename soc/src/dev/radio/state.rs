//! State that is shared by the radio's blocks: the channel, the occupation of the medium, TSFs, and sent 802.11 frames.

use super::tsf::Tsf;
use crate::net::air::{OnAir, SentFrame};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};

/// Limit on the 802.11 frames sent within one slice; five slots cannot send more.
const MAX_SENT: usize = 64;

/// Shared state of the radio.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RadioState {
    /// Centre frequency of the channel in MHz; 0 before the first tuning.
    pub frequency: u16,
    /// The channel is 40 MHz wide: the centre of its primary channel is 10 MHz away.
    pub wide: bool,
    /// Virtual time until which a frame occupies the medium.
    pub busy_until: Ticks,
    /// TSFs of the station and of the access point.
    pub tsf: [Tsf; 2],
    /// True if the MAC answered the last received frame with an ACK.
    pub answered: bool,
    /// Transmitted frames that the medium has not processed yet.
    pub sent: Vec<SentFrame>,
}

impl RadioState {
    /// Returns true if the radio is tuned to a frame's channel.
    #[must_use]
    pub fn tuned(&self, frame: &OnAir) -> bool {
        frame.reaches(self.frequency, self.wide)
    }

    /// Queues a transmitted frame for the medium.
    pub fn send(&mut self, sent: SentFrame) {
        if self.sent.len() < MAX_SENT {
            self.sent.push(sent);
        }
    }
}
