use esplens_core::time::TICKS_PER_US;
use esplens_soc::boot::{LoadOptions, load};
use esplens_soc::machine::{Machine, MachineConfig};
use esplens_soc::net::switch::{Faults, Lan};
use esplens_soc::system::Output;
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let ms: u64 = args[1].parse().unwrap();
    let make = |id: u8| {
        let mut c = MachineConfig::new(load(args[0].as_ref(), &LoadOptions::default()).unwrap().flash);
        c.segment = true;
        c.air.segment = true;
        c.seed = id.into();
        c.mac = Some([0x24, 0x0a, 0xc4, 0, 0x40, id * 4]);
        Machine::new(c)
    };
    let mut lan = Lan::new(vec![make(1), make(2)], None, Faults::default(), 1);
    let mut text = [Vec::new(), Vec::new()];
    for n in 1..=ms / 10 {
        lan.run(n * 10_000 * TICKS_PER_US);
        for (i, text) in text.iter_mut().enumerate() {
            for o in lan.machine(i).unwrap().take_output() {
                match o { Output::Uart { n: 0, byte } => text.push(byte), Output::Warning(w) | Output::Note(w) => text.extend(format!("** {w}\n").bytes()), _ => {} }
            }
        }
    }
    for t in text { let s = String::from_utf8_lossy(&t); println!("-----\n{}", &s[s.len().saturating_sub(2500)..]); }
}
