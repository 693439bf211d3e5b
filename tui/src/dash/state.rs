//! State of the dashboard: plain data, changed only by [`super::update`], drawn by [`super::view`].

use super::decode::Streams;
use super::keys::Cmd;
use super::layout::{LayoutId, Layouts, Size};
use super::log::UartLog;
use super::modal::Modal;
use super::order::By;
use super::pane::Panes;
use super::pane_id::PaneId;
use super::rate::SpeedRate;
use super::switches::Switches;
use super::theme::Theme;
use super::usage::UsageHistory;
use super::wire::*;
use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::{Position, Rect};
use std::collections::{BTreeMap, VecDeque};

/// Maximum number of captured frames kept.
pub const MAX_FRAMES: usize = 2000;
/// Maximum number of traced events kept.
pub const MAX_TRACE: usize = 20_000;
/// Time that a notice is shown, in milliseconds.
const NOTICE_MS: u64 = 6000;
/// Time that a change is highlighted, in milliseconds.
pub const FLASH_MS: u64 = 400;

/// Message to the dashboard.
#[derive(Debug)]
pub enum DashMsg {
    /// A key.
    Key(KeyEvent),
    /// A mouse event.
    Mouse(MouseEvent),
    /// Pasted text.
    Paste(String),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// The host's clock, in milliseconds since the dashboard began.
    Clock(u64),
    /// A new sample of the machine.
    Sample(Box<Sample>),
    /// An event of the machine.
    Event(DashEvent),
    /// Result of an action.
    Reply(Option<PaneId>, Reply),
    /// The process is about to be stopped, as by Ctrl-Z.
    Suspend,
    /// The process continues after it was stopped.
    Resume,
    /// The machine is gone.
    Gone,
}

/// Effect outside the dashboard's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DashEffect {
    /// An action on the machine; the reply goes to this pane, or is shown.
    Act(Option<PaneId>, Action),
    /// Text for the clipboard.
    Copy(String),
    /// Save layouts and theme.
    Save,
    /// Redraw the whole screen.
    Redraw,
    /// Restore the terminal and stop the process.
    Suspend,
    /// Take the terminal again after that.
    Retake,
    /// End the dashboard.
    Quit,
    /// Show an address in a pane.
    Show(PaneId, u32),
    /// Request a line from the user for a command of a pane: with this heading and initial text.
    Ask(PaneId, Cmd, String, String),
    /// Show a notice.
    Notice(String),
    /// Show the monitor prompt with this initial text.
    Prompt(String),
}

/// A captured frame with its number.
#[derive(Clone, Debug)]
pub struct FrameRow {
    /// Number, from 1.
    pub number: u64,
    /// Contents of the frame.
    pub frame: FrameRecord,
    /// Base of TCP's relative sequence numbers.
    pub base: (u32, u32),
}

/// State shared by all panes.
#[derive(Default)]
pub struct Shared {
    /// The newest sample.
    pub sample: Sample,
    /// Registers at the stop before the current one, to detect changes.
    pub before: Option<Box<[CpuSample; 2]>>,
    /// Registers at the current or last stop.
    pub at_stop: Option<Box<[CpuSample; 2]>>,
    /// Number of the last stop seen.
    pub stop: u64,
    /// Host clock, in milliseconds.
    pub clock: u64,
    /// Colours.
    pub theme: Theme,
    /// Selected core.
    pub core: usize,
    /// Control block of the selected task; `None`: the core's running task.
    pub task: Option<u32>,
    /// Selected stack frame.
    pub frame: usize,
    /// Output of the UARTs.
    pub uarts: [UartLog; 3],
    /// Captured Ethernet and 802.11 frames.
    pub frames: VecDeque<FrameRow>,
    /// Initial sequence numbers of TCP streams.
    pub streams: Streams,
    /// Number and bytes of Ethernet frames so far, to the guest and from it.
    pub traffic: [(u64, u64); 2],
    /// The same for 802.11.
    pub air_traffic: [(u64, u64); 2],
    /// Traced events.
    pub trace: VecDeque<TraceRecord>,
    /// Task switches.
    pub switches: Switches,
    /// CPU shares of the tasks.
    pub usage: UsageHistory,
    /// Order of the tasks.
    pub order: By,
    /// Events that were lost because the dashboard was slow.
    pub lost: u64,
    /// Speed of the machine.
    pub rate: SpeedRate,
    /// Name of the running image, for the status bar.
    pub image: String,
    /// A notice, and the time when it appeared.
    pub notice: Option<(u64, String)>,
    /// The machine is gone.
    pub gone: bool,
    /// Time in milliseconds when the highlighting of the newest sample's changes ends.
    pub calm: u64,
    /// Addresses with breakpoints.
    pub breaks: Vec<u32>,
    /// Number of resets that no client requested, and the cause of the last one.
    pub resets: (u32, String),
}

impl Shared {
    /// Shows a notice for a limited time.
    pub fn notify(&mut self, text: impl Into<String>) {
        self.notice = Some((self.clock, text.into()));
    }

    /// Returns the notice that is currently shown.
    #[must_use]
    pub fn current_notice(&self) -> Option<&str> {
        let (at, text) = self.notice.as_ref()?;
        (self.clock.saturating_sub(*at) < NOTICE_MS).then_some(text)
    }

    /// Returns the time of the screen's next change without a message, if there is one.
    #[must_use]
    pub fn next_change(&self) -> Option<u64> {
        let notice = self.notice.as_ref().map(|(at, _)| at + NOTICE_MS);
        [notice, Some(self.calm)].into_iter().flatten().filter(|at| self.clock < *at).min()
    }

    /// Returns the context for evaluating expressions.
    #[must_use]
    pub fn context(&self) -> FrameRef {
        (self.core & 1, self.task, self.frame)
    }

    /// Returns the selected core's registers.
    #[must_use]
    pub fn cpu(&self) -> Option<&CpuSample> {
        self.sample.cpu.as_ref().map(|c| &c[self.core & 1])
    }
}

/// Complete state of the dashboard.
pub struct DashState {
    /// State shared by all panes.
    pub shared: Shared,
    /// State of each pane.
    pub panes: Panes,
    /// Layout of the panes.
    pub layouts: Layouts,
    /// Pane that receives keys.
    pub focus: PaneId,
    /// Pane that last received keys in each layout.
    pub focuses: BTreeMap<LayoutId, PaneId>,
    /// Only the focused pane is shown.
    pub zoom: bool,
    /// Focus and zoom to restore after a pane was shown alone.
    pub back: Option<(PaneId, bool)>,
    /// Window over the panes.
    pub modal: Option<Modal>,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The screen must be redrawn.
    pub dirty: bool,
    /// Number of snapshots taken by this dashboard, for their names.
    pub snapshots: u32,
    /// Position where the mouse has grabbed a pane's border.
    pub drag: Option<Position>,
    /// Quitting ends only the dashboard: the machine belongs to another process.
    pub detach: bool,
}

impl DashState {
    /// Creates a dashboard on a terminal of this size.
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

    /// Returns the size class of the terminal.
    #[must_use]
    pub fn kind(&self) -> Size {
        Size::of(self.size.0, self.size.1)
    }

    /// Returns the area of the panes: all but the first and the last row.
    #[must_use]
    pub fn body(&self) -> Rect {
        let (width, height) = self.size;
        Rect::new(0, 1.min(height), width, height.saturating_sub(2))
    }

    /// Returns the position of each pane.
    #[must_use]
    pub fn placed(&self) -> Vec<(PaneId, Rect)> {
        if self.zoom {
            return vec![(self.focus, self.body())];
        }
        let mut out = Vec::new();
        self.layouts.tree(self.kind()).place(self.body(), &mut out);
        out
    }

    /// Returns the area inside a pane's border.
    #[must_use]
    pub fn inside(&self, pane: PaneId) -> Rect {
        let area = self.placed().into_iter().find(|(id, _)| *id == pane).map(|(_, r)| r);
        area.map_or(Rect::default(), inner)
    }

    /// Returns the queries of all visible panes.
    #[must_use]
    pub fn query(&self) -> Query {
        // Registers are read at every stop, so that changes are known when the registers are shown later.
        let mut query = Query { points: true, cpu: !self.shared.sample.running, ..Query::default() };
        for (id, area) in self.placed() {
            self.panes.get(id).add_query(&self.shared, inner(area), &mut query);
        }
        query
    }
}

/// Returns the area inside a border.
#[must_use]
pub fn inner(r: Rect) -> Rect {
    Rect::new(
        r.x.saturating_add(1).min(r.right()),
        r.y.saturating_add(1).min(r.bottom()),
        r.width.saturating_sub(2),
        r.height.saturating_sub(2),
    )
}
