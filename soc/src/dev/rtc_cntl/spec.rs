//! Registers of RTC_CNTL.

crate::registers! {
    "RTC_CNTL", "TRM 31, soc/rtc_cntl_reg.h", FIELDS;
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
    TIMER2 = 0x20, reset 0x1080000, Modelled;
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
    DIG_ISO = 0x88, reset 0xaaaa5000, Modelled;
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
    HOLD_FORCE = 0xc8, reset 0x0, Modelled;
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

crate::fields! {
    /// Fields of [`OPTIONS0`], as masks.
    pub mod options0 of OPTIONS0 {
        SW_STALL_APPCPU_C0 = 0x3;
        SW_STALL_PROCPU_C0 = 0x3 << 2;
        SW_APPCPU_RST = 1 << 4;
        SW_PROCPU_RST = 1 << 5;
        BB_I2C_FORCE_PD = 1 << 6;
        BB_I2C_FORCE_PU = 1 << 7;
        BBPLL_I2C_FORCE_PD = 1 << 8;
        BBPLL_I2C_FORCE_PU = 1 << 9;
        BBPLL_FORCE_PD = 1 << 10;
        BBPLL_FORCE_PU = 1 << 11;
        XTL_FORCE_PD = 1 << 12;
        XTL_FORCE_PU = 1 << 13;
        BIAS_SLEEP_FOLW_8M = 1 << 14;
        BIAS_FORCE_SLEEP = 1 << 15;
        BIAS_FORCE_NOSLEEP = 1 << 16;
        BIAS_I2C_FOLW_8M = 1 << 17;
        BIAS_I2C_FORCE_PD = 1 << 18;
        BIAS_I2C_FORCE_PU = 1 << 19;
        BIAS_CORE_FOLW_8M = 1 << 20;
        BIAS_CORE_FORCE_PD = 1 << 21;
        BIAS_CORE_FORCE_PU = 1 << 22;
        XTL_FORCE_ISO = 1 << 23;
        PLL_FORCE_ISO = 1 << 24;
        ANALOG_FORCE_ISO = 1 << 25;
        XTL_FORCE_NOISO = 1 << 26;
        PLL_FORCE_NOISO = 1 << 27;
        ANALOG_FORCE_NOISO = 1 << 28;
        DG_WRAP_FORCE_RST = 1 << 29;
        DG_WRAP_FORCE_NORST = 1 << 30;
        SW_SYS_RST = 1 << 31;
    }

    /// Fields of [`SLP_TIMER1`], as masks.
    pub mod slp_timer1 of SLP_TIMER1 {
        SLP_VAL_HI = 0xffff;
        MAIN_TIMER_ALARM_EN = 1 << 16;
    }

    /// Fields of [`TIME_UPDATE`], as masks.
    pub mod time_update of TIME_UPDATE {
        TIME_VALID = 1 << 30;
        TIME_UPDATE = 1 << 31;
    }

    /// Fields of [`STATE0`], as masks.
    pub mod state0 of STATE0 {
        TOUCH_WAKEUP_FORCE_EN = 1 << 20;
        ULP_CP_WAKEUP_FORCE_EN = 1 << 21;
        APB2RTC_BRIDGE_SEL = 1 << 22;
        TOUCH_SLP_TIMER_EN = 1 << 23;
        ULP_CP_SLP_TIMER_EN = 1 << 24;
        SDIO_ACTIVE_IND = 1 << 28;
        SLP_WAKEUP = 1 << 29;
        SLP_REJECT = 1 << 30;
        SLEEP_EN = 1 << 31;
    }

    /// Fields of [`TIMER2`], as masks.
    pub mod timer2 of TIMER2 {
        ULPCP_TOUCH_START_WAIT = 0x1ff << 15;
        MIN_TIME_CK8M_OFF = 0xff << 24;
    } with {
        /// Returns the slow clock periods from the power-up of ULP and touch sensor to their start.
        #[must_use]
        pub const fn start_wait(value: u32) -> u64 {
            ((value & ULPCP_TOUCH_START_WAIT) >> 15) as u64
        }
    }

    /// Fields of [`TIMER5`], as masks.
    pub mod timer5 of TIMER5 {
        MIN_SLP_VAL = 0xff << 8;
    }

    /// Fields of [`RESET_STATE`], as masks.
    pub mod reset_state of RESET_STATE {
        RESET_CAUSE_PROCPU = 0x3f;
        RESET_CAUSE_APPCPU = 0x3f << 6;
        APPCPU_STAT_VECTOR_SEL = 1 << 12;
        PROCPU_STAT_VECTOR_SEL = 1 << 13;
    }

    /// Fields of [`WAKEUP_STATE`], as masks.
    pub mod wakeup_state of WAKEUP_STATE {
        WAKEUP_CAUSE = 0x7ff;
        WAKEUP_ENA = 0x7ff << 11;
        GPIO_WAKEUP_FILTER = 1 << 22;
    }

    /// Fields of [`INT_RAW`], as masks.
    pub mod int_raw of INT_ENA INT_RAW INT_ST INT_CLR {
        SLP_WAKEUP = 1;
        SLP_REJECT = 1 << 1;
        SDIO_IDLE = 1 << 2;
        WDT = 1 << 3;
        TIME_VALID = 1 << 4;
        ULP_CP = 1 << 5;
        TOUCH = 1 << 6;
        BROWN_OUT = 1 << 7;
        MAIN_TIMER = 1 << 8;
    }

    /// Fields of [`CLK_CONF`], as masks.
    pub mod clk_conf of CLK_CONF {
        CK8M_DIV = 0x3 << 4;
        ENB_CK8M = 1 << 6;
        ENB_CK8M_DIV = 1 << 7;
        DIG_XTAL32K_EN = 1 << 8;
        DIG_CLK8M_D256_EN = 1 << 9;
        DIG_CLK8M_EN = 1 << 10;
        CK8M_DIV_SEL = 0x7 << 12;
        XTAL_FORCE_NOGATING = 1 << 15;
        CK8M_FORCE_NOGATING = 1 << 16;
        CK8M_DFREQ = 0xff << 17;
        CK8M_FORCE_PD = 1 << 25;
        CK8M_FORCE_PU = 1 << 26;
        SOC_CLK_SEL = 0x3 << 27;
        FAST_CLK_RTC_SEL = 1 << 29;
        ANA_CLK_RTC_SEL = 0x3 << 30;
    }

    /// Fields of [`SDIO_CONF`], as masks.
    pub mod sdio_conf of SDIO_CONF {
        SDIO_PD_EN = 1 << 21;
        SDIO_FORCE = 1 << 22;
        SDIO_TIEH = 1 << 23;
        REG1P8_READY = 1 << 24;
        DREFL_SDIO = 0x3 << 25;
        DREFM_SDIO = 0x3 << 27;
        DREFH_SDIO = 0x3 << 29;
        XPD_SDIO_REG = 1 << 31;
    }

    /// Fields of [`REG`], as masks.
    pub mod reg of REG {
        SCK_DCAP_FORCE = 1 << 7;
        DIG_DBIAS_SLP = 0x7 << 8;
        DIG_DBIAS_WAK = 0x7 << 11;
        SCK_DCAP = 0xff << 14;
        DBIAS_SLP = 0x7 << 22;
        DBIAS_WAK = 0x7 << 25;
        DBOOST_FORCE_PD = 1 << 28;
        DBOOST_FORCE_PU = 1 << 29;
        FORCE_PD = 1 << 30;
        FORCE_PU = 1 << 31;
    }

    /// Fields of [`DIG_PWC`], as masks.
    pub mod dig_pwc of DIG_PWC {
        LSLP_MEM_FORCE_PD = 1 << 3;
        LSLP_MEM_FORCE_PU = 1 << 4;
        ROM0_FORCE_PD = 1 << 5;
        ROM0_FORCE_PU = 1 << 6;
        INTER_RAM0_FORCE_PD = 1 << 7;
        INTER_RAM0_FORCE_PU = 1 << 8;
        INTER_RAM1_FORCE_PD = 1 << 9;
        INTER_RAM1_FORCE_PU = 1 << 10;
        INTER_RAM2_FORCE_PD = 1 << 11;
        INTER_RAM2_FORCE_PU = 1 << 12;
        INTER_RAM3_FORCE_PD = 1 << 13;
        INTER_RAM3_FORCE_PU = 1 << 14;
        INTER_RAM4_FORCE_PD = 1 << 15;
        INTER_RAM4_FORCE_PU = 1 << 16;
        WIFI_FORCE_PD = 1 << 17;
        WIFI_FORCE_PU = 1 << 18;
        DG_WRAP_FORCE_PD = 1 << 19;
        DG_WRAP_FORCE_PU = 1 << 20;
        ROM0_PD_EN = 1 << 24;
        INTER_RAM0_PD_EN = 1 << 25;
        INTER_RAM1_PD_EN = 1 << 26;
        INTER_RAM2_PD_EN = 1 << 27;
        INTER_RAM3_PD_EN = 1 << 28;
        INTER_RAM4_PD_EN = 1 << 29;
        WIFI_PD_EN = 1 << 30;
        DG_WRAP_PD_EN = 1 << 31;
    }

    /// Fields of [`DIG_ISO`], as masks.
    pub mod dig_iso of DIG_ISO {
        FORCE_OFF = 1 << 7;
        FORCE_ON = 1 << 8;
        DG_PAD_AUTOHOLD = 1 << 9;
        CLR_DG_PAD_AUTOHOLD = 1 << 10;
        DG_PAD_AUTOHOLD_EN = 1 << 11;
        DG_PAD_FORCE_NOISO = 1 << 12;
        DG_PAD_FORCE_ISO = 1 << 13;
        DG_PAD_FORCE_UNHOLD = 1 << 14;
        DG_PAD_FORCE_HOLD = 1 << 15;
    }

    /// Fields of [`WDTCONFIG0`], as masks.
    pub mod wdtconfig0 of WDTCONFIG0 {
        WDT_PAUSE_IN_SLP = 1 << 7;
        WDT_APPCPU_RESET_EN = 1 << 8;
        WDT_PROCPU_RESET_EN = 1 << 9;
        WDT_FLASHBOOT_MOD_EN = 1 << 10;
        WDT_SYS_RESET_LENGTH = 0x7 << 11;
        WDT_CPU_RESET_LENGTH = 0x7 << 14;
        WDT_LEVEL_INT_EN = 1 << 17;
        WDT_EDGE_INT_EN = 1 << 18;
        WDT_STG3 = 0x7 << 19;
        WDT_STG2 = 0x7 << 22;
        WDT_STG1 = 0x7 << 25;
        WDT_STG0 = 0x7 << 28;
        WDT_EN = 1 << 31;
    }

    /// Fields of [`SW_CPU_STALL`], as masks.
    pub mod sw_cpu_stall of SW_CPU_STALL {
        SW_STALL_APPCPU_C1 = 0x3f << 20;
        SW_STALL_PROCPU_C1 = 0x3f << 26;
    }

    /// Fields of [`EXT_WAKEUP_CONF`], as masks.
    pub mod ext_wakeup_conf of EXT_WAKEUP_CONF {
        EXT_WAKEUP0_LV = 1 << 30;
        EXT_WAKEUP1_LV = 1 << 31;
    }

    /// Fields of [`EXT_WAKEUP1`], as masks.
    pub mod ext_wakeup1 of EXT_WAKEUP1 {
        EXT_WAKEUP1_SEL = 0x3ffff;
        EXT_WAKEUP1_STATUS_CLR = 1 << 18;
    }

    /// Fields of [`BROWN_OUT`], as masks.
    pub mod brown_out of BROWN_OUT {
        BROWN_OUT_CLOSE_FLASH_ENA = 1 << 14;
        BROWN_OUT_PD_RF_ENA = 1 << 15;
        BROWN_OUT_RST_WAIT = 0x3ff << 16;
        BROWN_OUT_RST_ENA = 1 << 26;
        DBROWN_OUT_THRES = 0x7 << 27;
        BROWN_OUT_ENA = 1 << 30;
        BROWN_OUT_DET = 1 << 31;
    }

    /// Fields of [`RTC_MEM_CONF`], as masks.
    pub mod rtc_mem_conf of RTC_MEM_CONF {
        /// Starts the calculation.
        START = 1 << 8;
        /// First word of the range.
        ADDR = 0x7ff << 9;
        /// Number of words in the range, minus one.
        LEN = 0x7ff << 20;
        /// The CRC is ready (read only).
        FINISH = 1 << 31;
    }
}
