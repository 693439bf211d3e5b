//! Registers of TIMG.

crate::registers! {
    "TIMG", "TRM 18, soc/timer_group_reg.h", FIELDS;
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

crate::fields! {
    /// Fields of [`T0CONFIG`], as masks.
    pub mod t0config of T0CONFIG T1CONFIG {
        ALARM_EN = 1 << 10;
        LEVEL_INT_EN = 1 << 11;
        EDGE_INT_EN = 1 << 12;
        DIVIDER = 0xffff << 13;
        AUTORELOAD = 1 << 29;
        INCREASE = 1 << 30;
        EN = 1 << 31;
    }

    /// Fields of [`WDTCONFIG0`], as masks.
    pub mod wdtconfig0 of WDTCONFIG0 {
        WDT_FLASHBOOT_MOD_EN = 1 << 14;
        WDT_SYS_RESET_LENGTH = 0x7 << 15;
        WDT_CPU_RESET_LENGTH = 0x7 << 18;
        WDT_LEVEL_INT_EN = 1 << 21;
        WDT_EDGE_INT_EN = 1 << 22;
        WDT_STG3 = 0x3 << 23;
        WDT_STG2 = 0x3 << 25;
        WDT_STG1 = 0x3 << 27;
        WDT_STG0 = 0x3 << 29;
        WDT_EN = 1 << 31;
    }

    /// Fields of [`WDTCONFIG1`], as masks.
    pub mod wdtconfig1 of WDTCONFIG1 {
        WDT_CLK_PRESCALE = 0xffff << 16;
    }

    /// Fields of [`RTCCALICFG`], as masks.
    pub mod rtccalicfg of RTCCALICFG {
        RTC_CALI_START_CYCLING = 1 << 12;
        RTC_CALI_CLK_SEL = 0x3 << 13;
        RTC_CALI_RDY = 1 << 15;
        RTC_CALI_MAX = 0x7fff << 16;
        RTC_CALI_START = 1 << 31;
    }

    /// Fields of [`RTCCALICFG1`], as masks.
    pub mod rtccalicfg1 of RTCCALICFG1 {
        RTC_CALI_VALUE = 0x1ffffff << 7;
    }

    /// Fields of [`LACTCONFIG`], as masks.
    pub mod lactconfig of LACTCONFIG {
        LACT_RTC_ONLY = 1 << 7;
        LACT_CPST_EN = 1 << 8;
        LACT_LAC_EN = 1 << 9;
        LACT_ALARM_EN = 1 << 10;
        LACT_LEVEL_INT_EN = 1 << 11;
        LACT_EDGE_INT_EN = 1 << 12;
        LACT_DIVIDER = 0xffff << 13;
        LACT_AUTORELOAD = 1 << 29;
        LACT_INCREASE = 1 << 30;
        LACT_EN = 1 << 31;
    }

    /// Fields of the interrupt registers, as masks.
    pub mod int_timers of INT_ENA_TIMERS INT_RAW_TIMERS INT_ST_TIMERS INT_CLR_TIMERS {
        T0_INT = 1;
        T1_INT = 1 << 1;
        WDT_INT = 1 << 2;
        LACT_INT = 1 << 3;
    }
}
