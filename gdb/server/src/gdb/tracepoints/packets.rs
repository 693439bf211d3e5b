//! Tracepoint packets that gdbstub does not support or that would end the session (GDB manual, "Tracepoint Packets"):
//! conditions, memory ranges, trace state variables, notes, disconnected tracing.

use super::frames;
use crate::gdb::frame::{from_hex, to_hex};
use crate::gdb::packets::transfer;
use crate::gdb::target::GdbTarget;
use esplens_supervisor::tracepoints::{CollectAction, TIMESTAMP, Tracepoint};
use esplens_supervisor::{Agent, Session};
use gdbstub::target::TargetError;
use std::ops::Range;
use std::sync::Arc;

/// Maximum length of a note, in bytes.
const MAX_NOTE: usize = 1024;

/// Malformed packet.
const E16: &str = "E16";
const STEPPING: &str = "E.while-stepping is not supported";

/// Handles a packet that gdbstub cannot handle. Returns `None` for all others.
pub fn intercept(text: &str, guest: &mut GdbTarget) -> Option<Vec<u8>> {
    let answer = match text.split_once(':').unwrap_or((text, "")) {
        ("QTDP", rest) => define(rest, guest)?,
        ("QTDV", rest) => variable(rest, guest).unwrap_or(E16).into(),
        ("QTEnable", rest) => enable(rest, guest, true).unwrap_or(E16).into(),
        ("QTDisable", rest) => enable(rest, guest, false).unwrap_or(E16).into(),
        ("QTro", rest) => read_only(rest, guest).unwrap_or(E16).into(),
        ("QTDisconnected", rest) => disconnected(rest, guest).unwrap_or(E16).into(),
        ("QTNotes", rest) => notes(rest, guest).unwrap_or(E16).into(),
        ("QTSave", _) => "E.files on the emulator's host are not written: use tsave without -r".into(),
        ("qTV", rest) => value(rest, guest).unwrap_or(E16.into()),
        ("qTfV" | "qTsV", _) => list_variables(text == "qTfV", guest),
        ("qXfer", rest) if rest.starts_with("traceframe-info:read::") => {
            return Some(match guest.frame() {
                Some(frame) => transfer(&frames::info(&frame), text),
                None => b"E01".to_vec(),
            });
        }
        // A trace frame is read-only and its memory cannot be searched.
        ("qSearch" | "qCRC", _) if guest.frame().is_some() => "E01".into(),
        _ => return None,
    };
    Some(answer.into_bytes())
}

fn hex<T: TryFrom<u64>>(text: &str) -> Option<T> {
    T::try_from(u64::from_str_radix(text, 16).ok()?).ok()
}

/// Executes `f` on the machine's thread.
fn tell<R: Send + 'static>(
    guest: &GdbTarget,
    f: impl FnOnce(&mut Session) -> R + Send + 'static,
) -> Option<R> {
    guest.handle.call(f).ok()
}

/// Returns `OK`, or the error ENOMEM.
fn done(ok: bool) -> &'static str {
    if ok { "OK" } else { "E0c" }
}

/// Handles `QTDP:` for tracepoints with conditions and actions with memory ranges; gdbstub handles the others.
fn define(rest: &str, guest: &mut GdbTarget) -> Option<String> {
    if let Some(rest) = rest.strip_prefix('-') {
        let mut fields = rest.splitn(3, ':');
        let (number, addr, list) = (fields.next()?, fields.next()?, fields.next()?);
        if list.contains('S') {
            return Some(STEPPING.into());
        }
        // gdbstub also assumes that actions belong to the latest tracepoint.
        guest.tracing.defining = (hex(number)?, hex(addr)?);
        return list.contains('M').then(|| extend(list, guest));
    }
    let fields: Vec<&str> = rest.trim_end_matches('-').split(':').collect();
    let &[number, addr, enabled, step, pass, ref options @ ..] = &*fields else { return None };
    if step != "0" {
        return Some(STEPPING.into());
    }
    let &[option] = options else { return None };
    let (number, addr, pass_count) = (hex(number)?, hex(addr)?, hex(pass)?);
    let condition = match option.as_bytes().first() {
        Some(b'F') => return Some("E.fast tracepoints are not supported".into()),
        Some(b'S') => return Some("E.static tracepoints are not supported".into()),
        Some(b'X') => expression(&option[1..]).filter(|(_, rest)| rest.is_empty()).map(|(agent, _)| agent),
        _ => None,
    };
    let Some(condition) = condition else { return Some(E16.into()) };
    let enabled = enabled == "E";
    let point =
        Tracepoint { enabled, pass_count, condition: Some(condition), ..Tracepoint::new(number, addr) };
    Some(code(guest.begin_tracepoint(point)))
}

/// Adds actions to a tracepoint.
fn extend(list: &str, guest: &mut GdbTarget) -> String {
    let Some(list) = actions(list.trim_end_matches('-')) else { return E16.into() };
    code(list.into_iter().try_for_each(|action| guest.add_action(action)))
}

/// Converts a result to gdbstub's response.
fn code<E>(result: Result<(), TargetError<E>>) -> String {
    match result {
        Ok(()) => "OK".into(),
        Err(TargetError::Errno(n)) => format!("E{n:02x}"),
        Err(_) => E16.into(),
    }
}

/// Splits off the hexadecimal digits at the start.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(text.len()))
}

/// Parses `LEN,CODE`; returns the rest as well.
fn expression(text: &str) -> Option<(Arc<Agent>, &str)> {
    let (len, rest) = text.split_once(',')?;
    let (code, rest) = rest.split_at_checked(hex::<usize>(len)?.checked_mul(2)?)?;
    Some((Arc::new(Agent::new(from_hex(code)?)?), rest))
}

/// Parses consecutive `R`, `M` and `X` actions.
fn actions(text: &str) -> Option<Vec<CollectAction>> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some((kind, body)) = rest.split_at_checked(1) {
        let action;
        (action, rest) = match kind {
            "R" => {
                let (mask, rest) = digits(body);
                (CollectAction::Registers(from_hex(mask)?), rest)
            }
            "M" => memory(body)?,
            "X" => {
                let (agent, rest) = expression(body)?;
                (CollectAction::Expression(agent), rest)
            }
            _ => return None,
        };
        all.push(action);
    }
    rest.is_empty().then_some(all)
}

/// Parses `BASEREG,OFFSET,LEN`, with BASEREG -1 for none; returns the rest as well.
fn memory(text: &str) -> Option<(CollectAction, &str)> {
    let (base, rest) = text.split_once(',')?;
    let (offset, rest) = rest.split_once(',')?;
    let (len, rest) = digits(rest);
    let base = if matches!(base, "-1" | "FFFFFFFF") { None } else { Some(hex(base)?) };
    // Offsets can be negative, with 64 bits.
    Some((CollectAction::Memory { base, offset: hex::<u64>(offset)? as u32, len: hex(len)? }, rest))
}

/// Handles `QTDV:NUMBER:VALUE:BUILTIN:NAME`.
fn variable(rest: &str, guest: &GdbTarget) -> Option<&'static str> {
    let mut fields = rest.split(':');
    let (number, value): (u16, u64) = (hex(fields.next()?)?, hex(fields.next()?)?);
    let builtin = hex::<u64>(fields.next()?)? != 0;
    let name = from_hex(fields.next()?)?;
    // Clients send the predefined variable back after they have read it.
    Some(done(
        (builtin && number == TIMESTAMP)
            || tell(guest, move |s| s.traces_mut().variables.define(number, name, value))?,
    ))
}

/// Handles `QTEnable:NUMBER:ADDR` and `QTDisable`.
fn enable(rest: &str, guest: &GdbTarget, on: bool) -> Option<&'static str> {
    let (number, addr) = rest.split_once(':')?;
    let (number, addr) = (hex(number)?, hex(addr)?);
    let found = tell(guest, move |s| s.traces_mut().point(number, addr).map(|p| p.enabled = on).is_some())?;
    Some(if found { "OK" } else { "E01" })
}

/// Handles `QTro:START,END:...`.
fn read_only(rest: &str, guest: &GdbTarget) -> Option<&'static str> {
    let range = |r: &str| r.split_once(',').and_then(|(a, b)| Some(hex(a)?..hex(b)?));
    let ranges: Vec<Range<u32>> =
        rest.split(':').filter(|r| !r.is_empty()).map(range).collect::<Option<_>>()?;
    tell(guest, move |s| s.traces_mut().set_read_only(ranges))?;
    Some("OK")
}

/// Handles `QTDisconnected:0` or `1`.
fn disconnected(rest: &str, guest: &GdbTarget) -> Option<&'static str> {
    let on = hex::<u64>(rest)? != 0;
    tell(guest, move |s| s.traces_mut().disconnected = on)?;
    Some("OK")
}

/// Handles `QTNotes:user:TEXT;notes:TEXT;tstop:TEXT;`.
fn notes(rest: &str, guest: &GdbTarget) -> Option<&'static str> {
    for (key, text) in rest.split(';').filter(|f| !f.is_empty()).map(|f| f.split_once(':').unwrap_or((f, "")))
    {
        let (key, mut text) = (key.to_string(), from_hex(text)?);
        text.truncate(MAX_NOTE);
        tell(guest, move |s| {
            let notes = &mut s.traces_mut().notes;
            match key.as_str() {
                "user" => notes.user = text,
                "notes" => notes.notes = text,
                "tstop" => notes.stop = text,
                _ => {}
            }
        })?;
    }
    Some("OK")
}

/// Handles `qTV:NUMBER`: returns a variable's value, in the selected trace frame if there is one.
fn value(rest: &str, guest: &GdbTarget) -> Option<String> {
    let number = hex(rest)?;
    let value = match guest.frame() {
        Some(frame) => frame.variable(number),
        None => tell(guest, move |s| s.traces().variables.value(number, s.machine()))?,
    };
    Some(value.map_or("U".into(), |v| format!("V{v:x}")))
}

/// Handles `qTfV` and `qTsV`: returns the variables, one per packet.
fn list_variables(first: bool, guest: &mut GdbTarget) -> String {
    if first {
        let line = |number: u16, initial: u64, builtin: u8, name: &[u8]| {
            format!("{number:x}:{initial:x}:{builtin}:{}", to_hex(name))
        };
        let mut all = tell(guest, move |s| {
            s.traces().variables.iter().map(|(n, v)| line(n, v.initial, 0, &v.name)).collect::<Vec<_>>()
        })
        .unwrap_or_default();
        if !all.iter().any(|l| l.starts_with("1:")) {
            all.push(line(TIMESTAMP, 0, 1, b"trace_timestamp"));
        }
        all.reverse();
        guest.tracing.variables = all;
    }
    guest.tracing.variables.pop().unwrap_or("l".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn actions_are_told_apart() {
        let list = actions("R80X3,220027M-1,3FFB0000,8M9F,FFFFFFFFFFFFFFF0,4").unwrap();
        let agent = Agent::new(vec![0x22, 0, 0x27]).unwrap();
        let expected = [
            CollectAction::Registers(vec![0x80]),
            CollectAction::Expression(Arc::new(agent)),
            CollectAction::Memory { base: None, offset: 0x3FFB_0000, len: 8 },
            CollectAction::Memory { base: Some(159), offset: -16i32 as u32, len: 4 },
        ];
        assert_eq!(list, expected);
        for bad in ["Q", "R8", "X3,2200", "M1,2", "M-1,x,4", "X,", "Xffffffffffffffff,00", "M-1,0,4\u{e9}"] {
            assert_eq!(actions(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_of_actions_panics(text in "[RMXS0-9A-Fa-f,:é-]{0,60}") {
            let _ = actions(&text);
        }
    }
}
