//! gdbstub's state machine, recreated after a failure so that the next packet is always handled.

use super::frame;
use super::target::GdbTarget;
use gdbstub::conn::Connection;
use gdbstub::stub::state_machine::GdbStubStateMachine as Machine;
use gdbstub::stub::{DisconnectReason, GdbStub, MultiThreadStopReason};
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Buffer for gdbstub's output.
#[derive(Debug, Default)]
pub struct Out(pub Vec<u8>);

impl Connection for Out {
    type Error = Infallible;

    fn write(&mut self, byte: u8) -> Result<(), Infallible> {
        self.0.push(byte);
        Ok(())
    }

    fn write_all(&mut self, buf: &[u8]) -> Result<(), Infallible> {
        self.0.extend(buf);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// State of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StubPhase {
    /// Waiting for packets.
    Idle,
    /// Waiting for the machine to stop.
    Running,
    /// Ended.
    Over(DisconnectReason),
}

type Inner = Machine<'static, GdbTarget, Out>;

/// gdbstub for one connection.
pub struct Stub {
    inner: Option<Inner>,
    /// Packets that configure a new state machine: features, no-ack mode.
    settings: Vec<Vec<u8>>,
    /// gdbstub failed on the last packet.
    recovered: bool,
}

/// Creates a state machine.
fn fresh(guest: &mut GdbTarget) -> Option<Inner> {
    let stub = GdbStub::builder(Out::default()).packet_buffer_size(frame::MAX_PACKET).build().ok()?;
    stub.run_state_machine(guest).ok()
}

/// Passes bytes to gdbstub; returns `None` if it failed.
fn feed(inner: Inner, guest: &mut GdbTarget, bytes: &[u8]) -> Option<Inner> {
    let mut inner = inner;
    for &byte in bytes {
        inner = match inner {
            Machine::Idle(gdb) => gdb.incoming_data(guest, byte).ok()?,
            Machine::Running(gdb) => gdb.incoming_data(guest, byte).ok()?,
            other => return Some(other),
        };
    }
    Some(inner)
}

/// Takes gdbstub's output.
fn take_out(inner: &mut Inner) -> Vec<u8> {
    let out = match inner {
        Machine::Idle(g) => g.borrow_conn(),
        Machine::Running(g) => g.borrow_conn(),
        Machine::CtrlCInterrupt(g) => g.borrow_conn(),
        Machine::Disconnected(g) => g.borrow_conn(),
    };
    std::mem::take(&mut out.0)
}

impl Stub {
    /// Creates a stub that waits for its first packet.
    pub fn new(guest: &mut GdbTarget) -> Self {
        Self { inner: fresh(guest), settings: Vec::new(), recovered: false }
    }

    /// Returns the state of the connection.
    pub fn phase(&self) -> StubPhase {
        match &self.inner {
            Some(Machine::Running(_) | Machine::CtrlCInterrupt(_)) => StubPhase::Running,
            Some(Machine::Disconnected(g)) => StubPhase::Over(g.get_reason()),
            _ => StubPhase::Idle,
        }
    }

    /// Passes a packet to gdbstub; returns the bytes to send.
    pub fn packet(&mut self, guest: &mut GdbTarget, body: &[u8]) -> Vec<u8> {
        let bytes = frame::packet(body);
        let out = self.step(guest, move |inner, guest| feed(inner, guest, &bytes));
        if !self.recovered && (body.starts_with(b"qSupported") || body == b"QStartNoAckMode") {
            self.settings.retain(|s| s.first() != body.first());
            self.settings.push(body.to_vec());
        }
        out
    }

    /// Reports a stop; returns the bytes to send.
    pub fn report(&mut self, guest: &mut GdbTarget, reason: MultiThreadStopReason<u32>) -> Vec<u8> {
        self.step(guest, move |inner, guest| match inner {
            Machine::Running(gdb) => gdb.report_stop(guest, reason).ok(),
            other => Some(other),
        })
    }

    fn step(
        &mut self,
        guest: &mut GdbTarget,
        f: impl FnOnce(Inner, &mut GdbTarget) -> Option<Inner>,
    ) -> Vec<u8> {
        let inner = self.inner.take();
        self.recovered = false;
        let result = catch_unwind(AssertUnwindSafe(|| f(inner?, guest)));
        match result.ok().flatten() {
            Some(mut inner) => {
                let out = take_out(&mut inner);
                self.inner = Some(inner);
                out
            }
            None => self.recover(guest),
        }
    }

    /// Recreates the state machine with the negotiated settings, for a client that keeps the connection after
    /// detaching.
    pub fn restart(&mut self, guest: &mut GdbTarget) {
        let mut inner = fresh(guest);
        for packet in &self.settings {
            inner = inner.and_then(|i| feed(i, guest, &frame::packet(packet)));
        }
        if let Some(inner) = &mut inner {
            take_out(inner);
        }
        self.inner = inner;
    }

    /// Handles a failure of gdbstub: returns an error for the client and recreates the state machine.
    fn recover(&mut self, guest: &mut GdbTarget) -> Vec<u8> {
        self.recovered = true;
        self.restart(guest);
        let mut out = if self.no_ack() { Vec::new() } else { vec![b'+'] };
        out.extend(frame::packet(b"E16"));
        out
    }

    /// Returns true if acknowledgements are disabled.
    pub fn no_ack(&self) -> bool {
        self.settings.iter().any(|s| s == b"QStartNoAckMode")
    }
}
