//! Builders of management and control frames, with contents that ESP-IDF's drivers accept: 802.11b/g rates, neither
//! HT nor WMM.

use super::{Mac, Tim};
use serde::{Deserialize, Serialize};

/// How a network is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Security {
    /// Not at all.
    Open,
    /// WPA2-PSK with CCMP.
    Wpa2Psk,
}

/// What an access point announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BssInfo {
    /// Its address.
    pub bssid: Mac,
    /// Name of the network; bytes beyond the 32nd are not sent.
    pub ssid: Vec<u8>,
    /// Channel, 1 to 14.
    pub channel: u8,
    /// Beacon interval in TU (1024 µs), usually 100.
    pub interval: u16,
    /// Protection.
    pub security: Security,
    /// Beacons carry an empty SSID.
    pub hidden: bool,
}

impl BssInfo {
    /// Capability information: ESS, short preamble, short slot, privacy if protected.
    #[must_use]
    pub fn capability(&self) -> u16 {
        todo!()
    }

    /// The RSN element (whole) of beacons; empty for an open network.
    #[must_use]
    pub fn rsn_element(&self) -> Vec<u8> {
        todo!()
    }
}

/// A beacon with the TSF in µs.
#[must_use]
pub fn beacon(bss: &BssInfo, timestamp: u64, tim: &Tim) -> Vec<u8> {
    todo!()
}

/// A probe response to a station; it names the SSID of a hidden network too.
#[must_use]
pub fn probe_response(bss: &BssInfo, station: Mac, timestamp: u64) -> Vec<u8> {
    todo!()
}

/// A probe request of a station to all; an empty SSID asks for any network.
#[must_use]
pub fn probe_request(station: Mac, ssid: &[u8], channel: u8) -> Vec<u8> {
    todo!()
}

/// An open-system authentication frame; `sequence` 1 is the request, 2 the answer.
#[must_use]
pub fn authentication(to: Mac, from: Mac, bssid: Mac, sequence: u16, status: u16) -> Vec<u8> {
    todo!()
}

/// A station's association request. `rsn` is a whole RSN element; `None` joins an open network.
#[must_use]
pub fn association_request(station: Mac, bssid: Mac, ssid: &[u8], rsn: Option<&[u8]>) -> Vec<u8> {
    todo!()
}

/// The answer to an association request, or to a reassociation request. `aid` is 1 to 2007.
#[must_use]
pub fn association_response(bss: &BssInfo, station: Mac, status: u16, aid: u16, again: bool) -> Vec<u8> {
    todo!()
}

/// A deauthentication with a reason code.
#[must_use]
pub fn deauthentication(to: Mac, from: Mac, bssid: Mac, reason: u16) -> Vec<u8> {
    todo!()
}

/// A disassociation with a reason code.
#[must_use]
pub fn disassociation(to: Mac, from: Mac, bssid: Mac, reason: u16) -> Vec<u8> {
    todo!()
}

/// An action frame; `body` begins with the category.
#[must_use]
pub fn action(to: Mac, from: Mac, bssid: Mac, body: &[u8]) -> Vec<u8> {
    todo!()
}

/// A station's frame without data; `sleeps` is its power management flag.
#[must_use]
pub fn null(station: Mac, bssid: Mac, sleeps: bool) -> Vec<u8> {
    todo!()
}

/// A station's request for a frame that is held for it.
#[must_use]
pub fn ps_poll(station: Mac, bssid: Mac, aid: u16) -> Vec<u8> {
    todo!()
}

/// An acknowledgement.
#[must_use]
pub fn ack(to: Mac) -> Vec<u8> {
    todo!()
}
