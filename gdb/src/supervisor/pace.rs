//! Virtual time against the host's: the one place that decides when to wait.

use esplens_core::time::{TICKS_PER_SEC, TICKS_PER_US, Ticks};
use std::str::FromStr;
use std::time::{Duration, Instant};

/// How fast virtual time runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// As on the chip.
    Real,
    /// As fast as the host can; idle time is skipped.
    Max,
    /// As fast as the host can until the guest's server answers, then as on the chip: the session goes over to
    /// [`Speed::Real`] by itself, at the latest 10 virtual seconds after the guest has an address.
    Auto,
    /// This many times as fast as the chip.
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

/// Further behind than this, virtual time is let stretch instead of being made up for.
const MAX_LAG: Duration = Duration::from_millis(100);

/// Keeps virtual time from running ahead.
#[derive(Debug)]
pub struct Pace {
    /// Virtual seconds in a second of the host's; `None` for no limit.
    factor: Option<f64>,
    /// A connection of the host is open: without a limit, real time counts.
    held: bool,
    /// A moment and the virtual time that belongs to it.
    origin: (Instant, Ticks),
}

impl Pace {
    /// Starts with virtual time `now` at this moment.
    pub fn new(speed: Speed, now: Ticks) -> Self {
        let factor = match speed {
            Speed::Real => Some(1.0),
            Speed::Max | Speed::Auto => None,
            Speed::Times(n) => Some(n),
        };
        Self { factor, held: false, origin: (Instant::now(), now) }
    }

    /// While `held`, time does not run faster than real unless a factor was asked for.
    pub fn hold(&mut self, held: bool, now: Ticks) {
        if held && !self.held && self.factor.is_none() {
            self.origin = (Instant::now(), now);
        }
        self.held = held;
    }

    /// Virtual seconds in one of the host's, at this moment.
    fn limit(&self) -> Option<f64> {
        self.factor.or(self.held.then_some(1.0))
    }

    /// True when idle time is skipped rather than waited for.
    pub fn skips_idle(&self) -> bool {
        self.limit().is_none()
    }

    /// Lets virtual time be ahead: the wait for `now` is skipped, and real time counts from here.
    pub fn skip_wait(&mut self, now: Ticks) {
        if self.factor.is_none_or(|f| f == 1.0) && self.due() < now {
            self.origin = (Instant::now(), now);
        }
    }

    /// Virtual time to run before looking at the outside again.
    pub fn slice(&self) -> Ticks {
        if self.skips_idle() { 10_000 * TICKS_PER_US } else { 1_000 * TICKS_PER_US }
    }

    /// How long to wait until virtual time `at` is due; zero when it is.
    pub fn wait(&self, at: Ticks) -> Duration {
        let Some(factor) = self.limit() else { return Duration::ZERO };
        let ahead = at.saturating_sub(self.origin.1) as f64 / TICKS_PER_SEC as f64 / factor;
        Duration::try_from_secs_f64(ahead).unwrap_or(Duration::MAX).saturating_sub(self.origin.0.elapsed())
    }

    /// The virtual time that belongs to this moment.
    fn due(&self) -> Ticks {
        let factor = self.limit().unwrap_or(1.0);
        self.origin
            .1
            .saturating_add((self.origin.0.elapsed().as_secs_f64() * factor * TICKS_PER_SEC as f64) as Ticks)
    }

    /// Call after each slice: forgets a lag that the host cannot make up for.
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
