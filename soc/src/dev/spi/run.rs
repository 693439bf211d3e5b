//! Execution of the operations that a write to CMD starts.

use super::flash::Storage;
use super::psram::READ_ID;
use super::transfer::{Bits, Transfer};
use super::{BUFFER, DevId, Spi, spec::*};
use crate::dev::Cx;
use esplens_core::time::{Ticks, periods_to_ticks};

/// Longest data phase, in bytes, of a transaction with DMA.
const MAX_DMA: usize = 1 << 18;

/// Chip that is selected by the chip selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chip {
    Flash,
    Psram,
    Nothing,
}

/// Phases of a user transaction, in bits and clocks.
struct Phases {
    command: u32,
    addr: u32,
    dummy: u32,
    mosi: u32,
    miso: u32,
    /// Number of data lines for address, write data and read data.
    lanes: [u32; 3],
}

fn reverse_if(bytes: &mut [u8], lsb_first: bool) {
    if lsb_first {
        bytes.iter_mut().for_each(|b| *b = b.reverse_bits());
    }
}

/// Swaps the bytes of each word if `big_endian` is set (USER.WR_BYTE_ORDER / RD_BYTE_ORDER).
fn swap_if(bytes: &mut [u8], big_endian: bool) {
    if big_endian {
        bytes.chunks_exact_mut(4).for_each(<[u8]>::reverse);
    }
}

impl Spi {
    /// Starts the operation that the CMD bits select, and returns its end.
    pub(super) fn start(&mut self, bits: u32, cx: &mut Cx) -> Ticks {
        if bits & cmd::USR != 0 { self.user(cx) } else { self.flash_command(bits, cx) }
    }

    /// Returns the SPI clock in Hz.
    pub(super) fn hz(&self, cx: &Cx) -> u64 {
        let (apb, clk) = (u64::from(cx.sys.clocks.apb_hz()), self.reg(CLOCK));
        if clk & clock::CLK_EQU_SYSCLK != 0 {
            return apb.max(1);
        }
        let divider = (u64::from(clk >> 18 & 0x1FFF) + 1) * (u64::from(clk >> 12 & 0x3F) + 1);
        (apb / divider).max(1)
    }

    fn end(&self, clocks: u64, cx: &Cx) -> Ticks {
        cx.now.saturating_add(periods_to_ticks(clocks.max(1), self.hz(cx)))
    }

    fn chip(&self, cx: &Cx) -> Chip {
        let off = self.reg(PIN);
        match cx.dev {
            DevId::Spi0 | DevId::Spi1 if off & pin::CS0_DIS == 0 => Chip::Flash,
            DevId::Spi0 | DevId::Spi1 if off & pin::CS1_DIS == 0 => Chip::Psram,
            _ => Chip::Nothing,
        }
    }

    /// Passes a transfer to the selected chip and returns the bytes read.
    fn exchange(&self, t: &Transfer, cx: &mut Cx) -> Vec<u8> {
        cx.charge(500 + 2 * u64::from(t.out.len()) + 20 * t.miso as u64);
        match self.chip(cx) {
            Chip::Nothing => match self.on_bus(t, cx) {
                Some(answer) => answer,
                None => self.wired(t, cx).unwrap_or_else(|| vec![0xFF; t.miso]),
            },
            Chip::Flash => {
                let mut storage = cx.sys.flash.map(|region| Storage { mem: cx.mem, region });
                cx.sys.flash_chip.quick = cx.sys.download_boot();
                let reply = cx.sys.flash_chip.exchange(storage.as_mut(), t, cx.now);
                super::trace::flash(t, cx);
                if let Some(warning) = reply.warning {
                    cx.sys.warn(warning);
                }
                reply.data
            }
            Chip::Psram => {
                let mut storage = cx.sys.psram.map(|region| Storage { mem: cx.mem, region });
                let id_of_none = storage.is_none() && t.out.bytes().first() == Some(&READ_ID);
                let answer = cx.sys.psram_chip.exchange(storage.as_mut(), t);
                if id_of_none {
                    cx.sys.warn("the firmware looks for PSRAM, but there is none: --psram 4M adds it".into());
                }
                answer
            }
        }
    }

    /// Returns the received data of a full-duplex transaction if the GPIO matrix connects the data output to the data
    /// input.
    fn wired(&self, t: &Transfer, cx: &Cx) -> Option<Vec<u8>> {
        // Signal numbers of Q (MISO) and D (MOSI) of each controller (IDF `HSPIQ_IN_IDX`, `HSPID_OUT_IDX`, ...).
        let (q, d) = match cx.dev {
            DevId::Spi2 => (9, 10),
            DevId::Spi3 => (64, 65),
            _ => (1, 2),
        };
        let duplex = self.reg(USER) & user::DOUTDIN != 0 && cx.sys.matrix_loopbacks.get(&q) == Some(&d);
        duplex.then(|| {
            let sent = t.out.tail(t.data_bits);
            (0..t.miso).map(|i| sent.get(i).copied().unwrap_or(0)).collect()
        })
    }

    /// Returns the data buffer as bytes.
    fn buffer(&self) -> Vec<u8> {
        self.w.iter().flat_map(|w| w.to_le_bytes()).collect()
    }

    fn set_buffer(&mut self, at: usize, data: &[u8]) {
        for (i, byte) in data.iter().enumerate().take(BUFFER - at) {
            let (word, shift) = ((at + i) / 4, (at + i) % 4 * 8);
            self.w[word] = self.w[word] & !(0xFF << shift) | u32::from(*byte) << shift;
        }
    }

    fn phases(&self) -> Phases {
        let (u, u1, u2, c) = (self.reg(USER), self.reg(USER1), self.reg(USER2), self.reg(CTRL));
        let on = |bit: u32, len: u32| if u & bit != 0 { len + 1 } else { 0 };
        let pick = |v: u32, four: u32, two: u32| match v {
            v if v & four != 0 => 4,
            v if v & two != 0 => 2,
            _ => 1,
        };
        let write = pick(u, user::FWRITE_QIO | user::FWRITE_QUAD, user::FWRITE_DIO | user::FWRITE_DUAL);
        let read = pick(c, ctrl::FREAD_QIO | ctrl::FREAD_QUAD, ctrl::FREAD_DIO | ctrl::FREAD_DUAL);
        let out_addr = pick(u, user::FWRITE_QIO, user::FWRITE_DIO);
        let in_addr = pick(c, ctrl::FREAD_QIO, ctrl::FREAD_DIO);
        let addr = match (u & user::USR_MOSI != 0, u & user::USR_MISO != 0) {
            (true, false) => out_addr,
            (false, true) => in_addr,
            _ => out_addr.max(in_addr),
        };
        Phases {
            command: on(user::USR_COMMAND, u2 >> 28),
            addr: on(user::USR_ADDR, u1 >> 26),
            dummy: on(user::USR_DUMMY, u1 & 0xFF),
            mosi: on(user::USR_MOSI, self.reg(MOSI_DLEN) & 0xFF_FFFF),
            miso: on(user::USR_MISO, self.reg(MISO_DLEN) & 0xFF_FFFF),
            lanes: [addr, write, read],
        }
    }

    /// Returns the bytes of the write phase, from the DMA or the data buffer.
    fn write_data(&mut self, bits: u32, cx: &mut Cx) -> Vec<u8> {
        let want = (bits as usize).div_ceil(8);
        let mut data = if self.dma.out.is_some() {
            let conf = self.reg(DMA_CONF);
            self.dma.fetch(want.min(MAX_DMA), conf, cx)
        } else {
            let high = self.reg(USER) & user::USR_MOSI_HIGHPART != 0;
            let mut data = self.buffer().split_off(if high { BUFFER / 2 } else { 0 });
            swap_if(&mut data, self.reg(USER) & user::WR_BYTE_ORDER != 0);
            data.truncate(want);
            data
        };
        reverse_if(&mut data, self.reg(CTRL) & ctrl::WR_BIT_ORDER != 0);
        data
    }

    /// Stores the bytes of the read phase through the DMA or in the data buffer.
    fn read_data(&mut self, mut data: Vec<u8>, bits: u32, cx: &mut Cx) {
        if !bits.is_multiple_of(8)
            && let Some(last) = data.get_mut(bits as usize / 8)
        {
            *last &= 0xFFu8 << (8 - bits % 8);
        }
        reverse_if(&mut data, self.reg(CTRL) & ctrl::RD_BIT_ORDER != 0);
        if self.dma.inp.is_some() {
            return self.dma.deliver(&data, cx);
        }
        swap_if(&mut data, self.reg(USER) & user::RD_BYTE_ORDER != 0);
        let high = self.reg(USER) & user::USR_MISO_HIGHPART != 0;
        self.set_buffer(if high { BUFFER / 2 } else { 0 }, &data);
    }

    /// Carries out a user transaction (CMD.USR).
    fn user(&mut self, cx: &mut Cx) -> Ticks {
        let p = self.phases();
        let [addr_lanes, mosi_lanes, miso_lanes] = p.lanes;
        let duplex = self.reg(USER) & user::DOUTDIN != 0;
        let (mosi_clocks, miso_clocks) = (p.mosi.div_ceil(mosi_lanes), p.miso.div_ceil(miso_lanes));
        let data = if duplex { mosi_clocks.max(miso_clocks) } else { mosi_clocks + miso_clocks };
        let end = self.end(u64::from(p.command + p.addr.div_ceil(addr_lanes) + p.dummy + data), cx);
        let mut out = Bits::default();
        let whole_command = p.command >= 8;
        if whole_command {
            // A shorter command phase is only a delay: PSRAM drivers put the opcode into the address phase.
            out.push(&self.reg(USER2).to_le_bytes()[..2], p.command);
        }
        let address = u64::from(self.reg(ADDR)) << 32 | u64::from(self.reg(SLV_WR_STATUS));
        out.push(&address.to_be_bytes(), p.addr);
        let mosi = if p.mosi > 0 { self.write_data(p.mosi, cx) } else { Vec::new() };
        out.push(&mosi, p.mosi);
        let first_lanes = match (whole_command, p.addr) {
            (true, _) => 1,
            (false, 0) => mosi_lanes,
            (false, _) => addr_lanes,
        };
        let cap = if self.dma.inp.is_some() { MAX_DMA } else { BUFFER };
        let miso = (p.miso as usize).div_ceil(8).min(cap);
        let t = Transfer { out, first_lanes, addr_lanes, dummy: p.dummy, miso, end, data_bits: p.mosi };
        let data = self.exchange(&t, cx);
        if p.miso > 0 {
            self.read_data(data, p.miso, cx);
        }
        end
    }

    /// Carries out one of the fixed flash commands (CMD bits 31..19, 17, 16).
    fn flash_command(&mut self, bits: u32, cx: &mut Cx) -> Ticks {
        let addr = self.reg(ADDR);
        let len = (addr >> 24) as usize;
        let at = &addr.to_be_bytes()[1..];
        let join = |op: u8, tail: &[u8]| [&[op][..], tail].concat();
        let (out, miso) = match 1u32 << (31 - bits.leading_zeros()) {
            cmd::FLASH_READ => (join(0x03, at), len.min(BUFFER)),
            cmd::FLASH_WREN => (vec![0x06], 0),
            cmd::FLASH_WRDI => (vec![0x04], 0),
            cmd::FLASH_RDID => (vec![0x9F], 3),
            cmd::FLASH_RDSR => (vec![0x05], 1),
            cmd::FLASH_WRSR => {
                let n = if self.reg(CTRL) & ctrl::WRSR_2B != 0 { 2 } else { 1 };
                (join(0x01, &self.reg(RD_STATUS).to_le_bytes()[..n]), 0)
            }
            cmd::FLASH_PP => (join(0x02, &[at, &self.buffer()[..len.min(BUFFER)]].concat()), 0),
            cmd::FLASH_SE => (join(0x20, at), 0),
            cmd::FLASH_BE => (join(0xD8, at), 0),
            cmd::FLASH_CE => (vec![0x60], 0),
            cmd::FLASH_DP => (vec![0xB9], 0),
            cmd::FLASH_RES => (vec![0xAB, 0, 0, 0], 1),
            cmd::FLASH_HPM => (vec![0xA3, 0, 0, 0], 0),
            cmd::FLASH_PES => (vec![0x75], 0),
            _ => (vec![0x7A], 0),
        };
        let end = self.end((out.len() + miso) as u64 * 8, cx);
        let data = self.exchange(&Transfer::plain(&out, miso, end), cx);
        match bits {
            b if b & (cmd::FLASH_READ | cmd::FLASH_RDID) != 0 => {
                self.w[0] = if b & cmd::FLASH_READ == 0 { 0 } else { self.w[0] };
                self.set_buffer(0, &data);
            }
            b if b & (cmd::FLASH_RDSR | cmd::FLASH_RES) != 0 => {
                let status = self.reg(RD_STATUS) & 0xFFFF_0000;
                self.regs.set(RD_STATUS, status | data.first().map_or(0, |&d| u32::from(d)));
            }
            _ => {}
        }
        end
    }
}
