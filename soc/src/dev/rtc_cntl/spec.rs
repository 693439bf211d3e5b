//! Registers of RTC_CNTL.

crate::registers! {
    "RTC_CNTL", "TRM 31, soc/rtc_cntl_reg.h";
    /// Software resets, CPU stall codes, forced power of analogue blocks.
    OPTIONS0 = 0x00, reset 0x1c492000, Modelled;
    /// Low word of the main timer's alarm.
    SLP_TIMER0 = 0x04, reset 0x0, Modelled;
    /// High half-word of the main timer's alarm, and its enable.
    SLP_TIMER1 = 0x08, reset 0x0, Modelled;
    /// Latches the RTC timer; shows when TIME0 and TIME1 are valid.
    TIME_UPDATE = 0x0c, reset 0x0, Modelled;
    /// Low word of the RTC timer as latched.
    TIME0 = 0x10, reset 0x0, Modelled;
    /// High half-word of the RTC timer as latched.
    TIME1 = 0x14, reset 0x0, Modelled;
    /// Sleep enable, and why sleep ended.
    STATE0 = 0x18, reset 0x300000, Modelled;
    /// Waits for PLL, crystal and 8 MHz clock.
    TIMER1 = 0x1c, reset 0x28140403, Stored;
    /// Waits for touch and ULP.
    TIMER2 = 0x20, reset 0x1080000, Stored;
    /// Power-up waits of memories and radio.
    TIMER3 = 0x24, reset 0x14160a08, Stored;
    /// Power-up waits of the digital core and RTC peripherals.
    TIMER4 = 0x28, reset 0x10200a08, Stored;
    /// Power-up waits of RTC memory and the shortest sleep.
    TIMER5 = 0x2c, reset 0x12148001, Modelled;
    /// Power of audio PLL and analogue blocks.
    ANA_CONF = 0x30, reset 0x800000, Stored;
    /// Why each CPU was reset, and its vector selection.
    RESET_STATE = 0x34, reset 0x3000, Modelled;
    /// Which sources may wake the chip, and which did.
    WAKEUP_STATE = 0x38, reset 0x6000, Modelled;
    /// Which conditions raise the interrupt line.
    INT_ENA = 0x3c, reset 0x0, Modelled;
    /// Interrupt conditions seen, enabled or not.
    INT_RAW = 0x40, reset 0x0, Modelled;
    /// Conditions that are seen and enabled.
    INT_ST = 0x44, reset 0x0, Modelled;
    /// Write ones to forget conditions.
    INT_CLR = 0x48, reset 0x0, Modelled;
    /// Scratch word, kept over all resets but power-on.
    STORE0 = 0x4c, reset 0x0, Modelled;
    /// Scratch word; ESP-IDF keeps the slow-clock calibration here.
    STORE1 = 0x50, reset 0x0, Modelled;
    /// Scratch word; ESP-IDF keeps the boot time here.
    STORE2 = 0x54, reset 0x0, Modelled;
    /// Scratch word; ESP-IDF keeps the boot time here.
    STORE3 = 0x58, reset 0x0, Modelled;
    /// External crystal control.
    EXT_XTL_CONF = 0x5c, reset 0x0, Stored;
    /// Levels of the EXT0 and EXT1 wake-ups.
    EXT_WAKEUP_CONF = 0x60, reset 0x0, Modelled;
    /// What may reject a sleep.
    SLP_REJECT_CONF = 0x64, reset 0x0, Stored;
    /// CPU period selection of the RTC.
    CPU_PERIOD_CONF = 0x68, reset 0x0, Stored;
    /// SDIO activity detection.
    SDIO_ACT_CONF = 0x6c, reset 0x0, Stored;
    /// Selection of system clock and slow clock, 8 MHz clock control.
    CLK_CONF = 0x70, reset 0x2210, Modelled;
    /// VDD_SDIO regulator.
    SDIO_CONF = 0x74, reset 0x2a00000, Modelled;
    /// Bias of analogue blocks in sleep.
    BIAS_CONF = 0x78, reset 0x0, Stored;
    /// Voltages of RTC and digital regulators.
    REG = 0x7c, reset 0xa9002400, Stored;
    /// Power of RTC peripherals and memories.
    PWC = 0x80, reset 0x12925, Stored;
    /// Power of the digital core: DG_WRAP_PD_EN makes a sleep deep.
    DIG_PWC = 0x84, reset 0x155550, Modelled;
    /// Isolation of powered-down blocks and pad hold.
    DIG_ISO = 0x88, reset 0xaaaa5000, Stored;
    /// Watchdog: enable, stage actions, what they reset.
    WDTCONFIG0 = 0x8c, reset 0x4c80, Modelled;
    /// Slow-clock periods of stage 0.
    WDTCONFIG1 = 0x90, reset 0x1f400, Modelled;
    /// Slow-clock periods of stage 1.
    WDTCONFIG2 = 0x94, reset 0x13880, Modelled;
    /// Slow-clock periods of stage 2.
    WDTCONFIG3 = 0x98, reset 0xfff, Modelled;
    /// Slow-clock periods of stage 3.
    WDTCONFIG4 = 0x9c, reset 0xfff, Modelled;
    /// Bit 31 feeds the watchdog.
    WDTFEED = 0xa0, reset 0x0, Modelled;
    /// The key that opens the watchdog registers.
    WDTWPROTECT = 0xa4, reset 0x50d83aa1, Modelled;
    /// Test outputs of the RTC.
    TEST_MUX = 0xa8, reset 0x0, Stored;
    /// High bits of the CPU stall codes.
    SW_CPU_STALL = 0xac, reset 0x0, Modelled;
    /// Scratch word; ESP-IDF keeps the crystal frequency here.
    STORE4 = 0xb0, reset 0x0, Modelled;
    /// Scratch word; ESP-IDF keeps the APB frequency here.
    STORE5 = 0xb4, reset 0x0, Modelled;
    /// Scratch word; entry address of the deep-sleep wake stub.
    STORE6 = 0xb8, reset 0x0, Modelled;
    /// Scratch word; CRC of RTC fast memory for the wake stub.
    STORE7 = 0xbc, reset 0x0, Modelled;
    /// State of the low-power state machine.
    LOW_POWER_ST = 0xc0, reset 0x0, Modelled;
    /// Diagnosis of the low-power state machine.
    DIAG1 = 0xc4, reset 0x0, Stored;
    /// Holds RTC pads.
    HOLD_FORCE = 0xc8, reset 0x0, Stored;
    /// RTC pads of the EXT1 wake-up, and clearing of its status.
    EXT_WAKEUP1 = 0xcc, reset 0x0, Modelled;
    /// RTC pads that caused the EXT1 wake-up.
    EXT_WAKEUP1_STATUS = 0xd0, reset 0x0, Modelled;
    /// Brown-out detector; the supply never browns out here.
    BROWN_OUT = 0xd4, reset 0x13ff0000, Stored;
    /// CRC of RTC fast memory: range, start, finish.
    RTC_MEM_CONF = 0x100, reset 0x0, Modelled;
    /// The CRC.
    RTC_MEM_CRC_RES = 0x104, reset 0x0, Modelled;
    /// Version of the design.
    DATE = 0x13c, reset 0x1604280, Stored;
}

/// Fields of [`OPTIONS0`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod options0 {
    pub const SW_STALL_APPCPU_C0: u32 = 0x3;
    pub const SW_STALL_PROCPU_C0: u32 = 0x3 << 2;
    pub const SW_APPCPU_RST: u32 = 1 << 4;
    pub const SW_PROCPU_RST: u32 = 1 << 5;
    pub const SW_SYS_RST: u32 = 1 << 31;
}

/// Fields of [`SLP_TIMER1`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod slp_timer1 {
    pub const SLP_VAL_HI: u32 = 0xffff;
    pub const MAIN_TIMER_ALARM_EN: u32 = 1 << 16;
}

/// Fields of [`TIME_UPDATE`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod time_update {
    pub const TIME_VALID: u32 = 1 << 30;
    pub const TIME_UPDATE: u32 = 1 << 31;
}

/// Fields of [`STATE0`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod state0 {
    pub const ULP_CP_SLP_TIMER_EN: u32 = 1 << 24;
    pub const SLP_WAKEUP: u32 = 1 << 29;
    pub const SLP_REJECT: u32 = 1 << 30;
    pub const SLEEP_EN: u32 = 1 << 31;
}

/// Fields of [`TIMER5`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod timer5 {
    pub const MIN_SLP_VAL: u32 = 0xff << 8;
}

/// Fields of [`RESET_STATE`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod reset_state {
    pub const RESET_CAUSE_PROCPU: u32 = 0x3f;
    pub const RESET_CAUSE_APPCPU: u32 = 0x3f << 6;
    pub const APPCPU_STAT_VECTOR_SEL: u32 = 1 << 12;
    pub const PROCPU_STAT_VECTOR_SEL: u32 = 1 << 13;
}

/// Fields of [`WAKEUP_STATE`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod wakeup_state {
    pub const WAKEUP_CAUSE: u32 = 0x7ff;
    pub const WAKEUP_ENA: u32 = 0x7ff << 11;
    pub const GPIO_WAKEUP_FILTER: u32 = 1 << 22;
}

/// Fields of [`INT_RAW`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod int_raw {
    pub const SLP_WAKEUP: u32 = 1;
    pub const SLP_REJECT: u32 = 1 << 1;
    pub const SDIO_IDLE: u32 = 1 << 2;
    pub const WDT: u32 = 1 << 3;
    pub const TIME_VALID: u32 = 1 << 4;
    pub const ULP_CP: u32 = 1 << 5;
    pub const TOUCH: u32 = 1 << 6;
    pub const BROWN_OUT: u32 = 1 << 7;
    pub const MAIN_TIMER: u32 = 1 << 8;
}

/// Fields of [`CLK_CONF`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod clk_conf {
    pub const SOC_CLK_SEL: u32 = 0x3 << 27;
    pub const ANA_CLK_RTC_SEL: u32 = 0x3 << 30;
}

/// Fields of [`SDIO_CONF`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod sdio_conf {
    pub const REG1P8_READY: u32 = 1 << 24;
    pub const XPD_SDIO_REG: u32 = 1 << 31;
}

/// Fields of [`DIG_PWC`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod dig_pwc {
    pub const DG_WRAP_PD_EN: u32 = 1 << 31;
}

/// Fields of [`WDTCONFIG0`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod wdtconfig0 {
    pub const WDT_PAUSE_IN_SLP: u32 = 1 << 7;
    pub const WDT_APPCPU_RESET_EN: u32 = 1 << 8;
    pub const WDT_PROCPU_RESET_EN: u32 = 1 << 9;
    pub const WDT_FLASHBOOT_MOD_EN: u32 = 1 << 10;
    pub const WDT_SYS_RESET_LENGTH: u32 = 0x7 << 11;
    pub const WDT_CPU_RESET_LENGTH: u32 = 0x7 << 14;
    pub const WDT_LEVEL_INT_EN: u32 = 1 << 17;
    pub const WDT_EDGE_INT_EN: u32 = 1 << 18;
    pub const WDT_STG3: u32 = 0x7 << 19;
    pub const WDT_STG2: u32 = 0x7 << 22;
    pub const WDT_STG1: u32 = 0x7 << 25;
    pub const WDT_STG0: u32 = 0x7 << 28;
    pub const WDT_EN: u32 = 1 << 31;
}

/// Fields of [`SW_CPU_STALL`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod sw_cpu_stall {
    pub const SW_STALL_APPCPU_C1: u32 = 0x3f << 20;
    pub const SW_STALL_PROCPU_C1: u32 = 0x3f << 26;
}

/// Fields of [`EXT_WAKEUP_CONF`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod ext_wakeup_conf {
    pub const EXT_WAKEUP0_LV: u32 = 1 << 30;
    pub const EXT_WAKEUP1_LV: u32 = 1 << 31;
}

/// Fields of [`EXT_WAKEUP1`], as masks.
#[allow(missing_docs, reason = "the names are the manual's")]
pub mod ext_wakeup1 {
    pub const EXT_WAKEUP1_SEL: u32 = 0x3ffff;
    pub const EXT_WAKEUP1_STATUS_CLR: u32 = 1 << 18;
}

/// Fields of [`RTC_MEM_CONF`], as masks.
pub mod rtc_mem_conf {
    /// The CRC is ready (read only).
    pub const FINISH: u32 = 1 << 31;
    /// Number of words in the range, minus one.
    pub const LEN: u32 = 0x7ff << 20;
    /// First word of the range.
    pub const ADDR: u32 = 0x7ff << 9;
    /// Starts the calculation.
    pub const START: u32 = 1 << 8;
}
