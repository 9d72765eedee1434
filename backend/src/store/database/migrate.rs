//! Brings the tables up to date, one embedded script after the other.

use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};

use crate::store::{Purpose, StoreError};
use crate::words::Word;

/// A script for both databases.
pub struct Script {
    sqlite: &'static str,
    /// Where it takes more than other words. None: the script is the same.
    postgres: Option<&'static str>,
}

/// All scripts, oldest first. A script that has been released is never edited: a later one changes
/// what it did. The database counts how many it has seen.
pub const SCRIPTS: &[Script] = &[
    Script {
        sqlite: include_str!("../migrations/0001_load.sql"),
        postgres: None,
    },
    Script {
        sqlite: include_str!("../migrations/0002_books.sql"),
        postgres: None,
    },
    Script {
        sqlite: include_str!("../migrations/0003_money.sql"),
        postgres: Some(include_str!("../migrations/0003_money.postgres.sql")),
    },
    Script {
        sqlite: include_str!("../migrations/0004_openings.sql"),
        postgres: None,
    },
    Script {
        sqlite: include_str!("../migrations/0005_tags.sql"),
        postgres: None,
    },
    Script {
        sqlite: include_str!("../migrations/0006_tag_tasks.sql"),
        postgres: None,
    },
    Script {
        sqlite: include_str!("../migrations/0007_applications.sql"),
        postgres: None,
    },
    Script {
        sqlite: include_str!("../migrations/0008_cards.sql"),
        postgres: None,
    },
    Script {
        sqlite: include_str!("../migrations/0009_tag_stock.sql"),
        postgres: None,
    },
    Script {
        sqlite: include_str!("../migrations/0010_vehicle_cards.sql"),
        postgres: None,
    },
];

/// What PostgreSQL has beside the tables of the scripts.
const POSTGRES: &str = include_str!("../migrations/0000_desk.postgres.sql");

/// SQLite's words in PostgreSQL, replaced from the top down. Texts are compared byte by byte, as in
/// SQLite. A script that needs more has a file of its own for PostgreSQL.
const WORDS: [(&str, &str); 8] = [
    (
        " INTEGER PRIMARY KEY",
        " BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    ),
    (" INTEGER", " BIGINT"),
    (" TEXT", " TEXT COLLATE \"C\""),
    (" BLOB", " BYTEA"),
    ("\n) STRICT;", "\n);"),
    // What may not be deleted may not be truncated either.
    (" BEFORE DELETE ON ", " BEFORE DELETE OR TRUNCATE ON "),
    (
        "\nBEGIN SELECT RAISE(ABORT, ",
        "\nFOR EACH STATEMENT EXECUTE FUNCTION refuse(",
    ),
    ("); END;", ");"),
];

impl Script {
    fn in_postgres(&self) -> String {
        let same = || {
            let words = WORDS.iter();
            words.fold(self.sqlite.to_owned(), |text, (from, to)| {
                text.replace(from, to)
            })
        };
        self.postgres.map_or_else(same, str::to_owned)
    }
}

/// Those of the scripts that a database has not seen.
fn unseen(scripts: &[Script], seen: i64) -> Result<&[Script], StoreError> {
    let unseen = usize::try_from(seen)
        .ok()
        .and_then(|seen| scripts.get(seen..));
    unseen.ok_or_else(|| StoreError::Failed("the database was written by a newer backend".into()))
}

/// Runs those of the scripts that this SQLite database has not seen.
pub async fn sqlite(
    database: &mut SqliteConnection,
    scripts: &'static [Script],
) -> Result<(), StoreError> {
    let seen: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *database)
        .await?;
    for script in unseen(scripts, seen)? {
        sqlx::raw_sql(script.sqlite).execute(&mut *database).await?;
    }
    // A pragma takes no parameters; the text is made of a number of ours.
    let seen = format!("PRAGMA user_version = {}", scripts.len());
    sqlx::raw_sql(AssertSqlSafe(seen))
        .execute(&mut *database)
        .await?;
    Ok(())
}

/// Runs those of the scripts that this PostgreSQL database has not seen, and holds it to what it was made for.
pub async fn postgres(
    database: &mut PgConnection,
    scripts: &[Script],
    purpose: Purpose,
) -> Result<(), StoreError> {
    // Backends that start together take turns; the number is this lock's name.
    sqlx::raw_sql("SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(4993347)")
        .execute(&mut *database)
        .await?;
    let encoding: String = sqlx::query_scalar("SHOW server_encoding")
        .fetch_one(&mut *database)
        .await?;
    if encoding != "UTF8" {
        return Err(StoreError::Failed(
            "the database is not in UTF-8: create it with ENCODING 'UTF8' TEMPLATE template0"
                .into(),
        ));
    }
    let begun: bool = sqlx::query_scalar("SELECT to_regclass('desk') IS NOT NULL")
        .fetch_one(&mut *database)
        .await?;
    if !begun {
        sqlx::raw_sql(POSTGRES).execute(&mut *database).await?;
        sqlx::query("INSERT INTO desk (scripts, purpose) VALUES (0, $1)")
            .bind(purpose.word())
            .execute(&mut *database)
            .await?;
    }
    let (seen, made_for): (i64, String) = sqlx::query_as("SELECT scripts, purpose FROM desk")
        .fetch_one(&mut *database)
        .await?;
    if made_for != purpose.word() {
        return Err(StoreError::Failed(match purpose {
            Purpose::Demo => "the database holds real records: a demo needs one of its own".into(),
            Purpose::Real => "the database was made for a demo: real records need another".into(),
        }));
    }
    let unseen = unseen(scripts, seen)?;
    if unseen.is_empty() {
        return Ok(());
    }
    for script in unseen {
        sqlx::raw_sql(AssertSqlSafe(script.in_postgres()))
            .execute(&mut *database)
            .await?;
    }
    let now = i64::try_from(scripts.len()).map_err(|error| StoreError::Failed(error.into()))?;
    sqlx::query("UPDATE desk SET scripts = $1")
        .bind(now)
        .execute(&mut *database)
        .await?;
    Ok(())
}
