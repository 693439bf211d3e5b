//! Peripherals, from what they publish: register tables and side-effect-free reads.

use crate::dash::wire::{DevSample, EthSample};
use esplens_soc::dev::eth::openeth::DESCRIPTORS;
use esplens_soc::dev::radio::mac::keys::is_secret;
use esplens_soc::dev::spec::Reg;
use esplens_soc::dev::{DevId, Devices, View};
use esplens_soc::machine::Machine;
use std::sync::OnceLock;

/// Most registers of one peripheral; tables of the MMU and such are cut there.
const MAX_REGS: usize = 2048;

/// A peripheral by the name that [`DevId`] prints.
#[must_use]
pub fn by_name(name: &str) -> Option<DevId> {
    DevId::ALL.iter().copied().find(|id| format!("{id:?}") == name)
}

/// All registers of a peripheral.
pub fn registers(m: &Machine, name: &str) -> Option<DevSample> {
    let id = by_name(name)?;
    let soc = m.soc();
    let view = View { now: m.now(), sys: &soc.sys, mem: m.memory() };
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

/// The Ethernet controller.
pub fn eth(m: &Machine) -> EthSample {
    let Some(mac) = m.soc().dev.eth.openeth() else { return EthSample::default() };
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
    }
}

/// All peripherals, for their tables.
fn devices() -> &'static Devices {
    static DEVICES: OnceLock<Devices> = OnceLock::new();
    DEVICES.get_or_init(Devices::new)
}

/// A peripheral's name in the manual, numbered where there are several, as the monitor has it: `UART0`, `DPORT`.
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

/// The register of a peripheral at an offset, and which element of it; nothing of the machine is needed for that.
#[must_use]
pub fn register(emac: bool, id: DevId, offset: u32) -> Option<(&'static Reg, u32)> {
    let spec = match id {
        DevId::Eth if emac => &esplens_soc::dev::eth::emac::spec::SPEC,
        _ => devices().get(id).spec(),
    };
    let reg = spec.at(offset)?;
    Some((reg, reg.element(offset)?))
}
