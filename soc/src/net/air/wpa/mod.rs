//! WPA2-PSK with CCMP (IEEE 802.11-2020 chapter 12): keys, both sides of the four-way and the group key handshake,
//! encryption of frames.
//!
//! The state machines are pure: nonces and group keys come from the owner, who also decides when to retransmit. EAPOL
//! frames begin with the IEEE 802.1X header, without Ethernet or LLC/SNAP header (ethertype 0x888E). `Debug` output
//! never contains a key.

mod authenticator;
pub mod ccmp;
mod eapol;
mod keys;
mod supplicant;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

pub use authenticator::{Authenticator, AuthenticatorConfig};
pub use eapol::{EapolKey, KeyInfo, Message};
pub use keys::{GroupKey, Pmk, Ptk, Tk};
pub use supplicant::{Supplicant, SupplicantConfig};

/// A nonce of the handshake.
pub type Nonce = [u8; 32];

/// Action for the owner of an [`Authenticator`] or [`Supplicant`]; several are to be carried out in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandshakeAction {
    /// Send this EAPOL frame to the peer. Unprotected before [`HandshakeAction::Installed`], protected after it.
    Send(Vec<u8>),
    /// An authenticator without PMK has received message 2. Check candidates with [`Authenticator::m2_fits`], then call
    /// [`Authenticator::accept`].
    NeedPmk,
    /// The handshake is complete: frames are protected with these keys from now on.
    Installed {
        /// Temporal key of pairwise traffic; packet numbers begin at 1.
        tk: Tk,
        /// Key of group traffic.
        group: GroupKey,
    },
    /// The group key handshake is complete, with this new group key.
    GroupInstalled(GroupKey),
    /// The MIC of a message is wrong. For an authenticator at message 2: the peer uses another passphrase.
    BadMic,
    /// The handshake has failed: end the association with this failure's reason code.
    Failed(Failure),
}

/// Reason for the failure of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The RSN element differs from that in the beacon or association request.
    RsnMismatch,
    /// The key data cannot be decrypted or contain no group key.
    KeyData,
}

impl Failure {
    /// Returns the reason code for the deauthentication.
    #[must_use]
    pub fn reason(self) -> u16 {
        match self {
            Self::RsnMismatch => 17,
            Self::KeyData => 1,
        }
    }
}
