//! Splits expressions into tokens.

use super::super::error::{SymbolError, SymbolResult};

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, with any `::` in it.
    Name(String),
    /// `$a2`
    Register(String),
    Number(i128),
    Float(f64),
    /// An operator or bracket.
    Op(&'static str),
}

/// Operators, longest first.
const OPS: [&str; 28] = [
    "->", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+", "-", "*", "/", "%", "&", "|", "^", "~", "!",
    "<", ">", "(", ")", "[", "]", ".", "@", ",",
];

pub(super) fn tokens(text: &str) -> SymbolResult<Vec<Token>> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let (token, used) = match c {
            '0'..='9' => number(rest)?,
            '\'' => character(rest)?,
            '$' => {
                let end = 1 + name_end(&rest[1..]);
                (Token::Register(rest[1..end].to_ascii_lowercase()), end)
            }
            c if c.is_alphabetic() || c == '_' => {
                let end = name_end(rest);
                (Token::Name(rest[..end].into()), end)
            }
            _ => {
                let op = OPS.into_iter().find(|op| rest.starts_with(op));
                let op = op.ok_or_else(|| SymbolError::Syntax(format!("a syntax error near \"{rest}\"")))?;
                (Token::Op(op), op.len())
            }
        };
        out.push(token);
        rest = rest[used..].trim_start();
    }
    Ok(out)
}

/// Returns the end of a name; `::` joins names.
fn name_end(text: &str) -> usize {
    let mut end = 0;
    loop {
        let part =
            text[end..].find(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(text.len(), |n| end + n);
        let joined = text[part..].strip_prefix("::").and_then(|r| r.chars().next());
        if part > end && joined.is_some_and(|c| c.is_alphabetic() || c == '_') {
            end = part + 2;
        } else {
            return part;
        }
    }
}

fn number(text: &str) -> SymbolResult<(Token, usize)> {
    let bad = |t: &str| SymbolError::Syntax(format!("invalid number \"{t}\""));
    let mut end = text.find(|c: char| !(c.is_alphanumeric() || c == '.')).unwrap_or(text.len());
    // Sign of an exponent.
    if !text.starts_with("0x") && text[..end].ends_with(['e', 'E']) && text[end..].starts_with(['+', '-']) {
        end += 1 + text[end + 1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len() - end - 1);
    }
    let whole = &text[..end];
    let digits = whole.trim_end_matches(['u', 'U', 'l', 'L']);
    let lower = digits.to_ascii_lowercase();
    let radix = |d: &str, r| i128::from_str_radix(d, r).map_err(|_| bad(whole));
    let token = if let Some(hex) = lower.strip_prefix("0x") {
        Token::Number(radix(hex, 16)?)
    } else if let Some(bin) = lower.strip_prefix("0b") {
        Token::Number(radix(bin, 2)?)
    } else if lower.contains(['.', 'e']) {
        Token::Float(lower.trim_end_matches('f').parse().map_err(|_| bad(whole))?)
    } else if lower.len() > 1 && lower.starts_with('0') {
        Token::Number(radix(&lower, 8)?)
    } else {
        Token::Number(radix(&lower, 10)?)
    };
    Ok((token, end))
}

fn character(text: &str) -> SymbolResult<(Token, usize)> {
    let bad = || SymbolError::Syntax("an unfinished character constant".into());
    let mut chars = text.char_indices().skip(1);
    let (_, c) = chars.next().ok_or_else(bad)?;
    let value = if c == '\\' {
        match chars.next().ok_or_else(bad)?.1 {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '0' => '\0',
            'e' => '\u{1b}',
            other => other,
        }
    } else {
        c
    };
    let (end, quote) = chars.next().ok_or_else(bad)?;
    if quote != '\'' {
        return Err(bad());
    }
    Ok((Token::Number(u32::from(value).into()), end + 1))
}
