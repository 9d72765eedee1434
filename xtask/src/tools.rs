//! What gets installed, and how. What is there already, in the version wanted, stays as it is.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::postgres;
use crate::shell::{Failure, capture, cargo, run, say, target_dir, top};

const WASM_TARGET: &str = "wasm32-unknown-unknown";
const TRUNK: &str = "0.21.14";
const BINARYEN: &str = "132";
const LLVM_COV: &str = "0.9.1";
/// Older ones do not know the WebAssembly features that the compiler uses.
const OLDEST_WASM_OPT: u32 = 120;

/// What only the tests need: what is looked for, and the Debian package that brings it.
const FOR_TESTS: [(Wanted, &str); 5] = [
    (
        Wanted::AnyProgram(&["chromium", "chromium-browser", "google-chrome"]),
        "chromium",
    ),
    (Wanted::AnyProgram(&["chromedriver"]), "chromium-driver"),
    (Wanted::AnyProgram(&["fc-list"]), "fontconfig"),
    (Wanted::ChineseFont, "fonts-noto-cjk"),
    (Wanted::PostgresServer, "postgresql"),
];

#[derive(Clone, Copy)]
enum Wanted {
    AnyProgram(&'static [&'static str]),
    ChineseFont,
    PostgresServer,
}

/// The tools that make the page, ready to be called.
pub struct Tools {
    /// The search path on which the right versions come first.
    path: OsString,
    /// Whether `wasm-opt` is there; without it the page works, but is larger.
    pub wasm_opt: bool,
    /// Everything about the tools that shows in what they make.
    pub versions: String,
}

impl Tools {
    /// A call of one of the tools, at the top of the checkout.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(top()).env("PATH", &self.path);
        // Trunk takes only "true" and "false" for it and stops at the customary "1".
        command.env_remove("NO_COLOR");
        command
    }
}

impl Tools {
    /// Where a tool is.
    pub fn find(&self, program: &str) -> Result<PathBuf, Failure> {
        let found = env::split_paths(&self.path).map(|folder| folder.join(program));
        let mut found = found.filter(|file| file.is_file());
        found
            .next()
            .ok_or_else(|| Failure::new(format!("{program} is not on the search path")))
    }

    /// The search path with another folder before all others.
    pub fn path_after(&self, first: &Path) -> Result<OsString, Failure> {
        let folders = [first.to_owned()].into_iter();
        env::join_paths(folders.chain(env::split_paths(&self.path)))
            .map_err(|error| Failure::new(format!("PATH: {error}")))
    }
}

/// Installs what the page needs.
pub fn for_page() -> Result<Tools, Failure> {
    add_wasm_target()?;
    let path = search_path()?;
    let bindgen = wasm_bindgen_version()?;
    install(
        "trunk",
        "trunk",
        TRUNK,
        &["--locked", "--no-default-features", "--features", "rustls"],
        &path,
    )?;
    // Without --locked: its lock names a version of a dependency that cannot be had everywhere.
    install("wasm-bindgen", "wasm-bindgen-cli", &bindgen, &[], &path)?;
    let wasm_opt = add_wasm_opt(&path);
    let rustc =
        capture(Command::new("rustc").arg("--version").current_dir(top())).unwrap_or_default();
    Ok(Tools {
        versions: format!("{rustc}trunk {TRUNK}\nwasm-bindgen {bindgen}\nwasm-opt {wasm_opt:?}\n"),
        wasm_opt: wasm_opt.is_some(),
        path,
    })
}

/// Installs what only the tests need, where that can be done; else says what is missing.
pub fn for_tests() -> Result<(), Failure> {
    let missing: Vec<&str> = FOR_TESTS
        .iter()
        .filter(|(wanted, _)| !is_there(*wanted))
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !(is_root() && find("apt-get").is_some()) {
        for package in &missing {
            say(format!(
                "the tests need what Debian calls `{package}`: please install it"
            ));
        }
        return Err(Failure::new("the tests cannot run yet"));
    }
    say(format!("installing {}", missing.join(", ")));
    let apt = || {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet");
        apt
    };
    run(apt().arg("update"))?;
    run(apt()
        .args(["install", "--yes", "--no-install-recommends"])
        .args(&missing))
}

/// The tools that measure coverage, ready to be called.
pub struct CoverageTools(OsString);

impl CoverageTools {
    /// A call of one of the tools, at the top of the checkout.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(top()).env("PATH", &self.0);
        command
    }
}

/// Installs what measures coverage: the compiler's LLVM tools, and who calls them.
pub fn for_coverage() -> Result<CoverageTools, Failure> {
    add_llvm_tools()?;
    let path = search_path()?;
    install(
        "cargo-llvm-cov llvm-cov",
        "cargo-llvm-cov",
        LLVM_COV,
        &["--locked"],
        &path,
    )?;
    Ok(CoverageTools(path))
}

/// The version of `wasm-bindgen` that the page is compiled with; the tool must be of the same.
fn wasm_bindgen_version() -> Result<String, Failure> {
    let path = top().join("Cargo.lock");
    let text = fs::read_to_string(&path).map_err(|error| Failure::io(&path, &error))?;
    locked_version(&text, "wasm-bindgen")
        .ok_or_else(|| Failure::new("Cargo.lock names no version of wasm-bindgen"))
}

fn locked_version(lock: &str, package: &str) -> Option<String> {
    let lock: toml::Table = lock.parse().ok()?;
    let packages = lock.get("package")?.as_array()?;
    let found = packages
        .iter()
        .find(|entry| entry.get("name").and_then(|n| n.as_str()) == Some(package))?;
    Some(found.get("version")?.as_str()?.to_owned())
}

fn add_wasm_target() -> Result<(), Failure> {
    if rustlib()?.join(WASM_TARGET).is_dir() {
        return Ok(());
    }
    say(format!("adding the compiler's target {WASM_TARGET}"));
    run(Command::new("rustup")
        .args(["target", "add", WASM_TARGET])
        .current_dir(top()))
}

fn add_llvm_tools() -> Result<(), Failure> {
    let rustlib = rustlib()?;
    let targets = fs::read_dir(&rustlib).map_err(|error| Failure::io(&rustlib, &error))?;
    let program = format!("llvm-profdata{}", env::consts::EXE_SUFFIX);
    let mut places = targets.flatten().map(|target| target.path().join("bin"));
    if places.any(|bin| bin.join(&program).is_file()) {
        return Ok(());
    }
    say("adding the compiler's component llvm-tools");
    run(Command::new("rustup")
        .args(["component", "add", "llvm-tools"])
        .current_dir(top()))
}

/// Where the compiler keeps a folder for each target.
fn rustlib() -> Result<PathBuf, Failure> {
    let sysroot = capture(
        Command::new("rustc")
            .args(["--print", "sysroot"])
            .current_dir(top()),
    )
    .ok_or_else(|| Failure::new("rustc is not on the search path"))?;
    Ok(Path::new(sysroot.trim()).join("lib").join("rustlib"))
}

/// The search path for the tools: what we installed comes first.
fn search_path() -> Result<OsString, Failure> {
    let mut folders = vec![npm_folder().join("node_modules").join(".bin")];
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    folders.extend(
        cargo_home
            .or_else(|| Some(env::home_dir()?.join(".cargo")))
            .map(|home| home.join("bin")),
    );
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    env::join_paths(folders).map_err(|error| Failure::new(format!("PATH: {error}")))
}

/// Compiles a tool unless it is there in exactly this version, as it says when it is called by
/// these words and `--version`.
fn install(
    called: &str,
    package: &str,
    version: &str,
    options: &[&str],
    path: &OsString,
) -> Result<(), Failure> {
    let mut words = called.split(' ');
    let mut call = Command::new(words.next().unwrap_or(called));
    call.args(words).arg("--version").env("PATH", path);
    if capture(&mut call)
        .as_deref()
        .and_then(|text| text.split_whitespace().nth(1))
        == Some(version)
    {
        return Ok(());
    }
    say(format!(
        "installing {package} {version} (compiled from source, some minutes)"
    ));
    let mut install = cargo();
    install
        .args(["install", package, "--version", &format!("={version}")])
        .args(options);
    // Away from the checkout, whose settings are for its own code, and from its build folder.
    install
        .current_dir(env::temp_dir())
        .env_remove("CARGO_TARGET_DIR");
    // These tools run for seconds: compiling them quickly counts for more than their speed.
    install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    install.env("CARGO_PROFILE_RELEASE_LTO", "off");
    install.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    run(&mut install)
}

/// The version of a `wasm-opt` that is new enough, installed when it can be. To lack it is no
/// failure: it only makes the page smaller.
fn add_wasm_opt(path: &OsString) -> Option<u32> {
    let ready = || {
        let printed = capture(Command::new("wasm-opt").arg("--version").env("PATH", path))?;
        wasm_opt_version(&printed).filter(|version| *version >= OLDEST_WASM_OPT)
    };
    if let Some(version) = ready() {
        return Some(version);
    }
    for program in ["node", "npm"] {
        if find(program).is_none() {
            say(format!(
                "going on without wasm-opt, which needs {program}: the page gets larger"
            ));
            return None;
        }
    }
    let folder = npm_folder();
    say(format!("installing binaryen {BINARYEN} (wasm-opt)"));
    let installed = fs::create_dir_all(&folder)
        .map_err(|error| Failure::io(&folder, &error))
        .and_then(|()| {
            let mut npm = Command::new("npm");
            npm.args([
                "install",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
                "--prefix",
            ])
            .arg(&folder);
            run(npm.arg(format!("binaryen@{BINARYEN}")))
        });
    if let Err(failure) = installed {
        say(format!(
            "going on without wasm-opt: the page gets larger ({failure})"
        ));
    }
    ready()
}

/// Reads `wasm-opt version 132 (version_132)`.
fn wasm_opt_version(printed: &str) -> Option<u32> {
    printed.split_whitespace().nth(2)?.parse().ok()
}

fn npm_folder() -> PathBuf {
    target_dir().join("tools")
}

fn is_there(wanted: Wanted) -> bool {
    match wanted {
        Wanted::AnyProgram(names) => names.iter().any(|name| find(name).is_some()),
        Wanted::ChineseFont => capture(Command::new("fc-list").arg(":lang=zh"))
            .is_some_and(|fonts| !fonts.trim().is_empty()),
        Wanted::PostgresServer => postgres::programs().is_some(),
    }
}

/// Whether we run as root.
pub fn is_root() -> bool {
    capture(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0")
}

/// Where on the search path a program is.
fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_locked_version() {
        let lock = "version = 4\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(
            locked_version(lock, "wasm-bindgen").as_deref(),
            Some("0.2.130")
        );
        assert_eq!(locked_version(lock, "wasm"), None);
    }

    #[test]
    fn reads_the_version_of_wasm_opt() {
        assert_eq!(
            wasm_opt_version("wasm-opt version 132 (version_132)\n"),
            Some(132)
        );
        assert_eq!(wasm_opt_version("wasm-opt version 108\n"), Some(108));
        assert_eq!(wasm_opt_version("node: not found"), None);
    }
}
