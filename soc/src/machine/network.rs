//! The network at each slice boundary, and the host's sockets it uses.

use super::{Input, Machine};
use crate::dev::{DevId, DevMsg, DevView};
use crate::net::host::{HostEvent, HostNet};
use crate::net::user::{Forward, Protocol};
use crate::net::{Net, Ready};
use crate::system::{AirInfo, NetFrame, Output};
use esplens_core::time::Ticks;
use std::net::{Ipv4Addr, SocketAddr};

/// open_eth's name, as in QEMU.
const OPENETH: &str = "open_eth.0";
/// The EMAC's name.
const EMAC: &str = "emac.0";

/// Limit for events taken from the host's sockets at once.
const MAX_EVENTS: usize = 64;

/// Returns the host work of carrying a frame.
pub(super) fn frame_work(frame: &[u8]) -> u64 {
    2_000 + 4 * frame.len() as u64
}

impl Machine {
    /// Connects the network to the host's sockets.
    pub fn attach(&mut self, host: Box<dyn HostNet>) {
        self.host = Some(host);
    }

    /// Sets whether the machine is muted. A muted machine exchanges nothing with the host's sockets, as in a replay.
    /// When a machine becomes live after a [`Machine::restore`], the guest's connections are reset, because they
    /// predate the restore.
    pub fn set_muted(&mut self, muted: bool) {
        self.muted = muted;
    }

    /// Plugs or unplugs the Ethernet cable from the next slice on. It is input, and logged.
    ///
    /// # Errors
    /// A name that is neither the network's ([`super::MachineConfig::nic_id`]) nor the controller's.
    pub fn set_link(&mut self, name: &str, up: bool) -> Result<(), String> {
        if ![&self.config.nic_id, OPENETH, EMAC].contains(&name) {
            let (id, nic) = (&self.config.nic_id, self.nic_name());
            return Err(format!("Device '{name}' not found: there are '{id}' and '{nic}'"));
        }
        self.input(Input::Link(up));
        Ok(())
    }

    /// Opens a forward of the user network at run time. Returns its listening address.
    ///
    /// # Errors
    /// The reason for the failure.
    pub fn hostfwd_add(&mut self, forward: &Forward) -> Result<SocketAddr, String> {
        match (&mut self.host, self.net.as_ref().and_then(Net::user)) {
            (Some(host), Some(_)) => host.add_forward(forward),
            _ => Err("there is no user network".into()),
        }
    }

    /// Closes a forward by the listening address given when it was opened. Returns false if there is none.
    pub fn hostfwd_remove(&mut self, protocol: Protocol, address: Option<Ipv4Addr>, port: u16) -> bool {
        self.host.as_mut().is_some_and(|h| h.remove_forward(protocol, address, port))
    }

    fn nic_name(&self) -> &'static str {
        if self.soc.dev.eth.emac().is_some() { EMAC } else { OPENETH }
    }

    /// Returns whether the Ethernet controller can receive an Ethernet frame now.
    #[must_use]
    pub fn eth_ready(&self) -> Ready {
        self.soc.dev.eth.ready(&DevView { now: self.now, sys: &self.soc.sys, mem: &self.mem })
    }

    /// Returns the network's name, as given by `id=`.
    #[must_use]
    pub fn nic_id(&self) -> &str {
        &self.config.nic_id
    }

    /// Returns the number of Ethernet frames in transit to the guest, and the number lost: see [`Net::backlog`].
    #[must_use]
    pub fn backlog(&self) -> (usize, u64) {
        self.net.as_ref().map_or((0, 0), Net::backlog)
    }

    /// Returns QEMU's `info network`: the controller, its peer, and the forwards with their listening addresses.
    #[must_use]
    pub fn network_info(&self) -> String {
        let eth = &self.soc.dev.eth;
        let mac = eth.mac().map(|b| format!("{b:02x}")).join(":");
        let down = if eth.link() { "" } else { ",link=down" };
        let nic = self.nic_name();
        let model = nic.trim_end_matches(".0");
        let mut out = format!("{nic}: index=0,type=nic,model={model},macaddr={mac}{down}\n");
        let id = &self.config.nic_id;
        if let Some(user) = self.net.as_ref().and_then(Net::user) {
            let c = user.config();
            let restrict = if c.restrict { "on" } else { "off" };
            out += &format!(" \\ {id}: index=0,type=user,net={},restrict={restrict}\n", c.net);
        } else if self.net.is_some() {
            let what = self.host.as_ref().map(|h| h.info()).unwrap_or_default();
            out += &format!(" \\ {id}: index=0,type=socket,{what}\n");
        }
        out + &self.forward_lines()
    }

    /// Returns QEMU's `info usernet`: forwards and connections of the user network.
    #[must_use]
    pub fn usernet_info(&self) -> String {
        let Some(user) = self.net.as_ref().and_then(Net::user) else { return String::new() };
        let head = format!(
            "  {:<21}{:>24}{:>24}{:>7}{:>7}\n",
            "Protocol[State]", "Guest", "Other end", "SendQ", "RecvQ"
        );
        format!("{}:\n{head}{}{}", self.config.nic_id, self.forward_lines(), user.list())
    }

    fn forward_lines(&self) -> String {
        let forwards = self.host.as_ref().map(|h| h.forwards()).unwrap_or_default();
        let line = |(f, at): &(Forward, SocketAddr)| {
            let name = if f.protocol == Protocol::Tcp { "TCP[HOST_FORWARD]" } else { "UDP[HOST_FORWARD]" };
            format!("  {name:<21}{:>24}{:>24}\n", f.guest, at)
        };
        forwards.iter().map(line).collect()
    }

    /// Returns true while a host connection is open or an answer is awaited: virtual time should not run ahead of real
    /// time.
    #[must_use]
    pub fn host_busy(&self) -> bool {
        let busy = self.net.as_ref().is_some_and(Net::busy) || self.air.busy();
        self.host.is_some() && !self.quiet() && busy
    }

    pub(super) fn quiet(&self) -> bool {
        self.muted || self.is_replaying() || !self.replay.is_empty()
    }

    /// Queues the events of the host's sockets as input.
    pub(super) fn poll_host(&mut self) {
        if self.quiet() {
            return;
        }
        let Some(host) = &mut self.host else { return };
        if std::mem::take(&mut self.stale) {
            self.inputs.push(Input::Host(HostEvent::Lost));
        }
        for _ in 0..MAX_EVENTS {
            let Some(event) = host.poll() else { return };
            self.inputs.push(Input::Host(event));
        }
    }

    /// Carries frames in both directions and runs the network's timers.
    pub(super) fn run_network(&mut self) {
        self.run_cable();
        self.run_air();
        self.deliver_ethernet();
        self.deliver_air();
        let mut commands = self.net.as_mut().map(Net::commands).unwrap_or_default();
        commands.append(&mut self.air.take_commands());
        if !commands.is_empty()
            && !self.quiet()
            && let Some(host) = &mut self.host
        {
            commands.into_iter().for_each(|c| host.command(c));
        }
    }

    /// Passes Ethernet frames from the cable to the network, and runs the network's timers.
    fn run_cable(&mut self) {
        let frames = std::mem::take(&mut self.soc.sys.wire);
        if let Some(net) = &mut self.net {
            for frame in frames {
                self.mem.work.charge(frame_work(&frame));
                net.from_guest(self.now, &frame);
            }
            net.tick(self.now);
        }
    }

    /// Delivers Ethernet frames from the network to the cable or to a station on the air.
    fn deliver_ethernet(&mut self) {
        let now = self.now;
        loop {
            let (air, eth) = (&self.air, &self.soc.dev.eth);
            let view = DevView { now, sys: &self.soc.sys, mem: &self.mem };
            let ready = |frame: &[u8]| match air.reaches(frame) {
                Ready::Off => eth.ready(&view),
                by_air => by_air,
            };
            let Some(frame) = self.net.as_mut().and_then(|net| net.pop_due(now, ready)) else { return };
            self.mem.work.charge(frame_work(&frame));
            let group = frame.first().is_some_and(|b| b & 1 != 0);
            let by_air = self.air.reaches(&frame) == Ready::Yes;
            self.show(&frame, None);
            if by_air {
                self.air.from_ethernet(now, &frame);
            }
            if !by_air || group && self.eth_ready() == Ready::Yes {
                self.soc.sys.messages.push_back((DevId::Eth, DevMsg::Frame(frame)));
                self.soc.deliver(&mut self.mem, now);
            }
        }
    }

    /// Shows a frame to the guest to debuggers and captures.
    pub(super) fn show(&mut self, bytes: &[u8], air: Option<AirInfo>) {
        let seen = NetFrame { at: self.now, to_guest: true, core: 0, pc: 0, bytes: bytes.to_vec(), air };
        self.soc.sys.tap.note(&seen);
        self.soc.sys.out.push(Output::NetFrame(seen));
    }

    /// Returns when the next event of a device, the network or the air is due.
    pub(super) fn next_event(&self) -> Ticks {
        let net = self.net.as_ref().map_or(Ticks::MAX, |n| n.next(self.now));
        self.soc.sys.events.next().min(net).min(self.air.next(self.now))
    }
}
