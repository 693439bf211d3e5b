//! A frame in transit, and the channels of the 2.4 GHz band.

use serde::{Deserialize, Serialize};

/// Transmission parameters of an 802.11 frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AirInfo {
    /// Frequency in MHz.
    pub frequency: u16,
    /// Rate code of IDF's `wifi_phy_rate_t`.
    pub rate: u8,
    /// Signal strength in dBm; 0 for the guest's own frames.
    pub rssi: i8,
    /// The frame is protected, but its payload is plaintext.
    pub clear: bool,
}

/// A frame in transit, with its transmission parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnAir {
    /// Frequency in MHz: the centre of the channel, also of a 40 MHz one.
    pub frequency: u16,
    /// The sender's channel is 40 MHz wide: the frame is on its primary channel, 10 MHz beside `frequency`.
    pub wide: bool,
    /// Rate code of IDF's `wifi_phy_rate_t`.
    pub rate: u8,
    /// Signal strength at the receiver, in dBm.
    pub rssi: i8,
    /// The frame is protected, but its payload is plaintext: WEP and TKIP encryption is not computed.
    pub clear: bool,
    /// The MPDU without its checksum.
    pub mpdu: Vec<u8>,
}

impl OnAir {
    /// Returns the transmission parameters.
    #[must_use]
    pub fn info(&self) -> AirInfo {
        AirInfo { frequency: self.frequency, rate: self.rate, rssi: self.rssi, clear: self.clear }
    }

    /// Returns true if a receiver tuned to `frequency` in MHz hears it. `wide`: the receiver's channel is 40 MHz wide
    /// and its primary channel is 10 MHz beside `frequency`.
    #[must_use]
    pub fn reaches(&self, frequency: u16, wide: bool) -> bool {
        self.frequency == frequency || (self.wide || wide) && self.frequency.abs_diff(frequency) == 10
    }

    /// Returns the channel number, 1 to 14; 0 outside the band.
    #[must_use]
    pub fn channel(&self) -> u8 {
        channel_of(self.frequency)
    }
}

/// A frame sent by the guest from a transmit slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentFrame {
    /// The slot.
    pub slot: u8,
    /// The MAC waits for an acknowledgement.
    pub answer: bool,
    /// The frame.
    pub frame: OnAir,
}

/// Returns the channel of a centre frequency in MHz; 0 for none.
#[must_use]
pub fn channel_of(frequency: u16) -> u8 {
    match frequency {
        2484 => 14,
        2412..=2472 => ((frequency - 2407) / 5) as u8,
        _ => 0,
    }
}

/// Returns the centre frequency of a channel in MHz; 0 for none.
#[must_use]
pub fn frequency_of(channel: u8) -> u16 {
    match channel {
        14 => 2484,
        1..=13 => 2407 + 5 * u16::from(channel),
        _ => 0,
    }
}
