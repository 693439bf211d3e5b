//! Boots an image and prints UART0: `cargo run --release -p esplens-soc --example boot -- IMAGE MS`.
use esplens_soc::boot::{LoadOptions, load};
use esplens_soc::machine::{Machine, MachineConfig, RunExit};
use esplens_soc::system::Output;
use std::io::Write;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let ms: u64 = std::env::args().nth(2).map_or(1000, |s| s.parse().unwrap());
    let input = load(path.as_ref(), &LoadOptions::default()).unwrap();
    let t0 = std::time::Instant::now();
    let mut m = Machine::new(MachineConfig::new(input.flash));
    let end = ms * 480_000;
    let mut left = 12;
    for b in std::env::var("BP").unwrap_or_default().split(',').filter(|s| !s.is_empty()) {
        m.set_breakpoint(u32::from_str_radix(b, 16).unwrap(), true);
    }
    loop {
        let next = (m.now() + 480_000).min(end);
        let exit = m.run(next);
        for o in m.take_output() {
            match o {
                Output::Uart { n: 0, byte } => {
                    std::io::stdout().write_all(&[byte]).unwrap();
                }
                Output::Warning(w) => eprintln!("[{}us] warning: {w}", m.now() / 480),
                _ => {}
            }
        }
        if let RunExit::Stopped { core, .. } = exit {
            let c = m.cpu(core);
            let lv: Vec<_> =
                esplens_soc::irq::Source::ALL.iter().filter(|s| m.soc().sys.irq.level(**s)).collect();
            eprintln!(
                "[{}us] core {core} pc {:#x} ps {:#x} epc1 {:#x} epc4 {:#x} epc5 {:#x} eps5 {:#x} exccause {} vaddr {:#x} int {:#x} en {:#x} a0 {:#x} a2 {:#x} a3 {:#x} src {:?} other pc {:#x}",
                m.now() / 480,
                c.pc,
                c.ps,
                c.epc[1],
                c.epc[4],
                c.epc[5],
                c.eps[5],
                c.exccause,
                c.excvaddr,
                c.interrupt(),
                c.intenable,
                c.a(0),
                c.a(2),
                c.a(3),
                lv,
                m.cpu(1 - core).pc
            );
            m.step_over(core);
            left -= 1;
            if left == 0 {
                break;
            }
            continue;
        }
        if exit != RunExit::Until {
            eprintln!("[{}us] {exit:x?}", m.now() / 480);
            if matches!(exit, RunExit::Exit(_) | RunExit::Stopped { .. }) {
                break;
            }
        }
        if m.now() >= end {
            break;
        }
    }
    let dt = t0.elapsed().as_secs_f64();
    eprintln!(
        "virtual {} us, wall {:.3} s, {} instructions, {:.1} MIPS",
        m.now() / 480,
        dt,
        m.instructions(),
        m.instructions() as f64 / dt / 1e6
    );
    for c in 0..2 {
        let cpu = m.cpu(c);
        eprintln!(
            "core {c}: pc {:#x} ps {:#x} cause {} vaddr {:#x} epc1 {:#x} waiting {} a0 {:#x} lines {:x?}",
            cpu.pc,
            cpu.ps,
            cpu.exccause,
            cpu.excvaddr,
            cpu.epc[1],
            cpu.waiting,
            cpu.a(0),
            m.soc().sys.cores[c]
        );
    }
    for c in 0..2 {
        eprintln!(
            "core {c} a: {:x?} wb {} ws {:#x}",
            (0..16).map(|n| m.cpu(c).a(n)).collect::<Vec<_>>(),
            m.cpu(c).windowbase(),
            m.cpu(c).windowstart
        );
    }
    for d in std::env::var("MEM").unwrap_or_default().split(',').filter(|s| !s.is_empty()) {
        let a = u32::from_str_radix(d, 16).unwrap();
        for c in 0..2 {
            let mut b = [0; 32];
            m.memory().peek(c, a, &mut b);
            eprintln!(
                "{c} {a:#x}: {:x?}",
                b.chunks(4).map(|w| u32::from_le_bytes(w.try_into().unwrap())).collect::<Vec<_>>()
            );
        }
    }
    for d in std::env::var("DIS").unwrap_or_default().split(',').filter(|s| !s.is_empty()) {
        let mut a = u32::from_str_radix(d, 16).unwrap();
        let end = a + 0x60;
        while a < end {
            let mut b = [0; 4];
            m.memory().peek(0, a, &mut b);
            match esplens_core::isa::decode(u32::from_le_bytes(b)) {
                Some(i) => {
                    let v = i.target(a).map(|t| {
                        let mut w = [0; 4];
                        m.memory().peek(0, t, &mut w);
                        u32::from_le_bytes(w)
                    });
                    eprintln!("{a:#x}: {}   {:x?}", i.disasm(a), v);
                    a += u32::from(i.len);
                }
                None => {
                    eprintln!("{a:#x}: ?");
                    a += 1;
                }
            }
        }
    }
}
