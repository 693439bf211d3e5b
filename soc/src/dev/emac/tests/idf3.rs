//! The driver of ESP-IDF 3 (`emac_main.c`, `emac_dev.c`, `phy_*.c`): the PHY before the reset, busy-waiting for it,
//! `EMAC_DESC_*` words written whole, and the current descriptor registers to find out what is done.

use super::*;

const SIZE: u32 = 1600;
const NUM: u32 = 4;
const RX: u32 = 0x3FFB_0000;
const TX: u32 = 0x3FFB_0100;
const BUF: u32 = 0x3FFB_1000;

/// `esp_eth_smi_read`, `esp_eth_smi_write`: MDC divider 3, no delay between polls.
fn smi(b: &mut Bench<Eth>, phy: u32, reg: u32, write: Option<u16>) -> u16 {
    if let Some(value) = write {
        b.write(EMACMIIDATA, value.into());
    }
    b.write(EMACGMIIADDR, u32::from(write.is_some()) << 1 | 1 | (reg & 31) << 6 | phy << 11 | 3 << 2);
    while b.read(EMACGMIIADDR) & 1 != 0 {
        b.advance(1);
    }
    b.read(EMACMIIDATA) as u16
}

/// `emac_init_dma_chain`.
fn chains(b: &mut Bench<Eth>) {
    for i in 0..NUM {
        let next = (i + 1) % NUM;
        put(b, RX + 32 * i, &[OWN, rdes1::SECOND_ADDRESS_CHAINED | SIZE, BUF + SIZE * i, RX + 32 * next]);
        put(b, TX + 32 * i, &[0, 0, BUF + SIZE * (NUM + i), TX + 32 * next]);
    }
}

#[test]
fn idf3_initialises_and_exchanges_frames() {
    let mut b = bench(PhyConfig::default());
    // esp_eth_init: power on the PHY, then the module, the clocks and the chains.
    let bmcr = smi(&mut b, 0, 0, None);
    smi(&mut b, 0, 0, Some(bmcr | 0x1200));
    set(&mut b, EX_PHYINF_CONF, 7 << 13, 4 << 13);
    set(&mut b, DMAOPERATION_MODE, 0, dmaoperation_mode::FWD_UNDER_GF);
    set(&mut b, DMAOPERATION_MODE, 0, dmaoperation_mode::OPT_SECOND_FRAME);
    set(&mut b, EX_CLK_CTRL, 2, ex_clk_ctrl::EXT_EN);
    chains(&mut b);
    // esp_eth_enable: phy_lan8720_init, then emac_start.
    smi(&mut b, 0, 0, Some(0x8000));
    assert_eq!((smi(&mut b, 0, 2, None), smi(&mut b, 0, 3, None) & 0xFFF0), (7, 0xC0F0));
    let bmcr = smi(&mut b, 0, 0, None);
    smi(&mut b, 0, 0, Some(bmcr | 0x1200));
    let anar = smi(&mut b, 0, 4, None);
    smi(&mut b, 0, 4, Some(anar | 0x0C00));
    set(&mut b, DMABUSMODE, 0, dmabusmode::SW_RST);
    b.advance(10_000);
    assert_eq!(b.read(DMABUSMODE) & 1, 0, "emac reset done");
    set(&mut b, DMABUSMODE, 0x3F << 8, 4 << 8);
    b.write(DMATXBASEADDR, TX);
    b.write(DMARXBASEADDR, RX);
    set(&mut b, GMACCONFIG, gmacconfig::FESPEED, gmacconfig::DUPLEX | gmacconfig::MII);
    set(&mut b, GMACFF, 0, gmacff::PAM);
    b.write(
        DMAIN_EN,
        dmain_en::DMAIN_TIE | dmain_en::DMAIN_RIE | dmain_en::DMAIN_RBUE | dmain_en::DMAIN_NISE,
    );
    // emac_process_link_updown.
    let mut polls = 0;
    while smi(&mut b, 0, 1, None) & 4 == 0 {
        b.advance(500_000);
        polls += 1;
        assert!(polls < 10);
    }
    assert_eq!(smi(&mut b, 0, 31, None) & 0x1018, 0x1018, "done, 100 Mbit/s, full duplex");
    set(&mut b, GMACCONFIG, 0, gmacconfig::FESPEED | gmacconfig::RX | gmacconfig::TX);
    set(&mut b, DMAOPERATION_MODE, 0, dmaoperation_mode::START_STOP_TRANSMISSION_COMMAND);
    set(&mut b, DMAOPERATION_MODE, 0, dmaoperation_mode::START_STOP_RX);
    exchange(&mut b);
}

/// `esp_eth_tx`, `emac_process_tx`, `emac_process_rx` and `emac_process_rx_unavail`.
fn exchange(b: &mut Bench<Eth>) {
    for n in 0..10_u32 {
        let at = TX + 32 * (n % NUM);
        poke(b, BUF + SIZE * (NUM + n % NUM), &frame_to([0xFF; 6], 1000));
        let whole = OWN | tdes0::INTERRUPT_ON_COMPLETE | tdes0::LAST_SEGMENT | tdes0::FIRST_SEGMENT;
        put(b, at + 4, &[1000]);
        put(b, at, &[whole | tdes0::SECOND_ADDRESS_CHAINED]);
        b.write(DMATXPOLLDEMAND, 0);
        b.advance(200);
        assert_ne!(isr(b) & dmastatus::TRANS_INT, 0);
        assert_eq!(b.read(DMATXCURRDESC), TX + 32 * ((n + 1) % NUM));
        put(b, at, &[0, 0]);
        assert_eq!(frames(b), [frame_to([0xFF; 6], 1000)]);
    }
    for n in 0..10_u32 {
        let at = RX + 32 * (n % NUM);
        arrive(b, &frame_to(MAC, 1400));
        assert_eq!(b.dev.emac().unwrap().counters.filtered, u64::from(n + 1), "no address is set");
        arrive(b, &frame_to([1, 0, 0x5E, 0, 0, 1], 1400));
        assert!(b.irq(IrqSource::EthMac));
        assert_ne!(isr(b) & dmastatus::RECV_INT, 0);
        assert_eq!(b.read(DMARXCURRDESC), RX + 32 * ((n + 1) % NUM));
        assert_eq!(word(b, at) >> 16 & 0x3FFF, 1404);
        put(b, at, &[OWN, rdes1::SECOND_ADDRESS_CHAINED | SIZE]);
        b.write(DMARXPOLLDEMAND, 0);
    }
    assert_eq!(b.warnings(), Vec::<&String>::new());
}

/// ESP-IDF 3's drivers read the identity until it is the expected one.
#[test]
fn a_driver_that_waits_for_another_chip_finds_it() {
    let mut b = bench(PhyConfig::default());
    smi(&mut b, 1, 0, Some(0x8000));
    let mut reads = 0;
    while smi(&mut b, 1, 2, None) != 0x0243 {
        b.advance(10_000);
        reads += 1;
        assert!(reads < 100, "one second");
    }
    assert_eq!(smi(&mut b, 1, 3, None) & 0xFFF0, 0x0C50);
    assert!(b.warnings()[0].contains("ip101"));
    let mut b = bench(PhyConfig { chip: Some(PhyChip::Lan8720), addr: None });
    for _ in 0..1000 {
        assert_eq!(smi(&mut b, 1, 2, None), 7, "a chip that was chosen stays");
    }
}
