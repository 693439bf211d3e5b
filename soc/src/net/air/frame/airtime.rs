//! Transmission time of frames.

/// Time between a frame and its acknowledgement at 2.4 GHz, in µs.
pub const SIFS_US: u64 = 10;

/// Length of an acknowledgement with FCS.
pub const ACK_BYTES: usize = 14;

/// DSSS preamble and PLCP header.
const LONG_PREAMBLE_US: u64 = 192;
/// The short form of both.
const SHORT_PREAMBLE_US: u64 = 96;
/// OFDM preamble and SIGNAL field.
const PREAMBLE_US: u64 = 20;
/// Preamble of HT mixed format for one stream.
const HT_PREAMBLE_US: u64 = 36;
/// Bits of the SERVICE field and the tail.
const SERVICE_AND_TAIL: u64 = 22;
/// Data bits of an OFDM symbol, rate codes 8 to 15: 48, 24, 12, 6, 54, 36, 18, 9 Mbit/s.
const OFDM_BITS: [u64; 8] = [192, 96, 48, 24, 216, 144, 72, 36];
/// Data bits of an HT20 symbol, MCS 0 to 7.
const HT_BITS: [u64; 8] = [26, 52, 78, 104, 156, 208, 234, 260];

/// Returns the time of the bits at 2, 5.5 or 11 Mbit/s: codes 1 to 3 and 5 to 7.
fn dsss(bits: u64, rate: u8) -> u64 {
    let per_2_us = [4, 11, 22][usize::from((rate & 3) - 1)];
    (2 * bits).div_ceil(per_2_us)
}

/// Returns the transmission time of a frame in µs, preamble included. `rate` is ESP-IDF's `wifi_phy_rate_t`: 0 to 3
/// DSSS/CCK with the long preamble, 5 to 7 with the short one, 8 to 15 OFDM, 16 to 31 HT20 MCS 0 to 7 (from 24 with the
/// short guard interval), 41 and 42 long range. Unknown codes count as 1 Mbit/s.
#[must_use]
pub fn airtime_us(rate: u8, bytes_with_fcs: usize) -> u64 {
    let bits = 8 * bytes_with_fcs as u64;
    match rate {
        1..=3 => LONG_PREAMBLE_US + dsss(bits, rate),
        5..=7 => SHORT_PREAMBLE_US + dsss(bits, rate),
        8..=15 => {
            let per_symbol = OFDM_BITS[usize::from(rate - 8)];
            PREAMBLE_US + 4 * (SERVICE_AND_TAIL + bits).div_ceil(per_symbol)
        }
        16..=31 => {
            let symbols = (SERVICE_AND_TAIL + bits).div_ceil(HT_BITS[usize::from(rate & 7)]);
            // A symbol with the short guard interval takes 3.6 µs; the total is rounded up to a multiple of 4 µs.
            let data = if rate & 8 == 0 { 4 * symbols } else { (symbols * 36).div_ceil(40) * 4 };
            HT_PREAMBLE_US + data
        }
        41 => LONG_PREAMBLE_US + 4 * bits,
        42 => LONG_PREAMBLE_US + 2 * bits,
        _ => LONG_PREAMBLE_US + bits,
    }
}

/// Returns the rate code of the response (ACK, CTS) to a frame of this rate: the highest basic rate not above it.
#[must_use]
pub fn response_rate(rate: u8) -> u8 {
    match rate {
        // 48, 24, 54, 36 Mbit/s and MCS 3 up: 24 Mbit/s; 12, 18 Mbit/s and MCS 1, 2: 12 Mbit/s.
        8 | 9 | 12 | 13 => 9,
        10 | 14 => 10,
        11 | 15 => 11,
        16 | 24 => 11,
        17 | 18 | 25 | 26 => 10,
        19..=23 | 27..=31 => 9,
        1..=3 | 5..=7 | 41 | 42 => rate,
        _ => 0,
    }
}
