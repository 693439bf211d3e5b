//! Sample data that needs symbols and must be read on the machine's thread: stacks, locals, tasks, watch expressions.

use super::KnownFirmware;
use crate::dash::wire::*;
use esplens_debuginfo::rtos::{self, Rtos, Task, TaskState};
use esplens_debuginfo::symbols::{FrameContext as _, Number, Symbols, Value, ValueFormat, ValueMemory};
use esplens_debuginfo::unwind::{Backtrace, BacktraceEnd, Context, SourceView, UnwindNames};
use esplens_soc::machine::Machine;
use esplens_supervisor::MachineMemory;
use std::collections::BTreeMap;

/// Maximum number of frames of a stack.
const MAX_FRAMES: usize = 64;
/// Maximum number of watch expressions.
const MAX_WATCHES: usize = 50;
/// Number of parts of a value shown at a time.
const PAGE: usize = 32;
/// Maximum number of values of all watch expressions together.
const MAX_VALUES: usize = 2000;
/// Maximum number of locals of a frame.
const MAX_LOCALS: usize = 64;

/// Format of values in one line.
const FORMAT: ValueFormat = ValueFormat { depth: 2, elements: 16, length: 160, hex: false };

/// Returns the requested stack, newest frame first.
fn walk(m: &Machine, known: &KnownFirmware, want: &FramesQuery) -> Option<Backtrace> {
    let core = want.core & 1;
    let mem = MachineMemory { machine: m, core };
    let cores = [Context::of_core(m.cpu(0), 0), Context::of_core(m.cpu(1), 1)];
    let rtos = known.rtos.as_deref();
    if let (Some(tcb), Some(rtos)) = (want.task, rtos) {
        let tasks = snapshot(rtos, m);
        let task = tasks.tasks.iter().find(|t| t.tcb == tcb)?;
        return Some(rtos::backtrace(rtos, &mem, task, &cores));
    }
    let names: &dyn UnwindNames = match &known.symbols {
        Some(symbols) => &**symbols,
        None => &(),
    };
    Some(rtos::core_backtrace(rtos, &mem, names, &cores[core]))
}

fn snapshot(rtos: &Rtos, m: &Machine) -> rtos::Snapshot {
    let mem = MachineMemory { machine: m, core: 0 };
    rtos.snapshot(&mem, std::array::from_fn(|core| Some(m.cpu(core).a(1))))
}

/// Returns the frames, with the locals of one of them, and the watch expressions in that frame.
pub fn stacks(m: &Machine, known: &KnownFirmware, want: &DebugQuery) -> (Vec<FrameSample>, Vec<Tree>) {
    let (core, task, frame) = want.context;
    let default = FramesQuery { core, task, frame, max: 0 };
    let frames_want = want.frames.as_ref().unwrap_or(&default);
    if want.frames.is_none() && want.watches.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let Some(trace) = walk(m, known, frames_want) else { return (Vec::new(), Vec::new()) };
    let core = frames_want.core & 1;
    let memory = |addr: u32, buf: &mut [u8]| m.peek(core, addr, buf);
    let chosen = frames_want.frame.min(trace.frames.len() - 1);
    let mem = MachineMemory { machine: m, core };
    let walked = SourceView::of(&trace.frames, chosen, &mem);
    let mut frames: Vec<FrameSample> = match &want.frames {
        Some(want) => trace.frames.iter().take(want.max.min(MAX_FRAMES)).map(frame_sample).collect(),
        None => Vec::new(),
    };
    if let (Some(last), BacktraceEnd::Corrupt(why)) = (frames.last_mut(), &trace.end) {
        last.note = why.clone();
    }
    let Some(symbols) = &known.symbols else { return (frames, missing(&want.watches)) };
    if let Some(frame) = frames.get_mut(chosen) {
        frame.locals = locals(symbols, &walked);
    }
    let mut unfold = Unfold { symbols, memory: &memory, open: &want.open, left: MAX_VALUES };
    let watches =
        want.watches.iter().take(MAX_WATCHES).map(|text| watch(&mut unfold, text, &walked)).collect();
    (frames, watches)
}

fn missing(watches: &[String]) -> Vec<Tree> {
    let tree = |name: &String| Tree { name: name.clone(), value: "no symbols".into(), ..Tree::default() };
    watches.iter().map(tree).collect()
}

fn frame_sample(f: &esplens_debuginfo::unwind::StackFrame) -> FrameSample {
    FrameSample { pc: f.pc, lookup: f.lookup(), sp: f.sp(), ..FrameSample::default() }
}

/// Returns parameters and variables of the innermost call at a frame's PC, inlined calls first.
fn locals(symbols: &Symbols, walked: &SourceView) -> Vec<Tree> {
    let levels = symbols.frames_at(walked.pc()).len().clamp(1, 8);
    let all = (0..levels).flat_map(|level| symbols.locals_at(walked.pc(), level)).take(MAX_LOCALS);
    all.map(|local| match symbols.local_value(&local, walked) {
        Ok(value) => leaf(symbols, local.name.clone(), &value, walked.memory()),
        Err(error) => Tree {
            name: local.name.clone(),
            kind: symbols.type_name(local.ty),
            value: format!("<{error}>"),
            ..Tree::default()
        },
    })
    .collect()
}

fn watch(unfold: &mut Unfold, text: &str, walked: &SourceView) -> Tree {
    match unfold.symbols.evaluate(text, walked.memory(), Some(walked)) {
        Ok(value) => unfold.tree(text.into(), text, &value),
        Err(error) => Tree { name: text.into(), value: format!("<{error}>"), ..Tree::default() },
    }
}

/// Formats a value in one line.
fn leaf(symbols: &Symbols, name: String, value: &Value, memory: &dyn ValueMemory) -> Tree {
    Tree {
        name,
        kind: symbols.type_name(value.ty),
        value: symbols.format(value, memory, &FORMAT),
        spot: spot(symbols, value, memory),
        at: value.addr().filter(|_| value.bits.is_none()).zip(symbols.size_of(value.ty).ok()),
        unfolds: symbols.unfolds(value.ty),
        ..Tree::default()
    }
}

fn spot(symbols: &Symbols, value: &Value, memory: &dyn ValueMemory) -> Option<ValueLocation> {
    let (addr, number) =
        (value.addr().filter(|_| value.bits.is_none())?, symbols.number(value, memory).ok()?);
    let size = symbols.size_of(value.ty).ok().filter(|size| matches!(size, 1 | 2 | 4 | 8))?;
    // Among numbers only pointers have parts.
    let points = symbols.unfolds(value.ty).then(|| number.to_u32());
    Some(ValueLocation { addr, size: size as u8, float: matches!(number, Number::Float(..)), points })
}

/// Returns the address of an expression: the target of a pointer, the location of a variable, else its value.
pub fn address(
    m: &Machine,
    known: &KnownFirmware,
    text: &str,
    (core, task, frame): FrameRef,
) -> Result<u32, String> {
    let nowhere = || format!("{text:?} is not an address, symbol or register");
    let trace = walk(m, known, &FramesQuery { core, task, frame, max: 0 }).ok_or_else(nowhere)?;
    let chosen = trace.frames.get(frame).or(trace.frames.last()).ok_or_else(nowhere)?;
    let name = text.trim_start_matches('$').to_lowercase();
    let register = match name.as_str() {
        "pc" => Some(chosen.pc),
        "sp" => Some(chosen.sp()),
        _ => name
            .strip_prefix('a')
            .and_then(|n| n.parse().ok())
            .filter(|n| *n < 16)
            .and_then(|n| chosen.reg(n)),
    };
    let (None, Some(symbols)) = (register, &known.symbols) else { return register.ok_or_else(nowhere) };
    let memory = |addr: u32, buf: &mut [u8]| m.peek(core & 1, addr, buf);
    let mem = MachineMemory { machine: m, core: core & 1 };
    let walked = SourceView::of(&trace.frames, frame.min(trace.frames.len() - 1), &mem);
    let value = symbols.evaluate(text, &memory, Some(&walked)).map_err(|e| e.to_string())?;
    let number = symbols.number(&value, &memory).map(Number::to_u32);
    match (number, value.addr()) {
        (Ok(number), _) if symbols.unfolds(value.ty) => Ok(number),
        (_, Some(addr)) => Ok(addr),
        (number, None) => number.map_err(|e| e.to_string()),
    }
}

/// Expands values as far as they are shown.
struct Unfold<'a> {
    symbols: &'a Symbols,
    memory: &'a dyn ValueMemory,
    /// Expanded paths, with the first part shown of each.
    open: &'a BTreeMap<String, usize>,
    /// Number of values that may still be read.
    left: usize,
}

impl Unfold<'_> {
    fn tree(&mut self, name: String, path: &str, value: &Value) -> Tree {
        self.left = self.left.saturating_sub(1);
        let mut tree = leaf(self.symbols, name, value, self.memory);
        let Some(&from) = self.open.get(path).filter(|_| tree.unfolds) else { return tree };
        tree.from = from;
        // One more part is read to know whether there are more.
        let end = from.saturating_add(PAGE + 1);
        match self.symbols.children(value, self.memory, from..end) {
            Ok(parts) => {
                let shown = PAGE.min(self.left);
                tree.more = parts.len() > shown;
                for (n, part) in parts.into_iter().take(shown).enumerate() {
                    let path = part_path(path, from + n);
                    tree.parts.push(self.tree(part.name, &path, &part.value));
                }
            }
            Err(error) => tree.value = format!("{}  <{error}>", tree.value),
        }
        tree
    }
}

/// Returns all tasks, and a remark on irregularities of the list.
pub fn tasks(m: &Machine, known: &KnownFirmware) -> (Vec<TaskSample>, Option<String>) {
    let Some(rtos) = &known.rtos else {
        let why = match known.symbols {
            Some(_) => "the symbols contain no FreeRTOS: use --elf FILE with the application",
            None => "no symbols: --elf FILE",
        };
        return (Vec::new(), Some(why.into()));
    };
    let snapshot = snapshot(rtos, m);
    let note = snapshot.remark();
    (snapshot.tasks.iter().map(task).collect(), note)
}

fn task(t: &Task) -> TaskSample {
    let size = t.stack.size().unwrap_or(0);
    let (state, blocked_on) = match &t.state {
        TaskState::Running(_) => ("running", String::new()),
        TaskState::Ready => ("ready", String::new()),
        TaskState::Blocked(b) => {
            let until = b.until.map_or(String::new(), |tick| format!(" until tick {tick}"));
            ("blocked", format!("{}{until}", b.what))
        }
        TaskState::Suspended => ("suspended", String::new()),
        TaskState::Deleted => ("deleted", String::new()),
        TaskState::Moving => ("moving", String::new()),
    };
    TaskSample {
        tcb: t.tcb,
        name: t.name.clone(),
        state: state.into(),
        running: t.core(),
        affinity: t.affinity_text(),
        priority: (t.priority, t.base_priority.unwrap_or(t.priority)),
        stack: StackSample {
            low: t.stack.start,
            size,
            used: t.stack.used().unwrap_or(0),
            peak: size.saturating_sub(t.stack.never_used.unwrap_or(size)),
        },
        blocked_on,
        run_time: t.run_time.unwrap_or(0),
        overflown: t.stack.overflown(),
        sp: t.stack.sp,
    }
}
