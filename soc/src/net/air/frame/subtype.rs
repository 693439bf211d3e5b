//! Frame control: type and subtype, flags.

/// Type and subtype of a frame, named as in IEEE 802.11-2020 table 9-1.
#[allow(missing_docs)] // The names are the standard's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subtype {
    AssociationRequest,
    AssociationResponse,
    ReassociationRequest,
    ReassociationResponse,
    ProbeRequest,
    ProbeResponse,
    Beacon,
    Atim,
    Disassociation,
    Authentication,
    Deauthentication,
    Action,
    BlockAckReq,
    BlockAck,
    PsPoll,
    Rts,
    Cts,
    Ack,
    CfEnd,
    Data,
    Null,
    QosData,
    QosNull,
    /// Any other: type (0 to 3) and subtype (0 to 15).
    Other(u8, u8),
}

/// The pairs of type and subtype that have a name.
const NAMED: [(u8, u8, Subtype); 23] = [
    (0, 0, Subtype::AssociationRequest),
    (0, 1, Subtype::AssociationResponse),
    (0, 2, Subtype::ReassociationRequest),
    (0, 3, Subtype::ReassociationResponse),
    (0, 4, Subtype::ProbeRequest),
    (0, 5, Subtype::ProbeResponse),
    (0, 8, Subtype::Beacon),
    (0, 9, Subtype::Atim),
    (0, 10, Subtype::Disassociation),
    (0, 11, Subtype::Authentication),
    (0, 12, Subtype::Deauthentication),
    (0, 13, Subtype::Action),
    (1, 8, Subtype::BlockAckReq),
    (1, 9, Subtype::BlockAck),
    (1, 10, Subtype::PsPoll),
    (1, 11, Subtype::Rts),
    (1, 12, Subtype::Cts),
    (1, 13, Subtype::Ack),
    (1, 14, Subtype::CfEnd),
    (2, 0, Subtype::Data),
    (2, 4, Subtype::Null),
    (2, 8, Subtype::QosData),
    (2, 12, Subtype::QosNull),
];

impl Subtype {
    /// Returns the subtype of a frame control field.
    #[must_use]
    pub fn from_frame_control(fc: u16) -> Self {
        let (kind, sub) = ((fc >> 2 & 3) as u8, (fc >> 4 & 15) as u8);
        let named = NAMED.iter().find(|n| (n.0, n.1) == (kind, sub));
        named.map_or(Self::Other(kind, sub), |n| n.2)
    }

    /// Returns type (0 management, 1 control, 2 data, 3 extension) and subtype (0 to 15).
    #[must_use]
    pub fn numbers(self) -> (u8, u8) {
        if let Self::Other(kind, sub) = self {
            return (kind & 3, sub & 15);
        }
        NAMED.iter().find(|n| n.2 == self).map_or((3, 15), |n| (n.0, n.1))
    }

    /// Returns the frame control field without flags.
    #[must_use]
    pub fn frame_control(self) -> u16 {
        let (kind, sub) = self.numbers();
        u16::from(kind) << 2 | u16::from(sub) << 4
    }

    /// Returns true for a management frame.
    #[must_use]
    pub fn is_management(self) -> bool {
        self.numbers().0 == 0
    }

    /// Returns true for a control frame.
    #[must_use]
    pub fn is_control(self) -> bool {
        self.numbers().0 == 1
    }

    /// Returns true for a data frame, with or without a payload.
    #[must_use]
    pub fn is_data(self) -> bool {
        self.numbers().0 == 2
    }

    /// Returns true for a data frame with a payload: bit 2 of the subtype is 0.
    #[must_use]
    pub fn has_payload(self) -> bool {
        let (kind, sub) = self.numbers();
        kind == 2 && sub & 4 == 0
    }

    /// Returns true for a data frame with a QoS control field: bit 3 of the subtype is 1.
    #[must_use]
    pub fn is_qos(self) -> bool {
        let (kind, sub) = self.numbers();
        kind == 2 && sub & 8 != 0
    }
}

/// The flags of the frame control field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flags(pub u16);

impl Flags {
    /// To the distribution system: data from a station to its access point.
    pub const TO_DS: u16 = 1 << 8;
    /// From the distribution system: data from an access point to a station.
    pub const FROM_DS: u16 = 1 << 9;
    /// More fragments of the MSDU follow.
    pub const MORE_FRAGMENTS: u16 = 1 << 10;
    /// The frame is a retransmission.
    pub const RETRY: u16 = 1 << 11;
    /// The station sleeps after this exchange.
    pub const POWER_MANAGEMENT: u16 = 1 << 12;
    /// The access point holds more frames for the station.
    pub const MORE_DATA: u16 = 1 << 13;
    /// The body is encrypted.
    pub const PROTECTED: u16 = 1 << 14;
    /// An HT control field follows (management and QoS data frames).
    pub const ORDER: u16 = 1 << 15;

    /// Returns true if all bits of `mask` (one of the constants) are set.
    #[must_use]
    pub fn has(self, mask: u16) -> bool {
        self.0 & mask == mask
    }
}
