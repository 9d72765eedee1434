//! Splits the compiled page where its `#[wasm_split]` functions say so: who signs in fetches the first piece, and
//! the rest comes when a page is opened.
//!
//! That has to happen between the compiler and wasm-bindgen, and Trunk calls the two one after the other, with no
//! hook in between. So Trunk is given this program in the place of wasm-bindgen: it splits the module and calls the
//! real one for the first piece. Once Trunk is done, [`Pieces::place`] lays the others beside what it has packed.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_split_cli_support::{Options, transform};

use crate::page::{WASM_OPT, files, remove};
use crate::shell::{Failure, run, target_dir};
use crate::tools::Tools;

/// What this program is called as in the place of the tool.
const STAND_IN: &str = "wasm-bindgen";
/// Tells the stand-in where the tool itself is.
const REAL: &str = "ETC_WASM_BINDGEN";
/// The JavaScript of the first piece, as the tool names it; Trunk then gives it another name.
const MAIN: &str = "etc-app";
/// How the names of what was split off begin.
const PIECES: &str = "pieces-";
/// What the compiler uses, which the pieces do not say of themselves.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The pieces of one build.
pub struct Pieces {
    folder: PathBuf,
}

impl Pieces {
    /// None yet. From now on Trunk, called by this command, calls us.
    pub fn prepare(tools: &Tools, trunk: &mut Command) -> Result<Self, Failure> {
        let folder = target_dir().join("page").join("pieces");
        remove(&folder)?;
        let program = folder.join("bin").join(STAND_IN);
        let made = fs::create_dir_all(folder.join("bin"))
            .and_then(|()| env::current_exe())
            .and_then(|us| fs::copy(us, &program));
        made.map_err(|error| Failure::io(&program, &error))?;
        trunk.env(REAL, tools.find(STAND_IN)?);
        trunk.env("PATH", tools.path_after(&folder.join("bin"))?);
        Ok(Self { folder })
    }

    /// Lays the pieces beside the page, each under a name of its own per build, so that browsers may keep it.
    pub fn place(&self, tools: &Tools, page: &Path) -> Result<(), Failure> {
        let named = |path: &Path| {
            path.file_name()
                .map(|name| name.to_string_lossy().into_owned())
        };
        let is_main = |name: &String| name.starts_with(MAIN) && name.ends_with(".js");
        let main = files(page)?
            .iter()
            .filter_map(|file| named(file))
            .find(is_main);
        let main = main.ok_or_else(|| Failure::new("Trunk has packed no JavaScript"))?;
        let (loaders, modules): (Vec<_>, Vec<_>) = files(&self.folder.join("out"))?
            .into_iter()
            .partition(|file| file.extension() == Some(OsStr::new("js")));
        let [loader] = &loaders[..] else {
            return Err(Failure::new("the page was split without a loader"));
        };
        let text = fs::read_to_string(loader).map_err(|error| Failure::io(loader, &error))?;
        let mut text = text.replace(&format!("./{MAIN}.js"), &format!("./{main}"));
        let stem = loader.file_stem().unwrap_or_default().to_string_lossy();
        for module in &modules {
            let name = named(module).unwrap_or_default();
            let unique = format!("{stem}-{name}");
            text = text.replace(&format!("\"./{name}\""), &format!("\"./{unique}\""));
            let place = page.join(&unique);
            fs::copy(module, &place).map_err(|error| Failure::io(&place, &error))?;
            if tools.wasm_opt {
                let mut optimise = tools.command("wasm-opt");
                optimise.args(WASM_OPT).args(FEATURES);
                run(optimise.arg(&place).arg("--output").arg(&place))?;
            }
        }
        let place = page.join(named(loader).unwrap_or_default());
        fs::write(&place, text).map_err(|error| Failure::io(&place, &error))
    }
}

/// Whether a file of the page is a module that is fetched after signing in.
pub fn is_later(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(PIECES) && name.ends_with(".wasm")
}

/// Whether Trunk has called us in the place of wasm-bindgen.
pub fn stands_in() -> bool {
    let called = env::args_os().next().map(PathBuf::from);
    called.is_some_and(|called| called.file_stem() == Some(OsStr::new(STAND_IN)))
}

/// Splits the module among the arguments, and has wasm-bindgen work on the first piece. A call without a module
/// is handed on as it is.
pub fn stand_in() -> Result<(), Failure> {
    let real = env::var_os(REAL).ok_or_else(|| Failure::new(format!("{REAL} is not set")))?;
    let mut arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let mut bindgen = Command::new(real);
    let is_module =
        |argument: &OsString| Path::new(argument).extension() == Some(OsStr::new("wasm"));
    if let Some(at) = arguments.iter().position(is_module) {
        arguments[at] = split(Path::new(&arguments[at]))?.into();
        // The other pieces call what the first exports, by these names.
        bindgen.args(["--keep-lld-exports", "--no-demangle"]);
    }
    run(bindgen.args(arguments))
}

/// Splits a module; gives the first piece.
fn split(module: &Path) -> Result<PathBuf, Failure> {
    let folder = target_dir().join("page").join("pieces");
    let first = folder.join("first.wasm");
    let bytes = fs::read(module).map_err(|error| Failure::io(module, &error))?;
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let loader = format!("./{PIECES}{:016x}.js", hasher.finish());
    let main = format!("./{MAIN}.js");
    let out = folder.join("out");
    let mut options = Options::new(&bytes);
    options.output_dir = &out;
    options.main_out_path = &first;
    options.link_name = &loader;
    options.main_module = &main;
    transform(options).map_err(|error| Failure::new(format!("{}: {error}", module.display())))?;
    Ok(first)
}
