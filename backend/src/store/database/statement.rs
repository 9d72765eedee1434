//! One statement for both databases, with its values apart from its text.

use std::borrow::Cow;

use apdu_core::bcd::{CardNumber, Date};
use apdu_core::hex::encode;
use apdu_core::obu::ContractSerial;
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments};
use sqlx::{AssertSqlSafe, Encode, Type};

/// A statement that both databases understand, with placeholders `$1`, `$2`, …
///
/// What to mind, because one database is stricter than the other: no comparison in a result column
/// (PostgreSQL answers a boolean), sums and constants as `CAST(… AS BIGINT)`, `CASE` instead of
/// `MAX` over two values, `ON CONFLICT (column)` with its column.
pub struct Statement {
    text: Cow<'static, str>,
    values: Vec<Value>,
}

#[cfg(test)]
thread_local! {
    /// The statements that a test has asked of SQLite, so that it can look at how they are carried out.
    pub static ASKED: std::cell::RefCell<std::collections::BTreeSet<String>> = Default::default();
}

/// What a column holds. A missing value has a type too: PostgreSQL asks for it.
pub enum Value {
    Integer(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

/// A statement as it stands.
pub fn sql(text: &'static str) -> Statement {
    Statement {
        text: text.into(),
        values: Vec::new(),
    }
}

/// `INSERT INTO table`, each column named beside its value.
pub fn insert(table: &'static str) -> Insert {
    Insert {
        table,
        columns: Vec::new(),
        values: Vec::new(),
    }
}

impl Statement {
    /// The value of the next placeholder.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// The statement with more text behind.
    pub fn more(mut self, text: &'static str) -> Self {
        self.text.to_mut().push_str(text);
        self
    }

    /// The statement with a placeholder of this value behind. Not to be mixed with placeholders in the text.
    pub fn value(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        let place = format!("${}", self.values.len());
        self.text.to_mut().push_str(&place);
        self
    }

    /// The statement with placeholders of these values behind, in parentheses. There must be one.
    pub fn any_of(self, values: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        let start = (self, " (");
        let (list, _) = values.into_iter().fold(start, |(list, before), value| {
            (list.more(before).value(value), ", ")
        });
        list.more(")")
    }

    /// The question of how a database carries this statement out; `explain` is that database's word for it.
    pub fn explained(self, explain: &'static str) -> Self {
        Self {
            text: format!("{explain} {}", self.text).into(),
            ..self
        }
    }

    pub fn sqlite(self) -> Query<'static, Sqlite, SqliteArguments> {
        #[cfg(test)]
        ASKED.with_borrow_mut(|asked| asked.insert(self.text.to_string()));
        let query = sqlx::query(AssertSqlSafe(self.text));
        self.values.into_iter().fold(query, bind)
    }

    pub fn postgres(self) -> Query<'static, Postgres, PgArguments> {
        let query = sqlx::query(AssertSqlSafe(self.text));
        let values = self.values.into_iter().map(Value::without_nul);
        values.fold(query, bind)
    }
}

fn bind<DB: sqlx::Database>(
    query: Query<'static, DB, DB::Arguments>,
    value: Value,
) -> Query<'static, DB, DB::Arguments>
where
    Option<i64>: Encode<'static, DB> + Type<DB>,
    Option<String>: Encode<'static, DB> + Type<DB>,
    Option<Vec<u8>>: Encode<'static, DB> + Type<DB>,
{
    match value {
        Value::Integer(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Bytes(value) => query.bind(value),
    }
}

impl Value {
    /// PostgreSQL's texts have no NUL. Nothing of ours has one either, but anybody may ask for it:
    /// with U+FFFD in its place such a text is found nowhere, as in SQLite, instead of failing.
    fn without_nul(self) -> Self {
        match self {
            Self::Text(Some(text)) if text.contains('\0') => {
                Self::Text(Some(text.replace('\0', "\u{FFFD}")))
            }
            other => other,
        }
    }
}

/// An `INSERT` on its way to be a [`Statement`].
pub struct Insert {
    table: &'static str,
    columns: Vec<&'static str>,
    values: Vec<Value>,
}

impl Insert {
    /// A column and its value.
    pub fn with(mut self, column: &'static str, value: impl Into<Value>) -> Self {
        self.columns.push(column);
        self.values.push(value.into());
        self
    }
}

impl From<Insert> for Statement {
    /// Only names from the source code get into the text; values never do.
    fn from(insert: Insert) -> Self {
        let places: Vec<String> = (1..=insert.columns.len())
            .map(|place| format!("${place}"))
            .collect();
        let (table, columns) = (insert.table, insert.columns.join(", "));
        let text = format!(
            "INSERT INTO {table} ({columns}) VALUES ({})",
            places.join(", ")
        );
        Self {
            text: text.into(),
            values: insert.values,
        }
    }
}

macro_rules! values {
    ($($kind:ident { $($from:ty => |$value:ident| $to:expr,)+ })+) => {
        $($(impl From<$from> for Value {
            fn from($value: $from) -> Self {
                Self::$kind(Some($to))
            }
        }

        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                Self::$kind(value.map(|$value| $to))
            }
        })+)+
    };
}

values! {
    Integer {
        i64 => |value| value,
        u32 => |value| value.into(),
        u16 => |value| value.into(),
        u8 => |value| value.into(),
        bool => |value| value.into(),
    }
    Text {
        String => |value| value,
        &String => |value| value.clone(),
        &str => |value| value.to_owned(),
        CardNumber => |value| value.to_string(),
        ContractSerial => |value| value.to_string(),
        // The eight digits.
        Date => |value| encode(&value.0),
    }
    Bytes {
        &[u8; 32] => |value| value.to_vec(),
        &Vec<u8> => |value| value.clone(),
    }
}

impl From<&Option<String>> for Value {
    fn from(value: &Option<String>) -> Self {
        value.as_ref().into()
    }
}
