//! Register accesses and descriptors of a guest, and Ethernet frames from the line, at the chip's own Ethernet MAC.
#![no_main]

use esplens_core::time::TICKS_PER_US;
use esplens_soc::dev::eth::EthModel;
use esplens_soc::dev::{DevId, DevMsg};
use esplens_soc::machine::{Machine, MachineConfig};
use libfuzzer_sys::fuzz_target;

/// Memory with the guest's descriptors and buffers.
const RAM: u32 = 0x3FFB_0000;

fuzz_target!(|data: &[u8]| {
    let config = MachineConfig { eth: EthModel::Emac, ..MachineConfig::new(Vec::new()) };
    let (mut soc, mut mem) = Machine::new(config).into_parts();
    let sram = soc.sys.banks.sram2.unwrap();
    // The link is up, and the clock is there.
    let (id, mut now) = (DevId::Eth, 2_000_000 * TICKS_PER_US);
    soc.call(&mut mem, (0, 0), now, id, |d, cx| d.write(0x808, 1, cx));
    for chunk in data.chunks_exact(8) {
        let (offset, value) = (
            u32::from(u16::from_le_bytes([chunk[0], chunk[1]])) & 0x1FFC,
            u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]),
        );
        now += u64::from(chunk[3]) * TICKS_PER_US;
        soc.run_events(&mut mem, now);
        match chunk[2] % 5 {
            0 => soc.call(&mut mem, (0, 0), now, id, |d, cx| d.write(offset, value, cx)),
            1 => {
                soc.call(&mut mem, (0, 0), now, id, |d, cx| d.read(offset, cx));
            }
            2 => mem.write_region(sram, (RAM - 0x3FFA_E000 + offset) as usize, &value.to_le_bytes()),
            // Valid addresses are rare by chance, so generate them, in registers and in descriptors.
            3 => {
                let address = RAM | value & 0x1FFC;
                soc.call(&mut mem, (0, 0), now, id, |d, cx| d.write(offset & 0x1F, address, cx));
                mem.write_region(sram, (RAM - 0x3FFA_E000 + offset) as usize, &address.to_le_bytes());
            }
            _ => {
                let frame = data[..data.len().min(16 * usize::from(chunk[4]))].to_vec();
                soc.sys.messages.push_back((id, DevMsg::Frame(frame)));
                soc.deliver(&mut mem, now);
            }
        }
        soc.sys.wire.clear();
        soc.sys.out.clear();
    }
});
