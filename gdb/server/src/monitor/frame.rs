//! `frame`, `up`, `down`, and the parts of `info` about the selected stack frame.

use super::stack::{self, Level, Present};
use super::{Error, Result};
use clap::Args;
use esplens_debuginfo::rtos::Rtos;
use esplens_debuginfo::symbols::{SourcePaths, Symbols, ValueFormat, ValueMemory};
use esplens_debuginfo::unwind::{Backtrace, SourceView};
use esplens_supervisor::{Client, Gone, Handle, MachineMemory, Session};
use std::sync::Arc;

/// Shows the selected stack frame, or selects the one with this number in `bt`.
#[derive(Debug, Args)]
pub struct FrameCommand {
    /// Number, as shown by `bt`; without argument: show the selected frame.
    number: Option<usize>,
}

/// Selects the frame that called this one.
#[derive(Debug, Args)]
pub struct Up {
    /// Number of frames.
    #[arg(default_value_t = 1)]
    count: usize,
}

/// Selects the frame called by this one.
#[derive(Debug, Args)]
pub struct Down {
    /// Number of frames.
    #[arg(default_value_t = 1)]
    count: usize,
}

impl FrameCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        let wanted = self.number;
        choose(handle, move |now, last| match wanted {
            Some(n) if n > last => Err(format!("No frame at level {n}.")),
            wanted => Ok(wanted.unwrap_or(now)),
        })
    }
}

impl Up {
    pub fn run(&self, handle: &Handle) -> Result {
        let count = self.count;
        choose(handle, move |now, last| match now {
            now if now >= last && count > 0 => Err("Initial frame selected; you can't go up.".into()),
            now => Ok(now.saturating_add(count).min(last)),
        })
    }
}

impl Down {
    pub fn run(&self, handle: &Handle) -> Result {
        let count = self.count;
        choose(handle, move |now, _| match now {
            0 if count > 0 => Err("Bottom (innermost) frame selected; you can't go down.".into()),
            now => Ok(now.saturating_sub(count)),
        })
    }
}

/// Symbols and kernel of the firmware.
pub struct FrameSymbols {
    pub symbols: Arc<Symbols>,
    pub rtos: Option<Arc<Rtos>>,
}

impl FrameSymbols {
    pub fn of(handle: &Handle) -> Self {
        Self { symbols: handle.symbols().current(), rtos: handle.rtos() }
    }
}

/// The stack of the core that stopped last, with the level selected by a client.
pub struct SelectedStack {
    pub trace: Backtrace,
    pub levels: Vec<Level>,
    pub at: usize,
}

impl SelectedStack {
    pub fn of(s: &Session, known: &FrameSymbols, by: &Client) -> Self {
        let mem = MachineMemory { machine: s.machine(), core: s.last_core() };
        let trace = stack::of_core(s, known.rtos.as_deref(), &known.symbols);
        let levels = stack::levels(&trace, Some(&Present { symbols: &known.symbols, mem: &mem }));
        let at = s.frame_of(by).min(levels.len() - 1);
        Self { trace, levels, at }
    }

    /// Returns the selected level.
    pub fn level(&self) -> &Level {
        &self.levels[self.at]
    }

    /// Returns the selected level in GDB's format.
    fn shown(&self) -> Shown {
        let place = self.level().place().map(|(file, line)| (file.to_string(), line));
        Shown { text: format!("#{:<3}{}\n", self.at, self.level().text()), place }
    }
}

/// Description of a stack level, with its file and line.
struct Shown {
    text: String,
    place: Option<(String, u32)>,
}

impl Shown {
    /// Appends the source line if the file is available.
    fn with_source(self, handle: &Handle) -> String {
        let line = self.place.map(|(file, line)| source_line(&handle.symbols().sources(), &file, line));
        self.text + &line.unwrap_or_default()
    }
}

/// Selects the frame that `pick` returns for the current and the outermost level, and shows it.
fn choose(
    handle: &Handle,
    pick: impl FnOnce(usize, usize) -> std::result::Result<usize, String> + Send + 'static,
) -> Result {
    let (known, by) = (FrameSymbols::of(handle), handle.client().clone());
    let shown = handle.call(move |s| -> std::result::Result<_, String> {
        let mut stack = SelectedStack::of(s, &known, &by);
        stack.at = pick(stack.at, stack.levels.len() - 1)?;
        s.choose_frame(&by, stack.at);
        Ok(stack.shown())
    })?;
    Ok(shown.map_err(Error::User)?.with_source(handle))
}

/// Returns the PC of the selected frame; for a return address, a PC inside the call instruction.
pub fn pc(handle: &Handle) -> std::result::Result<u32, Gone> {
    let (known, by) = (FrameSymbols::of(handle), handle.client().clone());
    handle.call(move |s| {
        let stack = SelectedStack::of(s, &known, &by);
        stack.trace.frames[stack.level().frame].lookup()
    })
}

/// Returns a source line in GDB's format, or an empty string if the file is not available.
pub fn source_line(sources: &SourcePaths, file: &str, line: u32) -> String {
    sources.source_line(file, line).map_or(String::new(), |text| format!("{line}\t{text}\n"))
}

/// Returns the function and line at which the core that stopped last is, with the line's text.
pub fn whereabouts(handle: &Handle) -> Result {
    let (known, by) = (FrameSymbols::of(handle), handle.client().clone());
    Ok(handle.call(move |s| SelectedStack::of(s, &known, &by).shown())?.with_source(handle))
}

/// Handles `info locals` and `info args`: lists the variables or the parameters of the selected frame, one per line.
pub fn locals(handle: &Handle, parameters: bool) -> Result {
    let (known, by) = (FrameSymbols::of(handle), handle.client().clone());
    Ok(handle.call(move |s| {
        let stack = SelectedStack::of(s, &known, &by);
        let mem = MachineMemory { machine: s.machine(), core: s.last_core() };
        let (symbols, level) = (&known.symbols, stack.level());
        let view = SourceView::of(&stack.trace.frames, level.frame, &mem);
        let pc = esplens_debuginfo::symbols::FrameContext::pc(&view);
        let all = symbols.locals_at(pc, level.inlined).into_iter().filter(|l| l.parameter == parameters);
        let memory: &dyn ValueMemory = esplens_debuginfo::symbols::FrameContext::memory(&view);
        let lines: String = all
            .map(|local| {
                let value = symbols.local_value(&local, &view);
                let shown = value.map_or_else(
                    |error| format!("<{error}>"),
                    |value| symbols.format(&value, memory, &ValueFormat::default()),
                );
                format!("{} = {shown}\n", local.name)
            })
            .collect();
        match (lines.is_empty(), parameters) {
            (false, _) => lines,
            (true, true) => "No arguments.\n".into(),
            (true, false) => "No locals.\n".into(),
        }
    })?)
}
