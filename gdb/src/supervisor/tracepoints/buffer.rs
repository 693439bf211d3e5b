//! The trace buffer: frames, and never more bytes of them than asked for.

use super::Frame;
use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Bytes of a buffer that nobody sized.
pub const DEFAULT_SIZE: usize = 4 << 20;
/// Most bytes that a client may ask for.
pub const MAX_SIZE: usize = 64 << 20;

/// Which frame to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Find {
    /// By its number, 0 for the oldest.
    Number(u64),
    /// The next one of this tracepoint.
    Tracepoint(u32),
    /// The next one with a PC in here.
    Inside(RangeInclusive<u32>),
    /// The next one with a PC not in here.
    Outside(RangeInclusive<u32>),
}

/// Trace frames, oldest first.
#[derive(Debug)]
pub struct Buffer {
    /// With the offset of each in the trace file, counted from the first frame of the run.
    frames: VecDeque<(u64, Arc<Frame>)>,
    /// Offset of the next one.
    end: u64,
    used: usize,
    size: usize,
    /// The oldest frames make room.
    pub circular: bool,
    created: u64,
}

impl Default for Buffer {
    fn default() -> Self {
        Self { frames: VecDeque::new(), end: 0, used: 0, size: DEFAULT_SIZE, circular: false, created: 0 }
    }
}

impl Buffer {
    /// Forgets all frames.
    pub fn clear(&mut self) {
        *self = Self { size: self.size, circular: self.circular, ..Self::default() };
    }

    /// Gives the buffer another size, up to [`MAX_SIZE`]; the oldest frames go where it is too small. False: too large.
    pub fn resize(&mut self, size: u64) -> bool {
        let Some(size) = usize::try_from(size).ok().filter(|s| *s <= MAX_SIZE) else { return false };
        self.size = size;
        self.make_room(0);
        true
    }

    /// Bytes in all.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Bytes not used.
    #[must_use]
    pub fn free(&self) -> usize {
        self.size - self.used
    }

    /// Bytes that the next frame may take.
    #[must_use]
    pub fn room(&self) -> usize {
        if self.circular { self.size } else { self.free() }
    }

    /// Frames kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Frames of this run, those included that made room since.
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

    /// Adds a frame. False: there is no room.
    pub fn push(&mut self, frame: Frame) -> bool {
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

    /// Looks for a frame, from the one behind number `after` on where that matters.
    #[must_use]
    pub fn find(&self, what: &Find, after: Option<u64>) -> Option<(u64, Arc<Frame>)> {
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

    /// Up to `len` bytes of all frames as a trace file has them, from `offset` on; empty at the end.
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
