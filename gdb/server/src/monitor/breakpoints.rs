//! `break`, `delete`, `enable`, `disable`. The kinds of points other than addresses are in `vocabulary`.

use super::{Error, Result, task, vocabulary};
use clap::Args;
use esplens_debuginfo::symbols::Symbols;
use esplens_supervisor::{Handle, Point, PointId, PointKind, Session, panics};

/// Sets a breakpoint, or lists all points: `break ADDR`, `break frame 'tcp port 80'`, `break irq 5|uart0`, `break reg
/// UART0.FIFO [r|w|rw]`, `break task NAME` (stops when a core switches to the task), `break PLACE task NAME`, `break
/// panic` (the firmware's panic handlers).
#[derive(Debug, Args)]
pub struct Break {
    /// Address, function or FILE:LINE, with `task NAME` for one task only; or frame EXPR, irq N|SOURCE, reg NAME
    /// [r|w|rw], task NAME, panic. Without argument: list.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

impl Break {
    pub fn run(&self, handle: &Handle) -> Result {
        let Some(word) = self.words.first() else { return all(handle) };
        let rest = self.words[1..].to_vec();
        let by = handle.client().clone();
        // Each keyword needs a line here and a function in `vocabulary`.
        let one = |p: std::result::Result<Point, String>| p.map(|p| vec![p]);
        let points = match word.as_str() {
            "frame" => one(vocabulary::frame(&rest, &by)),
            "irq" => one(vocabulary::irq(&rest, &by)),
            "reg" => one(handle.call(move |s| vocabulary::register(s.machine(), &rest, &by))?),
            "panic" if rest.is_empty() => panics::points(&handle.symbols().current(), &by),
            "task" => task::switch_to(handle, &rest)?,
            place if rest.first().is_some_and(|w| w == "task") => task::at(handle, place, &rest[1..])?,
            place if rest.is_empty() => task::places(handle, place)
                .map(|all| all.into_iter().map(|addr| Point::new(PointKind::Break, addr, 1, &by)).collect()),
            place => Err(format!(
                "{place:?} is none of frame, irq, reg, task; for an address, function or line give one word only"
            )),
        };
        let points = points.map_err(Error::User)?;
        let title = match points.len() {
            0 | 1 => String::new(),
            n => format!("{word} is {n} places\n"),
        };
        points.into_iter().map(|p| add(handle, p)).try_fold(title, |all, line| Ok(all + &line?))
    }
}

/// Returns the points that a command names: by number, or all.
fn chosen(s: &Session, words: &[String]) -> std::result::Result<Vec<PointId>, String> {
    if words.iter().any(|w| w == "all") {
        return Ok(s.points().map(|(id, _)| id).collect());
    }
    let number = |w: &String| w.parse::<PointId>().map_err(|_| format!("{w:?} is not the number of a point"));
    let ids: Vec<PointId> = words.iter().map(number).collect::<std::result::Result<_, _>>()?;
    match ids.iter().find(|id| !s.points().any(|(there, _)| there == **id)) {
        Some(id) => Err(format!("there is no point {id}")),
        None => Ok(ids),
    }
}

/// Deletes breakpoints or watchpoints.
#[derive(Debug, Args)]
pub struct DeleteCommand {
    /// Numbers of the points, or all.
    #[arg(required = true, value_name = "NUMBER")]
    which: Vec<String>,
}

impl DeleteCommand {
    pub fn run(&self, handle: &Handle) -> Result {
        let words = self.which.clone();
        let done = handle.call(move |s| {
            chosen(s, &words).map(|ids| ids.into_iter().for_each(|id| _ = s.remove_point(id)))
        })?;
        done.map(|()| String::new()).map_err(Error::User)
    }
}

/// Enables or disables breakpoints or watchpoints.
#[derive(Debug, Args)]
pub struct Enable {
    /// Numbers of the points; without argument: all.
    #[arg(value_name = "NUMBER")]
    which: Vec<String>,
}

impl Enable {
    pub fn run(&self, handle: &Handle, on: bool) -> Result {
        let words = if self.which.is_empty() { vec!["all".into()] } else { self.which.clone() };
        let done = handle.call(move |s| {
            chosen(s, &words).map(|ids| ids.into_iter().for_each(|id| _ = s.enable_point(id, on)))
        })?;
        done.map_err(Error::User)?;
        all(handle)
    }
}

/// Adds a point and returns its description.
pub fn add(handle: &Handle, point: Point) -> Result {
    let text = described(&point, &handle.symbols().current());
    let id = handle.call(move |s| s.insert_point(point))?;
    let id = id.ok_or_else(|| Error::User("too many points".into()))?;
    Ok(format!("{id}: {text}\n"))
}

/// Describes a point, with the function and line of its address.
pub fn described(point: &Point, symbols: &Symbols) -> String {
    if point.kind != PointKind::Break || point.name.is_some() {
        return point.to_string();
    }
    Point { name: place(symbols, point.addr), ..point.clone() }.to_string()
}

/// Returns the function and line of a code address: `read_sensor at main.c:290`.
pub fn place(symbols: &Symbols, pc: u32) -> Option<String> {
    let frame = symbols.frames_at(pc).into_iter().next()?;
    let at = frame.file.zip(frame.line).map_or(String::new(), |(f, l)| format!(" at {f}:{l}"));
    Some(format!("{}{at}", frame.function?))
}

/// Lists all points, one per line.
pub fn all(handle: &Handle) -> Result {
    let symbols = handle.symbols().current();
    let points: Vec<_> = handle.call(|s| s.points().map(|(id, p)| (id, p.clone())).collect())?;
    let lines: String = points
        .iter()
        .map(|(id, p): &(PointId, Point)| format!("{id}: {}\n", described(p, &symbols)))
        .collect();
    Ok(if lines.is_empty() { "no break- or watchpoints\n".into() } else { lines })
}
