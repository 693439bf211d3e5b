//! Load generator: HTTP clients that check every answer and measure its time.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Timeout of a client for any answer.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Number of wrong answers that are kept for display.
const KEPT: usize = 10;

/// Parameters of a load.
#[derive(Clone, Debug)]
pub struct LoadParams {
    /// The server's port on 127.0.0.1.
    pub port: u16,
    /// Path of the requests.
    pub path: String,
    /// Text that every answer must contain.
    pub expect: String,
    /// Number of concurrent clients.
    pub clients: usize,
    /// One connection for all requests of a client, instead of a new one for each.
    pub keep_alive: bool,
    /// Duration of the load; started requests are finished.
    pub time: Duration,
}

/// Results of a load.
#[derive(Clone, Debug, Default)]
pub struct LoadReport {
    /// Requests answered as expected.
    pub answers: u64,
    /// Lost, cut or wrong answers.
    pub wrong: u64,
    /// Descriptions of the first of them.
    pub examples: Vec<String>,
    /// Time of each answer, sorted.
    pub times: Vec<Duration>,
    /// Total time.
    pub wall: Duration,
}

impl LoadReport {
    /// Returns the answers per second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.answers as f64 / self.wall.as_secs_f64().max(1e-9)
    }

    /// Returns the maximum time of the fastest `share` (0 to 1) of the answers.
    #[must_use]
    pub fn percentile(&self, share: f64) -> Duration {
        let last = self.times.len().saturating_sub(1);
        self.times.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
    }

    /// Adds another report's figures. The longer of both times is kept.
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

/// Connection of a client.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request and returns the status line and the body.
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

    /// Reads a line without its end. Fails if the server closed the connection.
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

/// Sends one request over a new connection.
///
/// # Errors
/// The host's error, or a truncated answer.
pub fn get(port: u16, path: &str) -> io::Result<String> {
    Client::connect(port)?.get(path).map(text)
}

fn text((status, body): (String, Vec<u8>)) -> String {
    format!("{status}\n{}", String::from_utf8_lossy(&body))
}

/// Requests `/data/n` of the demo and checks every byte of it.
///
/// # Errors
/// The host's error, a truncated answer, or the position of the first difference.
pub fn data(port: u16, n: u32) -> io::Result<()> {
    let (_, body) = Client::connect(port)?.get(&format!("/data/{n}"))?;
    let wrong = body.iter().zip(0..).find(|(byte, i)| **byte != data_byte(*i));
    match wrong {
        Some((byte, i)) => Err(io::Error::other(format!("/data/{n}: byte {i} is {byte:#04x}"))),
        None if body.len() == n as usize => Ok(()),
        None => Err(io::Error::other(format!("/data/{n}: {} bytes came", body.len()))),
    }
}

/// Returns byte `i` of the demo's `/data/N`.
#[must_use]
pub fn data_byte(i: u32) -> u8 {
    (i.wrapping_mul(2_654_435_761) >> 24) as u8
}

/// Repeats a request until there is an answer. Returns the time since `since`.
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

/// Runs the clients.
#[must_use]
pub fn run(load: &LoadParams) -> LoadReport {
    let (started, end) = (Instant::now(), AtomicBool::new(false));
    let mut report = LoadReport::default();
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

/// Fetches `/data/N` of varying sizes, one after the other, until the time is up.
#[must_use]
pub fn run_data(port: u16, time: Duration) -> LoadReport {
    let (started, mut report) = (Instant::now(), LoadReport::default());
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

fn client(load: &LoadParams, end: &AtomicBool) -> LoadReport {
    let (mut report, mut kept) = (LoadReport::default(), None);
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
