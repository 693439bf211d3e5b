//! Names, lines and source text for a sample: needs no machine, so it is done on the client's thread.

use super::Known;
use crate::dash::source::Sources;
use crate::dash::wire::*;
use esplens_gdb::symbols::Symbols;

/// Symbols without a size (the mask ROM's) hold for so many bytes.
const FAR: u32 = 0x80;

/// Adds what symbols and source files tell.
pub fn add(sample: &mut Sample, known: &Known, sources: &mut Sources) {
    let Some(symbols) = &known.symbols else { return };
    for core in 0..2 {
        sample.at[core] = place(symbols, sample.pc[core]);
    }
    for frame in &mut sample.frames {
        name_frame(symbols, frame);
    }
    if let Some(code) = &mut sample.code {
        name_code(symbols, code, sources);
    }
}

/// `function at file:line`, or the function alone.
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

/// A path's last part.
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
    for line in &mut code.lines {
        if let Some(to) = line.to {
            let near = |s: &esplens_gdb::symbols::Symbol| to.wrapping_sub(s.addr) < s.size.max(FAR);
            let name = symbols.symbol_at(to).filter(near).map(|s| s.with_offset(to));
            line.target = name.or(line.target.take());
        }
        line.label = symbols.function_at(line.addr).filter(|f| f.addr == line.addr).map(|f| f.name);
        let here = symbols.line_at(line.addr);
        if here.is_some() && here != last {
            let (file, number) = here.clone().unwrap_or_default();
            let text = sources.line(&file, number).unwrap_or_default();
            line.source = Some((format!("{}:{number}", base(&file)), text));
        }
        last = here;
    }
}
