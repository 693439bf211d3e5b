//! Owners of the GPIO matrix's signals, and the signals that IO_MUX functions connect directly to a pad (TRM tables 4-2
//! and 4-3; IDF `soc/gpio_sig_map.h`, `soc/io_mux_reg.h`).

use crate::dev::DevId;

/// Returns the peripheral that receives input signal `signal`; `None` if no modelled peripheral does.
#[must_use]
pub fn listener(signal: u8) -> Option<DevId> {
    Some(match signal {
        0..=7 | 128..=131 => DevId::Spi1,
        8..=13 | 61 | 62 | 132..=135 => DevId::Spi2,
        14..=16 => DevId::Uart0,
        17 | 18 => DevId::Uart1,
        23 | 25 | 27 | 28 | 140..=155 | 190..=192 => DevId::I2s0,
        24 | 26 | 164..=181 | 193..=195 => DevId::I2s1,
        29 | 30 => DevId::I2c0,
        31..=36 | 109..=111 => DevId::Mcpwm0,
        39..=58 | 71..=82 => DevId::Pcnt,
        63..=70 | 136..=139 => DevId::Spi3,
        83..=90 => DevId::Rmt,
        94 => DevId::Twai,
        95 | 96 => DevId::I2c1,
        97..=102 => DevId::Sdmmc,
        103..=108 | 112..=114 => DevId::Mcpwm1,
        198 | 199 => DevId::Uart2,
        200..=203 => DevId::Eth,
        _ => return None,
    })
}

/// Output signals that idle high (UART TX and RTS, I2C, SPI chip selects, TWAI TX). They are high until their owner
/// sends a level.
pub const IDLE_HIGH: [u8; 21] =
    [5, 6, 7, 11, 14, 15, 17, 18, 29, 30, 61, 62, 68, 69, 70, 95, 96, 123, 198, 199, 16];

/// Signals that the matrix loops back from its input to its output (`SIG_IN_FUNC224..228`).
pub const BACK: std::ops::RangeInclusive<u8> = 224..=228;

/// IO_MUX functions that bypass the matrix: pad, function, signal, and true for an output signal.
const DIRECT: [(u8, u8, u8, bool); 26] = [
    (1, 0, 14, true),    // U0TXD
    (3, 0, 14, false),   // U0RXD
    (22, 3, 15, true),   // U0RTS
    (19, 3, 15, false),  // U0CTS
    (10, 4, 17, true),   // U1TXD
    (9, 4, 17, false),   // U1RXD
    (11, 4, 18, true),   // U1RTS
    (6, 4, 18, false),   // U1CTS
    (17, 4, 198, true),  // U2TXD
    (16, 4, 198, false), // U2RXD
    (7, 4, 199, true),   // U2RTS
    (8, 4, 199, false),  // U2CTS
    (6, 1, 0, true),     // SPICLK
    (11, 1, 5, true),    // SPICS0
    (14, 1, 8, true),    // HSPICLK
    (12, 1, 9, false),   // HSPIQ
    (13, 1, 10, true),   // HSPID
    (15, 1, 11, true),   // HSPICS0
    (4, 1, 12, false),   // HSPIHD
    (2, 1, 13, false),   // HSPIWP
    (18, 1, 63, true),   // VSPICLK
    (19, 1, 64, false),  // VSPIQ
    (23, 1, 65, true),   // VSPID
    (21, 1, 66, false),  // VSPIHD
    (22, 1, 67, false),  // VSPIWP
    (5, 1, 68, true),    // VSPICS0
];

/// Returns true if IO_MUX function `function` connects pad `pin` to the GPIO matrix: function 2 on all pads, function 0
/// on pads that are named by their GPIO number only.
#[must_use]
pub fn is_gpio(pin: u8, function: u8) -> bool {
    function == 2 || (function == 0 && !matches!(pin, 1 | 3 | 6..=15))
}

/// Returns the output signal that IO_MUX function `function` connects directly to pad `pin`.
#[must_use]
pub fn direct_output(pin: u8, function: u8) -> Option<u8> {
    DIRECT.iter().find(|d| d.3 && (d.0, d.1) == (pin, function)).map(|d| d.2)
}

/// Returns the pad and the IO_MUX function that drive input signal `signal` when it bypasses the matrix.
#[must_use]
pub fn direct_input(signal: u8) -> Option<(u8, u8)> {
    DIRECT.iter().find(|d| !d.3 && d.2 == signal).map(|d| (d.0, d.1))
}
