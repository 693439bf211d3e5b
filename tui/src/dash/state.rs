//! What the dashboard knows: plain data, changed by [`super::update`] alone, shown by [`super::view`].

use super::decode::Streams;
use super::keys::Cmd;
use super::layout::{LayoutId, Layouts, Size};
use super::log::UartLog;
use super::modal::Modal;
use super::pane::{PaneId, Panes};
use super::rate::Rate;
use super::switches::Switches;
use super::theme::Theme;
use super::usage::Usage;
use super::wire::*;
use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::{Position, Rect};
use std::collections::{BTreeMap, VecDeque};

/// Frames kept.
pub const MAX_FRAMES: usize = 2000;
/// Traced events kept.
pub const MAX_TRACE: usize = 20_000;
/// How long a notice is shown, in milliseconds.
const NOTICE_MS: u64 = 6000;
/// How long a change flashes, in milliseconds.
pub const FLASH_MS: u64 = 400;

/// What happens to the dashboard.
#[derive(Debug)]
pub enum Msg {
    /// A key.
    Key(KeyEvent),
    /// The mouse.
    Mouse(MouseEvent),
    /// Pasted text.
    Paste(String),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// The host's clock, in milliseconds since the dashboard began.
    Clock(u64),
    /// The machine as it was just now.
    Sample(Box<Sample>),
    /// Something happened to the machine.
    Feed(Feed),
    /// What came of an action.
    Reply(Option<PaneId>, Reply),
    /// The process is to be stopped, as by Ctrl-Z.
    Suspend,
    /// The process goes on after it was stopped.
    Resume,
    /// The machine is gone.
    Gone,
}

/// What the dashboard wants to happen outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// An action on the machine; the reply goes to this pane, or is shown.
    Act(Option<PaneId>, Action),
    /// Text for the clipboard.
    Copy(String),
    /// Keep layouts and theme.
    Save,
    /// Draw everything again.
    Redraw,
    /// Give the terminal back and stop the process.
    Suspend,
    /// Take the terminal again after that.
    Retake,
    /// The end.
    Quit,
    /// Show an address in a pane.
    Show(PaneId, u32),
    /// Ask the user for a line, for this command of this pane: heading, and what stands there already.
    Ask(PaneId, Cmd, String, String),
    /// A notice.
    Notice(String),
    /// Show the monitor prompt with this text to go on with.
    Prompt(String),
}

/// A frame with its number.
#[derive(Clone, Debug)]
pub struct FrameRow {
    /// Number, from 1.
    pub number: u64,
    /// The frame.
    pub frame: FrameRecord,
    /// What TCP's numbers are counted from.
    pub base: (u32, u32),
}

/// What all panes share.
#[derive(Default)]
pub struct Shared {
    /// The newest sample.
    pub sample: Sample,
    /// Registers at the stop before the one that holds: what differs has changed.
    pub before: Option<Box<[CpuSample; 2]>>,
    /// Registers at the stop that holds, or the last one.
    pub at_stop: Option<Box<[CpuSample; 2]>>,
    /// Number of the stop seen last.
    pub stop: u64,
    /// The host's clock, in milliseconds.
    pub clock: u64,
    /// Colours.
    pub theme: Theme,
    /// The core looked at.
    pub core: usize,
    /// The task looked at instead of the core's running one: its control block.
    pub task: Option<u32>,
    /// The stack frame looked at.
    pub frame: usize,
    /// What the UARTs said.
    pub uarts: [UartLog; 3],
    /// Frames on the wire.
    pub frames: VecDeque<FrameRow>,
    /// Where TCP streams began.
    pub streams: Streams,
    /// Ethernet frames and their bytes so far, to the guest and from it.
    pub traffic: [(u64, u64); 2],
    /// The same of 802.11.
    pub air_traffic: [(u64, u64); 2],
    /// Traced events.
    pub trace: VecDeque<TraceRecord>,
    /// Task switches.
    pub switches: Switches,
    /// Who had the cores.
    pub usage: Usage,
    /// Events that were lost because the dashboard was slow.
    pub lost: u64,
    /// Speed of the machine.
    pub rate: Rate,
    /// What is being run, for the status bar.
    pub image: String,
    /// A notice, and when it came.
    pub notice: Option<(u64, String)>,
    /// The machine is gone.
    pub gone: bool,
    /// When what the newest sample changed has flashed long enough, in milliseconds.
    pub calm: u64,
    /// Addresses with breakpoints.
    pub breaks: Vec<u32>,
    /// Resets that nobody here asked for, and the cause of the last one.
    pub resets: (u32, String),
}

impl Shared {
    /// Shows a notice for a while.
    pub fn notify(&mut self, text: impl Into<String>) {
        self.notice = Some((self.clock, text.into()));
    }

    /// The notice that still holds.
    #[must_use]
    pub fn current_notice(&self) -> Option<&str> {
        let (at, text) = self.notice.as_ref()?;
        (self.clock.saturating_sub(*at) < NOTICE_MS).then_some(text)
    }

    /// When the screen changes by itself next, if it does.
    #[must_use]
    pub fn next_change(&self) -> Option<u64> {
        let notice = self.notice.as_ref().map(|(at, _)| at + NOTICE_MS);
        [notice, Some(self.calm)].into_iter().flatten().filter(|at| self.clock < *at).min()
    }

    /// Where expressions are evaluated.
    #[must_use]
    pub fn context(&self) -> FrameRef {
        (self.core & 1, self.task, self.frame)
    }

    /// The looked-at core's registers.
    #[must_use]
    pub fn cpu(&self) -> Option<&CpuSample> {
        self.sample.cpu.as_ref().map(|c| &c[self.core & 1])
    }
}

/// Everything.
pub struct State {
    /// What panes share.
    pub shared: Shared,
    /// The panes.
    pub panes: Panes,
    /// Where panes stand.
    pub layouts: Layouts,
    /// The pane that takes the keys.
    pub focus: PaneId,
    /// The pane that had the keys in each layout.
    pub focuses: BTreeMap<LayoutId, PaneId>,
    /// Only that one is shown.
    pub zoom: bool,
    /// The focus and zoom to go back to when a pane that came alone is done with.
    pub back: Option<(PaneId, bool)>,
    /// What lies over the panes.
    pub modal: Option<Modal>,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Something to draw changed.
    pub dirty: bool,
    /// Snapshots taken from here, for their names.
    pub snapshots: u32,
    /// Where the mouse holds a pane's frame.
    pub drag: Option<Position>,
    /// Leaving ends the dashboard only: the machine is another process's.
    pub detach: bool,
}

impl State {
    /// A dashboard on a terminal of this size.
    #[must_use]
    pub fn new(width: u16, height: u16) -> Self {
        Self {
            shared: Shared::default(),
            panes: Panes::default(),
            layouts: Layouts::default(),
            focus: PaneId::Console,
            focuses: BTreeMap::new(),
            zoom: false,
            back: None,
            modal: None,
            size: (width, height),
            dirty: true,
            snapshots: 0,
            drag: None,
            detach: false,
        }
    }

    /// The kind of terminal.
    #[must_use]
    pub fn kind(&self) -> Size {
        Size::of(self.size.0, self.size.1)
    }

    /// The area of the panes: all but the first and the last row.
    #[must_use]
    pub fn body(&self) -> Rect {
        let (width, height) = self.size;
        Rect::new(0, 1.min(height), width, height.saturating_sub(2))
    }

    /// Where each pane stands.
    #[must_use]
    pub fn placed(&self) -> Vec<(PaneId, Rect)> {
        if self.zoom {
            return vec![(self.focus, self.body())];
        }
        let mut out = Vec::new();
        self.layouts.tree(self.kind()).place(self.body(), &mut out);
        out
    }

    /// The inside of a pane's frame.
    #[must_use]
    pub fn inside(&self, pane: PaneId) -> Rect {
        let area = self.placed().into_iter().find(|(id, _)| *id == pane).map(|(_, r)| r);
        area.map_or(Rect::default(), inner)
    }

    /// What the visible panes need of the machine.
    #[must_use]
    pub fn wants(&self) -> Wants {
        // Registers at every stop: what changed since is known in whatever layout it is looked at later.
        let mut wants = Wants { points: true, cpu: !self.shared.sample.running, ..Wants::default() };
        for (id, area) in self.placed() {
            self.panes.get(id).want(&self.shared, inner(area), &mut wants);
        }
        wants
    }
}

/// The inside of a frame.
#[must_use]
pub fn inner(r: Rect) -> Rect {
    Rect::new(
        r.x.saturating_add(1).min(r.right()),
        r.y.saturating_add(1).min(r.bottom()),
        r.width.saturating_sub(2),
        r.height.saturating_sub(2),
    )
}
