//! APB_CTRL (SYSCON): clock divider and chip revision bit. It also stores the settings of the SAR ADC's digital
//! controller.

pub mod spec;

use super::spec::Spec;
use super::{Cx, DevView, Device, RegFile, STEADY};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use spec::*;

/// The APB controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApbCtrl {
    regs: RegFile,
    /// Major chip revision 3 or later.
    eco3: bool,
}

impl Default for ApbCtrl {
    fn default() -> Self {
        Self { regs: RegFile::default(), eco3: true }
    }
}

impl ApbCtrl {
    /// Sets the chip's major revision, 0 to 3. The other revision bits are in the eFuse
    /// ([`super::efuse::Efuse::set_revision`]).
    pub fn set_revision(&mut self, major: u8) {
        self.eco3 = major >= 3;
    }
}

impl Device for ApbCtrl {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, _v: &DevView) -> u32 {
        let value = self.regs.get(&SPEC, offset);
        if offset == DATE && !self.eco3 { value & !date::ECO3 } else { value }
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        self.regs.read(&SPEC, offset, cx);
        self.peek(offset, &cx.view())
    }

    fn steady_until(&self, _offset: u32, _v: &DevView) -> Ticks {
        STEADY
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        self.regs.write(&SPEC, offset, value, cx);
        let pre_div = value & sysclk_conf::PRE_DIV_CNT;
        if offset == SYSCLK_CONF && cx.sys.clocks.pre_div != pre_div {
            cx.sys.clocks.pre_div = pre_div;
            cx.clock_changed();
        }
    }

    fn reset(&mut self, cx: &mut Cx) {
        self.regs = RegFile::default();
        if cx.sys.clocks.pre_div != 0 {
            cx.sys.clocks.pre_div = 0;
            cx.clock_changed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clocks::SocClk;
    use crate::dev::testing::Bench;
    use crate::dev::{DevId, DevMsg};

    #[test]
    fn the_divider_reaches_the_clock_tree() {
        let mut b = Bench::new(DevId::ApbCtrl, ApbCtrl::default());
        b.sys.clocks.soc_clk = SocClk::Xtal;
        let old = b.read(SYSCLK_CONF);
        b.write(SYSCLK_CONF, old | 19); // 2 MHz, as IDF's rtc_clk_cpu_freq_to_xtal
        assert_eq!(b.sys.clocks.cpu_hz(), 2_000_000);
        assert!(b.sent.contains(&(DevId::Uart0, DevMsg::ClockChanged)));
        assert_eq!(b.read(SYSCLK_CONF), 0x2013);
        b.reset();
        assert_eq!(b.sys.clocks.cpu_hz(), 40_000_000);
    }

    #[test]
    fn date_tells_revision_3_and_older() {
        let mut b = Bench::new(DevId::ApbCtrl, ApbCtrl::default());
        assert_eq!(b.read(DATE) >> 31, 1);
        b.dev.set_revision(1);
        assert_eq!(b.read(DATE), 0x1604_2000);
    }

    #[test]
    fn saradc_settings_are_kept() {
        let mut b = Bench::new(DevId::ApbCtrl, ApbCtrl::default());
        assert_eq!(b.read(APB_SARADC_FSM), 0x0208_FF08);
        b.write(APB_SARADC_CTRL, 0x55);
        assert_eq!(b.read(APB_SARADC_CTRL), 0x55);
        assert!(b.warnings().is_empty());
    }
}
