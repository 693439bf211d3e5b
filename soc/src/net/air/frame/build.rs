//! Builders of management and control frames with contents that ESP-IDF's drivers accept: 802.11b/g rates, neither HT
//! nor WMM.

use super::data::header;
use super::{Flags, Mac, Rsn, Subtype, Tim, id};
use ieee80211::common::{
    AssociationID, CapabilitiesInformation, IEEE80211AuthenticationAlgorithmNumber as Algorithm,
    IEEE80211Reason, IEEE80211StatusCode,
};
use ieee80211::elements::ReadElements;
use ieee80211::mac_parser::MACAddress;
use ieee80211::mgmt_frame::body::{
    AssociationRequestBody, AssociationResponseBody, AuthenticationBody, BeaconLikeBody,
    DeauthenticationBody, DisassociationBody, ManagementFrameBody, ProbeRequestBody,
};
use ieee80211::mgmt_frame::{ManagementFrame, ManagementFrameHeader};
use ieee80211::scroll::{self, Pwrite, ctx::MeasureWith, ctx::TryIntoCtx};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// Supported rates in units of 500 kbit/s: 1, 2, 5.5 and 11 Mbit/s (basic), then 6, 12, 24 and 48.
const RATES: [u8; 8] = [0x82, 0x84, 0x8B, 0x96, 0x0C, 0x18, 0x30, 0x60];
/// Extended supported rates: 54, 9, 18, 36 Mbit/s.
const EXTENDED_RATES: [u8; 4] = [0x6C, 0x12, 0x24, 0x48];
/// Listen interval of a station, in beacon intervals.
const LISTEN_INTERVAL: u16 = 3;
/// Longest SSID.
const SSID_BYTES: usize = 32;

/// Security of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Security {
    /// No encryption.
    Open,
    /// WPA2-PSK with CCMP.
    Wpa2Psk,
}

/// Parameters that an access point announces.
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
    /// Security.
    pub security: Security,
    /// Beacons carry an empty SSID.
    pub hidden: bool,
}

impl BssInfo {
    /// Returns the capability information: ESS, short preamble, short slot, privacy if protected.
    #[must_use]
    pub fn capability(&self) -> u16 {
        capability(self.security == Security::Wpa2Psk).into_bits()
    }

    /// Returns the beacons' RSN element with identifier and length; empty for an open network.
    #[must_use]
    pub fn rsn_element(&self) -> Vec<u8> {
        match self.security {
            Security::Open => Vec::new(),
            Security::Wpa2Psk => Rsn::wpa2_psk().to_element(),
        }
    }

    /// Returns the elements of a beacon (with TIM) or probe response.
    fn elements(&self, ssid: &[u8], tim: Option<&Tim>) -> Vec<u8> {
        let mut all = ssid_element(ssid);
        put(&mut all, id::RATES, &RATES);
        put(&mut all, id::DS, &[self.channel]);
        if let Some(tim) = tim {
            all.extend(tim.to_element());
        }
        put(&mut all, id::ERP, &[0]);
        put(&mut all, id::EXTENDED_RATES, &EXTENDED_RATES);
        all.extend(self.rsn_element());
        all
    }

    /// Returns the body of a beacon or probe response.
    fn body<'a, Kind>(&self, timestamp: u64, elements: &'a [u8]) -> BeaconLikeBody<'a, Kind> {
        BeaconLikeBody {
            timestamp,
            beacon_interval: self.interval,
            capabilities_info: CapabilitiesInformation::from_bits(self.capability()),
            elements: ReadElements { bytes: elements },
            _phantom: PhantomData,
        }
    }
}

/// Builds a beacon with the TSF in µs.
#[must_use]
pub fn beacon(bss: &BssInfo, timestamp: u64, tim: &Tim) -> Vec<u8> {
    let ssid: &[u8] = if bss.hidden { &[] } else { &bss.ssid };
    let elements = bss.elements(ssid, Some(tim));
    let body = bss.body::<ieee80211::mgmt_frame::body::BeaconSubtype>(timestamp, &elements);
    management(super::BROADCAST, bss.bssid, bss.bssid, body)
}

/// Builds a probe response to a station. It contains the SSID of a hidden network too.
#[must_use]
pub fn probe_response(bss: &BssInfo, station: Mac, timestamp: u64) -> Vec<u8> {
    let elements = bss.elements(&bss.ssid, None);
    let body = bss.body::<ieee80211::mgmt_frame::body::ProbeResponseSubtype>(timestamp, &elements);
    management(station, bss.bssid, bss.bssid, body)
}

/// Builds a station's broadcast probe request; an empty SSID probes for any network.
#[must_use]
pub fn probe_request(station: Mac, ssid: &[u8], channel: u8) -> Vec<u8> {
    let mut elements = ssid_element(ssid);
    put(&mut elements, id::RATES, &RATES);
    put(&mut elements, id::EXTENDED_RATES, &EXTENDED_RATES);
    put(&mut elements, id::DS, &[channel]);
    let body = ProbeRequestBody { elements: ReadElements { bytes: &elements }, _phantom: PhantomData };
    management(super::BROADCAST, station, super::BROADCAST, body)
}

/// Builds an open-system authentication frame; `sequence` 1 is the request, 2 the answer.
#[must_use]
pub fn authentication(to: Mac, from: Mac, bssid: Mac, sequence: u16, status: u16) -> Vec<u8> {
    let body = AuthenticationBody {
        authentication_algorithm_number: Algorithm::OpenSystem,
        authentication_transaction_sequence_number: sequence,
        status_code: IEEE80211StatusCode::from_bits(status),
        elements: ReadElements { bytes: &[] },
        _phantom: PhantomData,
    };
    management(to, from, bssid, body)
}

/// Builds a station's association request. `rsn` is an RSN element with identifier and length; `None` joins an open
/// network.
#[must_use]
pub fn association_request(station: Mac, bssid: Mac, ssid: &[u8], rsn: Option<&[u8]>) -> Vec<u8> {
    let mut elements = ssid_element(ssid);
    put(&mut elements, id::RATES, &RATES);
    put(&mut elements, id::EXTENDED_RATES, &EXTENDED_RATES);
    elements.extend(rsn.unwrap_or(&[]));
    let body = AssociationRequestBody {
        capabilities_info: capability(rsn.is_some()),
        listen_interval: LISTEN_INTERVAL,
        elements: ReadElements { bytes: &elements },
        _phantom: PhantomData,
    };
    management(bssid, station, bssid, body)
}

/// Builds the answer to an association request, or with `again` to a reassociation request. `aid` is 1 to 2007.
#[must_use]
pub fn association_response(bss: &BssInfo, station: Mac, status: u16, aid: u16, again: bool) -> Vec<u8> {
    let mut elements = Vec::new();
    put(&mut elements, id::RATES, &RATES);
    put(&mut elements, id::EXTENDED_RATES, &EXTENDED_RATES);
    let body = AssociationResponseBody {
        capabilities_info: CapabilitiesInformation::from_bits(bss.capability()),
        status_code: IEEE80211StatusCode::from_bits(status),
        association_id: AssociationID::new_checked(aid),
        elements: ReadElements { bytes: &elements },
        _phantom: PhantomData,
    };
    let mut mpdu = management(station, bss.bssid, bss.bssid, body);
    if again {
        // The crate has no reassociation response; it differs from the association response in the subtype alone.
        let fc = Subtype::ReassociationResponse.frame_control();
        mpdu[..2].copy_from_slice(&fc.to_le_bytes());
    }
    mpdu
}

/// Builds a deauthentication with a reason code.
#[must_use]
pub fn deauthentication(to: Mac, from: Mac, bssid: Mac, reason: u16) -> Vec<u8> {
    let body = DeauthenticationBody {
        reason: IEEE80211Reason::from_bits(reason),
        elements: ReadElements { bytes: &[] },
        _phantom: PhantomData,
    };
    management(to, from, bssid, body)
}

/// Builds a disassociation with a reason code.
#[must_use]
pub fn disassociation(to: Mac, from: Mac, bssid: Mac, reason: u16) -> Vec<u8> {
    let body = DisassociationBody {
        reason: IEEE80211Reason::from_bits(reason),
        elements: ReadElements { bytes: &[] },
        _phantom: PhantomData,
    };
    management(to, from, bssid, body)
}

/// Builds an action frame; `body` begins with the category.
#[must_use]
pub fn action(to: Mac, from: Mac, bssid: Mac, body: &[u8]) -> Vec<u8> {
    let mut mpdu = header(Subtype::Action, 0, &[to, from, bssid]);
    mpdu.extend(body);
    mpdu
}

/// Builds a station's Null frame; `sleeps` is its Power Management flag.
#[must_use]
pub fn null(station: Mac, bssid: Mac, sleeps: bool) -> Vec<u8> {
    let flags = Flags::TO_DS | if sleeps { Flags::POWER_MANAGEMENT } else { 0 };
    header(Subtype::Null, flags, &[bssid, station, bssid])
}

/// Builds a PS-Poll: a station's request for a frame that is held for it.
#[must_use]
pub fn ps_poll(station: Mac, bssid: Mac, aid: u16) -> Vec<u8> {
    let mut mpdu = Subtype::PsPoll.frame_control().to_le_bytes().to_vec();
    mpdu.extend((aid | 0xC000).to_le_bytes());
    mpdu.extend(bssid);
    mpdu.extend(station);
    mpdu
}

/// Builds an ACK.
#[must_use]
pub fn ack(to: Mac) -> Vec<u8> {
    let mut mpdu = Subtype::Ack.frame_control().to_le_bytes().to_vec();
    mpdu.extend([0, 0]);
    mpdu.extend(to);
    mpdu
}

/// Returns the capability information of a network or a station in it.
fn capability(privacy: bool) -> CapabilitiesInformation {
    CapabilitiesInformation::new()
        .with_is_ess(true)
        .with_is_confidentiality_required(privacy)
        .with_is_short_preamble_allowed(true)
        .with_is_short_time_slot_in_use(true)
}

/// Builds a management frame.
fn management<Body>(to: Mac, from: Mac, bssid: Mac, body: Body) -> Vec<u8>
where
    Body: ManagementFrameBody + MeasureWith<()> + TryIntoCtx<Error = scroll::Error>,
{
    let header = ManagementFrameHeader {
        receiver_address: MACAddress::new(to),
        transmitter_address: MACAddress::new(from),
        bssid: MACAddress::new(bssid),
        ..Default::default()
    };
    let frame = ManagementFrame { header, body };
    let mut mpdu = vec![0; frame.measure_with(&false)];
    // Writing fails only if the buffer is too small, and it has the measured size.
    mpdu.pwrite_with(frame, 0, false).expect("a measured frame has room");
    mpdu
}

/// Appends an element of at most 255 bytes.
fn put(elements: &mut Vec<u8>, id: u8, contents: &[u8]) {
    elements.extend([id, contents.len() as u8]);
    elements.extend(contents);
}

/// Builds an SSID element, truncated to 32 bytes.
fn ssid_element(ssid: &[u8]) -> Vec<u8> {
    let mut element = Vec::new();
    put(&mut element, id::SSID, &ssid[..ssid.len().min(SSID_BYTES)]);
    element
}
