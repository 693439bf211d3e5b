//! Threads that GDB may have selected.
//!
//! GDB deletes each thread that a list no longer contains, and cannot continue without its current one ("without a live
//! selected thread"). A reset, another client or `monitor threads cores` can remove threads between two stops.
//! Therefore, threads that GDB may have selected stay in the list until its next stop reply.

use super::reverse;
use super::threads::ThreadLine;
use gdbstub::common::Tid;
use std::collections::BTreeSet;

/// Maximum number of threads remembered.
const MAX: usize = 1024;

/// The thread of the last stop reply and the threads selected by the client since then.
#[derive(Clone, Debug, Default)]
pub struct SelectedThreads {
    /// The thread of the last stop reply and its core.
    stop: Option<(Tid, usize)>,
    /// Threads named by `Hg` since then.
    named: BTreeSet<Tid>,
    /// Threads listed since then.
    listed: BTreeSet<Tid>,
}

impl SelectedThreads {
    /// Records a stop reply for `tid` on `core`; forgets earlier threads.
    pub fn stopped(&mut self, tid: Tid, core: usize) {
        *self = Self { stop: Some((tid, core)), ..Self::default() };
    }

    /// Records the thread of an `H` packet.
    pub fn note(&mut self, body: &[u8]) {
        let tid = body.strip_prefix(b"Hg").and_then(reverse::thread);
        if let Some(tid) = tid.filter(|t| self.listed.contains(t)) {
            self.named.insert(tid);
        }
    }

    /// Adds threads that no longer exist but may be selected by the client to the list of current threads.
    pub fn complete(&mut self, mut lines: Vec<ThreadLine>) -> Vec<ThreadLine> {
        let gone: Vec<Tid> = self.all().filter(|tid| lines.iter().all(|l| l.tid != *tid)).collect();
        let room = MAX.saturating_sub(self.listed.len());
        self.listed.extend(lines.iter().map(|l| l.tid).take(room));
        lines.extend(gone.into_iter().map(|tid| ThreadLine {
            tid,
            core: None,
            name: format!("{tid:#x}"),
            state: "gone; its registers are those of the core".into(),
        }));
        lines
    }

    /// Returns the core that represents a thread that no longer exists, or `None` if the client did not select that
    /// thread.
    pub fn core(&self, tid: Tid) -> Option<usize> {
        self.all().any(|t| t == tid).then(|| self.stop.map_or(0, |(_, core)| core))
    }

    fn all(&self) -> impl Iterator<Item = Tid> {
        let stop = self.stop.map(|(tid, _)| tid);
        stop.into_iter().chain(self.named.iter().copied().filter(move |t| Some(*t) != stop))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tid(n: usize) -> Tid {
        Tid::new(n).unwrap()
    }

    fn lines(ids: &[usize]) -> Vec<ThreadLine> {
        let line =
            |n: &usize| ThreadLine { tid: tid(*n), core: None, name: String::new(), state: String::new() };
        ids.iter().map(line).collect()
    }

    fn ids(lines: &[ThreadLine]) -> Vec<usize> {
        lines.iter().map(|l| l.tid.get()).collect()
    }

    #[test]
    fn threads_that_the_client_stands_at_stay_until_the_next_stop() {
        let mut s = SelectedThreads::default();
        s.stopped(tid(7), 1);
        assert_eq!(ids(&s.complete(lines(&[7, 8, 9]))), [7, 8, 9]);
        s.note(b"Hgp1.9");
        s.note(b"Hgp1.999");
        assert_eq!(ids(&s.complete(lines(&[1, 2]))), [1, 2, 7, 9]);
        assert_eq!((s.core(tid(9)), s.core(tid(8)), s.core(tid(0x999))), (Some(1), None, None));
        s.stopped(tid(1), 0);
        assert_eq!(ids(&s.complete(lines(&[1, 2]))), [1, 2]);
    }
}
