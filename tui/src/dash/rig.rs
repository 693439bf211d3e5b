//! Dashboard without a terminal, with a machine that is run explicitly: the output is the same in every run. For tests
//! and for the pictures in docs/.

use super::act::ActionExecutor;
use super::keys;
use super::link::dash_events;
use super::pane_id::PaneId;
use super::sampler::{Sampler, Traced};
use super::source::Sources;
use super::state::{DashEffect, DashMsg, DashState};
use super::update::update;
use super::view::view;
use super::wire::{Action, DashEvent};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use esplens_core::time::TICKS_PER_US;
use esplens_debuginfo::symbols::{Elf, FileRole};
use esplens_soc::boot::{LoadOptions, input};
use esplens_soc::machine::{Input, Machine, MachineConfig};
use esplens_soc::net::host;
use esplens_soc::net::user::UserNetConfig;
use esplens_supervisor::{DriveResult, Event, Handle, Session, Speed, Supervisor};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;

/// Virtual milliseconds between two samples, as at 30 frames per second.
const FRAME_MS: u64 = 33;

/// Dashboard with its machine.
pub struct Rig {
    /// State of the dashboard.
    pub state: DashState,
    /// Effects for the terminal: copying, quitting.
    pub effects: Vec<DashEffect>,
    supervisor: Supervisor,
    executor: ActionExecutor,
    sampler: Option<Sampler>,
    events: Receiver<Event>,
    connections: u32,
}

impl Rig {
    /// Creates a rig of the built-in demo with its symbols and a network, stopped before its first instruction.
    ///
    /// # Panics
    /// When the demo is invalid.
    #[must_use]
    pub fn demo(width: u16, height: u16) -> Self {
        let image = include_bytes!("../../../fixtures/demo/flash.bin");
        let elf = include_bytes!("../../../fixtures/demo/demo.elf");
        let elf = Elf::parse("demo.elf", &elf[..]).expect("a sound ELF");
        let input =
            input::from_bytes(Path::new("demo"), image, &LoadOptions::default()).expect("a sound image");
        Self::new(input.flash, Some(elf), "demo", (width, height))
    }

    /// Creates a rig of a flash image with its ELF.
    ///
    /// # Errors
    /// The error in one of them.
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
        let config = MachineConfig { network: Some(UserNetConfig::default()), ..MachineConfig::new(flash) };
        let mut supervisor = Supervisor::new(Machine::new(config));
        supervisor.session().set_speed(Speed::Real);
        let handle = supervisor.handle();
        if let Some(elf) = elf {
            handle.symbols().add(FileRole::App, Arc::new(elf));
        }
        let traced = Traced::default();
        let executor = ActionExecutor::new(handle.register("dashboard"), traced.clone());
        let sampler =
            Sampler::new(executor.handle().clone(), Sources::default(), traced).slow(Duration::ZERO);
        let begin = executor.clone();
        let mut state = DashState::new(width, height);
        state.shared.image = name.into();
        let events = handle.subscribe();
        let mut rig = Self {
            state,
            effects: Vec::new(),
            supervisor,
            executor,
            sampler: Some(sampler),
            events,
            connections: 0,
        };
        let _ = rig.serve(move || begin.prepare());
        rig.sample();
        rig
    }

    /// Runs `f` on another thread while this one serves the machine.
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

    /// Sends a message and executes the resulting effects.
    pub fn send(&mut self, msg: DashMsg) {
        for effect in update(&mut self.state, msg) {
            match effect {
                DashEffect::Act(pane, action) => self.act(pane, action),
                other => self.effects.push(other),
            }
        }
    }

    /// Executes an action as if a pane had requested it.
    pub fn act(&mut self, pane: Option<PaneId>, action: Action) {
        let executor = self.executor.clone();
        if let Ok(reply) = self.serve(move || executor.perform(action)) {
            self.hear();
            self.send(DashMsg::Reply(pane, reply));
        }
        self.sample();
    }

    /// Sets the interval for reading slow parts (stacks, tasks) while the machine runs; by default a rig reads them
    /// each time.
    pub fn slow(&mut self, slow: Duration) {
        self.sampler = self.sampler.take().map(|sampler| sampler.slow(slow));
    }

    /// Processes pending events.
    fn hear(&mut self) {
        self.supervisor.take_output();
        while let Ok(event) = self.events.try_recv() {
            dash_events(&event).into_iter().for_each(|event| self.send(DashMsg::Event(event)));
            if let Event::Stopped(stop) = event {
                let executor = self.executor.clone();
                let _ = self.serve(move || executor.stopped(&stop));
            }
        }
    }

    /// Takes a sample of the visible panes.
    pub fn sample(&mut self) {
        // Twice: a pane's queries may depend on the first sample.
        for _ in 0..2 {
            let query = self.state.query();
            let Some(mut sampler) = self.sampler.take() else { return };
            let (sampler, taken) = self.serve(move || {
                let taken = sampler.take(query);
                (sampler, taken)
            });
            self.sampler = Some(sampler);
            if let Ok((sample, dash_events)) = taken {
                dash_events.into_iter().for_each(|event| self.send(DashMsg::Event(event)));
                self.send(DashMsg::Sample(Box::new(sample)));
            }
        }
    }

    /// Returns the virtual milliseconds since power-on.
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

    /// Runs for a number of virtual milliseconds; see [`Rig::run_to`].
    pub fn run_for(&mut self, ms: u64) {
        self.run_to(self.now_ms() + ms);
    }

    /// Runs to this virtual time with a sample per frame; stops early if the machine stops. The machine must be
    /// running.
    pub fn run_to(&mut self, ms: u64) {
        while self.now_ms() < ms && self.supervisor.view().is_running() {
            let goal = (self.now_ms() + FRAME_MS).min(ms) * 1000 * TICKS_PER_US;
            while self.supervisor.view().is_running() && self.supervisor.view().machine().now() < goal {
                let ran = self.supervisor.run(goal);
                self.hear();
                if matches!(ran, DriveResult::Quit) {
                    return;
                }
            }
            let clock = self.now_ms();
            self.send(DashMsg::Clock(clock));
            self.sample();
        }
    }

    /// Requests a page from the guest's port 80 as a host client; takes half a second.
    pub fn http_get(&mut self, path: &str) {
        self.connections += 1;
        let conn = host::HOST_IDS + self.connections;
        let to = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 80);
        let request = format!("GET {path} HTTP/1.1\r\nHost: esplens\r\nUser-Agent: curl/8.5\r\n\r\n");
        self.input(Input::Host(host::HostEvent::Accepted { conn, to }));
        let now = self.now_ms();
        self.run_to(now + 200);
        self.input(Input::Host(host::HostEvent::Data { conn, bytes: request.into_bytes() }));
        self.run_to(now + 500);
    }

    /// Injects input into the machine.
    pub fn input(&mut self, input: Input) {
        self.supervisor.session().machine_mut().input(input);
    }

    /// Presses keys, named as in the key table and separated by spaces.
    ///
    /// # Panics
    /// When a key is invalid.
    pub fn keys(&mut self, keys: &str) {
        for key in keys.split(' ') {
            let (code, mods) = keys::parse(key).unwrap_or_else(|| panic!("{key} is not a key"));
            self.send(DashMsg::Key(KeyEvent::new(code, mods)));
        }
        self.sample();
    }

    /// Types a line and Enter.
    pub fn line(&mut self, text: &str) {
        for c in text.chars() {
            self.send(DashMsg::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
        self.keys("Enter");
    }

    /// Sends an event that did not come from the machine.
    pub fn push_events(&mut self, event: DashEvent) {
        self.send(DashMsg::Event(event));
    }

    /// Changes the size of the terminal.
    pub fn resize(&mut self, width: u16, height: u16) {
        self.send(DashMsg::Resize(width, height));
        self.sample();
    }

    /// Shows one pane alone.
    pub fn show(&mut self, pane: PaneId) {
        (self.state.focus, self.state.zoom) = (pane, true);
        self.sample();
    }

    /// Shows a pane and its view of an address or symbol.
    pub fn go(&mut self, pane: PaneId, place: &str) {
        self.show(pane);
        self.keys("g");
        self.line(place);
    }

    /// Returns a handle for clients of the machine.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        self.executor.handle()
    }

    /// Returns the session, for read access to the machine.
    #[must_use]
    pub fn session(&self) -> &Session {
        self.supervisor.view()
    }

    /// Returns the screen.
    #[must_use]
    pub fn screen(&self) -> Buffer {
        let (width, height) = self.state.size;
        let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
        let Ok(_) = terminal.draw(|frame| view(&self.state, frame.buffer_mut()));
        terminal.backend().buffer().clone()
    }

    /// Returns the screen as text.
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
