//! Moving of the border between two parts of a split.

use super::{MAX_SHARE, MIN, Node, divide};
use ratatui::layout::{Position, Rect};

/// Moves the innermost border at `from` towards `to`. The shares of its split become lengths in cells, so that the
/// border is exactly there. Returns the new position, or `None` if there is no border or it cannot move.
pub fn drag(node: &mut Node, area: Rect, from: Position, to: Position) -> Option<Position> {
    let Node::Split { vertical, parts } = node else { return None };
    let areas = divide(*vertical, parts, area);
    let mut inside = areas.iter().zip(parts.iter_mut()).filter(|(part, _)| part.contains(from));
    if let Some(moved) = inside.find_map(|(part, (_, inner))| drag(inner, *part, from, to)) {
        return Some(moved);
    }
    let along = |p: Position| i32::from(if *vertical { p.y } else { p.x });
    let ends = |r: &Rect| if *vertical { (r.y, r.bottom()) } else { (r.x, r.right()) };
    // The last cells of a part and the first cells of the next are both borders.
    let at_border = |r: &Rect| (0..=1).contains(&(along(from) - i32::from(ends(r).1) + 1));
    let n = areas.iter().take(areas.len().saturating_sub(1)).position(at_border)?;
    let mut lengths: Vec<i32> = areas.iter().map(|r| i32::from(ends(r).1) - i32::from(ends(r).0)).collect();
    let least = i32::from(if *vertical { MIN.1 } else { MIN.0 });
    let by = (along(to) - along(from)).min(lengths[n + 1] - least).max(least - lengths[n]);
    if by == 0 {
        return None;
    }
    (lengths[n], lengths[n + 1]) = (lengths[n] + by, lengths[n + 1] - by);
    for ((share, _), length) in parts.iter_mut().zip(lengths) {
        *share = length.clamp(1, i32::from(MAX_SHARE)) as u16;
    }
    Some(match vertical {
        true => Position { y: (i32::from(from.y) + by) as u16, ..from },
        false => Position { x: (i32::from(from.x) + by) as u16, ..from },
    })
}
