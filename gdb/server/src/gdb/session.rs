//! A GDB connection: handles the client's bytes and the machine's events with gdbstub.

use super::expedite::Expedited;
use super::frame::{self, RspFramer, RspItem};
use super::packets::{self, Intercept};
use super::stub::{Stub, StubPhase};
use super::target::{GdbTarget, ProgramState, RunCommand};
use esplens_core::memory::WatchKind as CoreWatch;
use esplens_supervisor::{Client, Console, Event, Gone, Handle, Leave, PointKind, RunState, Stopped, Why};
use gdbstub::common::{Signal, Tid};
use gdbstub::stub::{DisconnectReason, MultiThreadStopReason};
use gdbstub::target::ext::base::reverse_exec::ReplayLogPosition;
use gdbstub::target::ext::breakpoints::WatchKind;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::mpsc;

/// Response to a packet that is too long (E2BIG).
const TOO_LONG: &[u8] = b"E07";

struct Connection {
    guest: GdbTarget,
    stub: Stub,
    framer: RspFramer,
    events: Receiver<Event>,
    /// Output of the client's breakpoint commands.
    said: mpsc::Receiver<String>,
    out: Vec<u8>,
    /// Registers that its stop replies contain.
    expedited: Expedited,
    /// The core of the last stop.
    core: usize,
    /// The first packet was received and the machine stopped for it.
    attached: bool,
    /// Exit code of the guest's program.
    exited: i32,
}

/// Serves a connection until it ends.
pub async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, handle: Handle, run: RunCommand) {
    let mut session = Connection::new(handle, run);
    let end = session.run(&mut stream).await;
    if session.attached {
        session.leave(end);
    }
    let _ = stream.write_all(&session.out).await;
}

impl Connection {
    fn new(handle: Handle, run: RunCommand) -> Self {
        let events = handle.subscribe();
        let (console, said) = Console::new();
        let mut guest = GdbTarget::new(handle, console, run);
        let stub = Stub::new(&mut guest);
        Self {
            guest,
            stub,
            framer: RspFramer::default(),
            events,
            said,
            out: Vec::new(),
            expedited: Expedited::default(),
            core: 0,
            attached: false,
            exited: 0,
        }
    }

    async fn run(&mut self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Leave {
        let mut buf = vec![0; 16 * 1024];
        let mut begun = false;
        loop {
            if !self.out.is_empty() {
                let out = std::mem::take(&mut self.out);
                if stream.write_all(&out).await.is_err() {
                    return Leave::Disconnected;
                }
            }
            match self.stub.phase() {
                StubPhase::Over(DisconnectReason::Kill) => return Leave::Killed,
                StubPhase::Over(DisconnectReason::Disconnect) if self.guest.extended => {
                    self.detach();
                    continue;
                }
                StubPhase::Over(DisconnectReason::Disconnect) => return Leave::Detached,
                StubPhase::Over(_) => return Leave::Disconnected,
                StubPhase::Idle | StubPhase::Running => {}
            }
            tokio::select! {
                biased;
                Some(text) = self.said.recv(), if self.stub.phase() == StubPhase::Running => self.say(&text),
                event = self.events.recv() => {
                    if self.event(event).is_err() {
                        return Leave::Disconnected;
                    }
                }
                n = stream.read(&mut buf) => match n {
                    Ok(n) if n > 0 && (begun || frame::begins(buf[0])) => {
                        begun = true;
                        if self.bytes(&buf[..n]).is_err() {
                            return Leave::Disconnected;
                        }
                    }
                    _ => return Leave::Disconnected,
                },
            }
        }
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        for &byte in bytes {
            match self.framer.push(byte) {
                Some(RspItem::Packet(body)) => self.packet(&body)?,
                Some(RspItem::Bad) if !self.stub.no_ack() => self.out.push(b'-'),
                Some(RspItem::TooLong) => {
                    if !self.stub.no_ack() {
                        self.out.push(b'+');
                    }
                    self.out.extend(frame::packet(TOO_LONG));
                }
                Some(RspItem::Interrupt) => self.interrupt()?,
                Some(RspItem::Bad) | None => {}
            }
        }
        Ok(())
    }

    fn packet(&mut self, body: &[u8]) -> Result<(), Gone> {
        if self.guest.program != ProgramState::Detached || takes_up(body) {
            self.attach()?;
        }
        self.expedited.note(body);
        self.guest.chosen.note(body);
        self.guest.note_selection(body);
        match packets::intercept(body, &mut self.guest, self.core) {
            Intercept::Reply(answer) => {
                if !self.stub.no_ack() {
                    self.out.push(b'+');
                }
                self.out.extend(frame::packet(&answer));
            }
            Intercept::Forward(body) => {
                let mut out = self.stub.packet(&mut self.guest, &body);
                if body.starts_with(b"qSupported") {
                    out = announce(&out);
                }
                // gdbstub always reports its first thread, even if another one stopped.
                if body == b"?" && self.core != 0 {
                    out = last_stop(&out, self.guest.thread_of(self.core)?);
                }
                if body == b"?" || takes_up(&body) {
                    self.guest.stands_at(self.core)?;
                }
                self.out.extend(out);
                self.tell_remarks();
            }
        }
        self.report_pending()
    }

    fn tell_remarks(&mut self) {
        if self.stub.phase() == StubPhase::Running {
            std::mem::take(&mut self.guest.remarks)
                .iter()
                .for_each(|text| self.say(&format!("esplens: {text}\n")));
        }
    }

    /// Reports stops that a resume returned at once.
    fn report_pending(&mut self) -> Result<(), Gone> {
        while let Some(stopped) = self.guest.stopped.take() {
            self.report(&stopped)?;
        }
        Ok(())
    }

    /// Stops the machine at the first packet: GDB expects a target to be stopped when it connects.
    fn attach(&mut self) -> Result<(), Gone> {
        if self.attached {
            return Ok(());
        }
        self.attached = true;
        let by = self.guest.handle.client().clone();
        self.core = self.guest.handle.call(move |s| s.attach(&by).core)?;
        Ok(())
    }

    fn interrupt(&mut self) -> Result<(), Gone> {
        if self.stub.phase() != StubPhase::Running {
            return Ok(());
        }
        let by = self.guest.handle.client().clone();
        let stopped = self.guest.handle.call(move |s| s.stop(&by))?;
        if stopped.number > self.guest.resumed_after {
            self.report(&stopped)?;
        }
        self.report_pending()
    }

    fn event(&mut self, event: Result<Event, RecvError>) -> Result<(), Gone> {
        let stopped = match event {
            Ok(Event::Stopped(stopped)) => stopped,
            Err(RecvError::Closed) => return Err(Gone),
            // Events were lost: query the state.
            Err(RecvError::Lagged(_)) => match self.guest.handle.call(|s| s.status())?.state {
                RunState::Stopped(stopped) => stopped,
                RunState::Running => return Ok(()),
            },
            Ok(Event::Quit(_)) => {
                self.report_end();
                return Err(Gone);
            }
            Ok(Event::Exited(code)) => {
                self.exited = code;
                return Ok(());
            }
            Ok(Event::Reset { by, .. }) => {
                self.reset(by);
                return Ok(());
            }
            Ok(_) => return Ok(()),
        };
        if stopped.number > self.guest.resumed_after {
            self.report(&stopped)?;
        }
        self.report_pending()
    }

    /// Handles a reset of the chip. A client that waits for a stop is told if another client reset the chip; resets by
    /// the guest are not reported.
    fn reset(&mut self, by: Option<Client>) {
        self.core = 0;
        if let Some(by) = by.filter(|by| by != self.guest.handle.client())
            && self.stub.phase() == StubPhase::Running
        {
            self.say(&format!("esplens: reset by {by}\n"));
        }
    }

    /// Detaches the client and keeps the connection, as `target extended-remote` requires.
    fn detach(&mut self) {
        self.leave(Leave::Detached);
        self.attached = false;
        self.guest.detach_program();
        self.stub.restart(&mut self.guest);
    }

    /// Reports a stop to GDB if it waits for one.
    fn report(&mut self, stopped: &Stopped) -> Result<(), Gone> {
        if self.stub.phase() != StubPhase::Running || self.guest.continue_task_step(stopped)? {
            return Ok(());
        }
        self.core = stopped.core;
        self.guest.resumed_after = stopped.number;
        while let Ok(text) = self.said.try_recv() {
            self.say(&text);
        }
        let tid = self.guest.thread_of(stopped.core)?;
        self.guest.chosen.stopped(tid);
        self.guest.stands_at(stopped.core)?;
        let reason = self.reason(stopped, tid);
        if let Some(text) = self.remark(stopped) {
            self.say(&format!("esplens: {text}\n"));
        }
        let out = self.stub.report(&mut self.guest, reason);
        self.out.extend(self.expedited.add(out, &self.guest, tid));
        Ok(())
    }

    /// Reports the end of esplens as a program exit to a GDB that waits for a stop.
    fn report_end(&mut self) {
        if self.stub.phase() == StubPhase::Running {
            // The low byte of the code, as the system passes it to a parent process.
            let reason = MultiThreadStopReason::Exited(self.exited as u8);
            let out = self.stub.report(&mut self.guest, reason);
            self.out.extend(out);
        }
    }

    /// Prints text on GDB's console. GDB accepts it only while it waits for a stop.
    fn say(&mut self, text: &str) {
        self.out.extend(frame::packet(format!("O{}", frame::to_hex(text.as_bytes())).as_bytes()));
        let lost = self.guest.console.take_lost();
        if lost > 0 {
            let line = format!("esplens: {lost} more lines were lost because they came too fast\n");
            self.out.extend(frame::packet(format!("O{}", frame::to_hex(line.as_bytes())).as_bytes()));
        }
    }

    /// Describes a stop whose reason the stop reply does not contain.
    fn remark(&self, stopped: &Stopped) -> Option<String> {
        let mine = match &stopped.why {
            Why::Asked(client) => client == self.guest.handle.client(),
            Why::Breakpoint => self.guest.points.breakpoint(stopped.pc).is_some(),
            Why::Watchpoint { id, .. } => self.guest.points.kind(*id).is_some(),
            Why::Step | Why::Oldest | Why::Newest => true,
            _ => false,
        };
        (!mine).then(|| stopped.to_string())
    }

    fn reason(&self, stopped: &Stopped, tid: Tid) -> MultiThreadStopReason<u32> {
        let signal = |signal| MultiThreadStopReason::SignalWithThread { tid, signal };
        match &stopped.why {
            Why::Breakpoint => match self.guest.points.breakpoint(stopped.pc) {
                Some(true) => MultiThreadStopReason::HwBreak(tid),
                Some(false) => MultiThreadStopReason::SwBreak(tid),
                None => signal(Signal::SIGTRAP),
            },
            Why::Watchpoint { id, addr, .. } => match self.guest.points.kind(*id) {
                Some(PointKind::Watch(kind)) => {
                    let kind = match kind {
                        CoreWatch::Read => WatchKind::Read,
                        CoreWatch::Write => WatchKind::Write,
                        CoreWatch::Access => WatchKind::ReadWrite,
                    };
                    MultiThreadStopReason::Watch { tid, kind, addr: *addr }
                }
                _ => signal(Signal::SIGTRAP),
            },
            Why::Oldest => MultiThreadStopReason::ReplayLog { tid: Some(tid), pos: ReplayLogPosition::Begin },
            Why::Newest => MultiThreadStopReason::ReplayLog { tid: Some(tid), pos: ReplayLogPosition::End },
            Why::Asked(_) => signal(Signal::SIGINT),
            Why::Panic(_) => signal(Signal::SIGABRT),
            _ => signal(Signal::SIGTRAP),
        }
    }

    /// Ends the client's session with the machine in the requested way.
    fn leave(&self, how: Leave) {
        let by = self.guest.handle.client().clone();
        // Nothing to do if the machine is gone.
        let Ok(stands) = self.guest.handle.call(move |s| s.leave(&by, how)) else { return };
        let client = self.guest.handle.client();
        match how {
            Leave::Killed => tracing::warn!("{client} killed the program"),
            _ if stands => {
                tracing::warn!("{client} left; the machine is stopped until gdb or the monitor resumes it")
            }
            _ => {}
        }
    }
}

/// Returns true for packets with which a client starts or attaches to a program.
fn takes_up(body: &[u8]) -> bool {
    body.starts_with(b"vAttach;") || body.starts_with(b"vRun;") || body.starts_with(b"R")
}

/// Returns gdbstub's response to `?` with the thread that stopped.
fn last_stop(out: &[u8], thread: Tid) -> Vec<u8> {
    let ack = out.first().filter(|b| **b == b'+').copied();
    let answer = format!("T05thread:p01.{:02x};", thread);
    ack.into_iter().chain(frame::packet(answer.as_bytes())).collect()
}

/// Adds this server's features to gdbstub's response to qSupported.
fn announce(out: &[u8]) -> Vec<u8> {
    let mut framer = RspFramer::default();
    let body = out.iter().find_map(|b| match framer.push(*b) {
        Some(RspItem::Packet(body)) => Some(body),
        _ => None,
    });
    let Some(mut body) = body.filter(|b| b.starts_with(b"PacketSize")) else { return out.to_vec() };
    body.extend(packets::FEATURES.bytes());
    let mut all = if out.first() == Some(&b'+') { vec![b'+'] } else { Vec::new() };
    all.extend(frame::packet(&body));
    all
}
