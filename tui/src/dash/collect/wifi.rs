//! The Wi-Fi MAC and the air around it.

use crate::dash::wire::{KeySample, RxDescSample, WifiSample};
use esplens_soc::dev::radio::mac::keys::KeySlot;
use esplens_soc::dev::radio::mac::rx::RxList;
use esplens_soc::dev::radio::mac::spec::{INT_ENABLE, INT_STATUS, SLOTS};
use esplens_soc::dev::{DevView, Device};
use esplens_soc::machine::Machine;
use esplens_soc::net::air::channel_of;
use esplens_soc::net::air::frame::describe;

/// Maximum number of descriptors read; drivers have 10 to 64.
const MAX_DESCRIPTORS: usize = 64;
/// Maximum number of lines about the air.
const MAX_LINES: usize = 64;

/// Returns the state of the MAC, its receive list in RAM, and the networks on the air.
pub fn sample(m: &Machine) -> WifiSample {
    let (mac, sys) = (&m.soc().dev.wifi_mac, &m.soc().sys);
    let air = m.air().describe().lines().take(MAX_LINES).map(Into::into).collect();
    if !mac.enabled() {
        return WifiSample { air, ..WifiSample::default() };
    }
    let view = DevView { now: m.now(), sys, mem: m.memory() };
    let rx = mac.rx_list();
    WifiSample {
        enabled: true,
        channel: channel_of(sys.radio.frequency),
        frequency: sys.radio.frequency,
        wide: sys.radio.wide,
        receiving: mac.receiving(),
        promiscuous: mac.promiscuous(),
        interrupts: [mac.peek(INT_STATUS, &view), mac.peek(INT_ENABLE, &view)],
        tsf: sys.radio.tsf.map(|t| t.at(m.now())),
        slots: (0..SLOTS).map(|n| slot(m, n)).collect(),
        rx: [rx.base, rx.next, rx.last, rx.lost],
        desc: receive_list(m, rx),
        filters: [0, 1].map(|n| (mac.address(n), mac.bssid_filter(n))),
        keys: mac.key_slots().map(key).collect(),
        air,
    }
}

/// Describes a transmit slot; empty if idle.
fn slot(m: &Machine, n: u32) -> String {
    let Some(slot) = m.soc().dev.wifi_mac.slot(n) else { return String::new() };
    let mpdu = &slot.frame().mpdu;
    match (mpdu.is_empty(), slot.answer()) {
        (false, _) => format!("sends {}", describe(mpdu)),
        (true, true) => "waits for the answer".into(),
        (true, false) => "ends".into(),
    }
}

fn key(k: KeySlot) -> KeySample {
    let KeySlot { slot, address, algorithm, pairwise, group, key_id, interface } = k;
    KeySample { slot, peer: address, algorithm, pairwise, group, key_id, interface }
}

/// Returns the receive list from its base on. If the driver has removed the base from it, starts at the descriptor that
/// was filled last.
fn receive_list(m: &Machine, rx: RxList) -> Vec<RxDescSample> {
    let from_base = walk(m, rx.base);
    let here = if rx.next == 0 { rx.last } else { rx.next };
    if here == 0 || from_base.iter().any(|d| d.at == here) {
        return from_base;
    }
    let from_last = walk(m, rx.last);
    if from_last.iter().any(|d| d.at == here) { from_last } else { walk(m, here) }
}

fn walk(m: &Machine, first: u32) -> Vec<RxDescSample> {
    let (mut at, mut list) = (first, Vec::<RxDescSample>::new());
    while at != 0 && list.len() < MAX_DESCRIPTORS && !list.iter().any(|d| d.at == at) {
        let mut bytes = [0; 12];
        if !at.is_multiple_of(4) || m.peek(0, at, &mut bytes) < bytes.len() {
            break;
        }
        let word = |i: usize| u32::from_le_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]);
        list.push(RxDescSample { at, flags: word(0), buffer: word(4) });
        at = word(8);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dash::rig::Rig;
    use crate::dash::wire::Action;

    /// Stores a word as the firmware does.
    fn store(rig: &mut Rig, at: u32, value: u32) {
        rig.act(None, Action::Monitor(format!("mww {at:#x} {value:#x}")));
    }

    /// Returns the address of a register of the MAC.
    const fn mac(offset: u32) -> u32 {
        0x3FF7_3000 + offset
    }

    #[test]
    fn the_list_is_walked_and_ends() {
        let mut rig = Rig::demo(80, 24);
        assert!(!sample(rig.session().machine()).enabled);
        const LIST: u32 = 0x3FFB_0000;
        for n in 0..3 {
            let at = LIST + 12 * n;
            store(&mut rig, at, 1 << 31 | 1600);
            store(&mut rig, at + 4, 0x3FFB_1000 + 0x800 * n);
            store(&mut rig, at + 8, if n < 2 { at + 12 } else { 0 });
        }
        store(&mut rig, mac(0xC40), 0x0100_0024);
        store(&mut rig, mac(0x088), LIST);
        store(&mut rig, mac(0x040), 0x3322_1102);
        store(&mut rig, mac(0x064), 1 << 16 | 0xFFFF);
        store(&mut rig, mac(0x1408), 0xDEAD_BEEF);
        store(&mut rig, mac(0x1404), 3 << 18 | 1 << 23 | 1 << 30);
        store(&mut rig, mac(0x814), 1);
        let wifi = sample(rig.session().machine());
        assert!(wifi.enabled && wifi.interrupts[1] != 0);
        assert_eq!(wifi.desc.iter().map(|d| d.at).collect::<Vec<_>>(), [LIST, LIST + 12, LIST + 24]);
        assert_eq!(wifi.filters[0].0, Some([2, 0x11, 0x22, 0x33, 0, 0]));
        let [key] = &wifi.keys[..] else { panic!("{:?}", wifi.keys) };
        assert_eq!((key.algorithm, key.group, key.key_id), (3, true, 1));
        assert!(!format!("{wifi:?}").contains(&0xDEAD_BEEF_u32.to_string()), "no part of the key");
        // A list that contains a loop, and one that leads to unmapped memory.
        store(&mut rig, LIST + 32, LIST);
        assert_eq!(sample(rig.session().machine()).desc.len(), 3);
        store(&mut rig, LIST + 8, 0x1000);
        assert_eq!(sample(rig.session().machine()).desc.len(), 1);
        let regs = super::super::devices::registers(rig.session().machine(), "WifiMac").unwrap().regs;
        assert!(
            regs.iter().all(|(_, value)| *value != 0xDEAD_BEEF),
            "no part of the key among the registers"
        );
    }
}
