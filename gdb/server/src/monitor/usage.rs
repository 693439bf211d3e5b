//! Messages for lines that are not valid commands: one line, with a reference to the help.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Access to the parts of a clap error.
struct Said<'a>(&'a Error);

impl Said<'_> {
    fn all(&self, kind: ContextKind) -> Vec<String> {
        match self.0.get(kind) {
            Some(ContextValue::String(text)) => vec![text.clone()],
            Some(ContextValue::Strings(texts)) => texts.clone(),
            Some(ContextValue::StyledStrs(texts)) => texts.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        }
    }

    fn text(&self, kind: ContextKind) -> String {
        self.all(kind).into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ")
    }

    /// Returns the argument's name without clap's brackets.
    fn argument(&self) -> String {
        let plain = |t: String| t.trim_matches(['<', '>', '[', ']', '.']).replace("]...", "").to_lowercase();
        self.all(ContextKind::InvalidArg).into_iter().map(plain).collect::<Vec<_>>().join(", ")
    }
}

/// Returns clap's error as a single line; requested help is returned unchanged.
pub fn explain(error: &Error, words: &[String]) -> String {
    if error.kind() == ErrorKind::DisplayHelp {
        return error.render().to_string();
    }
    let (said, name) = (Said(error), words.first().map_or("", String::as_str));
    let like = |kind| {
        // One or two letters match too much.
        let names: Vec<String> = said.all(kind).into_iter().filter(|name| name.len() > 2).collect();
        if names.is_empty() { String::new() } else { format!(" (like {})", names.join(", ")) }
    };
    let why = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let wrong = said.text(ContextKind::InvalidSubcommand);
            let like = like(ContextKind::SuggestedSubcommand);
            if wrong == name {
                return format!("no command {name:?}{like}; help lists them\n");
            }
            format!("no {wrong:?}{like}")
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "what? an argument is missing".into()
        }
        ErrorKind::MissingRequiredArgument => format!("{} is missing", said.argument()),
        ErrorKind::UnknownArgument => format!(
            "{:?} is too much here{}",
            said.text(ContextKind::InvalidArg),
            like(ContextKind::SuggestedArg)
        ),
        ErrorKind::ValueValidation => reason(error),
        ErrorKind::InvalidValue => {
            let (value, valid) = (said.text(ContextKind::InvalidValue), said.text(ContextKind::ValidValue));
            match value.as_str() {
                "" => format!("{} is missing: {valid}", said.argument()),
                _ => format!("{value:?} is none of {valid}"),
            }
        }
        _ => rendered(error),
    };
    format!("{name}: {why}; help {name} tells more\n")
}

/// Returns the message of the value parser.
fn reason(error: &Error) -> String {
    std::error::Error::source(error).map_or_else(|| rendered(error), ToString::to_string)
}

/// Returns clap's own message as a single line.
fn rendered(error: &Error) -> String {
    let text = error.render().to_string();
    let lines = text.lines().map(str::trim).take_while(|l| !l.starts_with("Usage:"));
    let lines: Vec<&str> = lines.filter(|l| !l.is_empty() && !l.starts_with("tip:")).collect();
    lines.join(", ").trim_start_matches("error: ").to_string()
}
