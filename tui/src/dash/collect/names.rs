//! Names, lines and source text for a sample. This needs no machine and runs on the client's thread.

use super::KnownFirmware;
use crate::dash::source::Sources;
use crate::dash::wire::*;
use esplens_debuginfo::symbols::Symbols;
use std::collections::BTreeMap;

/// Assumed maximum size in bytes of symbols without a size (the mask ROM's).
const FAR: u32 = 0x80;

/// Message for a missing source file.
pub const MISSING: &str = "source not found: type \":directory DIR\" to say where it is";

/// Adds data from symbols and source files, with `around` lines of source around the shown code.
pub fn add(sample: &mut Sample, known: &KnownFirmware, sources: &mut Sources, around: usize) {
    let Some(symbols) = &known.symbols else { return };
    for core in 0..2 {
        sample.at[core] = place(symbols, sample.pc[core]);
    }
    for frame in &mut sample.frames {
        name_frame(symbols, frame);
    }
    for point in sample.points.iter_mut().filter(|p| p.kind == "break") {
        let place = place(symbols, point.addr).replace(" at ", " ");
        // Function and line come first: the address is least important.
        if !place.is_empty() {
            point.note = point.note.replacen(&format!("{:#010x}", point.addr), &place, 1);
        }
    }
    if let Some(code) = &mut sample.code {
        name_code(symbols, code, sources);
        add_source(symbols, code, sources, around);
    }
}

/// Returns `function at file:line`, or only the function.
#[must_use]
pub fn place(symbols: &Symbols, pc: u32) -> String {
    let frames = symbols.frames_at(pc);
    let Some(first) = frames.first() else {
        return symbols.function_at(pc).map_or(String::new(), |f| f.with_offset(pc));
    };
    let name = first.function.clone().unwrap_or_else(|| "??".into());
    match (&first.file, first.line) {
        (Some(file), Some(line)) => format!("{name} at {}:{line}", base(file)),
        _ => name,
    }
}

/// Returns the last component of a path.
fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn name_frame(symbols: &Symbols, frame: &mut FrameSample) {
    let found = symbols.frames_at(frame.lookup);
    let names: Vec<&str> = found.iter().filter_map(|f| f.function.as_deref()).collect();
    frame.name = match names.is_empty() {
        true => symbols.function_at(frame.lookup).map_or(String::new(), |f| f.with_offset(frame.lookup)),
        false => names.join(" < "),
    };
    if let Some((file, line)) = found.into_iter().next().and_then(|f| Some((f.file?, f.line?))) {
        frame.line = format!("{}:{line}", base(&file));
    }
}

fn name_code(symbols: &Symbols, code: &mut CodeSample, sources: &mut Sources) {
    let mut last = None;
    // The line at the anchor shows the message if its file is missing.
    let (mut here_is, mut missing) = (0, Vec::new());
    for (n, line) in code.lines.iter_mut().enumerate() {
        if let Some(to) = line.to {
            let near = |s: &esplens_debuginfo::symbols::Symbol| to.wrapping_sub(s.addr) < s.size.max(FAR);
            let name = symbols.symbol_at(to).filter(near).map(|s| s.with_offset(to));
            line.target = name.or(line.target.take());
        }
        line.label = symbols.function_at(line.addr).filter(|f| f.addr == line.addr).map(|f| f.name);
        let here = symbols.line_at(line.addr);
        if here.is_some() && here != last {
            let (file, number) = here.clone().unwrap_or_default();
            let text = sources.line(&file, number);
            if text.is_none() {
                missing.push(n);
            }
            if n <= code.anchor {
                here_is = n;
            }
            line.source = Some((format!("{}:{number}", base(&file)), text.unwrap_or_default()));
        }
        last = here;
    }
    if missing.contains(&here_is)
        && let Some((_, text)) = code.lines.get_mut(here_is).and_then(|l| l.source.as_mut())
    {
        *text = MISSING.into();
    }
}

/// Adds the lines of the source file around the shown code.
fn add_source(symbols: &Symbols, code: &mut CodeSample, sources: &mut Sources, around: usize) {
    let anchor = code.lines.get(code.anchor).filter(|_| around > 0).map(|l| l.addr);
    let Some((file, line)) = anchor.and_then(|addr| symbols.line_at(addr)) else { return };
    let mut first: BTreeMap<u32, u32> = BTreeMap::new();
    for l in &code.lines {
        if let Some((_, number)) = symbols.line_at(l.addr).filter(|(f, _)| *f == file) {
            let at = first.entry(number).or_insert(l.addr);
            *at = (*at).min(l.addr);
        }
    }
    let from = line.saturating_sub(around as u32).max(1);
    let lines = (from..line + around as u32).map_while(|n| Some((n, sources.line(&file, n)?)));
    code.text =
        lines.map(|(number, text)| SourceLine { number, text, addr: first.get(&number).copied() }).collect();
    code.file = base(&file).into();
}
