//! DPORT: interrupt matrix, APP CPU control, CPU clock, peripheral resets, cache control.
//!
//! The state of the interrupt mappings, the APP CPU's control lines and the caches is in [`crate::system::System`];
//! this device is its register interface. Clock gates are stored but have no effect.

pub mod spec;
#[cfg(test)]
mod tests;

use super::spec::Spec;
use super::{Cx, DevId, DevView, Device, RegFile, STEADY};
use crate::cache;
use crate::irq::{IrqSource, SOURCES};
use crate::system::{Request, ResetCause, ResetKind};
use crate::trace::TraceEvent;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use spec::*;

/// Peripherals that each bit of `PERIP_RST_EN` resets. UART_MEM and SPI_DMA (bits 24 and 22) have no entry: the resets
/// of their peripherals cover these memories. WDG (3) and PWM2/PWM3 (25, 26) do not exist on the ESP32.
const PERIP_RST: [(u32, &[DevId]); 22] = [
    (0, &[DevId::Frc]),
    (1, &[DevId::Spi0, DevId::Spi1]),
    (2, &[DevId::Uart0]),
    (4, &[DevId::I2s0]),
    (5, &[DevId::Uart1]),
    (6, &[DevId::Spi2]),
    (7, &[DevId::I2c0]),
    (8, &[DevId::Uhci0]),
    (9, &[DevId::Rmt]),
    (10, &[DevId::Pcnt]),
    (11, &[DevId::Ledc]),
    (12, &[DevId::Uhci1]),
    (13, &[DevId::Timg0]),
    (14, &[DevId::Efuse]),
    (15, &[DevId::Timg1]),
    (16, &[DevId::Spi3]),
    (17, &[DevId::Mcpwm0]),
    (18, &[DevId::I2c1]),
    (19, &[DevId::Twai]),
    (20, &[DevId::Mcpwm1]),
    (21, &[DevId::I2s1]),
    (23, &[DevId::Uart2]),
];

/// Accelerators that each bit of `PERI_RST_EN` resets (IDF header: the secure boot bit holds SHA and AES, the digital
/// signature bit AES and RSA).
const PERI_RST: [(u32, &[DevId]); 5] = [
    (0, &[DevId::Aes]),
    (1, &[DevId::Sha]),
    (2, &[DevId::Rsa]),
    (3, &[DevId::Sha, DevId::Aes]),
    (4, &[DevId::Aes, DevId::Rsa]),
];

/// Peripherals that each bit of `CORE_RST_EN` resets. Of the radio's bits (0..4, 8..10) only that of the Wi-Fi MAC has
/// an effect: the other radio blocks have no state.
const CORE_RST: [(u32, &[DevId]); 4] = [
    (2, &[DevId::WifiMac]),
    (5, &[DevId::Slc, DevId::SlcHost, DevId::Hinf]),
    (6, &[DevId::Sdmmc]),
    (7, &[DevId::Eth]),
];

/// Bit of `WIFI_BB_CFG`: 40 MHz channel width (IDF PHY library `bb_bss_cbw40_dig`).
const WIFI_BB_CBW40: u32 = 1 << 2;

const FROM_CPU: [IrqSource; 4] =
    [IrqSource::FromCpu0, IrqSource::FromCpu1, IrqSource::FromCpu2, IrqSource::FromCpu3];

/// The DPORT block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dport {
    regs: RegFile,
}

/// Returns core and source of an interrupt map register.
fn map_register(offset: u32) -> Option<(usize, usize)> {
    let n = (offset.checked_sub(PRO_MAC_INTR_MAP)? / 4) as usize;
    (n < 2 * SOURCES).then_some((n / SOURCES, n % SOURCES))
}

/// Returns core and number (0..9) of a `DCACHE_DBUG` register.
fn dbug_register(offset: u32) -> Option<(usize, usize)> {
    let n = (offset.checked_sub(PRO_DCACHE_DBUG0)? / 4) as usize;
    (n < 20).then_some((n / 10, n % 10))
}

impl Dport {
    fn write_appcpu(offset: u32, value: u32, cx: &mut Cx) {
        let on = value & appcpu_ctrl::ON != 0;
        let lines = &mut cx.sys.cores[1];
        match offset {
            APPCPU_CTRL_A => {
                let released = lines.in_reset && !on;
                lines.in_reset = on;
                if released {
                    cx.request(Request::Reset(ResetKind::Cpu(1), ResetCause::ExtCpu));
                }
            }
            APPCPU_CTRL_B => lines.gated = !on,
            APPCPU_CTRL_C => lines.dport_stall = on,
            _ => lines.boot_addr = value,
        }
        cx.sys.irq.changed = true; // the machine re-evaluates the cores' lines
    }

    fn write_cpu_per(&mut self, value: u32, cx: &mut Cx) {
        self.regs.set(CPU_PER_CONF, value & 0xF);
        let sel = value & cpu_per_conf::CPUPERIOD_SEL;
        if cx.sys.clocks.cpu_period_sel != sel {
            cx.sys.clocks.cpu_period_sel = sel;
            cx.clock_changed();
        }
    }

    /// Stores a reset register and resets the devices whose bits change from 0 to 1. A set bit does not hold a device
    /// in reset: IDF clears each bit before it uses the peripheral.
    fn write_resets(&mut self, offset: u32, value: u32, bits: &[(u32, &[DevId])], cx: &mut Cx) {
        let rising = value & !self.regs.get(&SPEC, offset);
        self.regs.set(offset, value);
        for (_, devices) in bits.iter().filter(|(bit, _)| rising >> bit & 1 != 0) {
            for dev in *devices {
                cx.request(Request::ResetDevice(*dev));
            }
        }
    }

    fn write_cache(offset: u32, value: u32, cx: &mut Cx) {
        let enabled = |cx: &Cx| [0, 1].map(|core| cx.sys.cache.ctrl(core) & cache::ctrl::ENABLE != 0);
        let before = enabled(cx);
        let (sys, mem) = (&mut *cx.sys, &mut *cx.mem);
        match offset {
            PRO_CACHE_CTRL => cache::set_ctrl(sys, mem, 0, value),
            APP_CACHE_CTRL => cache::set_ctrl(sys, mem, 1, value),
            PRO_CACHE_CTRL1 => cache::set_ctrl1(sys, mem, 0, value),
            APP_CACHE_CTRL1 => cache::set_ctrl1(sys, mem, 1, value),
            _ => cache::set_ia_enable(sys, value),
        }
        let after = enabled(cx);
        for core in (0..2).filter(|&core| before[core] != after[core]) {
            let on = if after[core] { "on" } else { "off" };
            cx.trace(TraceEvent::MmuCache, || format!("{} cache {on}", ["PRO", "APP"][core]));
        }
    }

    fn write_plain(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        let unmodelled = match offset {
            SLAVE_SPI_CONFIG => value & slave_spi_config::SPI_DECRYPT_ENABLE != 0,
            IMMU_PAGE_MODE | DMMU_PAGE_MODE => value & page_mode::INTERNAL_SRAM_MMU_ENA != 0,
            PRO_BOOT_REMAP_CTRL | APP_BOOT_REMAP_CTRL => value & 1 != 0,
            _ => false,
        };
        if unmodelled {
            cx.warn_reg(&SPEC, offset, "the function that this bit enables is not modelled");
        }
        if offset == WIFI_BB_CFG {
            cx.sys.radio.wide = value & WIFI_BB_CBW40 != 0;
        }
        self.regs.write(&SPEC, offset, value, cx);
    }
}

impl Device for Dport {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        if let Some((core, source)) = map_register(offset) {
            return v.sys.irq.mapping(core, source).into();
        }
        if let Some((core, n)) = dbug_register(offset) {
            return v.sys.cache.dbug(core, n);
        }
        let app = &v.sys.cores[1];
        match offset {
            APPCPU_CTRL_A => app.in_reset.into(),
            APPCPU_CTRL_B => (!app.gated).into(),
            APPCPU_CTRL_C => app.dport_stall.into(),
            APPCPU_CTRL_D => app.boot_addr,
            PRO_CACHE_CTRL => v.sys.cache.ctrl(0),
            APP_CACHE_CTRL => v.sys.cache.ctrl(1),
            PRO_CACHE_CTRL1 => v.sys.cache.ctrl1(0),
            APP_CACHE_CTRL1 => v.sys.cache.ctrl1(1),
            CACHE_IA_INT_EN => v.sys.cache.ia_enable(),
            CPU_INTR_FROM_CPU_0..=CPU_INTR_FROM_CPU_3 => {
                v.sys.irq.level(FROM_CPU[(offset - CPU_INTR_FROM_CPU_0) as usize / 4]).into()
            }
            PRO_INTR_STATUS_0..=APP_INTR_STATUS_2 => {
                let word = (offset - PRO_INTR_STATUS_0) / 4 % 3;
                (v.sys.irq.levels() >> (32 * word)) as u32
            }
            _ => self.regs.get(&SPEC, offset),
        }
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        if SPEC.at(offset).is_none() {
            return self.regs.read(&SPEC, offset, cx);
        }
        self.peek(offset, &cx.view())
    }

    fn steady_until(&self, _offset: u32, _v: &DevView) -> Ticks {
        STEADY
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        if let Some((core, source)) = map_register(offset) {
            return cx.sys.irq.set_mapping(core, source, (value & 31) as u8);
        }
        match offset {
            APPCPU_CTRL_A..=APPCPU_CTRL_D => Self::write_appcpu(offset, value, cx),
            CPU_PER_CONF => self.write_cpu_per(value, cx),
            PERI_RST_EN => self.write_resets(offset, value, &PERI_RST, cx),
            PERIP_RST_EN => self.write_resets(offset, value, &PERIP_RST, cx),
            CORE_RST_EN => self.write_resets(offset, value, &CORE_RST, cx),
            PRO_CACHE_CTRL | PRO_CACHE_CTRL1 | APP_CACHE_CTRL | APP_CACHE_CTRL1 | CACHE_IA_INT_EN => {
                Self::write_cache(offset, value, cx);
            }
            CPU_INTR_FROM_CPU_0..=CPU_INTR_FROM_CPU_3 => {
                cx.irq(FROM_CPU[(offset - CPU_INTR_FROM_CPU_0) as usize / 4], value & 1 != 0);
            }
            _ if dbug_register(offset).is_some() => {}  // read-only
            PRO_INTR_STATUS_0..=APP_INTR_STATUS_2 => {} // read-only
            _ => self.write_plain(offset, value, cx),
        }
    }

    fn reset(&mut self, cx: &mut Cx) {
        self.regs = RegFile::default();
        let rtc_stall = cx.sys.cores[1].rtc_stall;
        let cause = cx.sys.cores[1].cause;
        cx.sys.cores[1] =
            crate::system::CoreLines { in_reset: true, gated: true, rtc_stall, cause, ..Default::default() };
        for core in 0..2 {
            for source in 0..SOURCES {
                cx.sys.irq.set_mapping(core, source, 16);
            }
        }
        for source in FROM_CPU {
            cx.irq(source, false);
        }
        cache::reset(cx.sys, cx.mem);
        self.write_cpu_per(0, cx);
        self.regs = RegFile::default();
    }
}
