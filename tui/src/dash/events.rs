//! Processing of machine events.

use super::pane_id::PaneId;
use super::state::*;
use super::wire::*;

/// Adds an event to the panes' shared state, all of it bounded.
pub fn take_in(s: &mut Shared, event: DashEvent) -> Vec<DashEffect> {
    match event {
        DashEvent::Uart(n, bytes) => return uart(s, n, &bytes),
        DashEvent::Console(bytes) => return uart(s, 0, &bytes),
        DashEvent::Message(text) => s.uarts[0].note(&text),
        DashEvent::Frame(frame) => take_frame(s, frame),
        DashEvent::Trace(record) => {
            if s.trace.len() >= MAX_TRACE {
                s.trace.pop_front();
            }
            s.trace.push_back(record);
        }
        DashEvent::Switch(at, core, task) => {
            s.usage.switch(at, core, &task);
            s.switches.push(at, core, task);
        }
        DashEvent::Stopped(stop) => {
            s.sample.running = false;
            s.sample.stop = Some(stop);
        }
        DashEvent::Resumed(_) => s.sample.running = true,
        DashEvent::Reset(cause, by) => {
            if by.is_none() && s.sample.past.is_none() {
                s.resets = (s.resets.0 + 1, cause.clone());
            }
            let by = by.map_or(String::new(), |by| format!(" by {by}"));
            s.uarts[0].note(&format!("-- reset ({cause}){by} --"));
        }
        DashEvent::Exited(code) => s.notify(format!("the guest ended with code {code}")),
        DashEvent::Touched => {}
        DashEvent::Lost(n) => s.lost += n,
    }
    Vec::new()
}

fn take_frame(s: &mut Shared, frame: FrameRecord) {
    let traffic = if frame.air.is_some() { &mut s.air_traffic } else { &mut s.traffic };
    let t = &mut traffic[usize::from(!frame.rx)];
    *t = (t.0 + 1, t.1 + frame.bytes.len() as u64);
    if s.frames.len() >= MAX_FRAMES {
        s.frames.pop_front();
    }
    let number = s.frames.back().map_or(1, |f| f.number + 1);
    let base = s.streams.base(&frame);
    s.frames.push_back(FrameRow { number, frame, base });
}

/// Adds bytes of a UART. Requests the decoding of a backtrace in its lines.
fn uart(s: &mut Shared, n: u8, bytes: &[u8]) -> Vec<DashEffect> {
    let Some(log) = s.uarts.get_mut(usize::from(n)) else { return Vec::new() };
    log.feed(bytes);
    let backtraces = log.take_ended().into_iter().filter_map(|line| {
        let addresses = backtrace(&line);
        (!addresses.is_empty()).then_some(DashEffect::Act(Some(PaneId::Console), Action::Decode(addresses)))
    });
    backtraces.collect()
}

/// Returns the addresses of a line such as `Backtrace: 0x400d1234:0x3ffb0000 0x400d5678:0x3ffb0020 |<-CORRUPTED`.
#[must_use]
pub fn backtrace(line: &str) -> Vec<u32> {
    let Some(at) = line.find("Backtrace:") else { return Vec::new() };
    let pcs = line[at + "Backtrace:".len()..].split_whitespace().map_while(|pair| {
        let pc = pair.split(':').next()?.strip_prefix("0x")?;
        u32::from_str_radix(pc, 16).ok()
    });
    pcs.take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dash::switches::MAX_SWITCHES;

    #[test]
    fn backtraces_are_found_in_what_firmware_prints() {
        let line = "Backtrace: 0x400d1234:0x3ffb0000 0x400d5678:0x3ffb0020  |<-CORRUPTED";
        assert_eq!(backtrace(line), [0x400d_1234, 0x400d_5678]);
        assert_eq!(backtrace("\x1b[0mBacktrace:0x40080000:0x3ffb0000"), [0x4008_0000]);
        assert!(backtrace("Backtrace: none").is_empty() && backtrace("hello").is_empty());
    }

    #[test]
    fn everything_is_bounded() {
        let mut s = Shared::default();
        for n in 0..100_000 {
            take_in(&mut s, DashEvent::Trace(TraceRecord { at: n, ..TraceRecord::default() }));
            take_in(&mut s, DashEvent::Switch(n, 0, "t".into()));
            take_in(&mut s, DashEvent::Frame(FrameRecord::default()));
        }
        assert_eq!((s.trace.len(), s.switches.len(), s.frames.len()), (MAX_TRACE, MAX_SWITCHES, MAX_FRAMES));
        assert_eq!(s.frames.back().map(|f| f.number), Some(100_000));
        assert_eq!(s.traffic[1].0, 100_000);
    }
}
