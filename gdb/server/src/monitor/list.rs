//! `list`: source text around an address or location.

use super::{Error, Result, frame};
use clap::Args;
use esplens_supervisor::Handle;

/// Number of lines shown.
const LINES: u32 = 10;

/// Shows source text.
#[derive(Debug, Args)]
pub struct List {
    /// Address, function or FILE:LINE; without argument: the selected frame.
    location: Option<String>,
}

impl List {
    pub fn run(&self, handle: &Handle) -> Result {
        let symbols = handle.symbols().current();
        let user = |e: esplens_debuginfo::symbols::SymbolError| Error::User(e.to_string());
        let addr = match &self.location {
            Some(l) => symbols.find(l).map_err(user)?.first().copied(),
            None => Some(frame::pc(handle)?),
        };
        let addr = addr.ok_or_else(|| Error::User("no such location".into()))?;
        let place = symbols.line_at(addr);
        let (file, line) = place.ok_or_else(|| Error::User(format!("no line is known for {addr:#010x}")))?;
        let title = format!("{addr:#010x} is in {file}:{line}\n");
        let Some(text) = handle.symbols().sources().text(&file) else {
            return Ok(format!("{title}(source file not found: directory DIR or substitute-path FROM TO)\n"));
        };
        let first = line.saturating_sub(LINES / 2).max(1);
        let rows = text.lines().enumerate().skip(first as usize - 1).take(LINES as usize);
        let mark = |n: usize| if n + 1 == line as usize { '>' } else { ' ' };
        Ok(title + &rows.map(|(n, l)| format!("{}{:5} {l}\n", mark(n), n + 1)).collect::<String>())
    }
}
