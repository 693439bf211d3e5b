//! The PHY chips, as their drivers in ESP-IDF use them.

use super::*;

const SECOND: Ticks = 1_000_000 * TICKS_PER_US;

fn phy(chip: PhyChip) -> RmiiPhy {
    RmiiPhy::new(PhyConfig { chip: Some(chip), addr: Some(1) })
}

#[test]
fn identities_are_what_the_drivers_expect() {
    // OUI and model, as esp_eth_phy_802_3_read_oui and the chips' drivers compute and compare them.
    let want = [
        (PhyChip::Lan8720, 0x1F0, 0x0F),
        (PhyChip::Ip101, 0x90C3, 5),
        (PhyChip::Rtl8201, 0x732, 1),
        (PhyChip::Dp83848, 0x80017, 9),
        (PhyChip::Ksz8081, 0x885, 0x16),
    ];
    for (chip, oui, model) in want {
        let mut p = phy(chip);
        let id = [p.read(1, 2, 0), p.read(1, 3, 0)].map(u32::from);
        assert_eq!((id[0] << 6 | id[1] >> 10, id[1] >> 4 & 0x3F), (oui, model), "{chip}");
        assert_eq!((p.read(0, 2, 0), p.read(2, 2, 0)), (NO_PHY, NO_PHY));
        assert_eq!(chip.to_string().parse(), Ok(chip));
    }
    assert!("lan8742".parse::<PhyChip>().unwrap_err().contains("ksz8081"));
}

/// Returns speed (100 Mbit/s) and duplex (full) as the chip's driver reads them; `None` without link.
fn driver_sees(p: &mut RmiiPhy, now: Ticks) -> Option<(bool, bool)> {
    p.read(1, BMSR, now);
    let link = p.read(1, BMSR, now) & 4 != 0;
    let by_code = |code: u16| (code & 2 != 0, code & 4 != 0);
    let (link, mode) = match p.chip() {
        PhyChip::Lan8720 => (link, by_code(p.read(1, 31, now) >> 2 & 7)),
        PhyChip::Ip101 => {
            p.write(1, 0x14, 16, now);
            let cssr = p.read(1, 0x1E, now);
            (cssr & 0x100 != 0, by_code(cssr & 7))
        }
        PhyChip::Rtl8201 => {
            p.write(1, 0x1F, 0, now);
            let bmcr = p.read(1, BMCR, now);
            (link, (bmcr & 0x2000 != 0, bmcr & 0x100 != 0))
        }
        PhyChip::Dp83848 => {
            let physts = p.read(1, 0x10, now);
            (physts & 1 != 0, (physts & 2 == 0, physts & 4 != 0))
        }
        PhyChip::Ksz8081 => (link, by_code(p.read(1, 0x1E, now) & 7)),
    };
    link.then_some(mode)
}

#[test]
fn every_driver_sees_what_was_negotiated_or_forced() {
    for chip in PhyChip::ALL {
        let mut p = phy(chip);
        let mut now = SECOND / 2;
        assert_eq!(driver_sees(&mut p, now), None, "{chip}: negotiating");
        now += SECOND;
        assert_eq!(driver_sees(&mut p, now), Some((true, true)), "{chip}");
        assert_eq!(p.read(1, BMSR, now) & 0x20, 0x20);
        assert_eq!((p.read(1, ANLPAR, now) & 0x1E0, p.read(1, ANER, now) & 1), (0x1E0, 1));
        for (anar, want) in [(0x0E1, (true, false)), (0x061, (false, true)), (0x021, (false, false))] {
            p.write(1, ANAR, anar, now);
            p.write(1, BMCR, 0x1200, now);
            assert_eq!(driver_sees(&mut p, now), None);
            now += 2 * SECOND;
            assert_eq!(driver_sees(&mut p, now), Some(want), "{chip}: advertised {anar:#x}");
        }
        for (bmcr, want) in [(0x2000, (true, false)), (0x0100, (false, true)), (0x0000, (false, false))] {
            p.write(1, BMCR, bmcr, now);
            now += SECOND;
            assert_eq!(driver_sees(&mut p, now), Some(want), "{chip}: forced {bmcr:#x}");
            assert_eq!(p.read(1, BMSR, now) & 0x20, 0, "{chip}: nothing was negotiated");
        }
        p.write(1, ANAR, 0x0001, now);
        p.write(1, BMCR, 0x1200, now);
        now += 2 * SECOND;
        assert_eq!(driver_sees(&mut p, now), None, "{chip}: nothing in common");
        p.write(1, BMCR, 0x8000, now);
        assert_ne!(p.read(1, BMCR, now) & 0x8000, 0);
        now += 2 * SECOND;
        assert_eq!((p.read(1, BMCR, now) & 0x9000, p.read(1, ANAR, now)), (0x1000, 0x01E1));
        assert_eq!(driver_sees(&mut p, now), Some((true, true)), "{chip}: after a reset");
    }
}

#[test]
fn a_lost_link_is_latched_until_it_is_read() {
    let mut p = phy(PhyChip::Lan8720);
    let now = 2 * SECOND;
    p.read(1, BMSR, now);
    assert_eq!(p.read(1, BMSR, now) & 4, 4);
    assert_eq!(p.read(1, 29, now) & 0xFF, 0xC0, "interrupt causes: negotiated, energy");
    assert_eq!(p.read(1, 29, now), 0, "cleared by reading");
    p.set_cable(false, now);
    p.set_cable(true, now);
    let now = now + 2 * SECOND;
    assert_eq!(p.read(1, BMSR, now) & 4, 0);
    assert_eq!(p.read(1, BMSR, now) & 4, 4);
    assert_ne!(p.read(1, 29, now) & 0x10, 0, "link down");
    p.write(1, BMCR, 0x3800, now);
    assert!(!p.link(now + 9 * SECOND), "power-down");
}

#[test]
fn the_address_is_the_first_that_is_asked() {
    let mut p = RmiiPhy::new(PhyConfig::default());
    assert_eq!(p.addr(), None);
    assert_eq!(p.read(7, 2, 0), 7);
    assert_eq!((p.read(0, 2, 0), p.read(1, 2, 0), p.addr()), (NO_PHY, NO_PHY, Some(7)));
    let mut p = RmiiPhy::new(PhyConfig { addr: Some(31), chip: None });
    let found: Vec<u8> = (0..32).filter(|a| p.read(*a, 2, 0) != NO_PHY).collect();
    assert_eq!(found, [31], "esp_eth_phy_802_3_detect_phy_addr");
}

#[test]
fn a_refused_chip_is_replaced_by_the_next() {
    let mut p = RmiiPhy::new(PhyConfig::default());
    let mut seen = Vec::new();
    for _ in 0..6 {
        p.write(1, BMCR, 0x8000, 0);
        p.read(1, BMCR, SECOND);
        let _id = [p.read(1, 2, SECOND), p.read(1, 3, SECOND)];
        seen.push(p.refused(2).unwrap());
    }
    assert_eq!(seen[..5], [&PhyChip::ALL[1..], &PhyChip::ALL[..1]].concat());
    assert_eq!(seen[5], PhyChip::Ip101);
    let _id = [p.read(1, 2, SECOND), p.read(1, 3, SECOND), p.read(1, BMCR, SECOND)];
    assert_eq!(p.refused(2), None, "a driver that goes on has accepted it");
}

#[test]
fn pages_and_vendor_registers_keep_their_values() {
    let mut p = phy(PhyChip::Ip101);
    p.write(1, 0x14, 1, 0);
    p.write(1, 0x11, 0x1234, 0);
    p.write(1, 0x14, 16, 0);
    assert_eq!((p.read(1, 0x14, 0), p.read(1, 0x11, 0)), (16, 0));
    p.write(1, 0x14, 1, 0);
    assert_eq!(p.read(1, 0x11, 0), 0x1234);
    let mut p = phy(PhyChip::Lan8720);
    p.write(1, 13, 0x0003, 0);
    p.write(1, 14, 0x0014, 0);
    assert_eq!(p.read(1, 14, 0), 0x14, "the MMD address reads back");
    assert_eq!(p.read(1, 18, 0) & 0x1F, 1, "SMR has the address");
}
