//! Main loop of the dashboard: processes messages, executes effects, limits the frame rate.

use super::config;
use super::fault;
use super::link::{Inbox, MachineLink};
use super::state::{DashEffect, DashMsg, DashState};
use super::term::{self, Screen};
use super::update::update;
use super::view::view;
use super::wire::{Action, Query};
use crate::outlet;
use crossterm::event::{self, Event};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::io;
use std::time::{Duration, Instant};

/// Time between drawn frames: 30 per second.
const FRAME: Duration = Duration::from_millis(33);
/// Drawing takes at most one part in this many of the dashboard's time.
const DRAW_SHARE: u32 = 4;

/// Reason for the dashboard's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DashEnd {
    /// The user quit.
    User,
    /// The machine is gone.
    Gone,
}

/// A running dashboard.
struct App {
    state: DashState,
    link: MachineLink,
    inbox: Inbox,
    started: Instant,
    /// Queries of the sample that has been requested and not received.
    asked: Option<Query>,
    /// Queries that the newest sample answers.
    answered: Option<Query>,
    /// An event has occurred that may change a sample.
    stale: bool,
    /// A sample is due as soon as the minimum interval has passed.
    hurry: bool,
    sampled: Instant,
    drawn: Instant,
    gap: Duration,
}

/// Shows the dashboard until the user or the machine ends it, or the terminal is closed.
///
/// # Errors
/// When there is no terminal, or a thread panicked.
pub fn run(mut state: DashState, link: MachineLink, inbox: Inbox) -> io::Result<DashEnd> {
    let screen = take_screen(&inbox)?;
    let terminal = Terminal::new(CrosstermBackend::new(screen.out()))?;
    let size = terminal.size()?;
    state.size = (size.width, size.height);
    match show(state, link, inbox, &screen, terminal) {
        Err(_) if !term::panicked() => Ok(DashEnd::Gone),
        end => end,
    }
}

/// Runs the loop. An error means that the terminal is closed or that a thread panicked.
fn show<W: io::Write>(
    state: DashState,
    link: MachineLink,
    inbox: Inbox,
    screen: &Screen,
    mut terminal: Terminal<CrosstermBackend<W>>,
) -> io::Result<DashEnd> {
    read_terminal(inbox.clone())?;
    let now = Instant::now();
    let long_ago = now.checked_sub(FRAME).unwrap_or(now);
    let mut app = App {
        state,
        link,
        inbox,
        started: now,
        asked: None,
        answered: None,
        stale: true,
        hurry: true,
        sampled: long_ago,
        drawn: long_ago,
        gap: FRAME,
    };
    loop {
        app.ask();
        for msg in app.inbox.take(app.deadline()) {
            app.note(&msg);
            for effect in update(&mut app.state, msg) {
                if let Some(end) = app.carry_out(effect, screen, &mut terminal)? {
                    return Ok(end);
                }
            }
        }
        let clock = app.started.elapsed().as_millis() as u64;
        let dirty = app.state.dirty;
        update(&mut app.state, DashMsg::Clock(clock));
        app.state.dirty |= dirty;
        if app.state.dirty && app.drawn.elapsed() >= app.gap {
            app.draw(screen, &mut terminal)?;
        }
    }
}

/// Takes the terminal; panics and signals become messages.
fn take_screen(inbox: &Inbox) -> io::Result<Screen> {
    let (last, jobs) = (inbox.clone(), inbox.clone());
    let screen = Screen::take(move || last.push(DashMsg::Gone))?;
    let hung_up = inbox.clone();
    term::watch_hangup(move || hung_up.push(DashMsg::Gone))?;
    term::job_control(move |stop| jobs.push(if stop { DashMsg::Suspend } else { DashMsg::Resume }))?;
    Ok(screen)
}

/// Starts a thread that reads keys and mouse.
fn read_terminal(inbox: Inbox) -> io::Result<()> {
    std::thread::Builder::new().name("dash keys".into()).spawn(move || {
        while let Ok(event) = event::read() {
            match event {
                Event::Key(key) => inbox.push(DashMsg::Key(key)),
                Event::Mouse(mouse) => inbox.push(DashMsg::Mouse(mouse)),
                Event::Paste(text) => inbox.push(DashMsg::Paste(text)),
                Event::Resize(width, height) => inbox.push(DashMsg::Resize(width, height)),
                _ => {}
            }
        }
        // A closed terminal ends the dashboard.
        inbox.push(DashMsg::Gone);
    })?;
    Ok(())
}

/// Clears the screen, so that the next frame is drawn whole. [`Terminal::clear`] asks the terminal for the cursor's
/// position, and the thread that reads keys takes the answer.
fn clear<W: io::Write>(terminal: &mut Terminal<CrosstermBackend<W>>) -> io::Result<()> {
    let area = terminal.get_frame().area();
    terminal.resize(area)
}

impl App {
    /// Requests a sample when one is due: each frame while the machine runs, otherwise after an event.
    fn ask(&mut self) {
        let query = self.state.query();
        let changed = self.answered.as_ref() != Some(&query);
        let running = self.state.shared.sample.running;
        self.hurry = running || changed || self.stale;
        if self.asked.is_none() && self.hurry && self.sampled.elapsed() >= self.gap {
            self.link.sample(query.clone());
            self.asked = Some(query);
            (self.sampled, self.stale) = (Instant::now(), false);
        }
        // No further request is made before the answer arrives.
        self.hurry &= self.asked.is_none();
    }

    /// Returns the time of the next work without a message.
    fn deadline(&self) -> Option<Instant> {
        let sample = self.hurry.then(|| self.sampled + self.gap);
        let draw = self.state.dirty.then(|| self.drawn + self.gap);
        let change = self.state.shared.next_change().map(|ms| self.started + Duration::from_millis(ms));
        let at = [sample, draw, change].into_iter().flatten().min()?;
        Some(at.max(Instant::now() + Duration::from_millis(1)))
    }

    fn note(&mut self, msg: &DashMsg) {
        match msg {
            DashMsg::Sample(_) => self.answered = self.asked.take(),
            DashMsg::Clock(_) => {}
            _ => self.stale = true,
        }
    }

    fn carry_out<W: io::Write>(
        &mut self,
        effect: DashEffect,
        screen: &Screen,
        terminal: &mut Terminal<CrosstermBackend<W>>,
    ) -> io::Result<Option<DashEnd>> {
        match effect {
            DashEffect::Act(pane, action) => self.link.act(pane, action),
            DashEffect::Copy(text) => screen.copy(&text),
            DashEffect::Redraw => clear(terminal)?,
            DashEffect::Suspend => {
                screen.suspend()?;
                clear(terminal)?;
            }
            DashEffect::Retake => {
                screen.again()?;
                clear(terminal)?;
            }
            DashEffect::Quit if term::panicked() => return Err(io::Error::other("a thread panicked")),
            DashEffect::Save => {
                let done = config::path().ok_or_else(|| "no HOME".to_string());
                let done = done.and_then(|path| config::save(&path, &config::of(&self.state)).map(|()| path));
                let text = done.map_or_else(|e| e, |path| format!("saved {}", path.display()));
                self.state.shared.notify(text);
            }
            DashEffect::Quit if self.state.shared.gone => return Ok(Some(DashEnd::Gone)),
            DashEffect::Quit => {
                if !self.state.detach {
                    self.link.act(None, Action::Quit);
                }
                return Ok(Some(DashEnd::User));
            }
            // The update executes these itself.
            DashEffect::Show(..) | DashEffect::Ask(..) | DashEffect::Notice(_) | DashEffect::Prompt(_) => {}
        }
        Ok(None)
    }

    /// Draws a frame. Spaces frames so that drawing never takes more than its share of a core.
    fn draw<W: io::Write>(
        &mut self,
        screen: &Screen,
        terminal: &mut Terminal<CrosstermBackend<W>>,
    ) -> io::Result<()> {
        let begun = Instant::now();
        self.drawn = begun;
        // A terminal that is slow or does not read gets no more output: the next drawn frame replaces this one.
        if !outlet::empty() {
            return Ok(());
        }
        self.state.dirty = false;
        let Some(_writing) = screen.writing() else { return Ok(()) };
        fault::point("draw");
        let state = &mut self.state;
        terminal.draw(|frame| {
            let area = frame.area();
            if (area.width, area.height) != state.size {
                state.size = (area.width, area.height);
            }
            view(state, frame.buffer_mut());
        })?;
        self.drawn = Instant::now();
        self.gap = FRAME.max(begun.elapsed() * DRAW_SHARE);
        Ok(())
    }
}
