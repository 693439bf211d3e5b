//! A frame on its way through the air, and the channels of the 2.4 GHz band.

use crate::system::AirInfo;
use serde::{Deserialize, Serialize};

/// A frame on the air.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnAir {
    /// Frequency in MHz: of the channel, or of the centre of 40 MHz.
    pub frequency: u16,
    /// The sender's channel is 40 MHz wide: the frame lies on its primary channel, 10 MHz beside `frequency`.
    pub wide: bool,
    /// Rate code of IDF's `wifi_phy_rate_t`.
    pub rate: u8,
    /// Signal strength at the receiver, in dBm.
    pub rssi: i8,
    /// A protected frame whose payload is not encrypted: WEP and TKIP are not computed.
    pub clear: bool,
    /// The MPDU without its checksum.
    pub mpdu: Vec<u8>,
}

impl OnAir {
    /// All but the frame itself.
    #[must_use]
    pub fn info(&self) -> AirInfo {
        AirInfo { frequency: self.frequency, rate: self.rate, rssi: self.rssi, clear: self.clear }
    }

    /// Whether a receiver tuned to a frequency in MHz hears it; `wide`: its channel has 40 MHz, and the primary channel lies
    /// 10 MHz beside the frequency.
    #[must_use]
    pub fn reaches(&self, frequency: u16, wide: bool) -> bool {
        self.frequency == frequency || (self.wide || wide) && self.frequency.abs_diff(frequency) == 10
    }

    /// The channel number, 1 to 14; 0 outside the band.
    #[must_use]
    pub fn channel(&self) -> u8 {
        channel_of(self.frequency)
    }
}

/// A frame of the guest, as it left a transmit slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The slot.
    pub slot: u8,
    /// The MAC waits for an answer.
    pub answer: bool,
    /// The frame.
    pub frame: OnAir,
}

/// The channel of a centre frequency in MHz; 0: none.
#[must_use]
pub fn channel_of(frequency: u16) -> u8 {
    match frequency {
        2484 => 14,
        2412..=2472 => ((frequency - 2407) / 5) as u8,
        _ => 0,
    }
}

/// The centre frequency of a channel in MHz; 0: none.
#[must_use]
pub fn frequency_of(channel: u8) -> u16 {
    match channel {
        14 => 2484,
        1..=13 => 2407 + 5 * u16::from(channel),
        _ => 0,
    }
}
