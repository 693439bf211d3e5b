//! Busy-waiting loops: skipping them leads to the state that executing them leads to, at every budget.

mod common;

use common::{Asm, CODE, DATA, Rig, Rng};
use esplens_core::engine::{Engine, Exit};
use esplens_core::isa::{Insn, Op, sr};
use esplens_core::memory::{Access, Bus, Fault};

/// A register whose value is the number of its period, and one that counts cycles.
const STATUS: u32 = 0x6000_0000;
const COUNTER: u32 = 0x6000_0004;
/// Cycles for which STATUS keeps its value.
const PERIOD: u64 = 700;

/// The two registers. Like a real device it notes when it was read last.
#[derive(Default)]
struct Device {
    latest: u64,
    reads: u64,
}

impl Bus for Device {
    fn read(&mut self, a: &mut Access, addr: u32, _size: u8) -> Result<u32, Fault> {
        self.latest = a.cycle;
        self.reads += 1;
        Ok((if addr == COUNTER { a.cycle } else { a.cycle / PERIOD }) as u32)
    }

    fn write(&mut self, _a: &mut Access, addr: u32, _size: u8, _value: u32) -> Result<(), Fault> {
        Err(Fault::Bus(addr))
    }

    fn steady(&self, a: &Access, addr: u32, _size: u8) -> Option<(u32, u64)> {
        let n = a.cycle / PERIOD;
        (addr == STATUS).then_some((n as u32, (n + 1) * PERIOD))
    }
}

/// Two equal machines, of which one executes its loops.
struct Pair {
    skips: (Rig, Device),
    executes: (Rig, Device),
}

impl Pair {
    fn new(code: &[u8]) -> Self {
        let rig = || {
            let mut rig = Rig::with_program(code, CODE);
            rig.cpu.set_a(2, STATUS);
            rig.cpu.set_a(3, DATA);
            (rig, Device::default())
        };
        let (skips, mut executes) = (rig(), rig());
        executes.0.engine.executes_busy_waits = true;
        Self { skips, executes }
    }

    /// Runs both; returns how the run ended.
    fn run(&mut self, budget: u64) -> Exit {
        let run = |(rig, bus): &mut (Rig, Device)| rig.engine.run(&mut rig.cpu, 0, &mut rig.mem, bus, budget);
        let (skips, executes) = (run(&mut self.skips), run(&mut self.executes));
        assert_eq!(skips, executes);
        assert!(
            self.skips.0.cpu == self.executes.0.cpu,
            "{:#?}\n{:#?}",
            self.skips.0.cpu,
            self.executes.0.cpu
        );
        assert_eq!(self.skips.1.latest, self.executes.1.latest);
        let words = |rig: &Rig| [0, 4, 8, 12, 16, 20, 24, 28].map(|offset| rig.word(DATA + offset));
        assert_eq!(words(&self.skips.0), words(&self.executes.0));
        skips
    }
}

#[test]
fn a_poll_of_a_status_register_is_hardly_executed() {
    let mut a = Asm::at(CODE);
    a.op(Op::L32i, 0, 2, 4, 0).op(Op::Memw, 0, 0, 0, 0);
    let again = a.here();
    a.op(Op::L32i, 0, 2, 5, 0).to(Op::Beq, 5, 4, again).to(Op::J, 0, 0, CODE);
    let mut pair = Pair::new(&a.bytes);
    for _ in 0..100 {
        assert_eq!(pair.run(4096), Exit::Budget);
    }
    let (few, all) = (pair.skips.1.reads, pair.executes.1.reads);
    assert!(few * 10 < all, "{few} of {all} reads");
}

#[test]
fn a_delay_by_ccount_ends_at_the_same_instruction() {
    let mut a = Asm::at(CODE);
    a.op(Op::Movi, 0, 0, 6, 1500);
    a.op(Op::Rsr, 0, 0, 4, sr::CCOUNT.into());
    let again = a.here();
    a.op(Op::Rsr, 0, 0, 5, sr::CCOUNT.into()).op(Op::Sub, 5, 5, 4, 0).to(Op::Bltu, 5, 6, again);
    a.op(Op::Addi, 0, 7, 7, 1).to(Op::J, 0, 0, CODE);
    let mut pair = Pair::new(&a.bytes);
    for budget in [1, 100, 4096, 17, 100_000, 3] {
        pair.run(budget);
    }
    assert!(pair.skips.0.cpu.a(7) > 50);
}

/// A loop of random instructions around a read, with random ways out; then other register values, and again.
fn program(rng: &mut Rng) -> Vec<u8> {
    let mut a = Asm::at(CODE);
    let any = |rng: &mut Rng| 4 + rng.below(7) as u8;
    for _ in 0..3 {
        let (n, by) = (any(rng), rng.below(4000) as i32 - 2000);
        a.op(Op::Movi, 0, 0, n, by);
    }
    let again = a.here();
    if rng.below(4) > 0 {
        a.op(Op::L32i, 0, 2, any(rng), [0, 0, 0, 4][rng.below(4) as usize]);
    } else {
        a.op(Op::Rsr, 0, 0, any(rng), sr::CCOUNT.into());
    }
    let mut exits = Vec::new();
    for _ in 0..rng.below(9) {
        let (r, s, t) = (any(rng), any(rng), any(rng));
        match rng.below(14) {
            0 => a.op(Op::Add, r, s, t, 0),
            1 => a.op(Op::Sub, r, s, t, 0),
            2 => a.op(Op::Addi, 0, s, t, rng.below(16) as i32 - 8),
            3 => a.op(Op::Or, r, s, s, 0),
            4 => a.op(Op::And, r, s, t, 0),
            5 => a.insn(Insn::new(Op::Extui, r, 0, t, rng.below(16) as i32 | 8 << 8)),
            6 => a.op(Op::Addx4, r, s, t, 0),
            7 => a.op(Op::Rsr, 0, 0, t, sr::CCOUNT.into()),
            8 => a.op(Op::S32i, 0, 3, t, 4 * rng.below(8) as i32),
            9 => a.op(Op::L32i, 0, 3, t, 4 * rng.below(8) as i32),
            10 => a.op(Op::Movnez, r, s, t, 0),
            11 => a.op(Op::Slli, r, s, 0, 1 + rng.below(31) as i32),
            _ => {
                let op =
                    rng.pick(&[Op::Beq, Op::Bne, Op::Blt, Op::Bge, Op::Bltu, Op::Bgeu, Op::Bbs, Op::Bany]);
                exits.push((a.bytes.len(), op, s, t));
                a.op(Op::Beq, 0, s, t, 0)
            }
        };
    }
    a.to(Op::J, 0, 0, again);
    let out = a.here();
    for (at, op, s, t) in exits {
        let displacement = out.wrapping_sub(CODE + at as u32 + 4) as i32;
        let word = Insn::new(op, 0, s, t, displacement).encode().to_le_bytes();
        a.bytes[at..at + 3].copy_from_slice(&word[..3]);
    }
    for n in 4..11 {
        a.op(Op::Addi, 0, n, n, rng.below(32) as i32 - 16);
    }
    a.to(Op::J, 0, 0, CODE);
    a.bytes
}

#[test]
fn random_loops_are_left_in_the_same_state() {
    let mut rng = Rng(0x5EED_0001);
    let mut saved = 0;
    for n in 0..1000 {
        let mut pair = Pair::new(&program(&mut rng));
        for _ in 0..12 {
            let budget = 1 + u64::from(rng.below(6000));
            assert_eq!(pair.run(budget), Exit::Budget, "program {n}");
        }
        saved += pair.executes.1.reads - pair.skips.1.reads;
    }
    assert!(saved > 300_000, "only {saved} reads were skipped");
}
