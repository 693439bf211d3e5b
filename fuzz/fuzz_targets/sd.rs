//! Register accesses and descriptors of a guest at the SDMMC host and at an SPI controller, with a card at each.
#![no_main]

use esplens_core::time::TICKS_PER_US;
use esplens_soc::card::{CardImage, SdConfig, SdEvent, SdPlace};
use esplens_soc::dev::{DevId, DevMsg};
use esplens_soc::machine::{Machine, MachineConfig};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

/// Memory with the guest's descriptors and buffers.
const RAM: u32 = 0x3FFB_0000;
/// GPIO of the chip select of the card in SPI mode.
const CS: u8 = 15;

fuzz_target!(|data: &[u8]| {
    let socket = |place, bytes| SdConfig {
        place,
        image: Some(Arc::new(CardImage::blank(bytes))),
        write_protected: false,
        detect: None,
        protect: None,
    };
    let mut config = MachineConfig::new(Vec::new());
    config.sd = vec![socket(SdPlace::Slot(1), 16 << 20), socket(SdPlace::Spi(CS), 4 << 30)];
    let (mut soc, mut mem) = Machine::new(config).into_parts();
    let sram = soc.sys.banks.sram2.unwrap();
    let mut now = 0;
    for chunk in data.chunks_exact(8) {
        let (offset, value) = (
            u32::from(u16::from_le_bytes([chunk[0], chunk[1]])) & 0xFFC,
            u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]),
        );
        now += u64::from(chunk[3]) * TICKS_PER_US;
        soc.run_events(&mut mem, now);
        let mut write = |id, offset, value| soc.call(&mut mem, (0, 0), now, id, |d, cx| d.write(offset, value, cx));
        match chunk[2] % 8 {
            0 | 1 => write(DevId::Sdmmc, offset, value),
            // Commands and addresses that are valid are rare by chance, so generate them.
            2 => write(DevId::Sdmmc, 0x2C, value & 0xFFC0_7FFF | 1 << 31 | 1 << 16),
            3 => write(DevId::Sdmmc, offset, RAM | value & 0x1FFC),
            4 => mem.write_region(sram, (RAM - 0x3FFA_E000 + offset) as usize, &value.to_le_bytes()),
            5 => write(DevId::Spi2, offset & 0x3FC, value),
            6 => {
                let mut frame = vec![0x40 | chunk[4] & 0x3F, 0, chunk[5], chunk[6], chunk[7]];
                frame.push(esplens_soc::card::crc::crc7(&frame) << 1 | 1);
                frame.resize(20, 0xFF);
                soc.sys.sd.exchange((DevId::Spi2, CS), &frame, |n| now + n as u64);
            }
            _ if value & 3 == 0 => {
                let place = if value & 4 == 0 { SdPlace::Slot(1) } else { SdPlace::Spi(CS) };
                let image = value >> 3 & 1;
                let event = if value & 16 == 0 { SdEvent::Eject(place) } else { SdEvent::Insert(place, image) };
                soc.sys.sd.apply(&event);
            }
            _ => {
                soc.sys.messages.push_back((DevId::Gpio, DevMsg::Pad(CS, Some(value & 4 != 0))));
                soc.deliver(&mut mem, now);
            }
        }
        soc.sys.sd.take_notes();
        soc.sys.out.clear();
    }
});
