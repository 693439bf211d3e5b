//! The trace buffer: trace frames up to a maximum total size.

use super::TraceFrame;
use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Default size of the buffer, in bytes.
pub const DEFAULT_SIZE: usize = 4 << 20;
/// Maximum size that a client may request, in bytes.
pub const MAX_SIZE: usize = 64 << 20;

/// Search criterion for a trace frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Find {
    /// By its number, 0 for the oldest.
    Number(u64),
    /// The next frame of this tracepoint.
    Tracepoint(u32),
    /// The next frame with a PC in this range.
    Inside(RangeInclusive<u32>),
    /// The next frame with a PC outside of this range.
    Outside(RangeInclusive<u32>),
}

/// Trace frames, oldest first.
#[derive(Debug)]
pub struct Buffer {
    /// Frames, each with its offset in the trace file counted from the first frame of the run.
    frames: VecDeque<(u64, Arc<TraceFrame>)>,
    /// Offset of the next frame.
    end: u64,
    used: usize,
    size: usize,
    /// The oldest frames are overwritten when the buffer is full.
    pub circular: bool,
    created: u64,
}

impl Default for Buffer {
    fn default() -> Self {
        Self { frames: VecDeque::new(), end: 0, used: 0, size: DEFAULT_SIZE, circular: false, created: 0 }
    }
}

impl Buffer {
    /// Deletes all frames.
    pub fn clear(&mut self) {
        *self = Self { size: self.size, circular: self.circular, ..Self::default() };
    }

    /// Changes the size of the buffer, up to [`MAX_SIZE`]; deletes the oldest frames if they do not fit. Returns false
    /// if the size is too large.
    pub fn resize(&mut self, size: u64) -> bool {
        let Some(size) = usize::try_from(size).ok().filter(|s| *s <= MAX_SIZE) else { return false };
        self.size = size;
        self.make_room(0);
        true
    }

    /// Returns the size of the buffer, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Returns the unused bytes.
    #[must_use]
    pub fn free(&self) -> usize {
        self.size - self.used
    }

    /// Returns the maximum size of the next frame, in bytes.
    #[must_use]
    pub fn room(&self) -> usize {
        if self.circular { self.size } else { self.free() }
    }

    /// Returns the number of frames in the buffer.
    #[must_use]
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Returns true if the buffer is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Returns the number of frames created in this run, including overwritten ones.
    #[must_use]
    pub fn created(&self) -> u64 {
        self.created
    }

    fn make_room(&mut self, bytes: usize) {
        while self.used + bytes > self.size {
            let Some((_, oldest)) = self.frames.pop_front() else { return };
            self.used -= oldest.size();
        }
    }

    /// Adds a frame. Returns false if it does not fit.
    pub fn push(&mut self, frame: TraceFrame) -> bool {
        if frame.size() > self.room() {
            return false;
        }
        self.make_room(frame.size());
        self.used += frame.size();
        self.created += 1;
        let start = self.end;
        self.end += frame.to_file().len() as u64;
        self.frames.push_back((start, Arc::new(frame)));
        true
    }

    /// Searches for a frame, starting behind frame `after` except for a search by number. Returns its number and the
    /// frame.
    #[must_use]
    pub fn find(&self, what: &Find, after: Option<u64>) -> Option<(u64, Arc<TraceFrame>)> {
        let all = || self.frames.iter().map(|(_, f)| f).zip(0u64..);
        let behind = after.map_or(0, |n| usize::try_from(n).unwrap_or(usize::MAX).saturating_add(1));
        let found = match what {
            Find::Number(n) => all().nth(usize::try_from(*n).ok()?),
            Find::Tracepoint(n) => all().skip(behind).find(|(f, _)| f.tracepoint == *n),
            Find::Inside(range) => all().skip(behind).find(|(f, _)| range.contains(&f.pc())),
            Find::Outside(range) => all().skip(behind).find(|(f, _)| !range.contains(&f.pc())),
        };
        found.map(|(f, n)| (n, f.clone()))
    }

    /// Returns up to `len` bytes of all frames in trace file format, starting at `offset`; empty at the end.
    #[must_use]
    pub fn read(&self, offset: u64, len: usize) -> Vec<u8> {
        let base = self.frames.front().map_or(0, |(start, _)| *start);
        let from = base.saturating_add(offset);
        let first = self.frames.partition_point(|(start, _)| *start <= from).saturating_sub(1);
        let mut out = Vec::new();
        for (start, frame) in self.frames.iter().skip(first) {
            let bytes = frame.to_file();
            let skip = usize::try_from(from.saturating_sub(*start)).unwrap_or(usize::MAX).min(bytes.len());
            out.extend(&bytes[skip..]);
            if out.len() >= len {
                break;
            }
        }
        out.truncate(len);
        out
    }
}
