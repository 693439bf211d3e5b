//! The receiver: chains, the extended status, interrupts, missing descriptors, stripping, readiness.

use super::*;
use crate::dev::emac::desc::rdes4;
use crate::net::Ready;
use crate::trace::TraceEvent;

fn ready(b: &Bench<Eth>) -> Ready {
    b.dev.ready(&DevView { now: b.now, sys: &b.sys, mem: &b.mem })
}

#[test]
fn a_long_frame_fills_a_chain_of_descriptors() {
    let mut b = running();
    let frame = frame_to(MAC, 1100);
    arrive(&mut b, &frame);
    let words: Vec<u32> = (0..3).map(|i| word(&b, RX_DESC + 32 * i)).collect();
    assert_eq!(words[0], 512 << 16 | rdes0::FIRST_DESCRIPTOR);
    assert_eq!(words[1], 1024 << 16);
    let status = rdes0::LAST_DESCRIPTOR | rdes0::FRAME_TYPE | rdes0::EXTEND_STATUS_AVAILABLE;
    assert_eq!(words[2], 1104 << 16 | status);
    assert_eq!(b.read(DMARXCURRDESC), RX_DESC + 96);
    assert_eq!(b.read(DMARXCURRADDR_BUF), RX_BUF + 3 * SIZE);
    assert_eq!(Driver::default().receive(&mut b).unwrap(), frame);
    assert_eq!(b.dev.emac().unwrap().counters.received_bytes, 1104);
}

#[test]
fn frames_wait_while_no_descriptor_is_free_and_a_poll_resumes() {
    let mut b = running();
    set(&mut b, DMAIN_EN, 0, dmain_en::DMAIN_RBUE | dmain_en::DMAIN_AISE);
    let mut driver = Driver::default();
    for i in 0..RX_NUM as usize {
        assert_eq!(ready(&b), Ready::Yes, "{i}");
        arrive(&mut b, &frame_to(MAC, 60 + i));
    }
    assert_eq!(ready(&b), Ready::Full);
    let status = isr(&mut b);
    assert_ne!(status & dmastatus::RECV_BUF_UNAVAIL, 0, "the DMA looks ahead");
    assert_ne!(status & dmastatus::ABN_INT_SUMM, 0);
    assert_eq!(status >> 17 & 7, 4);
    // A frame that arrives nevertheless is lost and counted.
    arrive(&mut b, &frame_to(MAC, 60));
    arrive(&mut b, &frame_to(MAC, 60));
    assert_eq!(b.read(DMASTATUS) & dmastatus::RECV_BUF_UNAVAIL, 0, "was suspended already");
    assert_eq!(b.peek(DMAMISSEDFR), 2);
    assert_eq!((b.read(DMAMISSEDFR), b.read(DMAMISSEDFR)), (2, 0), "cleared by reading");
    assert_eq!(b.dev.emac().unwrap().counters.no_descriptor, 2);
    b.write(DMARXPOLLDEMAND, 0);
    assert_ne!(b.read(DMASTATUS) & dmastatus::RECV_BUF_UNAVAIL, 0, "a poll without a descriptor");
    assert_eq!(driver.receive(&mut b).unwrap(), frame_to(MAC, 60));
    assert_eq!((b.read(DMASTATUS) >> 17 & 7, ready(&b)), (3, Ready::Yes));
    arrive(&mut b, &frame_to(MAC, 77));
    for i in 1..RX_NUM as usize {
        assert_eq!(driver.receive(&mut b).unwrap(), frame_to(MAC, 60 + i));
    }
    assert_eq!(driver.receive(&mut b).unwrap(), frame_to(MAC, 77));
}

#[test]
fn reception_also_resumes_with_the_next_frame() {
    let mut b = running();
    for _ in 0..RX_NUM {
        arrive(&mut b, &frame_to(MAC, 60));
    }
    assert_eq!(ready(&b), Ready::Full);
    put(&mut b, RX_DESC, &[OWN]);
    assert_eq!(ready(&b), Ready::Yes);
    arrive(&mut b, &frame_to(MAC, 99));
    assert_eq!(word(&b, RX_DESC) >> 16 & 0x3FFF, 103);
}

#[test]
fn without_flushing_the_frame_waits_in_the_fifo() {
    let mut b = running();
    set(&mut b, DMAOPERATION_MODE, 0, dmaoperation_mode::DIS_FLUSH_RECV_FRAMES);
    set(&mut b, DMAIN_EN, 0, dmain_en::DMAIN_OIE | dmain_en::DMAIN_AISE);
    for _ in 0..RX_NUM {
        arrive(&mut b, &frame_to(MAC, 60));
    }
    for n in [1000, 900, 800] {
        arrive(&mut b, &frame_to(MAC, n));
    }
    assert_eq!(b.read(EMACDEBUG) >> 8 & 3, 2);
    assert_ne!(b.read(DMASTATUS) & dmastatus::RECV_OVFLOW, 0, "2 KiB are full");
    assert_eq!(b.read(DMAMISSEDFR), 1 << 17);
    let mut driver = Driver::default();
    let got: Vec<usize> = std::iter::from_fn(|| driver.receive(&mut b)).map(|f| f.len()).collect();
    assert_eq!(got, [&[60; 10][..], &[1000, 900]].concat());
}

#[test]
fn a_frame_is_cut_where_the_descriptors_end() {
    let mut b = running();
    put(&mut b, RX_DESC + 32 * 2, &[0]);
    arrive(&mut b, &frame_to(MAC, 1400));
    let word0 = word(&b, RX_DESC + 32);
    let cut = rdes0::LAST_DESCRIPTOR | rdes0::DESCRIPTOR_ERR | rdes0::ERR_SUMMARY;
    assert_eq!((word0 & cut, word0 >> 16), (cut, 1024));
    assert_ne!(b.read(DMASTATUS) & dmastatus::RECV_BUF_UNAVAIL, 0);
    assert_eq!(b.dev.emac().unwrap().counters.cut, 1);
}

#[test]
fn a_ring_with_two_buffers_each() {
    let mut b = running();
    assert!(stop(&mut b));
    set(&mut b, DMABUSMODE, dmabusmode::ALT_DESC_SIZE, 0);
    for i in 0..2 {
        let end = if i == 1 { rdes1::RECEIVE_END_OF_RING } else { 0 };
        put(&mut b, RX_DESC + 16 * i, &[OWN, 64 << 16 | end | 32, RX_BUF + 96 * i, RX_BUF + 96 * i + 32]);
    }
    b.write(DMARXBASEADDR, RX_DESC);
    set(&mut b, DMAOPERATION_MODE, 0, dmaoperation_mode::START_STOP_RX);
    set(&mut b, GMACCONFIG, gmacconfig::RXIPCOFFLOAD, gmacconfig::RX);
    arrive(&mut b, &frame_to(MAC, 150));
    assert_eq!(peek(&b, RX_BUF, 150), frame_to(MAC, 150));
    assert_eq!(word(&b, RX_DESC), 96 << 16 | rdes0::FIRST_DESCRIPTOR);
    assert_eq!(word(&b, RX_DESC + 16), 154 << 16 | rdes0::LAST_DESCRIPTOR | rdes0::FRAME_TYPE);
    assert_eq!(b.read(DMARXCURRDESC), RX_DESC);
}

#[test]
fn the_receive_interrupt_can_be_delayed() {
    let mut b = running();
    b.write(DMARINTWDTIMER, 10);
    for i in 0..RX_NUM {
        let size = rdes1::DISABLE_INTERRUPT_ON_COMPLETE | rdes1::SECOND_ADDRESS_CHAINED | SIZE;
        put(&mut b, RX_DESC + 32 * i, &[OWN, size]);
    }
    arrive(&mut b, &frame_to(MAC, 60));
    let us = 2560 * 1_000_000 / u64::from(b.sys.clocks.apb_hz());
    b.advance(us - 1);
    assert!(!b.irq(IrqSource::EthMac));
    b.advance(2);
    assert!(b.irq(IrqSource::EthMac));
    isr(&mut b);
    b.write(DMARINTWDTIMER, 0);
    arrive(&mut b, &frame_to(MAC, 60));
    b.advance(100_000);
    assert_eq!(b.read(DMASTATUS) & dmastatus::RECV_INT, 0);
}

/// An IPv4 packet with a TCP segment without data, whose checksums are right.
fn tcp() -> Vec<u8> {
    let mut f = [&MAC[..], &[2, 0, 0, 0, 0, 9], &[8, 0]].concat();
    f.extend([0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 2, 2, 10, 0, 2, 15]);
    f.extend([0, 80, 0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x10, 0x20, 0, 0, 0, 0, 0]);
    assert_eq!(crate::dev::emac::checksum::insert(&mut f, 3), 0);
    f
}

#[test]
fn ip_checksums_are_checked_and_bad_packets_dropped() {
    let mut b = running();
    arrive(&mut b, &tcp());
    assert_eq!(word(&b, RX_DESC + 16), rdes4::IPV4_PACKET_RECEIVED | rdes4::TCP);
    let bad = |at: usize| {
        let mut f = tcp();
        f[at] ^= 1;
        f
    };
    for (at, name) in [(25, "IP header"), (50, "payload")] {
        arrive(&mut b, &bad(at));
        assert_eq!(word(&b, RX_DESC + 32) & OWN, OWN, "{name}: dropped");
    }
    assert_eq!(b.dev.emac().unwrap().counters.rx_errors, 2);
    set(&mut b, DMAOPERATION_MODE, 0, dmaoperation_mode::DIS_DROP_TCPIP_ERR_FRAM);
    arrive(&mut b, &bad(25));
    arrive(&mut b, &bad(50));
    assert_eq!(word(&b, RX_DESC + 48), rdes4::IPV4_PACKET_RECEIVED | rdes4::IP_HEAD_ERR);
    let payload = rdes4::IPV4_PACKET_RECEIVED | rdes4::TCP | rdes4::IP_PAYLOAD_ERR;
    assert_eq!(word(&b, RX_DESC + 80), payload);
    assert_ne!(word(&b, RX_DESC + 64) & rdes0::ERR_SUMMARY, 0);
    let mut fragment = tcp();
    fragment[20] = 0x20;
    fragment[24..26].fill(0);
    crate::dev::emac::checksum::insert(&mut fragment, 1);
    arrive(&mut b, &fragment);
    assert_eq!(word(&b, RX_DESC + 112), rdes4::IPV4_PACKET_RECEIVED, "a fragment is not checked");
    set(&mut b, GMACCONFIG, gmacconfig::RXIPCOFFLOAD, 0);
    arrive(&mut b, &bad(25));
    assert_eq!(word(&b, RX_DESC + 128) & (rdes0::ERR_SUMMARY | rdes0::EXTEND_STATUS_AVAILABLE), 0);
}

#[test]
fn sixteen_byte_descriptors_tell_the_ip_check_in_word_0() {
    let mut b = running();
    assert!(stop(&mut b));
    set(&mut b, DMABUSMODE, dmabusmode::ALT_DESC_SIZE, 0);
    set(&mut b, DMAOPERATION_MODE, 0, dmaoperation_mode::FWD_ERR_FRAME);
    start(&mut b);
    let mut bad = tcp();
    bad[50] ^= 1;
    let mut unknown = tcp();
    unknown[23] = 89;
    unknown[24..26].fill(0);
    crate::dev::emac::checksum::insert(&mut unknown, 1);
    let bits = |w: u32| (w >> 5 & 1, w >> 7 & 1, w & 1);
    for (n, (frame, want)) in
        [(tcp(), (1, 0, 0)), (bad, (1, 0, 1)), (unknown, (0, 0, 1)), (frame_to(MAC, 60), (0, 1, 1))]
            .iter()
            .enumerate()
    {
        arrive(&mut b, frame);
        assert_eq!(bits(word(&b, RX_DESC + 32 * n as u32)), *want, "{n}");
    }
}

#[test]
fn padding_and_checksum_are_stripped_from_frames_with_a_length() {
    let mut b = running();
    set(&mut b, GMACCONFIG, 0, gmacconfig::PADCRCSTRIP);
    let mut frame = frame_to(MAC, 20);
    frame[12..14].copy_from_slice(&[0, 6]);
    arrive(&mut b, &frame);
    assert_eq!(word(&b, RX_DESC) >> 16, 20);
    arrive(&mut b, &frame_to(MAC, 20));
    assert_eq!(word(&b, RX_DESC + 32) >> 16, 64, "not from others");
    frame[12..14].copy_from_slice(&[1, 0]);
    arrive(&mut b, &frame);
    assert_ne!(word(&b, RX_DESC + 64) & rdes0::LENGTH_ERR, 0);
}

#[test]
fn lengths_are_limited() {
    let mut b = running();
    arrive(&mut b, &frame_to(MAC, 1515));
    assert_eq!(word(&b, RX_DESC) & OWN, OWN, "longer than 1518 with checksum: dropped");
    set(&mut b, GMACCONFIG, 0, gmacconfig::ASS2KP);
    arrive(&mut b, &frame_to(MAC, 1515));
    assert_eq!(Driver::default().receive(&mut b).unwrap().len(), 1515);
    let mut b = running();
    set(&mut b, GMACCONFIG, 0, gmacconfig::JUMBOFRAME);
    arrive(&mut b, &frame_to(MAC, 4000));
    assert_eq!(word(&b, RX_DESC + 32 * 7) >> 16, 4004);
    b.write(EMACWDOGTO, emacwdogto::PWDOGEN | 100);
    set(&mut b, DMAIN_EN, 0, dmain_en::DMAIN_RWTE | dmain_en::DMAIN_AISE);
    arrive(&mut b, &frame_to(MAC, 200));
    assert_ne!(b.read(DMASTATUS) & (dmastatus::RECV_WDT_TO | dmastatus::ABN_INT_SUMM), 0);
    assert_eq!(word(&b, RX_DESC + 32 * 8) & OWN, OWN);
    set(&mut b, DMAOPERATION_MODE, 0, dmaoperation_mode::FWD_ERR_FRAME);
    arrive(&mut b, &frame_to(MAC, 200));
    let word0 = word(&b, RX_DESC + 32 * 8);
    assert_eq!(word0 >> 16, 100);
    assert_ne!(word0 & rdes0::RECEIVE_WATCHDOG_TIMEOUT, 0);
}

#[test]
fn vlan_frames_are_marked() {
    let mut b = running();
    let mut tagged = frame_to(MAC, 100);
    tagged.splice(12..12, [0x81, 0x00, 0x00, 0x05]);
    arrive(&mut b, &tagged);
    b.write(GMACVLAN, 6);
    arrive(&mut b, &tagged);
    let marked = |b: &Bench<Eth>, n: u32| word(b, RX_DESC + 32 * n) & rdes0::VLAN_TAG != 0;
    assert_eq!((marked(&b, 0), marked(&b, 1)), (true, false));
}

#[test]
fn a_refused_frame_is_traced_with_the_reason() {
    let mut b = running();
    b.traced(TraceEvent::EmacReceiveReject);
    arrive(&mut b, &frame_to([2, 0, 0, 0, 0, 1], 60));
    assert_eq!(b.traced(TraceEvent::EmacReceiveReject), ["RX: rejected: destination address"]);
    b.traced(TraceEvent::EmacReceive);
    arrive(&mut b, &frame_to(MAC, 70));
    assert_eq!(b.traced(TraceEvent::EmacReceive), ["RX: len: 70"]);
}
