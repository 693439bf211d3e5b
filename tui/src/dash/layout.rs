//! Layout of panes: trees of splits, one for each layout and terminal size, in a text notation.
//!
//! `h(cpu:2 v(code:3 backtrace:2):3)` puts `cpu` left of two panes above each other; the numbers are shares.

mod drag;

use super::pane_id::PaneId;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::str::FromStr;

/// Minimum size of a pane, including its border.
const MIN: (u16, u16) = (12, 3);
/// Maximum depth of a tree in the configuration.
const MAX_DEPTH: usize = 8;
/// Maximum share: more than any terminal has columns, so that shares can be lengths in cells.
const MAX_SHARE: u16 = 1000;

/// A layout's number and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum LayoutId {
    Overview,
    Cpu,
    Tasks,
    Network,
    Memory,
    Trace,
}

impl LayoutId {
    /// All layouts, in the order of their digits.
    pub const ALL: [LayoutId; 6] =
        [Self::Overview, Self::Cpu, Self::Tasks, Self::Network, Self::Memory, Self::Trace];

    /// Returns the layout's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Cpu => "cpu",
            Self::Tasks => "tasks",
            Self::Network => "network",
            Self::Memory => "memory",
            Self::Trace => "trace",
        }
    }

    /// Returns the default tree of the layout.
    #[must_use]
    pub fn built_in(self, size: Size) -> &'static str {
        use Size::*;
        match (self, size) {
            (Self::Overview, Small) => "v(h(code:3 tasks:2):1 console:1)",
            (Self::Overview, Medium) => "v(h(code:3 v(backtrace:2 tasks:3):3):3 h(console:3 prompt:2):2)",
            (Self::Overview, Large) => {
                "v(h(cpu:4 code:5 v(backtrace:2 tasks:3):5):3 h(console:4 frames:3 prompt:3):2)"
            }
            (Self::Cpu, Small) => "h(cpu:3 code:3)",
            (Self::Cpu, Medium) => "v(h(cpu:4 code:5):4 h(backtrace:4 points:2 prompt:3):2)",
            (Self::Cpu, Large) => "h(cpu:4 v(code:3 prompt:1):5 v(backtrace:3 watch:2 points:1):4)",
            (Self::Tasks, Small) => "v(tasks:3 timeline:2)",
            (Self::Tasks, Medium) => "v(tasks:4 timeline:3 h(backtrace:3 console:3):3)",
            (Self::Tasks, Large) => "v(h(tasks:5 backtrace:3):4 timeline:2 h(console:3 watch:2):2)",
            (Self::Network, Small) => "v(eth:3 frames:2)",
            (Self::Network, Medium) => "v(eth:3 h(frames:3 console:2):3)",
            (Self::Network, Large) => "v(h(eth:5 frames:5):4 h(console:3 timeline:3 prompt:2):2)",
            (Self::Memory, Small) => "v(memory:3 periph:2)",
            (Self::Memory, Medium) => "h(memory:3 v(periph:3 watch:2):2)",
            (Self::Memory, Large) => "h(memory:5 v(periph:4 watch:3 h(points:2 prompt:3):2):5)",
            (Self::Trace, Small) => "v(trace:3 timeline:2)",
            (Self::Trace, Medium) => "v(trace:4 timeline:2 h(console:1 prompt:1):2)",
            (Self::Trace, Large) => "v(h(trace:3 frames:2):3 timeline:2 h(console:1 prompt:1):2)",
        }
    }
}

/// Size classes of terminals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    /// Under 110 columns or 32 rows.
    Small,
    /// Between small and large.
    Medium,
    /// At least 160 columns and 45 rows.
    Large,
}

impl Size {
    /// All sizes.
    pub const ALL: [Size; 3] = [Self::Small, Self::Medium, Self::Large];

    /// Returns the size class of a terminal.
    #[must_use]
    pub fn of(width: u16, height: u16) -> Self {
        if width < 110 || height < 32 {
            Self::Small
        } else if width < 160 || height < 45 {
            Self::Medium
        } else {
            Self::Large
        }
    }

    /// Returns the name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }
}

/// A tree of panes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A pane.
    Leaf(PaneId),
    /// Parts with their shares: one above the other when `vertical`, else side by side.
    Split {
        /// One above the other.
        vertical: bool,
        /// Share and part.
        parts: Vec<(u16, Node)>,
    },
}

impl Node {
    /// Appends the panes in reading order.
    pub fn panes(&self, out: &mut Vec<PaneId>) {
        match self {
            Self::Leaf(id) => out.push(*id),
            Self::Split { parts, .. } => parts.iter().for_each(|(_, n)| n.panes(out)),
        }
    }

    /// Computes the position of each pane in `area`. Parts that would be too small are omitted, the last ones first.
    pub fn place(&self, area: Rect, out: &mut Vec<(PaneId, Rect)>) {
        match self {
            Self::Leaf(id) => out.push((*id, area)),
            Self::Split { vertical, parts } => {
                divide(*vertical, parts, area)
                    .into_iter()
                    .zip(parts)
                    .for_each(|(part, (_, n))| n.place(part, out));
            }
        }
    }

    /// Changes the share of the part that contains `pane`, in a split of this direction. Returns true if there is one.
    pub fn resize(&mut self, pane: PaneId, vertical: bool, by: i16) -> bool {
        let Self::Split { vertical: v, parts } = self else { return false };
        for (share, node) in parts.iter_mut() {
            let mut inside = Vec::new();
            node.panes(&mut inside);
            if !inside.contains(&pane) {
                continue;
            }
            if node.resize(pane, vertical, by) {
                return true;
            }
            if *v == vertical {
                *share = share.saturating_add_signed(by).clamp(1, MAX_SHARE);
                return true;
            }
        }
        false
    }

    /// Multiplies all small shares by 10, so that steps of 1 are finer.
    fn refine(&mut self) {
        if let Self::Split { parts, .. } = self {
            for (share, node) in parts {
                if *share < 10 {
                    *share *= 10;
                }
                node.refine();
            }
        }
    }
}

/// Returns the areas of a split's parts; fewer than there are parts if the space is too small.
fn divide(vertical: bool, parts: &[(u16, Node)], area: Rect) -> Vec<Rect> {
    let (length, least) = if vertical { (area.height, MIN.1) } else { (area.width, MIN.0) };
    let fit = usize::from((length / least).max(1)).min(parts.len());
    let parts = &parts[..fit];
    let mut left: u32 = parts.iter().map(|(share, _)| u32::from(*share)).sum();
    let (mut at, mut rest) = (0, length);
    let take = |(n, (share, _)): (usize, &(u16, Node))| {
        let after = (parts.len() - n - 1) as u16;
        let fair = (u32::from(rest) * u32::from(*share) / left.max(1)) as u16;
        let most = rest.saturating_sub(after * least);
        let take = if after == 0 { rest } else { fair.max(least.min(rest)).min(most) };
        let part = match vertical {
            true => Rect { y: area.y + at, height: take, ..area },
            false => Rect { x: area.x + at, width: take, ..area },
        };
        (at, rest, left) = (at + take, rest - take, left - u32::from(*share));
        part
    };
    parts.iter().enumerate().map(take).collect()
}

impl Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf(id) => f.write_str(id.name()),
            Self::Split { vertical, parts } => {
                f.write_str(if *vertical { "v(" } else { "h(" })?;
                for (n, (share, node)) in parts.iter().enumerate() {
                    write!(f, "{}{node}:{share}", if n == 0 { "" } else { " " })?;
                }
                f.write_str(")")
            }
        }
    }
}

impl FromStr for Node {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut rest = text.trim();
        let mut node = parse(&mut rest, 0)?;
        if !rest.trim().is_empty() {
            return Err(format!("{rest:?} after the layout"));
        }
        let mut panes = Vec::new();
        node.panes(&mut panes);
        let twice = panes.iter().enumerate().find(|(n, p)| panes[..*n].contains(p));
        if let Some((_, pane)) = twice {
            return Err(format!("{} twice", pane.name()));
        }
        node.refine();
        Ok(node)
    }
}

fn parse(rest: &mut &str, depth: usize) -> Result<Node, String> {
    if depth > MAX_DEPTH {
        return Err("too deep".into());
    }
    *rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (word, tail) = rest.split_at(end);
    if !tail.starts_with('(') {
        *rest = tail;
        return PaneId::named(word).map(Node::Leaf).ok_or_else(|| format!("there is no pane named {word:?}"));
    }
    let vertical = match word {
        "v" => true,
        "h" => false,
        _ => return Err(format!("{word:?} is neither v nor h")),
    };
    *rest = &tail[1..];
    let mut parts = Vec::new();
    loop {
        *rest = rest.trim_start();
        if let Some(tail) = rest.strip_prefix(')') {
            *rest = tail;
            return if parts.is_empty() {
                Err("an empty split".into())
            } else {
                Ok(Node::Split { vertical, parts })
            };
        }
        let node = parse(rest, depth + 1)?;
        parts.push((share(rest)?, node));
    }
}

fn share(rest: &mut &str) -> Result<u16, String> {
    let Some(tail) = rest.strip_prefix(':') else { return Ok(1) };
    let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
    let share = tail[..end].parse().ok().filter(|s| (1..=MAX_SHARE).contains(s));
    *rest = &tail[end..];
    share.ok_or_else(|| format!("a share is 1 to {MAX_SHARE}"))
}

/// Current layouts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layouts {
    /// The selected layout.
    pub current: LayoutId,
    /// Trees changed by the user, by layout and size.
    pub changed: BTreeMap<(LayoutId, Size), Node>,
}

impl Default for Layouts {
    fn default() -> Self {
        Self { current: LayoutId::Overview, changed: BTreeMap::new() }
    }
}

impl Layouts {
    /// Returns the tree shown on a terminal of this size.
    #[must_use]
    pub fn tree(&self, size: Size) -> Node {
        let changed = self.changed.get(&(self.current, size)).cloned();
        changed.unwrap_or_else(|| built_in(self.current, size))
    }

    /// Changes the share of a pane's row (`vertical`) or column.
    pub fn resize(&mut self, size: Size, pane: PaneId, vertical: bool, by: i16) {
        let mut tree = self.tree(size);
        if tree.resize(pane, vertical, by) {
            self.changed.insert((self.current, size), tree);
        }
    }

    /// Moves the border between two panes from a cell towards another. Returns its new position, or `None` if it did
    /// not move.
    pub fn drag(&mut self, size: Size, area: Rect, from: Position, to: Position) -> Option<Position> {
        let mut tree = self.tree(size);
        let moved = drag::drag(&mut tree, area, from, to)?;
        self.changed.insert((self.current, size), tree);
        Some(moved)
    }

    /// Restores the built-in tree of the current layout.
    pub fn reset(&mut self, size: Size) {
        self.changed.remove(&(self.current, size));
    }
}

/// Returns the default tree of a layout.
#[must_use]
pub fn built_in(id: LayoutId, size: Size) -> Node {
    id.built_in(size).parse().unwrap_or(Node::Leaf(PaneId::Console))
}

#[cfg(test)]
mod tests;
