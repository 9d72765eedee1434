//! Whether the screen is locked, across reloads and tabs of this browser: only a password, or the end of
//! the session, opens it.

use crate::storage;

const KEY: &str = "etc-locked";

/// Whether the screen was locked when the page was left.
pub fn remembered() -> bool {
    storage::local().is_some_and(|storage| matches!(storage.get_item(KEY), Ok(Some(_))))
}

/// Keeps it for the next page.
pub fn remember(locked: bool) {
    if let Some(storage) = storage::local() {
        // A browser that keeps nothing opens at a reload; the session's idle time still ends it.
        let _ = match locked {
            true => storage.set_item(KEY, ""),
            false => storage.remove_item(KEY),
        };
    }
}
