//! The command line.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use apdu_core::hex::Fixed;
use etc_api::{Bank, Outlet, OutletKind, Role};
use etc_backend::admin::NewOperator;
use etc_backend::serve::{Config, Records};
use etc_backend::words::Word;
use lexopt::{Arg, Error, Parser, ValueExt};

pub const HELP: &str = "\
etc-backend serve RECORDS [--keys FILE] [--page DIR] [--port 8080] [--bind 127.0.0.1]
                  [--behind-tls] [--demo] [--demo-page DIR]
    serves the desk. --demo seeds demo data and takes toy keys; without it --keys is needed.

etc-backend check-bundle FILE [--key HEX64]
    checks the evidence of a disputed load: its signature, every link of its chain, and that what it
    claims stands in the chain. --key is the instance's public key, known from elsewhere.

etc-backend admin add-outlet CODE NAME own|bank [--bank lanzhou|gansu|icbc|abc|rural_credit|ccb|psbc] RECORDS
etc-backend admin add-terminal HEX12 --outlet CODE RECORDS
etc-backend admin add-operator NAME --outlet CODE --role teller|supervisor|auditor
                  [--display-name TEXT] [--password-file FILE] RECORDS
    the password is the first line of FILE, or of standard input.
etc-backend admin import-cards FILE.csv [--keys FILE] RECORDS
    all cards of the file (docs/cards-csv.md), or none. --keys where it names holders.
etc-backend admin import-card-models FILE.csv RECORDS
    how cards that were issued elsewhere want to be spoken to, by issuer and version (docs/card-models-csv.md).
etc-backend admin import-tags FILE.csv RECORDS
    all tags of the file (docs/tags-csv.md), or none.
etc-backend admin import-vehicles FILE.csv RECORDS
    all vehicles of the file (docs/vehicles-csv.md), or none.
etc-backend admin import-banks FILE.csv RECORDS
    puts this list of bank prefixes (columns prefix, bank) in place of the one that is used now.
etc-backend admin channel add|revoke NAME RECORDS
    gives an application channel its credential, which is printed once, or takes it away.
etc-backend admin import-applications CHANNEL FILE.json|FILE.csv --keys FILE RECORDS
    what POST /api/v1/applications takes, from a file: good lines are kept, bad ones are listed.

RECORDS is one of
    --data DIR        SQLite, in a file of this folder
    --database URL    PostgreSQL: postgres://USER@HOST/NAME. A password is not part of the URL; it
                      comes from PGPASSWORD or ~/.pgpass (or the file that PGPASSFILE names).
";

/// What is to be done.
pub enum Task {
    Serve(Config),
    Admin {
        records: Records,
        /// The key file; its key of personal data is what matters here.
        keys: Option<PathBuf>,
        what: Admin,
    },
    CheckBundle(CheckBundle),
    Help,
}

/// An evidence bundle and the key it should be signed with.
pub struct CheckBundle {
    pub file: PathBuf,
    pub key: Option<[u8; 32]>,
}

/// What is to be changed in the records.
pub enum Admin {
    AddOutlet(Outlet),
    AddTerminal {
        number: [u8; 6],
        outlet: String,
    },
    AddOperator {
        operator: NewOperator,
        password: Password,
    },
    ImportCards(PathBuf),
    ImportCardModels(PathBuf),
    ImportTags(PathBuf),
    ImportVehicles(PathBuf),
    ImportBanks(PathBuf),
    ImportApplications {
        channel: String,
        file: PathBuf,
    },
    AddChannel(String),
    RevokeChannel(String),
}

/// Where a password comes from: never the command line, which other programs can see.
pub enum Password {
    File(PathBuf),
    StandardInput,
}

pub fn parse(mut parser: Parser) -> Result<Task, Error> {
    match parser.next()? {
        Some(Arg::Value(word)) if word == "serve" => serve(parser),
        Some(Arg::Value(word)) if word == "admin" => admin(parser),
        Some(Arg::Value(word)) if word == "check-bundle" => check_bundle(parser),
        Some(Arg::Long("help") | Arg::Short('h')) => Ok(Task::Help),
        None => Err("say what to do".into()),
        Some(other) => Err(other.unexpected()),
    }
}

fn serve(mut parser: Parser) -> Result<Task, Error> {
    let (mut port, mut bind) = (8080, IpAddr::V4(Ipv4Addr::LOCALHOST));
    let mut records = Place::default();
    let mut config = Config {
        listen: SocketAddr::new(bind, port),
        records: Records::Folder(PathBuf::new()),
        keys: None,
        page: None,
        demo: false,
        demo_page: None,
        behind_tls: false,
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("port") => port = parser.value()?.parse()?,
            Arg::Long("bind") => bind = parser.value()?.parse()?,
            Arg::Long("data") => records.data = Some(parser.value()?.into()),
            Arg::Long("database") => records.database = Some(parser.value()?.string()?),
            Arg::Long("keys") => config.keys = Some(parser.value()?.into()),
            Arg::Long("page") => config.page = Some(parser.value()?.into()),
            Arg::Long("demo-page") => config.demo_page = Some(parser.value()?.into()),
            Arg::Long("demo") => config.demo = true,
            Arg::Long("behind-tls") => config.behind_tls = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            other => return Err(other.unexpected()),
        }
    }
    config.listen = SocketAddr::new(bind, port);
    config.records = records.chosen()?;
    if !config.demo && config.keys.is_none() {
        return Err("serve needs --keys FILE: the built-in keys are for --demo only".into());
    }
    Ok(Task::Serve(config))
}

/// What was said about where the records are.
#[derive(Default)]
struct Place {
    data: Option<PathBuf>,
    database: Option<String>,
}

impl Place {
    fn chosen(self) -> Result<Records, Error> {
        match (self.data, self.database) {
            (Some(folder), None) => Ok(Records::Folder(folder)),
            (None, Some(url)) if has_password(&url) => Err(
                "a password on the command line is seen by others: PGPASSWORD or ~/.pgpass".into(),
            ),
            (None, Some(url)) => Ok(Records::Postgres(url)),
            _ => Err("say where the records are: --data DIR or --database URL".into()),
        }
    }
}

/// Whether there is a password in a URL: `scheme://user:password@…`, or `…?password=…`.
fn has_password(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let before_host = rest.rsplit_once('@').map(|(user, _)| user);
    before_host.is_some_and(|user| user.contains(':')) || url.contains("password=")
}

fn check_bundle(mut parser: Parser) -> Result<Task, Error> {
    let (mut file, mut key) = (None, None);
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("key") => {
                let hex = parser.value()?.string()?;
                let Fixed(bytes) = hex.parse().map_err(|_| "a key has 64 hex digits")?;
                key = Some(bytes);
            }
            Arg::Value(value) if file.is_none() => file = Some(value.into()),
            other => return Err(other.unexpected()),
        }
    }
    let file = file.ok_or("check-bundle needs a FILE")?;
    Ok(Task::CheckBundle(CheckBundle { file, key }))
}

/// Everything that may stand behind `admin WORD`.
#[derive(Default)]
struct Given {
    values: Vec<String>,
    records: Place,
    outlet: Option<String>,
    role: Option<String>,
    display_name: Option<String>,
    password_file: Option<PathBuf>,
    bank: Option<String>,
    keys: Option<PathBuf>,
}

fn admin(mut parser: Parser) -> Result<Task, Error> {
    let mut given = Given::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Value(value) => given.values.push(value.string()?),
            Arg::Long("data") => given.records.data = Some(parser.value()?.into()),
            Arg::Long("database") => given.records.database = Some(parser.value()?.string()?),
            Arg::Long("bank") => given.bank = Some(parser.value()?.string()?),
            Arg::Long("keys") => given.keys = Some(parser.value()?.into()),
            Arg::Long("outlet") => given.outlet = Some(parser.value()?.string()?),
            Arg::Long("role") => given.role = Some(parser.value()?.string()?),
            Arg::Long("display-name") => given.display_name = Some(parser.value()?.string()?),
            Arg::Long("password-file") => given.password_file = Some(parser.value()?.into()),
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            other => return Err(other.unexpected()),
        }
    }
    let records = std::mem::take(&mut given.records).chosen()?;
    let keys = given.keys.take();
    let values = std::mem::take(&mut given.values);
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let what = match values.as_slice() {
        ["add-outlet", code, name, kind] => Admin::AddOutlet(Outlet {
            code: (*code).to_owned(),
            name: (*name).to_owned(),
            kind: word::<OutletKind>(kind)?,
            bank: given
                .bank
                .take()
                .map(|bank| word::<Bank>(&bank))
                .transpose()?,
        }),
        ["add-terminal", number] => {
            let Fixed(number) = number
                .parse()
                .map_err(|_| "a terminal number has 12 hex digits")?;
            Admin::AddTerminal {
                number,
                outlet: given.outlet.take().ok_or(NO_OUTLET)?,
            }
        }
        ["add-operator", name] => add_operator(name, &mut given)?,
        ["import-cards", file] => Admin::ImportCards(file.into()),
        ["import-card-models", file] => Admin::ImportCardModels(file.into()),
        ["import-tags", file] => Admin::ImportTags(file.into()),
        ["import-vehicles", file] => Admin::ImportVehicles(file.into()),
        ["import-banks", file] => Admin::ImportBanks(file.into()),
        ["import-applications", channel, file] => Admin::ImportApplications {
            channel: (*channel).to_owned(),
            file: file.into(),
        },
        ["channel", "add", name] => Admin::AddChannel((*name).to_owned()),
        ["channel", "revoke", name] => Admin::RevokeChannel((*name).to_owned()),
        _ => return Err("not an admin command, or not all of it".into()),
    };
    let left = given.outlet.or(given.role).or(given.display_name);
    if left.or(given.bank).is_some() || given.password_file.is_some() {
        return Err("an option that does not belong to this command".into());
    }
    Ok(Task::Admin {
        records,
        keys,
        what,
    })
}

const NO_OUTLET: &str = "--outlet CODE is needed";

fn add_operator(name: &str, given: &mut Given) -> Result<Admin, Error> {
    let role = given.role.take().ok_or("--role is needed")?;
    let operator = NewOperator {
        name: name.to_owned(),
        display_name: given.display_name.take().unwrap_or_else(|| name.to_owned()),
        role: word::<Role>(&role)?,
        outlet: given.outlet.take().ok_or(NO_OUTLET)?,
    };
    let password = match given.password_file.take() {
        Some(file) => Password::File(file),
        None => Password::StandardInput,
    };
    Ok(Admin::AddOperator { operator, password })
}

fn word<T: Word>(text: &str) -> Result<T, Error> {
    let wrong = || format!("{text:?} is none of {}", T::WORDS.join(", "));
    T::of_word(text).ok_or_else(|| wrong().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(arguments: &[&str]) -> Result<Records, Error> {
        let arguments = ["etc-backend", "serve", "--demo"].iter().chain(arguments);
        match parse(Parser::from_iter(arguments))? {
            Task::Serve(config) => Ok(config.records),
            _ => Err("not what was asked for".into()),
        }
    }

    #[test]
    fn the_records_are_in_a_folder_or_in_a_database_and_never_in_both() {
        let url = "postgres://desk@db.example/desk";
        let folder = records(&["--data", "d"]);
        assert!(matches!(folder, Ok(Records::Folder(path)) if path.as_os_str() == "d"));
        let database = records(&["--database", url]);
        assert!(matches!(database, Ok(Records::Postgres(found)) if found == url));
        assert!(records(&[]).is_err());
        assert!(records(&["--data", "d", "--database", url]).is_err());
    }

    #[test]
    fn a_password_is_not_taken_from_the_command_line() {
        for url in [
            "postgres://desk:secret@db.example/desk",
            "postgres://desk:a/b@db.example/desk",
            "postgres://db.example/desk?user=desk&password=secret",
        ] {
            assert!(records(&["--database", url]).is_err(), "{url}");
        }
        for url in [
            "postgres://desk@db.example:5432/desk",
            "postgres:///desk?host=/run/postgresql",
            "postgres://desk@[::1]:5432/desk",
        ] {
            assert!(records(&["--database", url]).is_ok(), "{url}");
        }
    }
}
