//! `cargo xtask test`: everything that has to be green before a change is worth reading.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::page;
use crate::postgres;
use crate::shell::{Failure, cargo, run, say, target_dir};
use crate::tidy;
use crate::tools;

const DENY_WARNINGS: [&str; 3] = ["--", "--deny", "warnings"];
const FOR_THE_BROWSER: [&str; 4] = ["--target", "wasm32-unknown-unknown", "--profile", "page"];

/// Runs `cargo test` with these arguments and what the backend's tests need: for one who works on one
/// crate.
pub fn some(arguments: &[OsString]) -> Result<(), Failure> {
    let server = postgres::start(&postgres::NOT_FLUSHED)?;
    let mut test = cargo();
    test.arg("test").args(arguments);
    test.env("ETC_POSTGRES", server.url());
    let needs_backend = |argument: &OsString| argument == "etc-tests" || argument == "serial-desk";
    if arguments.iter().any(needs_backend) {
        test.env("ETC_BACKEND", backend()?);
    }
    run(&mut test)
}

/// Builds the backend's own program, which some tests kill, and says where it is.
fn backend() -> Result<PathBuf, Failure> {
    // With the features of the whole workspace, as the tests have them: nothing is built twice.
    run(cargo().args(["build", "--workspace", "--bin", "etc-backend"]))?;
    let name = format!("etc-backend{}", std::env::consts::EXE_SUFFIX);
    Ok(target_dir().join("debug").join(name))
}

/// Runs every phase, the fastest first, up to the first that fails; then says where the time went.
pub fn everything() -> Result<(), Failure> {
    let mut phases = Phases::default();
    let end = phases.run();
    phases.print();
    end
}

/// The phases that have ended, and how long each took.
#[derive(Default)]
struct Phases {
    done: Vec<(&'static str, Duration)>,
}

impl Phases {
    fn run(&mut self) -> Result<(), Failure> {
        self.time("tidy", tidy::check_sources)?;
        self.time("format", || run(cargo().args(["fmt", "--all", "--check"])))?;
        let tools = self.time("install", || {
            tools::for_tests()?;
            tools::for_page()
        })?;
        self.time("lints", || {
            run(cargo()
                .args(["clippy", "--workspace", "--all-targets"])
                .args(DENY_WARNINGS))
        })?;
        self.time("page", || {
            page::build_page(&tools)?;
            page::build_demo(&tools)?;
            tidy::check_bundle(&page::page_folder())
        })?;
        // What only the browser compiles, with the target and profile the demo's build has left warm.
        self.time("lints (demo)", || {
            run(cargo()
                .args(["clippy", "--package", "etc-sim", "--lib"])
                .args(FOR_THE_BROWSER)
                .args(DENY_WARNINGS))
        })?;
        self.time("tests", || {
            let server = postgres::start(&postgres::NOT_FLUSHED)?;
            run(cargo()
                .args(["test", "--workspace", "--no-fail-fast"])
                .env("ETC_POSTGRES", server.url())
                .env("ETC_BACKEND", backend()?)
                .env("ETC_PAGE_DIR", page::page_folder())
                .env("ETC_DEMO_PAGE_DIR", page::demo_folder()))
        })
    }

    fn time<T>(
        &mut self,
        name: &'static str,
        phase: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        say(name);
        let start = Instant::now();
        let end = phase();
        self.done.push((name, start.elapsed()));
        end
    }

    fn print(&self) {
        let all: Duration = self.done.iter().map(|(_, time)| *time).sum();
        say("where the time went");
        for (name, time) in self.done.iter().chain([&("all", all)]) {
            eprintln!("  {name:<14}{:>8.1} s", time.as_secs_f64());
        }
    }
}
