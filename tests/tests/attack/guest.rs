//! Guests that attack the host.

use super::{file, full};
use esplens_core::isa::Op;
use esplens_soc::boot::{LoadOptions, input, kernel};
use esplens_soc::machine::{Machine, MachineConfig, RunExit};
use esplens_tests::binary;
use esplens_tests::kernel::ProgramBuilder;
use esplens_tests::react::{ORDERS, ReactionCase, time};
use esplens_tests::session::MS;
use esplens_tests::worst_case::{self, WorstCase};
use nix::time::{ClockId, clock_gettime};
use std::path::Path;
use std::time::Duration;

/// Host work allowed to a run, the same as in the program.
const WORK: u64 = 10_000_000;
/// CPU time limit of such a run: far more than it needs in a debug build, far less than a hang.
const BOUND: Duration = Duration::from_secs(2);

fn machine(program: &ProgramBuilder) -> Machine {
    let any = LoadOptions { accept_any: true, ..LoadOptions::default() };
    let input = input::from_bytes(Path::new("none"), &[0xFF], &any).unwrap();
    Machine::new(MachineConfig {
        kernel: Some(kernel::parse(&program.elf()).unwrap()),
        ..MachineConfig::new(input.flash)
    })
}

/// Returns the CPU time of this thread.
fn processor() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap().into()
}

/// Runs the machine for `ms` of virtual time or `most` allowances of work, and checks the time that each
/// takes.
fn go(name: &str, machine: &mut Machine, ms: u64, most: usize) {
    let end = machine.now() + ms * MS;
    for _ in 0..most {
        if machine.now() >= end {
            return;
        }
        machine.allow_work(Some(WORK));
        let before = processor();
        let exit = machine.run((machine.now() + 10 * MS).min(end));
        let took = processor() - before;
        assert!(took < BOUND, "{name}: {took:?} at {} ticks", machine.now());
        assert!(machine.output_len() < 1_000_000, "{name}: {} outputs", machine.output_len());
        machine.take_output();
        if let RunExit::Exit(_) = exit {
            return;
        }
    }
}

/// Creates a program that loads from and stores to one page, at generated addresses and with generated
/// values, including edge values.
fn random_accesses(page: u32, seed: u32, count: u32) -> ProgramBuilder {
    let mut p = ProgramBuilder::default();
    let edges = [0, u32::MAX, 1 << 31, 1, 0x7FFF_FFFF, 0x3FFB_8000, 0xFFFF_FFFE, 0xFF];
    let edges = p.bytes(&edges.map(u32::to_le_bytes).concat());
    // Enable all clocks, and release everything from reset.
    for (offset, value) in [(0x1C, u32::MAX), (0x20, 0), (0xC0, u32::MAX), (0xC4, 0)] {
        p.store(0x3FF0_0000 + offset, value);
    }
    for (reg, value) in [(10, 0x1C), (11, count), (12, seed), (13, page), (14, 0xFFC), (15, edges)] {
        p.set(reg, value);
    }
    let again = p.here();
    // Marsaglia's xorshift.
    p.op(Op::Slli, 8, 12, 0, 13);
    p.op(Op::Xor, 12, 12, 8, 0);
    p.op(Op::Srli, 8, 0, 12, 15);
    p.op(Op::Srli, 8, 0, 8, 2);
    p.op(Op::Xor, 12, 12, 8, 0);
    p.op(Op::Slli, 8, 12, 0, 5);
    p.op(Op::Xor, 12, 12, 8, 0);
    p.op(Op::And, 8, 12, 14, 0);
    p.op(Op::Add, 8, 8, 13, 0);
    p.op(Op::S32i, 0, 8, 12, 0);
    p.op(Op::Srli, 9, 0, 12, 12);
    p.op(Op::And, 9, 9, 10, 0);
    p.op(Op::Add, 9, 9, 15, 0);
    p.op(Op::L32i, 0, 9, 9, 0);
    p.op(Op::Srli, 8, 0, 12, 4);
    p.op(Op::And, 8, 8, 14, 0);
    p.op(Op::Add, 8, 8, 13, 0);
    p.op(Op::S32i, 0, 8, 9, 0);
    p.op(Op::L32i, 0, 8, 9, 0);
    p.op(Op::Addi, 0, 11, 11, -1);
    // Out of range of a conditional branch, but not of a jump.
    p.op(Op::Beqz, 0, 11, 0, 3 + 3 - 4);
    p.jump(again);
    p.exit(0);
    p
}

/// Accesses every page of the peripheral bus, in a build with overflow checks.
#[test]
fn random_accesses_to_every_peripheral_page() {
    let (seeds, count) = if full() { (1..=8, 60_000) } else { (1..=1, 3_000) };
    for seed in seeds {
        for page in (0x3FF0_0000..0x3FF8_0000).step_by(0x1000) {
            let mut machine = machine(&random_accesses(page, 0x9E37_79B9_u32.wrapping_mul(seed), count));
            go(&format!("page {page:#x}, seed {seed}"), &mut machine, 200, 100);
        }
    }
}

#[test]
fn no_storm_takes_a_run_beyond_its_allowance() {
    for WorstCase { name, program } in worst_case::all() {
        let mut machine = machine(&program);
        go(name, &mut machine, if full() { 1000 } else { 50 }, if full() { 200 } else { 10 });
    }
}

/// An allowance decides only when a run returns.
#[test]
fn an_allowance_makes_no_difference_to_the_machine() {
    for WorstCase { name, program } in worst_case::all() {
        let state = |work: Option<u64>| {
            let mut machine = machine(&program);
            let end = MS / 2;
            let mut looks = 0;
            while machine.now() < end {
                machine.allow_work(work);
                looks += u32::from(machine.run(end) == RunExit::WorkExhausted);
                machine.take_output();
            }
            (machine.state_hash(), looks > 0)
        };
        let (whole, _) = state(None);
        let (parts, looked) = state(Some(20_000));
        assert_eq!(whole, parts, "{name}");
        assert!(looked, "{name}: never interrupted");
    }
}

#[test]
fn orders_are_carried_out_in_every_storm() {
    for (n, WorstCase { name, program }) in worst_case::all().into_iter().enumerate() {
        let elf = file(&program.elf());
        let orders = if full() { &ORDERS[..] } else { &ORDERS[n % 3..=n % 3] };
        for &order in orders {
            let case = ReactionCase { binary: binary::path(), elf: elf.path(), more: &[], unread: false };
            let took = time(&case, order).unwrap_or_else(|e| panic!("{name}: {e}"));
            println!("{name}: {order:?} in {took:?}");
        }
    }
}
