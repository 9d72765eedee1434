//! `etc-backend`: serves the desk, or administers its records.

mod arguments;

use std::error::Error;
use std::fs;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use apdu_core::hex::encode;
use etc_api::Bundle;
use etc_backend::admin;
use etc_backend::bundle;
use etc_backend::keys::SoftKeys;
use etc_backend::serve::{self, Config};
use etc_backend::store::{DatabaseStore, Purpose};
use tokio::signal;
use zeroize::Zeroizing;

use arguments::{Admin, CheckBundle, Password, Task};

fn main() -> ExitCode {
    let task = match arguments::parse(lexopt::Parser::from_env()) {
        Ok(task) => task,
        Err(error) => {
            eprintln!("etc-backend: {error} (--help shows how)");
            return ExitCode::from(2);
        }
    };
    match carry_out(task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("etc-backend: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn carry_out(task: Task) -> Result<(), Box<dyn Error>> {
    match task {
        Task::Help => {
            print!("{}", arguments::HELP);
            Ok(())
        }
        Task::Serve(config) => serve(config).await,
        Task::CheckBundle(what) => check_bundle(&what),
        Task::Admin {
            records,
            keys,
            what,
        } => {
            let mut store = serve::open_store(&records, Purpose::Real).await?;
            if let Some(file) = keys {
                let keys = SoftKeys::from_toml(&Zeroizing::new(read_text(&file)?))
                    .map_err(|error| format!("{}: {error}", file.display()))?;
                if let Some(personal) = keys.personal() {
                    store = store.with_personal(personal.clone()).await?;
                }
            }
            let done = administer(&store, what).await;
            store.close().await;
            println!("{}", done?);
            Ok(())
        }
    }
}

/// Says what a bundle proves, or why it proves nothing.
fn check_bundle(CheckBundle { file, key }: &CheckBundle) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(file);
    let text = text.map_err(|error| format!("{}: {error}", file.display()))?;
    let bundle: Bundle = serde_json::from_str(&text)
        .map_err(|error| format!("{}: no bundle: {error}", file.display()))?;
    bundle::check(&bundle, *key)?;
    println!(
        "good: record {} of card {}, {:?}, {} lines of its chain, signed with {}{}",
        bundle.record,
        bundle.card,
        bundle.state,
        bundle.chain.len(),
        encode(&bundle.key.0),
        match key {
            Some(_) => ", the key that was expected",
            None => " (compare it with the key you were given by other means)",
        }
    );
    Ok(())
}

async fn serve(config: Config) -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let greeting = serve::greeting(&config);
    let running = serve::start(config).await?;
    println!("ETC Desk: http://{}", running.addr);
    if let Some(greeting) = greeting {
        println!("{greeting}");
    }
    told_to_stop().await?;
    println!("stopping: requests under way are answered first");
    running.shutdown().await;
    Ok(())
}

#[cfg(unix)]
async fn told_to_stop() -> std::io::Result<()> {
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn told_to_stop() -> std::io::Result<()> {
    signal::ctrl_c().await
}

async fn administer(store: &DatabaseStore, what: Admin) -> Result<String, Box<dyn Error>> {
    Ok(match what {
        Admin::AddOutlet(outlet) => admin::add_outlet(store, outlet).await?,
        Admin::AddTerminal { number, outlet } => admin::add_terminal(store, number, outlet).await?,
        Admin::AddOperator { operator, password } => {
            admin::add_operator(store, operator, &read_password(password)?).await?
        }
        Admin::ImportCards(file) => {
            let imported = admin::import_cards(store, &read_text(&file)?).await;
            imported.map_err(|error| format!("{}: {error}", file.display()))?
        }
        Admin::ImportCardModels(file) => {
            let imported = admin::import_card_models(store, &read_text(&file)?).await;
            imported.map_err(|error| format!("{}: {error}", file.display()))?
        }
        Admin::ImportTags(file) => {
            let imported = admin::import_tags(store, &read_text(&file)?).await;
            imported.map_err(|error| format!("{}: {error}", file.display()))?
        }
        Admin::ImportBanks(file) => {
            let imported = admin::import_banks(store, &read_text(&file)?).await;
            imported.map_err(|error| format!("{}: {error}", file.display()))?
        }
        Admin::AddChannel(name) => admin::add_channel(store, &name).await?,
        Admin::RevokeChannel(name) => admin::revoke_channel(store, &name).await?,
        Admin::ImportApplications { channel, file } => {
            let text = read_text(&file)?;
            let imported = admin::import_applications(store, &channel, is_json(&file), &text);
            let imported = imported.await;
            imported.map_err(|error| format!("{}: {error}", file.display()))?
        }
        Admin::ImportVehicles(file) => {
            let imported = admin::import_vehicles(store, &read_text(&file)?).await;
            imported.map_err(|error| format!("{}: {error}", file.display()))?
        }
    })
}

fn is_json(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "json")
}

fn read_text(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

/// The first line of a file, or of standard input.
fn read_password(from: Password) -> Result<String, Box<dyn Error>> {
    let text = match from {
        Password::File(file) => {
            let text = fs::read_to_string(&file);
            text.map_err(|error| format!("{}: {error}", file.display()))?
        }
        Password::StandardInput => {
            let input = std::io::stdin();
            if input.is_terminal() {
                eprintln!("Password (it is shown):");
            }
            let mut text = String::new();
            input.read_line(&mut text)?;
            text
        }
    };
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
