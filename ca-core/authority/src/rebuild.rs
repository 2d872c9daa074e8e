//! Views thrown away and made again from entries and sealed blobs: what a view is for.

use ledger::event::Entry;
use store::views::{Overlay, Touched, VIEWS};
use store::{Store, WriterLock};

use crate::error::Error;

/// Entries read at a time.
const PAGE: u32 = 2000;

/// Makes every view anew, in one transaction; the database must have no other writer.
///
/// # Errors
/// Where an entry or a form is missing or contradicts the entries before it; the views are then as they were.
pub async fn rebuild_views(store: &Store) -> Result<u64, Error> {
    let lock = store.acquire_writer().await?;
    rebuild(store, &lock).await
}

/// The same for who is the writer already. Returns the number of entries.
pub(crate) async fn rebuild(store: &Store, lock: &WriterLock) -> Result<u64, Error> {
    let mut tx = store.begin(lock).await?;
    for table in VIEWS {
        tx.clear(table).await?;
    }
    let mut next = 0;
    loop {
        let page = store.entries(next, PAGE).await?;
        if page.is_empty() {
            break;
        }
        let mut touched = Touched::default();
        let mut entries = Vec::with_capacity(page.len());
        for (index, body) in page {
            let entry = Entry::decode(&body)?;
            touched.add(&entry);
            entries.push((index, entry));
            next = index + 1;
        }
        let mut overlay = Overlay::load(&mut tx, &touched).await?;
        overlay.unseal_forms(store, &touched).await?;
        for (index, entry) in &entries {
            overlay.project(*index, entry)?;
        }
        overlay.write(&mut tx, store.seal_key()).await?;
    }
    tx.mark_views_rebuilt().await?;
    tx.commit().await?;
    Ok(next)
}
