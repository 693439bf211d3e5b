//! The DMA's descriptors in memory: 16 bytes, or 32 with `ALT_DESC_SIZE`, chained or in a ring. The layout is the
//! enhanced one in both sizes (TRM 10.8; esp_hal_emac/emac_hal.h).

use super::Emac;
use crate::dev::{Cx, DevView};
use crate::trace::TraceEvent;

/// Host work charged for a descriptor.
const DESC_WORK: u64 = 100;
/// The DMA owns the descriptor. In word 0 of both kinds.
pub const OWN: u32 = 1 << 31;
/// Size of a buffer in word 1 of both kinds: bits 12:0 the first, bits 28:16 the second.
const SIZE: u32 = 0x1FFF;

/// Fields of a transmit descriptor's word 0.
pub mod tdes0 {
    /// Transmission waited for a pause to end.
    pub const DEFERRED: u32 = 1 << 0;
    /// Underflow: the next descriptor of the frame was missing.
    pub const UNDERFLOW_ERR: u32 = 1 << 1;
    /// The frame has a VLAN tag.
    pub const VLAN_FRAME: u32 = 1 << 7;
    /// No carrier, in half-duplex mode.
    pub const NO_CARRIER: u32 = 1 << 10;
    /// The carrier was lost, in half-duplex mode.
    pub const LOSS_CARRIER: u32 = 1 << 11;
    /// The checksum of the payload could not be inserted.
    pub const PAYLOAD_CHECKSUM_ERR: u32 = 1 << 12;
    /// The frame was flushed.
    pub const FRAME_FLUSHED: u32 = 1 << 13;
    /// The frame is too long.
    pub const JABBER_TIMEOUT: u32 = 1 << 14;
    /// Error summary.
    pub const ERR_SUMMARY: u32 = 1 << 15;
    /// The IP header's checksum could not be inserted.
    pub const IP_HEAD_ERR: u32 = 1 << 16;
    /// VLAN tag: 1 remove, 2 insert, 3 replace.
    pub const VLAN_INSERT_CONTROL: u32 = 3 << 18;
    /// The second address is the next descriptor's.
    pub const SECOND_ADDRESS_CHAINED: u32 = 1 << 20;
    /// Last descriptor of the ring.
    pub const TRANSMIT_END_RING: u32 = 1 << 21;
    /// Checksums to insert: 1 IP header, 2 also the payload's without pseudo-header, 3 all.
    pub const CHECKSUM_INSERT_CONTROL: u32 = 3 << 22;
    /// Replace the frame's last four bytes by the checksum.
    pub const CRC_REPLACEMENT: u32 = 1 << 24;
    /// Do not pad.
    pub const DISABLE_PAD: u32 = 1 << 26;
    /// Do not append the checksum.
    pub const DISABLE_CRC: u32 = 1 << 27;
    /// First descriptor of the frame.
    pub const FIRST_SEGMENT: u32 = 1 << 28;
    /// Last descriptor of the frame.
    pub const LAST_SEGMENT: u32 = 1 << 29;
    /// Interrupt when sent.
    pub const INTERRUPT_ON_COMPLETE: u32 = 1 << 30;
    /// Status bits, which the DMA writes.
    pub const STATUS: u32 = 0x3_FFFF;
    /// Status bits that are errors.
    pub const ERRORS: u32 = UNDERFLOW_ERR
        | NO_CARRIER
        | LOSS_CARRIER
        | PAYLOAD_CHECKSUM_ERR
        | FRAME_FLUSHED
        | JABBER_TIMEOUT
        | IP_HEAD_ERR;
}

/// Fields of a receive descriptor's word 0.
pub mod rdes0 {
    /// Word 4 has the extended status (32-byte descriptors); else the payload's checksum is wrong.
    pub const EXTEND_STATUS_AVAILABLE: u32 = 1 << 0;
    /// The Ethernet checksum is wrong.
    pub const CRC_ERR: u32 = 1 << 1;
    /// The receive watchdog cut the frame.
    pub const RECEIVE_WATCHDOG_TIMEOUT: u32 = 1 << 4;
    /// The frame has an EtherType instead of a length.
    pub const FRAME_TYPE: u32 = 1 << 5;
    /// Longer than allowed; with checks of IP and 16-byte descriptors: the IP header's checksum is wrong.
    pub const GIANT_FRAME: u32 = 1 << 7;
    /// Last descriptor of the frame.
    pub const LAST_DESCRIPTOR: u32 = 1 << 8;
    /// First descriptor of the frame.
    pub const FIRST_DESCRIPTOR: u32 = 1 << 9;
    /// The frame has a VLAN tag.
    pub const VLAN_TAG: u32 = 1 << 10;
    /// The length field does not match the length.
    pub const LENGTH_ERR: u32 = 1 << 12;
    /// The source address failed its filter.
    pub const SOURCE_ADDR_FILTER_FAIL: u32 = 1 << 13;
    /// The frame is cut because no further descriptor was available.
    pub const DESCRIPTOR_ERR: u32 = 1 << 14;
    /// Error summary.
    pub const ERR_SUMMARY: u32 = 1 << 15;
    /// Position of the frame's length, including the checksum.
    pub const FRAME_LENGTH_SHIFT: u32 = 16;
    /// The destination address failed its filter.
    pub const DESTINATION_ADDR_FILTER_FAIL: u32 = 1 << 30;
}

/// Fields of a receive descriptor's word 1.
pub mod rdes1 {
    /// The second address is the next descriptor's.
    pub const SECOND_ADDRESS_CHAINED: u32 = 1 << 14;
    /// Last descriptor of the ring.
    pub const RECEIVE_END_OF_RING: u32 = 1 << 15;
    /// No interrupt when received.
    pub const DISABLE_INTERRUPT_ON_COMPLETE: u32 = 1 << 31;
}

/// Fields of a receive descriptor's word 4.
pub mod rdes4 {
    /// The payload is UDP, TCP or ICMP.
    pub const UDP: u32 = 1;
    /// See [`UDP`].
    pub const TCP: u32 = 2;
    /// See [`UDP`].
    pub const ICMP: u32 = 3;
    /// The IP header's checksum is wrong, or its version does not match the EtherType.
    pub const IP_HEAD_ERR: u32 = 1 << 3;
    /// The payload's checksum is wrong.
    pub const IP_PAYLOAD_ERR: u32 = 1 << 4;
    /// The checksums were not checked.
    pub const IP_CHECKSUM_BYPASS: u32 = 1 << 5;
    /// An IPv4 packet.
    pub const IPV4_PACKET_RECEIVED: u32 = 1 << 6;
    /// An IPv6 packet.
    pub const IPV6_PACKET_RECEIVED: u32 = 1 << 7;
}

/// Geometry of the descriptors, from `DMABUSMODE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescLayout {
    /// 32 bytes instead of 16.
    pub wide: bool,
    /// Bytes skipped between two descriptors that are not chained.
    pub skip: u32,
}

/// The first four words of a descriptor, and its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmacDesc {
    /// Its address.
    pub at: u32,
    /// Words 0 to 3.
    pub word: [u32; 4],
}

impl EmacDesc {
    /// Reads the descriptor at `at` by DMA. Returns `None` if that is not DMA-capable memory.
    #[must_use]
    pub fn read(at: u32, cx: &mut Cx) -> Option<Self> {
        cx.charge(DESC_WORK);
        let desc = Self::look(at, &cx.view())?;
        let word = desc.word;
        cx.trace(TraceEvent::EmacDescRead, || {
            format!(
                "DESC[{at:#010x}] -> {:#010x} {:#010x} {:#010x} {:#010x}",
                word[0], word[1], word[2], word[3]
            )
        });
        Some(desc)
    }

    /// Reads the descriptor at `at` as [`EmacDesc::read`] does, without a trace.
    #[must_use]
    pub fn look(at: u32, v: &DevView) -> Option<Self> {
        let mut bytes = [0; 16];
        if !v.dma_read(at, &mut bytes) {
            return None;
        }
        let word = std::array::from_fn(|n| {
            u32::from_le_bytes([bytes[4 * n], bytes[4 * n + 1], bytes[4 * n + 2], bytes[4 * n + 3]])
        });
        Some(Self { at, word })
    }

    /// Writes word 0 back by DMA. Returns false if that is not DMA-capable memory.
    pub fn write_status(&self, value: u32, cx: &mut Cx) -> bool {
        let at = self.at;
        cx.trace(TraceEvent::EmacDescWrite, || format!("DESC[{at:#010x}] <- {value:#010x}"));
        cx.dma_write(at, &value.to_le_bytes())
    }

    /// Returns whether the DMA owns the descriptor.
    #[must_use]
    pub fn own(&self) -> bool {
        self.word[0] & OWN != 0
    }

    /// Returns the buffers of a descriptor, as address and size: two, or one if it is chained.
    #[must_use]
    pub fn buffers(&self, chained: bool) -> [(u32, usize); 2] {
        let size = |shift: u32| (self.word[1] >> shift & SIZE) as usize;
        [(self.word[2], size(0)), (self.word[3], if chained { 0 } else { size(16) })]
    }

    /// Returns the address of the next descriptor.
    #[must_use]
    pub fn next(&self, end_of_ring: bool, chained: bool, base: u32, layout: DescLayout) -> u32 {
        if end_of_ring {
            base
        } else if chained {
            self.word[3] & !3
        } else {
            self.at.wrapping_add(if layout.wide { 32 } else { 16 } + layout.skip)
        }
    }
}

/// Limit of descriptors that [`Emac::ring`] returns.
const MAX_RING: usize = 128;

impl Emac {
    /// Returns the address behind a transmit (true) or receive descriptor.
    #[must_use]
    pub fn after(&self, desc: &EmacDesc, tx: bool) -> u32 {
        let (flags, chained, end) = if tx {
            (desc.word[0], tdes0::SECOND_ADDRESS_CHAINED, tdes0::TRANSMIT_END_RING)
        } else {
            (desc.word[1], rdes1::SECOND_ADDRESS_CHAINED, rdes1::RECEIVE_END_OF_RING)
        };
        let base = if tx { self.dma.tx.base } else { self.dma.rx.base };
        desc.next(flags & end != 0, flags & chained != 0, base, self.dma.layout())
    }

    /// Returns the transmit (true) or receive descriptors from the base register on, each once, at most 128. For
    /// display.
    #[must_use]
    pub fn ring(&self, tx: bool, v: &DevView) -> Vec<EmacDesc> {
        let mut ring = Vec::<EmacDesc>::new();
        let mut at = if tx { self.dma.tx.base } else { self.dma.rx.base };
        while ring.len() < MAX_RING
            && ring.iter().all(|d| d.at != at)
            && let Some(desc) = EmacDesc::look(at, v)
        {
            at = self.after(&desc, tx);
            ring.push(desc);
        }
        ring
    }
}
