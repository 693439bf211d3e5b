//! The lists at the end of `Z0` and `Z1` packets, which gdbstub drops: conditions, and commands that run instead of a
//! stop. `Z0,ADDR,KIND;X LEN,CODE...;cmds:PERSIST,X LEN,CODE...` (GDB manual, "Packets", `Z`).

use super::frame::from_hex;
use esplens_supervisor::{Agent, Condition};
use std::sync::Arc;

/// Maximum number of expressions in a list.
const MAX_EXPRESSIONS: usize = 256;

/// The parts of a breakpoint packet.
#[derive(Debug, PartialEq)]
pub struct Split<'a> {
    /// The packet without its lists.
    pub bare: &'a str,
    /// Holds if any of the packet's expressions is true.
    pub condition: Option<Condition>,
    /// Commands that run instead of stopping.
    pub commands: Vec<Arc<Agent>>,
}

/// Splits a breakpoint packet. Returns `None` if it is malformed.
pub fn split(packet: &str) -> Option<Split<'_>> {
    let (bare, lists) = packet.split_once(';').unwrap_or((packet, ""));
    let (conditions, commands) = match lists.split_once("cmds:") {
        // PERSIST is ignored: commands never outlive their client, as there would be no console for their output.
        Some((conditions, commands)) => (conditions, commands.split_once(',')?.1),
        None => (lists, ""),
    };
    let any: Vec<_> = expressions(conditions)?.into_iter().map(Condition::Agent).collect();
    let condition = (!any.is_empty()).then_some(Condition::Any(any));
    Some(Split { bare, condition, commands: expressions(commands)? })
}

/// Parses `XLEN,CODEXLEN,CODE...`.
fn expressions(list: &str) -> Option<Vec<Arc<Agent>>> {
    list.split('X').skip(1).take(MAX_EXPRESSIONS).map(expression).collect()
}

/// Parses `LEN,CODE`, both hexadecimal.
fn expression(text: &str) -> Option<Arc<Agent>> {
    let (len, code) = text.split_once(',')?;
    let bytes = from_hex(code.trim_end_matches([';', ',']))?;
    if usize::from_str_radix(len, 16).ok()? != bytes.len() {
        return None;
    }
    Some(Arc::new(Agent::new(bytes)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the number of conditions and of commands.
    fn count(packet: &str) -> Option<(usize, usize)> {
        let split = split(packet)?;
        let conditions = match split.condition {
            Some(Condition::Any(list)) => list.len(),
            _ => 0,
        };
        Some((conditions, split.commands.len()))
    }

    #[test]
    fn lists_are_cut_off_and_read() {
        assert_eq!(count("Z0,400d0000,3"), Some((0, 0)));
        assert_eq!(split("Z0,400d0000,3;X3,220127").unwrap().bare, "Z0,400d0000,3");
        assert_eq!(count("Z0,1,3;X3,220127"), Some((1, 0)));
        assert_eq!(count("Z0,1,3;X3,220127X3,220027"), Some((2, 0)));
        assert_eq!(count("Z0,1,3;X3,220127;cmds:1,X1,27"), Some((1, 1)));
        assert_eq!(count("Z0,1,3;cmds:1,X1,27X3,220127"), Some((0, 2)));
        let bad = ["Z0,1,3;X2,220127", "Z0,1,3;X3,2201zz", "Z0,1,3;X", "Z0,1,3;Xffffffffffffffff,22"];
        for bad in bad.into_iter().chain(["Z0,1,3;cmds:", "Z0,1,3;cmds:0,X2,27"]) {
            assert_eq!(split(bad), None, "{bad}");
        }
    }
}
