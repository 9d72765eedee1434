//! A row of either database, column by column.

use std::str::FromStr;

use apdu_core::bcd::{Date, packed};
use apdu_core::hex::{Fixed, decode};
use sqlx::postgres::{PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{Decode, Type};

use crate::store::StoreError;
use crate::words::Word;

/// A row. Its columns hold what the backend wrote there, or reading one is an error that names it.
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    fn get<T>(&self, column: &str) -> Result<T, StoreError>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite>,
        T: for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        use sqlx::Row;
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub fn text(&self, column: &str) -> Result<String, StoreError> {
        self.get(column)
    }

    pub fn parsed<T: FromStr>(&self, column: &str) -> Result<T, StoreError> {
        let text = self.text(column)?;
        text.parse().map_err(|_| StoreError::corrupt(column))
    }

    pub fn word<T: Word>(&self, column: &str) -> Result<T, StoreError> {
        T::of_word(&self.text(column)?).ok_or_else(|| StoreError::corrupt(column))
    }

    pub fn bytes<const N: usize>(&self, column: &str) -> Result<[u8; N], StoreError> {
        let Fixed(bytes) = self.parsed(column)?;
        Ok(bytes)
    }

    pub fn date(&self, column: &str) -> Result<Date, StoreError> {
        packed(&self.text(column)?)
            .map(Date)
            .map_err(|_| StoreError::corrupt(column))
    }

    pub fn moment(&self, column: &str) -> Result<i64, StoreError> {
        self.get(column)
    }

    /// A number that may be missing.
    pub fn maybe(&self, column: &str) -> Result<Option<i64>, StoreError> {
        self.get(column)
    }

    /// A text that may be missing.
    pub fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        self.get(column)
    }

    /// A number of a smaller type that may be missing.
    pub fn maybe_number<T: TryFrom<i64>>(&self, column: &str) -> Result<Option<T>, StoreError> {
        let number = self.maybe(column)?.map(T::try_from).transpose();
        number.map_err(|_| StoreError::corrupt(column))
    }

    pub fn maybe_word<T: Word>(&self, column: &str) -> Result<Option<T>, StoreError> {
        let word = |text: String| T::of_word(&text).ok_or_else(|| StoreError::corrupt(column));
        self.maybe_text(column)?.map(word).transpose()
    }

    /// Bytes as they are, written in hex.
    pub fn hex(&self, column: &str) -> Result<Vec<u8>, StoreError> {
        decode(&self.text(column)?).ok_or_else(|| StoreError::corrupt(column))
    }

    /// Bytes as they are.
    pub fn blob(&self, column: &str) -> Result<Vec<u8>, StoreError> {
        self.get(column)
    }

    /// Whether there are bytes in this column.
    pub fn has_blob(&self, column: &str) -> Result<bool, StoreError> {
        let bytes: Option<Vec<u8>> = self.get(column)?;
        Ok(bytes.is_some())
    }

    pub fn number<T: TryFrom<i64>>(&self, column: &str) -> Result<T, StoreError> {
        T::try_from(self.moment(column)?).map_err(|_| StoreError::corrupt(column))
    }

    pub fn flag(&self, column: &str) -> Result<bool, StoreError> {
        Ok(self.moment(column)? != 0)
    }

    pub fn hash(&self, column: &str) -> Result<[u8; 32], StoreError> {
        let bytes: Vec<u8> = self.get(column)?;
        bytes.try_into().map_err(|_| StoreError::corrupt(column))
    }
}
