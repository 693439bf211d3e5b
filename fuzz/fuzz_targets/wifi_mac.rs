//! Register accesses and descriptors of a guest, and 802.11 frames from the air, at the Wi-Fi MAC.
#![no_main]

use esplens_core::time::TICKS_PER_US;
use esplens_soc::dev::{DevId, DevMsg};
use esplens_soc::machine::{Machine, MachineConfig};
use esplens_soc::net::air::OnAir;
use libfuzzer_sys::fuzz_target;

/// Memory with the guest's descriptors and buffers.
const RAM: u32 = 0x3FFB_0000;

fuzz_target!(|data: &[u8]| {
    let (mut soc, mut mem) = Machine::new(MachineConfig::new(Vec::new())).into_parts();
    let sram = soc.sys.banks.sram2.unwrap();
    let mut now = 0;
    for chunk in data.chunks_exact(8) {
        let (offset, value) = (
            u32::from(u16::from_le_bytes([chunk[0], chunk[1]])) & 0x1FFC,
            u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]),
        );
        now += u64::from(chunk[3]) * TICKS_PER_US;
        soc.run_events(&mut mem, now);
        let id = DevId::WifiMac;
        match chunk[2] % 4 {
            0 => soc.call(&mut mem, (0, 0), now, id, |d, cx| d.write(offset, value, cx)),
            1 => mem.write_region(sram, (RAM - 0x3FFA_E000 + offset) as usize, &value.to_le_bytes()),
            // Valid addresses are rare by chance, so generate them.
            2 => soc.call(&mut mem, (0, 0), now, id, |d, cx| d.write(offset, RAM | value & 0x1FFC, cx)),
            _ => {
                let mpdu = data[..data.len().min(300)].to_vec();
                let frame = OnAir {
                    frequency: soc.sys.radio.frequency,
                    wide: false,
                    rate: 0,
                    rssi: -40,
                    clear: false,
                    mpdu,
                };
                soc.sys.messages.push_back((id, DevMsg::AirFrame(frame)));
                soc.deliver(&mut mem, now);
            }
        }
        soc.sys.radio.sent.clear();
        soc.sys.out.clear();
    }
});
