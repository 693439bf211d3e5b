//! An in-process Ethernet switch for several machines on one segment. Its behaviour is determined by its seed: which
//! frames are delayed, lost, duplicated or reordered, and when a cable is unplugged.

use crate::machine::{Machine, RunExit};
use crate::net::host::{HostCommand, HostEvent, HostNet};
use crate::net::user::UserNetConfig;
use crate::net::{Net, Ready};
use esplens_core::time::{TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Time that the machines run between exchanges of Ethernet frames: 100 µs.
const STEP: Ticks = 100 * TICKS_PER_US;
/// Limit for learned Ethernet addresses.
const MAX_LEARNED: usize = 1024;
/// Limit for bytes in transit; frames beyond it are lost.
const MAX_FLYING: usize = 16 << 20;

/// Faults that the switch applies to Ethernet frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// Minimum delay of a frame, in ticks.
    pub delay: Ticks,
    /// Maximum additional random delay, in ticks.
    pub jitter: Ticks,
    /// Frames lost, per thousand.
    pub loss: u16,
    /// Frames duplicated, per thousand.
    pub duplicate: u16,
    /// Frames delayed so that later ones overtake them, per thousand.
    pub reorder: u16,
    /// Average interval between unplugging each machine's cable, and how long it stays unplugged, in ticks; 0: never.
    pub flap: (Ticks, Ticks),
}

/// Delay of a reordered frame: 3 ms.
const OVERTAKEN: Ticks = 3000 * TICKS_PER_US;

/// A switch with ports 0, 1, 2 ...
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Switch {
    faults: Faults,
    random: u64,
    ports: usize,
    learned: BTreeMap<[u8; 6], usize>,
    /// Frames in transit: (time of arrival, sequence number) to (port, contents).
    in_flight: BTreeMap<(Ticks, u64), (usize, Vec<u8>)>,
    bytes: usize,
    count: u64,
}

impl Switch {
    /// Creates a switch. Switches with equal seeds behave identically.
    #[must_use]
    pub fn new(ports: usize, faults: Faults, seed: u64) -> Self {
        Self {
            faults,
            random: seed,
            ports,
            learned: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            bytes: 0,
            count: 0,
        }
    }

    /// Returns the next random number (SplitMix64).
    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    fn happens(&mut self, per_mille: u16) -> bool {
        self.next_random() % 1000 < per_mille.into()
    }

    fn up_to(&mut self, most: Ticks) -> Ticks {
        if most == 0 { 0 } else { self.next_random() % (most + 1) }
    }

    /// Forwards a frame received at a port: to the port where its destination was learned, or to all other ports.
    pub fn send(&mut self, now: Ticks, from: usize, frame: &[u8]) {
        let Some((to, rest)) = frame.split_first_chunk::<6>() else { return };
        let Some(source) = rest.first_chunk::<6>() else { return };
        if source[0] & 1 == 0 && (self.learned.len() < MAX_LEARNED || self.learned.contains_key(source)) {
            self.learned.insert(*source, from);
        }
        let known = self.learned.get(to).copied().filter(|_| to[0] & 1 == 0);
        for port in 0..self.ports {
            if port != from && known.is_none_or(|k| k == port) {
                self.forward(now, port, frame);
            }
        }
    }

    fn forward(&mut self, now: Ticks, port: usize, frame: &[u8]) {
        let Faults { loss, duplicate, reorder, delay, jitter, .. } = self.faults;
        if self.happens(loss) {
            return;
        }
        let copies = 1 + usize::from(self.happens(duplicate));
        for _ in 0..copies {
            let late = if self.happens(reorder) { OVERTAKEN } else { 0 };
            let at = now + delay + self.up_to(jitter) + late;
            if self.bytes + frame.len() <= MAX_FLYING {
                self.count += 1;
                self.bytes += frame.len();
                self.in_flight.insert((at, self.count), (port, frame.to_vec()));
            }
        }
    }

    /// Returns the next frame that has arrived by `now`, with its destination port.
    pub fn pop_due(&mut self, now: Ticks) -> Option<(usize, Vec<u8>)> {
        let entry = self.in_flight.first_entry().filter(|e| e.key().0 <= now)?;
        let (port, frame) = entry.remove();
        self.bytes -= frame.len();
        Some((port, frame))
    }
}

/// A machine's end of its cable to the switch.
#[derive(Clone, Debug, Default)]
struct Port(Arc<Mutex<Ends>>);

#[derive(Debug, Default)]
struct Ends {
    sent: Vec<Vec<u8>>,
    arrived: VecDeque<Vec<u8>>,
}

impl Port {
    fn with<R>(&self, f: impl FnOnce(&mut Ends) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl HostNet for Port {
    fn command(&mut self, command: HostCommand) {
        if let HostCommand::Frame(frame) = command {
            self.with(|e| e.sent.push(frame));
        }
    }
    fn poll(&mut self) -> Option<HostEvent> {
        self.with(|e| e.arrived.pop_front()).map(HostEvent::Frame)
    }
    fn info(&self) -> String {
        "switch".into()
    }
}

/// Machines on one switch, run together in virtual time, with an optional user network as gateway.
pub struct Lan {
    machines: Vec<(Machine, Port)>,
    gateway: Option<Net>,
    host: Option<Box<dyn HostNet>>,
    switch: Switch,
    /// Per machine, the time of the next cable change; true: the cable is plugged in then.
    flaps: Vec<(Ticks, bool)>,
    now: Ticks,
}

impl Lan {
    /// Connects machines (made with `segment`) to a switch at virtual time 0, and a user network if `gateway` is given.
    #[must_use]
    pub fn new(machines: Vec<Machine>, gateway: Option<UserNetConfig>, faults: Faults, seed: u64) -> Self {
        let ports = machines.len() + usize::from(gateway.is_some());
        let mut switch = Switch::new(ports, faults, seed);
        let attached = machines.into_iter().map(|mut machine| {
            let port = Port::default();
            machine.attach(Box::new(port.clone()));
            (machine, port)
        });
        let machines: Vec<_> = attached.collect();
        let flaps = machines.iter().map(|_| next_flap(&mut switch, 0)).collect();
        Self { machines, gateway: gateway.map(Net::new), host: None, switch, flaps, now: 0 }
    }

    /// Connects the gateway to the host's sockets. Their events do not depend on the seed.
    pub fn attach(&mut self, host: Box<dyn HostNet>) {
        self.host = Some(host);
    }

    /// Returns the virtual time, which all machines share.
    #[must_use]
    pub fn now(&self) -> Ticks {
        self.now
    }

    /// Returns a machine by its index.
    pub fn machine(&mut self, n: usize) -> Option<&mut Machine> {
        self.machines.get_mut(n).map(|(m, _)| m)
    }

    /// Runs all machines until virtual time `until`, or until one of them ends.
    pub fn run(&mut self, until: Ticks) -> RunExit {
        while self.now < until {
            self.now = (self.now + STEP).min(until);
            for (machine, _) in &mut self.machines {
                while machine.now() < self.now {
                    match machine.run(self.now) {
                        RunExit::Until | RunExit::Reset(..) => {}
                        other => return other,
                    }
                }
            }
            self.flap();
            self.exchange();
        }
        RunExit::Until
    }

    /// Unplugs and replugs cables whose time has come.
    fn flap(&mut self) {
        for ((machine, _), flap) in self.machines.iter_mut().zip(&mut self.flaps) {
            if flap.0 > self.now {
                continue;
            }
            let up = flap.1;
            machine.input(crate::machine::Input::Link(up));
            *flap = if up {
                next_flap(&mut self.switch, self.now)
            } else {
                (self.now + self.switch.faults.flap.1, true)
            };
        }
    }

    /// Collects the frames sent and delivers those that have arrived.
    fn exchange(&mut self) {
        for (i, (_, port)) in self.machines.iter().enumerate() {
            for frame in port.with(|e| std::mem::take(&mut e.sent)) {
                self.switch.send(self.now, i, &frame);
            }
        }
        self.gateway();
        while let Some((to, frame)) = self.switch.pop_due(self.now) {
            match self.machines.get(to) {
                Some((_, port)) => port.with(|e| e.arrived.push_back(frame)),
                None => {
                    if let Some(net) = &mut self.gateway {
                        net.from_guest(self.now, &frame);
                    }
                }
            }
        }
    }

    /// Runs the gateway: its timers, the host's sockets, its outgoing frames.
    fn gateway(&mut self) {
        let Some(net) = &mut self.gateway else { return };
        while let Some(event) = self.host.as_mut().and_then(|h| h.poll()) {
            net.from_host(self.now, event);
        }
        net.tick(self.now);
        while let Some(frame) = net.pop_due(self.now, |_| Ready::Yes) {
            self.switch.send(self.now, self.machines.len(), &frame);
        }
        let commands = net.commands();
        if let Some(host) = &mut self.host {
            commands.into_iter().for_each(|c| host.command(c));
        }
    }

    /// Returns a SHA-256 of all state: equal hashes are equal segments.
    #[must_use]
    pub fn hash(&mut self) -> [u8; 32] {
        let mut sum = Sha256::new();
        for (machine, port) in &mut self.machines {
            sum.update(machine.state_hash());
            port.with(|e| e.arrived.iter().for_each(|f| sum.update(f)));
        }
        // Serialising plain data into memory cannot fail.
        sum.update(postcard::to_stdvec(&(&self.switch, &self.gateway, &self.flaps)).unwrap_or_default());
        sum.finalize().into()
    }
}

/// Returns when a cable is next unplugged after `now`: 0.5 to 1.5 times the average interval later.
fn next_flap(switch: &mut Switch, now: Ticks) -> (Ticks, bool) {
    let about = switch.faults.flap.0;
    let at = if about == 0 { Ticks::MAX } else { now + about / 2 + switch.up_to(about) };
    (at, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(to: u8, from: u8, n: u16) -> Vec<u8> {
        let mut f = vec![2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from];
        f.extend(n.to_be_bytes());
        f
    }

    fn all(switch: &mut Switch) -> Vec<(usize, Vec<u8>)> {
        std::iter::from_fn(|| switch.pop_due(Ticks::MAX)).collect()
    }

    #[test]
    fn frames_go_where_their_address_was_seen() {
        let mut s = Switch::new(3, Faults::default(), 1);
        s.send(0, 0, &frame(9, 1, 0));
        assert_eq!(all(&mut s).iter().map(|f| f.0).collect::<Vec<_>>(), [1, 2], "nobody knows 9");
        s.send(0, 2, &frame(1, 9, 0));
        assert_eq!(all(&mut s), [(0, frame(1, 9, 0))]);
        s.send(0, 0, &frame(9, 1, 1));
        assert_eq!(all(&mut s), [(2, frame(9, 1, 1))]);
        s.send(0, 1, &[1, 2, 3]);
        assert_eq!(all(&mut s), []);
    }

    #[test]
    fn faults_come_at_their_rates_and_from_the_seed_alone() {
        let faults =
            Faults { delay: 10, jitter: 5, loss: 50, duplicate: 100, reorder: 30, ..Faults::default() };
        let run = |seed| {
            let mut s = Switch::new(2, faults, seed);
            for n in 0..10_000_u16 {
                s.send(u64::from(n) * STEP, 0, &frame(9, 1, n));
            }
            all(&mut s)
        };
        let got = run(7);
        assert_eq!(got, run(7));
        assert_ne!(got, run(8));
        let numbers: Vec<u16> = got.iter().map(|(_, f)| u16::from_be_bytes([f[12], f[13]])).collect();
        let distinct: std::collections::BTreeSet<_> = numbers.iter().collect();
        assert!((9_400..9_600).contains(&distinct.len()), "{} of 10000 arrive", distinct.len());
        let twice = numbers.len() - distinct.len();
        assert!((850..1_050).contains(&twice), "{twice} twice");
        let overtaken = numbers.windows(2).filter(|w| w[1] < w[0]).count();
        assert!((200..450).contains(&overtaken), "{overtaken} overtaken");
    }

    #[test]
    fn memory_is_bounded() {
        let mut s = Switch::new(2, Faults { delay: 1, ..Faults::default() }, 1);
        for n in 0..20_000_u32 {
            let mut f = frame(9, 1, 0);
            f[7..11].copy_from_slice(&n.to_be_bytes());
            f.resize(1500, 0);
            s.send(0, 0, &f);
        }
        assert!(s.bytes <= MAX_FLYING && s.learned.len() <= MAX_LEARNED);
    }
}
