//! Bare programs that only make the host work: each loops over an operation that is as costly for the host as
//! any that a guest can do.

use crate::kernel::ProgramBuilder;
use esplens_core::isa::Op;

/// Program with its name.
pub struct WorstCase {
    /// Name for tables and messages.
    pub name: &'static str,
    /// The program; it never ends.
    pub program: ProgramBuilder,
}

const DPORT: u32 = 0x3FF0_0000;
const AES: u32 = 0x3FF0_1000;
const RSA: u32 = 0x3FF0_2000;
const SHA: u32 = 0x3FF0_3000;
const UART0: u32 = 0x3FF4_0000;
const SPI1: u32 = 0x3FF4_2000;
const RMT: u32 = 0x3FF5_6000;
const TIMG0: u32 = 0x3FF5_F000;
const SPI2: u32 = 0x3FF6_4000;
const ETH: u32 = 0x3FF6_9000;
/// Data memory that programs may use.
const RAM: u32 = 0x3FFB_0000;
/// Numbers of special registers.
const LEND: i32 = 1;
const LCOUNT: i32 = 2;
const IBREAKENABLE: i32 = 96;
const IBREAKA0: i32 = 128;
const VECBASE: i32 = 231;

/// Returns all storms.
#[must_use]
pub fn all() -> Vec<WorstCase> {
    type Make = fn(&mut ProgramBuilder);
    let make: [(&'static str, Make); 18] = [
        ("RSA starts", rsa_starts),
        ("RSA resets and starts", rsa_resets),
        ("SHA and AES resets and starts", sha_and_aes),
        ("SPI transfers of 256 KiB, aborted", spi),
        ("flash erased as a whole", flash),
        ("cache on and off", cache),
        ("code overwritten", code_overwritten),
        ("instruction breakpoints moved", ibreak),
        ("loop ends moved", loop_ends),
        ("region protection changed", protection),
        ("long Ethernet frames", frames),
        ("UART at 80 Mbit/s", uart),
        ("console writes of 100 KiB", console),
        ("double exceptions", exceptions),
        ("RMT levels of a clock", rmt),
        ("timer alarms every tick", timers),
        ("accesses where nothing is", holes),
        ("clocks switched", clocks),
    ];
    make.into_iter()
        .map(|(name, fill)| {
            let mut program = ProgramBuilder::default();
            // Enable all clocks, and release everything from reset.
            for (offset, value) in [(0x1C, u32::MAX), (0x20, 0), (0xC0, u32::MAX), (0xC4, 0)] {
                program.store(DPORT + offset, value);
            }
            fill(&mut program);
            WorstCase { name, program }
        })
        .collect()
}

/// Repeats `stores` forever.
fn repeat(p: &mut ProgramBuilder, stores: &[(u32, u32)]) {
    let again = p.here();
    stores.iter().for_each(|&(addr, value)| p.store(addr, value));
    p.jump(again);
}

/// Alternates between two values of a special register forever, with some instructions after each write.
fn alternate(p: &mut ProgramBuilder, values: [u32; 2], special: i32, more: &[(u8, i32)]) {
    p.set(8, values[0]);
    p.set(9, values[1]);
    p.set(10, 1);
    let again = p.here();
    for reg in [8, 9] {
        p.op(Op::Wsr, 0, 0, reg, special);
        more.iter().for_each(|&(reg, special)| p.op(Op::Wsr, 0, 0, reg, special));
        (0..8).for_each(|_| p.op(Op::Nop, 0, 0, 0, 0));
    }
    p.jump(again);
}

fn rsa_starts(p: &mut ProgramBuilder) {
    p.fill(RSA, 512, u32::MAX);
    p.store(RSA + 0x800, 1);
    p.store(RSA + 0x804, 7);
    repeat(p, &[(RSA + 0x808, 1)]);
}

fn rsa_resets(p: &mut ProgramBuilder) {
    let top = RSA + 0x5FC;
    let reset = [(DPORT + 0x20, u32::MAX), (DPORT + 0x20, 0)];
    repeat(p, &[&reset[..], &[(top, u32::MAX), (RSA + 0x804, 7), (RSA + 0x808, 1)]].concat());
}

fn sha_and_aes(p: &mut ProgramBuilder) {
    let reset = [(DPORT + 0x20, u32::MAX), (DPORT + 0x20, 0)];
    repeat(
        p,
        &[&reset[..], &[(AES + 8, 6), (AES, 1), (SHA + 0xB0, 1), (SHA + 0xA0, 1), (SHA + 0x90, 1)]].concat(),
    );
}

fn spi(p: &mut ProgramBuilder) {
    // A descriptor that points to itself: 4,095 bytes, owned by the DMA.
    let descriptor = 1 << 31 | 0xFFF << 12 | 0xFFF;
    for (n, value) in [descriptor, RAM + 0x1000, RAM].into_iter().enumerate() {
        p.store(RAM + 4 * n as u32, value);
    }
    // Undivided clock; three address bits first, so that no byte is aligned; 2^24 bits each way.
    for (offset, value) in
        [(0x18, 1 << 31), (0x1C, 1 << 30 | 3 << 27), (0x20, 2 << 26), (0x28, 0xFF_FFFF), (0x2C, 0xFF_FFFF)]
    {
        p.store(SPI2 + offset, value);
    }
    let link = RAM & 0xF_FFFF | 1 << 29;
    repeat(p, &[(SPI2, 0), (SPI2 + 0x104, link), (SPI2 + 0x108, link), (SPI2, 1 << 18)]);
}

fn flash(p: &mut ProgramBuilder) {
    // Write enable and chip erase; a reset of the chip (0x66, 0x99) ends the operation.
    let user = |opcode: u32| [(SPI1 + 0x24, 7 << 28 | opcode), (SPI1, 0), (SPI1, 1 << 18)];
    p.store(SPI1 + 0x18, 1 << 31);
    p.store(SPI1 + 0x1C, 1 << 31);
    let erase = [(SPI1, 0), (SPI1, 1 << 30), (SPI1, 0), (SPI1, 1 << 22)];
    repeat(p, &[&erase[..], &user(0x66), &user(0x99)].concat());
}

fn cache(p: &mut ProgramBuilder) {
    // All buses enabled, the smallest pages.
    p.store(DPORT + 0x44, 3 << 9 | 3 << 6);
    repeat(p, &[(DPORT + 0x40, 1 << 3), (DPORT + 0x40, 0)]);
}

fn code_overwritten(p: &mut ProgramBuilder) {
    while !p.here().is_multiple_of(64) {
        p.op(Op::Nop, 0, 0, 0, 0);
    }
    p.set(8, p.here() + 32);
    p.set(9, 0);
    let again = p.here();
    p.op(Op::S32i, 0, 8, 9, 0);
    p.jump(again);
}

fn ibreak(p: &mut ProgramBuilder) {
    p.set(8, 1);
    p.op(Op::Wsr, 0, 0, 8, IBREAKENABLE);
    alternate(p, [0x4000_0000, 0x4000_0004], IBREAKA0, &[]);
}

fn loop_ends(p: &mut ProgramBuilder) {
    // Values of LEND are among the instructions after each change; the count makes the loop active.
    let near = p.here() + 3 * 6;
    alternate(p, [near, near + 3], LEND, &[(10, LCOUNT)]);
}

fn protection(p: &mut ProgramBuilder) {
    p.set(8, 0x2000_0000);
    p.set(9, 15);
    p.set(10, 2);
    let again = p.here();
    p.op(Op::Wdtlb, 0, 8, 9, 0);
    p.op(Op::Wdtlb, 0, 8, 10, 0);
    p.jump(again);
}

fn frames(p: &mut ProgramBuilder) {
    let ready = 0xFFFF << 16 | 1 << 15;
    for n in 0..8 {
        p.store(ETH + 0x404 + 8 * n, RAM);
    }
    // Transmit, accept Ethernet frames of any length, no promiscuous mode.
    p.store(ETH, 1 << 1 | 1 << 10 | 1 << 13 | 1 << 14);
    let descriptors: Vec<(u32, u32)> =
        (0..8).map(|n| (ETH + 0x400 + 8 * n, ready | if n == 7 { 1 << 13 } else { 0 })).collect();
    repeat(p, &descriptors);
}

fn uart(p: &mut ProgramBuilder) {
    p.store(UART0 + 0x14, 1);
    repeat(p, &[(UART0, u32::from(b'x'))]);
}

fn console(p: &mut ProgramBuilder) {
    let again = p.here();
    p.simcall(4, [1, RAM, 100 << 10]);
    p.jump(again);
}

fn exceptions(p: &mut ProgramBuilder) {
    // Zeros are an illegal instruction, also at the vectors.
    p.set(8, 0x4009_0000);
    p.op(Op::Wsr, 0, 0, 8, VECBASE);
    p.op(Op::Ill, 0, 0, 0, 0);
}

fn rmt(p: &mut ProgramBuilder) {
    p.fill(RMT + 0x800, 512, 0x8001_0001);
    p.store(RMT + 0xF0, 3);
    for channel in 0..8 {
        p.store(RMT + 0x20 + 8 * channel, 1 | 1 << 24);
    }
    // Bus clock, continuous mode, start.
    for channel in 0..8 {
        p.store(RMT + 0x24 + 8 * channel, 1 << 17 | 1 << 6 | 1);
    }
    p.op(Op::Waiti, 0, 15, 0, 0);
    p.jump(p.here());
}

fn timers(p: &mut ProgramBuilder) {
    // Both timers count the bus clock divided by two from 0 to 1, and reload at each alarm.
    for timer in [TIMG0, TIMG0 + 0x24, TIMG0 + 0x1000, TIMG0 + 0x1024] {
        for (offset, value) in [(0x10, 1), (0x14, 0), (0x18, 0), (0x1C, 0)] {
            p.store(timer + offset, value);
        }
        p.store(timer, 1 << 31 | 1 << 30 | 1 << 29 | 2 << 13 | 1 << 11 | 1 << 10);
    }
    let again = p.here();
    for timer in [TIMG0, TIMG0 + 0x24, TIMG0 + 0x1000, TIMG0 + 0x1024] {
        p.store(timer, 1 << 31 | 1 << 30 | 1 << 29 | 2 << 13 | 1 << 11 | 1 << 10);
    }
    p.jump(again);
}

fn holes(p: &mut ProgramBuilder) {
    p.set(8, 0x3FF7_F000);
    let again = p.here();
    p.op(Op::L32i, 0, 8, 9, 0);
    p.jump(again);
}

fn clocks(p: &mut ProgramBuilder) {
    // RTC_CNTL_CLK_CONF: crystal, PLL. Each change notifies all peripherals.
    repeat(p, &[(0x3FF4_8070, 0), (0x3FF4_8070, 1 << 27), (DPORT + 0x3C, 1), (DPORT + 0x3C, 2)]);
}
