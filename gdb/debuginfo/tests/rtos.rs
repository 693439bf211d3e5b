//! FreeRTOS and backtraces of third-party firmware and the demo, at many instants.

use esplens_core::time::TICKS_PER_US;
use esplens_debuginfo::rtos::{self, Rtos};
use esplens_debuginfo::unwind::{Backtrace, BacktraceEnd, Words};
use esplens_soc::machine::RunExit;
use esplens_testkit::kernel::Bench;
use std::sync::Arc;

const IMAGES: [&str; 6] =
    ["idf-5.2-deadline", "idf-5.3-blink", "idf-4.0-httpd-wifi", "idf-3.2-hello", "idf-6.1-dht", "demo"];

/// Random numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Results of all instants of an image.
#[derive(Default)]
struct Sum {
    instants: usize,
    early: usize,
    inconsistency: Vec<String>,
    traces: usize,
    bad: Vec<String>,
}

/// Operations of these tests on a bench.
trait TaskBench: Sized {
    fn names(&self, bt: &Backtrace) -> Vec<String>;
    fn is_whole(&self, bt: &Backtrace) -> bool;
    fn look(&self, sum: &mut Sum, at: u64);
}

impl TaskBench for Bench {
    fn names(&self, bt: &Backtrace) -> Vec<String> {
        let name = |pc| self.symbols.function_at(pc).map_or("??".into(), |s| s.with_offset(pc));
        bt.frames.iter().map(|f| name(f.lookup())).collect()
    }

    /// Returns true if a backtrace ends where the kernel starts tasks.
    fn is_whole(&self, bt: &Backtrace) -> bool {
        let first = |pc| self.symbols.function_at(pc).map(|s| s.linkage_name);
        let last = bt.frames.last().unwrap().pc;
        let end = first(last).unwrap_or_default();
        bt.end == BacktraceEnd::Outermost && ["vPortTaskWrapper", "port_task_returned"].contains(&&*end)
    }

    fn look(&self, sum: &mut Sum, at: u64) {
        let (mem, s) = (self.mem(), self.tasks());
        let cores = [0, 1].map(|c| self.context(c));
        sum.instants += 1;
        if !s.started {
            sum.early += 1;
            assert!(s.remark().unwrap().contains("does not run yet"));
            return;
        }
        match &s.inconsistency {
            Some(why) => {
                assert!(s.remark().unwrap().contains("in the middle of a list update"));
                sum.inconsistency.push(format!("{at} us: {why}"));
            }
            None => assert_eq!(s.expected, Some(s.tasks.len() as u32), "{at} us"),
        }
        for t in &s.tasks {
            assert!(!t.name.is_empty() && t.stack.start != 0, "{at} us: {t:?}");
            let bt = rtos::backtrace(&self.rtos, &mem, t, &cores);
            sum.traces += 1;
            if !self.is_whole(&bt) {
                let pcs: Vec<_> = bt.frames.iter().map(|f| format!("{:x}", f.pc)).collect();
                sum.bad.push(format!(
                    "{at} us: {} ({}): {} {:?} {}",
                    t.name,
                    t.state,
                    pcs.join(" "),
                    self.names(&bt),
                    bt.end
                ));
            }
        }
    }
}

#[test]
fn tasks_and_backtraces_hold_at_random_instants() {
    let full = std::env::var_os("ESPLENS_FULL").is_some();
    let only = std::env::var("ESPLENS_ONLY").ok();
    for name in IMAGES.into_iter().filter(|n| only.as_deref().is_none_or(|o| o == *n)) {
        let Some(mut b) = Bench::open(name) else { continue };
        let (mut random, mut sum, mut at) = (Random(7), Sum::default(), 0);
        for _ in 0..if full { 200 } else { 25 } {
            at += 1 + random.below(if full { 12_000 } else { 60_000 }) * TICKS_PER_US / 7;
            b.machine.run(at * 7);
            b.look(&mut sum, at * 7 / TICKS_PER_US);
        }
        eprintln!(
            "{name}: {} instants, {} before the scheduler, {} in a list update, {} of {} backtraces whole",
            sum.instants,
            sum.early,
            sum.inconsistency.len(),
            sum.traces - sum.bad.len(),
            sum.traces
        );
        sum.inconsistency.iter().chain(&sum.bad).for_each(|line| eprintln!("  {line}"));
        assert!(sum.traces > 40 && sum.bad.len() * 100 <= sum.traces, "{name}");
        assert!(sum.inconsistency.len() * 5 <= sum.instants, "{name}");
    }
}

/// The addresses that a debugger gives by `qSymbol` suffice: tasks and states are those that the types give.
#[test]
fn addresses_alone_give_the_same_tasks() {
    for name in IMAGES {
        let Some(mut b) = Bench::open(name) else { continue };
        b.machine.run(900_000 * TICKS_PER_US);
        let known = rtos::WANTED.into_iter().filter_map(|n| Some((n.to_string(), b.symbols.symbol(n)?.addr)));
        let bare = Rtos::find(Arc::new(rtos::Addresses(known.collect()))).expect("a kernel");
        let mem = b.mem();
        let tasks = |r: &Rtos| {
            let s = r.snapshot(&mem, [None; 2]);
            assert_eq!((s.started, &s.inconsistency), (true, &None), "{name}");
            // Only a type shows that a task in the list of suspended tasks waits for a notification.
            let word = |t: &rtos::Task| match t.state.word() {
                "suspended" => "blocked",
                word => word,
            };
            s.tasks.iter().map(|t| (t.tcb, t.name.clone(), word(t), t.priority)).collect::<Vec<_>>()
        };
        assert_eq!(tasks(&bare), tasks(&b.rtos), "{name}");
    }
}

#[test]
fn objects_timers_and_heaps_of_the_demo_are_told() {
    let Some(mut b) = Bench::open("demo") else { return };
    b.machine.run(400_000 * TICKS_PER_US);
    let mem = b.mem();
    let tasks = b.rtos.snapshot(&mem, [None; 2]);
    let queues = rtos::queues(&b.rtos, &mem, &tasks);
    let named = |name: &str| queues.iter().find(|q| q.name.as_deref() == Some(name)).unwrap();
    assert_eq!((named("messages").length, named("messages").kind), (8, rtos::QueueKind::Queue));
    assert_eq!(named("shared").kind, rtos::QueueKind::Mutex);
    assert_eq!(named("messages").receivers, [tasks.find("consumer").unwrap().tcb]);
    let (timers, inconsistency) = rtos::timers(&b.rtos, &mem);
    assert_eq!(
        (timers.len(), timers[0].name.as_str(), timers[0].reload, inconsistency),
        (1, "heartbeat", true, None)
    );
    let heap = &rtos::heaps(&b.rtos, &mem)[0];
    assert!(
        heap.kind == rtos::HeapKind::Heap4 && heap.largest <= heap.free && heap.largest > 1024,
        "{heap:?}"
    );
}

#[test]
fn idfs_heaps_add_up() {
    for (name, kind) in
        [("idf-4.0-httpd-wifi", rtos::HeapKind::MultiHeap), ("idf-6.1-dht", rtos::HeapKind::Tlsf)]
    {
        let Some(mut b) = Bench::open(name) else { return };
        b.machine.run(700_000 * TICKS_PER_US);
        let mem = b.mem();
        let heaps = rtos::heaps(&b.rtos, &mem);
        assert!(heaps.len() >= 3, "{name}: {heaps:?}");
        for h in heaps {
            assert!(h.kind == kind && h.inconsistency.is_none() && h.minimum <= h.free, "{name}: {h:?}");
            assert!(h.largest <= h.free + 4 && (h.free < 16 || h.largest > 0), "{name}: {h:?}");
        }
    }
}

/// RAM contains the kernel's data of before the reset until start-up code clears it. That kernel must not count as
/// running.
#[test]
fn a_reset_ends_the_tasks() {
    let Some(mut b) = Bench::open("idf-6.1-coredump") else { return };
    esplens_testkit::uart_until(&mut b.machine, "CORE DUMP END");
    let (mut resets, mut stale, mut at) = (0, 0, b.machine.now());
    let tasks = |b: &Bench| {
        let (mem, s) = (b.mem(), b.tasks());
        let objects = rtos::queues(&b.rtos, &mem, &s).len() + rtos::heaps(&b.rtos, &mem).len();
        (s.started, s.tasks.len(), objects, b.rtos.running(&mem, 0))
    };
    assert_eq!(tasks(&b).1, 5);
    for _ in 0..4000 {
        at += 100 * TICKS_PER_US;
        if matches!(b.machine.run(at), RunExit::Reset(..)) {
            resets += 1;
        }
        let (started, count, objects, running) = tasks(&b);
        if resets > 0 && started {
            assert!(stale > 50 && running.is_some() && count > 0, "{stale} {count}");
            return;
        }
        if resets > 0 {
            assert_eq!(running, None);
            let flag = b.symbols.symbol("xSchedulerRunning").unwrap().addr;
            if b.mem().u32(flag) == Some(1) {
                assert_eq!((count, objects), (0, 0), "{stale}");
                stale += 1;
            }
        }
    }
    panic!("{resets} resets, never started again");
}

/// Walking a heap block by block finds the free blocks that its lists contain.
#[test]
fn heap_blocks_agree_with_the_lists_of_free_ones() {
    for name in
        ["idf-3.2-hello", "idf-4.0-httpd-wifi", "idf-4.3-gpio", "idf-5.3-blink", "idf-6.1-dht", "demo"]
    {
        let Some(mut b) = Bench::open(name) else { return };
        b.machine.run(700_000 * TICKS_PER_US);
        let mem = b.mem();
        let heaps = rtos::heaps(&b.rtos, &mem);
        assert!(!heaps.is_empty(), "{name}");
        for h in heaps {
            let (mut at, mut free, mut largest, mut used) = (h.start, 0, 0, 0);
            while at < h.end {
                let Some(block) = rtos::heap_block(&b.rtos, &mem, at) else {
                    at += 4;
                    continue;
                };
                let bytes = if h.kind == rtos::HeapKind::Heap4 { block.size + 16 } else { block.size };
                (free, largest) = if block.free { (free + 1, largest.max(bytes)) } else { (free, largest) };
                used += u32::from(!block.free);
                at = block.start + block.size.max(4);
            }
            // The end markers of multi_heap's and TLSF's lists are blocks of no size.
            assert!((h.blocks..h.blocks + 2).contains(&free), "{name}: {free} free blocks: {h:?}");
            assert_eq!(largest, h.largest, "{name}: {h:?}");
            assert!(used > 0 || h.free > 0, "{name}: {h:?}");
        }
    }
}
