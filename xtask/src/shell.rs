//! Starting other programs, and how a command ends that could not be carried out.

use std::convert::Infallible;
use std::env;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why a command ended early, and with which exit code.
#[derive(Debug)]
pub struct Failure {
    /// What the person at the terminal is told.
    pub message: String,
    /// The exit code handed on: that of the program that failed, else 1.
    pub code: u8,
}

impl Failure {
    /// A failure of our own finding.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: 1,
        }
    }

    /// A file or folder that could not be read or written.
    pub fn io(path: &Path, error: &io::Error) -> Self {
        Self::new(format!("{}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Says one line to the person at the terminal. Standard output belongs to the programs started.
pub fn say(line: impl fmt::Display) {
    eprintln!("xtask: {line}");
}

/// The top folder of the checkout.
pub fn top() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// The folder Cargo builds into.
pub fn target_dir() -> PathBuf {
    top().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// A Cargo call at the top of the checkout.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(top());
    cargo
}

/// Runs a program to its end; what it prints goes where ours goes.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command
        .status()
        .map_err(|error| cannot_start(command, &error))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure {
        message: format!("`{}` failed ({status})", line(command)),
        // A program ended by a signal has no code of its own.
        code: status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1),
    })
}

/// What a program prints, or nothing when it is missing or fails.
pub fn capture(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Ends as another program: there is then no second process that a signal could miss.
#[cfg(unix)]
pub fn turn_into(mut command: Command) -> Result<Infallible, Failure> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(cannot_start(&command, &error))
}

/// Ends with another program: where no process can be replaced, its console is shared with ours.
#[cfg(not(unix))]
pub fn turn_into(mut command: Command) -> Result<Infallible, Failure> {
    run(&mut command)?;
    std::process::exit(0)
}

fn cannot_start(command: &Command, error: &io::Error) -> Failure {
    Failure::new(format!("cannot start `{}`: {error}", line(command)))
}

/// A command the way one would type it, with the program's bare name.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut words = vec![
        program
            .file_name()
            .unwrap_or(program.as_os_str())
            .to_string_lossy(),
    ];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy()));
    words.join(" ")
}
