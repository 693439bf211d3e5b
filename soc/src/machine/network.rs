//! The network's turn at each slice boundary, and the host's sockets behind it.

use super::{Input, Machine};
use crate::dev::{DevId, Msg};
use crate::net::host::{Event, HostNet};
use crate::system::{Frame, Output};
use esplens_core::time::Ticks;

/// Events taken from the host's sockets at once.
const MAX_EVENTS: usize = 64;

impl Machine {
    /// Connects the user network to the host's sockets.
    pub fn attach(&mut self, host: Box<dyn HostNet>) {
        self.host = Some(host);
    }

    /// Muted, the machine neither tells the host's sockets anything nor listens to them, as while it replays. Going
    /// live after a [`Machine::restore`] breaks the connections that the guest has: they belong to another time.
    pub fn set_muted(&mut self, muted: bool) {
        self.muted = muted;
    }

    /// True while a connection of the host is open or an answer awaited: virtual time should not run ahead of real.
    #[must_use]
    pub fn host_busy(&self) -> bool {
        self.host.is_some() && !self.quiet() && self.net.as_ref().is_some_and(crate::net::Net::busy)
    }

    fn quiet(&self) -> bool {
        self.muted || !self.replay.is_empty()
    }

    /// Takes what the host's sockets have to say as input.
    pub(super) fn poll_host(&mut self) {
        if self.quiet() {
            return;
        }
        let Some(host) = &mut self.host else { return };
        if std::mem::take(&mut self.stale) {
            self.inputs.push(Input::Host(Event::Lost));
        }
        for _ in 0..MAX_EVENTS {
            let Some(event) = host.poll() else { return };
            self.inputs.push(Input::Host(event));
        }
    }

    /// Carries frames both ways and lets the network's timers run.
    pub(super) fn run_network(&mut self) {
        let Some(net) = &mut self.net else {
            self.soc.sys.wire.clear();
            return;
        };
        for frame in std::mem::take(&mut self.soc.sys.wire) {
            net.from_guest(self.now, &frame);
        }
        net.tick(self.now);
        while let Some(frame) = net.arrive(self.now, self.soc.dev.eth.ready()) {
            let seen = Frame { at: self.now, to_guest: true, core: 0, pc: 0, bytes: frame.clone() };
            self.soc.sys.tap.note(&seen);
            self.soc.sys.out.push(Output::Frame(seen));
            self.soc.sys.messages.push_back((DevId::Eth, Msg::Frame(frame)));
            self.soc.deliver(&mut self.mem, self.now);
        }
        let commands = net.commands();
        if !commands.is_empty()
            && !self.quiet()
            && let Some(host) = &mut self.host
        {
            commands.into_iter().for_each(|c| host.command(c));
        }
    }

    /// When the next event of a device or of the network is due.
    pub(super) fn next_event(&self) -> Ticks {
        let net = self.net.as_ref().map_or(Ticks::MAX, |n| n.next(self.now));
        self.soc.sys.events.next().min(net)
    }
}
