//! Reads numbers from bytes.

use super::super::error::{SymbolError, SymbolResult};
use super::super::set::Symbols;
use super::super::types::{Encoding, Type};
use super::{Value, ValueMemory};

/// A number of any base type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Integers, characters, addresses, enumerators; sign-extended if their type is signed.
    Int(i128),
    /// Floating point; true for double precision.
    Float(f64, bool),
}

impl Number {
    /// Converts to an address.
    #[must_use]
    pub fn to_u32(self) -> u32 {
        match self {
            Self::Int(n) => n as u32,
            Self::Float(f, _) => f as u32,
        }
    }

    /// Converts to an integer, truncated towards zero.
    #[must_use]
    pub fn to_int(self) -> i128 {
        match self {
            Self::Int(n) => n,
            Self::Float(f, _) => f as i128,
        }
    }

    /// Converts to a floating-point number.
    #[must_use]
    pub fn to_float(self) -> f64 {
        match self {
            Self::Int(n) => n as f64,
            Self::Float(f, _) => f,
        }
    }
}

pub(super) fn read(symbols: &Symbols, value: &Value, memory: &dyn ValueMemory) -> SymbolResult<Number> {
    let ty = symbols.strip(value.ty)?;
    let resolved = symbols.resolve(ty)?;
    let (size, encoding) = match &*resolved {
        Type::Base { size, encoding, .. } => (*size, *encoding),
        Type::Pointer { size, .. } => (*size, Encoding::Unsigned),
        Type::Enum { size, variants, .. } => {
            let signed = variants.iter().any(|v| v.1 < 0);
            (*size, if signed { Encoding::Signed } else { Encoding::Unsigned })
        }
        Type::Function { .. } => {
            return value.addr().map(|a| Number::Int(a.into())).ok_or(SymbolError::OptimizedOut);
        }
        _ => return Err(SymbolError::Type(format!("{} is not a number", symbols.type_name(value.ty)))),
    };
    if let Some((first, count)) = value.bits {
        return bit_field(value, memory, first, count, is_signed(encoding));
    }
    if size == 0 || size > 16 {
        return Err(SymbolError::Type(format!("a number of {size} bytes")));
    }
    let bytes = value.bytes(memory, size)?;
    Ok(decode(&bytes, encoding))
}

fn is_signed(encoding: Encoding) -> bool {
    matches!(encoding, Encoding::Signed | Encoding::SignedChar)
}

/// Decodes the number in all of `bytes`, at most 16.
pub(in super::super) fn decode(bytes: &[u8], encoding: Encoding) -> Number {
    if encoding == Encoding::Float {
        if let Ok(b) = bytes.try_into() {
            return Number::Float(f32::from_le_bytes(b).into(), false);
        }
        if let Ok(b) = bytes.try_into() {
            return Number::Float(f64::from_le_bytes(b), true);
        }
    }
    let raw = bytes.iter().take(16).rev().fold(0u128, |n, b| n << 8 | u128::from(*b));
    Number::Int(extend(raw, bytes.len() as u32 * 8, is_signed(encoding)))
}

fn extend(raw: u128, bits: u32, signed: bool) -> i128 {
    let unused = 128u32.saturating_sub(bits.clamp(1, 128));
    if signed { (raw << unused) as i128 >> unused } else { (raw << unused >> unused) as i128 }
}

fn bit_field(
    value: &Value,
    memory: &dyn ValueMemory,
    first: u32,
    count: u32,
    signed: bool,
) -> SymbolResult<Number> {
    if count == 0 || count > 64 || first > 7 {
        return Err(SymbolError::Type(format!("a bit field of {count} bits")));
    }
    let bytes = value.bytes(memory, (first + count).div_ceil(8))?;
    let raw = bytes.iter().rev().fold(0u128, |n, b| n << 8 | u128::from(*b)) >> first;
    Ok(Number::Int(extend(raw, count, signed)))
}

/// Formats a floating-point number as C's `%g` does, with GDB's number of digits.
pub(super) fn float(f: f64, double: bool) -> String {
    if f.is_nan() {
        return if f.is_sign_negative() { "-nan".into() } else { "nan".into() };
    }
    if f.is_infinite() {
        return if f < 0.0 { "-inf".into() } else { "inf".into() };
    }
    let digits = if double { 17 } else { 9 };
    let scientific = format!("{:.*e}", digits - 1, f);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |s: &str| {
        if s.contains('.') {
            s.trim_end_matches('0').trim_end_matches('.').to_string()
        } else {
            s.to_string()
        }
    };
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trim(mantissa), exponent.abs());
    }
    trim(&format!("{:.*}", (digits as i32 - 1 - exponent).max(0) as usize, f))
}
