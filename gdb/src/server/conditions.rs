//! The conditions of `Z0` and `Z1` packets: `Z0,ADDR,KIND;X LEN,CODE...` (GDB manual, "Packets", `Z`), which gdbstub
//! cuts off.

use super::frame::from_hex;
use crate::supervisor::{Agent, Condition};
use std::sync::Arc;

/// Most expressions in a packet.
const MAX_CONDITIONS: usize = 256;

/// A breakpoint packet without its lists, and its condition: true where any of its expressions is. `None`: malformed.
pub fn split(packet: &str) -> Option<(&str, Option<Condition>)> {
    let Some((bare, lists)) = packet.split_once(';') else { return Some((packet, None)) };
    // Commands would follow as `cmds:`; they are not announced.
    let conditions = lists.split(";cmds:").next()?;
    if conditions.starts_with("cmds:") || conditions.is_empty() {
        return Some((bare, None));
    }
    let list: Vec<Condition> =
        conditions.split('X').skip(1).take(MAX_CONDITIONS).map(expression).collect::<Option<_>>()?;
    Some((bare, (!list.is_empty()).then_some(Condition::Any(list))))
}

/// `LEN,CODE`, both hexadecimal.
fn expression(text: &str) -> Option<Condition> {
    let (len, code) = text.split_once(',')?;
    let bytes = from_hex(code.trim_end_matches([';', ',']))?;
    if usize::from_str_radix(len, 16).ok()? != bytes.len() {
        return None;
    }
    Some(Condition::Agent(Arc::new(Agent::new(bytes)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(packet: &str) -> Option<usize> {
        split(packet).map(|(_, c)| match c {
            Some(Condition::Any(list)) => list.len(),
            _ => 0,
        })
    }

    #[test]
    fn lists_are_cut_off_and_read() {
        assert_eq!(split("Z0,400d0000,3"), Some(("Z0,400d0000,3", None)));
        assert_eq!(split("Z0,400d0000,3;X3,220127").unwrap().0, "Z0,400d0000,3");
        assert_eq!(count("Z0,1,3;X3,220127"), Some(1));
        assert_eq!(count("Z0,1,3;X3,220127X3,220027"), Some(2));
        assert_eq!(count("Z0,1,3;X3,220127;cmds:1,X1,27"), Some(1));
        assert_eq!(count("Z0,1,3;cmds:1,X1,27"), Some(0));
        for bad in ["Z0,1,3;X2,220127", "Z0,1,3;X3,2201zz", "Z0,1,3;X", "Z0,1,3;Xffffffffffffffff,22"] {
            assert_eq!(split(bad), None, "{bad}");
        }
    }
}
