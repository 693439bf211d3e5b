//! One GDB connection: its bytes, the machine's events, and gdbstub between them.

use super::extra::{self, Verdict};
use super::frame::{self, Framer, Item};
use super::stub::{Phase, Stub};
use super::target::Guest;
use crate::supervisor::{Console, Event, Gone, Handle, PointKind, RunState, Stopped, Why};
use esplens_core::memory::WatchKind as CoreWatch;
use gdbstub::common::{Signal, Tid};
use gdbstub::stub::{DisconnectReason, MultiThreadStopReason};
use gdbstub::target::ext::breakpoints::WatchKind;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::mpsc;

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Detached, or the connection broke.
    Left,
    /// The client killed the program.
    Killed,
}

struct Session {
    guest: Guest,
    stub: Stub,
    framer: Framer,
    events: Receiver<Event>,
    /// What its breakpoints say.
    said: mpsc::Receiver<String>,
    out: Vec<u8>,
    /// The core that stopped last.
    core: usize,
    /// The first packet has come: the machine was stopped for it.
    attached: bool,
    /// It ran before.
    was_running: bool,
}

/// Serves a connection to its end.
pub async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, handle: Handle) -> End {
    let mut session = Session::new(handle);
    let end = session.run(&mut stream).await;
    let _ = stream.write_all(&session.out).await;
    session.leave(end);
    end
}

impl Session {
    fn new(handle: Handle) -> Self {
        let events = handle.subscribe();
        let (console, said) = Console::new();
        let mut guest = Guest::new(handle, console);
        let stub = Stub::new(&mut guest);
        Self {
            guest,
            stub,
            framer: Framer::default(),
            events,
            said,
            out: Vec::new(),
            core: 0,
            attached: false,
            was_running: false,
        }
    }

    async fn run(&mut self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> End {
        let mut buf = vec![0; 16 * 1024];
        loop {
            if !self.out.is_empty() {
                let out = std::mem::take(&mut self.out);
                if stream.write_all(&out).await.is_err() {
                    return End::Left;
                }
            }
            if let Phase::Over(reason) = self.stub.phase() {
                return if reason == DisconnectReason::Kill { End::Killed } else { End::Left };
            }
            tokio::select! {
                biased;
                Some(text) = self.said.recv(), if self.stub.phase() == Phase::Running => self.say(&text),
                event = self.events.recv() => {
                    if self.event(event).is_err() {
                        return End::Left;
                    }
                }
                n = stream.read(&mut buf) => match n {
                    Ok(n) if n > 0 => {
                        if self.bytes(&buf[..n]).is_err() {
                            return End::Left;
                        }
                    }
                    _ => return End::Left,
                },
            }
        }
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        for &byte in bytes {
            match self.framer.push(byte) {
                Some(Item::Packet(body)) => self.packet(&body)?,
                Some(Item::Bad) if !self.stub.no_ack() => self.out.push(b'-'),
                Some(Item::Interrupt) => self.interrupt()?,
                Some(Item::Bad) | None => {}
            }
        }
        Ok(())
    }

    fn packet(&mut self, body: &[u8]) -> Result<(), Gone> {
        self.attach()?;
        match extra::look(body, &mut self.guest, self.core) {
            Verdict::Answer(answer) => {
                if !self.stub.no_ack() {
                    self.out.push(b'+');
                }
                self.out.extend(frame::packet(&answer));
            }
            Verdict::Pass(body) => {
                let mut out = self.stub.packet(&mut self.guest, &body);
                if body.starts_with(b"qSupported") {
                    out = announce(&out);
                }
                // gdbstub names its first thread whatever stopped.
                if body == b"?" && self.core != 0 {
                    out = last_stop(&out, self.guest.thread_of(self.core)?);
                }
                self.out.extend(out);
            }
        }
        self.report_pending()
    }

    /// Tells of stops that a resume came back with at once.
    fn report_pending(&mut self) -> Result<(), Gone> {
        while let Some(stopped) = self.guest.stopped.take() {
            self.report(&stopped)?;
        }
        Ok(())
    }

    /// The first packet stops the machine: GDB takes a target it connects to as stopped.
    fn attach(&mut self) -> Result<(), Gone> {
        if self.attached {
            return Ok(());
        }
        self.attached = true;
        let by = self.guest.handle.client().clone();
        (self.was_running, self.core) = self.guest.handle.call(move |s| {
            let running = s.is_running();
            (running, s.stop(&by).core)
        })?;
        Ok(())
    }

    fn interrupt(&mut self) -> Result<(), Gone> {
        if self.stub.phase() != Phase::Running {
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
            // Events were lost: ask how things stand.
            Err(RecvError::Lagged(_)) => match self.guest.handle.call(|s| s.status())?.state {
                RunState::Stopped(stopped) => stopped,
                RunState::Running => return Ok(()),
            },
            Ok(Event::Quit(_)) => return Err(Gone),
            Ok(_) => return Ok(()),
        };
        if stopped.number > self.guest.resumed_after {
            self.report(&stopped)?;
        }
        self.report_pending()
    }

    /// Tells GDB of a stop, if it waits for one.
    fn report(&mut self, stopped: &Stopped) -> Result<(), Gone> {
        if self.stub.phase() != Phase::Running || self.guest.go_on(stopped)? {
            return Ok(());
        }
        self.core = stopped.core;
        self.guest.resumed_after = stopped.number;
        while let Ok(text) = self.said.try_recv() {
            self.say(&text);
        }
        let reason = self.reason(stopped, self.guest.thread_of(stopped.core)?);
        if let Some(text) = self.remark(stopped) {
            self.say(&format!("esplens: {text}\n"));
        }
        let out = self.stub.report(&mut self.guest, reason);
        self.out.extend(out);
        Ok(())
    }

    /// Says something on GDB's console; only a GDB that waits for a stop listens.
    fn say(&mut self, text: &str) {
        self.out.extend(frame::packet(format!("O{}", frame::to_hex(text.as_bytes())).as_bytes()));
        let lost = self.guest.console.take_lost();
        if lost > 0 {
            let line = format!("esplens: {lost} more lines came too fast and are lost\n");
            self.out.extend(frame::packet(format!("O{}", frame::to_hex(line.as_bytes())).as_bytes()));
        }
    }

    /// What the stop reply does not tell.
    fn remark(&self, stopped: &Stopped) -> Option<String> {
        let mine = match &stopped.why {
            Why::Asked(client) => client == self.guest.handle.client(),
            Why::Breakpoint => self.guest.points.breakpoint(stopped.pc).is_some(),
            Why::Watchpoint { id, .. } => self.guest.points.kind(*id).is_some(),
            Why::Step => true,
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
            Why::Asked(_) => signal(Signal::SIGINT),
            Why::Panic(_) => signal(Signal::SIGABRT),
            _ => signal(Signal::SIGTRAP),
        }
    }

    /// Leaves the machine as the client's end asks.
    fn leave(&self, end: End) {
        let by = self.guest.handle.client().clone();
        let go_on = self.was_running || self.guest.resumed;
        // A machine that is gone needs nothing.
        let _ = self.guest.handle.call(move |s| {
            s.remove_points_of(&by);
            let now = s.machine().now();
            s.traces_mut().left(now, &by);
            match end {
                End::Killed => s.quit(&by),
                End::Left if go_on => _ = s.resume(&Default::default(), &by),
                End::Left => {}
            }
        });
    }
}

/// gdbstub's answer to `?` with the thread that stopped.
fn last_stop(out: &[u8], thread: Tid) -> Vec<u8> {
    let ack = out.first().filter(|b| **b == b'+').copied();
    let answer = format!("T05thread:p01.{:02x};", thread);
    ack.into_iter().chain(frame::packet(answer.as_bytes())).collect()
}

/// gdbstub's answer to qSupported with what this server adds.
fn announce(out: &[u8]) -> Vec<u8> {
    let mut framer = Framer::default();
    let body = out.iter().find_map(|b| match framer.push(*b) {
        Some(Item::Packet(body)) => Some(body),
        _ => None,
    });
    let Some(mut body) = body.filter(|b| b.starts_with(b"PacketSize")) else { return out.to_vec() };
    body.extend(extra::FEATURES.bytes());
    let mut all = if out.first() == Some(&b'+') { vec![b'+'] } else { Vec::new() };
    all.extend(frame::packet(&body));
    all
}
