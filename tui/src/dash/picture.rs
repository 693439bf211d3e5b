//! Renders a screen as pixels with a built-in font, 8 by 16 per cell, for tools that need an image file.

use super::svg::{GROUND, TEXT, colour};
use font8x8::UnicodeFonts;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Modifier;
use std::io;

/// Width and height of a cell in pixels; the font's rows are doubled.
const CELL: (usize, usize) = (8, 16);

/// Pixels, three bytes each, row by row from the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Red, green and blue.
    pub rgb: Vec<u8>,
}

/// Returns the font's rows for a character, the leftmost pixel in the lowest bit. A missing character is a box.
fn glyph(c: char) -> [u8; 8] {
    let found = font8x8::BASIC_FONTS.get(c);
    let found = found.or_else(|| font8x8::BOX_FONTS.get(c)).or_else(|| font8x8::BLOCK_FONTS.get(c));
    let found = found.or_else(|| font8x8::LATIN_FONTS.get(c)).or_else(|| font8x8::GREEK_FONTS.get(c));
    found.or_else(|| font8x8::BOX_FONTS.get(square(c))).unwrap_or([0, 0x7E, 0x42, 0x42, 0x42, 0x42, 0x7E, 0])
}

/// Replaces rounded corners with square ones.
fn square(c: char) -> char {
    match c {
        '╭' => '┌',
        '╮' => '┐',
        '╰' => '└',
        '╯' => '┘',
        other => other,
    }
}

fn rgb(text: &str) -> [u8; 3] {
    let part = |n: usize| text.get(n..n + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or(0);
    [part(1), part(3), part(5)]
}

/// Returns text and background colours of a cell.
fn colours(cell: &Cell) -> [[u8; 3]; 2] {
    let fore = rgb(&colour(cell.fg).unwrap_or_else(|| TEXT.into()));
    let back = rgb(&colour(cell.bg).unwrap_or_else(|| GROUND.into()));
    if cell.modifier.contains(Modifier::REVERSED) { [back, fore] } else { [fore, back] }
}

/// Renders a screen.
#[must_use]
pub fn picture(screen: &Buffer) -> Picture {
    let area = *screen.area();
    let (width, height) = (usize::from(area.width) * CELL.0, usize::from(area.height) * CELL.1);
    let mut rgb = Vec::with_capacity(3 * width * height);
    for y in 0..area.height {
        let cells: Vec<_> = (0..area.width).map(|x| &screen[(x, y)]).collect();
        let cells: Vec<_> =
            cells.iter().map(|c| (glyph(c.symbol().chars().next().unwrap_or(' ')), colours(c))).collect();
        for row in 0..CELL.1 {
            for (glyph, [fore, back]) in &cells {
                let bits = glyph[row / 2];
                (0..CELL.0).for_each(|n| rgb.extend(if bits >> n & 1 == 0 { back } else { fore }));
            }
        }
    }
    Picture { width, height, rgb }
}

impl Picture {
    /// Encodes the picture as a portable pixmap.
    #[must_use]
    pub fn ppm(&self) -> Vec<u8> {
        let mut out = format!("P6\n{} {}\n255\n", self.width, self.height).into_bytes();
        out.extend(&self.rgb);
        out
    }

    /// Encodes the picture as PNG.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn png(&self) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(io::Error::other)?;
        writer.write_image_data(&self.rgb).map_err(io::Error::other)?;
        writer.finish().map_err(io::Error::other)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Style};

    #[test]
    fn cells_become_pixels() {
        let mut screen = Buffer::empty(Rect::new(0, 0, 3, 1));
        screen.set_string(0, 0, "█x╭", Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Rgb(9, 8, 7)));
        let p = picture(&screen);
        assert_eq!((p.width, p.height, p.rgb.len()), (24, 16, 3 * 24 * 16));
        assert!(p.rgb[..24].chunks(3).all(|c| c == [1, 2, 3]), "a full cell");
        let cell = |n: usize| {
            (0..16).flat_map(|y| p.rgb[3 * (24 * y + 8 * n)..][..24].to_vec()).collect::<Vec<u8>>()
        };
        for n in 1..3 {
            assert!(cell(n).chunks(3).any(|c| c == [1, 2, 3]) && cell(n).chunks(3).any(|c| c == [9, 8, 7]));
        }
        assert!(p.ppm().starts_with(b"P6\n24 16\n255\n"));
        assert!(p.png().unwrap().starts_with(b"\x89PNG"));
    }
}
