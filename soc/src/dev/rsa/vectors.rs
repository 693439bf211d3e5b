//! Verification against independent results: a published vector, and random numbers computed by `num-bigint`.

use super::tests::{get, hex, put, run};
use super::*;
use crate::dev::DevId;
use crate::dev::testing::Bench;
use num_bigint::BigUint;
use proptest::prelude::*;

// NIST CAVP, FIPS 186-4 RSASP1 component test vectors (RSA2SP1testvectors.zip, RSASP1.fax), the first of modulus 2048.
const N: &str = concat!(
    "bad47a84c1782e4dbdd913f2a261fc8b65838412c6e45a2068ed6d7f16e9cdf4462b39119563cafb74b9cbf25cfd544b",
    "dae23bff0ebe7f6441042b7e109b9a8afaa056821ef8efaab219d21d6763484785622d918d395a2a31f2ece8385a8131",
    "e5ff143314a82e21afd713bae817cc0ee3514d4839007ccb55d68409c97a18ab62fa6f9f89b3f94a2777c47d6136775a",
    "56a9a0127f682470bef831fbec4bcd7b5095a7823fd70745d37d1bf72b63c4b1b4a3d0581e74bf9ade93cc4614861755",
    "3931a79d92e9e488ef47223ee6f6c061884b13c9065b591139de13c1ea2927491ed00fb793cd68f463f5f64baa53916b",
    "46c818ab99706557a1c2d50d232577d1"
);
const D: &str = concat!(
    "40d60f24b61d76783d3bb1dc00b55f96a2a686f59b3750fdb15c40251c370c65cada222673811bc6b305ed7c90ffcb3a",
    "bdddc8336612ff13b42a75cb7c88fb936291b523d80acce5a0842c724ed85a1393faf3d470bda8083fa84dc5f3149984",
    "4f0c7c1e93fb1f734a5a29fb31a35c8a0822455f1c850a49e8629714ec6a2657efe75ec1ca6e62f9a3756c9b20b4855b",
    "dc9a3ab58c43d8af85b837a7fd15aa1149c119cfe960c05a9d4cea69c9fb6a897145674882bf57241d77c054dc4c94e8",
    "349d376296137eb421686159cb878d15d171eda8692834afc871988f203fc822c5dcee7f6c48df663ea3dc755e7dc06a",
    "ebd41d05f1ca2891e2679783244d068f"
);
const EM: &str = concat!(
    "70992c9d95a4908d2a94b3ab9fa1cd643f120e326f9d7808af50cac42c4b0b4eeb7f0d4df303a568fbfb82b0f58300d2",
    "5357645721bb71861caf81b27a56082c80a146499fb4eab5bde4493f5d00f1a437bbc360dfcd8056fe6be10e608adb30",
    "b6c2f7652428b8d32d362945982a46585d2102ef7995a8ba6e8ad8fd16bd7ae8f53c3d7fcfba290b57ce7f8f09c828d6",
    "f2d3ce56f131bd9461e5667e5b73edac77f504dac4f202a9570eb4515b2bf516407db831518db8a2083ec701e8fd387c",
    "430bb1a72deca5b49d429cf9deb09cc4518dc5f57c089aa2d3420e567e732102c2c92b88a07c69d70917140ab3823c63",
    "f312d3f11fa87ba29da3c7224b4fb4bc"
);
const S: &str = concat!(
    "7e65b998a05f626b028c75dc3fbf98963dce66d0f4c3ae4237cff304d84d8836cb6bad9ac86f9d1b8a28dd70404788b8",
    "69d2429f1ec0663e51b753f7451c6b4645d99126e457c1dac49551d86a8a974a3131e9b371d5c214cc9ff240c299bd0e",
    "62dbc7a9a2dad9fa5404adb00632d36332d5be6106e9e6ec81cac45cd339cc87abbe7f89430800e16e032a66210b25e9",
    "26eda243d9f09955496ddbc77ef74f17fee41c4435e78b46965b713d72ce8a31af641538add387fedfd88bb22a42eb3b",
    "da40f72ecad941dbffdd47b3e77737da741553a45b630d070bcc5205804bf80ee2d51612875dbc4796960052f1687e00",
    "74007e6a33ab8b2085c033f9892b6f74"
);

fn big(words: &[u32]) -> BigUint {
    BigUint::new(words.to_vec())
}

fn words(n: &BigUint, len: usize) -> Vec<u32> {
    let mut words = n.to_u32_digits();
    words.resize(len, 0);
    words
}

/// Computes -1 / m modulo 2^32 by Newton's iteration, as mbedTLS's `mpi_montg_init` does.
fn dash(m: u32) -> u32 {
    let inverse = (0..5).fold(m, |x, _| x.wrapping_mul(2u32.wrapping_sub(m.wrapping_mul(x))));
    inverse.wrapping_neg()
}

/// Computes x^y modulo m on the accelerator as `mbedtls_mpi_exp_mod` does; R^2 is computed here.
fn power(x: &[u32], y: &[u32], m: &[u32]) -> Vec<u32> {
    let n = m.len();
    let mut b = Bench::new(DevId::Rsa, Rsa::default());
    put(&mut b, MEM_X, x);
    put(&mut b, MEM_Y, y);
    put(&mut b, MEM_M, m);
    let r2 = (BigUint::from(1u32) << (64 * n)) % big(m);
    put(&mut b, MEM_Z, &words(&r2, n));
    b.write(M_DASH, dash(m[0]));
    b.write(MODEXP_MODE, n as u32 / 16 - 1);
    run(&mut b, MODEXP_START);
    get(&mut b, n)
}

#[test]
fn nist_rsasp1_2048_both_ways() {
    let [n, d, em, s] = [N, D, EM, S].map(|h| hex(h, 64));
    assert_eq!(power(&em, &d, &n), s);
    assert_eq!(power(&s, &hex("10001", 64), &n), em);
}

/// Generates `len`-word operands: an odd modulus of full length and two numbers below it.
fn numbers(len: usize) -> impl Strategy<Value = [Vec<u32>; 3]> {
    let any = || proptest::collection::vec(any::<u32>(), len);
    (any(), any(), any()).prop_map(move |(x, y, mut m)| {
        m[0] |= 1;
        m[len - 1] |= 1 << 31;
        let x = words(&(big(&x) % big(&m)), len);
        [x, y, m]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]
    #[test]
    fn powers_of_4096_bits_agree_with_num_bigint([x, y, m] in numbers(128)) {
        let want = big(&x).modpow(&big(&y), &big(&m));
        prop_assert_eq!(power(&x, &y, &m), words(&want, 128));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn powers_of_all_lengths_agree_with_num_bigint([x, y, m] in (1usize..=4).prop_flat_map(|k| numbers(16 * k))) {
        let want = big(&x).modpow(&big(&y), &big(&m));
        prop_assert_eq!(power(&x, &y, &m), words(&want, m.len()));
    }

    #[test]
    fn plain_products_agree_with_num_bigint([x, y, _] in (1usize..=4).prop_flat_map(|k| numbers(16 * k))) {
        let n = x.len();
        let mut b = Bench::new(DevId::Rsa, Rsa::default());
        put(&mut b, MEM_X, &x);
        put(&mut b, MEM_Z + 4 * n as u32, &y);
        b.write(M_DASH, 0);
        b.write(MULT_MODE, 2 * n as u32 / 16 + 7);
        run(&mut b, MULT_START);
        prop_assert_eq!(get(&mut b, 2 * n), words(&(big(&x) * big(&y)), 2 * n));
    }
}
