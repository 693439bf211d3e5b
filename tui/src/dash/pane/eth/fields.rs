//! Registers and descriptors of the controller by field, with the manual's names.

use esplens_soc::dev::eth::spec::{ctrlmoder, int, miicommand, miistatus, moder, rx_bd, tx_bd};

type Field = (u32, &'static str);

macro_rules! fields {
    ($name:ident: $($bit:ident)+) => { &[$(($name::$bit, stringify!($bit))),+] };
}

const MODER: &[Field] = fields!(moder: RXEN TXEN NOPRE BRO IAM PRO IFG LOOPBCK NOBCKOF EXDFREN FULLD RST DLYCRCEN CRCEN
    HUGEN PAD RECSMALL);
const INT: &[Field] = fields!(int: TXB TXE RXB RXE BUSY TXC RXC);
const TX_BD: &[Field] = fields!(tx_bd: IRQ WR PAD CRC UR RL LC DF CS);
const RX_BD: &[Field] = fields!(rx_bd: IRQ WR CF M OR IS DN TL SF CRC LC);

/// Returns the names of the set fields.
fn names(value: u32, names: &[Field]) -> String {
    let mut out: Vec<&str> =
        names.iter().filter(|(bit, _)| value & bit != 0).map(|(_, name)| *name).collect();
    if out.is_empty() {
        out.push("-");
    }
    out.join(" ")
}

/// Returns a descriptor's status: of the transmit ring, or of the receive ring.
pub fn descriptor(word: u32, tx: bool) -> String {
    names(word, if tx { TX_BD } else { RX_BD })
}

/// Returns a register's fields.
pub fn register(name: &str, value: u32) -> String {
    match name {
        "MODER" => names(value, MODER),
        "INT_SOURCE" | "INT_MASK" => names(value, INT),
        "PACKETLEN" => format!("min {} max {}", value >> 16, value & 0xFFFF),
        "TX_BD_NUM" => format!("{value} to send, {} to receive", 128u32.saturating_sub(value)),
        "MIIADDRESS" => format!("PHY {} register {}", value & 31, value >> 8 & 31),
        "COLLCONF" => format!("window {} retries {}", value & 0x3F, value >> 16 & 15),
        "MIICOMMAND" => names(value, fields!(miicommand: SCANSTAT RSTAT WCTRLDATA)),
        "MIISTATUS" => names(value, fields!(miistatus: LINKFAIL BUSY NVALID)),
        "MIIMODER" => format!("divider {}", value & 0xFF),
        "CTRLMODER" => names(value, fields!(ctrlmoder: PASSALL RXFLOW TXFLOW)),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_the_manuals_names() {
        assert_eq!(register("MODER", 0xA403), "RXEN TXEN FULLD CRCEN PAD");
        assert_eq!(register("INT_SOURCE", 0), "-");
        assert_eq!(register("TX_BD_NUM", 200), "200 to send, 0 to receive");
        assert_eq!(descriptor(0x7800, true), "IRQ WR PAD CRC");
        assert_eq!(descriptor(0x4040, false), "IRQ OR");
    }
}
