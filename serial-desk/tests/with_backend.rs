//! The program between a real backend with the demo's records and the virtual programmer: a tag goes from the stock to
//! its windscreen and back, without a browser. `cargo xtask test` names the backend.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use etc_sim::demo;
use etc_sim::programmer::{Ending, Fault, Model, Programmer};
use etc_sim::serial_socket::{lock, serve};

/// The demo's password (README.md).
const PASSWORD: &str = "demo-only-2026";
/// The blank tag.
const TAG: &str = "tag-new";
const SN: &str = "6210230100010041";

/// A backend on a scratch database, as long as it lives.
struct Backend {
    child: Child,
    url: String,
    folder: PathBuf,
}

impl Backend {
    fn start() -> Self {
        let program = env::var_os("ETC_BACKEND").expect("`cargo xtask test` builds a backend");
        let name = format!("serial-desk-backend-{}", std::process::id());
        let folder = env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let mut child = Command::new(program)
            .args(["serve", "--demo", "--port", "0", "--data"])
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the backend starts");
        let said = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut said = said.map_while(Result::ok);
        let url = said.find_map(|line| line.strip_prefix("ETC Desk: ").map(str::to_owned));
        // What else it says goes nowhere, and does not stop it.
        thread::spawn(move || said.for_each(drop));
        Self {
            child,
            url: url.expect("it says where it listens"),
            folder,
        }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A programmer with the demo's card and the blank tag, held in, and its address.
fn serving(model: Model) -> (Arc<Mutex<Programmer>>, String) {
    let mut programmer = Programmer::new(model);
    let mut tag = demo::tag(TAG).expect("a demo tag");
    tag.hold_switch(true);
    programmer.put(tag);
    programmer.insert(demo::card("no-pin").expect("a demo card"));
    let programmer = Arc::new(Mutex::new(programmer));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    let shared = Arc::clone(&programmer);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // A host that goes away in the middle is no fault of the programmer's.
            let _ = serve(&mut stream, &shared, Instant::now());
        }
    });
    (programmer, address)
}

/// Runs the program, which is given these lines. What it says where all goes well, or its complaint.
fn desk(backend: &Backend, line: &[&str], task: &[&str], lines: &[&str]) -> Result<String, String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_serial-desk"))
        .args(line)
        .args(["--backend", &backend.url, "--operator", "demo.teller"])
        .args(task)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    for line in lines {
        // It may have ended before it has read everything.
        let _ = writeln!(stdin, "{line}");
    }
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    match output.status.success() {
        true => Ok(text(output.stdout)),
        false => Err(text(output.stderr)),
    }
}

fn flag(programmer: &Mutex<Programmer>) -> u8 {
    lock(programmer).tags()[0].esam().removal_flag()
}

#[test]
fn a_tag_is_issued_activated_and_cancelled_without_a_browser() {
    let backend = Backend::start();
    for (model, profile) in [
        (Model::primitives(), "dsrc-primitives"),
        (Model::bobu(), "b-obu"),
    ] {
        let is_called = profile == "dsrc-primitives";
        let (programmer, address) = serving(model);
        let line = ["--tcp", &address, "--profile", profile];
        let desk = |task: &[&str], lines: &[&str]| desk(&backend, &line, task, lines);

        let wrong = desk(&["issue", SN], &["a-guess"]).expect_err("a wrong password");
        assert!(wrong.contains("AUT-102"), "{wrong}");
        let other = desk(&["issue", "6210230100010090"], &[PASSWORD]);
        let other = other.expect_err("the SN of another tag");
        assert!(
            other.contains("OBU-103") && other.contains("written: No"),
            "{other}"
        );

        lock(&programmer).tags_mut()[0].hold_switch(false);
        let out = desk(&["issue", SN], &[PASSWORD]).expect_err("the switch is out");
        assert!(out.contains("OBU-114"), "{out}");
        lock(&programmer).tags_mut()[0].hold_switch(true);

        let issued = desk(&["issue", SN], &[PASSWORD]).expect("issued");
        assert!(issued.contains("written      yes"), "{issued}");
        assert!(
            issued.contains("vehicle      甘AD00033, colour 4, class 1"),
            "{issued}"
        );
        assert_eq!(flag(&programmer), 0x00);
        let plate = lock(&programmer).tags()[0].esam().vehicle()[..9].to_vec();
        assert_eq!(plate, b"\xB8\xCAAD00033");

        let unseen = desk(&["activate"], &[PASSWORD, "no"]).expect_err("no light");
        assert!(unseen.contains("OBU-118"), "{unseen}");
        if is_called {
            // In contact the device says so, and the reading is repeated.
            lock(&programmer).arm(Fault::EsamMute, 0, Ending::AfterOne);
            let gone = desk(&["activate"], &[PASSWORD, "yes"]).expect_err("a mute tag");
            assert!(gone.contains("written: No"), "{gone}");
            assert_eq!(flag(&programmer), 0x00);
        }
        let active = desk(&["activate"], &[PASSWORD, "yes"]).expect("activated");
        assert!(active.contains("written      yes"), "{active}");
        assert_eq!(flag(&programmer), 0x01);
        let again = desk(&["activate"], &[PASSWORD, "yes"]).expect("active");
        assert!(again.contains("active       already"), "{again}");

        let cancelled = desk(&["cancel", "given-back"], &[PASSWORD]).expect("cancelled");
        assert!(cancelled.contains("done"), "{cancelled}");
    }
}
