//! MPDUs of IEEE 802.11 without FCS: a checked view, elements, builders, a text form, airtime.
//!
//! Numbers are little-endian in the frame. The builders leave duration and sequence number zero: [`set_sequence`] and
//! [`set_duration`] set them when the frame is sent.

mod airtime;
mod build;
mod data;
mod describe;
mod element;
mod mpdu;
mod rsn;
mod subtype;
#[cfg(test)]
mod tests;

pub use airtime::{ACK_BYTES, SIFS_US, airtime_us, response_rate};
pub use build::{
    BssInfo, Security, ack, action, association_request, association_response, authentication, beacon,
    deauthentication, disassociation, null, probe_request, probe_response, ps_poll,
};
pub use data::{Ds, ETHERTYPE_EAPOL, data, data_to_ethernet, ethernet_to_80211};
pub use describe::describe;
pub use element::{Elements, Tim, id};
pub use mpdu::{
    AssociationRequest, AssociationResponse, Authentication, BeaconFields, Mpdu, set_duration, set_flag,
    set_sequence,
};
pub use rsn::{Akm, Cipher, Rsn};
pub use subtype::{Flags, Subtype};

/// A MAC address.
pub type Mac = [u8; 6];

/// The group address of all stations.
pub const BROADCAST: Mac = [0xFF; 6];

/// Returns true for a group address: multicast or broadcast.
#[must_use]
pub fn is_group(address: Mac) -> bool {
    address[0] & 1 != 0
}
