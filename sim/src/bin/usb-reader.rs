//! The virtual reader as a USB device over USB/IP, with a console for its cards and faults.

use std::collections::HashMap;
use std::io::{self, BufRead, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use etc_sim::card::Card;
use etc_sim::demo;
use etc_sim::reader::{Device, Ending, Fault, Model, Reader};
use etc_sim::usbip::{BUS_ID, Connection};

const USAGE: &str = "usb-reader [--port 3240] [--level KIND] [--card ID | --no-card] [--class 0xff]
           [--high-speed] [--slots N] [--no-interrupt] [--no-zlp] [--no-abort] [--keyboard]

Serves a virtual card reader over USB/IP on 127.0.0.1:PORT (0 takes a free one). On the console:

  insert [ID]         puts the card in again, or another one
  remove              pulls it
  unplug, plug        pulls the plug, puts it in again
  fault NAME [ENDING] arms a fault for the next message it can concern; ENDING is one, two, power-on
                      or replug (one, unless told)
  marks               the faults that have struck
  seen                how many commands have reached a card

Kinds:  short-apdu (unless told otherwise), extended, tpdu-t0, tpdu-t1, tpdu-t1-crc
Faults:";

/// What the person asked for on the command line.
struct Arguments {
    port: u16,
    card: Option<String>,
    model: Model,
}

/// What reaches the one thread that owns the device.
enum Event {
    Connected(TcpStream, Sender<Event>),
    Received(usize, Vec<u8>),
    Closed(usize),
    Typed(String),
}

fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(complaint) => {
            eprintln!("{complaint}\n\n{USAGE}");
            let faults = Fault::ALL.map(|(_, name)| name);
            for names in faults.chunks(4) {
                eprintln!("  {}", names.join(", "));
            }
            eprintln!("Cards:");
            for card in demo::cards() {
                eprintln!("  {:<16}{}  {}", card.id, card.en, card.zh);
            }
            return ExitCode::from(2);
        }
    };
    match serve(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("usb-reader: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut port = 3240;
    let mut card = Some("normal".to_owned());
    let mut model = Model::short_apdu();
    let mut class = None;
    let mut changes: Vec<fn(&mut Model)> = Vec::new();
    let mut slots = 1;
    while let Some(option) = words.next() {
        let mut value = || {
            words
                .next()
                .ok_or_else(|| format!("{option} wants a value"))
        };
        match option.as_str() {
            "--port" => {
                let value = value()?;
                port = value.parse().map_err(|_| format!("no port: {value}"))?;
            }
            "--level" => {
                let kind = value()?;
                model = Model::of_kind(&kind).ok_or_else(|| format!("no kind {kind}"))?;
            }
            "--card" => card = Some(value()?),
            "--no-card" => card = None,
            "--class" => {
                let value = value()?;
                let digits = value.trim_start_matches("0x");
                let number = u8::from_str_radix(digits, 16);
                class = Some(number.map_err(|_| format!("no class: {value}"))?);
            }
            "--slots" => {
                let value = value()?;
                let number = value
                    .parse()
                    .ok()
                    .filter(|number| (1..=16).contains(number));
                slots = number.ok_or_else(|| format!("1 to 16 slots, not {value}"))?;
            }
            "--high-speed" => changes.push(|model| model.high_speed = true),
            "--no-interrupt" => changes.push(|model| model.interrupt = false),
            "--no-zlp" => changes.push(|model| model.empty_packets = false),
            "--no-abort" => changes.push(|model| model.aborts = false),
            "--keyboard" => changes.push(|model| model.keyboard_first = true),
            "--help" => return Err("usb-reader: a card reader over USB/IP".to_owned()),
            _ => return Err(format!("unknown option {option}")),
        }
    }
    // Whatever the order of the options, the level comes first.
    for change in changes {
        change(&mut model);
    }
    model.slots = slots;
    model.class = class.unwrap_or(model.class);
    Ok(Arguments { port, card, model })
}

/// The device, and the cards that lie beside it.
struct Bench {
    device: Device,
    table: HashMap<String, Card>,
    in_slot: Option<String>,
}

/// Serves until the process is ended.
fn serve(arguments: Arguments) -> io::Result<()> {
    let mut bench = Bench {
        device: Device::new(vec![Reader::with(arguments.model)]),
        table: HashMap::new(),
        in_slot: None,
    };
    if let Some(card) = &arguments.card {
        bench.insert(card).map_err(io::Error::other)?;
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port))?;
    println!("listening on {}, bus id {BUS_ID}", listener.local_addr()?);

    let (events, arrived) = mpsc::channel();
    let connections = events.clone();
    thread::spawn(move || accept(&listener, &connections));
    thread::spawn(move || listen_to_console(&events));

    let start = Instant::now();
    let now = || start.elapsed().as_millis() as u64;
    let mut clients: HashMap<usize, (TcpStream, Connection)> = HashMap::new();
    let mut next_client = 0;
    loop {
        let due = bench.device.next_due();
        let wait = due.map_or(Duration::MAX, |due| {
            Duration::from_millis(due.saturating_sub(now()))
        });
        match arrived.recv_timeout(wait) {
            Ok(Event::Connected(stream, events)) => {
                receive_from(next_client, &stream, events)?;
                clients.insert(next_client, (stream, Connection::default()));
                next_client += 1;
            }
            Ok(Event::Received(client, bytes)) => {
                let free = !clients.values().any(|(_, other)| other.has_imported());
                if let Some((_, connection)) = clients.get_mut(&client) {
                    connection.receive(&mut bench.device, free, now(), &bytes);
                }
            }
            Ok(Event::Closed(client)) => drop(clients.remove(&client)),
            Ok(Event::Typed(line)) => match bench.obey(&line) {
                Ok(answer) => println!("{answer}"),
                Err(complaint) => eprintln!("{complaint}"),
            },
            Err(RecvTimeoutError::Timeout) => {}
            // Nothing can come any more.
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        // Whatever has happened, a transfer that waits may now be served; and a client whose connection
        // cannot be written to is gone.
        clients.retain(|_, (stream, connection)| {
            if connection.has_imported() {
                connection.pump(&mut bench.device, now());
            }
            let sent = stream.write_all(&connection.transmit()).is_ok();
            if connection.has_ended() {
                // The other side learns of it even while our reading thread holds the socket.
                let _ = stream.shutdown(std::net::Shutdown::Both);
            }
            sent && !connection.has_ended()
        });
    }
}

fn accept(listener: &TcpListener, events: &Sender<Event>) {
    for stream in listener.incoming().flatten() {
        if events
            .send(Event::Connected(stream, events.clone()))
            .is_err()
        {
            return;
        }
    }
}

fn receive_from(client: usize, stream: &TcpStream, events: Sender<Event>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = stream.try_clone()?;
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = stream.read(&mut buffer) {
            let received = Event::Received(client, buffer[..length].to_vec());
            if events.send(received).is_err() {
                return;
            }
        }
        // If nobody listens any more, nobody needs to know.
        let _ = events.send(Event::Closed(client));
    });
    Ok(())
}

fn listen_to_console(events: &Sender<Event>) {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        if events.send(Event::Typed(line)).is_err() {
            return;
        }
    }
}

impl Bench {
    /// One line of the console.
    fn obey(&mut self, line: &str) -> Result<String, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let done = || Ok("done".to_owned());
        match *words {
            [] => Ok(String::new()),
            ["insert"] => {
                let card = self.in_slot.clone().unwrap_or_else(|| "normal".to_owned());
                self.insert(&card)?;
                done()
            }
            ["insert", card] => {
                self.insert(card)?;
                done()
            }
            ["remove"] => {
                self.remove();
                done()
            }
            ["unplug"] => {
                self.device.unplug();
                done()
            }
            ["plug"] => {
                self.device.plug_in();
                done()
            }
            ["fault", fault] => self.arm(fault, "one"),
            ["fault", fault, ending] => self.arm(fault, ending),
            ["marks"] => Ok(format!("{:?}", self.reader().marks())),
            ["seen"] => Ok(self.reader().seen(0).len().to_string()),
            _ => Err(format!("unknown command {line}")),
        }
    }

    fn reader(&mut self) -> &mut Reader {
        &mut self.device.readers_mut()[0]
    }

    /// Puts a card into slot 0, as it was when it was pulled last.
    fn insert(&mut self, id: &str) -> Result<(), String> {
        self.remove();
        let card = self.table.remove(id).or_else(|| demo::card(id));
        let card = card.ok_or_else(|| format!("no demo card {id}"))?;
        self.reader().insert(card);
        self.in_slot = Some(id.to_owned());
        Ok(())
    }

    /// Pulls the card, or picks up the one that a fault has pulled.
    fn remove(&mut self) {
        let pulled = self.reader().remove();
        let pulled = pulled.or_else(|| self.reader().take_pulled());
        if let (Some(card), Some(id)) = (pulled, &self.in_slot) {
            self.table.insert(id.clone(), card);
        }
    }

    fn arm(&mut self, fault: &str, ending: &str) -> Result<String, String> {
        let known = Fault::named(fault).ok_or_else(|| format!("no fault {fault}"))?;
        let ending = match ending {
            "one" => Ending::AfterOne,
            "two" => Ending::AfterTwo,
            "power-on" => Ending::AtPowerOn,
            "replug" => Ending::AtReplug,
            _ => return Err(format!("no ending {ending}")),
        };
        self.reader().arm(known, 0, ending);
        Ok(format!("{fault} is armed"))
    }
}
