//! `frame`, `up`, `down`, and what `info` says about the frame that is looked at.

use super::stack::{self, Level, Present};
use super::{Error, Result};
use crate::rtos::Rtos;
use crate::supervisor::{Client, Gone, Handle, Session};
use crate::symbols::{Format, Memory, SourcePaths, Symbols};
use crate::unwind::{Backtrace, MachineMemory, SourceView};
use clap::Args;
use std::sync::Arc;

/// Shows the stack frame that is looked at, or looks at another one: the one with this number in `bt`.
#[derive(Debug, Args)]
pub struct Frame {
    /// Number, as `bt` shows it; nothing: the one looked at.
    number: Option<usize>,
}

/// Looks at the frame that called this one.
#[derive(Debug, Args)]
pub struct Up {
    /// Frames.
    #[arg(default_value_t = 1)]
    count: usize,
}

/// Looks at the frame that this one called.
#[derive(Debug, Args)]
pub struct Down {
    /// Frames.
    #[arg(default_value_t = 1)]
    count: usize,
}

impl Frame {
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

/// What is known of the firmware.
pub struct Known {
    pub symbols: Arc<Symbols>,
    pub rtos: Option<Arc<Rtos>>,
}

impl Known {
    pub fn of(handle: &Handle) -> Self {
        Self { symbols: handle.symbols().current(), rtos: handle.rtos() }
    }
}

/// The stack of the core that stopped last, with the level that a client looks at.
pub struct Stack {
    pub trace: Backtrace,
    pub levels: Vec<Level>,
    pub at: usize,
}

impl Stack {
    pub fn of(s: &Session, known: &Known, by: &Client) -> Self {
        let mem = MachineMemory { machine: s.machine(), core: s.last_core() };
        let trace = stack::of_core(s, known.rtos.as_deref(), &known.symbols);
        let levels = stack::levels(&trace, Some(&Present { symbols: &known.symbols, mem: &mem }));
        let at = s.frame_of(by).min(levels.len() - 1);
        Self { trace, levels, at }
    }

    /// The level looked at.
    pub fn level(&self) -> &Level {
        &self.levels[self.at]
    }

    /// The level looked at as GDB shows it.
    fn shown(&self) -> Shown {
        let place = self.level().place().map(|(file, line)| (file.to_string(), line));
        Shown { text: format!("#{:<3}{}\n", self.at, self.level().text()), place }
    }
}

/// A level of a stack in words, with its file and line.
struct Shown {
    text: String,
    place: Option<(String, u32)>,
}

impl Shown {
    /// Appends the source line, where the file is here.
    fn with_source(self, handle: &Handle) -> String {
        let line = self.place.map(|(file, line)| source_line(&handle.symbols().sources(), &file, line));
        self.text + &line.unwrap_or_default()
    }
}

/// Looks at the frame that `pick` chooses from the present one and the outermost, and shows it.
fn choose(
    handle: &Handle,
    pick: impl FnOnce(usize, usize) -> std::result::Result<usize, String> + Send + 'static,
) -> Result {
    let (known, by) = (Known::of(handle), handle.client().clone());
    let shown = handle.call(move |s| -> std::result::Result<_, String> {
        let mut stack = Stack::of(s, &known, &by);
        stack.at = pick(stack.at, stack.levels.len() - 1)?;
        s.choose_frame(&by, stack.at);
        Ok(stack.shown())
    })?;
    Ok(shown.map_err(Error::User)?.with_source(handle))
}

/// The PC of the frame looked at, inside the call for a return address.
pub fn pc(handle: &Handle) -> std::result::Result<u32, Gone> {
    let (known, by) = (Known::of(handle), handle.client().clone());
    handle.call(move |s| {
        let stack = Stack::of(s, &known, &by);
        stack.trace.frames[stack.level().frame].lookup()
    })
}

/// A source line as GDB shows it; nothing where the file is not here.
pub fn source_line(sources: &SourcePaths, file: &str, line: u32) -> String {
    sources.source_line(file, line).map_or(String::new(), |text| format!("{line}\t{text}\n"))
}

/// Where the core that stopped last stands: function and line, with the line's text.
pub fn whereabouts(handle: &Handle) -> Result {
    let (known, by) = (Known::of(handle), handle.client().clone());
    Ok(handle.call(move |s| Stack::of(s, &known, &by).shown())?.with_source(handle))
}

/// `info locals` and `info args`: the variables or the parameters of the frame looked at, a line each.
pub fn locals(handle: &Handle, parameters: bool) -> Result {
    let (known, by) = (Known::of(handle), handle.client().clone());
    Ok(handle.call(move |s| {
        let stack = Stack::of(s, &known, &by);
        let mem = MachineMemory { machine: s.machine(), core: s.last_core() };
        let (symbols, level) = (&known.symbols, stack.level());
        let view = SourceView::of(&stack.trace.frames, level.frame, &mem);
        let pc = crate::symbols::Frame::pc(&view);
        let all = symbols.locals_at(pc, level.inlined).into_iter().filter(|l| l.parameter == parameters);
        let memory: &dyn Memory = crate::symbols::Frame::memory(&view);
        let lines: String = all
            .map(|local| {
                let value = symbols.local_value(&local, &view);
                let shown = value.map_or_else(
                    |error| format!("<{error}>"),
                    |value| symbols.format(&value, memory, &Format::default()),
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
