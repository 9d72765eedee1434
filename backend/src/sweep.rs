//! What can matter to nobody any more is deleted, a little at a time.

use std::sync::Arc;
use std::time::Duration;

use crate::sessions;
use crate::store::{Outlived, Store, StoreError};

/// How long an answer is kept under its idempotency key, ms: seven days. A page keeps a key as long as the call
/// it belongs to; whoever comes back later than this is judged by where the record stands, as anybody who asks
/// anew.
pub const ANSWERS_KEPT: i64 = 7 * 86_400_000;

/// How often is looked.
const EVERY: Duration = Duration::from_secs(600);

/// Rows of one kind that are deleted in one transaction, so that nobody waits for a sweep.
const AT_ONCE: u32 = 500;

/// Sweeps for as long as the service runs.
pub async fn for_ever(store: Arc<dyn Store>) {
    let mut turn = tokio::time::interval(EVERY);
    loop {
        turn.tick().await;
        if let Err(error) = once(&*store).await {
            // The next turn finds it all again.
            tracing::warn!(%error, "nothing was swept");
        }
    }
}

/// Deletes every sign-in that is over by its age, and every answer that was kept long enough.
pub async fn once(store: &dyn Store) -> Result<(), StoreError> {
    let now = store.now().await?;
    let outlived = Outlived {
        sessions_opened_by: now - sessions::LONGEST,
        answers_kept_since: now - ANSWERS_KEPT,
        at_most: AT_ONCE,
    };
    while store.sweep(outlived).await? {}
    Ok(())
}
