//! Helpers for drawing lines of text.

use super::keys::Cmd;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::ops::Range;

/// Draws a line into row `y` of an area. Returns the number of columns used. A line that is too long is cut and marked
/// with an ellipsis.
pub fn put(buf: &mut Buffer, area: Rect, y: u16, line: Line) -> u16 {
    if y >= area.height || area.width == 0 {
        return 0;
    }
    let x = set_line(buf, area, area.y + y, &line);
    if x == area.right() && area.width > 1 && cut(&line, area.width.into()) {
        buf[(x - 1, area.y + y)].set_symbol("…");
    }
    x - area.x
}

/// Draws a line into row `y` of the buffer, from the area's left edge to its right. Returns the end column. Same result
/// as [`Buffer::set_line`], which splits every span into grapheme clusters (a quarter of the drawing time). Nearly all
/// text is ASCII, which needs no splitting.
fn set_line(buf: &mut Buffer, area: Rect, y: u16, line: &Line) -> u16 {
    let (mut x, end) = (area.x, area.right().min(buf.area.right()));
    for span in &line.spans {
        let (text, style) = (span.content.as_ref(), line.style.patch(span.style));
        let room = usize::from(end.saturating_sub(x));
        if !text.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
            x = buf.set_stringn(x, y, text, room, style).0;
            continue;
        }
        for byte in text.bytes().take(room) {
            buf[(x, y)].set_char(byte.into()).set_style(style);
            x += 1;
        }
    }
    x
}

/// Wraps a line into as many rows as needed, at least one.
#[must_use]
pub fn wrap(line: &Line, width: u16) -> Vec<Line<'static>> {
    let width = usize::from(width.max(1));
    let (mut rows, mut used) = (vec![Line::default()], 0);
    for span in &line.spans {
        let mut part = String::new();
        for c in span.content.chars() {
            let wide = Span::raw(c.to_string()).width();
            if used + wide > width && used > 0 {
                rows.last_mut().into_iter().for_each(|row| {
                    row.push_span(Span::styled(std::mem::take(&mut part), span.style));
                });
                rows.push(Line::default());
                used = 0;
            }
            part.push(c);
            used += wide;
        }
        if let Some(row) = rows.last_mut() {
            row.push_span(Span::styled(part, span.style));
        }
    }
    rows
}

/// Gives parts of a line, as byte ranges in order, other styles.
#[must_use]
pub fn mark(line: Line<'static>, parts: &[(Range<usize>, Style)]) -> Line<'static> {
    if parts.is_empty() {
        return line;
    }
    let (mut out, mut begin) = (Vec::new(), 0);
    for span in &line.spans {
        let end = begin + span.content.len();
        // The span's own text up to each part in it, then the part.
        let mut at = begin;
        let mut add = |to: usize, style: Style| {
            if let Some(text) = span.content.get(at - begin..to - begin).filter(|text| !text.is_empty()) {
                out.push(Span::styled(text.to_string(), style));
            }
            at = to;
        };
        for (range, style) in parts.iter().filter(|(r, _)| r.start < end && r.end > begin) {
            add(range.start.clamp(begin, end), span.style);
            add(range.end.min(end), *style);
        }
        add(end, span.style);
        begin = end;
    }
    Line { spans: out, ..line }
}

/// Splits text into lines of at most `width` characters, between words if possible.
#[must_use]
pub fn words(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let fits = |line: &String| line.chars().count() + 1 + word.chars().count() <= width;
        match lines.last_mut().filter(|line| fits(line)) {
            Some(line) => *line = format!("{line} {word}"),
            None => lines.push(word.into()),
        }
    }
    lines
}

/// Draws a message in an area without other contents.
pub fn say(buf: &mut Buffer, area: Rect, style: Style, text: &str) {
    for (y, line) in (0..area.height).zip(words(text, area.width.into())) {
        put(buf, area, y, Line::from(Span::styled(line, style)));
    }
}

/// Returns true if characters other than spaces are beyond a width.
fn cut(line: &Line, width: usize) -> bool {
    let mut left = width;
    line.spans.iter().any(|span| {
        let wide = span.width();
        let over = wide > left && span.content.trim_end().chars().count() > left;
        left = left.saturating_sub(wide);
        over
    })
}

/// Formats virtual time in seconds with microseconds.
#[must_use]
pub fn seconds(ticks: u64) -> String {
    let us = ticks / 480;
    format!("{}.{:06} s", us / 1_000_000, us % 1_000_000)
}

/// Formats a number of bytes with a unit.
#[must_use]
pub fn bytes(n: u64) -> String {
    match n {
        0..10_000 => format!("{n} B"),
        10_000..10_000_000 => format!("{:.1} KB", n as f64 / 1e3),
        _ => format!("{:.1} MB", n as f64 / 1e6),
    }
}

/// Parses a number: decimal, or hexadecimal with 0x.
#[must_use]
pub fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Cuts or pads text to a width in characters.
#[must_use]
pub fn fit(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return format!("{text:<width$}");
    }
    let cut: String = text.chars().take(width.saturating_sub(1)).collect();
    if width == 0 { cut } else { cut + "…" }
}

/// Returns the new row after a movement in a list with rows 0 to `last`, from row `at`. `None`: the command is not a
/// movement.
#[must_use]
pub fn moved(cmd: Cmd, at: usize, page: usize, last: usize) -> Option<usize> {
    Some(match cmd {
        Cmd::Up => at.saturating_sub(1),
        Cmd::Down => (at + 1).min(last),
        Cmd::PageUp => at.saturating_sub(page),
        Cmd::PageDown => (at + page).min(last),
        Cmd::First => 0,
        Cmd::Last => last,
        _ => return None,
    })
}

/// Same as [`moved`] for a list shown from its end: `back` rows are below the last one shown, at most `most`.
#[must_use]
pub fn moved_back(cmd: Cmd, back: usize, page: usize, most: usize) -> Option<usize> {
    let mirrored = match cmd {
        Cmd::Up => Cmd::Down,
        Cmd::Down => Cmd::Up,
        Cmd::PageUp => Cmd::PageDown,
        Cmd::PageDown => Cmd::PageUp,
        Cmd::First => Cmd::Last,
        Cmd::Last => Cmd::First,
        _ => return None,
    };
    moved(mirrored, back, page, most)
}

/// Returns the scroll position that keeps the selected row visible in `height` rows, as near to `top` as possible.
#[must_use]
pub fn scroll(top: usize, chosen: usize, height: usize) -> usize {
    top.min(chosen).max((chosen + 1).saturating_sub(height))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Stylize;

    #[test]
    fn lines_are_put_as_ratatui_puts_them() {
        let bold = Style::new().bold();
        for parts in [["plain", " text"], ["a\tb", "\x1b[0m"], ["日本", "abc"], ["e\u{301}", "…"], ["", ""]]
        {
            for (x, width) in [(0, 20), (3, 4), (3, 0), (15, 9)] {
                let line = Line::from(vec![Span::raw(parts[0]), Span::styled(parts[1], bold)]).red();
                let area = Rect::new(x, 1, width, 1);
                let (mut ours, mut theirs) =
                    (Buffer::empty(Rect::new(0, 0, 20, 2)), Buffer::empty(Rect::new(0, 0, 20, 2)));
                let end = set_line(&mut ours, area, 1, &line);
                assert_eq!(end, theirs.set_line(x, 1, &line, width).0, "{parts:?}");
                assert_eq!(ours, theirs, "{parts:?}");
            }
        }
    }

    #[test]
    fn lines_wrap_where_they_must_and_keep_their_styles() {
        let line = Line::from(vec![Span::raw("abc"), Span::raw("defg"), Span::raw("日本")]);
        let rows = |width| wrap(&line, width).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(rows(5), ["abcde", "fg日", "本"]);
        assert_eq!(rows(100), ["abcdefg日本"]);
        assert_eq!(rows(0).len(), 9, "a column takes a character, however wide");
        assert_eq!(wrap(&Line::default(), 5).len(), 1);
        assert_eq!(words("one two three", 7), ["one two", "three"]);
        assert_eq!(words("", 0), [""]);
    }

    #[test]
    fn parts_of_a_line_are_marked_across_spans() {
        let line = Line::from(vec![Span::raw("abc"), Span::raw("def"), Span::raw("g")]);
        let bold = Style::new().bold();
        let marked = mark(line, &[(1..2, bold), (2..5, bold), (6..7, bold)]);
        let parts: Vec<_> = marked.spans.iter().map(|s| (s.content.as_ref(), s.style == bold)).collect();
        assert_eq!(parts, [("a", false), ("b", true), ("c", true), ("de", true), ("f", false), ("g", true)]);
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_drawn() {
        let area = Rect::new(0, 0, 40, 2);
        let mut buf = Buffer::empty(area);
        put(&mut buf, area, 0, Line::from("a\x1b]0;title\x07b\u{9b}2J\rc"));
        put(&mut buf, area, 1, Line::from(vec![Span::raw("\x1b[2J"), Span::raw("µ\x08x")]));
        for cell in &buf.content {
            assert!(!cell.symbol().contains(char::is_control), "{:?}", cell.symbol());
        }
    }
}
