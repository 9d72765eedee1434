//! The line to the device: a serial port or a socket.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use apdu_core::programmer::Line as Settings;
use serial2::SerialPort;

use crate::arguments::Place;

/// What a device may say at once.
const BUFFER: usize = 4096;

/// An open line.
pub enum Line {
    /// A serial port.
    Tty {
        /// Its path, for opening it anew.
        path: String,
        /// Open once its settings are known.
        port: Option<SerialPort>,
    },
    /// A socket; its other end has the settings.
    Tcp(TcpStream),
}

impl Line {
    /// Opens a line; a serial port waits for its settings.
    pub fn open(place: &Place) -> io::Result<Self> {
        match place {
            Place::Tty(path) => Ok(Self::Tty {
                path: path.clone(),
                port: None,
            }),
            Place::Tcp(address) => {
                let stream = TcpStream::connect(address)?;
                stream.set_nodelay(true)?;
                Ok(Self::Tcp(stream))
            }
            Place::None => Err(io::Error::other("no line")),
        }
    }

    /// Gives the line the settings of a profile. DTR and RTS are best effort: pseudo-terminals have none.
    pub fn set(&mut self, settings: Settings) -> io::Result<()> {
        if let Self::Tty { path, port } = self {
            *port = None;
            let open = SerialPort::open(&*path, settings.baud)?;
            let _ = open.set_dtr(settings.dtr);
            let _ = open.set_rts(settings.rts);
            *port = Some(open);
        }
        Ok(())
    }

    /// Sends all bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Tty {
                port: Some(port), ..
            } => port.write_all(bytes),
            Self::Tty { port: None, .. } => Err(closed()),
            Self::Tcp(stream) => stream.write_all(bytes),
        }
    }

    /// What comes within `wait`; nothing where nothing comes.
    ///
    /// # Errors
    /// The line is gone.
    pub fn read(&mut self, wait: Duration) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; BUFFER];
        // A time-out of nothing would wait for ever.
        let wait = wait.max(Duration::from_millis(1));
        let read = match self {
            Self::Tty {
                port: Some(port), ..
            } => {
                port.set_read_timeout(wait)?;
                port.read(&mut bytes)
            }
            Self::Tty { port: None, .. } => return Err(closed()),
            Self::Tcp(stream) => {
                stream.set_read_timeout(Some(wait))?;
                stream.read(&mut bytes)
            }
        };
        match read {
            Ok(0) => Err(closed()),
            Ok(length) => {
                bytes.truncate(length);
                Ok(bytes)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }
}

fn closed() -> io::Error {
    io::Error::from(ErrorKind::NotConnected)
}
