//! Databases of a test's own: SQLite in a file, or one on the PostgreSQL server that `cargo xtask test` has
//! started.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use etc_backend::keys::personal::Personal;
use etc_backend::serve::DATABASE;
use etc_backend::store::{DatabaseStore, Purpose, StoreError};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

/// An empty database. Stores that are [opened](Self::open) on it share it.
pub struct Scratch(Place);

enum Place {
    /// A file in a folder of its own.
    Sqlite(PathBuf),
    /// A database, by its name.
    Postgres(String),
}

impl Scratch {
    /// In a file.
    pub fn sqlite() -> Self {
        let folder = std::env::temp_dir().join(name());
        fs::create_dir_all(&folder).expect("a folder for the database");
        Self(Place::Sqlite(folder.join(DATABASE)))
    }

    /// On the tests' server.
    pub async fn postgres() -> Self {
        let name = name();
        on_server(format!("CREATE DATABASE {name}")).await;
        Self(Place::Postgres(name))
    }

    /// Opens a store on it, for real records.
    pub async fn open(&self) -> Result<DatabaseStore, StoreError> {
        let store = match &self.0 {
            Place::Sqlite(file) => DatabaseStore::sqlite(file).await,
            Place::Postgres(name) => DatabaseStore::postgres(&url(name), Purpose::Real).await,
        };
        store?.with_personal(Personal::new(&[7; 32])).await
    }

    /// Where it is, as `etc-backend` wants to be told.
    pub fn records(&self) -> Vec<OsString> {
        match &self.0 {
            // The file is in a folder of its own.
            Place::Sqlite(file) => {
                let folder = file.parent().unwrap_or(file);
                vec!["--data".into(), folder.into()]
            }
            Place::Postgres(name) => vec!["--database".into(), url(name).into()],
        }
    }

    /// Removes it, after every store on it was closed. One that a failed test leaves on the server ends with
    /// that server.
    pub async fn remove(self) {
        if let Place::Postgres(name) = &self.0 {
            on_server(format!("DROP DATABASE {name}")).await;
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Place::Sqlite(file) = &self.0
            && let Some(folder) = file.parent()
        {
            // What stays behind is in the way of nobody.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// A name no other test has.
fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("etc_tests_{}_{next}", std::process::id())
}

/// The URL of a database on the tests' server.
fn url(database: &str) -> String {
    let server = std::env::var("ETC_POSTGRES");
    let server = server.expect("no PostgreSQL server: run `cargo xtask test`, which starts one");
    let (place, _) = server.rsplit_once('/').expect("a URL with a database");
    format!("{place}/{database}")
}

async fn on_server(statement: String) {
    let server = PgConnection::connect(&url("postgres")).await;
    let mut server = server.expect("the tests' server");
    // Names of our own are all that is put into these statements.
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut server);
    done.await.expect("a statement of the tests' server");
}

#[cfg(test)]
mod tests {
    use etc_backend::store::Store;

    use super::Scratch;
    use crate::wait;

    fn is_a_database_of_its_own(scratch: Scratch) {
        let store = wait(scratch.open()).expect("it opens");
        let again = wait(scratch.open()).expect("it opens twice");
        assert!(wait(store.now()).expect("it answers") > 0);
        wait(store.close());
        wait(again.close());
        wait(scratch.remove());
    }

    #[test]
    fn a_file() {
        is_a_database_of_its_own(Scratch::sqlite());
    }

    #[test]
    fn a_database_on_the_server() {
        is_a_database_of_its_own(wait(Scratch::postgres()));
    }
}
