//! `cargo xtask fuzz`: libFuzzer over the targets of `fuzz/`, with the stable compiler.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{Failure, capture, cargo, run, say, target_dir, top};

/// What libFuzzer wants to know of each run: which edges it took and what it compared.
const COVERAGE: [&str; 8] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cdebug-assertions",
    "-Cdebuginfo=1",
];

/// Looks for inputs that break a property, for so many seconds in each target or in the one named.
pub fn look(seconds: u32, only: Option<&str>) -> Result<(), Failure> {
    let mut targets = targets()?;
    if let Some(name) = only {
        targets.retain(|target| target == name);
        if targets.is_empty() {
            return Err(Failure::new(format!("fuzz/corpus has no {name}.hex")));
        }
    }
    let program = build()?;
    say(format!("{seconds} s for each of {} targets", targets.len()));
    for target in targets {
        run_target(&program, &target, seconds)?;
    }
    Ok(())
}

/// The names of the targets: each has its corpus.
fn targets() -> Result<Vec<String>, Failure> {
    let files = crate::page::files(&corpus())?;
    let names = files.iter().filter_map(|file| file.file_stem()?.to_str());
    Ok(names.map(str::to_owned).collect())
}

fn corpus() -> PathBuf {
    top().join("fuzz").join("corpus")
}

/// Where the program is built, and where it keeps what it found.
fn folder() -> PathBuf {
    target_dir().join("fuzz")
}

/// Compiles the targets with libFuzzer; returns the program.
fn build() -> Result<PathBuf, Failure> {
    let compiler = env::var_os("CXX").unwrap_or_else(|| "c++".into());
    if capture(Command::new(&compiler).arg("--version")).is_none() {
        return Err(Failure::new(format!(
            "libFuzzer is written in C++ and there is no `{}`: please install a C++ compiler \
             (Debian: g++), or name yours in CXX",
            Path::new(&compiler).display()
        )));
    }
    let host = capture(Command::new("rustc").arg("-vV").current_dir(top()))
        .and_then(|version| Some(version.split_once("host: ")?.1.lines().next()?.to_owned()))
        .ok_or_else(|| Failure::new("rustc does not say for which machine it compiles"))?;
    let mut build = cargo();
    build.args(["build", "--release", "--package", "etc-fuzz"]);
    build.args(["--bin", "libfuzzer", "--features", "libfuzzer"]);
    // With a target named, build scripts are compiled as ever.
    build
        .args(["--target", &host])
        .arg("--target-dir")
        .arg(folder());
    run(build.env("RUSTFLAGS", COVERAGE.join(" ")))?;
    Ok(folder().join(host).join("release").join("libfuzzer"))
}

/// Runs one target. What it finds interesting stays in `target/fuzz/corpus` for the next time, and what
/// libFuzzer says in `target/fuzz/NAME.log`.
fn run_target(program: &Path, target: &str, seconds: u32) -> Result<(), Failure> {
    let found = folder().join("corpus").join(target);
    let seeds = folder().join("seeds").join(target);
    for folder in [&found, &seeds] {
        fs::create_dir_all(folder).map_err(|error| Failure::io(folder, &error))?;
    }
    write_seeds(&corpus().join(format!("{target}.hex")), &seeds)?;
    let log = folder().join(format!("{target}.log"));
    let broken = folder().join(format!("{target}.input"));
    let ended = run(Command::new(program)
        .args([&found, &seeds])
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-exact_artifact_path={}", broken.display()))
        .args(["-timeout=10", "-print_final_stats=1"])
        .stderr(File::create(&log).map_err(|error| Failure::io(&log, &error))?)
        .env("ETC_FUZZ", target));
    let said = fs::read_to_string(&log).map_err(|error| Failure::io(&log, &error))?;
    if ended.is_err() {
        eprintln!("{said}");
        if let Ok(input) = fs::read(&broken) {
            let hex: String = input.iter().map(|byte| format!("{byte:02X}")).collect();
            say(format!(
                "a test, as a line of fuzz/corpus/{target}.hex: {hex}"
            ));
        }
    } else {
        let tried = statistic(&said, "number_of_executed_units").unwrap_or("?");
        let kept = statistic(&said, "new_units_added").unwrap_or("?");
        say(format!(
            "{target}: {tried} inputs, {kept} of them reached new code"
        ));
    }
    ended
}

/// A number of libFuzzer's, from a line `stat::NAME: NUMBER`.
fn statistic<'a>(said: &'a str, name: &str) -> Option<&'a str> {
    let lines = said.lines().filter_map(|line| line.strip_prefix("stat::"));
    let mut numbers = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    numbers.next().map(str::trim)
}

/// Writes each line of a corpus as a file of its own, as libFuzzer wants it.
fn write_seeds(corpus: &Path, folder: &Path) -> Result<(), Failure> {
    let text = fs::read_to_string(corpus).map_err(|error| Failure::io(corpus, &error))?;
    for (line, bytes) in seeds(&text) {
        let bytes = bytes
            .ok_or_else(|| Failure::new(format!("{}:{line}: not hexadecimal", corpus.display())))?;
        let file = folder.join(line.to_string());
        fs::write(&file, bytes).map_err(|error| Failure::io(&file, &error))?;
    }
    Ok(())
}

/// The inputs of a corpus by their line; `None` for one that is not hexadecimal.
fn seeds(text: &str) -> impl Iterator<Item = (usize, Option<Vec<u8>>)> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let (hex, _) = line.split_once('#').unwrap_or((line, ""));
        let hex = hex.replace(' ', "");
        (!hex.is_empty()).then(|| (index + 1, decode(&hex)))
    })
}

fn decode(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.chars().map(|digit| digit.to_digit(16));
    let digits: Vec<u32> = digits.collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks();
    let bytes = pairs.iter().map(|[high, low]| (high << 4 | low) as u8);
    rest.is_empty().then(|| bytes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corpus_is_read_line_by_line() {
        let text = "# what it is\n\n90 00 # done\n6\n+1\n";
        let expected = [(3, Some(vec![0x90, 0x00])), (4, None), (5, None)];
        assert_eq!(seeds(text).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_statistic_is_found_among_what_libfuzzer_says() {
        let said = "INFO: stat\nstat::new_units_added:          17\nstat::peak_rss_mb: 28\n";
        assert_eq!(statistic(said, "new_units_added"), Some("17"));
        assert_eq!(statistic(said, "new_units"), None);
    }
}
