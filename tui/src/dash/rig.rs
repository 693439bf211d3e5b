//! A dashboard without a terminal around a machine that runs by hand: what it shows is the same in every run. For
//! tests and for the pictures in docs/.

use super::act::Actor;
use super::keys;
use super::link::feeds;
use super::pane::PaneId;
use super::sampler::{Sampler, Traced};
use super::source::Sources;
use super::state::{Effect, Msg, State};
use super::update::update;
use super::view::view;
use super::wire::{Action, Feed};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use esplens_core::time::TICKS_PER_US;
use esplens_gdb::supervisor::{Event, Handle, Ran, Session, Speed, Supervisor};
use esplens_gdb::symbols::{Elf, Role};
use esplens_soc::boot::{LoadOptions, input};
use esplens_soc::machine::{Input, Machine, MachineConfig};
use esplens_soc::net::host;
use esplens_soc::net::user::Config;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;

/// Virtual milliseconds between two samples, as at 30 frames a second.
const FRAME_MS: u64 = 33;

/// A dashboard and its machine.
pub struct Rig {
    /// What the dashboard knows.
    pub state: State,
    /// Effects that are the terminal's: copies, the end.
    pub effects: Vec<Effect>,
    supervisor: Supervisor,
    actor: Actor,
    sampler: Option<Sampler>,
    events: Receiver<Event>,
    connections: u32,
}

impl Rig {
    /// The built-in demo with its symbols and a network, stopped before its first instruction.
    ///
    /// # Panics
    /// When the demo is broken.
    #[must_use]
    pub fn demo(width: u16, height: u16) -> Self {
        let image = include_bytes!("../../../fixtures/demo/flash.bin");
        let elf = include_bytes!("../../../fixtures/demo/demo.elf");
        let elf = Elf::parse("demo.elf", &elf[..]).expect("a sound ELF");
        let input =
            input::from_bytes(Path::new("demo"), image, &LoadOptions::default()).expect("a sound image");
        Self::new(input.flash, Some(elf), "demo", (width, height))
    }

    /// A flash image with its ELF.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn image(flash: &Path, elf: Option<&Path>, size: (u16, u16)) -> Result<Self, String> {
        let input = input::load(flash, &LoadOptions::default()).map_err(|e| e.to_string())?;
        let elf = elf.map(Elf::open).transpose().map_err(|e| e.to_string())?;
        let name =
            flash.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self::new(input.flash, elf, &name, size))
    }

    fn new(
        flash: Vec<Arc<esplens_core::memory::Page>>,
        elf: Option<Elf>,
        name: &str,
        (width, height): (u16, u16),
    ) -> Self {
        let config = MachineConfig { network: Some(Config::default()), ..MachineConfig::new(flash) };
        let mut supervisor = Supervisor::new(Machine::new(config));
        supervisor.session().set_speed(Speed::Real);
        let handle = supervisor.handle();
        if let Some(elf) = elf {
            handle.symbols().add(Role::App, Arc::new(elf));
        }
        let traced = Traced::default();
        let actor = Actor::new(handle.register("dashboard"), traced.clone());
        let sampler = Sampler::new(actor.handle().clone(), Sources::default(), traced).slow(Duration::ZERO);
        let begin = actor.clone();
        let mut state = State::new(width, height);
        state.shared.image = name.into();
        let events = handle.subscribe();
        let mut rig = Self {
            state,
            effects: Vec::new(),
            supervisor,
            actor,
            sampler: Some(sampler),
            events,
            connections: 0,
        };
        let _ = rig.serve(move || begin.prepare());
        rig.sample();
        rig
    }

    /// Runs `f` on a thread of its own while this one serves the machine.
    fn serve<R: Send>(&mut self, f: impl FnOnce() -> R + Send) -> R {
        std::thread::scope(|scope| {
            let thread = scope.spawn(f);
            while !thread.is_finished() {
                self.supervisor.serve(Duration::from_millis(1));
            }
            match thread.join() {
                Ok(r) => r,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }

    /// A message, with all that follows from it.
    pub fn send(&mut self, msg: Msg) {
        for effect in update(&mut self.state, msg) {
            match effect {
                Effect::Act(pane, action) => self.act(pane, action),
                other => self.effects.push(other),
            }
        }
    }

    /// Carries out an action as if a pane had asked for it.
    pub fn act(&mut self, pane: Option<PaneId>, action: Action) {
        let actor = self.actor.clone();
        if let Ok(reply) = self.serve(move || actor.perform(action)) {
            self.hear();
            self.send(Msg::Reply(pane, reply));
        }
        self.sample();
    }

    /// Reads what is slow to read, stacks and tasks, so often while the machine runs; a rig does each time.
    pub fn slow(&mut self, slow: Duration) {
        self.sampler = self.sampler.take().map(|sampler| sampler.slow(slow));
    }

    /// Takes in what happened.
    fn hear(&mut self) {
        self.supervisor.take_output();
        while let Ok(event) = self.events.try_recv() {
            feeds(&event).into_iter().for_each(|feed| self.send(Msg::Feed(feed)));
            if let Event::Stopped(stop) = event {
                let actor = self.actor.clone();
                let _ = self.serve(move || actor.stopped(&stop));
            }
        }
    }

    /// A sample of what is shown.
    pub fn sample(&mut self) {
        // Twice: what a pane asks for may depend on what it got.
        for _ in 0..2 {
            let wants = self.state.wants();
            let Some(mut sampler) = self.sampler.take() else { return };
            let (sampler, taken) = self.serve(move || {
                let taken = sampler.take(wants);
                (sampler, taken)
            });
            self.sampler = Some(sampler);
            if let Ok((sample, feeds)) = taken {
                feeds.into_iter().for_each(|feed| self.send(Msg::Feed(feed)));
                self.send(Msg::Sample(Box::new(sample)));
            }
        }
    }

    /// Virtual milliseconds since power-on.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.supervisor.view().machine().now() / (1000 * TICKS_PER_US)
    }

    /// Sets a breakpoint at a function and runs to it, at most to this virtual time.
    pub fn run_to_function(&mut self, name: &str, ms: u64) {
        self.go(PaneId::Code, name);
        self.keys("b Space");
        self.run_to(ms);
    }

    /// Runs for so many virtual milliseconds; see [`Rig::run_to`].
    pub fn run_for(&mut self, ms: u64) {
        self.run_to(self.now_ms() + ms);
    }

    /// Runs to this virtual time, frame by frame; less when the machine stops. The machine must be running.
    pub fn run_to(&mut self, ms: u64) {
        while self.now_ms() < ms && self.supervisor.view().is_running() {
            let goal = (self.now_ms() + FRAME_MS).min(ms) * 1000 * TICKS_PER_US;
            while self.supervisor.view().is_running() && self.supervisor.view().machine().now() < goal {
                let ran = self.supervisor.run(goal);
                self.hear();
                if matches!(ran, Ran::Quit) {
                    return;
                }
            }
            let clock = self.now_ms();
            self.send(Msg::Clock(clock));
            self.sample();
        }
    }

    /// A client of the host asks the guest's port 80 for a page; takes half a second.
    pub fn http_get(&mut self, path: &str) {
        self.connections += 1;
        let conn = host::HOST_IDS + self.connections;
        let to = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 80);
        let request = format!("GET {path} HTTP/1.1\r\nHost: esplens\r\nUser-Agent: curl/8.5\r\n\r\n");
        self.input(Input::Host(host::Event::Accepted { conn, to }));
        let now = self.now_ms();
        self.run_to(now + 200);
        self.input(Input::Host(host::Event::Data { conn, bytes: request.into_bytes() }));
        self.run_to(now + 500);
    }

    /// Something enters the machine.
    pub fn input(&mut self, input: Input) {
        self.supervisor.session().machine_mut().input(input);
    }

    /// Keys as the table writes them, separated by blanks.
    ///
    /// # Panics
    /// When one is none.
    pub fn keys(&mut self, keys: &str) {
        for key in keys.split(' ') {
            let (code, mods) = keys::parse(key).unwrap_or_else(|| panic!("{key} is no key"));
            self.send(Msg::Key(KeyEvent::new(code, mods)));
        }
        self.sample();
    }

    /// Types a line and ends it.
    pub fn line(&mut self, text: &str) {
        for c in text.chars() {
            self.send(Msg::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
        self.keys("Enter");
    }

    /// Something that did not come from the machine.
    pub fn feed(&mut self, feed: Feed) {
        self.send(Msg::Feed(feed));
    }

    /// Another size of the terminal.
    pub fn resize(&mut self, width: u16, height: u16) {
        self.send(Msg::Resize(width, height));
        self.sample();
    }

    /// One pane alone.
    pub fn show(&mut self, pane: PaneId) {
        (self.state.focus, self.state.zoom) = (pane, true);
        self.sample();
    }

    /// Shows a pane and has it go to a place.
    pub fn go(&mut self, pane: PaneId, place: &str) {
        self.show(pane);
        self.keys("g");
        self.line(place);
    }

    /// The machine's clients come from here.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        self.actor.handle()
    }

    /// The machine, for looking.
    #[must_use]
    pub fn session(&self) -> &Session {
        self.supervisor.view()
    }

    /// The screen.
    #[must_use]
    pub fn screen(&self) -> Buffer {
        let (width, height) = self.state.size;
        let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height)) else {
            return Buffer::default();
        };
        let _ = terminal.draw(|frame| view(&self.state, frame.buffer_mut()));
        terminal.backend().buffer().clone()
    }

    /// The screen as text.
    #[must_use]
    pub fn text(&self) -> String {
        let screen = self.screen();
        let area = *screen.area();
        let row = |y: u16| {
            (0..area.width).map(|x| screen[(x, y)].symbol()).collect::<String>().trim_end().to_string()
        };
        (0..area.height).map(row).collect::<Vec<_>>().join("\n")
    }
}
