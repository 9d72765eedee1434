//! A PostgreSQL server of our own, in a fresh folder under the system's temporary one. It is gone
//! when its guard is, and also when we are ended in any other way.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::shell::{Failure, capture, say};
use crate::tools::is_root;

/// For tests: what a crash of the machine would leave is of no interest to them.
pub const NOT_FLUSHED: [(&str, &str); 2] = [("fsync", "off"), ("full_page_writes", "off")];

/// Where Debian keeps the programs of a server, by version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The user that Debian's package makes. A server refuses to run as root.
const USER: &str = "postgres";

/// Makes the database, starts the server, says when it answers, and waits for its standard input to
/// end: that is when our end of it is closed, or we are no more.
const LIFE: &str = r#"
set -e
programs=$1 folder=$2 settings=$3
trap 'rm -rf "$folder"' EXIT
failed() { cat "$folder/log" >&2; exit 1; }
"$programs/initdb" --pgdata "$folder/data" --username postgres --auth trust --encoding UTF8 \
    --locale C --no-sync > "$folder/log" 2>&1 || failed
printf '%s\n' "$settings" >> "$folder/data/postgresql.conf"
"$programs/postgres" -D "$folder/data" > "$folder/log" 2>&1 < /dev/null &
server=$!
until "$programs/pg_isready" --quiet --host "$folder"; do
    kill -0 $server 2> /dev/null || failed
    sleep 0.1
done
echo started
cat > /dev/null
kill -QUIT $server
wait $server || true
"#;

/// A running server. Dropped, it stops and its data are gone.
pub struct Server {
    life: Child,
    /// Open as long as the server is wanted.
    wanted: Option<ChildStdin>,
    folder: PathBuf,
}

/// Starts a server with these settings. It has no password and listens on a socket in a folder that
/// nobody else can open.
pub fn start(settings: &[(&str, &str)]) -> Result<Server, Failure> {
    let programs = programs().ok_or_else(|| Failure::new("there is no PostgreSQL server"))?;
    say("starting PostgreSQL");
    let account = account()?;
    let folder = account.new_folder()?;
    let mut lines = format!(
        "listen_addresses = ''\nunix_socket_directories = '{}'\nmax_connections = 200\n",
        folder.display()
    );
    for (name, value) in settings {
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "{name} = '{value}'");
    }
    let mut shell = account.command("sh");
    shell.args(["-c", LIFE, "sh"]);
    shell.arg(programs).arg(&folder).arg(lines);
    shell.stdin(Stdio::piped()).stdout(Stdio::piped());
    apart(&mut shell);
    let mut life = shell
        .spawn()
        .map_err(|error| Failure::new(format!("cannot start `sh`: {error}")))?;
    let wanted = life.stdin.take();
    let said = life.stdout.take().map(BufReader::new);
    let server = Server {
        life,
        wanted,
        folder,
    };
    let mut line = String::new();
    let heard = said.map(|mut said| said.read_line(&mut line));
    match line.trim() == "started" && matches!(heard, Some(Ok(_))) {
        true => Ok(server),
        false => Err(Failure::new("PostgreSQL did not start")),
    }
}

impl Server {
    /// The URL of its database `postgres`, whose user may do everything. Other databases have their
    /// names in the place of the last word.
    pub fn url(&self) -> String {
        let mut socket = String::new();
        for byte in self.folder.to_string_lossy().bytes() {
            // Writing to a String cannot fail.
            let _ = match byte {
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' => {
                    write!(socket, "{}", char::from(byte))
                }
                other => write!(socket, "%{other:02X}"),
            };
        }
        format!("postgres://postgres@{socket}/postgres")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.wanted.take());
        // Whatever it ends with, it has ended.
        let _ = self.life.wait();
    }
}

/// The folder with a server's programs: one on the search path, else Debian's newest.
pub fn programs() -> Option<PathBuf> {
    let is_whole = |folder: &PathBuf| {
        let wanted = ["initdb", "pg_isready", "postgres"];
        wanted.iter().all(|name| folder.join(name).is_file())
    };
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).find(is_whole);
    on_path.or_else(|| {
        let versions = fs::read_dir(DEBIAN).ok()?.filter_map(Result::ok);
        let folders = versions.map(|version| version.path().join("bin"));
        folders
            .filter(is_whole)
            .max_by_key(|folder| version(folder))
    })
}

/// The version in `…/15/bin`.
fn version(folder: &Path) -> u32 {
    let name = folder.parent().and_then(Path::file_name);
    let number = name.and_then(|name| name.to_str()?.parse().ok());
    number.unwrap_or_default()
}

/// As whom the server runs.
enum Account {
    Ours,
    Theirs { user: u32, group: u32 },
}

fn account() -> Result<Account, Failure> {
    if !is_root() {
        return Ok(Account::Ours);
    }
    let id = |option| {
        let id = capture(Command::new("id").args([option, USER]))?;
        id.trim().parse().ok()
    };
    match (id("-u"), id("-g")) {
        (Some(user), Some(group)) => Ok(Account::Theirs { user, group }),
        _ => Err(Failure::new(format!(
            "PostgreSQL does not run as root, and there is no user `{USER}` to run it"
        ))),
    }
}

impl Account {
    /// A program that runs as this account, in a folder that it can open.
    #[cfg(unix)]
    fn command(&self, program: &str) -> Command {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(program);
        command.current_dir(env::temp_dir());
        if let Self::Theirs { user, group } = self {
            command.uid(*user).gid(*group);
        }
        command
    }

    #[cfg(not(unix))]
    fn command(&self, program: &str) -> Command {
        Command::new(program)
    }

    /// A new folder that only this account can open.
    fn new_folder(&self) -> Result<PathBuf, Failure> {
        let made = capture(self.command("mktemp").arg("-d"));
        let folder = made.map(|path| PathBuf::from(path.trim_end()));
        folder.ok_or_else(|| Failure::new("cannot make a folder for PostgreSQL"))
    }
}

/// Keeps Ctrl-C for us: the server ends when we do.
#[cfg(unix)]
fn apart(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn apart(_: &mut Command) {}
