//! Builds the page and the demo's virtual devices: compiled, packed, optimised, precompressed.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::pieces::Pieces;
use crate::shell::{Failure, cargo, run, say, target_dir, top};
use crate::tools::Tools;

/// What `wasm-opt` is told. For the page, Trunk reads the same from `app/index.html`.
/// The features in use need not be named: the compiler lists them in the module.
pub const WASM_OPT: [&str; 3] = ["-Oz", "--strip-producers", "--strip-target-features"];

const COMPILE: [&str; 4] = ["--target", "wasm32-unknown-unknown", "--profile", "page"];
/// What the page is split by: where each function and each datum is used. It comes on top of `.cargo/config.toml`.
const RELOCATIONS: (&str, &str) = (
    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
    "-Clink-arg=--emit-relocs",
);
const INPUTS_OF_ALL: [&str; 5] = [
    "Cargo.toml",
    "Cargo.lock",
    ".cargo",
    "xtask/src/page.rs",
    "xtask/src/pieces.rs",
];
const INPUTS_OF_PAGE: [&str; 5] = ["app", "api", "apdu-core", "public", "Trunk.toml"];
const INPUTS_OF_DEMO: [&str; 1] = ["sim"];
const COMPRESSED: [&str; 5] = ["wasm", "js", "css", "html", "svg"];

/// Where the teller's page is.
pub fn page_folder() -> PathBuf {
    target_dir().join("page").join("dist")
}

/// Where the virtual devices of the demo are.
pub fn demo_folder() -> PathBuf {
    target_dir().join("page").join("dist-demo")
}

/// Whether this checkout has a page already, perhaps an old one.
pub fn built_before() -> bool {
    page_folder().join("index.html").is_file()
}

/// Builds the teller's page, unless nothing it is made of has changed.
pub fn build_page(tools: &Tools) -> Result<(), Failure> {
    let folder = page_folder();
    unless_fresh(&folder, &INPUTS_OF_PAGE, tools, || {
        say("building the page");
        // Trunk calls Cargo without the network; this call may fetch what is missing.
        compile_page()?;
        // Trunk copies every snippet it finds there, those of earlier builds as well.
        remove(&target_dir().join("wasm-bindgen"))?;
        let mut trunk = tools.command("trunk");
        // Its minifier cannot read wasm-bindgen's JavaScript, leaves it as it is, and warns.
        trunk.env("RUST_LOG", "error");
        trunk.env(RELOCATIONS.0, RELOCATIONS.1);
        trunk.arg("build").arg("--dist").arg(&folder);
        // Only as a release does Trunk call wasm-opt; the Cargo profile is `page` either way.
        if tools.wasm_opt {
            trunk.arg("--release");
        }
        let pieces = Pieces::prepare(tools, &mut trunk)?;
        run(&mut trunk)?;
        pieces.place(tools, &folder)
    })
}

/// Compiles the page; what Cargo makes of it, before anything else has touched it.
pub fn compile_page() -> Result<PathBuf, Failure> {
    run(cargo()
        .args(["build", "--package", "etc-app", "--bin", "etc-app"])
        .env(RELOCATIONS.0, RELOCATIONS.1)
        .args(COMPILE))?;
    Ok(compiled("etc-app.wasm"))
}

/// Builds the virtual devices of the demo, unless nothing they are made of has changed.
pub fn build_demo(tools: &Tools) -> Result<(), Failure> {
    let folder = demo_folder();
    unless_fresh(&folder, &INPUTS_OF_DEMO, tools, || {
        say("building the virtual devices of the demo");
        // As a cdylib only: with a second crate type beside it, Cargo leaves out the optimisation
        // across crates.
        run(cargo()
            .args([
                "rustc",
                "--package",
                "etc-sim",
                "--lib",
                "--crate-type",
                "cdylib",
            ])
            .args(COMPILE))?;
        bindgen(tools, &compiled("etc_sim.wasm"), &folder, "sim")?;
        let wasm = folder.join("sim_bg.wasm");
        if tools.wasm_opt {
            run(tools
                .command("wasm-opt")
                .args(WASM_OPT)
                .arg(&wasm)
                .arg("--output")
                .arg(&wasm))?;
        }
        Ok(())
    })
}

/// Makes a compiled module callable from JavaScript.
pub fn bindgen(tools: &Tools, wasm: &Path, folder: &Path, name: &str) -> Result<(), Failure> {
    let mut bindgen = tools.command("wasm-bindgen");
    bindgen.args(["--target", "web", "--no-typescript", "--out-name", name]);
    run(bindgen.arg("--out-dir").arg(folder).arg(wasm))
}

fn compiled(file: &str) -> PathBuf {
    target_dir()
        .join("wasm32-unknown-unknown")
        .join("page")
        .join(file)
}

/// Builds a folder anew and compresses its files, unless its stamp says that tools and inputs are
/// those of the last time.
fn unless_fresh(
    folder: &Path,
    inputs: &[&str],
    tools: &Tools,
    build: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let stamp = folder.with_extension("stamp");
    let now = fingerprint(top(), inputs, tools)?;
    if folder.is_dir() && fs::read_to_string(&stamp).is_ok_and(|then| then == now) {
        return Ok(());
    }
    remove(&stamp)?;
    remove(folder)?;
    build()?;
    compress(folder)?;
    fs::write(&stamp, now).map_err(|error| Failure::io(&stamp, &error))
}

/// One number for the tools and for all bytes of all inputs.
fn fingerprint(top: &Path, inputs: &[&str], tools: &Tools) -> Result<String, Failure> {
    let mut hasher = DefaultHasher::new();
    tools.versions.hash(&mut hasher);
    for input in INPUTS_OF_ALL.iter().chain(inputs) {
        for file in files(&top.join(input))? {
            file.hash(&mut hasher);
            fs::read(&file)
                .map_err(|error| Failure::io(&file, &error))?
                .hash(&mut hasher);
        }
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

/// Puts the Brotli form of each text and module beside it, for the backend to serve.
fn compress(folder: &Path) -> Result<(), Failure> {
    let settings = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        ..Default::default()
    };
    for file in files(folder)? {
        let Some(extension) = file
            .extension()
            .and_then(|e| e.to_str())
            .filter(|e| COMPRESSED.contains(e))
        else {
            continue;
        };
        let bytes = fs::read(&file).map_err(|error| Failure::io(&file, &error))?;
        let beside = file.with_extension(format!("{extension}.br"));
        let mut small = Vec::new();
        brotli::BrotliCompress(&mut bytes.as_slice(), &mut small, &settings)
            .and_then(|_| fs::write(&beside, &small))
            .map_err(|error| Failure::io(&beside, &error))?;
    }
    Ok(())
}

/// The file itself, or all files of a folder and its folders, in a fixed order; none if there is
/// no such thing.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries: Vec<PathBuf> = entries
        .map_err(|error| Failure::io(path, &error))?
        .iter()
        .map(fs::DirEntry::path)
        .collect();
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        found.extend(files(&entry)?);
    }
    Ok(found)
}

/// Removes a file or a whole folder, if there is one.
pub fn remove(path: &Path) -> Result<(), Failure> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else if path.exists() {
        fs::remove_file(path)
    } else {
        Ok(())
    };
    removed.map_err(|error| Failure::io(path, &error))
}
