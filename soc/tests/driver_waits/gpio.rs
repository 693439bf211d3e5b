//! Connections over pads: GPIO to PCNT, RMT to RMT, LEDC to PCNT, a pad to MCPWM's capture, wake-up levels.

use super::Chip;
use esplens_soc::dev::{DevId, gpio, ledc, mcpwm, pcnt, rmt, rtc_cntl, rtcio};

/// `pcnt_unit_get_count` of pulses that `gpio_set_level` makes on the same pad.
#[test]
fn pcnt_counts_what_gpio_toggles() {
    let mut c = Chip::powered();
    c.route(4, None, &[39]);
    c.write(DevId::Gpio, gpio::spec::FUNC_OUT_SEL_CFG + 16, 0x100);
    c.write(DevId::Gpio, gpio::spec::ENABLE_W1TS, 1 << 4);
    c.write(DevId::Pcnt, pcnt::spec::U_CONF0, 1 << (pcnt::spec::conf0::MODES_S + 2)); // up at rising edges
    c.write(DevId::Pcnt, pcnt::spec::CTRL, 0x5555);
    c.write(DevId::Pcnt, pcnt::spec::CTRL, 0);
    for _ in 0..5 {
        c.write(DevId::Gpio, gpio::spec::OUT_W1TS, 1 << 4);
        c.advance(1);
        c.write(DevId::Gpio, gpio::spec::OUT_W1TC, 1 << 4);
        c.advance(1);
    }
    assert_eq!(c.read(DevId::Pcnt, pcnt::spec::U_CNT), 5);
}

/// `rmt_tx_wait_all_done` and `rmt_receive`: channel 0 transmits to a pad, channel 1 receives from it.
#[test]
fn rmt_tx_wait_all_done_and_receive_over_a_pad() {
    use rmt::spec::*;
    let mut c = Chip::powered();
    let id = DevId::Rmt;
    c.route(18, Some(87), &[84]);
    c.write(id, APB_CONF, apb_conf::FIFO_MASK | apb_conf::MEM_TX_WRAP_EN);
    for ch in 0..2 {
        // 1 us periods of APB; idle after 100 us.
        c.write(id, CHCONF0 + 8 * ch, 80 | 100 << conf0::IDLE_THRES_S | 1 << conf0::MEM_SIZE_S);
    }
    c.write(id, CHCONF1 + 8, conf1::REF_ALWAYS_ON | conf1::MEM_WR_RST | conf1::MEM_OWNER);
    c.write(id, CHCONF1 + 8, conf1::REF_ALWAYS_ON | conf1::MEM_OWNER | conf1::RX_EN);
    c.write(id, MEM, 0x8000 | 10 | 20 << 16);
    c.write(id, MEM + 4, 0x8000 | 30 | 40 << 16);
    c.write(id, MEM + 8, 0);
    c.write(id, CHCONF1, conf1::REF_ALWAYS_ON | conf1::MEM_RD_RST | conf1::IDLE_OUT_EN);
    c.write(id, CHCONF1, conf1::REF_ALWAYS_ON | conf1::IDLE_OUT_EN | conf1::TX_START);
    let us = c.wait_set("rmt_tx_wait_all_done", 200, id, INT_RAW, 1);
    assert!((99..=101).contains(&us), "{us} us");
    c.wait_set("rmt_receive", 200, id, INT_RAW, 1 << 4);
    let got = [c.read(id, MEM + 256), c.read(id, MEM + 260) & 0xFFFF];
    assert_eq!(got, [0x8000 | 10 | 20 << 16, 0x8000 | 30]);
}

/// IDF's PCNT example: counts the edges of LEDC's PWM on a pad.
#[test]
fn pcnt_counts_ledc_pulses_over_a_pad() {
    use ledc::spec::*;
    let mut c = Chip::powered();
    c.route(18, Some(71), &[39]);
    c.write(DevId::Pcnt, pcnt::spec::U_CONF0, 1 << (pcnt::spec::conf0::MODES_S + 2));
    c.write(DevId::Pcnt, pcnt::spec::CTRL, 0x5555);
    c.write(DevId::Pcnt, pcnt::spec::CTRL, 0);
    // ledc_timer_config: 10 bits, 5 kHz of APB; ledc_channel_config: duty one half.
    c.write(DevId::Ledc, HSTIMER_CONF, 4000 << timer::DIV_S | 10 | timer::TICK_SEL);
    c.write(DevId::Ledc, HSCH_DUTY, 512 << 4);
    c.write(DevId::Ledc, HSCH_CONF1, conf1::START | conf1::INC | 1 << conf1::NUM_S | 1 << conf1::CYCLE_S);
    c.write(DevId::Ledc, HSCH_CONF0, conf0::SIG_OUT_EN);
    c.advance(100_000);
    let count = c.read(DevId::Pcnt, pcnt::spec::U_CNT);
    assert!((500..=501).contains(&count), "5 kHz for 100 ms: {count}");
}

/// `mcpwm_capture_channel_enable`: an edge of a pad is captured.
#[test]
fn mcpwm_capture_sees_a_pad() {
    use mcpwm::spec::*;
    let mut c = Chip::powered();
    c.route(19, None, &[109]);
    c.write(DevId::Mcpwm0, CAP_TIMER_CFG, 1);
    c.write(DevId::Mcpwm0, CAP_CH_CFG, 1 | 1 << 2);
    c.advance(10);
    c.pad(19, true);
    c.wait_set("mcpwm capture", 1, DevId::Mcpwm0, INT_RAW, 1 << int::CAP_S);
    assert_eq!(c.read(DevId::Mcpwm0, CAP_CH), 800);
}

/// `mcpwm_timer_start_stop(MCPWM_TIMER_STOP_EMPTY)`: the stop interrupt is raised within a period.
#[test]
fn mcpwm_timer_stop() {
    use mcpwm::spec::*;
    let mut c = Chip::powered();
    let id = DevId::Mcpwm0;
    c.write(id, CLK_CFG, 15); // 10 MHz
    c.write(id, TIMER_CFG0, 999 << 8);
    c.write(id, INT_ENA, 1 << int::STOP_S);
    c.write(id, TIMER_CFG1, 2 | 1 << 3);
    c.advance(150);
    c.write(id, TIMER_CFG1, 1 << 3);
    c.wait_set("mcpwm_timer_start_stop", 200, id, INT_RAW, 1 << int::STOP_S);
}

/// `esp_sleep_enable_ext0_wakeup(GPIO4, 1)` and light sleep; then `gpio_wakeup_enable`.
#[test]
fn light_sleep_ends_at_a_pads_level() {
    let mut c = Chip::powered();
    let sleep = |c: &mut Chip, sources: u32| {
        c.write(DevId::RtcCntl, rtc_cntl::spec::WAKEUP_STATE, sources << 11);
        c.write(DevId::RtcCntl, rtc_cntl::spec::INT_CLR, u32::MAX);
        c.set(DevId::RtcCntl, rtc_cntl::spec::STATE0, 0, rtc_cntl::spec::state0::SLEEP_EN);
        c.advance(10_000);
        assert_eq!(c.read(DevId::RtcCntl, rtc_cntl::spec::INT_RAW) & 1, 0, "sleeps");
    };
    c.write(DevId::RtcIo, rtcio::spec::EXT_WAKEUP0, 10 << 27);
    c.write(DevId::RtcCntl, rtc_cntl::spec::EXT_WAKEUP_CONF, 1 << 30);
    sleep(&mut c, 1);
    c.pad(4, true);
    c.wait_set("rtc_sleep_start", 10, DevId::RtcCntl, rtc_cntl::spec::INT_RAW, 1);
    assert_eq!(c.read(DevId::RtcCntl, rtc_cntl::spec::WAKEUP_STATE) & 0x7FF, 1);

    c.write(DevId::Gpio, gpio::spec::PIN + 4 * 18, 5 << 7 | 1 << 10);
    sleep(&mut c, 1 << 2);
    c.pad(18, true);
    c.wait_set("rtc_sleep_start", 10, DevId::RtcCntl, rtc_cntl::spec::INT_RAW, 1);
    assert_eq!(c.read(DevId::RtcCntl, rtc_cntl::spec::WAKEUP_STATE) & 0x7FF, 1 << 2);
}
