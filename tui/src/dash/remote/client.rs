//! The dashboard's side of the connection.

use super::{DashRequest, DashResponse, VERSION, read, write};
use crate::dash::link::{Inbox, MachineLink};
use crate::dash::pane_id::PaneId;
use crate::dash::state::DashMsg;
use crate::dash::wire::{Query, Sample};
use crate::socket::Socket;
use esplens_server::listen::Address;
use std::io::{self, BufReader};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

/// Timeout for [`sample_once`].
const GLANCE: Duration = Duration::from_secs(1);

fn open(address: &Address) -> io::Result<Socket> {
    match address {
        Address::Tcp { host, port, .. } => Ok(Socket::Tcp(TcpStream::connect((host.as_str(), *port))?)),
        #[cfg(unix)]
        Address::Unix(path) => Ok(Socket::Unix(std::os::unix::net::UnixStream::connect(path)?)),
        #[cfg(not(unix))]
        Address::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// Reads the greeting. Returns the name of the image.
fn greet(from: &mut BufReader<Socket>) -> io::Result<String> {
    match read(from)? {
        Some(DashResponse::Hello(VERSION, image)) => Ok(image),
        Some(DashResponse::Hello(version, _)) => {
            Err(io::Error::other(format!("its protocol version is {version}, this one has {VERSION}")))
        }
        _ => Err(io::Error::other("no esplens answers at this address")),
    }
}

/// Connects to a machine. Returns a link to it and the name of its image.
///
/// # Errors
/// When nothing or another program answers at the address.
pub fn connect(address: &Address, inbox: &Inbox) -> io::Result<(MachineLink, String)> {
    let socket = open(address)?;
    let mut from = BufReader::new(socket.again()?);
    from.get_ref().read_for(Duration::from_secs(5))?;
    let image = greet(&mut from)?;
    from.get_ref().read_for(Duration::from_secs(3600 * 24))?;
    let (link, query, actions) = MachineLink::pair();
    let tell = inbox.clone();
    thread::Builder::new().name("dash hears".into()).spawn(move || {
        while let Ok(Some(told)) = read::<DashResponse>(&mut from) {
            match told {
                DashResponse::Sample(sample) => tell.push(DashMsg::Sample(sample)),
                DashResponse::Reply(pane, reply) => {
                    tell.push(DashMsg::Reply(pane.as_deref().and_then(PaneId::named), reply))
                }
                DashResponse::Feed(event) => tell.push_events([event]),
                DashResponse::Hello(..) => {}
            }
        }
        tell.push(DashMsg::Gone);
    })?;
    let (mut one, mut other) = (socket.again()?, socket);
    write(&mut one, &DashRequest::Past)?;
    thread::Builder::new().name("dash samples".into()).spawn(move || {
        // Each line is written in one call: both threads share the socket.
        query.into_iter().try_for_each(|w| write(&mut one, &DashRequest::Sample(w)))
    })?;
    thread::Builder::new().name("dash actions".into()).spawn(move || {
        actions.into_iter().try_for_each(|(pane, action)| {
            write(&mut other, &DashRequest::Act(pane.map(|p| p.name().into()), action))
        })
    })?;
    Ok((link, image))
}

/// Returns one sample of a machine and the name of its image.
///
/// # Errors
/// When there is no answer in time.
pub fn sample_once(address: &Address) -> io::Result<(String, Sample)> {
    let mut socket = open(address)?;
    socket.read_for(GLANCE)?;
    let mut from = BufReader::new(socket.again()?);
    let image = greet(&mut from)?;
    write(&mut socket, &DashRequest::Sample(Query::default()))?;
    loop {
        match read(&mut from)? {
            Some(DashResponse::Sample(sample)) => return Ok((image, *sample)),
            Some(_) => {}
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}
