//! Colours by meaning. Every theme also distinguishes meanings without colour: by bold, underline and reverse.

use ratatui::style::{Color, Modifier, Style};

/// Meaning of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextRole {
    /// Ordinary text.
    Text,
    /// Less important text.
    Dim,
    /// Border of a pane.
    Border,
    /// Border of the pane that receives keys.
    Focus,
    /// Border of a pane that receives typed text.
    Input,
    /// Headings.
    Title,
    /// A key to press.
    Key,
    /// The machine runs.
    Run,
    /// The machine is stopped.
    Stop,
    /// A value that differs from the last stop.
    Changed,
    /// A value that has just changed.
    Flash,
    /// The line at the PC.
    Pc,
    /// A breakpoint or watchpoint.
    Point,
    /// Names of functions, variables, fields.
    Name,
    /// Source text.
    Source,
    /// Keywords and types of a source text; instructions that jump.
    Keyword,
    /// Strings and characters in a source text.
    Literal,
    /// Numbers in a source text or an instruction.
    Number,
    /// Comments in a source text.
    Comment,
    /// Addresses.
    Addr,
    /// A normal state.
    Good,
    /// A warning.
    Warn,
    /// An error.
    Bad,
    /// A serious failure, across a whole row.
    Alarm,
    /// The selected row.
    Selected,
    /// The current search match.
    Found,
    /// Another search match.
    Match,
    /// Core 0, frames to the guest.
    First,
    /// Core 1, frames from the guest.
    Second,
    /// A descriptor that the controller owns.
    Owned,
    /// The descriptor that is used next.
    Active,
}

/// A set of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Name in the configuration.
    pub name: &'static str,
    /// Purpose of the theme.
    pub doc: &'static str,
    colours: Option<Colours>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Colours {
    text: Color,
    dim: Color,
    line: Color,
    accent: Color,
    good: Color,
    warn: Color,
    bad: Color,
    name: Color,
    first: Color,
    second: Color,
    back: Color,
    select: Color,
}

const fn c(n: u8) -> Color {
    Color::Indexed(n)
}

/// All themes; the first is the default, the last is used under NO_COLOR.
pub const THEMES: &[Theme] = &[
    Theme {
        name: "dark",
        doc: "for dark terminals",
        colours: Some(Colours {
            text: c(252),
            dim: c(243),
            line: c(239),
            accent: c(81),
            good: c(114),
            warn: c(221),
            bad: c(203),
            name: c(117),
            first: c(80),
            second: c(177),
            back: c(236),
            select: c(24),
        }),
    },
    Theme {
        name: "light",
        doc: "for light terminals",
        colours: Some(Colours {
            text: c(235),
            dim: c(245),
            line: c(250),
            accent: c(25),
            good: c(28),
            warn: c(130),
            bad: c(160),
            name: c(26),
            first: c(30),
            second: c(90),
            back: c(254),
            select: c(153),
        }),
    },
    Theme {
        name: "colour-blind",
        doc: "Okabe and Ito's colours: blue and orange instead of green and red",
        colours: Some(Colours {
            text: c(255),
            dim: c(246),
            line: c(240),
            accent: c(220),
            good: c(39),
            warn: c(220),
            bad: c(208),
            name: c(117),
            first: c(39),
            second: c(214),
            back: c(236),
            select: c(25),
        }),
    },
    Theme { name: "mono", doc: "no colours, as under NO_COLOR", colours: None },
];

impl Default for Theme {
    fn default() -> Self {
        THEMES[0]
    }
}

impl Theme {
    /// Returns the theme with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        THEMES.iter().copied().find(|t| t.name == name)
    }

    /// Returns the theme without colours.
    #[must_use]
    pub fn mono() -> Self {
        THEMES[THEMES.len() - 1]
    }

    /// Returns the theme after this one.
    #[must_use]
    pub fn next(self) -> Self {
        let at = THEMES.iter().position(|t| t.name == self.name).unwrap_or(0);
        THEMES[(at + 1) % THEMES.len()]
    }

    /// Returns the style of text with this meaning.
    #[must_use]
    pub fn style(self, role: TextRole) -> Style {
        let plain = Style::new().add_modifier(modifiers(role));
        match self.colours {
            None => plain,
            Some(colours) => colours.paint(role, plain),
        }
    }
}

/// Returns the modifiers that distinguish meanings on any terminal.
fn modifiers(role: TextRole) -> Modifier {
    match role {
        TextRole::Title
        | TextRole::Key
        | TextRole::Run
        | TextRole::Changed
        | TextRole::Warn
        | TextRole::Keyword => Modifier::BOLD,
        TextRole::Focus | TextRole::Input | TextRole::Point => Modifier::BOLD,
        TextRole::Dim | TextRole::Border | TextRole::Comment => Modifier::DIM,
        TextRole::Stop | TextRole::Alarm | TextRole::Bad | TextRole::Flash | TextRole::Selected => {
            Modifier::REVERSED
        }
        TextRole::Found => Modifier::REVERSED,
        TextRole::Pc | TextRole::Active => Modifier::BOLD.union(Modifier::UNDERLINED),
        TextRole::Match => Modifier::UNDERLINED,
        _ => Modifier::empty(),
    }
}

impl Colours {
    fn paint(&self, role: TextRole, plain: Style) -> Style {
        let plain = plain.remove_modifier(Modifier::DIM | Modifier::REVERSED | Modifier::UNDERLINED);
        let plain = Style { sub_modifier: Modifier::empty(), ..plain };
        match role {
            TextRole::Text | TextRole::Source => plain.fg(self.text),
            TextRole::Dim | TextRole::Comment => plain.fg(self.dim),
            TextRole::Keyword => plain.fg(self.second),
            TextRole::Literal => plain.fg(self.good),
            TextRole::Number => plain.fg(self.first),
            TextRole::Border => plain.fg(self.line),
            TextRole::Focus | TextRole::Title | TextRole::Key => plain.fg(self.accent),
            TextRole::Input => plain.fg(self.warn),
            TextRole::Run | TextRole::Good => plain.fg(self.good),
            TextRole::Stop => plain.fg(Color::Black).bg(self.warn).add_modifier(Modifier::BOLD),
            TextRole::Changed | TextRole::Warn => plain.fg(self.warn),
            TextRole::Flash => plain.fg(Color::Black).bg(self.warn),
            TextRole::Pc => plain.bg(self.back).add_modifier(Modifier::BOLD),
            TextRole::Point | TextRole::Bad => plain.fg(self.bad),
            TextRole::Alarm => plain.fg(Color::White).bg(self.bad).add_modifier(Modifier::BOLD),
            TextRole::Name => plain.fg(self.name),
            TextRole::Addr => plain.fg(self.dim),
            TextRole::Selected => plain.fg(self.text).bg(self.select),
            TextRole::Found => plain.fg(Color::Black).bg(self.accent),
            TextRole::Match => plain.fg(self.accent).add_modifier(Modifier::UNDERLINED),
            TextRole::First => plain.fg(self.first),
            TextRole::Second => plain.fg(self.second),
            TextRole::Owned => plain.fg(self.first),
            TextRole::Active => plain.fg(self.accent).add_modifier(Modifier::BOLD),
        }
    }
}
