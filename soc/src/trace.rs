//! Named trace events. They are off by default and enabled by patterns. Each event is a line of text with its virtual
//! time, core, PC and running task.
//!
//! Tracing is not part of the machine's state: a traced run is identical to an untraced one. A disabled event costs a
//! bit test where it can occur. For events of the cores (interrupts, exceptions, task switches) not even that is done.

use esplens_core::time::Ticks;
use serde::Serialize;
use std::sync::Arc;

macro_rules! events {
    ($( $id:ident = $name:literal, $doc:literal; )+) => {
        /// An event that can be traced.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        #[repr(u8)]
        pub enum TraceEvent { $( #[doc = $doc] $id ),+ }

        impl TraceEvent {
            /// All events.
            pub const ALL: &[TraceEvent] = &[$(TraceEvent::$id),+];

            /// Returns the name used in patterns and lines.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(TraceEvent::$id => $name),+ }
            }

            /// Returns the description.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self { $(TraceEvent::$id => $doc),+ }
            }
        }
    };
}

events! {
    OpenEthMiiWrite = "open_eth_mii_write", "A register of the PHY was written.";
    OpenEthMiiRead = "open_eth_mii_read", "A register of the PHY was read.";
    OpenEthUpdateIrq = "open_eth_update_irq", "The MAC's interrupt line moved.";
    OpenEthReceive = "open_eth_receive", "A frame reaches the MAC.";
    OpenEthReceiveMcast = "open_eth_receive_mcast", "The hash filter checks a multicast frame.";
    OpenEthReceiveReject = "open_eth_receive_reject", "The filter refused a frame.";
    OpenEthReceiveDesc = "open_eth_receive_desc", "A frame went to a receive descriptor.";
    OpenEthStartXmit = "open_eth_start_xmit", "A transmit descriptor's frame leaves.";
    OpenEthRegRead = "open_eth_reg_read", "A register of the MAC was read.";
    OpenEthRegWrite = "open_eth_reg_write", "A register of the MAC was written.";
    OpenEthDescRead = "open_eth_desc_read", "A descriptor was read.";
    OpenEthDescWrite = "open_eth_desc_write", "A descriptor was written.";
    EmacMiiWrite = "emac_mii_write", "A register of the EMAC's PHY was written.";
    EmacMiiRead = "emac_mii_read", "A register of the EMAC's PHY was read.";
    EmacUpdateIrq = "emac_update_irq", "The EMAC's interrupt line moved.";
    EmacReceive = "emac_receive", "A frame reaches the EMAC.";
    EmacReceiveReject = "emac_receive_reject", "The EMAC refused a frame: address, kind, checksum, length.";
    EmacStartXmit = "emac_start_xmit", "A frame goes on the line.";
    EmacRegRead = "emac_reg_read", "A register of the EMAC was read.";
    EmacRegWrite = "emac_reg_write", "A register of the EMAC was written.";
    EmacDescRead = "emac_desc_read", "The EMAC read a descriptor in memory.";
    EmacDescWrite = "emac_desc_write", "The EMAC gave a descriptor back.";
    WifiTx = "wifi_tx", "A frame of a transmit slot left the antenna.";
    WifiTxDone = "wifi_tx_done", "A transmit slot finished: acknowledged, not acknowledged, or no key.";
    WifiRx = "wifi_rx", "A frame was written to a receive descriptor, or none was free.";
    WifiFilter = "wifi_filter", "The address filters accepted or rejected a frame.";
    WifiUpdateIrq = "wifi_update_irq", "The Wi-Fi MAC's interrupt line moved.";
    WifiKey = "wifi_key", "A key slot changed, or did not match a frame. The key itself is never shown.";
    WifiChannel = "wifi_channel", "The radio was tuned to another frequency.";
    WifiTsf = "wifi_tsf", "A timing synchronisation function was set.";
    WifiRegRead = "wifi_reg_read", "A register of the Wi-Fi MAC was read.";
    WifiRegWrite = "wifi_reg_write", "A register of the Wi-Fi MAC was written.";
    WifiAp = "wifi_ap", "A virtual access point or station changed its state.";
    IrqSource = "irq_source", "A peripheral's interrupt line moved; the interrupts the matrix routes it to.";
    IrqTake = "irq_take", "A core enters an interrupt handler.";
    Exception = "exception", "A core takes an exception: EXCCAUSE, EPC, EXCVADDR.";
    WindowOverflow = "window_overflow", "Registers are spilled to the stack.";
    WindowUnderflow = "window_underflow", "Registers are loaded back from the stack.";
    TaskSwitch = "task_switch", "FreeRTOS chose another task for a core (needs symbols).";
    UartTx = "uart_tx", "A byte left a UART.";
    UartRx = "uart_rx", "A byte arrived at a UART.";
    UartWrite = "uart_write", "The firmware put a byte into a UART's FIFO.";
    UartRead = "uart_read", "The firmware took a byte from a UART's FIFO.";
    MmuEntry = "mmu_entry", "An entry of a cache's MMU table was changed.";
    MmuCache = "mmu_cache", "A cache was switched on or off.";
    FlashRead = "flash_read", "The flash chip was read over SPI.";
    FlashErase = "flash_erase", "A sector or block of flash was erased.";
    FlashProgram = "flash_program", "A page of flash was programmed.";
    FlashCommand = "flash_command", "Another command to the flash chip.";
    SdCommand = "sd_command", "An SD card received a command.";
    SdResponse = "sd_response", "An SD card's response, or none.";
    SdRead = "sd_read", "An SD card sent a block.";
    SdWrite = "sd_write", "An SD card received a block.";
    SdErase = "sd_erase", "Blocks of an SD card were erased.";
    TimerAlarm = "timer_alarm", "A timer reached its alarm value.";
    TimerWdtFeed = "timer_wdt_feed", "A watchdog was fed.";
    TimerWdtBite = "timer_wdt_bite", "A watchdog's stage timed out.";
    Reset = "reset", "The chip or a core was reset.";
    UlpStart = "ulp_start", "A program of the ULP coprocessor was started.";
    UlpHalt = "ulp_halt", "The ULP ended its program: its cycles, the time to the next start.";
    UlpWake = "ulp_wake", "The ULP asked to wake the chip.";
    UlpReg = "ulp_reg", "The ULP read or wrote bits of a peripheral's register.";
    UlpInsn = "ulp_insn", "The ULP executes an instruction: address, text, registers before it.";
    NetHost = "net_host", "The user network received an event from the host's sockets.";
}

/// A traced event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceLine {
    /// The event.
    pub event: TraceEvent,
    /// Virtual time.
    pub at: Ticks,
    /// The core whose access caused it (0 if no core did).
    pub core: u8,
    /// The instruction's address (0 if no core caused it).
    pub pc: u32,
    /// Description of the event.
    pub text: String,
    /// Control block of the task running on that core; for a task switch, of the task being switched to. 0 if unknown:
    /// see [`crate::machine::Machine::watch_tasks`].
    pub tcb: u32,
    /// The task's name, filled in by a client that has symbols.
    pub task: Option<Arc<str>>,
    /// The function containing `pc`, with an offset, filled in likewise.
    pub symbol: Option<Arc<str>>,
}

impl TraceLine {
    /// Creates a line without task and symbol.
    #[must_use]
    pub fn new(event: TraceEvent, at: Ticks, (core, pc): (u8, u32), text: String) -> Self {
        Self { event, at, core, pc, text, tcb: 0, task: None, symbol: None }
    }
}

/// Set of enabled events. Not part of the machine's state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraceSet(u64);

impl TraceSet {
    /// Returns true if an event is enabled.
    #[inline]
    #[must_use]
    pub const fn on(self, event: TraceEvent) -> bool {
        !cfg!(feature = "untraced") && self.0 >> event as u8 & 1 != 0
    }

    /// Returns the events enabled in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns true if no event is enabled.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Enables the events that a pattern matches (`*` any text, `?` any character); a leading `-` disables them.
    /// Returns false if it matches none.
    pub fn apply(&mut self, pattern: &str) -> bool {
        let (off, glob) = pattern.strip_prefix('-').map_or((false, pattern), |p| (true, p));
        let mut any = false;
        for event in TraceEvent::ALL.iter().filter(|e| matches(glob.as_bytes(), e.name().as_bytes())) {
            let bit = 1 << *event as u8;
            self.0 = if off { self.0 & !bit } else { self.0 | bit };
            any = true;
        }
        any
    }
}

/// Returns true if a name matches a pattern. The time is at most proportional to the product of both lengths.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == name[n] => (p, n) = (p + 1, n + 1),
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                (p, n) = (at + 1, from + 1);
            }
        }
    }
    pattern[p.min(pattern.len())..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_choose_events() {
        let mut t = TraceSet::default();
        assert!(t.apply("open_eth*") && t.apply("-*_reg_*"));
        assert!(
            t.on(TraceEvent::OpenEthReceive) && !t.on(TraceEvent::OpenEthRegRead) && !t.on(TraceEvent::Reset)
        );
        assert!(t.apply("res?t") && t.on(TraceEvent::Reset));
        assert!(!t.apply("nothing*") && !t.apply("") && !t.apply("open_eth"));
        assert!(t.apply("*") && t.on(TraceEvent::NetHost));
    }

    #[test]
    fn the_users_page_names_every_event() {
        let page = include_str!("../../docs/user/trace.md");
        let table = page.lines().filter_map(|l| l.strip_prefix("| `")?.split_once(" |"));
        let names: Vec<&str> = table.flat_map(|(names, _)| names.split('`')).collect();
        for event in TraceEvent::ALL {
            let named = names.iter().any(|n| matches(n.as_bytes(), event.name().as_bytes()));
            assert!(named, "docs/user/trace.md does not say what {} tells", event.name());
        }
    }

    #[test]
    fn every_event_has_a_bit_and_a_name_of_its_own() {
        assert!(TraceEvent::ALL.len() <= 64);
        for (i, a) in TraceEvent::ALL.iter().enumerate() {
            assert!(TraceEvent::ALL[..i].iter().all(|b| a.name() != b.name()));
        }
    }
}
