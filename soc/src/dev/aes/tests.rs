//! FIPS-197 appendix C vectors through the registers, driven as IDF's `aes_ll.h` does.

use super::*;
use crate::dev::DevId;
use crate::dev::testing::Bench;

/// FIPS-197 C: plaintext 00112233..., key 000102...
const PLAIN: [u8; 16] =
    [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff];
const CIPHER_128: u128 = 0x69c4_e0d8_6a7b_0430_d8cd_b780_70b4_c55a;
const CIPHER_192: u128 = 0xdda9_7ca4_864c_dfe0_6eaf_70a0_ec0d_7191;
const CIPHER_256: u128 = 0x8ea2_b7ca_5167_45bf_eafc_4990_4b49_6089;

fn put(b: &mut Bench<Aes>, at: u32, bytes: &[u8]) {
    for (i, w) in bytes.chunks(4).enumerate() {
        b.write(at + 4 * i as u32, u32::from_le_bytes(w.try_into().unwrap()));
    }
}

fn text(b: &mut Bench<Aes>) -> [u8; 16] {
    let words: Vec<u8> = (0..4).flat_map(|i| b.read(TEXT + 4 * i).to_le_bytes()).collect();
    words.try_into().unwrap()
}

fn run(key_bytes: usize, decrypt: bool, block: &[u8]) -> [u8; 16] {
    let mut b = Bench::new(DevId::Aes, Aes::default());
    let key: Vec<u8> = (0..key_bytes as u8).collect();
    put(&mut b, KEY, &key);
    b.write(MODE, (key_bytes as u32 / 8 - 2) + if decrypt { 4 } else { 0 });
    put(&mut b, TEXT, block);
    b.write(START, 1);
    assert_eq!(b.read(IDLE), 0, "busy right after START");
    b.advance(1);
    assert_eq!(b.read(IDLE), 1);
    text(&mut b)
}

#[test]
fn fips_197_vectors_both_ways() {
    for (len, cipher) in [(16, CIPHER_128), (24, CIPHER_192), (32, CIPHER_256)] {
        let cipher = cipher.to_be_bytes();
        assert_eq!(run(len, false, &PLAIN), cipher, "encrypt, {len}-byte key");
        assert_eq!(run(len, true, &cipher), PLAIN, "decrypt, {len}-byte key");
    }
}

#[test]
fn cleared_endian_bits_reverse_key_and_text() {
    let mut b = Bench::new(DevId::Aes, Aes::default());
    b.write(ENDIAN, 0);
    // All orders are reversed: the whole key and block are written backwards.
    let key: Vec<u8> = (0..16).rev().collect();
    put(&mut b, KEY, &key);
    let mut plain = PLAIN;
    plain.reverse();
    put(&mut b, TEXT, &plain);
    b.write(START, 1);
    let mut got = text(&mut b);
    got.reverse();
    assert_eq!(got, CIPHER_128.to_be_bytes());
}

#[test]
fn only_the_output_bytes_are_reversed_with_their_bit() {
    let mut b = Bench::new(DevId::Aes, Aes::default());
    b.write(ENDIAN, endian::ALL & !endian::OUT_BYTE);
    put(&mut b, KEY, &(0..16).collect::<Vec<u8>>());
    put(&mut b, TEXT, &PLAIN);
    b.write(START, 1);
    assert_eq!(b.read(TEXT), 0x69c4_e0d8);
    assert_eq!(b.read(TEXT + 12), 0x70b4_c55a);
}

/// NIST SP 800-38A F.1 (ECB): keys, the four plaintext blocks, and their ciphertexts.
const KEYS: [&str; 3] = [
    "2b7e151628aed2a6abf7158809cf4f3c",
    "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
    "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
];
const BLOCKS: [u128; 4] = [
    0x6bc1_bee2_2e40_9f96_e93d_7e11_7393_172a,
    0xae2d_8a57_1e03_ac9c_9eb7_6fac_45af_8e51,
    0x30c8_1c46_a35c_e411_e5fb_c119_1a0a_52ef,
    0xf69f_2445_df4f_9b17_ad2b_417b_e66c_3710,
];
const ECB: [[u128; 4]; 3] = [
    [
        0x3ad7_7bb4_0d7a_3660_a89e_caf3_2466_ef97,
        0xf5d3_d585_03b9_699d_e785_895a_96fd_baaf,
        0x43b1_cd7f_598e_ce23_881b_00e3_ed03_0688,
        0x7b0c_785e_27e8_ad3f_8223_2071_0472_5dd4,
    ],
    [
        0xbd33_4f1d_6e45_f25f_f712_a214_571f_a5cc,
        0x9741_0484_6d0a_d3ad_7734_ecb3_ecee_4eef,
        0xef7a_fd22_70e2_e60a_dce0_ba2f_ace6_444e,
        0x9a4b_41ba_738d_6c72_fb16_6916_03c1_8e0e,
    ],
    [
        0xf3ee_d1bd_b5d2_a03c_064b_5a7e_3db1_81f8,
        0x591c_cb10_d410_ed26_dc5b_a74a_3136_2870,
        0xb6ed_21b9_9ca6_f4f9_f153_e7b1_beaf_ed1d,
        0x2330_4b7a_39f9_f3ff_067d_8d8f_9e24_ecc7,
    ],
];

/// Returns bytes in the register order of an ENDIAN setting: a clear bit reverses the bytes of a word or the words.
fn ordered(bytes: &[u8], keep_bytes: bool, keep_words: bool) -> Vec<u8> {
    let mut words: Vec<Vec<u8>> = bytes.chunks(4).map(<[u8]>::to_vec).collect();
    if !keep_bytes {
        words.iter_mut().for_each(|w| w.reverse());
    }
    if !keep_words {
        words.reverse();
    }
    words.concat()
}

#[test]
fn sp_800_38a_ecb_in_all_64_byte_orders() {
    for setting in 0..=endian::ALL {
        let keep = |bit: u32| setting & bit != 0;
        for (key, cipher) in KEYS.iter().zip(ECB) {
            let mut b = Bench::new(DevId::Aes, Aes::default());
            b.write(ENDIAN, setting);
            let key: Vec<u8> =
                (0..key.len() / 2).map(|i| u8::from_str_radix(&key[2 * i..2 * i + 2], 16).unwrap()).collect();
            put(&mut b, KEY, &ordered(&key, keep(endian::KEY_BYTE), keep(endian::KEY_WORD)));
            for decrypt in [false, true] {
                b.write(MODE, (key.len() as u32 / 8 - 2) + if decrypt { 4 } else { 0 });
                for (plain, cipher) in BLOCKS.iter().zip(cipher) {
                    let (from, to) = if decrypt { (cipher, *plain) } else { (*plain, cipher) };
                    let from = ordered(&from.to_be_bytes(), keep(endian::IN_BYTE), keep(endian::IN_WORD));
                    put(&mut b, TEXT, &from);
                    b.write(START, 1);
                    b.advance(1);
                    let want = ordered(&to.to_be_bytes(), keep(endian::OUT_BYTE), keep(endian::OUT_WORD));
                    assert_eq!(text(&mut b).to_vec(), want, "ENDIAN {setting:#x}, decrypt {decrypt}");
                }
            }
        }
    }
}

#[test]
fn a_start_while_busy_does_nothing() {
    let mut once = Bench::new(DevId::Aes, Aes::default());
    once.write(START, 1);
    let result = text(&mut once);
    for _ in 0..100 {
        once.write(START, 1);
    }
    assert_eq!(text(&mut once), result);
    once.advance(1);
    once.write(START, 1);
    assert_ne!(text(&mut once), result);
}
