//! End of a run: a panic is printed first, then the reason in a sentence.

use super::RunLoop;
use crate::cli::args::StatsFormat;
use crate::cli::exit::CliExit;
use crate::cli::stats::{Matched, Stats};
use crate::cli::target::Target;
use esplens_core::time::{TICKS_PER_SEC, TICKS_PER_US, Ticks};
use esplens_soc::system::ResetCause;

/// Virtual time allowed for the rest of the line after `--fail-on` has matched.
const LINE: Ticks = 50_000 * TICKS_PER_US;
/// The same for the rest of a panic.
const PANIC: Ticks = TICKS_PER_SEC;
/// The same for a core dump in a panic.
const DUMP: Ticks = 30 * TICKS_PER_SEC;

impl RunLoop {
    /// Returns true if `--fail-on` has matched and the related output is complete: the line, or a panic to its end.
    pub(super) fn closes(&self, now: Ticks) -> bool {
        let Some(since) = self.closing else { return false };
        let longest = match (self.crashes.dumps(), self.crashes.is_open()) {
            (true, _) => DUMP,
            (_, true) => PANIC,
            _ if self.patterns.at_line_end() => 0,
            _ => LINE,
        };
        now - since >= longest
    }

    /// Returns the exit of a run that ends with `why`: a failure that is being printed takes precedence.
    pub(super) fn ended(&mut self, why: CliExit) -> CliExit {
        let failed = self.closing.take().is_some() && !matches!(why, CliExit::Quit);
        match &self.hit {
            Some((hit, _)) if failed => CliExit::Failed(hit.text.clone()),
            _ => why,
        }
    }

    /// Returns the exit for a reset under `--reset-policy exit`. A reset after a panic is a failure, even if the
    /// firmware requested it.
    pub(super) fn reset(&self, cause: ResetCause, target: &dyn Target) -> CliExit {
        match self.crashes.at_reset(cause, target) {
            Some(panic) => CliExit::Panicked(Box::new(panic), cause),
            None => CliExit::Reset(cause),
        }
    }

    /// Returns the virtual seconds since the start.
    pub(super) fn seconds(&self, now: Ticks) -> f64 {
        now.saturating_sub(self.start_ticks) as f64 / TICKS_PER_SEC as f64
    }

    /// Returns the final statistics with the matched pattern and the panic.
    pub fn report(&self, exit: &CliExit, target: &dyn Target) -> Stats {
        let met = self.hit.as_ref().filter(|_| matches!(exit, CliExit::Matched(_) | CliExit::Failed(_)));
        Stats {
            matched: met.map(|(hit, at)| Matched {
                option: hit.option,
                pattern: hit.pattern.clone(),
                text: hit.text.clone(),
                line: hit.line,
                virtual_ms: (self.seconds(*at) * 1e6).round() / 1e3,
            }),
            panic: self.crashes.latest(target),
            why: self.why(exit, target),
            ..self.stats(target)
        }
    }

    /// Returns the reason for the end of the run, in a sentence.
    fn why(&self, exit: &CliExit, target: &dyn Target) -> String {
        let at = self.seconds(target.now());
        match (exit, &self.hit) {
            (CliExit::Matched(_) | CliExit::Failed(_), Some((hit, at))) => {
                let missing = self.patterns.unmet().into_iter().next().filter(|_| hit.option == "--exit-on");
                let missing = missing.filter(|_| matches!(exit, CliExit::Failed(_)));
                let missing = missing.map_or(String::new(), |m| format!(", but {m}"));
                let at = self.seconds(*at);
                format!("{} '{}' matched at {at:.3} s, line {}{missing}", hit.option, hit.pattern, hit.line)
            }
            (CliExit::Timeout, _) => format!("timeout after {at:.3} s of virtual time{}", self.waited_for()),
            (CliExit::WallTimeout, _) => {
                let wall = self.started.elapsed().as_secs_f64();
                format!(
                    "timeout after {wall:.1} s of the host's time, {at:.3} s virtual{}",
                    self.waited_for()
                )
            }
            (CliExit::Panicked(panic, cause), _) => {
                format!("panic: {panic}; reset ({cause:?}) at {at:.3} s, --reset-policy exit")
            }
            (CliExit::Reset(cause), _) => format!("reset ({cause:?}) at {at:.3} s, --reset-policy exit"),
            (CliExit::Stopped(why), _) => format!("the machine stopped at {at:.3} s: {why}"),
            (CliExit::Guest(code), _) => format!("the program ended with code {code} at {at:.3} s"),
            (other, _) => format!("{other} after {at:.3} s of virtual time"),
        }
    }

    /// Describes the patterns that did not match in time, and the last line.
    fn waited_for(&self) -> String {
        let unmet = self.patterns.unmet();
        if unmet.is_empty() {
            return String::new();
        }
        let last = match self.patterns.last_line() {
            line if line.is_empty() => "nothing was printed".into(),
            line => format!("last line: {line}"),
        };
        format!("; {}; {last}", unmet.join("; "))
    }
}

/// Returns true if the reason is printed on a line of its own. It is not with `--stats`, after a quit of the dashboard,
/// and for a program that ends itself.
pub fn is_told(exit: &CliExit, stats: Option<StatsFormat>, dashboard: bool) -> bool {
    let known = matches!(exit, CliExit::Guest(_)) || dashboard && matches!(exit, CliExit::Quit);
    !known && stats.is_none()
}
