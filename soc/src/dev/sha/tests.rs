//! NIST vectors through the registers, which are driven as by IDF's `sha_ll.h` and `parallel_engine/sha.c`.

use super::*;
use crate::dev::DevId;
use crate::dev::testing::Bench;

const BASE: [u32; 4] = [SHA_1_START, SHA_256_START, SHA_384_START, SHA_512_START];

/// Pads a message to `block`-byte blocks as in FIPS 180-4.
fn pad(msg: &[u8], block: usize) -> Vec<u8> {
    let mut m = msg.to_vec();
    m.push(0x80);
    let length = block / 8;
    while m.len() % block != block - length {
        m.push(0);
    }
    m.resize(m.len() + length - 8, 0);
    m.extend((msg.len() as u64 * 8).to_be_bytes());
    m
}

fn wait(b: &mut Bench<Sha>) {
    for base in BASE {
        for _ in 0..100 {
            if b.read(base + 0xC) == 0 {
                break;
            }
            b.advance(1);
        }
        assert_eq!(b.read(base + 0xC), 0);
    }
}

fn feed(b: &mut Bench<Sha>, alg: usize, block: &[u8], first: bool) {
    wait(b);
    for (i, w) in block.chunks(4).enumerate() {
        b.write(4 * i as u32, u32::from_be_bytes(w.try_into().unwrap()));
    }
    b.write(BASE[alg] + if first { 0 } else { 4 }, 1);
    assert_eq!(b.read(BASE[alg] + 0xC), 1);
}

fn digest(b: &mut Bench<Sha>, alg: usize) -> String {
    wait(b);
    b.write(BASE[alg] + 8, 1);
    wait(b);
    let words = [5, 8, 12, 16][alg];
    (0..words).map(|i| format!("{:08x}", b.read(4 * i))).collect()
}

fn hash(alg: usize, msg: &[u8]) -> String {
    let mut b = Bench::new(DevId::Sha, Sha::default());
    let size = if alg < 2 { 64 } else { 128 };
    for (i, block) in pad(msg, size).chunks(size).enumerate() {
        feed(&mut b, alg, block, i == 0);
    }
    digest(&mut b, alg)
}

const ABC: [&str; 4] = [
    "a9993e364706816aba3e25717850c26c9cd0d89d",
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd\
     454d4423643ce80e2a9ac94fa54ca49f",
];

#[test]
fn abc() {
    for (alg, want) in ABC.iter().enumerate() {
        assert_eq!(&hash(alg, b"abc"), want);
    }
}

#[test]
fn two_blocks() {
    let msg = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    assert_eq!(hash(0, msg), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    assert_eq!(hash(1, msg), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    let long = b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
    assert!(hash(2, long).starts_with("09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"));
    assert!(hash(3, long).starts_with("8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"));
}

#[test]
fn engines_interleave() {
    let msg = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    let blocks = pad(msg, 64);
    let mut b = Bench::new(DevId::Sha, Sha::default());
    feed(&mut b, 0, &blocks[..64], true);
    feed(&mut b, 1, &blocks[..64], true);
    feed(&mut b, 3, &pad(b"abc", 128), true);
    feed(&mut b, 0, &blocks[64..], false);
    feed(&mut b, 1, &blocks[64..], false);
    assert_eq!(digest(&mut b, 3), ABC[3]);
    assert_eq!(digest(&mut b, 0), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    assert_eq!(digest(&mut b, 1), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/// The long message of NIST's examples (FIPS 180-2 A.3, B.3, C.3, D.3): one million times "a".
#[test]
fn a_million_a() {
    let msg = vec![b'a'; 1_000_000];
    assert_eq!(hash(0, &msg), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    assert_eq!(hash(1, &msg), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    assert_eq!(
        hash(2, &msg),
        "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985"
    );
    assert_eq!(
        hash(3, &msg),
        "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31b\
         eb009c5c2c49aa2e4eadb217ad8cc09b"
    );
}

#[test]
fn a_command_while_busy_does_nothing() {
    let mut b = Bench::new(DevId::Sha, Sha::default());
    b.write(SHA_512_START, 1);
    let one = b.dev.clone();
    for _ in 0..100 {
        b.write(SHA_512_START + 4, 1);
        b.write(SHA_512_START + 8, 1);
    }
    assert_eq!(b.dev, one);
    b.advance(5);
    b.write(SHA_512_START + 4, 1);
    assert_ne!(b.dev, one);
}
