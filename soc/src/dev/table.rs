//! Address map of the peripherals (TRM table 1-6; IDF `soc/reg_base.h`), and dispatch by address or name.

use super::*;
use crate::map::PERIPHERALS;

macro_rules! devices {
    ($( $id:ident $field:ident: $ty:ty = $new:expr, $base:literal, $size:literal; )+) => {
        /// A peripheral's identifier in messages and event slots.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "the names are the manual's")]
        #[repr(u8)]
        pub enum DevId { $($id),+ }

        impl DevId {
            /// All peripherals, in address order.
            pub const ALL: &[DevId] = &[$(DevId::$id),+];

            /// Returns the first address and the size in bytes.
            #[must_use]
            pub const fn range(self) -> (u32, u32) {
                match self { $(DevId::$id => ($base, $size)),+ }
            }
        }

        /// All peripherals of the chip.
        #[derive(Clone, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "the names are the manual's")]
        pub struct Devices { $(pub $field: $ty),+ }

        impl Devices {
            /// Creates all peripherals at their power-on values.
            #[must_use]
            pub fn new() -> Self {
                Self { $($field: $new),+ }
            }

            /// Returns a peripheral.
            #[must_use]
            pub fn get(&self, id: DevId) -> &dyn Device {
                match id { $(DevId::$id => &self.$field),+ }
            }

            /// Returns a mutable reference to a peripheral.
            pub fn get_mut(&mut self, id: DevId) -> &mut dyn Device {
                match id { $(DevId::$id => &mut self.$field),+ }
            }
        }
    };
}

devices! {
    Dport dport: dport::Dport = dport::Dport::default(), 0x3FF0_0000, 0x1000;
    Aes aes: aes::Aes = aes::Aes::default(), 0x3FF0_1000, 0x1000;
    Rsa rsa: rsa::Rsa = rsa::Rsa::default(), 0x3FF0_2000, 0x1000;
    Sha sha: sha::Sha = sha::Sha::default(), 0x3FF0_3000, 0x1000;
    SecureBoot secure_boot: secure_boot::SecureBoot = secure_boot::SecureBoot::default(), 0x3FF0_4000, 0x400;
    MmuPro mmu_pro: mmu::Mmu = mmu::Mmu::new(0), 0x3FF1_0000, 0x2000;
    MmuApp mmu_app: mmu::Mmu = mmu::Mmu::new(1), 0x3FF1_2000, 0x2000;
    Uart0 uart0: uart::Uart = uart::Uart::new(0), 0x3FF4_0000, 0x400;
    Spi1 spi1: spi::Spi = spi::Spi::default(), 0x3FF4_2000, 0x400;
    Spi0 spi0: spi::Spi = spi::Spi::default(), 0x3FF4_3000, 0x400;
    Gpio gpio: gpio::Gpio = gpio::Gpio::default(), 0x3FF4_4000, 0x1000;
    Fe2 fe2: radio::Fe2 = radio::Fe2::default(), 0x3FF4_5000, 0x1000;
    Fe fe: radio::Fe = radio::Fe::default(), 0x3FF4_6000, 0x1000;
    Frc frc: frc::Frc = frc::Frc::default(), 0x3FF4_7000, 0x400;
    RtcCntl rtc_cntl: rtc_cntl::RtcCntl = rtc_cntl::RtcCntl::default(), 0x3FF4_8000, 0x400;
    RtcIo rtcio: rtcio::RtcIo = rtcio::RtcIo::default(), 0x3FF4_8400, 0x400;
    Sens sens: sens::Sens = sens::Sens::default(), 0x3FF4_8800, 0x400;
    RtcI2c rtc_i2c: rtc_i2c::RtcI2c = rtc_i2c::RtcI2c::default(), 0x3FF4_8C00, 0x400;
    IoMux io_mux: io_mux::IoMux = io_mux::IoMux::default(), 0x3FF4_9000, 0x400;
    Hinf hinf: hinf::Hinf = hinf::Hinf::default(), 0x3FF4_B000, 0x400;
    Uhci1 uhci1: uhci::Uhci = uhci::Uhci::default(), 0x3FF4_C000, 0x400;
    Regi2c regi2c: rtc_cntl::Regi2c = rtc_cntl::Regi2c::default(), 0x3FF4_E000, 0x400;
    I2s0 i2s0: i2s::I2s = i2s::I2s::default(), 0x3FF4_F000, 0x400;
    Uart1 uart1: uart::Uart = uart::Uart::new(1), 0x3FF5_0000, 0x400;
    BtRf bt_rf: radio::BtRf = radio::BtRf::default(), 0x3FF5_1000, 0x1000;
    I2c0 i2c0: i2c::I2c = i2c::I2c::default(), 0x3FF5_3000, 0x400;
    Uhci0 uhci0: uhci::Uhci = uhci::Uhci::default(), 0x3FF5_4000, 0x400;
    SlcHost slchost: slchost::SlcHost = slchost::SlcHost::default(), 0x3FF5_5000, 0x400;
    Rmt rmt: rmt::Rmt = rmt::Rmt::default(), 0x3FF5_6000, 0x1000;
    Pcnt pcnt: pcnt::Pcnt = pcnt::Pcnt::default(), 0x3FF5_7000, 0x400;
    Slc slc: slc::Slc = slc::Slc::default(), 0x3FF5_8000, 0x400;
    Ledc ledc: ledc::Ledc = ledc::Ledc::default(), 0x3FF5_9000, 0x400;
    Efuse efuse: efuse::Efuse = efuse::Efuse::default(), 0x3FF5_A000, 0x400;
    FlashEncryption flash_encryption: flash_encryption::FlashEncryption = flash_encryption::FlashEncryption::default(), 0x3FF5_B000, 0x400;
    Nrx nrx: radio::Nrx = radio::Nrx::default(), 0x3FF5_C000, 0x1000;
    Bb bb: radio::Bb = radio::Bb::default(), 0x3FF5_D000, 0x1000;
    Mcpwm0 mcpwm0: mcpwm::Mcpwm = mcpwm::Mcpwm::new(0), 0x3FF5_E000, 0x400;
    Timg0 timg0: timg::Timg = timg::Timg::new(0), 0x3FF5_F000, 0x400;
    Timg1 timg1: timg::Timg = timg::Timg::new(1), 0x3FF6_0000, 0x400;
    Spi2 spi2: spi::Spi = spi::Spi::default(), 0x3FF6_4000, 0x400;
    Spi3 spi3: spi::Spi = spi::Spi::default(), 0x3FF6_5000, 0x400;
    ApbCtrl apb_ctrl: apb_ctrl::ApbCtrl = apb_ctrl::ApbCtrl::default(), 0x3FF6_6000, 0x400;
    I2c1 i2c1: i2c::I2c = i2c::I2c::default(), 0x3FF6_7000, 0x400;
    Sdmmc sdmmc: sdmmc::Sdmmc = sdmmc::Sdmmc::default(), 0x3FF6_8000, 0x1000;
    Eth eth: eth::Eth = eth::Eth::default(), 0x3FF6_9000, 0x2000;
    Twai twai: twai::Twai = twai::Twai::default(), 0x3FF6_B000, 0x400;
    Mcpwm1 mcpwm1: mcpwm::Mcpwm = mcpwm::Mcpwm::new(1), 0x3FF6_C000, 0x400;
    I2s1 i2s1: i2s::I2s = i2s::I2s::default(), 0x3FF6_D000, 0x400;
    Uart2 uart2: uart::Uart = uart::Uart::new(2), 0x3FF6_E000, 0x400;
    BtMac bt_mac: radio::BtMac = radio::BtMac::default(), 0x3FF7_1000, 0x2000;
    WifiMac wifi_mac: radio::WifiMac = radio::WifiMac::default(), 0x3FF7_3000, 0x2000;
    Rng rng: rng::Rng = rng::Rng::default(), 0x3FF7_5000, 0x1000;
}

impl Default for Devices {
    fn default() -> Self {
        Self::new()
    }
}

impl DevId {
    /// Returns the event slot of one of this device's tags.
    #[must_use]
    pub fn slot(self, tag: u8) -> u32 {
        self as u32 * 16 + u32::from(tag & 15)
    }

    /// Returns the device and the tag of an event slot.
    #[must_use]
    pub fn of_slot(slot: u32) -> (Self, u8) {
        (Self::ALL[slot as usize / 16], (slot % 16) as u8)
    }

    /// Returns the peripheral at an address of the DPORT or APB bus, and the offset from its base.
    #[inline]
    #[must_use]
    pub fn at(addr: u32) -> Option<(Self, u32)> {
        let block = (addr.checked_sub(PERIPHERALS.start)? / BLOCK) as usize;
        let (id, base) = (*BY_BLOCK.get(block)?)?;
        Some((id, addr - base))
    }
}

impl Devices {
    /// Returns a peripheral's name in the manual, with a number if there are several: `UART0`, `GPIO`.
    #[must_use]
    pub fn manual_name(&self, id: DevId) -> String {
        let (spec, own) = (self.get(id).spec().name, format!("{id:?}"));
        match plain_name(&own).strip_prefix(&plain_name(spec)) {
            Some(number) => format!("{spec}{}", number.to_ascii_uppercase()),
            None => own.to_ascii_uppercase(),
        }
    }
}

/// Normalizes a name for comparison: letters and digits, in lower case.
#[must_use]
pub fn plain_name(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

const BLOCK: u32 = 0x400;
const BLOCKS: usize = ((PERIPHERALS.end - PERIPHERALS.start) / BLOCK) as usize;

/// The peripheral of each 1 KiB block, and the peripheral's base address.
static BY_BLOCK: [Option<(DevId, u32)>; BLOCKS] = by_block();

const fn by_block() -> [Option<(DevId, u32)>; BLOCKS] {
    let mut table = [None; BLOCKS];
    let mut n = 0;
    while n < DevId::ALL.len() {
        let (base, size) = DevId::ALL[n].range();
        let mut at = base;
        while at < base + size {
            table[((at - PERIPHERALS.start) / BLOCK) as usize] = Some((DevId::ALL[n], base));
            at += BLOCK;
        }
        n += 1;
    }
    table
}
