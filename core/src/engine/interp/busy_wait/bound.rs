//! For how long a comparison of numbers that change by constants comes out the same.

use super::class::Test;

/// A number in each iteration: its value in the first, and what is added for each further one (modulo 2^32).
#[derive(Clone, Copy, Debug)]
pub(super) struct Series {
    pub(super) value: u32,
    pub(super) step: u32,
}

impl Series {
    pub(super) const fn constant(value: u32) -> Self {
        Self { value, step: 0 }
    }
}

/// Iterations after the first in which comparing `a` with `b` comes out as in the first. A lower bound: 0 is always true.
pub(super) fn iterations(test: Test, a: Series, b: Series) -> u64 {
    match test {
        Test::Equal => equal(a.value.wrapping_sub(b.value), a.step.wrapping_sub(b.step)),
        Test::Signed => ordered(|v| i64::from(v as i32), i64::from(i32::MIN), a, b),
        Test::Unsigned => ordered(i64::from, 0, a, b),
    }
}

/// For a difference and its step: until it gets to or passes zero, modulo 2^32.
fn equal(difference: u32, step: u32) -> u64 {
    if step == 0 {
        return u64::MAX;
    }
    let step = step as i32;
    let way = if step > 0 { difference.wrapping_neg() } else { difference };
    u64::from(way.saturating_sub(1) / step.unsigned_abs())
}

/// For an order of 2^32 numbers from `lowest` up, as `number` maps words to them: until one of the two leaves the range,
/// or one overtakes the other.
fn ordered(number: impl Fn(u32) -> i64, lowest: i64, a: Series, b: Series) -> u64 {
    let step = |s: Series| i64::from(s.step as i32);
    let in_range = |s: Series| {
        let (value, step) = (number(s.value) - lowest, step(s));
        match step {
            0 => u64::MAX,
            1.. => ((i64::from(u32::MAX) - value) / step) as u64,
            _ => (value / -step) as u64,
        }
    };
    let (gap, rate) = (number(b.value) - number(a.value), step(b) - step(a));
    let order = if gap > 0 {
        // a < b holds while gap + n * rate > 0.
        if rate >= 0 { u64::MAX } else { ((gap - 1) / -rate) as u64 }
    } else {
        // a >= b holds while gap + n * rate <= 0.
        if rate <= 0 { u64::MAX } else { (-gap / rate) as u64 }
    };
    order.min(in_range(a)).min(in_range(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn holds(test: Test, a: u32, b: u32) -> bool {
        match test {
            Test::Equal => a == b,
            Test::Signed => (a as i32) < b as i32,
            Test::Unsigned => a < b,
        }
    }

    fn number() -> impl Strategy<Value = u32> {
        prop_oneof![any::<u32>(), 0u32..64, (0u32..64).prop_map(|n| n.wrapping_sub(32)), Just(0x8000_0000u32)]
    }

    proptest! {
        #[test]
        fn the_outcome_stays_for_as_long_as_promised(
            a in number(), da in number(), b in number(), db in number(), test in 0usize..3,
        ) {
            let test = [Test::Equal, Test::Signed, Test::Unsigned][test];
            let first = holds(test, a, b);
            let bound = iterations(test, Series { value: a, step: da }, Series { value: b, step: db });
            let at = |n: u64| (a.wrapping_add(da.wrapping_mul(n as u32)), b.wrapping_add(db.wrapping_mul(n as u32)));
            let far = [bound, bound.saturating_sub(1), bound / 2, bound / 3];
            for n in (0..bound.min(2000)).chain(far.into_iter().filter(|n| *n <= bound)) {
                let (a, b) = at(n);
                prop_assert_eq!(holds(test, a, b), first, "{} of {}", n, bound);
            }
        }
    }

    #[test]
    fn a_delay_loop_is_known_to_its_last_iteration() {
        // ccount - start < 2400, 12 cycles an iteration.
        let elapsed = Series { value: 24, step: 12 };
        assert_eq!(iterations(Test::Unsigned, elapsed, Series::constant(2400)), 197);
        // A counter down to zero.
        assert_eq!(iterations(Test::Equal, Series { value: 100, step: u32::MAX }, Series::constant(0)), 99);
    }
}
