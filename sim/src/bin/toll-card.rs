//! A virtual toll card behind a socket, for a reader that is emulated elsewhere.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use etc_sim::card::Card;
use etc_sim::{demo, vpcd};

const USAGE: &str = "toll-card --vpcd PORT [--card ID] [--state FILE]

Listens on 127.0.0.1:PORT (0 takes a free one) and serves a demo card, `normal` unless told
otherwise, in vpcd framing. With --state the card is kept in FILE between runs; a FILE that
exists is the card, whatever --card says.

Cards:";

struct Arguments {
    port: u16,
    card: String,
    state: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(complaint) => {
            eprintln!("{complaint}\n\n{USAGE}");
            for demo in demo::cards() {
                eprintln!("  {:<16}{}  {}", demo.id, demo.en, demo.zh);
            }
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("toll-card: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut port = None;
    let mut card = "normal".to_owned();
    let mut state = None;
    while let Some(option) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("{option} wants a value"))?;
        match option.as_str() {
            "--vpcd" => port = Some(value.parse().map_err(|_| format!("no port: {value}"))?),
            "--card" => card = value,
            "--state" => state = Some(PathBuf::from(value)),
            _ => return Err(format!("unknown option {option}")),
        }
    }
    let port = port.ok_or("--vpcd is missing")?;
    Ok(Arguments { port, card, state })
}

/// Serves one connection after the other until the process is ended.
fn run(arguments: &Arguments) -> io::Result<()> {
    let mut card = match &arguments.state {
        Some(path) if path.exists() => serde_json::from_str(&fs::read_to_string(path)?)?,
        _ => demo::card(&arguments.card)
            .ok_or_else(|| io::Error::other(format!("no demo card {}", arguments.card)))?,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port))?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (mut stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        let served = vpcd::serve(&mut stream, &mut card, |card| match &arguments.state {
            Some(path) => save(path, card),
            None => Ok(()),
        });
        if let Err(error) = served {
            // The connection is lost; the card is not.
            eprintln!("toll-card: {error}");
        }
    }
}

/// Replaces the file in one step, so that a crash leaves the old card or the new one.
fn save(path: &Path, card: &Card) -> io::Result<()> {
    let fresh = path.with_extension("new");
    fs::write(&fresh, serde_json::to_string(card)?)?;
    fs::rename(fresh, path)
}
