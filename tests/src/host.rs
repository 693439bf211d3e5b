//! Host-side helpers of the tests: name server, MQTT broker, free ports, a process that ends with the test.

use bytes::BytesMut;
use mqttbytes::v4::{self, Packet};
use mqttbytes::{Error, QoS};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Child;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Process that is ended on drop.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns a TCP port that is currently free.
///
/// # Panics
/// When the host has none.
#[must_use]
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port()
}

/// Starts a name server that answers every question with `address`. Returns its port on 127.0.0.1 and the
/// names it is asked for.
///
/// # Panics
/// When the host gives no socket.
#[must_use]
pub fn name_server(address: [u8; 4]) -> (u16, Receiver<String>) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let port = socket.local_addr().expect("its address").port();
    let (asked, names) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((n, from)) = socket.recv_from(&mut buffer) {
            if n < 12 {
                continue;
            }
            let _ = asked.send(question(&buffer[12..n]));
            let mut answer = buffer[..n].to_vec();
            // A response with one answer: the question's name (pointer to offset 12), type A, class IN, 60 s.
            (answer[2], answer[3], answer[7]) = (0x81, 0x80, 1);
            answer.extend([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
            answer.extend(address);
            let _ = socket.send_to(&answer, from);
        }
    });
    (port, names)
}

/// Returns the name in a question (RFC 1035, 4.1.2).
fn question(mut labels: &[u8]) -> String {
    let mut name = Vec::new();
    while let Some((&n, rest)) =
        labels.split_first().filter(|(n, rest)| **n > 0 && rest.len() >= **n as usize)
    {
        let (label, rest) = rest.split_at(n.into());
        name.push(String::from_utf8_lossy(label).into_owned());
        labels = rest;
    }
    name.join(".")
}

/// Message of a client to a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// A connection, with its client id.
    Connected(String),
    /// A message: topic, quality of service, payload.
    Published(String, u8, String),
    /// A subscription to a topic.
    Subscribed(String),
}

/// Serves MQTT 3.1.1 on `listener`: accepts every client, acknowledges everything, and forwards messages to a
/// client that subscribed to their exact topic on the same connection.
#[must_use]
pub fn broker(listener: TcpListener) -> Receiver<ClientMessage> {
    let (messages, told) = channel();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let messages = messages.clone();
            std::thread::spawn(move || serve(client, &messages));
        }
    });
    told
}

/// Serves one client, until it disconnects or violates the protocol.
fn serve(mut client: TcpStream, messages: &Sender<ClientMessage>) {
    let (mut input, mut chunk, mut topics) = (BytesMut::new(), [0; 4096], Vec::new());
    loop {
        match v4::read(&mut input, 1 << 20) {
            Ok(packet) => {
                let mut out = BytesMut::new();
                if answer(packet, &mut topics, messages, &mut out).is_none()
                    || client.write_all(&out).is_err()
                {
                    return;
                }
            }
            Err(Error::InsufficientBytes(_)) => match client.read(&mut chunk) {
                Ok(n) if n > 0 => input.extend_from_slice(&chunk[..n]),
                _ => return,
            },
            Err(_) => return,
        }
    }
}

/// Returns the answer to a packet; `None` ends the connection.
fn answer(
    packet: Packet,
    topics: &mut Vec<String>,
    messages: &Sender<ClientMessage>,
    out: &mut BytesMut,
) -> Option<usize> {
    match packet {
        Packet::Connect(c) => {
            let _ = messages.send(ClientMessage::Connected(c.client_id));
            v4::ConnAck::new(v4::ConnectReturnCode::Success, false).write(out).ok()
        }
        Packet::Publish(p) => {
            let text = String::from_utf8_lossy(&p.payload).into_owned();
            let _ = messages.send(ClientMessage::Published(p.topic.clone(), p.qos as u8, text));
            let acknowledged = match p.qos {
                QoS::AtMostOnce => Some(0),
                QoS::AtLeastOnce => v4::PubAck::new(p.pkid).write(out).ok(),
                QoS::ExactlyOnce => v4::PubRec::new(p.pkid).write(out).ok(),
            };
            if topics.contains(&p.topic) {
                v4::Publish::new(p.topic, QoS::AtMostOnce, p.payload.to_vec()).write(out).ok()?;
            }
            acknowledged
        }
        Packet::PubRel(p) => v4::PubComp::new(p.pkid).write(out).ok(),
        Packet::Subscribe(s) => {
            let codes = s.filters.iter().map(|f| v4::SubscribeReasonCode::Success(f.qos)).collect();
            for filter in s.filters {
                let _ = messages.send(ClientMessage::Subscribed(filter.path.clone()));
                topics.push(filter.path);
            }
            v4::SubAck::new(s.pkid, codes).write(out).ok()
        }
        Packet::Unsubscribe(u) => {
            topics.retain(|t| !u.topics.contains(t));
            v4::UnsubAck::new(u.pkid).write(out).ok()
        }
        Packet::PingReq => v4::PingResp.write(out).ok(),
        Packet::PubAck(_) | Packet::PubComp(_) => Some(0),
        _ => None,
    }
}
