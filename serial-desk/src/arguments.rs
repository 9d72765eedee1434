//! The command line.

use apdu_core::authority::{CancelReason, IssueMode};
use apdu_core::hex::{self, Fixed};

/// What is shown with a complaint.
pub const USAGE: &str = "serial-desk LINE [--profile ID | --profile-file FILE] [--capture FILE] [BACKEND] TASK

LINE:  --tty PATH         a serial line
       --tcp HOST:PORT    a socket that carries one
       --replay FILE      none: the device of a capture answers as it did

TASK:  probe              which profile the device answers to, and what it says of itself
       tag                who the tag is; its files
       card               who the card in the slot is; its balance
       psam               terminal numbers of the PSAMs
       light ok|wrong     has the tag signal
       profile            prints a profile, to be edited and used with --profile-file

       These write the tag before the programmer, with the card in its slot, as a backend allows:
       issue SN [new|exchange|replace]   the tag with this number on its back, for the vehicle of the card
       activate                          the tag, on its windscreen; asks whether its light is seen
       cancel wrong-data|vehicle-changed|given-back

BACKEND: --backend URL --operator NAME [--terminal NUMBER]; the password is the first line of standard input.

Without a profile all that are shipped are tried. --capture writes what passed over the line, redacted
(docs/field-kit.md).

Profiles:";

/// Where the device is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A serial line.
    Tty(String),
    /// A socket.
    Tcp(String),
    /// Nowhere: nothing has to be reached.
    None,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Find the profile.
    Probe,
    /// Read a tag.
    Tag,
    /// Read a card.
    Card,
    /// Read the PSAMs.
    Psam,
    /// Signal that all is well, or not.
    Light(bool),
    /// Print a profile.
    Profile,
    /// Issue a tag.
    Issue {
        /// The number on its back.
        sn: String,
        /// What happens to the tag before.
        mode: IssueMode,
    },
    /// Activate a tag.
    Activate,
    /// Cancel a tag.
    Cancel(CancelReason),
}

impl Task {
    /// Whether a backend has to allow it.
    pub fn writes(&self) -> bool {
        matches!(self, Self::Issue { .. } | Self::Activate | Self::Cancel(_))
    }
}

/// Where a backend is, and who signs in there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignIn {
    /// Its address, `https://…`.
    pub url: Option<String>,
    /// The operator.
    pub operator: Option<String>,
    /// The terminal, where the outlet has several.
    pub terminal: Option<Fixed<6>>,
}

/// The whole line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arguments {
    /// Where the device is.
    pub line: Place,
    /// A capture that answers instead.
    pub replay: Option<String>,
    /// A shipped profile.
    pub profile: Option<String>,
    /// A profile of one's own.
    pub profile_file: Option<String>,
    /// Where to write a capture.
    pub capture: Option<String>,
    /// Who allows what is written.
    pub sign_in: SignIn,
    /// What is done.
    pub task: Task,
}

/// Reads the words behind the program's name.
///
/// # Errors
/// What is wrong with them.
pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments {
        line: Place::None,
        replay: None,
        profile: None,
        profile_file: None,
        capture: None,
        sign_in: SignIn::default(),
        task: Task::Probe,
    };
    let mut task = None;
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
        match word.as_str() {
            "--tty" => arguments.line = Place::Tty(value()?),
            "--tcp" => arguments.line = Place::Tcp(value()?),
            "--replay" => arguments.replay = Some(value()?),
            "--profile" => arguments.profile = Some(value()?),
            "--profile-file" => arguments.profile_file = Some(value()?),
            "--capture" => arguments.capture = Some(value()?),
            "--backend" => arguments.sign_in.url = Some(value()?),
            "--operator" => arguments.sign_in.operator = Some(value()?),
            "--terminal" => arguments.sign_in.terminal = Some(terminal(&value()?)?),
            "--help" => return Err("serial-desk: an OBU programmer without a browser".into()),
            "probe" => task = Some(Task::Probe),
            "tag" => task = Some(Task::Tag),
            "card" => task = Some(Task::Card),
            "psam" => task = Some(Task::Psam),
            "profile" => task = Some(Task::Profile),
            "light" => {
                task = Some(match value()?.as_str() {
                    "ok" => Task::Light(true),
                    "wrong" => Task::Light(false),
                    other => return Err(format!("a light is ok or wrong, not {other}")),
                });
            }
            "issue" => {
                let (sn, mode) = (value()?, words.next());
                task = Some(Task::Issue {
                    sn,
                    mode: issue_mode(mode.as_deref().unwrap_or("new"))?,
                });
            }
            "activate" => task = Some(Task::Activate),
            "cancel" => task = Some(Task::Cancel(cancel_reason(&value()?)?)),
            _ => return Err(format!("unknown word {word}")),
        }
    }
    arguments.task = task.ok_or("no task")?;
    let needs_line = arguments.task != Task::Profile && arguments.replay.is_none();
    if needs_line && arguments.line == Place::None {
        return Err("no line".to_owned());
    }
    if arguments.task.writes() && arguments.replay.is_some() {
        return Err("a capture is written nothing".to_owned());
    }
    let SignIn { url, operator, .. } = &arguments.sign_in;
    if arguments.task.writes() && (url.is_none() || operator.is_none()) {
        return Err("a task that writes wants --backend and --operator".to_owned());
    }
    Ok(arguments)
}

fn terminal(number: &str) -> Result<Fixed<6>, String> {
    let bytes = hex::decode(number);
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes
        .map(Fixed)
        .ok_or_else(|| format!("{number} is no terminal number"))
}

fn issue_mode(word: &str) -> Result<IssueMode, String> {
    match word {
        "new" => Ok(IssueMode::New),
        "exchange" => Ok(IssueMode::Exchange),
        "replace" => Ok(IssueMode::Replace),
        other => Err(format!("a tag is new, exchange or replace, not {other}")),
    }
}

fn cancel_reason(word: &str) -> Result<CancelReason, String> {
    match word {
        "wrong-data" => Ok(CancelReason::WrongData),
        "vehicle-changed" => Ok(CancelReason::VehicleChanged),
        "given-back" => Ok(CancelReason::GivenBack),
        other => Err(format!("no reason {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Arguments, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_line_and_a_task_are_wanted() {
        let tag = parsed("--tcp 127.0.0.1:4280 tag");
        let tag = tag.expect("both are there");
        assert_eq!(
            (tag.line, tag.task),
            (Place::Tcp("127.0.0.1:4280".into()), Task::Tag)
        );
        let line = "--tcp a:1 --backend http://b --operator c --terminal 620100000017";
        let issue = parsed(&format!("{line} issue 6210230100010041 replace")).expect("complete");
        let sn = "6210230100010041".to_owned();
        let mode = IssueMode::Replace;
        assert_eq!(issue.task, Task::Issue { sn, mode });
        assert!(parsed(&format!("{line} cancel wrong-data")).is_ok());
        assert!(parsed("profile").is_ok() && parsed("--replay a.json tag").is_ok());
        for bad in [
            "",
            "tag",
            "--tcp",
            "--tcp a:1",
            "--tty a light",
            "--tty a light red",
            "--x a tag",
            "--tcp a:1 activate",
            "--tcp a:1 --backend http://b --operator c issue",
            "--tcp a:1 --backend http://b --operator c issue 62 old",
            "--tcp a:1 --backend http://b --operator c cancel",
            "--replay a.json --backend http://b --operator c activate",
        ] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
    }
}
