//! `gpio`, `adc`, `touch`: the pads from outside the chip. `info gpio`: all pads.

use super::Result;
use clap::{Args, Subcommand, ValueEnum};
use esplens_core::time::{TICKS_PER_US, Ticks};
use esplens_soc::dev::gpio::{PadFunction, PadInfo, PadSource, Pulse, signals};
use esplens_soc::dev::sens::AnalogLevel;
use esplens_soc::machine::{Input, Machine};
use esplens_supervisor::Handle;

/// Shows a pad, or acts on it from outside the chip. A change takes effect when the machine runs, and is replayed with
/// the run. A driver of the chip overrides one from outside, and both override pulls.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct GpioCommand {
    #[command(subcommand)]
    what: Option<What>,
    /// GPIO number: shows the pad.
    #[arg(value_parser = pin)]
    pin: Option<u8>,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Show a pad.
    Read {
        #[arg(value_parser = pin)]
        pin: u8,
    },
    /// Drive a pad low or high.
    Drive {
        #[arg(value_parser = pin)]
        pin: u8,
        #[arg(action = clap::ArgAction::Set, value_parser = level)]
        level: bool,
    },
    /// Connect a pad to a resistor of about 10 kilohms, or remove it.
    Pull {
        #[arg(value_parser = pin)]
        pin: u8,
        #[arg(value_enum)]
        to: PullTo,
    },
    /// Drive a pad for a time, once or periodically; after each pulse the previous driver is back.
    Pulse {
        #[arg(value_parser = pin)]
        pin: u8,
        /// Level during a pulse.
        #[arg(action = clap::ArgAction::Set, value_parser = level)]
        level: bool,
        /// Length of a pulse, such as 20ms; at least 1us.
        #[arg(value_parser = duration)]
        length: Ticks,
        /// Number of pulses.
        #[arg(default_value_t = 1, requires = "period", value_parser = clap::value_parser!(u32).range(1..))]
        count: u32,
        /// Time from the beginning of a pulse to that of the next.
        #[arg(value_parser = duration)]
        period: Option<Ticks>,
    },
    /// Stop driving a pad.
    Release {
        #[arg(value_parser = pin)]
        pin: u8,
    },
}

/// An external resistor.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum PullTo {
    /// To the supply.
    Up,
    /// To ground.
    Down,
    /// No resistor.
    None,
}

impl GpioCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        let input = match (&self.what, &self.pin) {
            (Some(What::Read { pin }), _) | (None, Some(pin)) => {
                let pin = *pin;
                let info = handle.call(move |s| s.machine().pad(pin))?;
                return Ok(info.map_or(String::new(), |info| line(&info)));
            }
            (Some(What::Drive { pin, level }), _) => Input::Pad(*pin, Some(*level)),
            (Some(What::Release { pin }), _) => Input::Pad(*pin, None),
            (Some(What::Pull { pin, to }), _) => Input::PadPull(
                *pin,
                match to {
                    PullTo::Up => Some(true),
                    PullTo::Down => Some(false),
                    PullTo::None => None,
                },
            ),
            (Some(What::Pulse { pin, level, length, count, period }), _) => {
                let period = period.unwrap_or(2 * length);
                Input::PadPulse(*pin, Pulse { level: *level, length: *length, count: *count, period })
            }
            (None, None) => return Ok(String::new()),
        };
        send(handle, input)
    }
}

fn send(handle: &Handle, input: Input) -> Result {
    handle.call(move |s| s.machine_mut().input(input))?;
    Ok(String::new())
}

/// Applies a voltage to a pad for the ADCs. Without one, a pad that is driven from outside measures 0 or full scale, any
/// other mid-scale.
#[derive(Debug, Args)]
pub struct AdcCommand {
    /// GPIO number of the pad.
    #[arg(value_parser = pin)]
    pin: u8,
    #[command(subcommand)]
    what: AdcWhat,
}

#[derive(Clone, Debug, Subcommand)]
enum AdcWhat {
    /// Apply a voltage in millivolts (1650mV), or give the reading at 12 bits (0 to 4095).
    Set {
        #[arg(value_parser = analog)]
        value: AnalogLevel,
    },
    /// Apply no voltage.
    Release,
}

impl AdcCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        let level = match self.what {
            AdcWhat::Set { value } => Some(value),
            AdcWhat::Release => None,
        };
        send(handle, Input::Analog(self.pin, level))
    }
}

/// Sets the count that a touch pad measures; a finger lowers it.
#[derive(Debug, Args)]
pub struct TouchCommand {
    /// Touch pad, 0 to 9.
    #[arg(value_parser = clap::value_parser!(u8).range(0..10))]
    pad: u8,
    #[command(subcommand)]
    what: TouchWhat,
}

#[derive(Clone, Debug, Subcommand)]
enum TouchWhat {
    /// Set the count, 0 to 65535.
    Set { count: u16 },
    /// Measure: 1000 in the longest measuring time, a quarter while the pad is driven low from outside.
    Release,
}

impl TouchCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        let count = match self.what {
            TouchWhat::Set { count } => Some(count),
            TouchWhat::Release => None,
        };
        send(handle, Input::Touch(self.pad, count))
    }
}

/// Parses a GPIO number.
fn pin(text: &str) -> std::result::Result<u8, String> {
    let digits = text.strip_prefix("GPIO").or(text.strip_prefix("gpio")).unwrap_or(text);
    match digits.parse() {
        Ok(n @ (0..=27 | 32..=39)) => Ok(n),
        _ => Err(format!("{text:?} is no GPIO number: 0 to 27 or 32 to 39")),
    }
}

fn level(text: &str) -> std::result::Result<bool, String> {
    match text {
        "0" | "low" => Ok(false),
        "1" | "high" => Ok(true),
        _ => Err(format!("{text:?} is no level: 0 or 1")),
    }
}

/// Parses a time with its unit: us, ms or s.
fn duration(text: &str) -> std::result::Result<Ticks, String> {
    let bad = || format!("{text:?} is no time: expected a number with us, ms or s, at most 1000000s");
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(bad)?;
    let us = match &text[at..] {
        "us" => 1.0,
        "ms" => 1e3,
        "s" => 1e6,
        _ => return Err(bad()),
    };
    let us = text[..at].parse::<f64>().map_err(|_| bad())? * us;
    if us <= 1e12 { Ok((us * TICKS_PER_US as f64) as Ticks) } else { Err(bad()) }
}

fn analog(text: &str) -> std::result::Result<AnalogLevel, String> {
    let bad = || format!("{text:?} is neither a voltage (1650mV) nor a reading (0 to 4095)");
    let lower = text.to_ascii_lowercase();
    match lower.strip_suffix("mv") {
        Some(mv) => mv.parse().map(AnalogLevel::Millivolt).map_err(|_| bad()),
        None => lower.parse().ok().filter(|raw| *raw < 4096).map(AnalogLevel::Raw).ok_or_else(bad),
    }
}

/// Handles `info gpio`.
pub fn all(m: &Machine) -> String {
    (0..40).filter_map(|n| m.pad(n)).map(|info| line(&info)).collect()
}

fn word(level: bool) -> &'static str {
    if level { "high" } else { "low" }
}

/// Describes a pad in a line.
fn line(p: &PadInfo) -> String {
    let source = match p.source {
        PadSource::Chip => "driven by the chip",
        PadSource::Outside => "driven from outside",
        PadSource::OutsidePull => "external resistor",
        PadSource::Pull => "pulled",
        PadSource::Floating => "floating",
    };
    let direction = match (p.output, p.input || p.rtc_input) {
        (true, true) => "in/out",
        (true, false) => "out",
        (false, true) => "in",
        (false, false) => "off",
    };
    let mut text = format!("GPIO{:<2} {:4} {source:19} {direction:6} {}", p.pin, word(p.level), function(p));
    let mut add = |part: String| text += &format!(", {part}");
    if p.open_drain {
        add("open drain".into());
    }
    match p.pulls {
        (true, true) => add("pull-up and pull-down".into()),
        (true, false) => add("pull-up".into()),
        (false, true) => add("pull-down".into()),
        (false, false) => {}
    }
    if p.held {
        add("held".into());
    }
    if !p.feeds.is_empty() {
        let feeds = p.feeds.iter().map(|(s, inverted)| {
            format!("{}{}", if *inverted { "not " } else { "" }, named(*s, signals::input_name(*s)))
        });
        add(format!("to {}", feeds.collect::<Vec<_>>().join(" ")));
    }
    let interrupts = ["", "rising edge", "falling edge", "any edge", "low level", "high level"];
    if let Some(kind) = interrupts.get(usize::from(p.int_type)).filter(|kind| !kind.is_empty()) {
        add(format!("interrupt {kind}"));
    }
    if p.output && p.outside.is_some_and(|level| level != p.level) {
        add("against the driver outside".into());
    }
    if p.pulses > 0 {
        add(format!("{} pulses to come", p.pulses));
    }
    text + "\n"
}

fn named(signal: u8, name: &str) -> String {
    if name.is_empty() { format!("signal {signal}") } else { name.to_string() }
}

fn function(p: &PadInfo) -> String {
    match p.function {
        PadFunction::Gpio => "GPIO".into(),
        PadFunction::Matrix(signal) => format!("matrix {}", named(signal, signals::output_name(signal))),
        PadFunction::IoMux(_, Some(signal)) => format!("IO_MUX {}", signals::output_name(signal)),
        PadFunction::IoMux(n, None) => format!("IO_MUX function {n}"),
        PadFunction::Rtc => "RTC".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::run;
    use esplens_supervisor::{Speed, spawn};
    use esplens_testkit::hello as machine;

    /// Runs lines, each followed by an instruction, and returns the log and the text of the last line.
    fn said(lines: &[&str]) -> (Vec<Input>, String) {
        let h = spawn(machine(), Speed::Max).unwrap().0.register("test");
        let mut text = String::new();
        for line in lines {
            text = run(&h, line);
            run(&h, "step 1");
        }
        let log = h.call(|s| s.machine().log().iter().map(|(_, i)| i.clone()).collect::<Vec<_>>()).unwrap();
        (log.into_iter().filter(|i| !matches!(i, Input::Debug(..))).collect(), text)
    }

    #[test]
    fn lines_become_inputs_of_the_log() {
        let ms = 1000 * TICKS_PER_US;
        let pulse = |count, period| Pulse { level: true, length: 20 * ms, count, period };
        for (line, input) in [
            ("gpio drive 4 1", Input::Pad(4, Some(true))),
            ("gpio release GPIO4", Input::Pad(4, None)),
            ("gpio pull 34 down", Input::PadPull(34, Some(false))),
            ("gpio pull 34 none", Input::PadPull(34, None)),
            ("gpio pulse 0 high 20ms", Input::PadPulse(0, pulse(1, 40 * ms))),
            ("gpio pulse 0 1 20ms 7 0.1s", Input::PadPulse(0, pulse(7, 100 * ms))),
            ("adc 34 set 1650mV", Input::Analog(34, Some(AnalogLevel::Millivolt(1650)))),
            ("adc 34 set 2048", Input::Analog(34, Some(AnalogLevel::Raw(2048)))),
            ("adc 34 release", Input::Analog(34, None)),
            ("touch 9 set 300", Input::Touch(9, Some(300))),
            ("touch 9 release", Input::Touch(9, None)),
        ] {
            assert_eq!(said(&[line]).0, [input], "{line}");
        }
        for wrong in
            ["gpio drive 28 1", "gpio drive 4 2", "gpio pulse 4 1 20", "adc 34 set 5000", "touch 10 set 1"]
        {
            let (log, text) = said(&[wrong]);
            assert!(log.is_empty() && !text.is_empty(), "{wrong}");
        }
    }

    #[test]
    fn a_pads_state_is_told() {
        let text = said(&["gpio pull 4 up", "gpio 4"]).1;
        assert_eq!(text, "GPIO4  high external resistor   in     GPIO, pull-down\n");
        let text = said(&["gpio drive 4 0", "gpio read 4"]).1;
        assert_eq!(text, "GPIO4  low  driven from outside in     GPIO, pull-down\n");
        assert_eq!(said(&["info gpio"]).1.lines().count(), 36);
    }
}
