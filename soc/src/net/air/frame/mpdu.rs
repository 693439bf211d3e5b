//! A checked view of an MPDU.

use super::element::Elements;
use super::{Flags, Mac, Subtype};

/// Bits of the AID in its field; the two top bits are transmitted as ones.
const AID: u16 = 0x3FFF;
/// LLC and SNAP header of RFC 1042, before the ethertype.
pub(super) const LLC_SNAP: [u8; 6] = [0xAA, 0xAA, 3, 0, 0, 0];

/// An MPDU without FCS. [`Mpdu::parse`] has checked that it is at least as long as its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mpdu<'a> {
    bytes: &'a [u8],
    header_len: usize,
}

/// Fixed fields of a beacon or probe response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeaconFields {
    /// TSF of the sender, in µs.
    pub timestamp: u64,
    /// Beacon interval in TU (1024 µs).
    pub interval: u16,
    /// Capability information.
    pub capability: u16,
}

/// Fixed fields of an authentication frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// 0 open system, 1 shared key, 3 SAE.
    pub algorithm: u16,
    /// Transaction sequence number, from 1.
    pub sequence: u16,
    /// Status code, 0 successful.
    pub status: u16,
}

/// Fixed fields of an association or reassociation request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssociationRequest {
    /// Capability information.
    pub capability: u16,
    /// Interval at which a sleeping station listens, in beacon intervals.
    pub listen_interval: u16,
}

/// Fixed fields of an association or reassociation response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssociationResponse {
    /// Capability information.
    pub capability: u16,
    /// Status code, 0 successful.
    pub status: u16,
    /// Association identifier, 1 to 2007, without the two top bits that are transmitted as ones.
    pub aid: u16,
}

impl<'a> Mpdu<'a> {
    /// Parses an MPDU without FCS. Returns `None` if it is shorter than its header or not of protocol version 0.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let &[low, high, ..] = bytes else { return None };
        let fc = u16::from_le_bytes([low, high]);
        let header_len = header_len(fc);
        (fc & 3 == 0 && bytes.len() >= header_len).then_some(Self { bytes, header_len })
    }

    /// Returns all bytes.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the frame control field.
    #[must_use]
    pub fn frame_control(&self) -> u16 {
        self.u16_at(0)
    }

    /// Returns type and subtype.
    #[must_use]
    pub fn subtype(&self) -> Subtype {
        Subtype::from_frame_control(self.frame_control())
    }

    /// Returns the flags.
    #[must_use]
    pub fn flags(&self) -> Flags {
        Flags(self.frame_control())
    }

    /// Returns the To DS flag.
    #[must_use]
    pub fn to_ds(&self) -> bool {
        self.flags().has(Flags::TO_DS)
    }

    /// Returns the From DS flag.
    #[must_use]
    pub fn from_ds(&self) -> bool {
        self.flags().has(Flags::FROM_DS)
    }

    /// Returns the Retry flag.
    #[must_use]
    pub fn retry(&self) -> bool {
        self.flags().has(Flags::RETRY)
    }

    /// Returns the Power Management flag: the sender sleeps afterwards.
    #[must_use]
    pub fn power_management(&self) -> bool {
        self.flags().has(Flags::POWER_MANAGEMENT)
    }

    /// Returns the More Data flag: more frames are held for the receiver.
    #[must_use]
    pub fn more_data(&self) -> bool {
        self.flags().has(Flags::MORE_DATA)
    }

    /// Returns the Protected Frame flag: the body is encrypted.
    #[must_use]
    pub fn protected(&self) -> bool {
        self.flags().has(Flags::PROTECTED)
    }

    /// Returns the duration field, or the AID of a PS-Poll as transmitted.
    #[must_use]
    pub fn duration(&self) -> u16 {
        self.u16_at(2)
    }

    /// Returns address 1, the receiver.
    #[must_use]
    pub fn addr1(&self) -> Mac {
        self.address(4)
    }

    /// Returns address 2, the transmitter. `None` in CTS and ACK.
    #[must_use]
    pub fn addr2(&self) -> Option<Mac> {
        (self.header_len >= 16).then(|| self.address(10))
    }

    /// Returns address 3 of management and data frames.
    #[must_use]
    pub fn addr3(&self) -> Option<Mac> {
        (self.header_len >= 24).then(|| self.address(16))
    }

    /// Returns address 4 of data frames both to and from the distribution system.
    #[must_use]
    pub fn addr4(&self) -> Option<Mac> {
        (self.subtype().is_data() && self.to_ds() && self.from_ds()).then(|| self.address(24))
    }

    /// Returns the receiver: address 1.
    #[must_use]
    pub fn receiver(&self) -> Mac {
        self.addr1()
    }

    /// Returns the transmitter: address 2.
    #[must_use]
    pub fn transmitter(&self) -> Option<Mac> {
        self.addr2()
    }

    /// Returns the BSSID according to the To DS and From DS flags; address 1 of a PS-Poll. `None` in four-address and
    /// most control frames.
    #[must_use]
    pub fn bssid(&self) -> Option<Mac> {
        match (self.subtype(), self.to_ds(), self.from_ds()) {
            (Subtype::PsPoll, ..) => Some(self.addr1()),
            (Subtype::CfEnd, ..) => self.addr2(),
            (s, ..) if s.is_management() => self.addr3(),
            (s, false, false) if s.is_data() => self.addr3(),
            (s, true, false) if s.is_data() => Some(self.addr1()),
            (s, false, true) if s.is_data() => self.addr2(),
            _ => None,
        }
    }

    /// Returns the destination of the MSDU (DA); address 1 in management frames.
    #[must_use]
    pub fn destination(&self) -> Option<Mac> {
        match self.subtype() {
            s if s.is_management() => Some(self.addr1()),
            s if s.is_data() && self.to_ds() => self.addr3(),
            s if s.is_data() => Some(self.addr1()),
            _ => None,
        }
    }

    /// Returns the source of the MSDU (SA); address 2 in management frames.
    #[must_use]
    pub fn source(&self) -> Option<Mac> {
        match (self.subtype(), self.to_ds(), self.from_ds()) {
            (s, ..) if s.is_management() => self.addr2(),
            (s, true, true) if s.is_data() => self.addr4(),
            (s, false, true) if s.is_data() => self.addr3(),
            (s, ..) if s.is_data() => self.addr2(),
            _ => None,
        }
    }

    /// Returns the sequence number, 0 to 4095, of management and data frames.
    #[must_use]
    pub fn sequence(&self) -> Option<u16> {
        (self.header_len >= 24).then(|| self.u16_at(22) >> 4)
    }

    /// Returns the fragment number, 0 to 15, of management and data frames.
    #[must_use]
    pub fn fragment(&self) -> Option<u8> {
        (self.header_len >= 24).then(|| (self.u16_at(22) & 15) as u8)
    }

    /// Returns the QoS control field of QoS data frames.
    #[must_use]
    pub fn qos_control(&self) -> Option<u16> {
        let at = if self.to_ds() && self.from_ds() { 30 } else { 24 };
        self.subtype().is_qos().then(|| self.u16_at(at))
    }

    /// Returns the traffic identifier of QoS data frames, 0 to 15.
    #[must_use]
    pub fn qos_tid(&self) -> Option<u8> {
        self.qos_control().map(|qos| (qos & 15) as u8)
    }

    /// Returns the length of the MAC header in bytes, with address 4, QoS and HT control if the frame has them.
    #[must_use]
    pub fn header_len(&self) -> usize {
        self.header_len
    }

    /// Returns the bytes after the MAC header. A protected body begins with the header of the cipher (CCMP: 8 bytes).
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        &self.bytes[self.header_len..]
    }

    /// Returns the elements of a management frame, after the fixed fields of its subtype; empty for other frames.
    #[must_use]
    pub fn elements(&self) -> Elements<'a> {
        let fixed = match self.subtype() {
            _ if self.protected() => return Elements(&[]),
            Subtype::ProbeRequest => 0,
            Subtype::Disassociation | Subtype::Deauthentication => 2,
            Subtype::AssociationRequest => 4,
            Subtype::AssociationResponse | Subtype::ReassociationResponse | Subtype::Authentication => 6,
            Subtype::ReassociationRequest => 10,
            Subtype::Beacon | Subtype::ProbeResponse => 12,
            _ => return Elements(&[]),
        };
        Elements(self.body().get(fixed..).unwrap_or(&[]))
    }

    /// Returns the fixed fields of a beacon or probe response.
    #[must_use]
    pub fn beacon(&self) -> Option<BeaconFields> {
        let b = self.fixed::<12>(&[Subtype::Beacon, Subtype::ProbeResponse])?;
        let timestamp = u64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]);
        Some(BeaconFields { timestamp, interval: word(b, 8), capability: word(b, 10) })
    }

    /// Returns the fixed fields of an authentication frame.
    #[must_use]
    pub fn authentication(&self) -> Option<Authentication> {
        let b = self.fixed::<6>(&[Subtype::Authentication])?;
        Some(Authentication { algorithm: word(b, 0), sequence: word(b, 2), status: word(b, 4) })
    }

    /// Returns the fixed fields of an association or reassociation request.
    #[must_use]
    pub fn association_request(&self) -> Option<AssociationRequest> {
        let b = self.fixed::<4>(&[Subtype::AssociationRequest, Subtype::ReassociationRequest])?;
        Some(AssociationRequest { capability: word(b, 0), listen_interval: word(b, 2) })
    }

    /// Returns the fixed fields of an association or reassociation response.
    #[must_use]
    pub fn association_response(&self) -> Option<AssociationResponse> {
        let b = self.fixed::<6>(&[Subtype::AssociationResponse, Subtype::ReassociationResponse])?;
        Some(AssociationResponse { capability: word(b, 0), status: word(b, 2), aid: word(b, 4) & AID })
    }

    /// Returns the reason code of a deauthentication or disassociation.
    #[must_use]
    pub fn reason(&self) -> Option<u16> {
        self.fixed::<2>(&[Subtype::Deauthentication, Subtype::Disassociation]).map(|b| word(b, 0))
    }

    /// Returns the AID (1 to 2007) of a PS-Poll.
    #[must_use]
    pub fn ps_poll_aid(&self) -> Option<u16> {
        (self.subtype() == Subtype::PsPoll).then(|| self.duration() & AID)
    }

    /// Returns Ethertype and payload of an unprotected data frame with an LLC/SNAP header (RFC 1042).
    #[must_use]
    pub fn snap(&self) -> Option<(u16, &'a [u8])> {
        let plain = self.subtype().has_payload() && !self.protected();
        let body = self.body();
        let ether = plain && body.len() >= 8 && body[..6] == LLC_SNAP;
        ether.then(|| (u16::from_be_bytes([body[6], body[7]]), &body[8..]))
    }
}

impl<'a> Mpdu<'a> {
    /// Returns a 16-bit number of the header; `at` must be within it.
    fn u16_at(&self, at: usize) -> u16 {
        word(self.bytes, at)
    }

    /// Returns an address of the header; `at` must be within it.
    fn address(&self, at: usize) -> Mac {
        let mut mac = [0; 6];
        mac.copy_from_slice(&self.bytes[at..at + 6]);
        mac
    }

    /// Returns the first `N` bytes of an unprotected body if the frame has one of these subtypes.
    fn fixed<const N: usize>(&self, subtypes: &[Subtype]) -> Option<&'a [u8; N]> {
        let readable = subtypes.contains(&self.subtype()) && !self.protected();
        self.body().first_chunk().filter(|_| readable)
    }
}

/// Returns the length of the MAC header for a frame control field.
fn header_len(fc: u16) -> usize {
    let (subtype, flags) = (Subtype::from_frame_control(fc), Flags(fc));
    let ht_control = if flags.has(Flags::ORDER) { 4 } else { 0 };
    match subtype {
        s if s.is_management() => 24 + ht_control,
        s if s.is_data() => {
            let four_addresses = if flags.has(Flags::TO_DS | Flags::FROM_DS) { 6 } else { 0 };
            let qos = if s.is_qos() { 2 + ht_control } else { 0 };
            24 + four_addresses + qos
        }
        Subtype::BlockAckReq | Subtype::BlockAck | Subtype::PsPoll | Subtype::Rts | Subtype::CfEnd => 16,
        _ => 10,
    }
}

/// Returns a little-endian number; both bytes must exist.
fn word(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// Sets the sequence number (0 to 4095) of a management or data frame; other frames are not changed.
pub fn set_sequence(mpdu: &mut [u8], sequence: u16) {
    if Mpdu::parse(mpdu).is_some_and(|m| m.header_len >= 24) {
        let control = word(mpdu, 22) & 15 | sequence << 4;
        mpdu[22..24].copy_from_slice(&control.to_le_bytes());
    }
}

/// Sets the duration in µs of a frame that is long enough.
pub fn set_duration(mpdu: &mut [u8], duration: u16) {
    if let Some(field) = mpdu.get_mut(2..4) {
        field.copy_from_slice(&duration.to_le_bytes());
    }
}

/// Sets or clears a flag, one of the constants of [`Flags`].
pub fn set_flag(mpdu: &mut [u8], flag: u16, on: bool) {
    if let [low, high, ..] = mpdu {
        let fc = u16::from_le_bytes([*low, *high]);
        [*low, *high] = (if on { fc | flag } else { fc & !flag }).to_le_bytes();
    }
}
