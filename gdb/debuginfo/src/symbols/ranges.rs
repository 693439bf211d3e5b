//! Address ranges that may overlap, searched by address.

/// Numbered ranges, sorted by their begin.
#[derive(Default, Debug)]
pub(super) struct RangeMap {
    /// (begin, end, number).
    rows: Vec<(u32, u32, u32)>,
    /// The highest end of any row up to this one.
    furthest: Vec<u32>,
}

impl RangeMap {
    /// Creates a map of (begin, end, number) rows; omits empty ones and those at 0 (code that the linker dropped).
    pub(super) fn new(mut rows: Vec<(u32, u32, u32)>) -> Self {
        rows.retain(|r| r.0 < r.1 && r.0 != 0);
        rows.sort_unstable();
        let mut far = 0;
        let furthest = rows
            .iter()
            .map(|r| {
                far = far.max(r.1);
                far
            })
            .collect();
        Self { rows, furthest }
    }

    /// Returns the rows that contain `addr`, the latest begin first.
    pub(super) fn at(&self, addr: u32) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
        let end = self.rows.partition_point(|r| r.0 <= addr);
        let rows = (0..end).rev().take_while(move |n| self.furthest[*n] > addr).map(|n| self.rows[n]);
        rows.filter(move |r| addr < r.1)
    }

    /// Returns the row that begins last before `addr` or at it.
    pub(super) fn before(&self, addr: u32) -> Option<(u32, u32, u32)> {
        self.rows[..self.rows.partition_point(|r| r.0 <= addr)].last().copied()
    }
}
