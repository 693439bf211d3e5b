//! CRC of RTC fast memory. After deep sleep the ROM runs the wake stub only if this CRC is right.
//!
//! The polynomial is not documented. Any polynomial works, because the CRC is written and checked with this hardware;
//! CRC-32 is used here.

use super::RtcCntl;
use super::spec::rtc_mem_conf as cfg;
use crate::dev::Cx;

/// Words in RTC fast memory.
const WORDS: usize = 2048;

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

impl RtcCntl {
    /// Calculates the CRC over the range in RTC_MEM_CONF.
    pub(super) fn memory_crc(&mut self, conf: u32, cx: &Cx) {
        let first = ((conf & cfg::ADDR) >> 9) as usize;
        let words = (((conf & cfg::LEN) >> 20) as usize + 1).min(WORDS - first);
        let mut data = vec![0; 4 * words];
        if let Some(region) = cx.sys.banks.rtc_fast {
            cx.mem.read_region(region, 4 * first, &mut data);
        }
        self.crc = crc32(&data);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn check_value() {
        assert_eq!(super::crc32(b"123456789"), 0xCBF4_3926);
    }
}
