//! What a line that is no command is answered with: one line, and where to read more.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// clap's error in a line; help that was asked for as it is.
pub fn explain(error: &Error, words: &[String]) -> String {
    if error.kind() == ErrorKind::DisplayHelp {
        return error.render().to_string();
    }
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(", ")),
        Some(ContextValue::StyledStrs(texts)) => {
            Some(texts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
        _ => None,
    };
    let name = words.first().map_or("", String::as_str);
    if error.kind() == ErrorKind::InvalidSubcommand {
        let wrong = text(ContextKind::InvalidSubcommand).unwrap_or_default();
        let like = text(ContextKind::SuggestedSubcommand).filter(|l| !l.is_empty());
        let like = like.map_or(String::new(), |l| format!(" (like {l})"));
        let whole = if wrong == name { String::new() } else { format!("{name} ") };
        let help = if wrong == name { "help".into() } else { format!("help {name}") };
        return format!("unknown command: {whole}{wrong}{like}; {help} lists what there is\n");
    }
    if matches!(
        error.kind(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        return format!("{name}: an argument is missing; help {name} lists what there is\n");
    }
    let rendered = error.render().to_string();
    let mut lines = rendered.lines().map(str::trim).take_while(|l| !l.starts_with("Usage:"));
    let first = lines.next().unwrap_or_default().trim_start_matches("error: ").to_string();
    let rest: Vec<&str> = lines.filter(|l| !l.is_empty() && !l.starts_with("tip:")).collect();
    let rest = if rest.is_empty() { String::new() } else { format!(" {}", rest.join(", ")) };
    format!("{name}: {first}{rest}; help {name} tells more\n")
}
