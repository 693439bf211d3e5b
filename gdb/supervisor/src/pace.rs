//! Pacing of virtual time against host time: the only place that decides when to wait.

use esplens_core::time::{TICKS_PER_SEC, TICKS_PER_US, Ticks};
use std::str::FromStr;
use std::time::{Duration, Instant};

/// Speed of virtual time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// The chip's speed.
    Real,
    /// As fast as possible; idle time is skipped.
    Max,
    /// As fast as possible until a server on the guest answers, then the chip's speed. The session switches to
    /// [`Speed::Real`] by itself, at the latest 10 virtual seconds after the guest has an address.
    Auto,
    /// A multiple of the chip's speed.
    Times(f64),
}

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Real => f.write_str("real"),
            Self::Max => f.write_str("max"),
            Self::Auto => f.write_str("auto"),
            Self::Times(n) => write!(f, "x{n}"),
        }
    }
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "real" => Ok(Self::Real),
            "max" => Ok(Self::Max),
            "auto" => Ok(Self::Auto),
            _ => match text.trim_start_matches('x').parse::<f64>() {
                Ok(n) if (0.001..=1000.0).contains(&n) => Ok(Self::Times(n)),
                _ => Err("expected real, max, auto or a factor from 0.001 to 1000".into()),
            },
        }
    }
}

/// Maximum lag that is made up for. If virtual time is further behind, the lag is dropped.
const MAX_LAG: Duration = Duration::from_millis(100);

/// Limits the speed of virtual time.
#[derive(Debug)]
pub struct Pace {
    /// Virtual seconds per host second; `None` for no limit.
    factor: Option<f64>,
    /// A host connection is open: real time is the limit if there is no other.
    held: bool,
    /// A client waits for the machine: no limit applies.
    hurried: bool,
    /// A host time and the virtual time that corresponds to it.
    origin: (Instant, Ticks),
}

impl Pace {
    /// Starts pacing with virtual time `now` at the current host time.
    pub fn new(speed: Speed, now: Ticks) -> Self {
        let factor = match speed {
            Speed::Real => Some(1.0),
            Speed::Max | Speed::Auto => None,
            Speed::Times(n) => Some(n),
        };
        Self { factor, held: false, hurried: false, origin: (Instant::now(), now) }
    }

    /// Limits the speed to real time while `held`, unless a factor was requested.
    pub fn hold(&mut self, held: bool, now: Ticks) {
        if held && !self.held && self.factor.is_none() {
            self.origin = (Instant::now(), now);
        }
        self.held = held;
    }

    /// Removes all limits while `hurried`.
    pub fn hurry(&mut self, hurried: bool, now: Ticks) {
        if self.hurried && !hurried {
            self.origin = (Instant::now(), now);
        }
        self.hurried = hurried;
    }

    /// Returns the current limit, in virtual seconds per host second.
    fn limit(&self) -> Option<f64> {
        self.factor.or(self.held.then_some(1.0)).filter(|_| !self.hurried)
    }

    /// Returns true if idle time is skipped instead of being waited for.
    pub fn skips_idle(&self) -> bool {
        self.limit().is_none()
    }

    /// Skips the wait for virtual time `now` and paces from here. No effect if a factor other than 1 was requested.
    pub fn skip_wait(&mut self, now: Ticks) {
        if self.factor.is_none_or(|f| f == 1.0) && self.due() < now {
            self.origin = (Instant::now(), now);
        }
    }

    /// Returns the virtual time to run before external events are polled again.
    pub fn slice(&self) -> Ticks {
        if self.skips_idle() && !self.hurried { 10_000 * TICKS_PER_US } else { 1_000 * TICKS_PER_US }
    }

    /// Returns the time to wait until virtual time `at` is due; zero if it is.
    pub fn wait(&self, at: Ticks) -> Duration {
        let Some(factor) = self.limit() else { return Duration::ZERO };
        let ahead = at.saturating_sub(self.origin.1) as f64 / TICKS_PER_SEC as f64 / factor;
        Duration::try_from_secs_f64(ahead).unwrap_or(Duration::MAX).saturating_sub(self.origin.0.elapsed())
    }

    /// Returns the virtual time that corresponds to the current host time.
    fn due(&self) -> Ticks {
        let factor = self.limit().unwrap_or(1.0);
        self.origin
            .1
            .saturating_add((self.origin.0.elapsed().as_secs_f64() * factor * TICKS_PER_SEC as f64) as Ticks)
    }

    /// Drops a lag that the host cannot make up for. Call after each slice.
    pub fn settle(&mut self, now: Ticks) {
        let Some(factor) = self.limit() else { return };
        let lag = self.due().saturating_sub(now) as f64 / TICKS_PER_SEC as f64 / factor;
        if lag > MAX_LAG.as_secs_f64() {
            self.origin = (Instant::now(), now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_time_waits_and_max_does_not() {
        let real = Pace::new(Speed::Real, 5);
        let wait = real.wait(5 + 2 * TICKS_PER_SEC);
        assert!(wait > Duration::from_millis(1900) && wait <= Duration::from_secs(2), "{wait:?}");
        assert_eq!(Pace::new(Speed::Max, 5).wait(Ticks::MAX), Duration::ZERO);
        let double = Pace::new(Speed::Times(2.0), 0).wait(2 * TICKS_PER_SEC);
        assert!(double <= Duration::from_secs(1), "{double:?}");
    }

    #[test]
    fn a_hurry_lifts_every_limit_and_leaves_none_of_its_time_behind() {
        let mut pace = Pace::new(Speed::Times(0.001), 0);
        pace.hurry(true, 0);
        assert!(pace.skips_idle());
        assert_eq!(pace.wait(TICKS_PER_SEC), Duration::ZERO);
        pace.hurry(false, 100 * TICKS_PER_SEC);
        assert!(pace.wait(100 * TICKS_PER_SEC + TICKS_PER_SEC) > Duration::from_secs(900));
        assert_eq!(pace.wait(100 * TICKS_PER_SEC), Duration::ZERO);
    }

    #[test]
    fn a_lag_is_forgotten() {
        let mut pace = Pace::new(Speed::Times(1000.0), 0);
        std::thread::sleep(MAX_LAG + Duration::from_millis(20));
        assert!(pace.due() >= 100 * TICKS_PER_SEC);
        pace.settle(7);
        assert!(pace.due() < 50 * TICKS_PER_SEC, "starts again from 7");
    }

    #[test]
    fn a_wait_can_be_skipped_in_real_time() {
        let mut pace = Pace::new(Speed::Real, 0);
        pace.skip_wait(3 * TICKS_PER_SEC);
        assert_eq!(pace.wait(3 * TICKS_PER_SEC), Duration::ZERO);
        assert!(pace.wait(4 * TICKS_PER_SEC) > Duration::from_millis(900));
        let mut slow = Pace::new(Speed::Times(0.5), 0);
        slow.skip_wait(TICKS_PER_SEC);
        assert!(slow.wait(TICKS_PER_SEC) > Duration::from_millis(1900), "a factor was asked for");
    }

    #[test]
    fn speeds_parse() {
        assert_eq!("x2".parse(), Ok(Speed::Times(2.0)));
        assert!("nan".parse::<Speed>().is_err());
        assert!("-1".parse::<Speed>().is_err());
    }
}
