//! Arithmetic of the accelerator: Montgomery multiplication by 32-bit words, with M' as set by the guest.

/// Words of the longest operand (4096 bits).
pub const MAX_WORDS: usize = 128;

/// Modulus and its M'. Operands have the length of the modulus.
pub struct Mont<'a> {
    /// M, little-endian words.
    pub m: &'a [u32],
    /// -M^-1 mod 2^32.
    pub dash: u32,
}

impl Mont<'_> {
    /// Computes a * b / R mod M, with R = 2^(32 * words). The operands have the length of the modulus.
    pub fn mul(&self, a: &[u32], b: &[u32], out: &mut [u32]) {
        let n = self.m.len().min(MAX_WORDS);
        let mut t = [0u32; MAX_WORDS + 2];
        for &ai in &a[..n] {
            let carry = mul_add(&mut t[..n], &b[..n], ai);
            add_top(&mut t, n, carry);
            let q = t[0].wrapping_mul(self.dash);
            let carry = mul_add(&mut t[..n], &self.m[..n], q);
            add_top(&mut t, n, carry);
            t.copy_within(1..n + 2, 0);
            t[n + 1] = 0;
        }
        out[..n].copy_from_slice(&t[..n]);
        if t[n] != 0 || !less(&t[..n], self.m) {
            sub(&mut out[..n], self.m);
        }
    }
}

/// Returns the index of the highest set bit plus one.
pub fn bits(y: &[u32]) -> usize {
    y.iter().rposition(|&w| w != 0).map_or(0, |i| 32 * i + 32 - y[i].leading_zeros() as usize)
}

/// Adds b * k to t and returns the carry word.
fn mul_add(t: &mut [u32], b: &[u32], k: u32) -> u32 {
    let mut carry = 0u64;
    for (t, &b) in t.iter_mut().zip(b) {
        let v = u64::from(*t) + u64::from(b) * u64::from(k) + carry;
        *t = v as u32;
        carry = v >> 32;
    }
    carry as u32
}

fn add_top(t: &mut [u32], n: usize, carry: u32) {
    let (v, over) = t[n].overflowing_add(carry);
    t[n] = v;
    t[n + 1] = t[n + 1].wrapping_add(u32::from(over));
}

fn less(a: &[u32], b: &[u32]) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

fn sub(a: &mut [u32], b: &[u32]) {
    let mut borrow = false;
    for (a, &b) in a.iter_mut().zip(b) {
        let (v, b1) = a.overflowing_sub(b);
        let (v, b2) = v.overflowing_sub(u32::from(borrow));
        (*a, borrow) = (v, b1 | b2);
    }
}

/// Computes the product x * y. `out` has the length of both operands together.
pub fn product(x: &[u32], y: &[u32], out: &mut [u32]) {
    out.fill(0);
    for (i, &xi) in x.iter().enumerate() {
        let end = i + y.len();
        out[end] = mul_add(&mut out[i..end], y, xi);
    }
}
