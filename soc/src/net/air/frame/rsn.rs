//! The RSN element: ciphers and key management of a protected network.

use super::id;
use ieee80211::elements::rsn::{IEEE80211AkmType, IEEE80211CipherSuiteSelector, RsnCapabilities, RsnElement};
use ieee80211::scroll::Pread;
use serde::{Deserialize, Serialize};

/// OUI of the standard's own suites.
const OUI: [u8; 3] = [0x00, 0x0F, 0xAC];

/// A cipher suite (OUI 00-0F-AC, IEEE 802.11-2020 table 9-149).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cipher {
    /// The group cipher is also used for pairwise traffic (type 0).
    UseGroup,
    /// WEP with 40-bit keys (type 1).
    Wep40,
    /// TKIP (type 2).
    Tkip,
    /// CCMP-128 (type 4).
    Ccmp,
    /// WEP with 104-bit keys (type 5).
    Wep104,
    /// BIP-CMAC-128 (type 6), for management frames.
    BipCmac,
    /// Any other, with its complete selector.
    Other([u8; 4]),
}

/// An authentication and key management suite (OUI 00-0F-AC, IEEE 802.11-2020 table 9-151).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Akm {
    /// IEEE 802.1X (type 1).
    Ieee8021x,
    /// Pre-shared key (type 2).
    Psk,
    /// Pre-shared key with SHA-256 (type 6).
    PskSha256,
    /// SAE (type 8).
    Sae,
    /// Any other, with its complete selector.
    Other([u8; 4]),
}

/// Contents of an RSN element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rsn {
    /// Version, 1.
    pub version: u16,
    /// Cipher of group traffic.
    pub group: Cipher,
    /// Ciphers of pairwise traffic.
    pub pairwise: Vec<Cipher>,
    /// Authentication and key management suites.
    pub akms: Vec<Akm>,
    /// RSN capabilities; bit 6 management frame protection required, bit 7 capable.
    pub capabilities: u16,
}

impl Cipher {
    /// Returns the suite selector.
    #[must_use]
    pub fn selector(self) -> [u8; 4] {
        let kind = match self {
            Self::UseGroup => 0,
            Self::Wep40 => 1,
            Self::Tkip => 2,
            Self::Ccmp => 4,
            Self::Wep104 => 5,
            Self::BipCmac => 6,
            Self::Other(selector) => return selector,
        };
        [OUI[0], OUI[1], OUI[2], kind]
    }
}

impl From<IEEE80211CipherSuiteSelector> for Cipher {
    fn from(suite: IEEE80211CipherSuiteSelector) -> Self {
        use IEEE80211CipherSuiteSelector as Suite;
        match suite {
            Suite::UseGroupCipherSuite => Self::UseGroup,
            Suite::Wep40 => Self::Wep40,
            Suite::Tkip => Self::Tkip,
            Suite::Ccmp128 => Self::Ccmp,
            Suite::Wep104 => Self::Wep104,
            Suite::BipCmac128 => Self::BipCmac,
            _ => Self::Other(suite.cipher_suite_selector().to_le_bytes()),
        }
    }
}

impl Akm {
    /// Returns the suite selector.
    #[must_use]
    pub fn selector(self) -> [u8; 4] {
        let kind = match self {
            Self::Ieee8021x => 1,
            Self::Psk => 2,
            Self::PskSha256 => 6,
            Self::Sae => 8,
            Self::Other(selector) => return selector,
        };
        [OUI[0], OUI[1], OUI[2], kind]
    }
}

impl From<IEEE80211AkmType> for Akm {
    fn from(suite: IEEE80211AkmType) -> Self {
        match suite {
            IEEE80211AkmType::Wpa => Self::Ieee8021x,
            IEEE80211AkmType::Psk => Self::Psk,
            IEEE80211AkmType::PskSha256 => Self::PskSha256,
            IEEE80211AkmType::Sae => Self::Sae,
            _ => Self::Other(suite.cipher_suite_selector().to_le_bytes()),
        }
    }
}

impl Rsn {
    /// Returns WPA2-PSK with CCMP for all traffic, without capabilities.
    #[must_use]
    pub fn wpa2_psk() -> Self {
        let (group, pairwise) = (Cipher::Ccmp, vec![Cipher::Ccmp]);
        Self { version: 1, group, pairwise, akms: vec![Akm::Psk], capabilities: 0 }
    }

    /// Returns the element that a station sends in its association request to join a network with this element: CCMP
    /// pairwise, the network's group cipher, PSK. `None` if the network offers no CCMP or no PSK.
    #[must_use]
    pub fn station_choice(&self) -> Option<Self> {
        let ccmp = self.pairwise.contains(&Cipher::Ccmp);
        let fits = ccmp && self.akms.contains(&Akm::Psk);
        fits.then(|| Self { group: self.group, ..Self::wpa2_psk() })
    }

    /// Parses the bytes after identifier and length.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let element = body.pread::<RsnElement>(0).ok()?;
        let pairwise = element.pairwise_cipher_suite_list?.map(Cipher::from).collect();
        Some(Self {
            version: 1,
            group: element.group_data_cipher_suite?.into(),
            pairwise,
            akms: element.akm_list?.map(Akm::from).collect(),
            capabilities: element.rsn_capbilities.map_or(0, RsnCapabilities::into_bits),
        })
    }

    /// Returns the element with identifier 48 and length.
    #[must_use]
    pub fn to_element(&self) -> Vec<u8> {
        let count = |n: usize| (n as u16).to_le_bytes();
        let mut body = self.version.to_le_bytes().to_vec();
        body.extend(self.group.selector());
        body.extend(count(self.pairwise.len()));
        body.extend(self.pairwise.iter().flat_map(|cipher| cipher.selector()));
        body.extend(count(self.akms.len()));
        body.extend(self.akms.iter().flat_map(|akm| akm.selector()));
        body.extend(self.capabilities.to_le_bytes());
        // Has no effect in practice: the suites were read from an element, so they fit one.
        body.truncate(255);
        let mut element = vec![id::RSN, body.len() as u8];
        element.append(&mut body);
        element
    }
}
