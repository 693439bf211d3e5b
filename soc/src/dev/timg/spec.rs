//! Registers of TIMG.

crate::registers! {
    "TIMG", "TRM 18, soc/timer_group_reg.h";
    /// Control of timer 0.
    T0CONFIG = 0x00, reset 0x60002000, Modelled;
    /// Low word of the counter as last latched.
    T0LO = 0x04, reset 0x0, Modelled;
    /// High word of the counter as last latched.
    T0HI = 0x08, reset 0x0, Modelled;
    /// Any write latches the counter into LO and HI.
    T0UPDATE = 0x0c, reset 0x0, Modelled;
    /// Low word of the alarm value.
    T0ALARMLO = 0x10, reset 0x0, Modelled;
    /// High word of the alarm value.
    T0ALARMHI = 0x14, reset 0x0, Modelled;
    /// Low word of the value to load.
    T0LOADLO = 0x18, reset 0x0, Modelled;
    /// High word of the value to load.
    T0LOADHI = 0x1c, reset 0x0, Modelled;
    /// Any write loads the counter.
    T0LOAD = 0x20, reset 0x0, Modelled;
    /// Control of timer 1.
    T1CONFIG = 0x24, reset 0x60002000, Modelled;
    /// Low word of the counter as last latched.
    T1LO = 0x28, reset 0x0, Modelled;
    /// High word of the counter as last latched.
    T1HI = 0x2c, reset 0x0, Modelled;
    /// Any write latches the counter into LO and HI.
    T1UPDATE = 0x30, reset 0x0, Modelled;
    /// Low word of the alarm value.
    T1ALARMLO = 0x34, reset 0x0, Modelled;
    /// High word of the alarm value.
    T1ALARMHI = 0x38, reset 0x0, Modelled;
    /// Low word of the value to load.
    T1LOADLO = 0x3c, reset 0x0, Modelled;
    /// High word of the value to load.
    T1LOADHI = 0x40, reset 0x0, Modelled;
    /// Any write loads the counter.
    T1LOAD = 0x44, reset 0x0, Modelled;
    /// Watchdog: enable, stage actions, reset lengths.
    WDTCONFIG0 = 0x48, reset 0x4c000, Modelled;
    /// Watchdog: APB periods a count.
    WDTCONFIG1 = 0x4c, reset 0x10000, Modelled;
    /// Counts of stage 0.
    WDTCONFIG2 = 0x50, reset 0x18cba80, Modelled;
    /// Counts of stage 1.
    WDTCONFIG3 = 0x54, reset 0x7ffffff, Modelled;
    /// Counts of stage 2.
    WDTCONFIG4 = 0x58, reset 0xfffff, Modelled;
    /// Counts of stage 3.
    WDTCONFIG5 = 0x5c, reset 0xfffff, Modelled;
    /// Any write feeds the watchdog.
    WDTFEED = 0x60, reset 0x0, Modelled;
    /// The key that opens the watchdog registers.
    WDTWPROTECT = 0x64, reset 0x50d83aa1, Modelled;
    /// Calibration of a slow clock: start, length, source, ready.
    RTCCALICFG = 0x68, reset 0x13000, Modelled;
    /// Crystal periods that the calibration counted.
    RTCCALICFG1 = 0x6c, reset 0x0, Modelled;
    /// Control of the LACT timer.
    LACTCONFIG = 0x70, reset 0x60002300, Modelled;
    /// Step of the LACT a slow-clock period (taken in sleep on silicon).
    LACTRTC = 0x74, reset 0x0, Stored;
    /// Low word of the counter as last latched.
    LACTLO = 0x78, reset 0x0, Modelled;
    /// High word of the counter as last latched.
    LACTHI = 0x7c, reset 0x0, Modelled;
    /// Any write latches the counter into LO and HI.
    LACTUPDATE = 0x80, reset 0x0, Modelled;
    /// Low word of the alarm value.
    LACTALARMLO = 0x84, reset 0x0, Modelled;
    /// High word of the alarm value.
    LACTALARMHI = 0x88, reset 0x0, Modelled;
    /// Low word of the value to load.
    LACTLOADLO = 0x8c, reset 0x0, Modelled;
    /// High word of the value to load.
    LACTLOADHI = 0x90, reset 0x0, Modelled;
    /// Any write loads the counter.
    LACTLOAD = 0x94, reset 0x0, Modelled;
    /// Mask of INT_ST_TIMERS; does not gate the interrupt lines on this chip.
    INT_ENA_TIMERS = 0x98, reset 0x0, Modelled;
    /// Alarms and watchdog stages that came.
    INT_RAW_TIMERS = 0x9c, reset 0x0, Modelled;
    /// INT_RAW_TIMERS and INT_ENA_TIMERS.
    INT_ST_TIMERS = 0xa0, reset 0x0, Modelled;
    /// Write ones to forget interrupts.
    INT_CLR_TIMERS = 0xa4, reset 0x0, Modelled;
    /// Version of the design.
    NTIMERS_DATE = 0xf8, reset 0x1604290, Stored;
    /// Register clock always on.
    REGCLK = 0xfc, reset 0x0, Stored;
}

/// Fields of [`T0CONFIG`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod t0config {
    pub const ALARM_EN: u32 = 1 << 10;
    pub const LEVEL_INT_EN: u32 = 1 << 11;
    pub const EDGE_INT_EN: u32 = 1 << 12;
    pub const DIVIDER: u32 = 0xffff << 13;
    pub const AUTORELOAD: u32 = 1 << 29;
    pub const INCREASE: u32 = 1 << 30;
    pub const EN: u32 = 1 << 31;
}

/// Fields of [`WDTCONFIG0`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod wdtconfig0 {
    pub const WDT_FLASHBOOT_MOD_EN: u32 = 1 << 14;
    pub const WDT_SYS_RESET_LENGTH: u32 = 0x7 << 15;
    pub const WDT_CPU_RESET_LENGTH: u32 = 0x7 << 18;
    pub const WDT_LEVEL_INT_EN: u32 = 1 << 21;
    pub const WDT_EDGE_INT_EN: u32 = 1 << 22;
    pub const WDT_STG3: u32 = 0x3 << 23;
    pub const WDT_STG2: u32 = 0x3 << 25;
    pub const WDT_STG1: u32 = 0x3 << 27;
    pub const WDT_STG0: u32 = 0x3 << 29;
    pub const WDT_EN: u32 = 1 << 31;
}

/// Fields of [`WDTCONFIG1`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod wdtconfig1 {
    pub const WDT_CLK_PRESCALE: u32 = 0xffff << 16;
}

/// Fields of [`RTCCALICFG`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod rtccalicfg {
    pub const RTC_CALI_START_CYCLING: u32 = 1 << 12;
    pub const RTC_CALI_CLK_SEL: u32 = 0x3 << 13;
    pub const RTC_CALI_RDY: u32 = 1 << 15;
    pub const RTC_CALI_MAX: u32 = 0x7fff << 16;
    pub const RTC_CALI_START: u32 = 1 << 31;
}
