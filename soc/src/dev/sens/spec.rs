//! Registers of the analog part of the RTC: ADC, DAC, touch pads, ULP control (TRM chapters 28 and 29; IDF
//! `soc/sens_reg.h`).

crate::registers! {
    "SENS", "TRM 28.7; soc/sens_reg.h";
    /// SAR ADC 1: clock, sample time, resolution, inversion.
    SAR_READ_CTRL = 0x000, reset 0x0007_0902, Modelled;
    /// SAR ADC 1: state of the reader.
    SAR_READ_STATUS1 = 0x004, reset 0, Stored;
    /// Wait times of the amplifier.
    SAR_MEAS_WAIT1 = 0x008, reset 0x000A_000A, Modelled;
    /// Wait times and power of ADC and amplifier.
    SAR_MEAS_WAIT2 = 0x00C, reset 0x0020_000A, Modelled;
    /// Power steps of the measurement state machine.
    SAR_MEAS_CTRL = 0x010, reset 0x0707_338F, Stored;
    /// SAR ADC 2: state of the reader.
    SAR_READ_STATUS2 = 0x014, reset 0, Stored;
    /// ULP timer: sleep time 0, in RTC slow periods.
    ULP_CP_SLEEP_CYC0 = 0x018, reset 0xC8, Modelled;
    /// ULP timer: sleep time 1, in RTC slow periods.
    ULP_CP_SLEEP_CYC1 = 0x01C, reset 0x64, Modelled;
    /// ULP timer: sleep time 2, in RTC slow periods.
    ULP_CP_SLEEP_CYC2 = 0x020, reset 0x32, Modelled;
    /// ULP timer: sleep time 3, in RTC slow periods.
    ULP_CP_SLEEP_CYC3 = 0x024, reset 0x28, Modelled;
    /// ULP timer: sleep time 4, in RTC slow periods.
    ULP_CP_SLEEP_CYC4 = 0x028, reset 0x14, Modelled;
    /// Resolution of both ADCs; address and start of the ULP.
    SAR_START_FORCE = 0x02C, reset 0xF, Modelled;
    /// Memory range of the ULP.
    SAR_MEM_WR_CTRL = 0x030, reset 0x0010_0200, Stored;
    /// SAR ADC 1: attenuation of each channel.
    SAR_ATTEN1 = 0x034, reset 0xFFFF_FFFF, Modelled;
    /// SAR ADC 2: attenuation of each channel.
    SAR_ATTEN2 = 0x038, reset 0xFFFF_FFFF, Modelled;
    /// I2C slave addresses 0 and 1, state of SAR ADC 1 (always idle).
    SAR_SLAVE_ADDR1 = 0x03C, reset 0, Stored;
    /// I2C slave addresses 2 and 3.
    SAR_SLAVE_ADDR2 = 0x040, reset 0, Stored;
    /// I2C slave addresses 4 and 5, temperature sensor result.
    SAR_SLAVE_ADDR3 = 0x044, reset 0, Modelled;
    /// I2C slave addresses 6 and 7, I2C result.
    SAR_SLAVE_ADDR4 = 0x048, reset 0, Stored;
    /// Temperature sensor control.
    SAR_TSENS_CTRL = 0x04C, reset 0x0006_6002, Modelled;
    /// I2C access of the ULP.
    SAR_I2C_CTRL = 0x050, reset 0, Stored;
    /// SAR ADC 1: channel, start, done and result.
    SAR_MEAS_START1 = 0x054, reset 0, Modelled;
    /// Touch: measuring time, trigger direction, Hall sensor.
    SAR_TOUCH_CTRL1 = 0x058, reset 0x0204_1000, Modelled;
    /// Touch: thresholds of two pads, the even one in the upper half.
    SAR_TOUCH_THRES[5; 4] = 0x05C, reset 0, Modelled;
    /// Touch: results of two pads, the even one in the upper half.
    SAR_TOUCH_OUT[5; 4] = 0x070, reset 0, Modelled;
    /// Touch: start, done, sleep time, pads touched.
    SAR_TOUCH_CTRL2 = 0x084, reset 0x0040_0800, Modelled;
    /// Touch: pads measured and both trigger sets.
    SAR_TOUCH_ENABLE = 0x08C, reset 0x3FFF_FFFF, Modelled;
    /// SAR ADC 2: clock, sample time, resolution, inversion.
    SAR_READ_CTRL2 = 0x090, reset 0x0007_0902, Modelled;
    /// SAR ADC 2: channel, start, done and result.
    SAR_MEAS_START2 = 0x094, reset 0, Modelled;
    /// DAC: clock and cosine generator.
    SAR_DAC_CTRL1 = 0x098, reset 0, Stored;
    /// DAC: offset, scale, inversion of the cosine generator.
    SAR_DAC_CTRL2 = 0x09C, reset 0x0300_0000, Stored;
    /// Idle states of the measurement state machine.
    SAR_MEAS_CTRL2 = 0x0A0, reset 0x3, Stored;
    /// No function.
    SAR_NOUSE = 0x0F8, reset 0, Stored;
    /// Version.
    SARDATE = 0x0FC, reset 0x0160_5180, Stored;
}

/// `SENS_SAR_READ_CTRL_REG` and `SENS_SAR_READ_CTRL2_REG`.
pub mod read_ctrl {
    /// First bit of the resolution (2 bits): 9 + n bits.
    pub const SAMPLE_BIT_S: u32 = 16;
    /// ADC 1: inverts the result.
    pub const SAR1_DATA_INV: u32 = 1 << 28;
    /// ADC 2: inverts the result.
    pub const SAR2_DATA_INV: u32 = 1 << 29;
}

/// `SENS_SAR_START_FORCE_REG`.
pub mod start_force {
    /// Selects starting the ULP by software.
    pub const ULP_CP_FORCE_START_TOP: u32 = 1 << 8;
    /// Starts the ULP, if starting by software is selected.
    pub const ULP_CP_START_TOP: u32 = 1 << 9;
    /// First bit of the address of the ULP's first instruction, in words (11 bits).
    pub const PC_INIT_S: u32 = 11;

    /// Returns the address of the ULP's first instruction, in words.
    #[must_use]
    pub const fn pc_init(value: u32) -> u16 {
        (value >> PC_INIT_S & 0x7FF) as u16
    }
}

/// `SENS_SAR_MEAS_START1_REG` and `SENS_SAR_MEAS_START2_REG`.
pub mod meas_start {
    /// The result.
    pub const DATA: u32 = 0xFFFF;
    /// The result is available.
    pub const DONE: u32 = 1 << 16;
    /// A rising edge starts a measurement.
    pub const START: u32 = 1 << 17;
    /// First bit of the channel set (12 bits).
    pub const EN_PAD_S: u32 = 19;
}

/// `SENS_SAR_TOUCH_CTRL1_REG`.
pub mod touch_ctrl1 {
    /// Measuring time in RTC fast clock periods.
    pub const MEAS_DELAY: u32 = 0xFFFF;
    /// A pad is touched if its value is above the threshold; if clear, below.
    pub const OUT_SEL: u32 = 1 << 24;
    /// One touched pad of set 1 is sufficient; if clear, each set needs one.
    pub const OUT_1EN: u32 = 1 << 25;
}

/// `SENS_SAR_TOUCH_CTRL2_REG`.
pub mod touch_ctrl2 {
    /// The touched pads.
    pub const MEAS_EN: u32 = 0x3FF;
    /// The measurement of all pads is done.
    pub const MEAS_DONE: u32 = 1 << 10;
    /// A rising edge starts a measurement (if START_FORCE is set).
    pub const START_EN: u32 = 1 << 12;
    /// Measurements are started by software; if clear, by the timer.
    pub const START_FORCE: u32 = 1 << 13;
    /// Clears the touched pads.
    pub const MEAS_EN_CLR: u32 = 1 << 30;
}

/// `SENS_SAR_TOUCH_ENABLE_REG`.
pub mod touch_enable {
    /// The pads to measure.
    pub const WORKEN: u32 = 0x3FF;
    /// First bit of set 2 (10 bits).
    pub const OUTEN2_S: u32 = 10;
    /// First bit of set 1 (10 bits).
    pub const OUTEN1_S: u32 = 20;
}

/// `SENS_SAR_TSENS_CTRL_REG` and the result in `SENS_SAR_SLAVE_ADDR3_REG`.
pub mod tsens {
    /// Powers up the sensor.
    pub const POWER_UP: u32 = 1 << 24;
    /// Outputs the result.
    pub const DUMP_OUT: u32 = 1 << 26;
    /// First bit of the result (8 bits).
    pub const OUT_S: u32 = 22;
    /// The result is available.
    pub const RDY_OUT: u32 = 1 << 30;

    /// Returns the clock divider, in periods of the RTC fast clock.
    #[must_use]
    pub const fn clk_div(value: u32) -> u32 {
        value >> 16 & 0xFF
    }
}
