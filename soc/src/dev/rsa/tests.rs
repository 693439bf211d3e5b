//! Operation sequences of IDF's mbedTLS port (`bignum.c` 3.x to `mpi_hal` 6.x), with numbers computed in Python.

use super::*;
use crate::dev::DevId;
use crate::dev::testing::Bench;

pub(super) fn hex(s: &str, words: usize) -> Vec<u32> {
    let mut out: Vec<u32> = (0..s.len().div_ceil(8))
        .map(|i| u32::from_str_radix(&s[s.len().saturating_sub(8 * (i + 1))..s.len() - 8 * i], 16).unwrap())
        .collect();
    out.resize(words, 0);
    out
}

pub(super) fn put(b: &mut Bench<Rsa>, at: u32, words: &[u32]) {
    for (i, w) in words.iter().enumerate() {
        b.write(at + 4 * i as u32, *w);
    }
}

pub(super) fn get(b: &mut Bench<Rsa>, words: usize) -> Vec<u32> {
    (0..words as u32).map(|i| b.read(MEM_Z + 4 * i)).collect()
}

/// Writes START, then waits and clears the interrupt as the driver does.
pub(super) fn run(b: &mut Bench<Rsa>, start: u32) {
    b.write(INTERRUPT, 1);
    b.write(start, 1);
    assert_eq!(b.read(INTERRUPT), 0);
    for _ in 0..10_000_000 {
        if b.read(INTERRUPT) == 1 {
            break;
        }
        b.advance(10);
    }
    assert!(b.irq(IrqSource::Rsa));
    b.write(INTERRUPT, 1);
    assert!(!b.irq(IrqSource::Rsa));
}

const N: &str = concat!(
    "e9ac7f543760b9491e11fad0c85bfa418ce79c4683906caad69786ba0177538e6488bbc46bdc5f2ccee7e4d63d1ba030",
    "fe48fc40c0553c58ddd3b926aae1e10dcb941c67dcbe8bc060339cf1f77980877ded9ccd6d2dbe931ee68907d629be6e",
    "d2b6516701afbd728b8e6cd4ce9950dce16451291f70d97314233131c646fa983cfcf174c4e866823d726933e26fec36",
    "22773084f4fec6b8ea184f08d55e41a6db8c904d3c504517351a07d2fb1b1a5ee6ec7bd51ce45ea03896cc32e3ae857c",
    "1e366a9f5bf9e37e643665337f47f2b8ae16ae27181aaa908120e94367a317d5ffcf284296008dea7a61b28bfa9e9b23",
    "72aee82b9fe366b14bc15fadf0034a19"
);
const D: &str = concat!(
    "e8dd4c2e82d9530c387936782592f37bab8d8c41010f461ba1aa734a9df76a3f3694c479e3fb42a586b3b56a828f2b3e",
    "67ca1807f72379f61d69c6d36feb95b987acdbf9ed13be7541e96d77fc650adefb7175978a3bd1f50f103272aacc02c8",
    "b2179a5b8a64b5e89686a2921828d55aa90aad8ecb944c3ed04c99d3be82316ae94813e8fd9ec8144d44a49f135c4a2c",
    "675bf459fe9867d39d8b9a39096aea613d0e31fd839d02629197965b0b5a6aa5e35b8767f2eadac0a24e15c2fcdb91dd",
    "8a57fc0c32cd91044e44d2fb9dcde6a632311a9f538b2796f7f020aa9263c9ab0abfa2b55b76c965ec7be11431f95c52",
    "de74335488de161a6b81a1bb8a571db9"
);
const MSG: &str = concat!(
    "6573706c656e73207369676e732074686973000000000000000000000000000000000000000000000000000000000000",
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "000000"
);
const SIG: &str = concat!(
    "3718779121b34be4b62d815e9ce65fab4c7e052449ded5ff879c5a51d0df4a3079677289e91c797569b4d93b2f30a155",
    "0ad7da5ae76fb5660873e20c977afc8e6f9c4b5c39c4c5df4e231a709993d6c0b2c3cc9df47c1fdaeda2b984dff80a46",
    "d8f828ae8c623c38029c97208c5ed3f6778071fa37e6eba688786841728a72888d3afc1a49a5c6b8c70dad6d9c63d6f8",
    "1810708f02e193289c6c4bacb42922a27afc509d87c2d3d1e64e7feb7707b8cfd40189143986b3cfc79d8c2a35d02085",
    "a74fa7ec09af6d46641272c25571d32f735b944150bc002169bc923ab206d0d377720c0ce6704cbbe873556abef3797d",
    "111cdff066e701d1a5cc4f47b944a8aa"
);
const R2: &str = concat!(
    "12b34e8f27aadcfba531fd1ad137f1fc09c006f33de961e79210ca90ce9812c10b066b2f2dea9fa7e66ee8dbc4433fcb",
    "6857cb7f606fb465d122429de7ac686c5105354b57d0ce72522b418a69a3b8170dd2348d93bceabebfad75f52fa65223",
    "24926137bedfca9e86dff2f964e676ad103573d50237574dab05a47413b5f953dc01224339891ae609f80a68844d80a8",
    "1d53274234ce16e5984289f71fe754453aa14747c126ac21d316ebe3e9536bb0af302c92b47ed4d5bfd21f2296e1f944",
    "01ef812be63b456957ab7bc20d8098583d4e5eb6f3b2953189bcb3c3189459408cd24e851cc111a9bf7f79bd2f788c7b",
    "9994c9585dd6b77b15a77fb43729178c"
);
const N_DASH: u32 = 0xc0758dd7;
const A: &str = concat!(
    "43bceec2cbcea57f88a3323a7ba1ab3afc57842a589d0c2e26aba481a00abee306cbfc02260a0c67e5d2bc878de839f7",
    "9574cb259343ee460b644cf2cc3e5c6f3d28f4cd24a4cbcbbc95a39c8b2ee1bfad5fc23f602dab5495e608fa94a05236",
    "78169f4d900a6f4ce8f643193308825a7e10be0811f575abaf1d0b2d73aaf6870a42e7d8be02669719e5ea77a1014546",
    "c7a0c4ded469595acec3703daa85249b680c45431f10851fa004220db0b9f5dea0639a00abdeb8efc79752e6591cb529",
    "23961ff82fe0546bd680b1c620259f1ee935cfd05f95998fc1583ace90df5a619494bc9f8a3f371d9beb3c1d51793e72",
    "2a00f445d51d251e4d20"
);
const B: &str = concat!(
    "a0a0d5c9e9c73dc73198c32fac6b0392a6759d582ec14fed1723cb69eed73423a8afe2833331eeec5fb2c82af6291dc4",
    "330fa5e025ea7c3a702fa3f0e7d9089883d856055f38d7772db589a932f24b4088ce63093a0cb24ac1bbc7897d794f30",
    "beaf89c96be1b378db814f15d4eea32c34ccdc0a718d185fddb2d1076ed84458e63c3d00c86e90e8b941ac9715a636db",
    "87a2553b8940a63fb3907775c874a2187bac75cb8123992eb5fcf89c5ee717d97919ea3ca529443665851a1fda2ad967",
    "ed5c8a59ae0113d05b532c30b5528933d4ff3b04320c0d8f6386bce07119401890c3ebc769992893f6501f7cb3b0615c",
    "7bd7831a99e5ede751efdf354a42a5"
);
const A_TIMES_B: &str = concat!(
    "2a80a3e098fbc0a1b8db8efcfb2a3ad4089f29ddfef70d3716c3631604d41c3c90de619c89ece5ba536ae8e4e4349f37",
    "8801f44e1fbcabbeb743488b84d85f17a09add27f5aba9120fdba15c3d1aac815bafc2ff4852d90c4ec82cbb33556eca",
    "4267ad3243a73fe2895c07e7f402df13daaa4ce2aaead317978e7c290a9e98d3242d6d9cf826ab96a584139039d17141",
    "9e73ed661ef7cc43491416bb5dd0c4c9a2135a17db4de818f731bff61a1a4c0a4e400b643bbf4fff8f4b21fead927435",
    "5855fb7048294eb0257dbdc24c4e7257c1f10cf9b83d82ce792ea007cb2ca883af05ee0cb474ac16cb2e4fcd9b726260",
    "4fd36cddfa90c28f2f39632f1f81f67674525d22bb67d02a61e1cd1120edde5284335e761be66767d36bc41a38c8c1e4",
    "6e614f9083dfa38075fb8819f8627d149ea6accb55914a2624171605a3e72e2f62294f9445bb24ba988fa8783df39743",
    "8f3761a70345157d59b11c3f28f64fdc2d748397e8c1b09c84143fb442e64b67fdc6c0344b59d28dcf12d2300884cf98",
    "8ab846e680a9cb9acc0eada4aff6ce58001ca04eca9636010c87d98c7199f471f433c819cc3835f172d96584591c3666",
    "4d9b8f862ac3ec4c94201bfbf55834590364a3249323230745a09e5e582db069f8b1cfc8d8fff7e8868524892a352cd8",
    "7c65ceaffbd29ed3a8066335b98aef59befb95eef4a7a9f5a0"
);
const A_B_MOD_N: &str = concat!(
    "603f60adccec11d25b6c7fc5ace8be46814c28b02333b5faef9975265c59be22897ea9405861e0ac6f33c2f342247897",
    "1eaa9941f5f24b07b06b37d0b8f23b7e2d40966125873fb3699e0dd807a89386e8fbf1cae123ad8c0d864a898feca76e",
    "268753c07fe4b20a5d3efe98c2376314df2e71472fd576261af3c3fea023076db697c350d4d227ac9ac33a739273b4bc",
    "d1d5b78c8921ae23df841ef7853e02a633cb0025c877493a5d3571ad3c4c05d8222ec204c5e34a09351335f88d140171",
    "04316b9db0f1395039a4bd7572f921e1216f8ddc2da193d7b8f3ca265f40a9b9fc2e64d7d6232acd4a1f32678a18638b",
    "cca4e51183860e05e3d4cf9ed25e7fc1"
);

/// Sets up mbedtls_mpi_exp_mod: X, Y, M, R² in Z, M'.
fn modexp(x: &str, y: &str) -> Vec<u32> {
    let mut b = Bench::new(DevId::Rsa, Rsa::default());
    put(&mut b, MEM_X, &hex(x, 64));
    put(&mut b, MEM_Y, &hex(y, 64));
    put(&mut b, MEM_M, &hex(N, 64));
    put(&mut b, MEM_Z, &hex(R2, 64));
    b.write(M_DASH, N_DASH);
    b.write(MODEXP_MODE, 64 / 16 - 1);
    run(&mut b, MODEXP_START);
    get(&mut b, 64)
}

#[test]
fn rsa_2048_sign_and_verify() {
    assert_eq!(modexp(MSG, D), hex(SIG, 64));
    assert_eq!(modexp(SIG, "10001"), hex(MSG, 64));
}

#[test]
fn modular_multiplication_in_two_montgomery_steps() {
    let mut b = Bench::new(DevId::Rsa, Rsa::default());
    put(&mut b, MEM_M, &hex(N, 64));
    put(&mut b, MEM_X, &hex(A, 64));
    put(&mut b, MEM_Z, &hex(R2, 64));
    b.write(M_DASH, N_DASH);
    b.write(MULT_MODE, 64 / 16 - 1);
    run(&mut b, MULT_START);
    put(&mut b, MEM_X, &hex(B, 64));
    run(&mut b, MULT_START);
    assert_eq!(get(&mut b, 64), hex(A_B_MOD_N, 64));
}

#[test]
fn plain_multiplication_of_2048_bit_numbers() {
    let mut b = Bench::new(DevId::Rsa, Rsa::default());
    put(&mut b, MEM_X, &hex(A, 64));
    put(&mut b, MEM_Z + 4 * 64, &hex(B, 64));
    b.write(M_DASH, 0);
    b.write(MULT_MODE, 128 / 16 + 7);
    run(&mut b, MULT_START);
    assert_eq!(get(&mut b, 128), hex(A_TIMES_B, 128));
}

#[test]
fn failover_multiplication_modulo_all_ones() {
    let mut b = Bench::new(DevId::Rsa, Rsa::default());
    put(&mut b, MEM_M, &[u32::MAX; 128]);
    b.write(M_DASH, 1);
    b.write(MULT_MODE, 128 / 16 - 1);
    put(&mut b, MEM_X, &hex(A, 128));
    put(&mut b, MEM_Z, &hex("1", 128));
    run(&mut b, MULT_START);
    put(&mut b, MEM_X, &hex(B, 128));
    run(&mut b, MULT_START);
    assert_eq!(get(&mut b, 128), hex(A_TIMES_B, 128));
}

#[test]
fn a_reset_zeroes_the_memories_and_then_says_so() {
    let mut b = Bench::new(DevId::Rsa, Rsa::default());
    b.write(MEM_Z + 8, 5);
    b.reset();
    assert_eq!(b.read(CLEAN), 0);
    b.advance(10);
    assert_eq!(b.read(CLEAN), 1);
    assert_eq!(b.read(MEM_Z + 8), 0);
}

#[test]
fn nonsense_operands_end_all_the_same() {
    let mut b = Bench::new(DevId::Rsa, Rsa::default());
    put(&mut b, MEM_X, &[u32::MAX; 128]);
    put(&mut b, MEM_Z, &[u32::MAX; 128]);
    put(&mut b, MEM_Y, &[0x8000_0001; 2]);
    for mode in 0..16 {
        b.write(MULT_MODE, mode);
        run(&mut b, MULT_START);
    }
    b.write(MODEXP_MODE, 7);
    run(&mut b, MODEXP_START);
}

/// Sets up the longest operation: all operand bits are ones.
fn longest() -> Bench<Rsa> {
    let mut b = Bench::new(DevId::Rsa, Rsa::default());
    for memory in [MEM_M, MEM_Z, MEM_Y, MEM_X] {
        put(&mut b, memory, &[u32::MAX; 128]);
    }
    b.write(M_DASH, 1);
    b.write(MODEXP_MODE, 7);
    b.mem.work.allow(None);
    b
}

/// Host work of one multiplication of 4096 bits.
const ONE_MULTIPLICATION: u64 = 128 * 128 * WORK_PER_PAIR;

#[test]
fn a_start_while_busy_does_nothing() {
    let mut b = longest();
    b.write(MODEXP_START, 1);
    let (rsa, work) = (b.dev.clone(), b.mem.work.done());
    for start in [MODEXP_START, MULT_START].repeat(1000) {
        b.write(start, 1);
    }
    assert_eq!(b.dev, rsa);
    assert_eq!(b.mem.work.done(), work, "and costs nothing");
}

#[test]
fn a_long_operation_costs_the_host_little_at_a_time() {
    let mut b = longest();
    b.write(MODEXP_START, 1);
    let mut us = 0;
    while b.read(INTERRUPT) == 0 {
        assert!(b.mem.work.done() <= 4 * ONE_MULTIPLICATION, "{} at {us} us", b.mem.work.done());
        b.mem.work.allow(None);
        b.advance(100);
        us += 100;
    }
    // 4096 squarings, as many multiplications, three conversions, 66,048 clocks each.
    let expected = 8195 * 66_048 / u64::from(b.sys.clocks.apb_hz() / 1_000_000);
    assert!((expected..expected + 200).contains(&us), "{us} us, expected {expected}");
}

#[test]
fn a_reset_ends_what_is_under_way() {
    let mut b = longest();
    b.write(MODEXP_START, 1);
    b.advance(100);
    b.reset();
    b.advance(10_000_000);
    assert_eq!(b.read(INTERRUPT), 0);
    b.write(MULT_START, 1);
    b.advance(1_000);
    assert_eq!(b.read(INTERRUPT), 1);
}
