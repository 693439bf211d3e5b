//! A load generator: HTTP clients that check every answer and time it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Longest that a client waits for anything.
const PATIENCE: Duration = Duration::from_secs(20);
/// Wrong answers that are kept to be shown.
const KEPT: usize = 10;

/// What the clients do.
#[derive(Clone, Debug)]
pub struct Load {
    /// The server's port on 127.0.0.1.
    pub port: u16,
    /// What they ask for.
    pub path: String,
    /// What every answer must contain.
    pub expect: String,
    /// Clients at once.
    pub clients: usize,
    /// One connection for all requests of a client, or a new one for each.
    pub keep_alive: bool,
    /// How long it goes on; requests under way are finished.
    pub time: Duration,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Requests answered as expected.
    pub answers: u64,
    /// Lost, cut or wrong answers.
    pub wrong: u64,
    /// The first of them, in words.
    pub examples: Vec<String>,
    /// What each answer took, sorted.
    pub times: Vec<Duration>,
    /// What everything took.
    pub wall: Duration,
}

impl Report {
    /// Answers a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.answers as f64 / self.wall.as_secs_f64().max(1e-9)
    }

    /// What `share` (0 to 1) of the answers took at most.
    #[must_use]
    pub fn percentile(&self, share: f64) -> Duration {
        let last = self.times.len().saturating_sub(1);
        self.times.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
    }

    /// Another report's figures in addition; the longer time of both.
    pub fn add(&mut self, other: Self) {
        self.wall = self.wall.max(other.wall);
        self.answers += other.answers;
        self.wrong += other.wrong;
        self.times.extend(other.times);
        self.examples.extend(other.examples);
        self.examples.truncate(KEPT);
    }

    fn note(&mut self, took: Duration, answer: io::Result<String>, expect: &str) {
        match answer {
            Ok(text) if text.contains(expect) => {
                self.answers += 1;
                self.times.push(took);
                return;
            }
            Ok(text) => self.examples.push(format!("wrong: {text:?}")),
            Err(why) => self.examples.push(format!("lost: {why}")),
        }
        self.wrong += 1;
        self.examples.truncate(KEPT);
    }
}

/// A client's connection.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// The status line and the body.
    fn get(&mut self, path: &str) -> io::Result<(String, Vec<u8>)> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes())?;
        let (mut chunked, mut length) = (false, None);
        let status = self.line()?;
        loop {
            let line = self.line()?.to_ascii_lowercase();
            match line.split_once(':') {
                Some(("content-length", n)) => length = n.trim().parse().ok(),
                Some(("transfer-encoding", how)) => chunked = how.trim() == "chunked",
                Some(_) => {}
                None => break,
            }
        }
        let mut body = Vec::new();
        match (chunked, length) {
            (true, _) => self.chunks(&mut body)?,
            (false, Some(n)) => _ = self.0.by_ref().take(n).read_to_end(&mut body)?,
            (false, None) => _ = self.0.read_to_end(&mut body)?,
        }
        match length {
            Some(n) if n > body.len() as u64 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok((status, body)),
        }
    }

    /// A line without its end; an error where the server ended the connection.
    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_string()),
        }
    }

    fn chunks(&mut self, body: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let line = self.line()?;
            let n = u64::from_str_radix(&line, 16).map_err(io::Error::other)?;
            self.0.by_ref().take(n).read_to_end(body)?;
            self.line()?;
            if n == 0 {
                return Ok(());
            }
        }
    }
}

/// Asks once, over a connection of its own.
///
/// # Errors
/// What the host says, or a cut answer.
pub fn get(port: u16, path: &str) -> io::Result<String> {
    Client::connect(port)?.get(path).map(text)
}

fn text((status, body): (String, Vec<u8>)) -> String {
    format!("{status}\n{}", String::from_utf8_lossy(&body))
}

/// Asks the demo for `/data/n` and checks every byte of it.
///
/// # Errors
/// What the host says, a cut answer, or where it differs first.
pub fn data(port: u16, n: u32) -> io::Result<()> {
    let (_, body) = Client::connect(port)?.get(&format!("/data/{n}"))?;
    let wrong = body.iter().zip(0..).find(|(byte, i)| **byte != data_byte(*i));
    match wrong {
        Some((byte, i)) => Err(io::Error::other(format!("/data/{n}: byte {i} is {byte:#04x}"))),
        None if body.len() == n as usize => Ok(()),
        None => Err(io::Error::other(format!("/data/{n}: {} bytes came", body.len()))),
    }
}

/// Byte `i` of the demo's `/data/N`.
#[must_use]
pub fn data_byte(i: u32) -> u8 {
    (i.wrapping_mul(2_654_435_761) >> 24) as u8
}

/// Asks again and again until somebody answers; how long that took since `since`.
///
/// # Errors
/// The last failure, after `patience`.
pub fn first_answer(port: u16, path: &str, since: Instant, patience: Duration) -> io::Result<Duration> {
    loop {
        match get(port, path) {
            Ok(_) => return Ok(since.elapsed()),
            Err(why) if since.elapsed() > patience => return Err(why),
            Err(_) => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}

/// Lets the clients loose.
#[must_use]
pub fn run(load: &Load) -> Report {
    let (started, end) = (Instant::now(), AtomicBool::new(false));
    let mut report = Report::default();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..load.clients).map(|_| scope.spawn(|| client(load, &end))).collect();
        std::thread::sleep(load.time);
        end.store(true, Ordering::Relaxed);
        clients.into_iter().filter_map(|c| c.join().ok()).for_each(|r| report.add(r));
    });
    report.wall = started.elapsed();
    report.times.sort_unstable();
    report
}

/// Fetches `/data/N` of changing sizes, one after the other, until the time is up.
#[must_use]
pub fn run_data(port: u16, time: Duration) -> Report {
    let (started, mut report) = (Instant::now(), Report::default());
    let mut n = 1;
    while started.elapsed() < time {
        let start = Instant::now();
        let answer = data(port, n);
        report.note(start.elapsed(), answer.map(|()| String::new()), "");
        n = (n * 7 + 13) % 40_009;
    }
    report.wall = started.elapsed();
    report.times.sort_unstable();
    report
}

fn client(load: &Load, end: &AtomicBool) -> Report {
    let (mut report, mut kept) = (Report::default(), None);
    while !end.load(Ordering::Relaxed) {
        let start = Instant::now();
        let client = match kept.take() {
            Some(client) => Ok(client),
            None => Client::connect(load.port),
        };
        let answer = client.and_then(|mut client| {
            let answer = client.get(&load.path)?;
            kept = load.keep_alive.then_some(client);
            Ok(text(answer))
        });
        report.note(start.elapsed(), answer, &load.expect);
    }
    report
}
