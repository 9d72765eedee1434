//! The command line.

/// What is shown with a complaint.
pub const USAGE: &str = "serial-desk LINE [--profile ID | --profile-file FILE] [--capture FILE] TASK

LINE:  --tty PATH         a serial line
       --tcp HOST:PORT    a socket that carries one
       --replay FILE      none: the device of a capture answers as it did

TASK:  probe              which profile the device answers to, and what it says of itself
       tag                who the tag is; its files
       card               who the card in the slot is; its balance
       psam               terminal numbers of the PSAMs
       light ok|wrong     has the tag signal
       profile            prints a profile, to be edited and used with --profile-file

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
            _ => return Err(format!("unknown word {word}")),
        }
    }
    arguments.task = task.ok_or("no task")?;
    let needs_line = arguments.task != Task::Profile && arguments.replay.is_none();
    if needs_line && arguments.line == Place::None {
        return Err("no line".to_owned());
    }
    Ok(arguments)
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
        assert!(parsed("profile").is_ok() && parsed("--replay a.json tag").is_ok());
        for bad in [
            "",
            "tag",
            "--tcp",
            "--tcp a:1",
            "--tty a light",
            "--tty a light red",
            "--x a tag",
        ] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
    }
}
