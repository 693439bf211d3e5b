//! Reverse execution packets `bc` and `bs`, and the thread that they step.

use super::target::GdbTarget;
use super::threads::{ThreadState, ThreadView};
use esplens_debuginfo::number::packed;
use esplens_supervisor::{Gone, ReverseKind, Session};
use gdbstub::common::Tid;
use gdbstub::target::ext::base::reverse_exec::{ReverseCont, ReverseStep};

/// The threads selected by a client.
#[derive(Debug, Default)]
pub struct Chosen {
    /// The thread whose registers it reads: named by `Hg` or by the last stop reply.
    general: Option<Tid>,
    /// Same as `general`, but `None` after "any": gdbstub selects the thread.
    exact: Option<Tid>,
    /// The thread that it steps, named by `Hc`; `None` for any.
    steps: Option<Tid>,
}

/// Parses the thread of an `H` packet; `None` for any or all.
pub(super) fn thread(text: &[u8]) -> Option<Tid> {
    let number = text.rsplit(|b| *b == b'.').next()?;
    Tid::new(usize::try_from(packed(number)?).ok()?)
}

impl Chosen {
    /// Records the thread of an `H` packet.
    pub fn note(&mut self, body: &[u8]) {
        if let Some(text) = body.strip_prefix(b"Hg") {
            self.exact = thread(text);
            self.general = self.exact.or(self.general);
        } else if let Some(text) = body.strip_prefix(b"Hc") {
            self.steps = thread(text);
        }
    }

    /// Records the thread of a stop reply.
    pub fn stopped(&mut self, tid: Tid) {
        (self.general, self.exact) = (Some(tid), Some(tid));
    }

    /// Returns the thread whose registers and memory the client reads, if it is known.
    pub fn exact(&self) -> Option<Tid> {
        self.exact
    }
}

impl GdbTarget {
    fn start_reverse_op(
        &mut self,
        how: impl FnOnce(&Session, &ThreadView) -> ReverseKind + Send + 'static,
    ) -> Result<(), Gone> {
        let (view, by) = (self.view(), self.handle.client().clone());
        (self.load, self.loaded) = Default::default();
        (self.tracing.frame, self.stepped, self.awaited) = Default::default();
        self.resumed_after = self.handle.call(move |s| {
            let before = s.stop_number();
            let how = how(s, &view);
            s.start_reverse_op(how, &by);
            before
        })?;
        Ok(())
    }
}

impl ReverseCont<Tid> for GdbTarget {
    fn reverse_cont(&mut self) -> Result<(), Gone> {
        self.start_reverse_op(|_, _| ReverseKind::Continue)
    }
}

impl ReverseStep<Tid> for GdbTarget {
    // gdbstub passes its first thread for a client that selected none.
    fn reverse_step(&mut self, first: Tid) -> Result<(), Gone> {
        let tid = self.chosen.steps.or(self.chosen.general).unwrap_or(first);
        self.start_reverse_op(move |s, view| match view.place(s.machine(), tid) {
            Some(ThreadState::Core(core)) => ReverseKind::Step(core),
            // The last instruction of a task that is not running is too far back: step the core of the last stop.
            _ => ReverseKind::Step(s.last_core()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_of_the_thread_that_was_named_last() {
        let mut chosen = Chosen::default();
        let mut after = |body: &str| {
            chosen.note(body.as_bytes());
            chosen.steps.or(chosen.general).map(Tid::get)
        };
        for (body, tid) in [
            ("Hg0", None),
            ("Hgp1.3ffb8b50", Some(0x3FFB_8B50)),
            ("Hcp1.0", Some(0x3FFB_8B50)),
            ("Hgp1.-1", Some(0x3FFB_8B50)),
            ("Hcp1.2", Some(2)),
            ("Hg1", Some(2)),
            ("Hc-1", Some(1)),
            ("Hc", Some(1)),
            ("Hgp1.", Some(1)),
        ] {
            assert_eq!(after(body), tid, "{body}");
        }
    }
}
