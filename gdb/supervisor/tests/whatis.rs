//! Descriptions of addresses, on real firmware and the demo.

use esplens_core::time::TICKS_PER_US;
use esplens_debuginfo::rtos::{self, TaskState};
use esplens_supervisor::whatis::whatis;
use esplens_testkit::kernel::Bench;

/// Operations of these tests on a bench.
trait WhatisBench: Sized {
    fn after(name: &'static str, ms: u64) -> Option<Self>;
    fn told(&self, addr: u32) -> String;
    fn expect(&self, addr: u32, parts: &[&str]);
}

impl WhatisBench for Bench {
    /// Opens an image and runs it for so many milliseconds.
    fn after(name: &'static str, ms: u64) -> Option<Self> {
        let mut bench = Self::open(name)?;
        bench.machine.run(ms * 1000 * TICKS_PER_US);
        Some(bench)
    }

    fn told(&self, addr: u32) -> String {
        whatis(&self.machine, 0, Some(&self.rtos), &self.symbols, addr).join("; ")
    }

    fn expect(&self, addr: u32, parts: &[&str]) {
        let told = self.told(addr);
        assert!(parts.iter().all(|p| told.contains(p)), "{addr:#010x}: {told}, not {parts:?}");
    }
}

#[test]
fn memory_registers_flash_and_rom_of_an_idf_image() {
    let Some(b) = Bench::after("idf-5.2-deadline", 900) else { return };
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
    // Neither constants of the linker nor the label before it cover addresses that they do not contain.
    assert_eq!(b.told(0), "nothing is there");
    assert_eq!(b.told(0x5000_0000), "RTC slow memory");
    let tasks = b.tasks();
    let blocked = tasks.tasks.iter().find_map(|t| match &t.state {
        TaskState::Blocked(b) if b.what.starts_with("mutex") => Some((t, b.at)),
        _ => None,
    });
    let (task, mutex) = blocked.expect("a task waits for a mutex");
    b.expect(
        task.tcb + 4,
        &["control block of task Task", "xStateListItem.xItemValue", "heap block", "4 bytes into it"],
    );
    let TaskState::Blocked(blocker) = &task.state else { unreachable!() };
    assert!(blocker.what.contains(", held by Task"), "{}", blocker.what);
    b.expect(mutex, &["mutex mutex", "heap block", "allocated"]);
    b.expect(task.stack.start, &["stack of task Task", "never used", "heap block"]);
    b.expect(task.top, &["stack of task Task", "saved registers"]);
    for heap in rtos::heaps(&b.rtos, &b.mem()) {
        assert!(b.told(heap.end - 64).contains("heap block"), "{heap:?}");
    }
}

#[test]
fn queues_timers_and_locals_of_the_demo() {
    let b = Bench::after("demo", 400).unwrap();
    let (mem, tasks) = (b.mem(), b.tasks());
    let queue =
        rtos::queues(&b.rtos, &mem, &tasks).into_iter().find(|q| q.name.as_deref() == Some("messages"));
    let queue = queue.unwrap().at;
    b.expect(queue, &["queue messages; heap block", "bytes, allocated; data RAM"]);
    let head = b.symbols.size_of(b.symbols.type_named("QueueDefinition").unwrap()).unwrap();
    b.expect(queue + head + 17, &["queue messages, item 2 of 8"]);
    b.expect(rtos::timers(&b.rtos, &mem).0[0].at, &["timer heartbeat"]);
    // The consumer's variable `message`, in a task that sleeps in a deeper call.
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
