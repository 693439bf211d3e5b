//! Makes every kind of lookup in a file, for tests with invalid files.

use super::{Elf, FrameContext, Symbols, Value, ValueFormat, ValueMemory};
use std::sync::Arc;

/// A frame at one address, with all registers known.
struct Anywhere(u32);

fn zeros(_: u32, buf: &mut [u8]) -> usize {
    buf.fill(0);
    buf.len()
}

impl FrameContext for Anywhere {
    fn pc(&self) -> u32 {
        self.0
    }
    fn register(&self, number: u16) -> Option<u32> {
        Some(0x3FFB_0000 + u32::from(number) * 4)
    }
    fn cfa(&self) -> Option<u32> {
        Some(0x3FFB_1000)
    }
    fn memory(&self) -> &dyn ValueMemory {
        &zeros
    }
}

/// Reads a file, makes every kind of lookup at the addresses, and returns the number of results.
#[must_use]
pub fn exercise(bytes: Vec<u8>, addrs: &[u32]) -> usize {
    /// Most variables and symbols that are looked up.
    const SOME: usize = 40;
    let Ok(elf) = Elf::parse("hostile.elf", bytes) else { return 0 };
    let symbols = Symbols::new(vec![Arc::new(elf)]);
    symbols.index();
    let mut answers = 0;
    let starts: Vec<u32> = symbols.symbols().map(|s| s.addr).step_by(97).take(SOME).collect();
    for pc in addrs.iter().chain(&starts).copied() {
        answers += symbols.frames_at(pc).len() + usize::from(symbols.describe(pc).is_some());
        for local in symbols.locals_at(pc, 0) {
            answers += symbols.local_value(&local, &Anywhere(pc)).map_or(0, |v| show(&symbols, &v));
        }
    }
    for variable in symbols.variables().iter().take(SOME) {
        answers += show(&symbols, &Value::at(variable.ty, variable.addr));
        answers += symbols.evaluate(&variable.name, &zeros, None).map_or(0, |_| 1);
    }
    for location in ["main.c:100", "tasks.c:xTaskCreate", "vTaskSwitchContext", "*0x400d0000"] {
        answers += symbols.find(location).map_or(0, |found| found.len());
    }
    for name in ["TCB_t", "struct xLIST", "List_t", "a", "loop"] {
        if let Some(ty) = symbols.type_named(name) {
            answers += show(&symbols, &Value::at(ty, 0x3FFB_0000));
            answers += symbols.member_path(ty, "pxNext.x").map_or(0, |_| 1);
        }
    }
    answers
}

fn show(symbols: &Symbols, value: &Value) -> usize {
    let text = symbols.format(value, &zeros, &ValueFormat::default());
    let children = symbols.children(value, &zeros, 0..64).unwrap_or_default();
    let more: usize = children.iter().map(|c| symbols.summary(&c.value, &zeros).len()).sum();
    let named = symbols.type_name(value.ty).len() + symbols.size_of(value.ty).map_or(0, |n| n as usize % 2);
    usize::from(text.len() + more + named > 0)
}
