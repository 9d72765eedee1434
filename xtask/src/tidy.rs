//! The rules of the house that can be read off the files. Those that need code (every route has a
//! role, every fault has its texts) are types and tests elsewhere.

use std::fs;
use std::path::{Path, PathBuf};

use crate::page;
use crate::shell::{Failure, say, top};

/// What each crate may depend on, of ours. A crate without a row here is a fault.
const ARROWS: [(&str, &[&str]); 9] = [
    ("apdu-core", &[]),
    ("api", &["apdu-core"]),
    ("app", &["apdu-core", "etc-api"]),
    ("backend", &["apdu-core", "etc-api"]),
    ("fuzz", &["apdu-core"]),
    ("serial-desk", &["apdu-core", "etc-api", "etc-sim"]),
    ("sim", &[]),
    (
        "tests",
        &["apdu-core", "etc-api", "etc-app", "etc-backend", "etc-sim"],
    ),
    ("xtask", &[]),
];
const OURS: [&str; 9] = [
    "apdu-core",
    "etc-api",
    "etc-app",
    "etc-backend",
    "etc-fuzz",
    "etc-sim",
    "etc-tests",
    "serial-desk",
    "xtask",
];

/// Folders at the top in which nothing is ours to keep tidy.
const SKIPPED_FOLDERS: [&str; 4] = [".git", "data", "dist", "target"];
/// Written by programs.
const SKIPPED_FILES: [&str; 1] = ["Cargo.lock"];

const SOURCES: [&str; 6] = ["css", "html", "js", "rs", "sh", "sql"];
const MOST_LINES: usize = 800;

/// Each is written in two pieces, because these rules hold for this file too.
const MARKERS: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];
const MARKERS_IN_RUST: [&str; 4] = [
    concat!("todo", "!"),
    concat!("unimplemented", "!"),
    concat!("dbg", "!"),
    concat!("#[", "ignore]"),
];
/// Places that exist on one machine only.
const PLACES: [&str; 4] = [
    concat!("/", "home/"),
    concat!("/", "root/"),
    concat!("/", "Users/"),
    concat!("/", "work/"),
];
/// Registry hosts: which one is used is the business of the machine.
const HOSTS: [&str; 5] = [
    concat!("static.crates", ".io"),
    concat!("index.crates", ".io"),
    concat!("registry.npm", "js.org"),
    concat!("deb.deb", "ian.org"),
    concat!("files.python", "hosted.org"),
];
/// Names that say nothing about what is in a file.
const EMPTY_NAMES: [&str; 5] = ["helper", "helpers", "misc", "util", "utils"];

/// The virtual devices' entry point, which no production bundle may contain.
const VIRTUAL_DEVICES: &str = "etc-sim-cards";

/// Checks the checkout and, where there is one, the built page.
pub fn check() -> Result<(), Failure> {
    check_sources()?;
    check_bundle(&page::page_folder())
}

/// Checks the files of the checkout.
pub fn check_sources() -> Result<(), Failure> {
    judge(faults(top())?)
}

/// Checks that the page as built brings no virtual device along.
pub fn check_bundle(folder: &Path) -> Result<(), Failure> {
    judge(bundle_faults(folder)?)
}

fn judge(faults: Vec<Fault>) -> Result<(), Failure> {
    for fault in &faults {
        say(fault.line());
    }
    match faults.len() {
        0 => Ok(()),
        n => Err(Failure::new(format!("tidy: {n} to put right"))),
    }
}

/// One breach of one rule.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    file: String,
    /// From 1; 0 where it concerns the file as a whole.
    line: usize,
    rule: String,
}

impl Fault {
    fn line(&self) -> String {
        match self.line {
            0 => format!("{}: {}", self.file, self.rule),
            line => format!("{}:{line}: {}", self.file, self.rule),
        }
    }
}

/// A text file of the checkout.
struct Text {
    /// From the top, with forward slashes.
    name: String,
    text: String,
}

impl Text {
    fn extension(&self) -> &str {
        self.name
            .rsplit_once('.')
            .map_or("", |(_, extension)| extension)
    }

    fn is_in(&self, folder: &str) -> bool {
        self.name
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
    }

    fn fault(&self, line: usize, rule: impl Into<String>) -> Fault {
        Fault {
            file: self.name.clone(),
            line,
            rule: rule.into(),
        }
    }

    /// One fault for each line that the test finds bad.
    fn bad_lines(&self, rule: &str, bad: impl Fn(&str) -> bool) -> Vec<Fault> {
        let lines = self.text.split('\n').enumerate();
        lines
            .filter(|(_, line)| bad(line))
            .map(|(i, _)| self.fault(i + 1, rule))
            .collect()
    }
}

fn faults(top: &Path) -> Result<Vec<Fault>, Failure> {
    let mut faults = Vec::new();
    for file in checked_files(top, &SKIPPED_FOLDERS)? {
        let name = file
            .strip_prefix(top)
            .unwrap_or(&file)
            .to_string_lossy()
            .replace('\\', "/");
        let bytes = fs::read(&file).map_err(|error| Failure::io(&file, &error))?;
        // What is no text, such as a picture or a font, has no lines to check.
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        let file = Text { name, text };
        faults.extend(check_text(&file));
        faults.extend(check_leftovers(&file));
        faults.extend(check_layers(&file));
        faults.extend(check_arrows(&file));
    }
    Ok(faults)
}

fn checked_files(folder: &Path, skipped: &[&str]) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut found = Vec::new();
    for entry in entries.map_err(|error| Failure::io(folder, &error))? {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && !skipped.contains(&name.as_str()) {
            found.extend(checked_files(&path, &[])?);
        } else if path.is_file() && !SKIPPED_FILES.contains(&name.as_str()) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// How any text looks.
fn check_text(file: &Text) -> Vec<Fault> {
    let mut faults = file.bad_lines("control character", |line| line.chars().any(is_control));
    faults.extend(file.bad_lines("white space at the end", |line| line.ends_with([' ', '\t'])));
    if file.extension() == "rs" {
        faults.extend(file.bad_lines("tab", |line| line.contains('\t')));
    }
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        faults.push(file.fault(0, "no newline at the end"));
    }
    let lines = file.text.lines().count();
    if SOURCES.contains(&file.extension()) && lines > MOST_LINES {
        faults.push(file.fault(0, format!("{lines} lines; {MOST_LINES} is the most")));
    }
    faults
}

/// Also those that turn the reading direction or cannot be seen: they make code read as it is not.
fn is_control(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// What was left lying about.
fn check_leftovers(file: &Text) -> Vec<Fault> {
    let mut faults = Vec::new();
    for marker in MARKERS {
        faults.extend(file.bad_lines(&format!("leftover {marker}"), |line| names(line, marker)));
    }
    if file.extension() == "rs" {
        for marker in MARKERS_IN_RUST {
            faults
                .extend(file.bad_lines(&format!("leftover {marker}"), |line| names(line, marker)));
        }
    }
    for place in PLACES {
        let rule = format!("{place} is a place on one machine");
        faults.extend(file.bad_lines(&rule, |line| names(line, place)));
    }
    for host in HOSTS {
        faults.extend(
            file.bad_lines(&format!("{host} is a registry's host"), |line| {
                names(line, host)
            }),
        );
    }
    let stem = Path::new(&file.name)
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    let folder = Path::new(&file.name)
        .parent()
        .and_then(|folder| folder.file_name()?.to_str())
        .unwrap_or_default();
    if file.extension() == "rs" && [stem, folder].iter().any(|name| EMPTY_NAMES.contains(name)) {
        faults.push(file.fault(0, "a name that says nothing about what is in it"));
    }
    faults
}

/// Which layer may name what.
fn check_layers(file: &Text) -> Vec<Fault> {
    if file.extension() != "rs" {
        return Vec::new();
    }
    let mut faults = Vec::new();
    if file.name == "apdu-core/src/lib.rs" && !file.text.lines().any(|line| line == "#![no_std]") {
        faults.push(file.fault(0, "apdu-core is #![no_std]"));
    }
    if file.is_in("app/src/pages") && names_module(&file.text, "apdu_core", "apdu") {
        faults.push(file.fault(0, "a page never builds an APDU"));
    }
    if file.is_in("backend/src/ledger") {
        for foreign in ["sqlx", "axum"] {
            let rule = format!("the ledger knows nothing of {foreign}");
            faults.extend(file.bad_lines(&rule, |line| names(code(line), foreign)));
        }
    }
    if file.is_in("backend") && !file.is_in("backend/src/keys") {
        let uses_cipher = |line: &str| names(code(line), "des::") || names(code(line), "use des");
        faults.extend(file.bad_lines("only backend/src/keys names the cipher", uses_cipher));
    }
    if (file.is_in("app/src") && !file.is_in("app/src/i18n"))
        || (file.is_in("api/src") && !is_catalogue(file))
    {
        let tests = file
            .text
            .lines()
            .position(|line| line.trim() == "#[cfg(test)]")
            .unwrap_or(usize::MAX);
        let chinese = file.bad_lines("Chinese text belongs in a catalogue", |line| {
            code(line).chars().any(is_han)
        });
        faults.extend(chinese.into_iter().filter(|fault| fault.line <= tests));
    }
    faults
}

/// The fault catalogue of `api`: a file or folder with a name like `faults`.
fn is_catalogue(file: &Text) -> bool {
    file.name.starts_with("api/src/fault")
}

/// Which crate may know which.
fn check_arrows(file: &Text) -> Vec<Fault> {
    let Some(folder) = file.name.strip_suffix("/Cargo.toml") else {
        return Vec::new();
    };
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == folder) else {
        return vec![file.fault(0, "a crate for which no rule says what it may depend on")];
    };
    let Ok(manifest) = file.text.parse::<toml::Table>() else {
        return vec![file.fault(0, "cannot be read as TOML")];
    };
    let foreign = dependencies(&manifest)
        .into_iter()
        .filter(|name| OURS.contains(&name.as_str()));
    foreign
        .filter(|name| !allowed.contains(&name.as_str()))
        .map(|name| file.fault(0, format!("may not depend on {name}")))
        .collect()
}

/// The packages a manifest names in any table of dependencies, for any target.
fn dependencies(manifest: &toml::Table) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in manifest {
        let Some(table) = value.as_table() else {
            continue;
        };
        match key.as_str() {
            "dependencies" | "dev-dependencies" | "build-dependencies" => {
                found.extend(table.iter().map(|(name, entry)| {
                    entry
                        .get("package")
                        .and_then(toml::Value::as_str)
                        .unwrap_or(name)
                        .to_owned()
                }));
            }
            "target" => {
                found.extend(
                    table
                        .values()
                        .filter_map(toml::Value::as_table)
                        .flat_map(dependencies),
                );
            }
            _ => {}
        }
    }
    found
}

fn bundle_faults(folder: &Path) -> Result<Vec<Fault>, Failure> {
    let mut faults = Vec::new();
    for file in page::files(folder)? {
        let bytes = fs::read(&file).map_err(|error| Failure::io(&file, &error))?;
        let needle = VIRTUAL_DEVICES.as_bytes();
        if bytes.windows(needle.len()).any(|window| window == needle) {
            let file = file.display().to_string();
            faults.push(Fault {
                file,
                line: 0,
                rule: "a virtual device in the production bundle".into(),
            });
        }
    }
    Ok(faults)
}

/// Whether a line has this in it, not as a part of a longer word.
fn names(line: &str, what: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(what).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_some_and(is_word);
        let after = line[at + what.len()..].chars().next().is_some_and(is_word);
        !(before || after && what.ends_with(is_word))
    })
}

/// Whether a Rust text names a module of a crate, alone or in a list: `a::m`, `use a::{b, m::C}`.
fn names_module(text: &str, krate: &str, module: &str) -> bool {
    let code: String = text
        .lines()
        .map(code)
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ");
    let code = code.replace(" ::", "::").replace(":: ", "::");
    code.match_indices(&format!("{krate}::")).any(|(at, path)| {
        let rest = &code[at + path.len()..];
        match rest.strip_prefix('{') {
            Some(list) => first_words(list).contains(&module),
            None => first_word(rest) == module,
        }
    })
}

/// The first word of each entry of a `use` list, up to the brace that closes it.
fn first_words(list: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut words = vec![first_word(list)];
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => words.push(first_word(&list[at + 1..])),
            _ => {}
        }
    }
    words
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()
        .unwrap_or_default()
}

/// A line of Rust without its comment. It may cut a string short that has two slashes in it, which
/// only ever overlooks something.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{303F}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{FF00}'..='\u{FFEF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules that one file breaks, as `line rule`.
    fn broken(name: &str, text: &str) -> Vec<String> {
        let file = Text {
            name: name.into(),
            text: text.into(),
        };
        let checks = [check_text, check_leftovers, check_layers, check_arrows];
        let faults = checks.iter().flat_map(|check| check(&file));
        faults
            .map(|fault| format!("{} {}", fault.line, fault.rule))
            .collect()
    }

    #[test]
    fn walks_a_tree_and_leaves_out_what_is_not_ours() {
        let top = std::env::temp_dir().join(format!("xtask-tidy-{}", std::process::id()));
        let write = |name: &str, bytes: &[u8]| {
            let path = top.join(name);
            fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a folder");
            fs::write(path, bytes).expect("a file");
        };
        write("sim/src/lib.rs", b"fn f() {}\t\n");
        write("target/debug/made.rs", b"\t");
        write(".git/made", b"\t ");
        write("Cargo.lock", b"made ");
        write("public/picture.png", &[0x89, 0x50, 0xFF, 0x20]);
        write("docs/a.md", b"fine\n");
        let found = faults(&top);
        let bundle = bundle_faults(&top.join("nowhere"));
        fs::remove_dir_all(&top).expect("the folder was made above");
        let found: Vec<String> = found
            .expect("a readable tree")
            .iter()
            .map(Fault::line)
            .collect();
        assert_eq!(
            found,
            [
                "sim/src/lib.rs:1: white space at the end",
                "sim/src/lib.rs:1: tab"
            ]
        );
        assert_eq!(bundle.expect("no folder is no fault"), []);
    }

    #[test]
    fn finds_virtual_devices_in_a_bundle() {
        let folder = std::env::temp_dir().join(format!("xtask-bundle-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("a.wasm"), b"\0asm etc-sim-cards \xFF").expect("a file");
        fs::write(folder.join("b.js"), b"VirtualBen").expect("a file");
        let found = bundle_faults(&folder);
        fs::remove_dir_all(&folder).expect("the folder was made above");
        assert_eq!(found.expect("a readable folder").len(), 1);
    }

    #[test]
    fn text_is_clean() {
        assert_eq!(broken("a.md", "a\tb\n"), [""; 0]);
        assert_eq!(
            broken("a.md", "a\r\nb \n\u{7}"),
            [
                "1 control character",
                "3 control character",
                "2 white space at the end",
                "0 no newline at the end"
            ]
        );
        assert_eq!(broken("a.rs", "// \u{202E}x\n"), ["1 control character"]);
        assert_eq!(
            broken("a.css", &"a\n".repeat(801)),
            ["0 801 lines; 800 is the most"]
        );
        assert_eq!(broken("a.csv", &"a\n".repeat(801)), [""; 0]);
    }

    #[test]
    fn nothing_is_left_over() {
        for marker in MARKERS.iter().chain(&MARKERS_IN_RUST) {
            assert_eq!(
                broken("a.rs", &format!("a\n{marker} b\n")),
                [format!("2 leftover {marker}")]
            );
        }
        assert_eq!(
            broken("a.rs", &format!("#[{} = \"needs a card\"]\n", "ignore")),
            [""; 0]
        );
        assert_eq!(
            broken("a.md", &format!("card number {}X\n", MARKERS[2])),
            [""; 0]
        );
        for place in PLACES {
            assert_eq!(broken("a.toml", &format!("dir = \"{place}x\"\n")).len(), 1);
            assert_eq!(broken("a.toml", &format!("dir = \"a{place}x\"\n")), [""; 0]);
        }
        for host in HOSTS {
            assert_eq!(broken("a.sh", &format!("ping {host}\n")).len(), 1);
        }
        assert_eq!(broken("sim/src/utils.rs", "").len(), 1);
        assert_eq!(broken("sim/src/misc/mod.rs", "").len(), 1);
    }

    #[test]
    fn layers_name_only_what_they_may() {
        assert_eq!(broken("apdu-core/src/lib.rs", "//! A core.\n").len(), 1);
        assert_eq!(
            broken("apdu-core/src/lib.rs", "//! A core.\n#![no_std]\n"),
            [""; 0]
        );

        let page = "app/src/pages/load.rs";
        assert_eq!(broken(page, "use apdu_core::apdu::Command;\n").len(), 1);
        assert_eq!(
            broken(
                page,
                "use apdu_core::{\n    flow::{a, apdu},\n    apdu,\n};\n"
            )
            .len(),
            1
        );
        assert_eq!(
            broken(
                page,
                "use apdu_core::{flow::{a, apdu}, apdus};\n// apdu_core::apdu\n"
            ),
            [""; 0]
        );
        assert_eq!(
            broken("app/src/devices/usb.rs", "use apdu_core::apdu;\n"),
            [""; 0]
        );

        assert_eq!(
            broken("backend/src/ledger/load.rs", "use sqlx::Row;\n").len(),
            1
        );
        assert_eq!(
            broken("backend/src/ledger.rs", "fn f(a: axum::Json) {}\n").len(),
            1
        );
        assert_eq!(
            broken(
                "backend/src/ledger/load.rs",
                "// axum and sqlx are elsewhere\n"
            ),
            [""; 0]
        );
        assert_eq!(
            broken("backend/src/store/mod.rs", "use sqlx::Row;\n"),
            [""; 0]
        );

        assert_eq!(
            broken("backend/src/desk/load.rs", "use des::TdesEde2;\n").len(),
            1
        );
        assert_eq!(
            broken("backend/src/keys/soft.rs", "use des::TdesEde2;\n"),
            [""; 0]
        );
        assert_eq!(
            broken(
                "backend/src/desk/load.rs",
                "let modes::A = descriptions::B;\n"
            ),
            [""; 0]
        );
    }

    #[test]
    fn chinese_text_is_in_the_catalogues() {
        assert_eq!(
            broken("app/src/pages/load.rs", "let a = \"圈存\";\n").len(),
            1
        );
        assert_eq!(
            broken(
                "app/src/pages/load.rs",
                "// 圈存\n#[cfg(test)]\nlet a = \"圈存\";\n"
            ),
            [""; 0]
        );
        assert_eq!(broken("app/src/i18n/zh.rs", "let a = \"圈存\";\n"), [""; 0]);
        assert_eq!(broken("api/src/faults.rs", "let a = \"圈存\";\n"), [""; 0]);
        assert_eq!(broken("api/src/load.rs", "let a = \"，\";\n").len(), 1);
        assert_eq!(broken("sim/src/card.rs", "let a = \"京A\";\n"), [""; 0]);
    }

    #[test]
    fn arrows_run_one_way() {
        assert_eq!(
            broken(
                "app/Cargo.toml",
                "[dependencies]\napdu-core.workspace = true\netc-api = {}\n"
            ),
            [""; 0]
        );
        assert_eq!(
            broken(
                "app/Cargo.toml",
                "[dev-dependencies]\netc-sim = { workspace = true }\n"
            ),
            ["0 may not depend on etc-sim"]
        );
        assert_eq!(
            broken(
                "sim/Cargo.toml",
                "[target.'cfg(unix)'.dependencies]\na = { package = \"apdu-core\" }\n"
            ),
            ["0 may not depend on apdu-core"]
        );
        assert_eq!(
            broken(
                "xtask/Cargo.toml",
                "[dependencies.etc-api]\nworkspace = true\n"
            ),
            ["0 may not depend on etc-api"]
        );
        assert_eq!(broken("extra/Cargo.toml", "").len(), 1);
        assert_eq!(
            broken("Cargo.toml", "[workspace.dependencies]\netc-sim = {}\n"),
            [""; 0]
        );
    }
}
