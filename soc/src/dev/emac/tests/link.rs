//! Cable and link, speeds that do not match, save and restore in the middle of a frame.

use super::*;
use crate::net::Ready;

#[test]
fn the_cable_decides_over_frames_and_status() {
    let mut b = running();
    phy_read(&mut b, 1);
    b.message(&DevMsg::Link(false));
    assert!(!b.dev.link());
    assert_eq!(phy_read(&mut b, 1) & 0x24, 0);
    let mut driver = Driver::default();
    driver.send(&mut b, &frame_to([0xFF; 6], 60), 0);
    arrive(&mut b, &frame_to(MAC, 60));
    b.advance(100);
    assert!(frames(&mut b).is_empty());
    let counters = b.dev.emac().unwrap().counters;
    assert_eq!((counters.tx_lost, counters.off, counters.received), (1, 1, 0));
    assert_eq!(word(&b, TX_DESC) & tdes0::ERR_SUMMARY, 0, "full duplex senses no carrier");
    set(&mut b, GMACCONFIG, gmacconfig::DUPLEX, 0);
    driver.send(&mut b, &frame_to([0xFF; 6], 60), 0);
    b.advance(100);
    assert_ne!(word(&b, TX_DESC + 32) & tdes0::NO_CARRIER, 0);
    b.message(&DevMsg::Link(true));
    b.advance(500_000);
    assert_eq!(phy_read(&mut b, 1) & 4, 0, "negotiating");
    b.advance(1_000_000);
    phy_read(&mut b, 1);
    assert_eq!(phy_read(&mut b, 1) & 0x24, 0x24);
    arrive(&mut b, &frame_to(MAC, 60));
    assert_eq!(b.dev.emac().unwrap().counters.received, 1);
}

#[test]
fn mac_and_phy_must_have_the_same_speed() {
    let mut b = running();
    set(&mut b, GMACCONFIG, gmacconfig::FESPEED, 0);
    arrive(&mut b, &frame_to(MAC, 60));
    let mut driver = Driver::default();
    driver.send(&mut b, &frame_to([0xFF; 6], 60), 0);
    b.advance(1000);
    assert!(frames(&mut b).is_empty());
    assert_eq!(b.warnings().len(), 1);
    assert!(b.warnings()[0].contains("GMACCONFIG") && b.warnings()[0].contains("FESPEED"));
}

#[test]
fn readiness_follows_receiver_and_link() {
    let ready = |b: &Bench<Eth>| b.dev.ready(&DevView { now: b.now, sys: &b.sys, mem: &b.mem });
    let mut b = running();
    assert_eq!(ready(&b), Ready::Yes);
    set(&mut b, GMACCONFIG, gmacconfig::RX, 0);
    assert_eq!(ready(&b), Ready::Off);
    set(&mut b, GMACCONFIG, 0, gmacconfig::RX);
    phy_write(&mut b, 0, 0x0800);
    assert_eq!(ready(&b), Ready::Off, "power-down");
}

/// Saves and restores the device between each step of an exchange, also while a frame is on the line, a management
/// command in progress and a reset pending.
#[test]
fn the_state_can_be_saved_at_any_time() {
    let run = |save: bool| {
        let mut b = running();
        let mut driver = Driver::default();
        let mut log = Vec::new();
        for n in 0..200_u64 {
            match n % 5 {
                0 => drop(driver.send(&mut b, &frame_to([0xFF; 6], 60 + 7 * n as usize), 0)),
                1 => arrive(&mut b, &frame_to(MAC, 1400 - 5 * n as usize)),
                2 => log.push(driver.receive(&mut b).map_or(0, |f| f.len())),
                3 => b.write(EMACGMIIADDR, 1 << 11 | (n as u32 % 32) << 6 | 1),
                _ => {}
            }
            if save {
                let bytes = postcard::to_stdvec(&b.dev).unwrap();
                b.dev = postcard::from_bytes(&bytes).unwrap();
            }
            b.advance(n % 37);
            log.push(b.read(DMASTATUS) as usize);
            log.push(b.read(EMACMIIDATA) as usize);
            log.extend(frames(&mut b).iter().map(Vec::len));
        }
        log
    };
    let plain = run(false);
    assert!(plain.iter().filter(|n| **n > 60 && **n < 1500).count() > 20, "frames were exchanged");
    assert_eq!(run(true), plain);
}
