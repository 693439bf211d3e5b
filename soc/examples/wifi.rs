use esplens_core::time::TICKS_PER_US;
use esplens_soc::boot::{LoadOptions, load};
use esplens_soc::machine::{Machine, MachineConfig};
use esplens_soc::system::Output;
use std::io::Write;
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut c = MachineConfig::new(load(args[0].as_ref(), &LoadOptions::default()).unwrap().flash);
    let ms: u64 = args[1].parse().unwrap();
    c.network = Some(Default::default());
    let mut typed = Vec::new();
    for a in &args[2..] {
        if let Some(t) = a.strip_prefix("type:") {
            typed.push(t.to_string());
        } else if a.starts_with("trace:") || a.starts_with("break:") {
        } else if a == "station" {
            c.air.station = Some(Default::default());
        } else {
            c.air.networks.push(a.parse().unwrap());
        }
    }
    c.air.any = c.air.networks.is_empty();
    let mut m = Machine::new(c);
    for a in &args[2..] {
        if let Some(t) = a.strip_prefix("trace:") {
            m.trace_mut().apply(t);
        }
    }
    for a in &args[2..] {
        if let Some(t) = a.strip_prefix("break:") {
            m.set_breakpoint(u32::from_str_radix(t.trim_start_matches("0x"), 16).unwrap(), true);
        }
    }
    let mut typed = typed.into_iter();
    let mut line_begin = true;
    for n in 1..=ms {
        let until = n * 1000 * TICKS_PER_US;
        while m.now() < until {
            let e = m.run(until);
            if let esplens_soc::machine::RunExit::Stopped { core, .. } = e {
                let c = m.cpu(core);
                let a: Vec<String> = (0..16).map(|i| format!("{:x}", c.a(i))).collect();
                println!(
                    "\n{:.6} BREAK core {core} pc {:#x} a: {}",
                    m.now() as f64 / 480e6,
                    c.pc,
                    a.join(" ")
                );
                m.step_over(core);
            }
        }
        if n % 3000 == 0
            && let Some(t) = typed.next()
        {
            m.uart_input(0, format!("{t}\r\n").as_bytes());
        }
        for o in m.take_output() {
            match o {
                Output::Uart { n: 0, byte } => {
                    std::io::stdout().write_all(&[byte]).unwrap();
                    line_begin = byte == b'\n';
                }
                Output::Warning(w) | Output::Note(w) => {
                    println!("{}** {w}", if line_begin { "" } else { "\n" })
                }
                Output::Trace(l) => println!(
                    "{}{:.6} {} {}",
                    if line_begin { "" } else { "\n" },
                    l.at as f64 / 480e6,
                    l.event.name(),
                    l.text
                ),
                _ => {}
            }
        }
    }
    println!("\n{}", m.air().describe());
    for a in [0x3FF5D000u32, 0x3FF00024, 0x3FF73C6C, 0x3FF4E0C4, 0x3FF5CC0C, 0x3FF730E4] { println!("{a:08x} {:08x?}", m.soc().peek(m.memory(), a)); }
}
