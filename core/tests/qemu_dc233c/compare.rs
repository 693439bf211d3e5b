//! Differences between the records of both machines, reported with the case's code.

use crate::generate::{Generator, Item, register_insn};
use crate::machines::{ours, theirs};
use crate::program::{Case, Program, program};
use crate::{DUMPED, IN, RECORD, SCRATCH};
use esplens_core::isa::table::row;
use esplens_core::isa::{Op, sr};
use std::collections::BTreeMap;

pub fn word(records: &[u8], case: usize, n: usize) -> u32 {
    let at = case * RECORD + n * 4;
    u32::from_le_bytes(records[at..at + 4].try_into().expect("four bytes"))
}

/// Returns the index of MISC0 in a record.
pub fn misc0() -> usize {
    IN + SCRATCH + 16 + DUMPED.iter().position(|d| d.0 == sr::MISC0).expect("it is dumped")
}

/// Returns the instructions that dc233c does not have: runs each alone in a case and checks for
/// IllegalInstruction.
pub fn unknown() -> Vec<Op> {
    let mut g = Generator::new(7, &[]);
    let ops: Vec<Op> = g.ops.clone().into_iter().filter(|&o| row(o).format.bytes() == 3).collect();
    let mut left = ops.clone().into_iter();
    let p = program(&mut g, |g| {
        let op = left.next()?;
        Some(vec![Item::Insn(register_insn(&mut g.rng, &[op]))])
    });
    let theirs = theirs(&p);
    ops.into_iter().enumerate().filter(|(n, _)| word(&theirs, *n, misc0()) == 1).map(|(_, op)| op).collect()
}

/// Compares one batch. Adds a line for each of the first differences.
pub fn compare(p: &Program, complaints: &mut Vec<String>, suspects: &mut BTreeMap<&'static str, u32>) {
    let (ours, theirs) = (ours(p), theirs(p));
    for (n, case) in p.cases.iter().enumerate() {
        let words: Vec<usize> = (0..RECORD / 4).filter(|&w| differs(&ours, &theirs, n, w)).collect();
        if words.is_empty() {
            continue;
        }
        for (_, i) in &case.insns {
            *suspects.entry(i.op.mnemonic()).or_default() += 1;
        }
        if complaints.len() < 3 {
            let diffs = words.iter().map(|&w| {
                format!("{} ours {:#x} qemu {:#x}", name(w), word(&ours, n, w), word(&theirs, n, w))
            });
            let diffs: Vec<String> = diffs.collect();
            complaints.push(format!("case {n}: {}\n{}", diffs.join(", "), describe(p, n, case, &theirs)));
        }
    }
}

fn differs(ours: &[u8], theirs: &[u8], case: usize, w: usize) -> bool {
    // QEMU sign-extends ACCHI. The width of PS.OWB depends on the number of registers.
    let mask = match w.checked_sub(IN + SCRATCH + 16).and_then(|n| DUMPED.get(n)) {
        Some((sr::ACCHI, _)) => 0xFF,
        Some((sr::PS, _)) => !0xF00,
        _ => u32::MAX,
    };
    (word(ours, case, w) ^ word(theirs, case, w)) & mask != 0
}

/// Returns the name of a record's word.
fn name(w: usize) -> String {
    match w.checked_sub(IN + SCRATCH) {
        None => format!("scratch{w}"),
        Some(r @ 0..16) => format!("a{r}"),
        Some(r) => DUMPED.get(r - 16).map_or("threadptr", |d| d.1).to_string(),
    }
}

/// Describes a case: inputs, code and QEMU's registers at its end.
fn describe(p: &Program, n: usize, case: &Case, theirs: &[u8]) -> String {
    let inputs: Vec<String> = (0..14).map(|w| format!("a{} {:#x}", w + 2, word(&p.records, n, w))).collect();
    let code: Vec<String> =
        case.insns.iter().map(|(pc, i)| format!("  {pc:#x}: {}", i.disasm(*pc))).collect();
    let end = DUMPED.iter().enumerate();
    let end: Vec<String> =
        end.map(|(w, d)| format!("{} {:#x}", d.1, word(theirs, n, IN + SCRATCH + 16 + w))).collect();
    format!("{}\n{}\nqemu at the end: {}", inputs.join(" "), code.join("\n"), end.join(" "))
}
