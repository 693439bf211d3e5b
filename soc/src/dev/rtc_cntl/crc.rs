//! CRC of RTC fast memory. After deep sleep the ROM runs the wake stub only if this CRC is right.
//!
//! The polynomial is not documented. Any polynomial works, because the CRC is written and checked with this hardware;
//! CRC-32 is used here.

use super::RtcCntl;
use super::spec::rtc_mem_conf as cfg;
use crate::dev::Cx;

/// Words in RTC fast memory.
const WORDS: usize = 2048;

impl RtcCntl {
    /// Calculates the CRC over the range in RTC_MEM_CONF.
    pub(super) fn memory_crc(&mut self, conf: u32, cx: &Cx) {
        let first = ((conf & cfg::ADDR) >> 9) as usize;
        let words = (((conf & cfg::LEN) >> 20) as usize + 1).min(WORDS - first);
        let mut data = vec![0; 4 * words];
        if let Some(region) = cx.sys.banks.rtc_fast {
            cx.mem.read_region(region, 4 * first, &mut data);
        }
        self.crc = crc32fast::hash(&data);
    }
}
