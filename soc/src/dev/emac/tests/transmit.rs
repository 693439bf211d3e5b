//! The transmitter: timing, rings and chains, segments, descriptor control bits, checksums.

use super::*;
use crate::dev::emac::checksum;
use crate::trace::TraceEvent;

/// Time of a frame on the line, in ticks: preamble, frame, checksum, gap.
fn line_ticks(len: u64, mbit: u64) -> Ticks {
    (8 * (8 + len + 4) + 96) * TICKS_PER_US / mbit
}

#[test]
fn a_frame_occupies_the_line_and_then_frees_its_descriptors() {
    for (fast, mbit) in [(true, 100), (false, 10)] {
        let mut b = running();
        if !fast {
            phy_write(&mut b, 0, 0x0100);
            b.advance(200_000);
            set(&mut b, GMACCONFIG, gmacconfig::FESPEED, 0);
        }
        set(&mut b, DMAIN_EN, 0, dmain_en::DMAIN_TIE);
        let mut driver = Driver::default();
        let flags = tdes0::INTERRUPT_ON_COMPLETE;
        assert!(driver.send(&mut b, &frame_to([0xFF; 6], 1000), flags));
        assert!(driver.send(&mut b, &frame_to([0xFF; 6], 30), flags));
        assert_eq!(word(&b, TX_DESC) & OWN, 0, "its data is in the FIFO");
        assert_eq!(word(&b, TX_DESC + 32) & OWN, OWN, "not sent yet");
        assert_eq!(b.read(DMATXCURRDESC), TX_DESC);
        assert_ne!(b.read(EMACDEBUG) & emacdebug::MACTFCS, 0);
        b.advance_ticks(line_ticks(1000, mbit) - 1);
        assert!(frames(&mut b).is_empty() && !b.irq(IrqSource::EthMac));
        b.advance_ticks(1);
        assert_eq!(frames(&mut b), [frame_to([0xFF; 6], 1000)]);
        assert!(b.irq(IrqSource::EthMac));
        assert_eq!(word(&b, TX_DESC + 32) & (OWN | tdes0::STATUS), 0);
        assert_eq!(b.read(DMATXCURRDESC), TX_DESC + 64);
        assert_eq!(isr(&mut b) & 0x1_0001, 0x1_0001);
        b.advance_ticks(line_ticks(60, mbit));
        let mut padded = frame_to([0xFF; 6], 30);
        padded.resize(60, 0);
        assert_eq!(frames(&mut b), [padded]);
        let status = b.read(DMASTATUS);
        assert_eq!(status >> 20 & 7, 4, "suspended at the next descriptor");
        assert_ne!(status & dmastatus::TRANS_BUF_UNAVAIL, 0);
    }
}

#[test]
fn a_ring_of_16_byte_descriptors_with_two_buffers_each() {
    let mut b = running();
    assert!(stop(&mut b));
    set(&mut b, DMABUSMODE, dmabusmode::ALT_DESC_SIZE | dmabusmode::DESC_SKIP_LEN, 2 << 2);
    // 24 bytes apart: 16, and two words skipped.
    let ring = RX_BUF;
    poke(&mut b, TX_BUF, &frame_to([0xFF; 6], 300));
    for i in 0..3 {
        let at = ring + 24 * i;
        let end = if i == 2 { tdes0::TRANSMIT_END_RING } else { 0 };
        let seg = [tdes0::FIRST_SEGMENT, 0, tdes0::LAST_SEGMENT][i as usize];
        put(&mut b, at, &[OWN | end | seg, 60 << 16 | 40, TX_BUF + 100 * i, TX_BUF + 100 * i + 40]);
    }
    b.write(DMATXBASEADDR, ring);
    set(&mut b, GMACCONFIG, 0, gmacconfig::TX);
    set(&mut b, DMAOPERATION_MODE, 0, dmaoperation_mode::START_STOP_TRANSMISSION_COMMAND);
    b.advance(100);
    assert_eq!(frames(&mut b), [frame_to([0xFF; 6], 300)]);
    assert_eq!(b.read(DMATXCURRDESC), ring, "back at the start of the ring");
    for i in 0..3 {
        assert_eq!(word(&b, ring + 24 * i) & OWN, 0);
    }
}

#[test]
fn an_unfinished_frame_waits_for_its_last_descriptor() {
    let mut b = running();
    poke(&mut b, TX_BUF, &frame_to([0xFF; 6], 600));
    let chained = OWN | tdes0::SECOND_ADDRESS_CHAINED;
    put(&mut b, TX_DESC, &[chained | tdes0::FIRST_SEGMENT, 512]);
    b.write(DMATXPOLLDEMAND, 1);
    b.advance(1000);
    assert!(frames(&mut b).is_empty());
    assert_eq!(b.read(DMASTATUS) >> 20 & 7, 4);
    put(&mut b, TX_DESC + 32, &[chained | tdes0::LAST_SEGMENT, 88]);
    b.advance(1000);
    assert!(frames(&mut b).is_empty(), "without a poll demand nothing happens");
    b.write(DMATXPOLLDEMAND, 1);
    b.advance(1000);
    assert_eq!(frames(&mut b), [frame_to([0xFF; 6], 600)]);
}

#[test]
fn stopping_waits_for_the_frame_on_the_line() {
    let mut b = running();
    b.write(DMAIN_EN, dmain_en::DMAIN_TSE | dmain_en::DMAIN_AISE);
    let mut driver = Driver::default();
    driver.send(&mut b, &frame_to([0xFF; 6], 1000), 0);
    driver.send(&mut b, &frame_to([0xFF; 6], 100), 0);
    assert!(!stop(&mut b), "as emac_esp32_stop, which tries again for 200 µs");
    b.advance(100);
    assert_eq!(b.read(DMASTATUS) & (7 << 20 | dmastatus::TRANS_PROC_STOP | dmastatus::ABN_INT_SUMM), 0x8002);
    assert!(b.irq(IrqSource::EthMac));
    assert!(stop(&mut b));
    assert_eq!(frames(&mut b).len(), 1, "the second one stays in memory");
    set(&mut b, GMACCONFIG, 0, gmacconfig::TX);
    set(&mut b, DMAOPERATION_MODE, 0, dmaoperation_mode::START_STOP_TRANSMISSION_COMMAND);
    b.advance(100);
    assert_eq!(frames(&mut b).len(), 1, "it continues where it stopped");
}

#[test]
fn a_flush_drops_the_frame_on_the_line() {
    let mut b = running();
    let mut driver = Driver::default();
    driver.send(&mut b, &frame_to([0xFF; 6], 400), 0);
    driver.send(&mut b, &frame_to([0xFE; 6], 100), 0);
    set(&mut b, DMAOPERATION_MODE, 0, dmaoperation_mode::FLUSH_TX_FIFO);
    assert_eq!(word(&b, TX_DESC) & (OWN | tdes0::FRAME_FLUSHED | tdes0::ERR_SUMMARY), 0xA000);
    b.advance(100);
    assert_eq!(frames(&mut b), [frame_to([0xFE; 6], 100)]);
}

#[test]
fn padding_checksum_and_source_address_follow_the_descriptor() {
    let mut b = running();
    let mut driver = Driver::default();
    let short = frame_to([0xFF; 6], 30);
    let with_sum = |frame: &[u8]| [frame, &crate::dev::eth::rx::crc32(frame).to_le_bytes()].concat();
    let mut send = |b: &mut Bench<Eth>, frame: &[u8], flags| {
        driver.send(b, frame, flags);
        b.advance(100);
        frames(b)
    };
    assert_eq!(send(&mut b, &short, tdes0::DISABLE_PAD)[0].len(), 30);
    assert_eq!(send(&mut b, &with_sum(&short), tdes0::DISABLE_CRC), std::slice::from_ref(&short));
    let wrong = [&short[..], &[1, 2, 3, 4]].concat();
    assert!(send(&mut b, &wrong, tdes0::DISABLE_CRC).is_empty());
    assert_eq!(b.warnings().len(), 1, "{:?}", b.warnings());
    assert_eq!(
        send(&mut b, &wrong, tdes0::DISABLE_CRC | tdes0::CRC_REPLACEMENT),
        std::slice::from_ref(&short)
    );
    set(&mut b, GMACCONFIG, 0, 3 << 28);
    let replaced = send(&mut b, &frame_to([0xFF; 6], 60), 0);
    assert_eq!((&replaced[0][6..12], replaced[0].len()), (&MAC[..], 60));
    set(&mut b, GMACCONFIG, gmacconfig::SAIRC, 2 << 28);
    let inserted = send(&mut b, &frame_to([0xFF; 6], 60), 0);
    assert_eq!((&inserted[0][6..12], inserted[0].len()), (&MAC[..], 66));
}

#[test]
fn vlan_tags_are_removed_on_request_only() {
    let mut b = running();
    let mut driver = Driver::default();
    let mut tagged = frame_to([0xFF; 6], 100);
    tagged.splice(12..12, [0x81, 0x00, 0x00, 0x05]);
    driver.send(&mut b, &tagged, 0);
    b.advance(100);
    assert_eq!(frames(&mut b), [tagged.clone()]);
    assert_ne!(word(&b, TX_DESC) & tdes0::VLAN_FRAME, 0);
    driver.send(&mut b, &tagged, 1 << 18);
    b.advance(100);
    assert_eq!(frames(&mut b), [frame_to([0xFF; 6], 100)]);
    driver.send(&mut b, &tagged, 2 << 18);
    b.advance(100);
    assert_eq!(frames(&mut b), [tagged]);
    assert!(b.warnings()[0].contains("VLAN tag"));
}

/// An IPv4 packet with a UDP datagram of 5 bytes; the checksum fields are 0.
fn udp() -> Vec<u8> {
    let mut f = [&[0xFF; 6][..], &MAC, &[8, 0]].concat();
    f.extend([0x45, 0, 0, 33, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 2, 15, 10, 0, 2, 2]);
    f.extend([0x04, 0xD2, 0, 80, 0, 13, 0, 0]);
    f.extend(b"hello");
    f
}

#[test]
fn checksums_are_inserted_as_the_descriptor_says() {
    let mut b = running();
    let mut driver = Driver::default();
    let mut send = |b: &mut Bench<Eth>, frame: &[u8], control: u32| {
        driver.send(b, frame, control << 22);
        b.advance(100);
        frames(b).remove(0)
    };
    assert_eq!(send(&mut b, &udp(), 0)[24..26], [0, 0]);
    let ip = send(&mut b, &udp(), 1);
    // 0x4500 + 33 + 1 + 0x4011 + addresses, by hand.
    assert_eq!((&ip[24..26], &ip[40..42]), (&[0x62, 0xBB][..], &[0, 0][..]));
    let full = send(&mut b, &udp(), 3);
    assert_eq!(checksum::check(&full), 0x41, "IPv4, UDP, no error");
    // Without the pseudo-header: the firmware puts its sum into the field.
    let mut pseudo = udp();
    pseudo[40..42].copy_from_slice(&0x182F_u16.to_be_bytes());
    assert_eq!(send(&mut b, &pseudo, 2)[40..42], full[40..42]);
    let mut broken = udp();
    broken[14] = 0x42;
    send(&mut b, &broken, 3);
    let status = word(&b, TX_DESC + 32 * 4);
    assert_eq!(status & (tdes0::IP_HEAD_ERR | tdes0::ERR_SUMMARY), tdes0::IP_HEAD_ERR | tdes0::ERR_SUMMARY);
}

#[test]
fn frames_descriptors_registers_and_interrupts_are_traced() {
    let mut b = running();
    for event in [
        TraceEvent::EmacStartXmit,
        TraceEvent::EmacDescRead,
        TraceEvent::EmacDescWrite,
        TraceEvent::EmacRegWrite,
        TraceEvent::EmacUpdateIrq,
    ] {
        b.traced(event);
        let mut driver = Driver::default();
        driver.send(&mut b, &frame_to([0xFF; 6], 100), 0);
        b.advance(100);
        arrive(&mut b, &frame_to(MAC, 60));
        let lines = b.traced(event);
        let want = match event {
            TraceEvent::EmacStartXmit => "TX: 0x3ffb0140, len: 100",
            TraceEvent::EmacDescRead => "DESC[0x3ffb0140] -> 0xb0100000 0x00000064 0x3ffb4000 0x3ffb0160",
            TraceEvent::EmacDescWrite => "DESC[0x3ffb0140] <- 0x30100000",
            TraceEvent::EmacRegWrite => "DMATXPOLLDEMAND <- 0x00000000",
            _ => "IRQ <- 1, DMASTATUS 0x",
        };
        assert!(lines.iter().any(|l| l.starts_with(want)), "{lines:?}");
        b = running();
    }
}
