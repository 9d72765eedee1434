//! Drives an OBU programmer from a terminal: the engine of the desk over a serial line or a socket, so that a
//! programmer can be tried without a browser.

mod arguments;
mod backend;
mod host;
mod line;
mod tag_task;
mod tasks;

use std::fs;
use std::process::ExitCode;

use apdu_core::fault::Code;
use apdu_core::programmer::Profile;
use apdu_core::programmer::capture::Capture;
use etc_api::faults::explain;

use arguments::{Arguments, Task, USAGE};
use host::Host;
use line::Line;

fn main() -> ExitCode {
    let arguments = match arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(complaint) => {
            eprintln!("{complaint}\n\n{USAGE}");
            for profile in Profile::shipped() {
                eprintln!("  {}", profile.id);
            }
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("serial-desk: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    if let Task::Profile = arguments.task {
        let profile = one_profile(arguments)?;
        let json = serde_json::to_string_pretty(&profile).map_err(|error| error.to_string())?;
        println!("{json}");
        return Ok(());
    }
    let host = if let Some(file) = &arguments.replay {
        let capture = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        let capture: Capture =
            serde_json::from_str(&capture).map_err(|error| format!("{file}: {error}"))?;
        Host::replaying(&capture)
    } else {
        let line = Line::open(&arguments.line).map_err(|error| error.to_string())?;
        let profiles = match (&arguments.profile, &arguments.profile_file) {
            (None, None) => Profile::shipped().to_vec(),
            _ => vec![one_profile(arguments)?],
        };
        Host::probe(line, profiles)?
    };
    let (host, outcome) = tasks::run(host, arguments, &mut std::io::stdin().lock());
    if let Some(file) = &arguments.capture {
        let json = serde_json::to_string_pretty(&host.capture()).map_err(|e| e.to_string())?;
        fs::write(file, json + "\n").map_err(|error| format!("{file}: {error}"))?;
    }
    outcome
}

/// The profile that the person has named, or the first of the shipped ones.
fn one_profile(arguments: &Arguments) -> Result<Profile, String> {
    if let Some(file) = &arguments.profile_file {
        let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        return serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"));
    }
    let [first, ..] = Profile::shipped();
    let id = arguments.profile.as_ref().unwrap_or(&first.id);
    let mut shipped = Profile::shipped().into_iter();
    let found = shipped.find(|profile| profile.id == *id);
    found.ok_or_else(|| format!("no profile {id}"))
}

/// A code, with what the catalogue says of it.
fn told(code: Code) -> String {
    let page = explain(code);
    format!(
        "{code}: {} {} {}",
        page.cause.en, page.next.en, page.dont.en
    )
}
