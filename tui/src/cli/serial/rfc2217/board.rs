//! The two transistors of a development board that connect a serial adapter's RTS and DTR to EN and GPIO0.

use esplens_soc::machine::Input;

/// State of the adapter's lines and of the chip's pins.
///
/// RTS alone pulls EN low, DTR alone GPIO0; both together, or none, pull nothing. EN has a capacitor: once low, it
/// stays low until RTS is released, however long after DTR that is. This lets a client that sets one line after the
/// other start a download.
#[derive(Debug, Default)]
pub struct Board {
    /// Data terminal ready is asserted.
    pub dtr: bool,
    /// Request to send is asserted.
    pub rts: bool,
    /// EN is low.
    held: bool,
    /// GPIO0 is low.
    boot: bool,
}

impl Board {
    /// Sets the adapter's lines. Returns the changes for the chip, in order.
    pub fn set(&mut self, dtr: bool, rts: bool) -> Vec<Input> {
        (self.dtr, self.rts) = (dtr, rts);
        let mut changes = Vec::new();
        let boot = dtr && !rts;
        if boot != self.boot {
            self.boot = boot;
            changes.push(Input::Gpio0(boot));
        }
        let held = rts && (!dtr || self.held);
        if held != self.held {
            self.held = held;
            changes.push(Input::Enable(!held));
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rts_alone_resets() {
        let mut b = Board::default();
        assert_eq!(b.set(false, true), [Input::Enable(false)]);
        assert_eq!(b.set(false, false), [Input::Enable(true)]);
    }

    #[test]
    fn both_lines_do_nothing_in_whichever_order_they_come() {
        let mut b = Board::default();
        assert_eq!(b.set(true, false), [Input::Gpio0(true)], "as a finger on the boot button");
        assert_eq!(b.set(true, true), [Input::Gpio0(false)]);
        assert_eq!(b.set(true, false), [Input::Gpio0(true)]);
        assert_eq!(b.set(false, false), [Input::Gpio0(false)]);
    }

    /// The sequence of esptool's ClassicReset: RTS; DTR as well; RTS released; DTR released.
    #[test]
    fn esptools_sequence_starts_a_download() {
        let mut b = Board::default();
        assert_eq!(b.set(false, true), [Input::Enable(false)]);
        assert!(b.set(true, true).is_empty(), "the capacitor holds EN");
        assert_eq!(b.set(true, false), [Input::Gpio0(true), Input::Enable(true)]);
        assert_eq!(b.set(false, false), [Input::Gpio0(false)]);
    }
}
