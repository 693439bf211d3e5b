//! Points other than addresses: network frames, interrupts, registers. Each keyword has a function that makes a point.

use esplens_core::memory::WatchKind;
use esplens_debuginfo::filter::Filter;
use esplens_soc::dev::{DevId, plain_name};
use esplens_soc::irq::IrqSource;
use esplens_soc::machine::Machine;
use esplens_supervisor::{Client, IrqSelector, Point, PointKind};
use std::sync::Arc;

type Made = std::result::Result<Point, String>;

/// Parses `frame 'tcp port 80'`; without a filter all network frames match.
pub fn frame(words: &[String], by: &Client) -> Made {
    let text = words.join(" ");
    let text = text.trim_matches(['\'', '"']).trim();
    let filter = match text {
        "" => None,
        _ => Some(Arc::new(text.parse::<Filter>().map_err(|e| e.to_string())?)),
    };
    Ok(Point { filter, ..Point::new(PointKind::NetFrame, 0, 1, by) })
}

/// Parses `irq 5`, `irq source 34`, `irq uart0`, `irq ETS_UART0_INTR_SOURCE`.
pub fn irq(words: &[String], by: &Client) -> Made {
    let (source, word) = match words {
        [word] => (false, word),
        [source, word] if source == "source" => (true, word),
        _ => return Err("expected irq N, irq source N or irq NAME".into()),
    };
    let last = IrqSource::ALL.len() - 1;
    match word.parse::<u8>() {
        Ok(n) if source && usize::from(n) <= last => Ok(source_point(IrqSource::ALL[usize::from(n)], by)),
        Ok(_) if source => Err(format!("interrupt sources are 0 to {last}")),
        Ok(n) if n < 32 => Ok(Point::new(PointKind::Irq(IrqSelector::Number(n)), 0, 1, by)),
        Ok(n) => Err(format!("a core has interrupts 0 to 31; source {n} of the matrix is irq source {n}")),
        Err(_) => {
            let found = IrqSource::ALL.into_iter().find(|s| source_names(*s).contains(&source_key(word)));
            let names = || IrqSource::ALL.map(source_name).join(" ");
            found
                .map(|s| source_point(s, by))
                .ok_or_else(|| format!("no source {word:?}; there are {}", names()))
        }
    }
}

fn source_point(source: IrqSource, by: &Client) -> Point {
    let name = Some(source_name(source));
    Point { name, ..Point::new(PointKind::Irq(IrqSelector::Source(source as u8)), 0, 1, by) }
}

/// Returns a source's name in the monitor.
pub fn source_name(source: IrqSource) -> String {
    plain_name(&format!("{source:?}"))
}

/// Removes the parts that IDF's names add to the manual's.
fn source_key(word: &str) -> String {
    let word = plain_name(word);
    let word = word.strip_prefix("ets").unwrap_or(&word);
    let word = word.strip_suffix("intrsource").or(word.strip_suffix("intr")).unwrap_or(word);
    word.strip_suffix("level").unwrap_or(word).to_string()
}

fn source_names(source: IrqSource) -> Vec<String> {
    let name = source_name(source);
    let idf = match source {
        IrqSource::Twai => Some("can"),
        IrqSource::FromCpu0 => Some("fromcpu0"),
        IrqSource::I2cExt0 => Some("i2c0"),
        IrqSource::I2cExt1 => Some("i2c1"),
        _ => None,
    };
    std::iter::once(name).chain(idf.map(Into::into)).collect()
}

/// Parses `reg UART0.FIFO [r|w|rw]`, `reg GPIO.PIN[5] w`.
pub fn register(m: &Machine, words: &[String], by: &Client) -> Made {
    let (name, kind) = match words {
        [name] => (name, WatchKind::Access),
        [name, access] => (
            name,
            match access.as_str() {
                "r" | "read" => WatchKind::Read,
                "w" | "write" => WatchKind::Write,
                "rw" | "access" => WatchKind::Access,
                other => return Err(format!("{other:?} is none of r, w, rw, read, write, access")),
            },
        ),
        _ => return Err("expected reg PERIPHERAL.REGISTER [r|w|rw]".into()),
    };
    let (addr, len, name) = find_register(m, name)?;
    Ok(Point { name: Some(name), ..Point::new(PointKind::Register(kind), addr, len, by) })
}

/// Returns the address, length in bytes and full name of a register by its name in the manual.
pub fn find_register(m: &Machine, text: &str) -> std::result::Result<(u32, u32, String), String> {
    let (dev, reg) = text.split_once('.').ok_or_else(|| format!("{text:?}: expected PERIPHERAL.REGISTER"))?;
    let id = DevId::ALL.iter().copied().find(|id| device_names(m, *id).contains(&plain_name(dev)));
    let id = id.ok_or_else(|| {
        let names: Vec<_> = DevId::ALL.iter().map(|id| m.soc().dev.manual_name(*id)).collect();
        format!("no peripheral {dev:?}; there are {}", names.join(" "))
    })?;
    let spec = m.soc().dev.get(id).spec();
    let (base, index) = element(reg)?;
    let found = spec.regs.iter().find(|r| plain_name(r.name) == plain_name(base));
    let Some(found) = found else {
        let names: Vec<_> = spec.regs.iter().map(|r| r.name).collect();
        return Err(format!(
            "{} has no register {base:?}; it has {}",
            m.soc().dev.manual_name(id),
            names.join(" ")
        ));
    };
    let (first, count) = match index {
        Some(n) if n < found.count => (n, 1),
        Some(n) => return Err(format!("{} has {} elements, not {n}", found.name, found.count)),
        None => (0, found.count),
    };
    let addr = id.range().0 + found.offset + first * found.stride;
    let element = index.map_or(String::new(), |n| format!("[{n}]"));
    Ok((
        addr,
        (count - 1) * found.stride + 4,
        format!("{}.{}{element}", m.soc().dev.manual_name(id), found.name),
    ))
}

/// Returns the names of all registers, in the syntax of `reg`.
pub fn register_names(m: &Machine) -> Vec<String> {
    let of = |id: DevId| {
        let regs = m.soc().dev.get(id).spec().regs.iter();
        regs.map(|r| format!("{}.{}", m.soc().dev.manual_name(id), r.name)).collect::<Vec<_>>()
    };
    DevId::ALL.iter().flat_map(|id| of(*id)).collect()
}

/// Parses `PIN[5]` to name and index.
fn element(text: &str) -> std::result::Result<(&str, Option<u32>), String> {
    let Some((name, index)) = text.split_once('[') else { return Ok((text, None)) };
    let index = index.strip_suffix(']').and_then(|n| n.parse().ok());
    index.map(|n| (name, Some(n))).ok_or_else(|| format!("{text:?}: expected NAME[NUMBER]"))
}

fn device_names(m: &Machine, id: DevId) -> Vec<String> {
    let mut names = vec![plain_name(&format!("{id:?}")), plain_name(&m.soc().dev.manual_name(id))];
    if id == DevId::Eth {
        names.extend(["openeth".into(), "emac".into()]);
    }
    names
}
