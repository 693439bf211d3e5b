//! Tests with hand-made lists, complete and in the middle of an update, and with a kernel known by addresses only.

use super::*;
use crate::unwind::ReadMemory;
use std::collections::BTreeMap;

/// Memory of single words; a word that was never written reads as 0.
#[derive(Default)]
struct Ram(BTreeMap<u32, u32>);

impl ReadMemory for Ram {
    fn peek(&self, addr: u32, out: &mut [u8]) -> usize {
        for (n, byte) in out.iter_mut().enumerate() {
            let at = addr + n as u32;
            *byte = self.0.get(&(at & !3)).copied().unwrap_or(0).to_le_bytes()[(at & 3) as usize];
        }
        out.len()
    }
}

const LIST: u32 = 0x3FFB_0000;

impl Ram {
    fn set(&mut self, at: u32, words: &[u32]) {
        self.0.extend(words.iter().enumerate().map(|(n, w)| (at + 4 * n as u32, *w)));
    }

    /// Writes a list at `at` with these items: address, value, owner.
    fn list(&mut self, at: u32, items: &[(u32, u32, u32)]) {
        let end = at + 8;
        let ring: Vec<u32> = std::iter::once(end).chain(items.iter().map(|i| i.0)).collect();
        let link = |n: usize| ring[n % ring.len()];
        self.set(at, &[items.len() as u32, end, u32::MAX, link(1), link(ring.len() - 1)]);
        for (n, (item, value, owner)) in items.iter().enumerate() {
            self.set(*item, &[*value, link(n + 2), link(n), *owner, at]);
        }
    }
}

fn addresses(names: &[(&str, u32)]) -> Addresses {
    Addresses(names.iter().map(|(n, a)| ((*n).to_string(), *a)).collect())
}

fn kernel() -> Rtos {
    let names = [
        ("pxCurrentTCBs", 0x3FFB_1000),
        ("pxReadyTasksLists", LIST),
        ("xDelayedTaskList1", 0x3FFB_0100),
        ("uxCurrentNumberOfTasks", 0x3FFB_1010),
        ("xSchedulerRunning", 0x3FFB_1014),
        ("xTickCount", 0x3FFB_1018),
    ];
    Rtos::find(Arc::new(addresses(&names))).unwrap()
}

#[test]
fn a_list_is_read_and_every_kind_of_tear_is_seen() {
    let lists = kernel().layout.lists;
    let mut ram = Ram::default();
    ram.list(LIST, &[(0x3FFB_2004, 5, 0x3FFB_2000), (0x3FFB_3004, 9, 0x3FFB_3000)]);
    let walk = lists.walk(&ram, LIST);
    assert_eq!((walk.items.len(), walk.items[1].value, walk.inconsistency), (2, 9, None));
    // The count not raised yet, a back link not set yet, an invalid link, a ring without the end marker.
    let tear = |at: u32, word: u32| {
        let mut inconsistency = Ram(ram.0.clone());
        inconsistency.set(at, &[word]);
        lists.walk(&inconsistency, LIST).inconsistency.expect("torn")
    };
    assert!(tear(LIST, 1).contains("counts 1 and holds 2"));
    assert!(tear(0x3FFB_3004 + 8, LIST + 8).contains("being changed"));
    assert!(tear(0x3FFB_2004 + 4, 0xFFFF_FFF0).contains("leads to 0xfffffff0"));
    assert!(tear(0x3FFB_3004 + 4, 0x3FFB_2004).contains("circle"));
}

#[test]
fn tasks_are_found_by_addresses_alone() {
    let rtos = kernel();
    let mut ram = Ram::default();
    let name = |text: &[u8; 8]| {
        [u32::from_le_bytes(text[..4].try_into().unwrap()), u32::from_le_bytes(text[4..].try_into().unwrap())]
    };
    for (tcb, text) in [(0x3FFB_2000, b"main\0\0\0\0"), (0x3FFB_3000, b"idle0\0\0\0")] {
        // Top of stack, both items, priority, stack, name, core, end of stack.
        ram.set(tcb, &[0x3FFC_0100]);
        ram.set(tcb + 44, &[1, 0x3FFC_0000]);
        ram.set(tcb + 52, &name(text));
        ram.set(tcb + 68, &[0x7FFF_FFFF, 0x3FFC_0FFC]);
    }
    ram.list(LIST, &[(0x3FFB_3004, 0, 0x3FFB_3000)]);
    ram.list(0x3FFB_0100, &[(0x3FFB_2004, 77, 0x3FFB_2000)]);
    ram.set(0x3FFB_1000, &[0x3FFB_3000, 0]);
    ram.set(0x3FFB_1010, &[2, 0, 60]);
    let early = rtos.snapshot(&ram, [None; 2]);
    assert_eq!((early.started, early.remark().is_some()), (false, true));
    ram.set(0x3FFB_1014, &[1]);
    let s = rtos.snapshot(&ram, [None; 2]);
    assert_eq!((s.tick, s.tasks.len(), s.inconsistency.clone()), (60, 2, None));
    assert_eq!(s.on_core(0).map(|t| t.name.as_str()), Some("idle0"));
    let main = s.find("main").unwrap();
    assert_eq!(main.state.to_string(), "blocked: delay, until tick 77");
    assert_eq!((main.stack.size(), main.stack.used(), main.affinity), (Some(0x1000), Some(0xF00), None));
    ram.set(0x3FFB_1010, &[3]);
    let inconsistency = rtos.snapshot(&ram, [None; 2]);
    assert!(inconsistency.remark().unwrap().contains("counts 3 tasks, its lists hold 2"));
}

/// IDF's single-core kernels since 5.3 have the stack's end where others have the core. A time-out after the tick
/// counter's overflow is displayed as such.
#[test]
fn a_single_core_task_and_an_overflown_time_out_are_read() {
    let names = [
        ("pxCurrentTCBs", 0x3FFB_1000),
        ("pxReadyTasksLists", LIST),
        ("xDelayedTaskList1", 0x3FFB_0100),
        ("pxOverflowDelayedTaskList", 0x3FFB_1014),
    ];
    let rtos = Rtos::find(Arc::new(addresses(&names))).unwrap();
    let mut ram = Ram::default();
    ram.set(0x3FFB_2000, &[0x3FFC_0100]);
    // Priority, stack, name, end of stack, nesting.
    ram.set(0x3FFB_2000 + 44, &[1, 0x3FFC_0000, 0x6E69_616D, 0]);
    ram.set(0x3FFB_2000 + 68, &[0x3FFC_0FFC, 0]);
    ram.list(LIST, &[]);
    ram.list(0x3FFB_0100, &[(0x3FFB_2004, 0, 0x3FFB_2000)]);
    ram.set(0x3FFB_1014, &[0x3FFB_0100]);
    let layout = rtos.layout.tcb(&ram).unwrap();
    assert_eq!((layout.core, layout.end), (None, Some(68)));
    let mut finder = rtos.clone();
    finder.layout.count = Some(0x3FFB_1018);
    ram.set(0x3FFB_1018, &[1]);
    let task = finder.snapshot(&ram, [None; 2]).tasks.remove(0);
    assert_eq!((task.name.as_str(), task.stack.size(), task.affinity), ("main", Some(0x1000), None));
    assert_eq!(task.state.to_string(), "blocked: delay, until tick 0 after the counter's overflow");
}

/// V11's SMP kernel with affinity masks (IDF's and Amazon's), known by addresses only.
#[test]
fn tasks_of_an_smp_kernel_are_found_by_addresses_alone() {
    let rtos = kernel();
    let mut ram = Ram::default();
    let name = |text: &[u8; 4]| u32::from_le_bytes(*text);
    // Address, affinity mask, core that runs it or -1, name.
    let tasks =
        [(0x3FFB_2000, 3, u32::MAX, b"both"), (0x3FFB_3000, 1, 0, b"run0"), (0x3FFB_4000, 2, 1, b"run1")];
    for (tcb, mask, runs, text) in tasks {
        // Top of stack and mask, both items, priority, stack, run state, attributes, name.
        ram.set(tcb, &[0x3FFC_0100, mask]);
        ram.set(tcb + 48, &[1, 0x3FFC_0000, runs, 0, name(text)]);
    }
    ram.list(LIST, &tasks.map(|t| (t.0 + 8, 0, t.0)));
    ram.set(0x3FFB_1000, &[0x3FFB_3000, 0x3FFB_4000]);
    ram.set(0x3FFB_1010, &[3, 1, 60]);
    let s = rtos.snapshot(&ram, [None; 2]);
    assert_eq!((s.tasks.len(), s.inconsistency.clone()), (3, None));
    let told = |t: &Task| (t.name.clone(), t.core(), t.state.word());
    let mut all: Vec<_> = s.tasks.iter().map(told).collect();
    all.sort();
    let expected = [("both", None, "ready"), ("run0", Some(0), "running"), ("run1", Some(1), "running")];
    assert_eq!(all, expected.map(|(name, core, state)| (name.to_string(), core, state)));
    assert_eq!(s.find("run1").unwrap().affinity_text(), "1");
}

/// Event groups without waiting tasks are found by the type of a variable.
#[test]
fn event_groups_are_found_by_their_variables() {
    struct Typed(Addresses);
    impl crate::unwind::UnwindNames for Typed {
        fn function(&self, pc: u32) -> Option<(String, u32)> {
            self.0.function(pc)
        }
    }
    impl SymbolSource for Typed {
        fn symbol(&self, name: &str) -> Option<(u32, u32)> {
            self.0.symbol(name)
        }
        fn offset(&self, _: &str, _: &str) -> Option<u32> {
            None
        }
        fn size(&self, _: &str) -> Option<u32> {
            None
        }
        fn object(&self, _: u32) -> Option<String> {
            None
        }
        fn pointers(&self) -> Vec<(u32, String)> {
            Vec::new()
        }
        fn of_type(&self, types: &[&str]) -> Vec<(u32, String)> {
            let all = [
                ("EventGroupHandle_t", 0x3FFB_5000, "handle"),
                ("EventGroupHandle_t", 0x3FFB_5004, "not_made_yet"),
                ("StaticEventGroup_t", 0x3FFB_6100, "whole"),
            ];
            let of = all.into_iter().filter(|a| types.contains(&a.0));
            of.map(|(_, at, name)| (at, name.to_string())).collect()
        }
        fn lines(&self, _: u32) -> Vec<(String, Option<(String, u32)>)> {
            Vec::new()
        }
    }
    let kernel = kernel();
    let names = addresses(&[("pxCurrentTCBs", 0x3FFB_1000), ("pxReadyTasksLists", LIST)]);
    let rtos = Rtos { source: Arc::new(Typed(names)), layout: kernel.layout };
    let mut ram = Ram::default();
    ram.set(0x3FFB_5000, &[0x3FFB_6000, 0]);
    for (at, bits) in [(0x3FFB_6000, 5), (0x3FFB_6100, 6)] {
        ram.set(at, &[bits]);
        ram.list(at + 4, &[]);
    }
    let groups = event_groups(&rtos, &ram, &rtos.snapshot(&ram, [None; 2]));
    let told: Vec<_> = groups.iter().map(|g| (g.at, g.name.as_deref(), g.bits)).collect();
    assert_eq!(told, [(0x3FFB_6000, Some("handle"), 5), (0x3FFB_6100, Some("whole"), 6)]);
}
