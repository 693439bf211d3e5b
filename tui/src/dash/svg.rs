//! Renders a screen as SVG with the terminal's cells as text.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// Width and height of a cell in pixels.
const CELL: (f32, f32) = (8.4, 18.0);
/// Space around the screen in pixels.
const MARGIN: f32 = 10.0;
/// Background and text colours of the picture.
pub(super) const GROUND: &str = "#14161b";
pub(super) const TEXT: &str = "#d0d0d0";

/// Renders a screen.
#[must_use]
pub fn svg(screen: &Buffer) -> String {
    let area = *screen.area();
    let (width, height) =
        (f32::from(area.width) * CELL.0 + 2.0 * MARGIN, f32::from(area.height) * CELL.1 + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{GROUND}\"/>\n\
         <g font-family=\"'DejaVu Sans Mono','Menlo','Consolas',monospace\" font-size=\"14\" fill=\"{TEXT}\" xml:space=\"preserve\">\n"
    );
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let end = run_end(screen, x, y);
            run(&mut out, screen, (x, end), y);
            x = end;
        }
    }
    out + "</g>\n</svg>\n"
}

/// Returns the first column after `x` with another style.
fn run_end(screen: &Buffer, x: u16, y: u16) -> u16 {
    let style = screen[(x, y)].style();
    (x + 1..screen.area().width).find(|n| screen[(*n, y)].style() != style).unwrap_or(screen.area().width)
}

fn run(out: &mut String, screen: &Buffer, (from, to): (u16, u16), y: u16) {
    let cell = &screen[(from, y)];
    let reversed = cell.modifier.contains(Modifier::REVERSED);
    let (mut fore, mut back) = (colour(cell.fg), colour(cell.bg));
    if reversed {
        (fore, back) = (back.or(Some(GROUND.into())), fore.or(Some(TEXT.into())));
    }
    let ((left, top), width) = (corner(from, y), f32::from(to - from) * CELL.0);
    if let Some(back) = back {
        let height = CELL.1;
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{back}\"/>"
        );
    }
    let fill = fore.clone().unwrap_or_else(|| TEXT.into());
    let text = shapes(out, screen, (from, to), y, &fill);
    if text.trim().is_empty() {
        return;
    }
    let mut attributes = String::new();
    if let Some(fore) = fore {
        let _ = write!(attributes, " fill=\"{fore}\"");
    }
    if cell.modifier.contains(Modifier::BOLD) {
        attributes += " font-weight=\"bold\"";
    }
    if cell.modifier.contains(Modifier::UNDERLINED) {
        attributes += " text-decoration=\"underline\"";
    }
    let base = top + CELL.1 * 0.75;
    let _ = writeln!(
        out,
        "<text x=\"{left:.1}\" y=\"{base:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\"{attributes}>{}</text>",
        escape(&text)
    );
}

/// Draws lines and bars of a run as shapes. Returns the remaining text, with spaces in their places.
fn shapes(out: &mut String, screen: &Buffer, (from, to): (u16, u16), y: u16, fill: &str) -> String {
    let (mut text, mut x) = (String::new(), from);
    while x < to {
        let symbol = screen[(x, y)].symbol();
        // A line or bar of equal cells is one shape.
        let same = (x..to).take_while(|n| screen[(*n, y)].symbol() == symbol).count() as u16;
        let (left, top) = corner(x, y);
        match shape(symbol, (left, top, f32::from(same) * CELL.0), fill) {
            Some(picture) => {
                out.push_str(&picture);
                text += &" ".repeat(same.into());
            }
            None => (0..same).for_each(|_| text += symbol),
        }
        x += same;
    }
    text
}

/// Returns the position of a cell.
fn corner(x: u16, y: u16) -> (f32, f32) {
    (MARGIN + f32::from(x) * CELL.0, MARGIN + f32::from(y) * CELL.1)
}

/// Returns borders and bars as lines and boxes that join in any font; `None`: text.
fn shape(symbol: &str, place: (f32, f32, f32), fill: &str) -> Option<String> {
    let c = symbol.chars().next()?;
    bar(c, place, fill).or_else(|| frame(c, place, fill))
}

/// Returns the filled part of a cell.
fn bar(c: char, (left, top, width): (f32, f32, f32), fill: &str) -> Option<String> {
    let height = CELL.1;
    let part = |from: f32, to: f32, opacity: f32| {
        let (y, height) = (top + height * from, height * (to - from));
        format!(
            "<rect x=\"{left:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\" \
             fill-opacity=\"{opacity}\"/>\n"
        )
    };
    Some(match c {
        '▁'..='█' => part(1.0 - (c as u32 - 0x2580) as f32 / 8.0, 1.0, 1.0),
        '▀' => part(0.0, 0.5, 1.0),
        '▔' => part(0.0, 0.125, 1.0),
        '═' => part(0.0, 0.125, 1.0) + &part(0.875, 1.0, 1.0),
        '░' | '▒' | '▓' => part(0.0, 1.0, (c as u32 - 0x2590) as f32 / 4.0),
        _ => return None,
    })
}

/// Returns lines from the middle of a cell to its edges.
fn frame(c: char, (left, top, width): (f32, f32, f32), fill: &str) -> Option<String> {
    let height = CELL.1;
    // Directions (left, right, up, down) in which a line leaves the middle.
    let (arms, weight) = match c {
        '─' => ([true, true, false, false], 1.0),
        '│' => ([false, false, true, true], 1.0),
        '╭' => ([false, true, false, true], 1.0),
        '╮' => ([true, false, false, true], 1.0),
        '╰' => ([false, true, true, false], 1.0),
        '╯' => ([true, false, true, false], 1.0),
        '━' => ([true, true, false, false], 2.0),
        '┃' => ([false, false, true, true], 2.0),
        '┏' => ([false, true, false, true], 2.0),
        '┓' => ([true, false, false, true], 2.0),
        '┗' => ([false, true, true, false], 2.0),
        '┛' => ([true, false, true, false], 2.0),
        _ => return None,
    };
    let (x, y) = (left + width / 2.0, top + height / 2.0);
    let ends = [(left, y), (left + width, y), (x, top), (x, top + height)];
    let path: String = (0..4)
        .filter(|n| arms[*n])
        .map(|n| format!("M{x:.1} {y:.1}L{:.1} {:.1}", ends[n].0, ends[n].1))
        .collect();
    Some(format!(
        "<path d=\"{path}\" stroke=\"{fill}\" stroke-width=\"{weight}\" stroke-linecap=\"square\"/>\n"
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace(' ', "\u{A0}")
}

/// Returns a colour in CSS notation; `None`: the default.
pub(super) fn colour(c: Color) -> Option<String> {
    const BASIC: [&str; 16] = [
        "#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc", "#11a8cd", "#e5e5e5", "#666666",
        "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff",
    ];
    let n = match c {
        Color::Indexed(n) => n,
        Color::Black => 0,
        Color::Rgb(r, g, b) => return Some(format!("#{r:02x}{g:02x}{b:02x}")),
        _ => return None,
    };
    Some(match n {
        0..16 => BASIC[usize::from(n)].into(),
        16..232 => {
            let level = |v: u8| if v == 0 { 0 } else { 55 + 40 * v };
            let n = n - 16;
            format!("#{:02x}{:02x}{:02x}", level(n / 36), level(n / 6 % 6), level(n % 6))
        }
        _ => {
            let v = 8 + 10 * (n - 232);
            format!("#{v:02x}{v:02x}{v:02x}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn cells_become_text_with_their_colours() {
        let mut screen = Buffer::empty(Rect::new(0, 0, 10, 2));
        screen.set_string(0, 0, "a<b", Style::new().fg(Color::Indexed(81)));
        screen.set_string(0, 1, "x", Style::new().add_modifier(Modifier::REVERSED));
        let picture = svg(&screen);
        assert!(picture.contains(">a&lt;b</text>") && picture.contains("#5fd7ff"), "{picture}");
        assert!(picture.contains("fill=\"#d0d0d0\"/>"), "{picture}");
        let mut screen = Buffer::empty(Rect::new(0, 0, 10, 2));
        screen.set_string(0, 0, "╭───╮", Style::new());
        screen.set_string(0, 1, "▄▄x░░", Style::new());
        let picture = svg(&screen);
        assert_eq!(picture.matches("<path").count(), 3, "a line is one: {picture}");
        assert_eq!(picture.matches("fill-opacity").count(), 2, "{picture}");
        assert!(picture.contains("height=\"9.0\"") && !picture.contains(['─', '▄', '░']), "{picture}");
    }
}
