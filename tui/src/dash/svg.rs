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
    let mut out = begin((area.width, area.height), "");
    for y in 0..area.height {
        out += &row(screen, y);
    }
    out + "</g>\n</svg>\n"
}

/// A screen of a cast.
pub struct Frame {
    /// The screen; all of a cast have the same size.
    pub screen: Buffer,
    /// How long it is shown, in milliseconds.
    pub ms: u32,
    /// Text below the screen.
    pub caption: String,
}

/// Renders screens one after another as an animated picture that begins again at its end. Rows that do not change are
/// drawn once. Without animation the last screen is shown.
#[must_use]
pub fn cast(frames: &[Frame]) -> String {
    let Some(last) = frames.last() else { return String::new() };
    let area = *last.screen.area();
    let total: u32 = frames.iter().map(|f| f.ms).sum();
    let (mut rules, mut body) = (Vec::new(), String::new());
    for y in 0..=area.height + 1 {
        let mut contents: Vec<(String, Vec<bool>)> = Vec::new();
        for (n, frame) in frames.iter().enumerate() {
            let content = match y.checked_sub(area.height) {
                None => row(&frame.screen, y),
                Some(0) => String::new(),
                Some(_) => caption(&frame.caption, y),
            };
            if !contents.iter().any(|(c, _)| *c == content) {
                contents.push((content.clone(), vec![false; frames.len()]));
            }
            contents.iter_mut().filter(|(c, _)| *c == content).for_each(|(_, shown)| shown[n] = true);
        }
        for (content, shown) in contents.iter().filter(|(content, _)| !content.is_empty()) {
            if shown.iter().all(|shown| *shown) {
                body += content;
                continue;
            }
            let rule = keyframes(frames, shown, total);
            let class = rules.iter().position(|r| *r == rule).unwrap_or_else(|| {
                rules.push(rule);
                rules.len() - 1
            });
            let hidden = if shown.last() == Some(&true) { "" } else { " visibility=\"hidden\"" };
            let _ = writeln!(body, "<g class=\"k{class}\"{hidden}>{content}</g>");
        }
    }
    let mut style = String::from("<style>");
    for (n, rule) in rules.iter().enumerate() {
        let seconds = f64::from(total) / 1e3;
        let _ =
            write!(style, "@keyframes k{n}{{{rule}}}.k{n}{{animation:k{n} {seconds}s step-end infinite}}");
    }
    style += "@media (prefers-reduced-motion:reduce){g{animation:none!important}}</style>\n";
    begin((area.width, area.height + 2), &style) + &body + "</g>\n</svg>\n"
}

/// Returns the moments at which a row appears and vanishes, in per cent of the cast.
fn keyframes(frames: &[Frame], shown: &[bool], total: u32) -> String {
    let (mut out, mut at, mut before) = (String::new(), 0, None);
    for (frame, shown) in frames.iter().zip(shown) {
        if before != Some(*shown) {
            let percent = f64::from(at) * 100.0 / f64::from(total.max(1));
            let what = if *shown { "visible" } else { "hidden" };
            let _ = write!(out, "{percent:.2}%{{visibility:{what}}}");
        }
        (at, before) = (at + frame.ms, Some(*shown));
    }
    out
}

/// Returns the text below the screen of a cast.
fn caption(text: &str, y: u16) -> String {
    let (left, top) = corner(1, y);
    let base = top + CELL.1 * 0.5;
    format!(
        "<text x=\"{left:.1}\" y=\"{base:.1}\" fill=\"#ffffff\" font-weight=\"bold\">{}</text>\n",
        escape(text)
    )
}

/// Returns the beginning of a picture of this many cells, with a style sheet.
fn begin((columns, rows): (u16, u16), style: &str) -> String {
    let (width, height) =
        (f32::from(columns) * CELL.0 + 2.0 * MARGIN, f32::from(rows) * CELL.1 + 2.0 * MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\">\n{style}\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{GROUND}\"/>\n\
         <g font-family=\"'DejaVu Sans Mono','Menlo','Consolas',monospace\" font-size=\"14\" fill=\"{TEXT}\" xml:space=\"preserve\">\n"
    )
}

/// Renders a row of a screen.
fn row(screen: &Buffer, y: u16) -> String {
    let (mut out, mut x) = (String::new(), 0);
    while x < screen.area().width {
        let end = run_end(screen, x, y);
        run(&mut out, screen, (x, end), y);
        x = end;
    }
    out
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
        // A horizontal line or a bar of equal cells is one shape; vertical lines side by side are two.
        let equal = (x..to).take_while(|n| screen[(*n, y)].symbol() == symbol).count() as u16;
        let same = if "│┃╭╮╰╯┏┓┗┛".contains(symbol) { 1 } else { equal };
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
        let mut screen = Buffer::empty(Rect::new(0, 0, 10, 1));
        screen.set_string(0, 0, "││", Style::new());
        assert_eq!(svg(&screen).matches("<path").count(), 2, "borders side by side");
        assert!(picture.contains("height=\"9.0\"") && !picture.contains(['─', '▄', '░']), "{picture}");
    }

    #[test]
    fn a_cast_draws_equal_rows_once_and_ends_with_its_last_screen() {
        let frame = |text: &str, ms| {
            let mut screen = Buffer::empty(Rect::new(0, 0, 10, 2));
            screen.set_string(0, 0, "same", Style::new());
            screen.set_string(0, 1, text, Style::new());
            Frame { screen, ms, caption: "what happens".into() }
        };
        let picture = cast(&[frame("one", 500), frame("two", 1000), frame("one", 500)]);
        for text in [">same", ">one", ">two", "what\u{A0}happens"] {
            assert_eq!(picture.matches(text).count(), 1, "{text}: {picture}");
        }
        assert!(
            picture.contains("0.00%{visibility:visible}25.00%{visibility:hidden}75.00%{visibility:visible}"),
            "{picture}"
        );
        assert!(picture.contains("2s step-end infinite"), "{picture}");
        assert_eq!(picture.matches("visibility=\"hidden\"").count(), 1, "only what the last does not show");
        assert!(cast(&[]).is_empty());
    }

    /// The README shows the cast, so it must not be large.
    #[test]
    fn the_cast_in_docs_is_small() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/screenshots/crash.svg");
        let size = std::fs::metadata(path).map(|m| m.len()).unwrap_or(0);
        assert!((1..300_000).contains(&size), "{size} bytes: cargo xtask screenshots");
    }
}
