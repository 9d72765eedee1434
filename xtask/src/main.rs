//! Set-up, run, test, bench and tidy: everything one does with a checkout, as `cargo xtask …`.

mod bench;
mod coverage;
mod fuzz;
mod iwa;
mod page;
mod pieces;
mod postgres;
mod shell;
mod test;
mod tidy;
mod tools;
mod wasm;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::{Arg, ValueExt};

use crate::shell::{Failure, cargo, run, say, top, turn_into};

const HELP: &str = "\
cargo xtask run     [--port 8080] [--data DIR] [--keys FILE] [--no-demo]
                    builds page and backend, and starts the desk (demo data unless --no-demo)
cargo xtask test    everything that has to be green: tidy, format, lints, build, tests
cargo xtask test ARGUMENTS
                    `cargo test ARGUMENTS` with a PostgreSQL server, as in `test -p etc-backend`
cargo xtask card    --vpcd PORT [--card ID] [--state FILE]
                    a virtual toll card, listening on PORT for a reader that speaks vpcd
cargo xtask usbip   [--port 3240] [--level KIND] [--card ID] [--class 0xff] …
                    a virtual card reader as a USB device of a Linux machine, over USB/IP
cargo xtask programmer [--port 4280] [--kind dialect-a] [--tag ID] [--card ID]
                    a virtual OBU programmer, its serial line over TCP
cargo xtask explore every cut through every flow, without the time limit of `test`
cargo xtask simulate --seed N [--days D]
                    days at several counters, all from one number, on a ledger in memory
cargo xtask fuzz    [--seconds 60] [TARGET]
                    libFuzzer on each target of fuzz/ or on one, so many seconds each; needs a C++
                    compiler
cargo xtask coverage
                    what the tests of the reader's engine reach of it; less than 95 % is a failure
cargo xtask iwa     [--port 8081]
                    serves the page for an Isolated Web App in Chromium's developer mode
cargo xtask bench   size of a first visit, per file and per dependency; authorisations per second
cargo xtask tidy    the rules of the house
";

/// One `cargo xtask …`.
#[derive(Debug)]
enum Task {
    Run(Desk),
    Test(Vec<OsString>),
    Card(Vec<OsString>),
    Usbip(Vec<OsString>),
    Programmer(Vec<OsString>),
    Explore,
    Simulate {
        seed: u64,
        days: u32,
    },
    Fuzz {
        seconds: u32,
        target: Option<String>,
    },
    Coverage,
    Iwa {
        port: u16,
    },
    Bench,
    Tidy,
    Help,
}

/// How the desk is started.
#[derive(Debug)]
struct Desk {
    port: u16,
    data: PathBuf,
    keys: Option<PathBuf>,
    demo: bool,
}

fn main() -> ExitCode {
    if pieces::stands_in() {
        return exit(pieces::stand_in());
    }
    let task = match parse(lexopt::Parser::from_env()) {
        Ok(task) => task,
        Err(error) => {
            say(format!("{error}\n\n{HELP}"));
            return ExitCode::from(2);
        }
    };
    let end = match task {
        Task::Run(desk) => start_desk(&desk),
        Task::Test(arguments) if arguments.is_empty() => test::everything(),
        Task::Test(arguments) => test::some(&arguments),
        Task::Card(options) => start_program("toll-card", options),
        Task::Usbip(options) => start_program("usb-reader", options),
        Task::Programmer(options) => start_program("obu-programmer", options),
        Task::Explore => explore(),
        Task::Simulate { seed, days } => simulate(seed, days),
        Task::Fuzz { seconds, target } => fuzz::look(seconds, target.as_deref()),
        Task::Coverage => coverage::measure(),
        Task::Iwa { port } => iwa::serve(port),
        Task::Bench => bench::everything(),
        Task::Tidy => tidy::check(),
        Task::Help => {
            print!("{HELP}");
            Ok(())
        }
    };
    exit(end)
}

fn exit(end: Result<(), Failure>) -> ExitCode {
    match end {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&failure);
            ExitCode::from(failure.code)
        }
    }
}

fn parse(mut parser: lexopt::Parser) -> Result<Task, lexopt::Error> {
    let word = match parser.next()? {
        None | Some(Arg::Long("help") | Arg::Short('h')) => return Ok(Task::Help),
        Some(Arg::Value(word)) => word.string()?,
        Some(option) => return Err(option.unexpected()),
    };
    let task = match word.as_str() {
        "run" => return parse_run(parser),
        "card" => return parse_card(parser),
        "simulate" => return parse_simulate(parser),
        "fuzz" => return parse_fuzz(parser),
        "iwa" => return parse_iwa(parser),
        "test" => return Ok(Task::Test(parser.raw_args()?.collect())),
        "usbip" => return Ok(Task::Usbip(parser.raw_args()?.collect())),
        "programmer" => return Ok(Task::Programmer(parser.raw_args()?.collect())),
        "explore" => Task::Explore,
        "coverage" => Task::Coverage,
        "bench" => Task::Bench,
        "tidy" => Task::Tidy,
        "help" => Task::Help,
        _ => return Err(format!("there is no `cargo xtask {word}`").into()),
    };
    match parser.next()? {
        None => Ok(task),
        Some(Arg::Long("help") | Arg::Short('h')) => Ok(Task::Help),
        Some(more) => Err(more.unexpected()),
    }
}

fn parse_run(mut parser: lexopt::Parser) -> Result<Task, lexopt::Error> {
    let mut desk = Desk {
        port: 8080,
        data: top().join("data"),
        keys: None,
        demo: true,
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("port") => desk.port = parser.value()?.parse()?,
            Arg::Long("data") => desk.data = path(&parser.value()?)?,
            Arg::Long("keys") => desk.keys = Some(path(&parser.value()?)?),
            Arg::Long("no-demo") => desk.demo = false,
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            other => return Err(other.unexpected()),
        }
    }
    if !desk.demo && desk.keys.is_none() {
        return Err("--no-demo needs --keys FILE: the built-in keys are for the demo only".into());
    }
    Ok(Task::Run(desk))
}

/// Checked here, so that a mistyped option costs no build; then handed on as they are.
fn parse_card(mut parser: lexopt::Parser) -> Result<Task, lexopt::Error> {
    let mut options = Vec::new();
    let mut port = None;
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("vpcd") => port = Some(parser.value()?.parse::<u16>()?),
            Arg::Long("card") => options.extend(["--card".into(), parser.value()?]),
            Arg::Long("state") => {
                options.extend(["--state".into(), path(&parser.value()?)?.into()]);
            }
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            other => return Err(other.unexpected()),
        }
    }
    let port = port.ok_or("card needs --vpcd PORT")?;
    options.extend(["--vpcd".into(), port.to_string().into()]);
    Ok(Task::Card(options))
}

fn parse_simulate(mut parser: lexopt::Parser) -> Result<Task, lexopt::Error> {
    let (mut seed, mut days) = (None, 3);
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("seed") => seed = Some(parser.value()?.parse()?),
            Arg::Long("days") => days = parser.value()?.parse()?,
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            other => return Err(other.unexpected()),
        }
    }
    let seed = seed.ok_or("simulate needs --seed N")?;
    Ok(Task::Simulate { seed, days })
}

fn parse_fuzz(mut parser: lexopt::Parser) -> Result<Task, lexopt::Error> {
    let (mut seconds, mut target) = (60, None);
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("seconds") => seconds = parser.value()?.parse()?,
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            Arg::Value(name) if target.is_none() => target = Some(name.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Task::Fuzz { seconds, target })
}

fn parse_iwa(mut parser: lexopt::Parser) -> Result<Task, lexopt::Error> {
    let mut port = 8081;
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("port") => port = parser.value()?.parse()?,
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Task::Iwa { port })
}

/// A path as the person typed it, whole, because what we start runs at the top of the checkout.
fn path(typed: &OsString) -> Result<PathBuf, lexopt::Error> {
    std::path::absolute(Path::new(typed)).map_err(|error| lexopt::Error::Custom(error.into()))
}

/// Builds everything the desk needs and becomes the backend.
fn start_desk(desk: &Desk) -> Result<(), Failure> {
    if !page::built_before() {
        say("the first run takes long, 10 to 25 minutes on two cores: Trunk and wasm-bindgen are");
        say("compiled from source, and the page is compiled for the smallest size. Later runs");
        say("compile only what changed.");
    }
    let tools = tools::for_page()?;
    page::build_page(&tools)?;
    if desk.demo {
        page::build_demo(&tools)?;
    }
    run(cargo().args(["build", "--package", "etc-backend", "--bin", "etc-backend"]))?;

    let mut backend = cargo();
    backend.args([
        "run",
        "--quiet",
        "--package",
        "etc-backend",
        "--bin",
        "etc-backend",
        "--",
    ]);
    backend.args(["serve", "--port", &desk.port.to_string()]);
    backend.arg("--data").arg(&desk.data);
    backend.arg("--page").arg(page::page_folder());
    if let Some(keys) = &desk.keys {
        backend.arg("--keys").arg(keys);
    }
    if desk.demo {
        backend
            .arg("--demo")
            .arg("--demo-page")
            .arg(page::demo_folder());
    }
    match turn_into(backend)? {}
}

/// Becomes a program of the virtual devices: the card, the reader, or the programmer.
fn start_program(name: &str, options: Vec<OsString>) -> Result<(), Failure> {
    let mut program = cargo();
    program.args(["run", "--package", "etc-sim", "--bin", name, "--"]);
    program.args(options);
    match turn_into(program)? {}
}

/// Runs the explorer, which reads the depth from its environment, with a server for its sample.
fn explore() -> Result<(), Failure> {
    let server = postgres::start(&postgres::NOT_FLUSHED)?;
    let mut explorer = cargo();
    explorer.args(["test", "--package", "etc-tests", "--test", "explorer"]);
    explorer.args(["--", "--include-ignored", "--nocapture"]);
    explorer.env("ETC_EXPLORE", "full");
    run(explorer.env("ETC_POSTGRES", server.url()))
}

/// Becomes the simulation, which tells every event if its books do not agree.
fn simulate(seed: u64, days: u32) -> Result<(), Failure> {
    let mut simulation = cargo();
    simulation.args(["run", "--quiet", "--package", "etc-tests"]);
    simulation.args(["--bin", "simulate", "--"]);
    simulation.args([seed.to_string(), days.to_string()]);
    match turn_into(simulation)? {}
}
