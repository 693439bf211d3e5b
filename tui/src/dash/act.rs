//! Execution of the dashboard's actions. Runs on a client's thread, never on the machine's.

use super::collect::{self, KnownFirmware, names::place};
use super::sampler::Traced;
use super::text::number;
use super::wire::{Action, FrameRef, Reply};
use esplens_core::memory::WatchKind;
use esplens_server::monitor;
use esplens_soc::machine::{Plan, Step};
use esplens_soc::map;
use esplens_supervisor::steps::{self, PendingStep, StepKind};
use esplens_supervisor::{Client, Gone, Handle, Point, PointKind, ReverseKind, Session, Stopped, panics};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes searched in one request.
const CHUNK: u32 = 1 << 16;

/// Executor of one dashboard's actions.
#[derive(Clone)]
pub struct ActionExecutor {
    handle: Handle,
    traced: Traced,
    /// Goal of a step in progress.
    goal: Arc<Mutex<Option<PendingStep>>>,
}

impl ActionExecutor {
    /// Creates an executor for this client.
    #[must_use]
    pub fn new(handle: Handle, traced: Traced) -> Self {
        Self { handle, traced, goal: Arc::default() }
    }

    /// Returns the client's handle.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Executes an action.
    ///
    /// # Errors
    /// When the machine is gone.
    pub fn perform(&self, action: Action) -> Result<Reply, Gone> {
        let by = self.handle.client().clone();
        match action {
            Action::Run => self.quiet(move |s| _ = s.resume(&Plan::default(), &by)),
            Action::Pause => self.quiet(move |s| _ = s.stop(&by)),
            Action::StepInsn(core) => self.quiet(move |s| step(s, core, &by)),
            Action::StepBack(core) => self.quiet(move |s| back(s, ReverseKind::Step(core), &by)),
            Action::RunBack => self.quiet(move |s| back(s, ReverseKind::Continue, &by)),
            Action::StepLine(core) => self.begin(StepKind::Line(core)),
            Action::Next(core) => self.begin(StepKind::Next(core)),
            Action::Finish(core) => self.begin(StepKind::Finish(core)),
            Action::RunTo(addr) => self.begin(StepKind::To(addr)),
            Action::LineBack(core) => self.begin(StepKind::BackLine(core)),
            Action::NextBack(core) => self.begin(StepKind::BackNext(core)),
            Action::FinishBack(core) => self.begin(StepKind::BackFinish(core)),
            Action::StopAtPanics(on) => self.stop_at_panics(on),
            Action::Reset => {
                self.handle.call(move |s| s.reset(&by))?;
                Ok(says("the chip was reset"))
            }
            Action::Save(name) => self.save(name),
            Action::Load(name) => self.load(name),
            Action::Uart(n, bytes) => self.uart(n, bytes),
            Action::ToggleBreak(addr) => self.toggle(addr),
            Action::DeletePoint(id) => {
                let done = self.handle.call(move |s| s.remove_point(id))?;
                Ok(if done { says(&format!("point {id} deleted")) } else { fails("there is no such point") })
            }
            Action::EnablePoint(id, on) => {
                let done = self.handle.call(move |s| s.enable_point(id, on))?;
                let word = if on { "on" } else { "off" };
                Ok(if done {
                    says(&format!("point {id} is {word}"))
                } else {
                    fails("there is no such point")
                })
            }
            Action::Watch(addr, len, name) => self.watch(addr, len, name),
            Action::Write(core, addr, bytes) => self.write(core, addr, bytes),
            Action::Find(core, addr, pattern) => self.find(core, addr, &pattern),
            Action::Monitor(line) => {
                let text = monitor::run(&self.handle, &line);
                Ok(Reply { text, ..Reply::default() })
            }
            Action::Complete(line) => {
                let found = monitor::complete(&self.handle, &line);
                Ok(Reply { words: Some((line, found)), ..Reply::default() })
            }
            Action::Address(text, context) => self.address(&text, context),
            Action::Decode(addresses) => Ok(self.decode(&addresses)),
            Action::Trace(pattern) => Ok(self.trace(&pattern)),
            Action::Quit => self.quiet(move |s| s.quit(&by)),
        }
    }

    fn quiet(&self, f: impl FnOnce(&mut Session) + Send + 'static) -> Result<Reply, Gone> {
        self.handle.call(f)?;
        Ok(Reply::default())
    }

    /// Continues a step that takes several stops. Must be called at every stop.
    ///
    /// # Errors
    /// When the machine is gone.
    pub fn stopped(&self, stop: &Stopped) -> Result<(), Gone> {
        let goal = self.goal().take();
        let left = goal.map(|goal| goal.stopped(&self.handle, stop)).transpose()?.flatten();
        *self.goal() = left;
        Ok(())
    }

    fn goal(&self) -> MutexGuard<'_, Option<PendingStep>> {
        self.goal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a step that may take several stops. An unfinished earlier step is abandoned.
    fn begin(&self, way: StepKind) -> Result<Reply, Gone> {
        // The lock is held because the machine may stop before the goal is stored: the stop then waits for it.
        let mut goal = self.goal();
        if let Some(unfinished) = goal.take() {
            unfinished.give_up(&self.handle)?;
        }
        *goal = steps::begin(&self.handle, way)?;
        Ok(Reply::default())
    }

    /// Applies a dashboard's initial settings: the machine stops at panics, and checkpoints for reverse execution are
    /// taken.
    ///
    /// # Errors
    /// When the machine is gone.
    pub fn prepare(&self) -> Result<(), Gone> {
        self.handle.call(|s| s.set_recording(true))?;
        panics::stop(&self.handle, true)
    }

    fn stop_at_panics(&self, on: bool) -> Result<Reply, Gone> {
        panics::stop(&self.handle, on)?;
        Ok(says(match on {
            true => "the machine stops when the firmware panics",
            false => "the machine continues when the firmware panics",
        }))
    }

    /// Sets a watchpoint for stores.
    fn watch(&self, addr: u32, len: u32, name: String) -> Result<Reply, Gone> {
        let point = Point::new(PointKind::Watch(WatchKind::Write), addr, len, self.handle.client());
        let point = Point { name: Some(name).filter(|n| !n.is_empty()), ..point };
        let text = point.words();
        let id = self.handle.call(move |s| s.insert_point(point))?;
        Ok(id.map_or_else(|| fails("too many points"), |id| says(&format!("{id}: {text}"))))
    }

    fn save(&self, name: String) -> Result<Reply, Gone> {
        let text = format!("snapshot {name} saved");
        let done = self.handle.call(move |s| s.save_snapshot(&name))?;
        Ok(done.map_or_else(|e| fails(&e), |()| says(&text)))
    }

    fn load(&self, name: String) -> Result<Reply, Gone> {
        let text = format!("back at snapshot {name}");
        let found = self.handle.call(move |s| s.load_snapshot(&name))?;
        Ok(if found { says(&text) } else { fails("no snapshot was saved here") })
    }

    fn toggle(&self, addr: u32) -> Result<Reply, Gone> {
        let by = self.handle.client().clone();
        self.handle.call(move |s| {
            let there =
                s.points().find(|(_, p)| p.kind == PointKind::Break && p.addr == addr && p.client == by);
            if let Some(id) = there.map(|(id, _)| id) {
                s.remove_point(id);
                return says(&format!("breakpoint {id} at {addr:#010x} deleted"));
            }
            match s.add_point(PointKind::Break, addr, 1, &by) {
                Some(id) => says(&format!("breakpoint {id} at {addr:#010x}")),
                None => fails("too many points"),
            }
        })
    }

    fn uart(&self, n: u8, bytes: Vec<u8>) -> Result<Reply, Gone> {
        let room = self.handle.call(move |s| {
            let take = bytes.len().min(s.machine().uart_room(n));
            s.machine_mut().uart_input(n, &bytes[..take]);
            take == bytes.len()
        })?;
        Ok(if room { Reply::default() } else { says("esplens: the UART is full; the rest is lost") })
    }

    fn write(&self, core: usize, addr: u32, bytes: Vec<u8>) -> Result<Reply, Gone> {
        let all =
            self.handle.call(move |s| s.machine_mut().write_memory(core, addr, &bytes) == bytes.len())?;
        Ok(if all { Reply::default() } else { fails(&format!("nothing answers at {addr:#010x}")) })
    }

    /// Finds the first match from `addr` on, in the memories of the memory map.
    fn find(&self, core: usize, addr: u32, pattern: &[u8]) -> Result<Reply, Gone> {
        if pattern.is_empty() || pattern.len() > CHUNK as usize / 2 {
            return Ok(fails("nothing to search for"));
        }
        for (range, _) in map::ranges(|r| Some(r.kind())) {
            let end = u64::from(range.end);
            let mut at = u64::from(range.start.max(addr));
            while at < end {
                let (from, len, pattern) = (at as u32, CHUNK.min((end - at) as u32), pattern.to_vec());
                let step = u64::from(len).saturating_sub(pattern.len() as u64 - 1).max(1);
                let found = self.handle.call(move |s| {
                    let mut bytes = vec![0; len as usize];
                    let n = s.machine().peek(core, from, &mut bytes);
                    bytes[..n].windows(pattern.len()).position(|w| w == pattern)
                })?;
                if let Some(n) = found {
                    return Ok(Reply { addr: Some(from.wrapping_add(n as u32)), ..Reply::default() });
                }
                at += step;
            }
        }
        Ok(fails("not found from here on"))
    }

    /// Evaluates a number, a symbol, a register or an expression.
    fn address(&self, text: &str, context: FrameRef) -> Result<Reply, Gone> {
        let text = text.trim().to_string();
        let at = |addr| Reply { addr: Some(addr), ..Reply::default() };
        if let Some(addr) = number(&text) {
            return Ok(at(addr));
        }
        if let Some(symbol) = self.handle.symbols().current().symbol(&text) {
            return Ok(at(symbol.addr));
        }
        let known = KnownFirmware::of(&self.handle);
        let found = self.handle.call(move |s| collect::address(s.machine(), &known, &text, context))?;
        Ok(found.map_or_else(|why| fails(&why), at))
    }

    /// Describes the addresses of a backtrace, one per line; all but the first are return addresses.
    fn decode(&self, addresses: &[u32]) -> Reply {
        let symbols = self.handle.symbols().current();
        if symbols.is_empty() {
            return Reply::default();
        }
        let line = |(n, pc): (usize, &u32)| {
            let at = if n == 0 { *pc } else { pc.wrapping_sub(1) };
            format!("  #{n:<2} {pc:#010x} {}\n", place(&symbols, at))
        };
        Reply { text: addresses.iter().enumerate().map(line).collect(), ..Reply::default() }
    }

    fn trace(&self, pattern: &str) -> Reply {
        let words = pattern.split([',', ' ']).filter(|p| !p.is_empty());
        let all = self.traced.change(|t| words.map(|p| t.apply(p)).fold(true, |a, b| a & b));
        if all {
            says(&format!("trace {pattern}"))
        } else {
            fails(&format!("no event is called {pattern:?}"))
        }
    }
}

/// Steps one instruction; stops a running machine first.
fn step(s: &mut Session, core: usize, by: &Client) {
    s.stop(by);
    let step = Step { core, range: 0..0, irq: s.step_irq() };
    s.resume(&Plan { frozen: [false; 2], step: Some(step) }, by);
}

/// Starts a reverse operation; stops a running machine first.
fn back(s: &mut Session, how: ReverseKind, by: &Client) {
    s.stop(by);
    s.start_reverse_op(how, by);
}

fn says(text: &str) -> Reply {
    Reply { text: text.into(), ..Reply::default() }
}

fn fails(text: &str) -> Reply {
    Reply { text: text.into(), failed: true, ..Reply::default() }
}
