//! The panes, one file each. docs/howto/add-a-pane.md explains one step by step.

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
use super::pane_id::PaneId;
use super::state::{DashEffect, Shared};
use super::wire::{Query, Reply};
use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Interface of a pane. Drawing changes nothing; keys change the pane and return effects outside it.
pub trait Pane {
    /// Returns the text in the border next to the pane's name.
    fn title(&self, _s: &Shared) -> String {
        String::new()
    }

    /// Returns the text in the border that replaces the pane's name.
    fn heading(&self, _s: &Shared) -> Option<&'static str> {
        None
    }

    /// Adds the machine data needed to show `area`.
    fn add_query(&self, _s: &Shared, _area: Rect, _wants: &mut Query) {}

    /// Draws into `area`, inside the border.
    fn view(&self, s: &Shared, area: Rect, buf: &mut Buffer, focused: bool);

    /// Executes a command of the key table. Returns `None` if it is not one of this pane's.
    fn command(&mut self, _s: &mut Shared, _cmd: Cmd, _area: Rect) -> Option<Vec<DashEffect>> {
        None
    }

    /// Returns true while keys are text for this pane.
    fn typing(&self) -> bool {
        false
    }

    /// Processes a key while [`Pane::typing`].
    fn key(&mut self, _s: &mut Shared, _key: KeyEvent, _area: Rect) -> Vec<DashEffect> {
        Vec::new()
    }

    /// Processes pasted text while [`Pane::typing`].
    fn paste(&mut self, _s: &mut Shared, _text: &str) -> Vec<DashEffect> {
        Vec::new()
    }

    /// Processes a line requested with [`DashEffect::Ask`].
    fn answer(&mut self, _s: &mut Shared, _cmd: Cmd, _text: &str) -> Vec<DashEffect> {
        Vec::new()
    }

    /// Processes the text of a line requested with [`DashEffect::Ask`] while it is typed; `None`: the user has
    /// cancelled.
    fn typed(&mut self, _s: &mut Shared, _cmd: Cmd, _text: Option<&str>) {}

    /// Processes the reply to an action of this pane.
    fn reply(&mut self, _s: &mut Shared, _reply: &Reply) -> Vec<DashEffect> {
        Vec::new()
    }

    /// Processes the new sample in `s`.
    fn sampled(&mut self, _s: &Shared) {}

    /// Processes a mouse click at a column and row of the area.
    fn click(&mut self, _s: &mut Shared, _x: u16, _y: u16, _area: Rect) -> Vec<DashEffect> {
        Vec::new()
    }

    /// Shows an address that another pane refers to.
    fn show(&mut self, _addr: u32) {}

    /// Starts typing with this text, in panes that take commands.
    fn begin(&mut self, _text: &str) {}
}

/// Requests a line for a command of a pane.
fn ask(pane: PaneId, cmd: Cmd, label: &str) -> Option<Vec<DashEffect>> {
    Some(vec![DashEffect::Ask(pane, cmd, label.into(), String::new())])
}

macro_rules! panes {
    ($( $id:ident $field:ident: $ty:ty; )+) => {
        /// State of all panes.
        #[derive(Default)]
        #[allow(missing_docs, reason = "the names say it")]
        pub struct Panes { $(pub $field: $ty),+ }

        impl Panes {
            /// Returns a pane.
            #[must_use]
            pub fn get(&self, id: PaneId) -> &dyn Pane {
                match id { $(PaneId::$id => &self.$field),+ }
            }

            /// Returns a pane for modification.
            pub fn get_mut(&mut self, id: PaneId) -> &mut dyn Pane {
                match id { $(PaneId::$id => &mut self.$field),+ }
            }
        }
    };
}

panes! {
    Cpu cpu: cpu::Registers;
    Code code: code::CodePane;
    Backtrace backtrace: backtrace::BacktracePane;
    Tasks tasks: tasks::Tasks;
    Timeline timeline: timeline::Timeline;
    Eth eth: eth::EthPane;
    Frames frames: frames::Frames;
    Periph periph: periph::Periph;
    Memory memory: memory::MemoryPane;
    Watch watch: watch::WatchPane;
    Points points: points::PointsPane;
    Trace trace: trace::TracePane;
    Console console: console::ConsolePane;
    Prompt prompt: prompt::PromptPane;
}
