//! The panes, each in a file of its own. docs/howto/add-a-pane.md follows one through.

mod backtrace;
mod code;
mod console;
mod cpu;
mod eth;
mod frames;
mod memory;
mod periph;
mod points;
mod prompt;
mod tasks;
mod timeline;
mod trace;
mod watch;

use super::keys::Cmd;
use super::state::{Effect, Shared};
use super::wire::{Reply, Wants};
use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// What a pane does. Drawing changes nothing; keys change the pane and answer with what is to happen outside.
pub trait Pane {
    /// What its frame says beside the name.
    fn title(&self, _s: &Shared) -> String {
        String::new()
    }

    /// What its frame says instead of the pane's name.
    fn heading(&self, _s: &Shared) -> Option<&'static str> {
        None
    }

    /// Adds what it needs of the machine to show `area`.
    fn want(&self, _s: &Shared, _area: Rect, _wants: &mut Wants) {}

    /// Draws into `area`, inside the frame.
    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, focused: bool);

    /// A command of the key table. `None`: not one of this pane's.
    fn command(&mut self, _s: &mut Shared, _cmd: Cmd, _area: Rect) -> Option<Vec<Effect>> {
        None
    }

    /// True while keys are text for this pane.
    fn typing(&self) -> bool {
        false
    }

    /// A key while [`Pane::typing`].
    fn key(&mut self, _s: &mut Shared, _key: KeyEvent, _area: Rect) -> Vec<Effect> {
        Vec::new()
    }

    /// Pasted text while [`Pane::typing`].
    fn paste(&mut self, _s: &mut Shared, _text: &str) -> Vec<Effect> {
        Vec::new()
    }

    /// A line asked for with [`Effect::Ask`].
    fn answer(&mut self, _s: &mut Shared, _cmd: Cmd, _text: &str) -> Vec<Effect> {
        Vec::new()
    }

    /// What came of an action of this pane's.
    fn reply(&mut self, _s: &mut Shared, _reply: &Reply) -> Vec<Effect> {
        Vec::new()
    }

    /// A new sample is in `s`.
    fn sampled(&mut self, _s: &Shared) {}

    /// The mouse: a click at a column and row of the area, or the wheel.
    fn click(&mut self, _s: &mut Shared, _x: u16, _y: u16, _area: Rect) -> Vec<Effect> {
        Vec::new()
    }

    /// Another pane points at an address.
    fn show(&mut self, _addr: u32) {}

    /// Text to begin typing with, for panes that take commands.
    fn begin(&mut self, _text: &str) {}
}

/// Asks for a line, for a command of a pane.
fn ask(pane: PaneId, cmd: Cmd, label: &str) -> Option<Vec<Effect>> {
    Some(vec![Effect::Ask(pane, cmd, label.into(), String::new())])
}

macro_rules! panes {
    ($( $id:ident $field:ident: $ty:ty = $name:literal, $title:literal, $doc:literal; )+) => {
        /// A pane's name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum PaneId { $( #[doc = $doc] $id ),+ }

        impl PaneId {
            /// All panes.
            pub const ALL: [PaneId; [$($name),+].len()] = [$(PaneId::$id),+];

            /// Its name in layouts.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(PaneId::$id => $name),+ }
            }

            /// What its frame says.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(PaneId::$id => $title),+ }
            }

            /// What it shows.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self { $(PaneId::$id => $doc),+ }
            }

            /// The pane of this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|p| p.name() == name)
            }
        }

        /// What each pane keeps for itself.
        #[derive(Default)]
        #[allow(missing_docs, reason = "the names say it")]
        pub struct Panes { $(pub $field: $ty),+ }

        impl Panes {
            /// A pane.
            #[must_use]
            pub fn get(&self, id: PaneId) -> &dyn Pane {
                match id { $(PaneId::$id => &self.$field),+ }
            }

            /// A pane, to change it.
            pub fn get_mut(&mut self, id: PaneId) -> &mut dyn Pane {
                match id { $(PaneId::$id => &mut self.$field),+ }
            }
        }
    };
}

panes! {
    Cpu cpu: cpu::Registers = "cpu", "CPU", "Registers of a core: window, special registers, PS, loop, interrupts; what changed since the last stop.";
    Code code: code::Code = "code", "Code", "Source and instructions at the PC, with breakpoints.";
    Backtrace backtrace: backtrace::Backtrace = "backtrace", "Backtrace", "The calls that led here, with local variables.";
    Tasks tasks: tasks::Tasks = "tasks", "Tasks", "FreeRTOS tasks: state, core, priority, stack, CPU share, what each waits for.";
    Timeline timeline: timeline::Timeline = "timeline", "Timeline", "Who ran on which core when.";
    Eth eth: eth::Eth = "eth", "open_eth", "The Ethernet controller: registers by field, both descriptor rings. Or the Wi-Fi MAC: slots, receive list, filters, key slots, the networks around it.";
    Frames frames: frames::Frames = "frames", "Frames", "Frames of Ethernet and 802.11, decoded: ARP, DHCP, DNS, TCP, HTTP, beacons, EAPOL.";
    Periph periph: periph::Periph = "periph", "Peripherals", "Every peripheral's registers.";
    Memory memory: memory::Memory = "memory", "Memory", "Bytes of memory: follow pointers, edit, search.";
    Watch watch: watch::Watch = "watch", "Watch", "Variables and expressions, by their types.";
    Points points: points::Points = "points", "Breakpoints", "Break- and watchpoints of all clients.";
    Trace trace: trace::Trace = "trace", "Trace", "Traced events, with filters.";
    Console console: console::Console = "console", "UART", "What the UARTs say; input, search, decoded backtraces.";
    Prompt prompt: prompt::Prompt = "prompt", "Monitor", "Monitor commands, with history and completion.";
}
