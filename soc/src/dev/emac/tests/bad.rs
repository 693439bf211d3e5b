//! Behaviour of a misprogrammed EMAC: bus errors, broken frames of descriptors, base registers, interrupts' summaries.

use super::*;

fn error_bits(b: &mut Bench<Eth>) -> u32 {
    let status = b.read(DMASTATUS);
    assert_ne!(status & dmastatus::FATAL_BUS_ERR_INT, 0, "{status:#x}");
    (status & dmastatus::ERROR_BITS) >> 23
}

#[test]
fn bus_errors_stop_the_engine_and_name_the_access() {
    let tx = [OWN | tdes0::FIRST_SEGMENT | tdes0::LAST_SEGMENT, 100, 0x4000_0000];
    let mut b = running();
    b.write(DMAIN_EN, dmain_en::DMAIN_FBEE | dmain_en::DMAIN_AISE);
    put(&mut b, TX_DESC, &tx);
    b.write(DMATXPOLLDEMAND, 0);
    assert_eq!(error_bits(&mut b), 3, "reading data to send");
    assert!(b.irq(IrqSource::EthMac));
    assert_eq!(b.read(DMASTATUS) >> 20 & 7, 0, "stopped");
    b.write(DMASTATUS, u32::MAX);
    assert_eq!(b.read(DMASTATUS) & (dmastatus::ERROR_BITS | dmastatus::FATAL_BUS_ERR_INT), 0);
    put(&mut b, RX_DESC + 8, &[0x5000_0000]);
    arrive(&mut b, &frame_to(MAC, 60));
    assert_eq!(error_bits(&mut b), 0, "writing received data");
    let mut b = running();
    assert!(stop(&mut b));
    b.write(DMATXBASEADDR, 0x4008_0000);
    b.write(DMARXBASEADDR, 0x3FF0_0000);
    set(&mut b, GMACCONFIG, 0, gmacconfig::TX);
    set(&mut b, DMAOPERATION_MODE, 0, dmaoperation_mode::START_STOP_TRANSMISSION_COMMAND);
    assert_eq!(error_bits(&mut b), 7, "reading a transmit descriptor");
    set(&mut b, DMAOPERATION_MODE, 0, dmaoperation_mode::START_STOP_RX);
    assert_eq!(error_bits(&mut b), 6, "reading a receive descriptor");
    assert_eq!(b.warnings().iter().filter(|w| w.contains("bus error")).count(), 2);
}

#[test]
fn descriptors_that_are_no_frame_are_skipped() {
    let mut b = running();
    let chained = OWN | tdes0::SECOND_ADDRESS_CHAINED;
    let (first, last) = (tdes0::FIRST_SEGMENT, tdes0::LAST_SEGMENT);
    let words = [chained | last, chained | first, chained | first, chained | last, chained];
    for (n, word0) in words.into_iter().enumerate() {
        put(&mut b, TX_DESC + 32 * n as u32, &[word0, 100]);
    }
    b.write(DMATXPOLLDEMAND, 0);
    b.advance(100);
    assert_eq!(frames(&mut b).len(), 1, "only the third begins a frame that ends");
    for n in 0..5 {
        assert_eq!(word(&b, TX_DESC + 32 * n) & OWN, 0, "{n}");
    }
    assert_eq!(b.warnings().len(), 1);
}

#[test]
fn a_frame_without_end_stops_transmission() {
    let mut b = running();
    b.write(DMAIN_EN, dmain_en::DMAIN_TJTE | dmain_en::DMAIN_AISE);
    for n in 0..TX_NUM {
        let word0 = OWN | tdes0::SECOND_ADDRESS_CHAINED | if n == 0 { tdes0::FIRST_SEGMENT } else { 0 };
        put(&mut b, TX_DESC + 32 * n, &[word0, 512]);
    }
    b.write(DMATXPOLLDEMAND, 0);
    let status = b.read(DMASTATUS);
    assert_eq!(status & 7 << 20, 0);
    assert_ne!(status & dmastatus::TRANS_JABBER_TO, 0);
    assert_eq!(word(&b, TX_DESC + 32 * 4) & (OWN | tdes0::JABBER_TIMEOUT), tdes0::JABBER_TIMEOUT);
    assert!(b.irq(IrqSource::EthMac));
    // Endless without data: a descriptor that is its own successor.
    let mut b = running();
    put(&mut b, TX_DESC, &[OWN | tdes0::SECOND_ADDRESS_CHAINED | tdes0::FIRST_SEGMENT, 0, 0, TX_DESC + 32]);
    put(&mut b, TX_DESC + 32, &[OWN | tdes0::SECOND_ADDRESS_CHAINED, 0, 0, TX_DESC + 32]);
    b.write(DMATXPOLLDEMAND, 0);
    assert_ne!(b.read(DMASTATUS) & dmastatus::TRANS_JABBER_TO, 0);
    // Receive buffers of size 0.
    let mut b = running();
    put(&mut b, RX_DESC, &[OWN, rdes1::SECOND_ADDRESS_CHAINED, RX_BUF, RX_DESC]);
    arrive(&mut b, &frame_to(MAC, 60));
    assert_eq!(word(&b, RX_DESC) & OWN, 0);
    assert_ne!(b.read(DMASTATUS) & dmastatus::RECV_BUF_UNAVAIL, 0);
}

#[test]
fn a_base_register_written_while_running_warns() {
    let mut b = running();
    b.write(DMATXBASEADDR, TX_DESC + 64);
    assert_eq!((b.read(DMATXCURRDESC), b.warnings().len()), (TX_DESC, 1));
    b.write(DMATXBASEADDR, TX_DESC + 67);
    assert_eq!(b.read(DMATXBASEADDR), TX_DESC + 64, "aligned");
}

#[test]
fn summaries_follow_the_enabled_causes() {
    let mut b = running();
    b.write(DMAIN_EN, dmain_en::DMAIN_NISE);
    arrive(&mut b, &frame_to(MAC, 60));
    assert_eq!(b.read(DMASTATUS) & 0x1_8040, dmastatus::RECV_INT, "no summary of what is not enabled");
    b.write(DMAIN_EN, dmain_en::DMAIN_RIE);
    assert!(!b.irq(IrqSource::EthMac), "no NISE");
    b.write(DMAIN_EN, dmain_en::DMAIN_RIE | dmain_en::DMAIN_NISE);
    assert!(b.irq(IrqSource::EthMac));
    b.write(DMASTATUS, dmastatus::NORM_INT_SUMM);
    assert!(b.irq(IrqSource::EthMac), "the cause is still pending");
    b.write(DMASTATUS, dmastatus::RECV_INT);
    assert!(b.irq(IrqSource::EthMac), "the summary is sticky");
    b.write(DMASTATUS, dmastatus::NORM_INT_SUMM);
    assert!(!b.irq(IrqSource::EthMac));
    b.write(DMASTATUS, u32::MAX);
    b.reset();
    assert!(!b.irq(IrqSource::EthMac));
}

/// ESP-IDF's hardware test `internal emac erroneous frames`, in PHY loopback: frames with a wrong checksum are dropped; a
/// frame for which one descriptor is missing is cut, and flushed by the driver.
#[test]
fn idfs_test_of_erroneous_frames() {
    let mut b = running();
    phy_write(&mut b, 0, 0x7100);
    let mut driver = Driver::default();
    let mut got = 0;
    for n in 0..RX_NUM {
        let flags = if n % 2 == 1 { tdes0::DISABLE_CRC } else { 0 };
        assert!(driver.send(&mut b, &frame_to([0xFF; 6], 512), flags));
        b.advance(1000);
        got += u32::from(driver.receive(&mut b).is_some());
    }
    assert_eq!(got, RX_NUM / 2);
    for _ in 0..RX_NUM - 1 {
        assert!(driver.send(&mut b, &frame_to([0xFF; 6], 508), 0));
        b.advance(1000);
    }
    assert!(driver.send(&mut b, &frame_to([0xFF; 6], 512), 0));
    b.advance(1000);
    let last = RX_DESC + 32 * ((driver.rx + RX_NUM - 1) % RX_NUM);
    assert_ne!(word(&b, last) & rdes0::ERR_SUMMARY, 0);
    let whole = (0..RX_NUM).filter_map(|_| driver.receive(&mut b)).filter(|f| f.len() == 508);
    assert_eq!(whole.count() as u32, RX_NUM - 1);
}
