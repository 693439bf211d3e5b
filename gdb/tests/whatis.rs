//! What is at an address, on real firmware and the demo.

mod common;

use common::{boot, firmware};
use esplens_core::time::TICKS_PER_US;
use esplens_gdb::rtos::{self, Rtos, State};
use esplens_gdb::symbols::{Elf, Symbols};
use esplens_gdb::unwind::MachineMemory;
use esplens_gdb::whatis::whatis;
use esplens_soc::machine::Machine;
use std::path::Path;
use std::sync::Arc;

struct Bench {
    machine: Machine,
    rtos: Rtos,
    symbols: Arc<Symbols>,
}

impl Bench {
    fn new(flash: &Path, elf: &Path, ms: u64) -> Self {
        let symbols = Arc::new(Symbols::new(vec![Arc::new(Elf::open(elf).unwrap())]));
        let rtos = Rtos::find(symbols.clone()).unwrap();
        let mut machine = boot(&std::fs::read(flash).unwrap(), "whatis");
        machine.run(ms * 1000 * TICKS_PER_US);
        Self { machine, rtos, symbols }
    }

    fn told(&self, addr: u32) -> String {
        whatis(&self.machine, 0, Some(&self.rtos), &self.symbols, addr).join("; ")
    }

    fn expect(&self, addr: u32, parts: &[&str]) {
        let told = self.told(addr);
        assert!(parts.iter().all(|p| told.contains(p)), "{addr:#010x}: {told}, not {parts:?}");
    }

    fn tasks(&self) -> rtos::Snapshot {
        let mem = MachineMemory { machine: &self.machine, core: 0 };
        self.rtos.snapshot(&mem, [0, 1].map(|c| Some(self.machine.cpu(c).a(1))))
    }
}

#[test]
fn memory_registers_flash_and_rom_of_an_idf_image() {
    let Some(dir) = firmware("idf-5.2-deadline") else { return };
    let b = Bench::new(&dir.join("flash.bin"), &dir.join("app.elf"), 900);
    b.expect(0x3FF4_0000, &["UART0.FIFO = 0x"]);
    b.expect(0x6000_0000, &["UART0.FIFO = 0x"]);
    b.expect(0x3FF4_4002, &["GPIO.BT_SELECT+2"]);
    b.expect(
        b.symbols.symbol("esp_app_desc").unwrap().addr,
        &["esp_app_desc.", "flash, offset 0x10020 (partition factory+0x20)"],
    );
    b.expect(b.symbols.symbol("app_main").unwrap().addr, &["app_main in ", "main.c:", "flash, offset"]);
    b.expect(0x4000_0400, &["mask ROM"]);
    b.expect(b.symbols.symbol("xTickCount").unwrap().addr, &["xTickCount, ", "data RAM (SRAM2)"]);
    // Neither constants of the linker nor the label before it claim what they do not contain.
    assert_eq!(b.told(0), "nothing is there");
    assert_eq!(b.told(0x5000_0000), "RTC slow memory");
    let tasks = b.tasks();
    let blocked = tasks.tasks.iter().find_map(|t| match &t.state {
        State::Blocked(b) if b.what.starts_with("mutex") => Some((t, b.at)),
        _ => None,
    });
    let (task, mutex) = blocked.expect("a task waits for a mutex");
    b.expect(
        task.tcb + 4,
        &["control block of task Task", "xStateListItem.xItemValue", "heap block", "4 bytes into it"],
    );
    b.expect(mutex, &["mutex mutex", "heap block", "allocated"]);
    b.expect(task.stack.start, &["stack of task Task", "never used", "heap block"]);
    b.expect(task.top, &["stack of task Task", "saved registers"]);
    for heap in rtos::heaps(&b.rtos, &MachineMemory { machine: &b.machine, core: 0 }) {
        assert!(b.told(heap.end - 64).contains("heap block"), "{heap:?}");
    }
}

#[test]
fn queues_timers_and_locals_of_the_demo() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/demo");
    let b = Bench::new(&dir.join("flash.bin"), &dir.join("demo.elf"), 400);
    let tasks = b.tasks();
    let mem = MachineMemory { machine: &b.machine, core: 0 };
    let queue =
        rtos::queues(&b.rtos, &mem, &tasks).into_iter().find(|q| q.name.as_deref() == Some("messages"));
    let queue = queue.unwrap().at;
    b.expect(queue, &["queue messages; heap block", "bytes, allocated; data RAM"]);
    let head = b.symbols.size_of(b.symbols.type_named("QueueDefinition").unwrap()).unwrap();
    b.expect(queue + head + 17, &["queue messages, item 2 of 8"]);
    b.expect(rtos::timers(&b.rtos, &mem).0[0].at, &["timer heartbeat"]);
    // The consumer's variable `message`, in a task that sleeps deeper down.
    let consumer = tasks.find("consumer").unwrap();
    let found = (consumer.stack.sp..consumer.stack.end.unwrap()).step_by(4).filter_map(|addr| {
        let told = b.told(addr);
        told.starts_with("message.").then_some(told)
    });
    let found: Vec<String> = found.collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("message.number of consumer_task, uint32_t; stack of task consumer, "),
        "{found:?}"
    );
    assert!(
        found[1].starts_with("message.squared of consumer_task") && found[1].contains("frame #"),
        "{found:?}"
    );
}
