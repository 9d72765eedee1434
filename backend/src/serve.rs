//! Starting and stopping the service.

use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::demo;
use crate::http::{App, Pages, router};
use crate::keys::SoftKeys;
use crate::random::OsRandom;
use crate::store::{DatabaseStore, Purpose, StoreError};
use crate::sweep;

/// Name of the database file in the data folder.
pub const DATABASE: &str = "etc-desk.sqlite";

/// The same for a demo, whose operators everybody knows: they must never sit in front of real keys.
pub const DEMO_DATABASE: &str = "etc-desk-demo.sqlite";

/// Where the records are kept.
#[derive(Clone, Debug)]
pub enum Records {
    /// In SQLite files of this folder.
    Folder(PathBuf),
    /// In the PostgreSQL database of this URL.
    Postgres(String),
}

/// How the service is started.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes any free port.
    pub listen: SocketAddr,
    /// Where the records are.
    pub records: Records,
    /// Key file. A demo may do without.
    pub keys: Option<PathBuf>,
    /// Folder of the page; without one only the API is served.
    pub page: Option<PathBuf>,
    /// Whether this is a demo instance: toy keys are allowed, demo data are seeded.
    pub demo: bool,
    /// Folder of the virtual devices, served under `/demo/`. Demo only.
    pub demo_page: Option<PathBuf>,
    /// Whether everybody comes through TLS (a proxy in front).
    pub behind_tls: bool,
}

/// Why the service could not start, in one line.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {why}")]
pub struct StartError {
    what: String,
    why: Box<dyn Error + Send + Sync>,
}

impl StartError {
    fn new(what: impl ToString, why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        // A store that failed says why in its source.
        let why = why.into();
        let why = why
            .source()
            .map_or_else(|| why.to_string(), ToString::to_string);
        Self {
            what: what.to_string(),
            why: why.into(),
        }
    }
}

/// A running service.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    stop: watch::Sender<bool>,
    server: JoinHandle<std::io::Result<()>>,
    sweeping: JoinHandle<()>,
    store: Arc<DatabaseStore>,
}

impl Running {
    /// Answers the requests that are under way, then stops and closes the database.
    pub async fn shutdown(mut self) {
        // Nobody listens when the server has ended by itself.
        let _ = self.stop.send(true);
        match tokio::time::timeout(PATIENCE, &mut self.server).await {
            Ok(Ok(Err(error))) => tracing::error!(%error, "the server ended"),
            Ok(_) => {}
            // A request cut off here is settled like any lost answer.
            Err(_) => self.server.abort(),
        }
        self.sweeping.abort();
        self.store.close().await;
    }
}

/// How long a stop waits for requests that are under way.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens the store, reads the keys and the page, seeds a demo, and listens.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let keys = Arc::new(read_keys(&config)?);
    let pages = read_pages(&config)?;
    let purpose = if config.demo {
        Purpose::Demo
    } else {
        Purpose::Real
    };
    let store = open_store(&config.records, purpose).await?;
    let store = match keys.personal() {
        Some(personal) => store
            .with_personal(personal.clone())
            .await
            .map_err(|error| StartError::new("personal data", error))?,
        None => {
            tracing::warn!("no [personal] key: personal data are neither taken nor shown");
            store
        }
    };
    let store = Arc::new(store);
    if config.demo {
        match demo::seed(&*store, &OsRandom).await {
            // Another backend on the same database was faster.
            Err(StoreError::Duplicate(_)) => Ok(()),
            seeded => seeded,
        }
        .map_err(|error| StartError::new("demo data", error))?;
    }
    let app = App {
        store: store.clone(),
        keys,
        random: Arc::new(OsRandom),
        demo: config.demo,
        behind_tls: config.behind_tls,
        build: pages.build().into(),
    };
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.map_err(|error| StartError::new(config.listen, error))?;
    let addr = listener
        .local_addr()
        .map_err(|error| StartError::new(config.listen, error))?;
    let (stop, mut stopped) = watch::channel(false);
    let ending = async move {
        // A closed channel is an end as well.
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let sweeping = tokio::spawn(sweep::for_ever(store.clone()));
    let server = axum::serve(listener, router(app, &pages)).with_graceful_shutdown(ending);
    let server = tokio::spawn(async move { server.await });
    Ok(Running {
        addr,
        stop,
        server,
        sweeping,
        store,
    })
}

/// Opens the records. A folder and its files are created for the owner of the process only: PINs and
/// personal data are in them.
pub async fn open_store(records: &Records, purpose: Purpose) -> Result<DatabaseStore, StartError> {
    match records {
        Records::Folder(folder) => {
            let file = folder.join(match purpose {
                Purpose::Real => DATABASE,
                Purpose::Demo => DEMO_DATABASE,
            });
            let fail =
                |error: Box<dyn Error + Send + Sync>| StartError::new(folder.display(), error);
            create_for_owner(folder, &file).map_err(|error| fail(error.into()))?;
            let store = DatabaseStore::sqlite(&file).await;
            store.map_err(|error| fail(error.into()))
        }
        // Without the URL: there may be a password in it.
        Records::Postgres(url) => DatabaseStore::postgres(url, purpose)
            .await
            .map_err(|error| StartError::new("PostgreSQL", error)),
    }
}

#[cfg(unix)]
fn create_for_owner(folder: &Path, file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder)?;
    // What exists keeps the rights it was given; SQLite gives its side files the same.
    let mut open = std::fs::OpenOptions::new();
    open.append(true).create(true).mode(0o600).open(file)?;
    Ok(())
}

#[cfg(not(unix))]
fn create_for_owner(folder: &Path, _: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

fn read_keys(config: &Config) -> Result<SoftKeys, StartError> {
    let (name, text) = match &config.keys {
        Some(file) => {
            let text = std::fs::read_to_string(file);
            let text = text.map_err(|error| StartError::new(file.display(), error))?;
            (file.display().to_string(), zeroize::Zeroizing::new(text))
        }
        None if config.demo => ("built-in keys".to_owned(), demo::KEYS.to_owned().into()),
        None => {
            return Err(StartError::new(
                "no keys",
                "--keys FILE is needed without --demo",
            ));
        }
    };
    let keys = SoftKeys::from_toml(&text).map_err(|error| StartError::new(&name, error))?;
    match (keys.is_demo(), config.demo) {
        (true, false) => Err(StartError::new(name, "toy keys are refused without --demo")),
        // Everybody knows the password of a demo.
        (false, true) => Err(StartError::new(name, "real keys are refused with --demo")),
        _ => Ok(()),
    }?;
    Ok(keys)
}

fn read_pages(config: &Config) -> Result<Pages, StartError> {
    let Some(page) = &config.page else {
        return Ok(Pages::none());
    };
    let demo = config.demo_page.as_deref().filter(|_| config.demo);
    let pages = Pages::read(page, demo);
    pages.map_err(|error| StartError::new(page.join("index.html").display(), error))
}

/// The demo's greeting, or nothing.
pub fn greeting(config: &Config) -> Option<String> {
    let sign_in = format!("DEMO: sign in as {} with {}", demo::TELLER, demo::PASSWORD);
    config.demo.then_some(sign_in)
}
