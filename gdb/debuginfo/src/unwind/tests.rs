//! Hand-made stacks, laid out according to the ABI.

use super::*;
use std::collections::BTreeMap;

/// Memory of single words.
#[derive(Default)]
struct Stack(BTreeMap<u32, u32>);

impl ReadMemory for Stack {
    fn peek(&self, addr: u32, out: &mut [u8]) -> usize {
        for (n, byte) in out.iter_mut().enumerate() {
            let at = addr + n as u32;
            let Some(word) = self.0.get(&(at & !3)) else { return n };
            *byte = word.to_le_bytes()[(at & 3) as usize];
        }
        out.len()
    }
}

impl Stack {
    /// Writes a0..a3 of the caller of the frame at `sp`.
    fn save(&mut self, sp: u32, words: [u32; 4]) {
        for (n, word) in words.into_iter().enumerate() {
            self.0.insert(sp - 16 + 4 * n as u32, word);
        }
    }
}

fn regs(a0: u32, a1: u32) -> [u32; 16] {
    let mut a = [0xBAD; 16];
    (a[0], a[1]) = (a0, a1);
    a
}

fn trace(mem: &Stack, context: &Context) -> (Vec<u32>, BacktraceEnd) {
    let bt = unwind(&Unwinder { mem, names: &(), interrupted: None }, context);
    (bt.frames.iter().map(|f| f.pc).collect(), bt.end)
}

const WOE: u32 = 0x4_0020;

#[test]
fn spilled_frames_are_read_from_the_stack_with_their_extra_registers() {
    let mut mem = Stack::default();
    // f called by g with CALL8, g by h with CALL4, h is the outermost.
    mem.save(0x3FFB_0100, [0x400D_0300 & 0x3FFF_FFFF | 0x4000_0000, 0x3FFB_0140, 22, 33]);
    mem.save(0x3FFB_0140, [0, 0x3FFB_0180, 2, 3]);
    // g's a4..a7 are below h's stack pointer, which is in g's own save area.
    for n in 0..4 {
        mem.0.insert(0x3FFB_0180 - 32 + 4 * n, 40 + n);
    }
    let c = Context::of_window(0x400D_0100, WOE, &regs(0x800D_0200, 0x3FFB_0100));
    let bt = unwind(&Unwinder { mem: &mem, names: &(), interrupted: None }, &c);
    assert_eq!(bt.end, BacktraceEnd::Outermost);
    assert_eq!(bt.frames.iter().map(|f| f.pc).collect::<Vec<_>>(), [0x400D_0100, 0x400D_0200, 0x400D_0300]);
    let g = &bt.frames[1];
    assert_eq!((g.reg(2), g.reg(4), g.reg(7), g.reg(8)), (Some(22), Some(40), Some(43), None));
    assert_eq!((g.lookup(), bt.frames[2].reg(4)), (0x400D_01FF, None));
}

#[test]
fn live_windows_are_read_from_the_register_file() {
    let mut c = Context::of_window(0x400D_0100, WOE, &[0; 16]);
    (c.windowbase, c.windowstart) = (1, 1 << 1 | 1 << 15);
    c.ar[4..6].copy_from_slice(&[0x800D_0200, 0x3FFB_0100]);
    c.ar[60..62].copy_from_slice(&[0, 0x3FFB_0140]);
    assert_eq!(trace(&Stack::default(), &c), (vec![0x400D_0100, 0x400D_0200], BacktraceEnd::Outermost));
}

#[test]
fn broken_stacks_end_and_say_why() {
    let why = |a0: u32, a1: u32, save: [u32; 4]| {
        let mut mem = Stack::default();
        mem.save(0x3FFB_0100, save);
        match trace(&mem, &Context::of_window(0x400D_0100, WOE, &regs(a0, a1))).1 {
            BacktraceEnd::Corrupt(why) => why,
            other => format!("{other:?}"),
        }
    };
    assert!(why(0x1234, 0x3FFB_0100, [0; 4]).contains("0x00001234"));
    assert!(why(0x800D_0200, 0x3FFB_0104, [0; 4]).contains("stack pointer 0x3ffb0104"));
    assert!(
        why(0x800D_0200, 0x3FFB_0100, [0x800D_0200, 0x3FFB_0100, 0, 0]).contains("0x3ffb0100"),
        "a circle"
    );
    assert!(why(0x800D_0200, 0x3FFB_0100, [0, 0xA5A5_A5A5, 0, 0]).contains("0xa5a5a5a5"));
    assert!(why(0x800D_0200, 0x3FFB_0200, [0; 4]).contains("no memory"));
}

#[test]
fn a_very_deep_stack_is_cut() {
    let mut mem = Stack::default();
    let mut sp = 0x3FFB_0100;
    for _ in 0..2 * MAX_FRAMES {
        mem.save(sp, [0x800D_0200, sp + 16, 0, 0]);
        sp += 16;
    }
    let (pcs, end) = trace(&mem, &Context::of_window(0x400D_0100, WOE, &regs(0x800D_0200, 0x3FFB_0100)));
    assert_eq!((pcs.len(), end), (MAX_FRAMES, BacktraceEnd::TooDeep));
}

#[test]
fn frames_that_interrupts_and_yields_leave_are_told_apart() {
    let mut mem = Stack::default();
    let at = 0x3FFB_0100;
    let mut words = [0; 40];
    words[..3].copy_from_slice(&[0x4008_1234, 0x400D_0400, 0x6_0030]);
    words[3..5].copy_from_slice(&[0x800D_0200, at + 0xC0]);
    words[20] = 28;
    for (n, word) in words.into_iter().enumerate() {
        mem.0.insert(at + 4 * n as u32, word);
    }
    let saved = exception::any(&mem, at).unwrap();
    assert_eq!(
        (saved.form, saved.context.pc, saved.cause),
        (exception::Form::Interrupt, 0x400D_0400, Some(28))
    );
    assert_eq!((saved.context.ps & 0x10, exception::size(&saved)), (0, 0xC0), "EXCM belongs to the handler");
    for (n, word) in [0, 0x800D_0300, 0x6_0020, 7].into_iter().enumerate() {
        mem.0.insert(at + 4 * n as u32, word);
    }
    let saved = exception::any(&mem, at).unwrap();
    assert_eq!((saved.form, saved.context.a(0)), (exception::Form::Solicited, 0x800D_0300));
    mem.0.insert(at + 8, 0xFFFF_FFFF);
    assert_eq!(exception::any(&mem, at), None, "no PS looks like this");
}
