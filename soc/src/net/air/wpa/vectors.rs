//! Published test vectors for key derivation, key wrap and CCMP.

use super::keys::prf;
use super::{Pmk, Ptk, Tk, ccmp, eapol};

pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn array<const N: usize>(text: &str) -> [u8; N] {
    hex(text).try_into().unwrap()
}

/// IEEE 802.11-2020 J.4.2.
#[test]
fn passphrases_give_the_standard_s_psk() {
    let cases = [
        ("password", "IEEE", "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"),
        (
            "ThisIsAPassword",
            "ThisIsASSID",
            "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af",
        ),
        (
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "becb93866bb8c3832cb777c2f559807c8c59afcb6eae734885001300a981cc62",
        ),
    ];
    for (passphrase, ssid, psk) in cases {
        let pmk = Pmk::derive(passphrase.as_bytes(), ssid.as_bytes());
        assert_eq!(pmk.bytes(), &array::<32>(psk));
        assert_eq!(Pmk::from_psk(passphrase.as_bytes(), ssid.as_bytes()), Some(pmk.clone()));
        assert_eq!(Pmk::from_psk(psk.to_uppercase().as_bytes(), b"any"), Some(pmk));
    }
    assert_eq!(Pmk::from_psk(b"7 bytes", b"net"), None);
    assert_eq!(Pmk::from_psk(&[b'g'; 64], b"net"), None, "64 characters that are no digits");
    assert_eq!(Pmk::from_psk(&[b'0'; 65], b"net"), None);
}

/// IEEE 802.11-2020 J.3.2.
#[test]
fn the_pseudo_random_function_gives_the_standard_s_bytes() {
    let cases: [(&[u8], &[u8], &str); 2] = [
        (
            &[0x0B; 20],
            b"Hi There",
            "bcd4c650b30b9684951829e0d75f9d54b862175ed9f00606e17d8da35402ffee
             75df78c3d31e0f889f012120c0862beb67753e7439ae242edb8373698356cf5a",
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "51f4de5b33f249adf81aeb713a3c20f4fe631446fabdfa58244759ae58ef9009
             a99abf4eac2ca5fa87e692c440eb40023e7babb206d61de7b92f41529092b8fc",
        ),
    ];
    for (key, data, expected) in cases {
        assert_eq!(prf::<64>(key, b"prefix", data), array::<64>(expected));
    }
}

/// IEEE 802.11-2020 J.7.1 and J.7.2.
#[test]
fn the_pairwise_key_hierarchy_is_the_standard_s() {
    let pmk = Pmk::derive(b"ThisIsAPassword", b"ThisIsASSID");
    let anonce = array("e0e1e2e3e4e5e6e7e8e9f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff000102030405");
    let snonce = array("c0c1c2c3c4c5c6c7c8c9d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5");
    let ptk = Ptk::derive(&pmk, array("a0a1a1a3a4a5"), array("b0b1b2b3b4b5"), &anonce, &snonce);
    assert_eq!(ptk.kck(), &array("379f9852d0199236b94e407ce4c00ec8"));
    assert_eq!(ptk.kek(), &array("47c9edc01c2c6e5b4910caddfb3e51a7"));
    assert_eq!(ptk.tk().bytes(), &array("b2360c79e9710fdd58bea93deaf06599"));
}

/// RFC 3394 section 4.1.
#[test]
fn key_wrap_is_that_of_rfc_3394() {
    let kek = array("000102030405060708090a0b0c0d0e0f");
    let key = hex("00112233445566778899aabbccddeeff");
    let wrapped = eapol::wrap_key(&kek, &key);
    assert_eq!(wrapped, hex("1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"));
    assert_eq!(eapol::unwrap_key(&kek, &wrapped).unwrap(), key);
}

/// IEEE 802.11-2020 J.6.4.
#[test]
fn ccmp_gives_the_standard_s_frame() {
    let tk = Tk::new(array("c97c1f67ce371185514a8a19f2bdd52f"));
    let header = hex("0848 c32c 0fd2e128a57c 5030f1844408 abaea5b8fcba 8033");
    let payload = hex("f8ba1a55d02f85ae967bb62fb6cda8eb7e78a050");
    let sealed = hex("0ce7002076970 3b5 f3d0a2fe9a3dbf2342a643e43246e80c3c04d019 7845ce0b16f97623");
    let sealed = [&header[..], &sealed].concat();
    let mut plain = [&header[..], &payload].concat();
    plain[1] &= !0x40; // not protected yet
    assert_eq!(ccmp::seal(&plain, &tk, 0xB503_9776_E70C, 0), Some(sealed.clone()));
    let opened = ccmp::open(&sealed, &tk).unwrap();
    assert_eq!((opened.mpdu, opened.pn, opened.key_id), (plain, 0xB503_9776_E70C, 0));
}
