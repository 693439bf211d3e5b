//! The loop around the dashboard: messages in, effects out, at most so many frames a second.

use super::config;
use super::fault;
use super::link::{Inbox, Link};
use super::state::{Effect, Msg, State};
use super::term::{self, Screen};
use super::update::update;
use super::view::view;
use super::wire::{Action, Wants};
use crate::outlet;
use crossterm::event::{self, Event};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::io;
use std::time::{Duration, Instant};

/// Time between frames: 30 a second.
const FRAME: Duration = Duration::from_millis(33);
/// Of its time the dashboard spends at most one part in this many on drawing.
const DRAW_SHARE: u32 = 4;

/// How the dashboard ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The user ended it.
    User,
    /// The machine is gone.
    Gone,
}

/// A running dashboard.
struct App {
    state: State,
    link: Link,
    inbox: Inbox,
    started: Instant,
    /// A sample was asked for and has not come.
    asked: Option<Wants>,
    /// What the newest sample was asked for.
    answered: Option<Wants>,
    /// Something happened that a sample may show.
    stale: bool,
    /// A sample is due as soon as the time between two has passed.
    hurry: bool,
    sampled: Instant,
    drawn: Instant,
    gap: Duration,
}

/// Shows the dashboard until the user or the machine ends it, or the terminal goes away.
///
/// # Errors
/// When there is no terminal, or a thread panicked.
pub fn run(mut state: State, link: Link, inbox: Inbox) -> io::Result<End> {
    let screen = take_screen(&inbox)?;
    let terminal = Terminal::new(CrosstermBackend::new(screen.out()))?;
    let size = terminal.size()?;
    state.size = (size.width, size.height);
    match show(state, link, inbox, &screen, terminal) {
        Err(_) if !term::panicked() => Ok(End::Gone),
        end => end,
    }
}

/// The loop. An error is the terminal's end, or the panic of a thread.
fn show<W: io::Write>(
    state: State,
    link: Link,
    inbox: Inbox,
    screen: &Screen,
    mut terminal: Terminal<CrosstermBackend<W>>,
) -> io::Result<End> {
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
        update(&mut app.state, Msg::Clock(clock));
        app.state.dirty |= dirty;
        if app.state.dirty && app.drawn.elapsed() >= app.gap {
            app.draw(screen, &mut terminal)?;
        }
    }
}

/// Takes the terminal; panics and signals about it become messages.
fn take_screen(inbox: &Inbox) -> io::Result<Screen> {
    let (last, jobs) = (inbox.clone(), inbox.clone());
    let screen = Screen::take(move || last.push(Msg::Gone))?;
    let hung_up = inbox.clone();
    term::watch_hangup(move || hung_up.push(Msg::Gone))?;
    term::job_control(move |stop| jobs.push(if stop { Msg::Suspend } else { Msg::Resume }))?;
    Ok(screen)
}

/// Keys and mouse, from a thread that waits for them.
fn read_terminal(inbox: Inbox) -> io::Result<()> {
    std::thread::Builder::new().name("dash keys".into()).spawn(move || {
        while let Ok(event) = event::read() {
            match event {
                Event::Key(key) => inbox.push(Msg::Key(key)),
                Event::Mouse(mouse) => inbox.push(Msg::Mouse(mouse)),
                Event::Paste(text) => inbox.push(Msg::Paste(text)),
                Event::Resize(width, height) => inbox.push(Msg::Resize(width, height)),
                _ => {}
            }
        }
        // A terminal that went away ends the dashboard.
        inbox.push(Msg::Gone);
    })?;
    Ok(())
}

impl App {
    /// Asks for a sample when one is due: each frame while the machine runs, else when something happened.
    fn ask(&mut self) {
        let wants = self.state.wants();
        let changed = self.answered.as_ref() != Some(&wants);
        let running = self.state.shared.sample.running;
        self.hurry = running || changed || self.stale;
        if self.asked.is_none() && self.hurry && self.sampled.elapsed() >= self.gap {
            self.link.sample(wants.clone());
            self.asked = Some(wants);
            (self.sampled, self.stale) = (Instant::now(), false);
        }
        // Until the answer comes there is nothing to ask for.
        self.hurry &= self.asked.is_none();
    }

    /// When there is something to do even if no message comes.
    fn deadline(&self) -> Option<Instant> {
        let sample = self.hurry.then(|| self.sampled + self.gap);
        let draw = self.state.dirty.then(|| self.drawn + self.gap);
        let change = self.state.shared.next_change().map(|ms| self.started + Duration::from_millis(ms));
        let at = [sample, draw, change].into_iter().flatten().min()?;
        Some(at.max(Instant::now() + Duration::from_millis(1)))
    }

    fn note(&mut self, msg: &Msg) {
        match msg {
            Msg::Sample(_) => self.answered = self.asked.take(),
            Msg::Clock(_) => {}
            _ => self.stale = true,
        }
    }

    fn carry_out<W: io::Write>(
        &mut self,
        effect: Effect,
        screen: &Screen,
        terminal: &mut Terminal<CrosstermBackend<W>>,
    ) -> io::Result<Option<End>> {
        match effect {
            Effect::Act(pane, action) => self.link.act(pane, action),
            Effect::Copy(text) => screen.copy(&text),
            Effect::Redraw => terminal.clear()?,
            Effect::Suspend => {
                screen.suspend()?;
                terminal.clear()?;
            }
            Effect::Retake => {
                screen.again()?;
                terminal.clear()?;
            }
            Effect::Quit if term::panicked() => return Err(io::Error::other("a thread panicked")),
            Effect::Save => {
                let done = config::path().ok_or_else(|| "no HOME".to_string());
                let done = done.and_then(|path| config::save(&path, &config::of(&self.state)).map(|()| path));
                let text = done.map_or_else(|e| e, |path| format!("saved {}", path.display()));
                self.state.shared.notify(text);
            }
            Effect::Quit if self.state.shared.gone => return Ok(Some(End::Gone)),
            Effect::Quit => {
                if !self.state.detach {
                    self.link.act(None, Action::Quit);
                }
                return Ok(Some(End::User));
            }
            // The update carries these out itself.
            Effect::Show(..) | Effect::Ask(..) | Effect::Notice(_) | Effect::Prompt(_) => {}
        }
        Ok(None)
    }

    /// Draws, and spaces frames so that drawing never takes more than its share of a core.
    fn draw<W: io::Write>(
        &mut self,
        screen: &Screen,
        terminal: &mut Terminal<CrosstermBackend<W>>,
    ) -> io::Result<()> {
        let begun = Instant::now();
        self.drawn = begun;
        // A terminal that takes nothing, or takes its time, gets no more: this frame is made up for by the next.
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
