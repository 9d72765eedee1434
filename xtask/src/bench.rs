//! `cargo xtask bench`: the size of a first visit, per file and per dependency; how many authorisations each
//! database carries; and how long it looks for an application among a million.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::page::{self, WASM_OPT};
use crate::pieces;
use crate::postgres;
use crate::shell::{Failure, cargo, run, say, target_dir};
use crate::tools::{self, Tools};
use crate::wasm;

/// What a first visit loads, compressed, is meant to stay under.
const AIM: usize = 160_000;
/// Past this, something came in that should not have.
const ALARM: usize = 220_000;
/// What a browser loads before somebody can sign in. Pieces of the page come later.
const FIRST_VISIT: [&str; 4] = ["wasm", "js", "css", "html"];
const STANDARD_LIBRARY: [&str; 4] = ["__rustc", "alloc", "core", "std"];

/// Prints what a first visit loads, then what each database carries and finds.
pub fn everything() -> Result<(), Failure> {
    first_visit()?;
    authorisations()?;
    applications()
}

/// Durable authorisations against the bare commits of the same database.
fn authorisations() -> Result<(), Failure> {
    on_both_databases("authorisations")
}

/// Searches among a few applications and among many, each with the index it goes by.
fn applications() -> Result<(), Failure> {
    on_both_databases("applications")
}

/// Runs this program of the tests on an empty database of each kind, as it is flushed in use.
fn on_both_databases(program: &str) -> Result<(), Failure> {
    tools::for_tests()?;
    run(cargo().args(["build", "--workspace", "--bin", program]))?;
    let bench = target_dir().join("debug").join(program);
    let file = target_dir().join("bench.sqlite");
    for left in ["", "-wal", "-shm"] {
        // Nothing there is as good as nothing left.
        let _ = fs::remove_file(format!("{}{left}", file.display()));
    }
    println!();
    println!("SQLite, write-ahead log, flushed at every commit");
    run(Command::new(&bench).arg("sqlite").arg(&file))?;
    println!();
    println!("PostgreSQL, fsync on");
    let server = postgres::start(&[])?;
    run(Command::new(&bench).arg("postgres").arg(server.url()))
}

/// Builds the page and prints what a first visit loads.
fn first_visit() -> Result<(), Failure> {
    let tools = tools::for_page()?;
    page::build_page(&tools)?;
    if !tools.wasm_opt {
        say("without wasm-opt these sizes are larger than those of a release");
    }
    let compressed_module = print_files()?;
    println!();
    print_crates(&tools, compressed_module)
}

/// Prints each file, and returns the compressed size of the module, all pieces together.
fn print_files() -> Result<usize, Failure> {
    let folder = page::page_folder();
    let mut sum = (0, 0);
    let mut later = (0, 0);
    let mut module = 0;
    println!("{:<44}{:>12}{:>12}", "first visit", "bytes", "brotli");
    for file in page::files(&folder)? {
        let Some(extension) = file
            .extension()
            .and_then(|e| e.to_str())
            .filter(|e| FIRST_VISIT.contains(e))
        else {
            continue;
        };
        let bytes = size(&file)?;
        let brotli = size(&file.with_extension(format!("{extension}.br")))?;
        if extension == "wasm" {
            module += brotli;
        }
        if pieces::is_later(&file) {
            later = (later.0 + bytes, later.1 + brotli);
            continue;
        }
        println!(
            "{:<44}{bytes:>12}{brotli:>12}",
            file.strip_prefix(&folder).unwrap_or(&file).display()
        );
        sum = (sum.0 + bytes, sum.1 + brotli);
    }
    let verdict = match sum.1 {
        n if n <= AIM => "within the aim",
        n if n <= ALARM => "past the aim",
        _ => "ALARM: past the alarm",
    };
    println!("{:<44}{:>12}{:>12}", "sum", sum.0, sum.1);
    println!("aim {AIM}, alarm {ALARM}: {verdict}");
    println!(
        "{:<44}{:>12}{:>12}",
        "later, behind the scenes", later.0, later.1
    );
    Ok(module)
}

/// Prints which crate the module's bytes come from. The same module once more, but with the names
/// of its functions, which the shipped one has lost.
fn print_crates(tools: &Tools, compressed: usize) -> Result<(), Failure> {
    let folder = target_dir().join("page").join("named");
    page::bindgen(tools, &page::compile_page()?, &folder, "named")?;
    let file = folder.join("named_bg.wasm");
    if tools.wasm_opt {
        run(tools
            .command("wasm-opt")
            .args(WASM_OPT)
            .arg("--debuginfo")
            .arg(&file)
            .arg("--output")
            .arg(&file))?;
    }
    let bytes = fs::read(&file).map_err(|error| Failure::io(&file, &error))?;
    let module = wasm::read(&bytes)
        .ok_or_else(|| Failure::new(format!("{} is not a WebAssembly module", file.display())))?;

    let mut crates: BTreeMap<&str, usize> = BTreeMap::from([("(data)", module.data)]);
    for (name, size) in &module.functions {
        *crates.entry(crate_of(name)).or_default() += size;
    }
    let all: usize = crates.values().sum();
    let mut rows: Vec<(&str, usize)> = crates.into_iter().collect();
    rows.sort_by_key(|(_, size)| std::cmp::Reverse(*size));

    println!(
        "{:<44}{:>12}{:>12}",
        "crate (all pieces)", "bytes", "of brotli"
    );
    for (name, size) in rows {
        println!("{name:<44}{size:>12}{:>12}", size * compressed / all.max(1));
    }
    println!("Of brotli: the module's compressed size, divided in proportion to the bytes.");
    println!("A function counts for the first crate in its name that is not the standard library;");
    println!("what was inlined counts for the function it went into.");
    Ok(())
}

/// The crate that a function's name speaks of.
fn crate_of(name: &str) -> &str {
    if name.is_empty() {
        return "(no name)";
    }
    let mut standard = false;
    for head in path_heads(name) {
        if !STANDARD_LIBRARY.contains(&head) {
            return head;
        }
        standard = true;
    }
    if standard {
        "(standard library)"
    } else {
        "(glue)"
    }
}

/// The first segment of each path in a name: `a`, `b` of `<a::X as b::Y<c>>::f`.
fn path_heads(name: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    name.match_indices("::").filter_map(move |(at, _)| {
        let before = without_hash(&name[..at]);
        let start = before.rfind(|c| !is_word(c)).map_or(0, |i| i + 1);
        // A head has a word, and no path before it.
        (start < at && !before[..start].ends_with(':')).then(|| &before[start..])
    })
}

/// `core[0123456789abcdef]` is `core` of one compiler version.
fn without_hash(name: &str) -> &str {
    name.strip_suffix(']')
        .and_then(|name| name.rsplit_once('['))
        .map_or(name, |(name, _)| name)
}

fn size(file: &Path) -> Result<usize, Failure> {
    let length = fs::metadata(file)
        .map_err(|error| Failure::io(file, &error))?
        .len();
    // A file too long for the address space cannot be part of a page that was held in memory.
    Ok(usize::try_from(length).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_crate_in_a_name() {
        for (name, expected) in [
            ("etc_app::pages::load::{{closure}}::h0123", "etc_app"),
            ("<etc_app::Row as leptos::IntoView>::into_view", "etc_app"),
            (
                "<alloc::vec::Vec<T> as tachys::view::Render>::build",
                "tachys",
            ),
            (
                "core::ptr::drop_in_place<reactive_graph::Signal<u8>>::h0123",
                "reactive_graph",
            ),
            (
                "<&mut dyn core::fmt::Write as core::fmt::Write>::write_str",
                "(standard library)",
            ),
            (
                "<&dyn core[c5930c85a12de822]::fmt::Debug>::fmt",
                "(standard library)",
            ),
            (
                "<dlmalloc[e24a27700634d609]::Dlmalloc<dlmalloc[e24a27700634d609]::System>>::free",
                "dlmalloc",
            ),
            ("__wbindgen_malloc", "(glue)"),
            ("", "(no name)"),
        ] {
            assert_eq!(crate_of(name), expected, "{name}");
        }
    }
}
