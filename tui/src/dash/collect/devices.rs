//! Peripherals' register tables and register values, read without side effects.

use crate::dash::wire::{DevSample, EmacSample, EthSample};
use esplens_soc::dev::eth::openeth::DESCRIPTORS;
use esplens_soc::dev::radio::mac::keys::is_secret;
use esplens_soc::dev::spec::{Reg, RegField, Spec};
use esplens_soc::dev::{DevId, DevView, Devices};
use esplens_soc::machine::Machine;
use std::sync::OnceLock;

/// Maximum number of registers of one peripheral; longer tables, such as the MMU's, are truncated.
const MAX_REGS: usize = 2048;

/// Finds a peripheral by the name that [`DevId`] prints.
#[must_use]
pub fn by_name(name: &str) -> Option<DevId> {
    DevId::ALL.iter().copied().find(|id| format!("{id:?}") == name)
}

/// Returns all registers of a peripheral.
pub fn registers(m: &Machine, name: &str) -> Option<DevSample> {
    let id = by_name(name)?;
    let soc = m.soc();
    let view = DevView { now: m.now(), sys: &soc.sys, mem: m.memory() };
    let dev = soc.dev.get(id);
    // The keys of the Wi-Fi MAC are not shown.
    let secret = |offset: &u32| id == DevId::WifiMac && is_secret(*offset);
    let offsets = dev.spec().regs.iter().flat_map(elements).filter(|o| !secret(o)).take(MAX_REGS);
    let regs = offsets.map(|offset| (offset, dev.peek(offset, &view))).collect();
    Some(DevSample { name: name.into(), regs })
}

fn elements(reg: &Reg) -> impl Iterator<Item = u32> + use<> {
    let (offset, stride) = (reg.offset, reg.stride);
    (0..reg.count).map(move |n| offset + n * stride)
}

/// Returns the state of the Ethernet controller.
pub fn eth(m: &Machine) -> EthSample {
    let Some(mac) = m.soc().dev.eth.openeth() else { return emac(m) };
    let (c, (waiting, lost)) = (mac.counters, m.backlog());
    let regs = esplens_soc::dev::eth::spec::SPEC.regs.iter().filter(|r| r.count == 1);
    EthSample {
        openeth: true,
        regs: regs.map(|r| (r.name.into(), mac.peek(r.offset))).collect(),
        mac: mac.mac(),
        tx_num: mac.tx_bd_num,
        tx_next: mac.tx_next,
        rx_next: mac.rx_next,
        waiting,
        lost: [c.no_descriptor, c.dropped() - c.no_descriptor + lost],
        desc: (0..DESCRIPTORS).map(|i| (mac.bd_word(i), mac.bd_addr(i))).collect(),
        emac: None,
    }
}

/// Returns the state of the chip's own EMAC.
fn emac(m: &Machine) -> EthSample {
    let Some(mac) = m.soc().dev.eth.emac() else { return EthSample::default() };
    let view = DevView { now: m.now(), sys: &m.soc().sys, mem: m.memory() };
    let regs = esplens_soc::dev::emac::spec::SPEC.regs.iter().filter(|r| r.count == 1);
    let (waiting, lost) = m.backlog();
    let ring = |tx| mac.ring(tx, &view).iter().map(|d| (d.at, d.word)).collect();
    EthSample {
        regs: regs.map(|r| (r.name.into(), mac.peek(r.offset, &view))).collect(),
        mac: mac.mac(),
        waiting,
        lost: [mac.counters.no_descriptor, mac.counters.dropped() - mac.counters.no_descriptor + lost],
        emac: Some(EmacSample {
            phy: mac.phy.describe(m.now()),
            counters: mac.counters.to_string(),
            rings: [ring(true), ring(false)],
            current: [mac.dma.tx.current, mac.dma.rx.current],
        }),
        ..EthSample::default()
    }
}

/// Returns all peripherals, for their register tables.
fn devices() -> &'static Devices {
    static DEVICES: OnceLock<Devices> = OnceLock::new();
    DEVICES.get_or_init(Devices::new)
}

/// Returns a peripheral's name in the manual, with a number if there are several, as in the monitor: `UART0`, `DPORT`.
#[must_use]
pub fn manual_name(id: DevId) -> String {
    let plain = |name: &str| -> String {
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let (spec, own) = (devices().get(id).spec().name, format!("{id:?}"));
    match plain(&own).strip_prefix(&plain(spec)) {
        Some(number) => format!("{spec}{}", number.to_ascii_uppercase()),
        None => own.to_ascii_uppercase(),
    }
}

/// Returns the register table of a peripheral. Needs no machine.
fn table(emac: bool, id: DevId) -> &'static Spec {
    match id {
        DevId::Eth if emac => &esplens_soc::dev::emac::spec::SPEC,
        _ => devices().get(id).spec(),
    }
}

/// Returns the register of a peripheral at an offset, and the index of its element. Needs no machine.
#[must_use]
pub fn register(emac: bool, id: DevId, offset: u32) -> Option<(&'static Reg, u32)> {
    let reg = table(emac, id).at(offset)?;
    Some((reg, reg.element(offset)?))
}

/// Returns the bit fields of the register of a peripheral at an offset. Needs no machine.
#[must_use]
pub fn fields(emac: bool, id: DevId, offset: u32) -> &'static [RegField] {
    let spec = table(emac, id);
    spec.at(offset).map_or(&[], |reg| spec.fields(reg))
}
