//! Addresses of the kernel's variables and layouts of its structures.

use super::list::Lists;
use super::source::SymbolSource;
use crate::unwind::{ReadMemory, Words};
use esplens_core::cpu::RESET_VECTOR;
use std::ops::Range;

/// Length of a task's name if no type is known: ESP-IDF's default.
const NAME_LEN: u32 = 16;
/// Members that may follow the name; the distance to them gives its length.
const NAME_FOLLOWERS: [&str; 6] =
    ["xCoreID", "pxEndOfStack", "uxCriticalNesting", "uxTCBNumber", "uxBasePriority", "ulRunTimeCounter"];
/// Most ready lists that are searched for if the symbol has no size.
const MAX_READY: u32 = 64;
/// The mask ROM from its reset vector to its call of `main`: the stack pointer is not set yet.
const RESET_CODE: Range<u32> = RESET_VECTOR..0x4000_0740;
/// The stacks of both cores that the mask ROM sets up and that the bootloader and the application's start-up code keep
/// using. The heap takes over this memory once the scheduler runs.
const BOOT_STACKS: Range<u32> = 0x3FFE_0440..0x3FFE_5231;

/// Offsets in a task's control block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tcb {
    /// `xStateListItem` (`xGenericListItem` before V9).
    pub state_item: u32,
    /// `xEventListItem`.
    pub event_item: u32,
    /// `uxPriority`.
    pub priority: u32,
    /// `pxStack`: the stack's lowest address.
    pub stack: u32,
    /// `pcTaskName`.
    pub name: u32,
    /// Bytes of the name.
    pub name_len: u32,
    /// `pxEndOfStack`.
    pub end: Option<u32>,
    /// `xCoreID`, of IDF's kernel.
    pub core: Option<u32>,
    /// `uxCoreAffinityMask`, of the SMP kernels.
    pub affinity: Option<u32>,
    /// `uxBasePriority`.
    pub base_priority: Option<u32>,
    /// `ulRunTimeCounter` and its size.
    pub run_time: Option<(u32, u32)>,
    /// `ucNotifyState[0]` (`eNotifyState`).
    pub notify_state: Option<u32>,
    /// `uxTCBNumber`.
    pub number: Option<u32>,
    /// `xMPUSettings.coproc_area`, of IDF before 5.
    pub coproc_area: Option<u32>,
}

impl Tcb {
    fn typed(s: &dyn SymbolSource) -> Option<Self> {
        let ty = ["tskTaskControlBlock", "TCB_t", "tskTCB"]
            .into_iter()
            .find(|t| s.offset(t, "pxStack").is_some())?;
        let at = |path: &str| s.offset(ty, path);
        let after = |path: &str, next: &[&str]| {
            let start = at(path)?;
            next.iter().filter_map(|n| at(n)).filter(|n| *n > start).min().map(|n| n - start)
        };
        let name = at("pcTaskName")?;
        let run_time = at("ulRunTimeCounter").map(|o| {
            let next = ["xNewLib_reent", "xTLSBlock", "ulNotifiedValue", "ucStaticallyAllocated"];
            (o, if after("ulRunTimeCounter", &next) == Some(8) { 8 } else { 4 })
        });
        Some(Self {
            state_item: at("xStateListItem").or_else(|| at("xGenericListItem"))?,
            event_item: at("xEventListItem")?,
            priority: at("uxPriority")?,
            stack: at("pxStack")?,
            name,
            name_len: after("pcTaskName", &NAME_FOLLOWERS).unwrap_or(NAME_LEN).min(64),
            end: at("pxEndOfStack"),
            core: at("xCoreID"),
            affinity: at("uxCoreAffinityMask"),
            base_priority: at("uxBasePriority"),
            run_time,
            notify_state: at("ucNotifyState")
                .or_else(|| at("eNotifyState"))
                .or_else(|| at("ucNotifyState[0]")),
            number: at("uxTCBNumber"),
            coproc_area: at("xMPUSettings.coproc_area"),
        })
    }

    /// Derives the layout of a TCB whose state item is at offset `state_item`, from the order of members in every
    /// kernel since V8. The offset of the name is found by reading a task that has one.
    fn known(mem: &dyn ReadMemory, tcb: u32, state_item: u32, lists: &Lists) -> Option<Self> {
        let event_item = state_item + lists.item;
        let priority = event_item + lists.item;
        let stack = priority + 4;
        // V11's SMP kernel has two words between stack and name.
        let name = [stack + 4, stack + 12].into_iter().find(|o| is_name(mem, tcb.wrapping_add(*o)))?;
        let smp = name > stack + 4;
        let core = name + NAME_LEN;
        // Newer single-core kernels have no core number there, but already the end of the stack.
        let word = |o: u32| mem.u32(tcb.wrapping_add(o)).unwrap_or(0);
        let is_end = super::list::is_object(word(core)) && word(core) > word(stack);
        let pinned = !(smp || is_end);
        Some(Self {
            state_item,
            event_item,
            priority,
            stack,
            name,
            name_len: NAME_LEN,
            end: Some(if pinned { core + 4 } else { core }),
            core: pinned.then_some(core),
            affinity: (smp && state_item == 8).then_some(4),
            ..Self::default()
        })
    }
}

fn is_name(mem: &dyn ReadMemory, at: u32) -> bool {
    mem.bytes::<16>(at).is_some_and(|b| {
        let len = b.iter().position(|c| *c == 0).unwrap_or(16);
        len > 0 && b[..len].iter().all(|c| (0x20..0x7F).contains(c))
    })
}

/// Addresses and layouts of a FreeRTOS kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Lists and their items.
    pub lists: Lists,
    /// Layout of control blocks, if their type is known.
    pub tcb: Option<Tcb>,
    /// `pxCurrentTCBs`.
    pub current: u32,
    /// Cores that the kernel schedules.
    pub cores: usize,
    /// Address of `pxReadyTasksLists` and the number of lists; 0 if unknown.
    pub ready: (u32, u32),
    /// Both lists of delayed tasks.
    pub delayed: Vec<u32>,
    /// `pxOverflowDelayedTaskList`: points to the list that applies after the tick counter's overflow.
    pub overflow: Option<u32>,
    /// `xPendingReadyList`, one in all or one per core; its items are event items.
    pub pending: Vec<u32>,
    /// `xSuspendedTaskList`.
    pub suspended: Option<u32>,
    /// `xTasksWaitingTermination`.
    pub deleted: Option<u32>,
    /// `uxCurrentNumberOfTasks`.
    pub count: Option<u32>,
    /// `xSchedulerRunning`.
    pub scheduler: Option<u32>,
    /// `port_xSchedulerRunning`, one word per core (IDF).
    pub port_scheduler: Option<u32>,
    /// `xTickCount`.
    pub tick: Option<u32>,
}

impl Layout {
    /// Finds the kernel by its symbols. Returns `None` without FreeRTOS.
    pub fn find(s: &dyn SymbolSource) -> Option<Self> {
        let lists = Lists::find(s);
        let (current, size) = s.symbol("pxCurrentTCBs").or_else(|| s.symbol("pxCurrentTCB"))?;
        let (ready, ready_size) = ["pxReadyTasksLists", "pxReadyTasksList", "xReadyTasksLists"]
            .into_iter()
            .find_map(|name| s.symbol(name))?;
        let at = |name: &str| s.symbol(name).map(|v| v.0);
        let pending = s.symbol("xPendingReadyList").map_or(Vec::new(), |(at, size)| {
            (0..(size / lists.size).clamp(1, 2)).map(|n| at + n * lists.size).collect()
        });
        Some(Self {
            tcb: Tcb::typed(s),
            current,
            cores: if size == 4 { 1 } else { 2 },
            ready: (ready, ready_size / lists.size),
            delayed: ["xDelayedTaskList1", "xDelayedTaskList2"].into_iter().filter_map(at).collect(),
            overflow: at("pxOverflowDelayedTaskList"),
            pending,
            suspended: at("xSuspendedTaskList"),
            deleted: at("xTasksWaitingTermination"),
            count: at("uxCurrentNumberOfTasks"),
            scheduler: at("xSchedulerRunning"),
            port_scheduler: at("port_xSchedulerRunning"),
            tick: at("xTickCount"),
            lists,
        })
    }

    /// Returns true if the type of control blocks is known.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        self.tcb.is_some()
    }

    /// Returns the addresses of the initialised ready lists, lowest priority first.
    pub fn ready_lists(&self, mem: &dyn ReadMemory) -> Vec<u32> {
        let (at, n) = self.ready;
        let all = (0..if n == 0 { MAX_READY } else { n.min(MAX_READY) }).map(|i| at + i * self.lists.size);
        all.take_while(|at| self.lists.is_list(mem, *at)).collect()
    }

    /// Returns the layout of control blocks; without type information it is derived from the first item in any list.
    pub fn tcb(&self, mem: &dyn ReadMemory) -> Option<Tcb> {
        if self.tcb.is_some() {
            return self.tcb;
        }
        let state_lists =
            self.ready_lists(mem).into_iter().chain(self.delayed.iter().copied()).chain(self.suspended);
        let first = state_lists.filter_map(|at| self.lists.walk(mem, at).items.first().copied()).next()?;
        let offset = first.at.wrapping_sub(first.owner);
        (offset > 0 && offset <= 64).then(|| Tcb::known(mem, first.owner, offset, &self.lists))?
    }

    /// Returns true while a core is between reset and the application's `main`. RAM still contains the kernel's data of
    /// before the reset, until start-up code clears it.
    pub fn boots(&self, mem: &dyn ReadMemory, core: usize) -> bool {
        let Some((pc, sp)) = mem.core(core) else { return false };
        RESET_CODE.contains(&pc) || (BOOT_STACKS.contains(&sp) && !self.is_in_task(mem, core, sp))
    }

    /// Returns true for an address in the stack of the core's current task.
    fn is_in_task(&self, mem: &dyn ReadMemory, core: usize, sp: u32) -> bool {
        let Some(tcb) = mem.u32(self.current + 4 * core as u32).filter(|t| super::list::is_object(*t)) else {
            return false;
        };
        let word = |o: u32| mem.u32(tcb.wrapping_add(o));
        self.tcb(mem).is_some_and(|t| {
            let end = t.end.and_then(word).unwrap_or(u32::MAX);
            word(t.stack).is_some_and(|start| (start..=end.saturating_add(15)).contains(&sp))
        })
    }

    /// Returns true once the scheduler runs on any core.
    pub fn started(&self, mem: &dyn ReadMemory) -> bool {
        self.flagged(mem) && !self.boots(mem, 0)
    }

    /// Returns true after a reset, as long as memory contains the kernel's data of before the reset.
    pub fn is_stale(&self, mem: &dyn ReadMemory) -> bool {
        self.flagged(mem) && self.boots(mem, 0)
    }

    fn flagged(&self, mem: &dyn ReadMemory) -> bool {
        let flag = |at: Option<u32>| at.and_then(|at| mem.u32(at));
        match flag(self.scheduler) {
            // A value other than 0 and 1 is uninitialised memory.
            Some(value) => value == 1,
            None => flag(self.port_scheduler) == Some(1),
        }
    }

    /// Returns the address of each core's pointer to the running task's control block; 0 for a core without tasks.
    #[must_use]
    pub fn words(&self) -> [u32; 2] {
        [self.current, if self.cores > 1 { self.current + 4 } else { 0 }]
    }

    /// Returns the task that a core runs.
    pub fn running(&self, mem: &dyn ReadMemory, core: usize) -> Option<u32> {
        if core >= self.cores || !self.started(mem) {
            return None;
        }
        let word = 4 * core as u32;
        if self.port_scheduler.is_some_and(|at| mem.u32(at + word) == Some(0)) || self.boots(mem, core) {
            return None;
        }
        mem.u32(self.current + word).filter(|tcb| super::list::is_object(*tcb))
    }
}
