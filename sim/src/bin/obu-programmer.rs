//! The virtual programmer's serial line over TCP, with a console for its tags, its card and its faults.

use std::collections::HashMap;
use std::io::{self, BufRead};
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use etc_sim::card::Card;
use etc_sim::demo;
use etc_sim::programmer::{Ending, Fault, Model, Programmer};
use etc_sim::serial_socket::{lock, serve};
use etc_sim::tag::Tag;

const USAGE: &str = "obu-programmer [--port 4280] [--kind KIND] [--tag ID]... [--card ID]

Serves the serial line of a virtual OBU programmer on 127.0.0.1:PORT (0 takes a free one), one connection at
a time. Without --tag, tag-normal lies before it. On the console:

  put ID, take ID     lays a tag into the field, takes it out
  press ID            the tamper switch of a tag in the field pops out
  hold ID             it is held in
  insert [ID], remove puts a card in, pulls it
  unplug, plug        pulls the plug, puts it in again
  fault NAME [ENDING] arms a fault for the next message it can concern; ENDING is one, two, power-on (until the
                      device is initialised again) or replug (one, unless told)
  marks               the faults that have struck
  show                what lies in the field, with flags and lights

Kinds:  dialect-a (unless told otherwise), dialect-c1, dialect-c1-wechat, dialect-c2
Faults:";

/// What the person asked for on the command line.
struct Arguments {
    port: u16,
    model: Model,
    tags: Vec<String>,
    card: Option<String>,
}

fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(complaint) => {
            eprintln!("{complaint}\n\n{USAGE}");
            for names in Fault::ALL.map(|(_, name)| name).chunks(4) {
                eprintln!("  {}", names.join(", "));
            }
            eprintln!("Tags:");
            for tag in demo::tags() {
                eprintln!("  {:<16}{}  {}", tag.id, tag.en, tag.zh);
            }
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("obu-programmer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments {
        port: 4280,
        model: Model::primitives(),
        tags: Vec::new(),
        card: None,
    };
    while let Some(option) = words.next() {
        if option == "--help" {
            return Err("obu-programmer: an OBU programmer over TCP".to_owned());
        }
        let value = words.next();
        let value = value.ok_or_else(|| format!("{option} wants a value"))?;
        match option.as_str() {
            "--port" => {
                arguments.port = value.parse().map_err(|_| format!("no port: {value}"))?;
            }
            "--kind" => {
                let model = Model::of_kind(&value);
                arguments.model = model.ok_or_else(|| format!("no kind {value}"))?;
            }
            "--tag" => arguments.tags.push(value),
            "--card" => arguments.card = Some(value),
            _ => return Err(format!("unknown option {option}")),
        }
    }
    if arguments.tags.is_empty() {
        arguments.tags.push("tag-normal".to_owned());
    }
    Ok(arguments)
}

/// Serves one connection after the other until the process is ended.
fn run(arguments: &Arguments) -> io::Result<()> {
    let programmer = Arc::new(Mutex::new(Programmer::new(arguments.model)));
    let mut bench = Bench {
        programmer: Arc::clone(&programmer),
        tags: HashMap::new(),
        card: None,
    };
    for id in &arguments.tags {
        bench.put(id).map_err(io::Error::other)?;
    }
    if let Some(id) = &arguments.card {
        bench.insert(id).map_err(io::Error::other)?;
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port))?;
    println!("listening on {}", listener.local_addr()?);
    thread::spawn(move || bench.listen_to_console());

    let start = Instant::now();
    loop {
        let (mut stream, _) = listener.accept()?;
        if let Err(error) = serve(&mut stream, &programmer, start) {
            // The connection is lost; the programmer is not.
            eprintln!("obu-programmer: {error}");
        }
    }
}

/// The programmer, and what lies beside it.
struct Bench {
    programmer: Arc<Mutex<Programmer>>,
    tags: HashMap<String, Tag>,
    /// The card that is in the slot or was pulled last, by its name.
    card: Option<(String, Option<Card>)>,
}

impl Bench {
    fn listen_to_console(&mut self) {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            match self.obey(&line) {
                Ok(answer) => println!("{answer}"),
                Err(complaint) => eprintln!("{complaint}"),
            }
        }
    }

    /// One line of the console.
    fn obey(&mut self, line: &str) -> Result<String, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match *words {
            [] => return Ok(String::new()),
            ["put", id] => self.put(id)?,
            ["take", id] => {
                let taken = lock(&self.programmer).take(serial(id)?);
                let taken = taken.ok_or_else(|| format!("{id} is not there"))?;
                self.tags.insert(id.to_owned(), taken);
            }
            [switch @ ("press" | "hold"), id] => {
                let serial = serial(id)?;
                let mut programmer = lock(&self.programmer);
                let mut tags = programmer.tags_mut().iter_mut();
                let tag = tags.find(|tag| tag.esam().serial() == serial);
                tag.ok_or_else(|| format!("{id} is not there"))?
                    .hold_switch(switch == "hold");
            }
            ["insert"] => {
                let last = self.card.as_ref().map(|(id, _)| id.clone());
                self.insert(&last.unwrap_or_else(|| "normal".to_owned()))?;
            }
            ["insert", id] => self.insert(id)?,
            ["remove"] => self.remove(),
            ["unplug"] => lock(&self.programmer).unplug(),
            ["plug"] => lock(&self.programmer).plug_in(),
            ["fault", fault] => self.arm(fault, "one")?,
            ["fault", fault, ending] => self.arm(fault, ending)?,
            ["marks"] => return Ok(format!("{:?}", lock(&self.programmer).marks())),
            ["show"] => return Ok(self.show()),
            _ => return Err(format!("unknown command {line}")),
        }
        Ok("done".to_owned())
    }

    /// Lays a tag into the field as it was when it was taken last.
    fn put(&mut self, id: &str) -> Result<(), String> {
        let tag = self.tags.remove(id).or_else(|| demo::tag(id));
        let tag = tag.ok_or_else(|| format!("no demo tag {id}"))?;
        lock(&self.programmer).put(tag);
        Ok(())
    }

    /// Puts a card into the slot, the one that was pulled last as it was then.
    fn insert(&mut self, id: &str) -> Result<(), String> {
        self.remove();
        let known = self.card.take().filter(|(of, _)| of == id);
        let card = known.and_then(|(_, card)| card).or_else(|| demo::card(id));
        let card = card.ok_or_else(|| format!("no demo card {id}"))?;
        lock(&self.programmer).insert(card);
        self.card = Some((id.to_owned(), None));
        Ok(())
    }

    /// Pulls the card, or picks up the one that a fault has pulled.
    fn remove(&mut self) {
        let mut programmer = lock(&self.programmer);
        let pulled = programmer.take_pulled().or_else(|| programmer.remove());
        if let (Some(pulled), Some((_, card))) = (pulled, &mut self.card) {
            *card = Some(pulled);
        }
    }

    fn arm(&self, fault: &str, ending: &str) -> Result<(), String> {
        let fault = Fault::named(fault).ok_or_else(|| format!("no fault {fault}"))?;
        let ending = match ending {
            "one" => Ending::AfterOne,
            "two" => Ending::AfterTwo,
            "power-on" => Ending::AtPowerOn,
            "replug" => Ending::AtReplug,
            _ => return Err(format!("no ending {ending}")),
        };
        lock(&self.programmer).arm(fault, 0, ending);
        Ok(())
    }

    fn show(&self) -> String {
        let programmer = lock(&self.programmer);
        let tags = programmer.tags().iter().map(|tag| {
            let serial = tag.esam().serial();
            let known = demo::tags().into_iter().find(|demo| demo.serial == serial);
            let id = known.map_or("?", |demo| demo.id);
            let removed = if tag.is_removed() {
                "removed"
            } else {
                "installed"
            };
            format!("{id}: {removed}, light {:?}", tag.light())
        });
        let tags: Vec<_> = tags.collect();
        let card = if programmer.card().is_some() {
            "a card"
        } else {
            "no card"
        };
        format!("{} and {card}", tags.join("; "))
    }
}

/// The contract number of a demo tag.
fn serial(id: &str) -> Result<[u8; 8], String> {
    let known = demo::tags().into_iter().find(|demo| demo.id == id);
    known
        .map(|demo| demo.serial)
        .ok_or_else(|| format!("no demo tag {id}"))
}
