//! Third-party firmware under the test client: ESP-IDF 5.3's blink.

use esplens_testkit::{Rsp, boot, firmware, serve, symbol};
use std::time::Instant;

#[test]
fn blink_stops_at_app_main_steps_and_watches() {
    let Some(dir) = firmware("idf-5.3-blink") else { return };
    let elf = dir.join("app.elf");
    let (_handle, port) = serve(boot(&std::fs::read(dir.join("flash.bin")).unwrap(), "blink"));
    let mut g = Rsp::ready(port);
    g.monitor("system_reset");
    let app_main = symbol(&elf, "app_main");
    assert_eq!(g.call(&format!("Z0,{app_main:x},2")), "OK", "before the flash cache is mapped");
    let stop = g.call("vCont;c");
    assert!(stop.contains("swbreak:;"), "{stop}");
    assert_eq!(g.pc(), app_main);
    let ra = g.register(157);
    assert_ne!(ra >> 30, 0, "a windowed return address");
    assert_eq!(g.call(&format!("m{app_main:x},3")).len(), 6, "flash-mapped code");

    // A range step runs until it leaves the range, here to the call behind ENTRY.
    let stop = g.call(&format!("vCont;r{app_main:x},{:x}:p1.1;c", app_main + 3));
    assert!(stop.starts_with("T05thread:p01.01;"), "{stop}");
    assert_eq!(g.pc(), app_main + 3);
    // Scheduler locking: the other core is stopped in any state.
    g.call("Hgp1.2");
    let other = g.call("g");
    g.call("vCont;s:p1.1");
    g.call("vCont;s:p1.1");
    g.call("Hgp1.2");
    assert_eq!(g.call("g"), other, "APP_CPU has not moved");
    g.call("Hgp1.1");

    // Twenty thousand steps over RSP: none ends in a window or interrupt vector.
    let vecbase = g.register(142);
    let steps = 20_000;
    let begin = Instant::now();
    for n in 0..steps {
        let stop = g.call("vCont;s:p1.1;c");
        assert!(stop.starts_with("T05thread:p01.01;"), "step {n}: {stop}");
        if n % 50 == 0 {
            let pc = g.pc();
            assert!(pc.wrapping_sub(vecbase) >= 0x400, "step {n} ended at {pc:#x}, in a vector");
        }
    }
    let rate = f64::from(steps) / begin.elapsed().as_secs_f64();
    eprintln!("{rate:.0} steps/s");

    // A function that both cores call often: the tick.
    g.call(&format!("z0,{app_main:x},2"));
    let tick = symbol(&elf, "xTaskIncrementTick");
    assert_eq!(g.call(&format!("Z0,{tick:x},2")), "OK");
    let begin = Instant::now();
    for _ in 0..20 {
        let stop = g.call("vCont;c");
        assert!(stop.contains("swbreak:;"), "{stop}");
        assert_eq!(g.register(158) & 3, 0);
    }
    eprintln!("{:.0} stops/s at the tick", 20.0 / begin.elapsed().as_secs_f64());
    g.call(&format!("z0,{tick:x},2"));

    // With step-irq on, steps enter interrupts: within two ticks one ends at the level-1 vector or in its handler.
    assert_eq!(g.monitor("step-irq on"), "step-irq is on\n");
    let mut fell = false;
    for _ in 0..400_000 {
        let stop = g.call("vCont;s:p1.1;c");
        assert!(stop.starts_with("T05thread:p01.01;"), "{stop}");
        let pc = g.pc();
        if pc == vecbase + 0x340 || pc == vecbase + 0x300 {
            fell = true;
            break;
        }
    }
    g.monitor("step-irq off");
    assert!(fell, "no step fell into an interrupt");

    // A global variable that the tick writes; the stop is before the store.
    let count = symbol(&elf, "xTickCount");
    let before = g.word(count);
    assert_eq!(g.call(&format!("Z2,{count:x},4")), "OK");
    let stop = g.call("vCont;c");
    assert!(stop.contains(&format!("watch:{count:x};")), "{stop}");
    assert_eq!(g.word(count), before);
    g.call(&format!("z2,{count:x},4"));
    let thread = &stop[3..stop.find(';').unwrap()];
    g.call(&format!("vCont;s:{};c", thread.trim_start_matches("thread:")));
    assert_eq!(g.word(count), before + 1);
}
