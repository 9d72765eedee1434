//! `cargo xtask coverage`: how much of the engine its tests reach, with the stable compiler.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::shell::{Failure, run, target_dir, top};
use crate::tools;

/// What is measured, from the top of the checkout: a folder, or a module of one file.
const MEASURED: [&str; 2] = ["apdu-core/src/ccid", "apdu-core/src/t1"];
/// How much of it has to be reached, in per cent.
const LEAST: usize = 95;
/// What runs: the unit tests of the engine, and the host against the virtual reader.
const TESTS: [&[&str]; 2] = [
    &["--package", "apdu-core", "--lib"],
    &["--package", "etc-tests", "--test", "reader"],
];

/// What there is, and how much of it was reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Share {
    reached: usize,
    all: usize,
}

/// Lines and regions of a file without its tests. A region is a stretch of code without a branch in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Covered {
    lines: Share,
    regions: Share,
}

/// Runs the tests and prints what they reached; fails where it is too little.
pub fn measure() -> Result<(), Failure> {
    let tools = tools::for_coverage()?;
    let llvm_cov = |arguments: &[&str]| {
        let mut command = tools.command("cargo-llvm-cov");
        command.arg("llvm-cov").args(arguments);
        command
    };
    for tests in TESTS {
        run(llvm_cov(&["--no-report"]).args(tests))?;
    }
    let report = |form: &str| {
        let file = target_dir().join("coverage");
        run(llvm_cov(&["report", form, "--output-path"]).arg(&file))?;
        fs::read_to_string(&file).map_err(|error| Failure::io(&file, &error))
    };
    let mut files = BTreeMap::new();
    add_lines(&mut files, &report("--lcov")?);
    add_regions(&mut files, &report("--json")?)?;
    judge(&files)
}

/// Prints a row for each file and one for all.
fn judge(files: &BTreeMap<String, Covered>) -> Result<(), Failure> {
    let mut all = Covered::default();
    println!("{:>8} {:>8}", "lines", "regions");
    for (file, covered) in files {
        println!("{covered}  {file}");
        all.lines.add(covered.lines);
        all.regions.add(covered.regions);
    }
    println!("{all}  all");
    if all.lines.is_enough() && all.regions.is_enough() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "less than {LEAST} % is reached by tests"
    )))
}

/// Adds the lines of an LCOV report: `SF:` names a file, `DA:` a line and how often it ran.
fn add_lines(files: &mut BTreeMap<String, Covered>, lcov: &str) {
    let mut file = None;
    for record in lcov.lines() {
        if let Some(path) = record.strip_prefix("SF:") {
            file = Measured::file(path);
        }
        let (Some(file), Some(data)) = (&file, record.strip_prefix("DA:")) else {
            continue;
        };
        let mut numbers = data
            .split(',')
            .map_while(|number| number.parse::<usize>().ok());
        if let (Some(line), Some(count)) = (numbers.next(), numbers.next())
            && line < file.tests
        {
            files
                .entry(file.name.clone())
                .or_default()
                .lines
                .count(count > 0);
        }
    }
}

/// Adds the regions of an export in JSON. A generic function has each of its regions once per instance, a
/// region is reached if one of them is.
fn add_regions(files: &mut BTreeMap<String, Covered>, json: &str) -> Result<(), Failure> {
    let export: Value = serde_json::from_str(json)
        .map_err(|error| Failure::new(format!("what llvm-cov exports: {error}")))?;
    let mut regions = BTreeMap::new();
    let functions = export["data"][0]["functions"].as_array();
    for function in functions.into_iter().flatten() {
        let Some(file) = function["filenames"][0].as_str().and_then(Measured::file) else {
            continue;
        };
        for region in function["regions"].as_array().into_iter().flatten() {
            // Line and column of start and end, count, two files, and the kind: 0 is code.
            let number = |at: usize| region[at].as_u64().unwrap_or_default();
            if number(7) == 0 && number(0) < file.tests as u64 {
                let place = [number(0), number(1), number(2), number(3)];
                *regions.entry((file.name.clone(), place)).or_default() |= number(4) > 0;
            }
        }
    }
    for ((file, _), reached) in regions {
        files.entry(file).or_default().regions.count(reached);
    }
    Ok(())
}

/// A file that is measured.
struct Measured {
    /// From the top, with forward slashes.
    name: String,
    /// The line its tests begin in.
    tests: usize,
}

impl Measured {
    fn file(path: &str) -> Option<Self> {
        let name = std::path::Path::new(path).strip_prefix(top()).ok()?;
        let name = name.to_string_lossy().replace('\\', "/");
        let is_measured = MEASURED.iter().any(|place| {
            let rest = name.strip_prefix(place);
            rest.is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
        });
        if !is_measured || name.ends_with("/tests.rs") || name.contains("/tests/") {
            return None;
        }
        let tests = tests_begin(&fs::read_to_string(path).ok()?);
        Some(Self { name, tests })
    }
}

/// The line in which the tests of a file begin; the last thing in it.
fn tests_begin(source: &str) -> usize {
    let mut lines = source.lines();
    let found = lines.position(|line| line == "#[cfg(test)]");
    found.map_or(usize::MAX, |index| index + 1)
}

impl Share {
    fn count(&mut self, reached: bool) {
        self.all += 1;
        self.reached += usize::from(reached);
    }

    fn add(&mut self, other: Self) {
        self.all += other.all;
        self.reached += other.reached;
    }

    fn is_enough(self) -> bool {
        self.all > 0 && self.reached * 100 >= self.all * LEAST
    }

    fn per_cent(self) -> f64 {
        100.0 * self.reached as f64 / self.all.max(1) as f64
    }
}

impl std::fmt::Display for Covered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (lines, regions) = (self.lines.per_cent(), self.regions.per_cent());
        write!(f, "{lines:>6.2} % {regions:>6.2} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_of_a_file_are_not_measured() {
        assert_eq!(tests_begin("fn f() {}\n\n#[cfg(test)]\nmod tests {}\n"), 3);
        assert_eq!(tests_begin("fn f() {}\n"), usize::MAX);
        let path = |name: &str| top().join(name).display().to_string();
        assert!(Measured::file(&path("apdu-core/src/ccid/message.rs")).is_some());
        for other in [
            "apdu-core/src/ccid/session/tests.rs",
            "apdu-core/src/apdu.rs",
        ] {
            assert!(Measured::file(&path(other)).is_none(), "{other}");
        }
    }

    #[test]
    fn lines_and_regions_are_counted_once() {
        let path = top()
            .join("apdu-core/src/ccid/mod.rs")
            .display()
            .to_string();
        let mut files = BTreeMap::new();
        add_lines(
            &mut files,
            &format!("SF:{path}\nDA:1,7\nDA:2,0\nend_of_record\nSF:a\nDA:1,0\n"),
        );
        let region = |count: u64, kind: u64| format!("[1,1,2,3,{count},0,0,{kind}]");
        let function =
            |regions: String| format!("{{\"filenames\":[{path:?}],\"regions\":[{regions}]}}");
        let functions = [region(0, 0), region(3, 0), region(0, 2)]
            .map(function)
            .join(",");
        let json = format!("{{\"data\":[{{\"functions\":[{functions}]}}]}}");
        add_regions(&mut files, &json).expect("JSON");
        let expected = Covered {
            lines: Share { reached: 1, all: 2 },
            regions: Share { reached: 1, all: 1 },
        };
        assert_eq!(files.into_values().collect::<Vec<_>>(), [expected]);
    }

    #[test]
    fn less_than_the_least_is_not_enough_and_nothing_is_neither() {
        assert!(
            Share {
                reached: 95,
                all: 100
            }
            .is_enough()
        );
        assert!(
            !Share {
                reached: 949,
                all: 1_000
            }
            .is_enough()
        );
        assert!(!Share::default().is_enough());
    }
}
