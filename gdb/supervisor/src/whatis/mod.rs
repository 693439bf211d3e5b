//! Describes an address: a register's peripheral, a task's stack, the heap, symbols, the flash chip.

mod region;
mod task;

use crate::MachineMemory;
use esplens_debuginfo::rtos::{self, Rtos, Snapshot};
use esplens_debuginfo::symbols::{SymbolKind, Symbols};
use esplens_debuginfo::unwind::ReadMemory;
use esplens_soc::machine::Machine;

/// Returns the facts known about an address, one per line, the most specific first. For a peripheral register that is
/// one line; otherwise the last line is the kind of memory.
#[must_use]
pub fn whatis(m: &Machine, core: usize, rtos: Option<&Rtos>, symbols: &Symbols, addr: u32) -> Vec<String> {
    let mem = MachineMemory { machine: m, core };
    let mut out: Vec<String> = region::register(m, addr).into_iter().collect();
    if !out.is_empty() {
        return out;
    }
    let mut in_heap = false;
    if let Some(rtos) = rtos {
        let tasks = rtos.snapshot(&mem, std::array::from_fn(|c| Some(m.cpu(c).a(1))));
        out.extend(task::object(symbols, &tasks, addr));
        out.extend(task::stack(m, rtos, symbols, &tasks, addr));
        out.extend(kernel_object(rtos, &mem, &tasks, addr));
        let block = heap(rtos, &mem, addr);
        in_heap = block.is_some();
        out.extend(block);
    }
    // An address in a heap block has no symbol, even if one is linked to that address.
    out.extend(symbol(symbols, addr).filter(|_| !in_heap));
    out.push(region::memory(m, core, addr));
    out
}

/// Describes a symbol that covers the address. Labels without a size count in code only: in data they would cover
/// everything that follows, and constants of the linker are not addresses.
fn symbol(symbols: &Symbols, addr: u32) -> Option<String> {
    let symbol = symbols.symbol_at(addr)?;
    let offset = addr - symbol.addr;
    let covers = match symbol.kind {
        SymbolKind::Function => true,
        SymbolKind::Object => offset < symbol.size.max(1),
        SymbolKind::Label => esplens_soc::map::is_code(addr) || offset == 0,
    };
    let is_memory = symbols.elfs().iter().any(|e| e.occupies(addr)) || esplens_soc::map::is_code(addr);
    symbols.describe(addr).filter(|_| covers && is_memory)
}

fn kernel_object(rtos: &Rtos, mem: &dyn ReadMemory, tasks: &Snapshot, addr: u32) -> Option<String> {
    let word = |size: Option<u32>, least: u32| size.unwrap_or(least);
    let queue = word(rtos.source.size("QueueDefinition"), 80);
    let inside = |at: u32, size: u32| addr.checked_sub(at).filter(|o| *o < size);
    let offset = |o: u32| if o == 0 { String::new() } else { format!("+{o}") };
    for q in rtos::queues(rtos, mem, tasks) {
        let items = q.length.saturating_mul(q.item_size);
        let name = q.name.clone().unwrap_or_else(|| format!("{:#010x}", q.at));
        if let Some(o) = inside(q.at, queue) {
            return Some(format!("{} {name}{}", q.kind, offset(o)));
        }
        if let Some(o) = inside(q.at + queue, items) {
            return Some(format!("{} {name}, item {} of {}", q.kind, o / q.item_size, q.length));
        }
    }
    let timers = rtos::timers(rtos, mem).0.into_iter();
    let size = word(rtos.source.size("tmrTimerControl"), 40);
    let timer = timers.map(|t| (format!("timer {}", t.name), t.at, size));
    let groups = rtos::event_groups(rtos, mem, tasks).into_iter();
    let group = groups.map(|g| (format!("event group {}", g.name.unwrap_or_default()), g.at, 24));
    timer.chain(group).find_map(|(what, at, size)| Some(what + &offset(inside(at, size)?)))
}

fn heap(rtos: &Rtos, mem: &dyn ReadMemory, addr: u32) -> Option<String> {
    let block = rtos::heap_block(rtos, mem, addr)?;
    let state = if block.free { "free" } else { "allocated" };
    let place = match addr.checked_sub(block.start) {
        Some(0) => String::new(),
        Some(o) => format!(", {o} bytes into it"),
        None => ", in its header".into(),
    };
    Some(format!("heap block {:#010x}, {} bytes, {state}{place}", block.start, block.size))
}
