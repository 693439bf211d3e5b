//! A QMP client session: its messages and the machine's events.

use super::args::{Args, QmpError};
use super::event::{self, EventState};
use super::frame::{QmpFramer, QmpItem};
use super::{QmpServer, commands, query};
use crate::listen::ByteStream;
use esplens_supervisor::Event;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::broadcast::error::RecvError;

/// State of a client.
struct Session {
    server: QmpServer,
    framer: QmpFramer,
    event_state: EventState,
    /// The negotiation is complete.
    ready: bool,
    pretty: bool,
    out: Vec<u8>,
    /// The client does not speak QMP; close the connection.
    foreign: bool,
}

/// Serves a connection until it ends.
pub async fn serve(mut stream: Box<dyn ByteStream>, server: QmpServer, pretty: bool) {
    let mut events = server.handle.subscribe();
    let mut jobs = server.jobs.subscribe();
    let mut session = Session::new(server, pretty);
    let mut buf = vec![0; 16 * 1024];
    loop {
        let out = std::mem::take(&mut session.out);
        if !out.is_empty() && stream.write_all(&out).await.is_err() {
            return;
        }
        tokio::select! {
            biased;
            event = events.recv() => match event {
                Ok(event) => {
                    session.event(&event);
                    // All earlier responses have been sent; this is the last message.
                    if matches!(event, Event::Quit(_) | Event::Gone) {
                        break;
                    }
                }
                Err(RecvError::Lagged(_)) => session.catch_up(),
                Err(RecvError::Closed) => break,
            },
            Ok(data) = jobs.recv() => session.tell(&event::job(data)),
            n = stream.read(&mut buf) => match n {
                Ok(n) if n > 0 => session.bytes(&buf[..n]),
                _ => return,
            },
        }
        if session.foreign {
            break;
        }
    }
    let _ = stream.write_all(&session.out).await;
}

/// Returns all responses to a client's input, without events.
pub fn answer(server: QmpServer, bytes: &[u8]) -> Vec<u8> {
    let mut session = Session::new(server, false);
    session.bytes(bytes);
    session.out
}

impl Session {
    fn new(server: QmpServer, pretty: bool) -> Self {
        let event_state = EventState::new(&server.handle);
        let mut new = Self {
            server,
            framer: QmpFramer::default(),
            event_state,
            ready: false,
            pretty,
            out: Vec::new(),
            foreign: false,
        };
        new.say(&json!({"QMP": {"version": query::version_object(), "capabilities": []}}));
        new
    }

    fn say(&mut self, value: &Value) {
        let text = if self.pretty { serde_json::to_vec_pretty(value) } else { serde_json::to_vec(value) };
        self.out.extend(text.unwrap_or_default());
        self.out.extend(b"\r\n");
    }

    /// Sends an event; before the negotiation events are dropped.
    fn tell(&mut self, event: &Value) {
        if self.ready {
            self.say(event);
        }
    }

    fn event(&mut self, event: &Event) {
        let handle = self.server.handle.clone();
        if let Some(said) = self.event_state.of(event, &handle) {
            self.tell(&said);
        }
    }

    fn catch_up(&mut self) {
        let handle = self.server.handle.clone();
        if let Some(said) = self.event_state.catch_up(&handle) {
            self.tell(&said);
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match self.framer.push(*byte) {
                Some(QmpItem::Message(message)) => self.message(&message),
                // Before the negotiation a QMP client sends only objects; a web page would send HTTP with commands in
                // the body.
                Some(QmpItem::Noise | QmpItem::TooMuch) if !self.ready => {
                    self.fail(None, &QmpError::new("JSON parse error, expecting an object"));
                    self.foreign = true;
                    return;
                }
                Some(QmpItem::Noise) => {
                    self.fail(None, &QmpError::new("JSON parse error, expecting an object"))
                }
                Some(QmpItem::TooMuch) => {
                    self.fail(None, &QmpError::new("JSON parse error, the message is too long or too deep"));
                }
                None => {}
            }
        }
    }

    fn fail(&mut self, id: Option<Value>, error: &QmpError) {
        self.reply(id, error.answer());
    }

    fn reply(&mut self, id: Option<Value>, mut answer: Value) {
        if let Some(id) = id {
            answer["id"] = id;
        }
        self.say(&answer);
    }

    fn message(&mut self, text: &[u8]) {
        let mut message: Map<String, Value> = match serde_json::from_slice(text) {
            Ok(message) => message,
            Err(error) => return self.fail(None, &QmpError::new(format!("JSON parse error, {error}"))),
        };
        let id = message.remove("id");
        match self.execute(message) {
            Ok(value) => self.reply(id, json!({"return": value})),
            Err(error) => self.fail(id, &error),
        }
    }

    fn execute(&mut self, mut message: Map<String, Value>) -> super::args::QmpResult {
        let name = match message.remove("execute") {
            Some(Value::String(name)) => name,
            Some(_) => return Err(QmpError::new("QMP input member 'execute' must be a string")),
            None if message.contains_key("exec-oob") => {
                return Err(QmpError::new("QMP input member 'exec-oob' is unexpected"));
            }
            None => return Err(QmpError::new("QMP input lacks member 'execute'")),
        };
        let args = Args::new(message.remove("arguments"));
        if let Some(more) = message.keys().next() {
            return Err(QmpError::new(format!("QMP input member '{more}' is unexpected")));
        }
        let mut args = args?;
        if !self.ready {
            if name != "qmp_capabilities" {
                return Err(QmpError::too_early());
            }
            // The server offers no capabilities, so there are none to enable.
            args.ignore(&["enable"]);
            args.end()?;
            self.ready = true;
            return Ok(json!({}));
        }
        commands::find(&name).ok_or_else(|| QmpError::unknown(&name))?(&self.server, args)
    }
}
