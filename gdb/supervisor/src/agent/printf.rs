//! The `printf` operation: C's directives with the target's types. Its output is bounded for any format.

use super::{AgentError, EvalContext, Result, Run};

/// Maximum length of the text, in bytes.
const MAX_TEXT: usize = 4096;
/// Maximum length of a string argument, in bytes.
const MAX_STRING: usize = 1024;
/// Maximum field width.
const MAX_WIDTH: usize = 256;

impl Run<'_, '_> {
    /// Executes `printf`. Its operands are the number of arguments, then the format, preceded by its length and
    /// followed by a zero byte. The stack holds the function and the channel, which are ignored, and the arguments, the
    /// first one on top.
    pub(super) fn printf(&mut self) -> Result<()> {
        let count = self.number(1)?;
        let len = self.number(2)? as usize;
        let format = self.code.get(self.at..self.at + len).ok_or(AgentError::End(self.code.len()))?;
        self.at += len;
        for _ in 0..2 {
            self.pop()?;
        }
        let args = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>>>()?;
        let text = format_text(format.strip_suffix(&[0]).unwrap_or(format), &args, self.context)?;
        if self.allowed(0x34)?.print(&text) { Ok(()) } else { Err(AgentError::Operation(0x34)) }
    }
}

/// Flags, width and precision of a directive.
#[derive(Default)]
struct Field {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    /// Size of the argument, in bits.
    bits: u32,
}

/// Formats the text.
fn format_text(format: &[u8], args: &[u64], context: &dyn EvalContext) -> Result<String> {
    let mut out = Vec::new();
    let (mut rest, mut args) = (format.iter().copied().peekable(), args.iter().copied());
    while let Some(byte) = rest.next() {
        match byte {
            b'\\' => out.push(escape(&mut rest)?),
            b'%' if rest.next_if_eq(&b'%').is_some() => out.push(b'%'),
            b'%' => {
                let field = field(&mut rest);
                let conversion = rest.next().ok_or(AgentError::Format)?;
                let value = args.next().ok_or(AgentError::Format)?;
                out.extend(argument(&field, conversion, value, context)?);
            }
            other => out.push(other),
        }
        if out.len() > MAX_TEXT {
            return Err(AgentError::Format);
        }
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

type Bytes<'a> = std::iter::Peekable<std::iter::Copied<std::slice::Iter<'a, u8>>>;

/// Decodes an escape sequence after its backslash; GDB leaves escapes to the target.
fn escape(rest: &mut Bytes) -> Result<u8> {
    Ok(match rest.next().ok_or(AgentError::Format)? {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'a' => 7,
        b'b' => 8,
        b'e' => 27,
        b'f' => 12,
        b'v' => 11,
        digit @ b'0'..=b'7' => {
            let more = (0..2).map_while(|_| rest.next_if(|d| (b'0'..=b'7').contains(d)));
            more.fold(digit - b'0', |v, d| v.wrapping_mul(8).wrapping_add(d - b'0'))
        }
        other => other,
    })
}

fn number(rest: &mut Bytes) -> usize {
    let digits = std::iter::from_fn(|| rest.next_if(u8::is_ascii_digit));
    digits.fold(0, |v: usize, d| v.saturating_mul(10).saturating_add(usize::from(d - b'0')))
}

/// Parses the flags, width, precision and length of a directive.
fn field(rest: &mut Bytes) -> Field {
    let mut f = Field { bits: 32, ..Field::default() };
    while let Some(flag) = rest.next_if(|b| b"-0+ #".contains(b)) {
        match flag {
            b'-' => f.left = true,
            b'0' => f.zero = true,
            b'+' => f.plus = true,
            b' ' => f.space = true,
            _ => f.alternate = true,
        }
    }
    f.width = number(rest).min(MAX_WIDTH);
    if rest.next_if_eq(&b'.').is_some() {
        f.precision = Some(number(rest).min(MAX_WIDTH));
    }
    while let Some(length) = rest.next_if(|b| b"hlzjt".contains(b)) {
        f.bits = match (length, f.bits) {
            (b'h', 16) => 8,
            (b'h', _) => 16,
            (b'j', _) => 64,
            // The first `l` means long, which has 32 bits; the second one makes it 64.
            (b'l', 33) => 64,
            (b'l', 32) => 33,
            (_, bits) => bits,
        };
    }
    if f.bits == 33 {
        f.bits = 32;
    }
    f
}

fn argument(field: &Field, conversion: u8, value: u64, context: &dyn EvalContext) -> Result<Vec<u8>> {
    let shift = 64 - field.bits;
    let (unsigned, signed) = (value << shift >> shift, (value << shift) as i64 >> shift);
    let (sign, digits) = match conversion {
        b'd' | b'i' => {
            let sign = match signed {
                ..0 => "-",
                _ if field.plus => "+",
                _ if field.space => " ",
                _ => "",
            };
            (sign, signed.unsigned_abs().to_string())
        }
        b'u' => ("", unsigned.to_string()),
        b'o' => (if field.alternate { "0" } else { "" }, format!("{unsigned:o}")),
        b'x' => (if field.alternate { "0x" } else { "" }, format!("{unsigned:x}")),
        b'X' => (if field.alternate { "0X" } else { "" }, format!("{unsigned:X}")),
        b'p' => ("0x", format!("{unsigned:x}")),
        b'c' => return Ok(pad(field, vec![value as u8])),
        b's' => return Ok(pad(field, string(field, value as u32, context)?)),
        _ => return Err(AgentError::Format),
    };
    let zeros = match field.precision {
        Some(n) => n.saturating_sub(digits.len()),
        None if field.zero && !field.left => field.width.saturating_sub(sign.len() + digits.len()),
        None => 0,
    };
    Ok(pad(field, format!("{sign}{}{digits}", "0".repeat(zeros)).into_bytes()))
}

fn pad(field: &Field, text: Vec<u8>) -> Vec<u8> {
    let blanks = vec![b' '; field.width.saturating_sub(text.len())];
    if field.left { [text, blanks].concat() } else { [blanks, text].concat() }
}

/// Reads the string at `addr`, without its zero byte.
fn string(field: &Field, addr: u32, context: &dyn EvalContext) -> Result<Vec<u8>> {
    if addr == 0 {
        return Ok(b"(null)".to_vec());
    }
    let mut text = Vec::new();
    while text.len() < field.precision.unwrap_or(MAX_STRING) {
        let at = addr.wrapping_add(text.len() as u32);
        let mut byte = [0];
        if !context.memory(at, &mut byte) {
            return Err(AgentError::Memory(at));
        }
        if byte[0] == 0 {
            break;
        }
        text.push(byte[0]);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Greeting;

    impl EvalContext for Greeting {
        fn register(&self, _number: u16) -> Option<u64> {
            None
        }

        fn memory(&self, addr: u32, out: &mut [u8]) -> bool {
            let rest = b"hello\0".get(addr.wrapping_sub(100) as usize..);
            rest.and_then(|r| r.get(..out.len())).map(|r| out.copy_from_slice(r)).is_some()
        }
    }

    fn text(format: &str, args: &[u64]) -> Result<String> {
        format_text(format.as_bytes(), args, &Greeting)
    }

    #[test]
    fn directives_are_cs() {
        let minus = -5i64 as u64;
        for (format, args, expected) in [
            ("plain 100%%\\n", &[][..], "plain 100%\n"),
            ("%d %u", &[minus, minus], "-5 4294967291"),
            ("%lld %llx", &[minus, minus], "-5 fffffffffffffffb"),
            ("%ld|%hhd|%hu", &[minus, 0x1FF, 0x12345], "-5|-1|9029"),
            ("%5d|%-5d|%05d|%+d|% d", &[7, 7, minus, 7, 7], "    7|7    |-0005|+7| 7"),
            ("%#x %X %o %p", &[255, 255, 8, 16], "0xff FF 10 0x10"),
            ("%.3d %c%c", &[7, 65, 66], "007 AB"),
            ("<%s> <%.2s> <%7s> %s", &[100, 100, 100, 0], "<hello> <he> <  hello> (null)"),
            ("\\t\\\"\\101\\\\", &[], "\t\"A\\"),
        ] {
            assert_eq!(text(format, args).as_deref(), Ok(expected), "{format}");
        }
        for bad in ["%d", "%", "%f", "%5", "\\"] {
            assert_eq!(text(bad, &[]), Err(AgentError::Format), "{bad}");
        }
        assert_eq!(text("%s", &[200]), Err(AgentError::Memory(200)));
    }

    proptest! {
        #[test]
        fn no_format_panics_or_grows(format in "[%\\\\a-zA-Z0-9.#+ -]{0,80}", args in proptest::collection::vec(any::<u64>(), 0..8)) {
            prop_assert!(text(&format, &args).map_or(0, |t| t.len()) <= 3 * MAX_TEXT + 3 * MAX_STRING);
        }
    }
}
