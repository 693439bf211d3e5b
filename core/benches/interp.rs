//! Benchmark of the interpreter in guest instructions per second: `cargo bench -p esplens-core`.
#![allow(missing_docs, reason = "criterion_group makes a public function")]

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Asm, CODE, DATA, Rig, fib};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use esplens_core::engine::Exit;
use esplens_core::isa::Op;
use std::hint::black_box;

/// Instructions per sample.
const RUN: u64 = 2_000_000;

/// Builds a loop of ten register operations and a branch back.
fn integer_loop() -> Rig {
    let mut a = Asm::at(CODE);
    let top = a.here();
    a.op(Op::Add, 4, 5, 6, 0).op(Op::Xor, 5, 4, 7, 0).op(Op::Slli, 6, 4, 0, 3).op(Op::AddiN, 7, 7, 0, 1);
    a.op(Op::Extui, 8, 0, 6, 5 | 8 << 8).op(Op::Sub, 9, 6, 5, 0).op(Op::Or, 10, 9, 8, 0);
    a.op(Op::Addx4, 11, 10, 4, 0).op(Op::Srli, 12, 2, 11, 0).op(Op::MovN, 0, 12, 13, 0).to(Op::J, 0, 0, top);
    Rig::with_program(&a.bytes, CODE)
}

/// Builds zero-overhead loops that copy words, then bytes.
fn copies() -> Rig {
    let mut a = Asm::at(CODE);
    let top = a.here();
    a.op(Op::MovN, 0, 2, 4, 0).op(Op::MovN, 0, 3, 5, 0).op(Op::Movi, 0, 0, 6, 256);
    a.op(Op::Loop, 0, 6, 0, 8 * 3 - 1);
    for n in 0..4 {
        a.op(Op::L32i, 0, 4, 7 + n, i32::from(n) * 4);
    }
    for n in 0..2 {
        a.op(Op::S32i, 0, 5, 7 + n, i32::from(n) * 4);
    }
    a.op(Op::Addi, 0, 4, 4, 16).op(Op::Addi, 0, 5, 5, 16);
    a.op(Op::MovN, 0, 2, 4, 0).op(Op::MovN, 0, 3, 5, 0).op(Op::Loop, 0, 6, 0, 4 * 3 - 1);
    a.op(Op::L8ui, 0, 4, 7, 0).op(Op::Addi, 0, 4, 4, 1).op(Op::S8i, 0, 5, 7, 0).op(Op::Addi, 0, 5, 5, 1);
    a.to(Op::J, 0, 0, top);
    let mut rig = Rig::with_program(&a.bytes, CODE);
    rig.cpu.set_a(2, DATA);
    rig.cpu.set_a(3, DATA + 0x1_0000);
    rig
}

/// Builds the inner product of a matrix multiplication.
fn float_matrix() -> Rig {
    let mut a = Asm::at(CODE);
    let top = a.here();
    a.op(Op::MovN, 0, 2, 4, 0).op(Op::MovN, 0, 3, 5, 0).op(Op::Movi, 0, 0, 6, 64).op(Op::ConstS, 0, 0, 0, 0);
    a.op(Op::Loop, 0, 6, 0, 6 * 3 - 1);
    a.op(Op::Lsip, 0, 4, 1, 4).op(Op::Lsip, 0, 5, 2, 4).op(Op::MaddS, 0, 1, 2, 0);
    a.op(Op::Lsip, 0, 4, 1, 4).op(Op::Lsip, 0, 5, 2, 4).op(Op::MaddS, 0, 1, 2, 0);
    a.op(Op::Ssi, 0, 3, 0, 0).to(Op::J, 0, 0, top);
    let mut rig = Rig::with_program(&a.bytes, CODE);
    rig.cpu.set_a(2, DATA);
    rig.cpu.set_a(3, DATA + 0x1000);
    let ones: Vec<u8> = (0..2048).flat_map(|n| (1.0 + n as f32 / 64.0).to_le_bytes()).collect();
    rig.mem.write_region(rig.data, 0, &ones);
    rig
}

/// Builds a mix like CoreMark's: a linked list, a matrix of 16-bit numbers, a bitwise CRC, and calls between
/// them.
fn mix() -> Rig {
    let mut a = Asm::at(CODE);
    // find(list a2, value a3): walks a list of 32 nodes {next, value}.
    let find = a.here();
    a.op(Op::Entry, 0, 1, 0, 32);
    let top = a.here();
    let found = top + 3 + 3 + 2 + 3;
    a.op(Op::L16ui, 0, 2, 4, 4).to(Op::Beq, 4, 3, found).op(Op::L32iN, 0, 2, 2, 0).to(Op::Bnez, 2, 0, top);
    assert_eq!(a.here(), found);
    a.op(Op::RetwN, 0, 0, 0, 0).align(4);
    // crc(byte a2, crc a3): eight steps.
    let crc = a.here();
    a.op(Op::Entry, 0, 1, 0, 32).op(Op::Movi, 0, 0, 5, 8).op(Op::Movi, 0, 0, 6, 0x5A1);
    let bit = a.here();
    a.op(Op::Xor, 4, 2, 3, 0).op(Op::Srli, 3, 1, 3, 0).op(Op::Srli, 2, 1, 2, 0);
    let skip = a.here() + 6;
    a.to_imm(Op::Bbci, 4, 0, skip).op(Op::Xor, 3, 3, 6, 0);
    a.op(Op::Addi, 0, 5, 5, -1).to(Op::Bnez, 5, 0, bit);
    a.op(Op::MovN, 0, 3, 2, 0).op(Op::RetwN, 0, 0, 0, 0).align(4);
    // dot(a2, a3): 16 products of halfwords.
    let dot = a.here();
    a.op(Op::Entry, 0, 1, 0, 32).op(Op::Movi, 0, 0, 4, 0).op(Op::Movi, 0, 0, 5, 16);
    let step = a.here();
    a.op(Op::L16si, 0, 2, 6, 0).op(Op::L16si, 0, 3, 7, 0).op(Op::Mull, 6, 6, 7, 0).op(Op::AddN, 4, 4, 6, 0);
    a.op(Op::AddiN, 2, 2, 0, 2).op(Op::AddiN, 3, 3, 0, 2).op(Op::AddiN, 5, 5, 0, -1).to(Op::Bnez, 5, 0, step);
    a.op(Op::S32i, 0, 1, 4, 0).op(Op::MovN, 0, 4, 2, 0).op(Op::RetwN, 0, 0, 0, 0).align(4);
    let start = a.here();
    a.op(Op::MovN, 0, 2, 10, 0).op(Op::Movi, 0, 0, 11, 30).to(Op::Call8, 0, 0, find);
    a.op(Op::MovN, 0, 3, 10, 0).op(Op::Addi, 0, 3, 11, 64).to(Op::Call8, 0, 0, dot);
    a.op(Op::Extui, 10, 0, 10, 8 << 8).op(Op::MovN, 0, 4, 11, 0).to(Op::Call8, 0, 0, crc);
    a.op(Op::MovN, 0, 10, 4, 0).to(Op::J, 0, 0, start);
    let mut rig = Rig::with_program(&a.bytes, start);
    rig.cpu.set_a(2, DATA);
    rig.cpu.set_a(3, DATA + 0x800);
    for n in 0..32u32 {
        let next = if n == 31 { 0 } else { DATA + (n + 1) * 8 };
        rig.mem.write_region(rig.data, n as usize * 8, &next.to_le_bytes());
        rig.mem.write_region(rig.data, n as usize * 8 + 4, &n.to_le_bytes());
    }
    rig
}

fn programs(c: &mut Criterion) {
    let (code, start) = fib(20);
    let all = [
        ("integer_loop", integer_loop()),
        ("windowed_fib", Rig::with_program(&code, start)),
        ("copies", copies()),
        ("float_matrix", float_matrix()),
        ("mix", mix()),
    ];
    let mut group = c.benchmark_group("interp");
    for (name, mut rig) in all {
        group.throughput(Throughput::Elements(RUN));
        group.bench_function(name, |b| {
            b.iter(|| {
                let before = rig.cpu.retired;
                assert_eq!(rig.run(black_box(RUN)), Exit::Budget);
                // A window spill takes a cycle that retires nothing. Any larger loss means an exception loop.
                assert!(rig.cpu.retired - before > RUN / 10 * 9, "{name} got stuck: {:#x?}", rig.cpu.pc);
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(3)).warm_up_time(std::time::Duration::from_millis(500));
    targets = programs
}
criterion_main!(benches);
