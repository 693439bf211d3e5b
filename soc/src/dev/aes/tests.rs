//! FIPS-197 appendix C through the registers, as IDF's `aes_ll.h` drives them.

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
    // All orders reversed: the whole key and block are written backwards.
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
