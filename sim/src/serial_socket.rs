//! The virtual programmer's serial line over a socket, for a host that is a program of its own.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::programmer::Programmer;

/// How long a host's bytes are waited for before the programmer is looked at again: a person may have unplugged
/// it, or a tag may have come.
const GLANCE: Duration = Duration::from_millis(5);

/// A programmer that a line and a console share. A panic of one leaves it to the other as it is.
pub fn lock(programmer: &Mutex<Programmer>) -> MutexGuard<'_, Programmer> {
    programmer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Carries bytes to and fro until the host goes away or the plug is pulled. Time runs since `start`.
///
/// # Errors
/// What the socket fails with.
pub fn serve(
    stream: &mut TcpStream,
    programmer: &Mutex<Programmer>,
    start: Instant,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(GLANCE))?;
    let mut bytes = [0; 4096];
    loop {
        let said = {
            let mut programmer = lock(programmer);
            if !programmer.is_plugged() {
                return stream.shutdown(Shutdown::Both);
            }
            programmer.tick(start.elapsed().as_millis() as u64);
            programmer.read()
        };
        stream.write_all(&said)?;
        match stream.read(&mut bytes) {
            Ok(0) => return Ok(()),
            Ok(length) => lock(programmer).write(&bytes[..length]),
            Err(error) if is_nothing_yet(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

fn is_nothing_yet(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
