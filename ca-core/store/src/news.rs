//! That there are new entries, told by PostgreSQL. Whoever misses it finds them by asking for the size.

use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::Notify;

use crate::database::{Pools, postgres};
use crate::store::Store;

/// Heard by every follower of the server's database; a schema that is not one's own wakes one up for nothing.
const CHANNEL: &str = "gmpki_ledger";
/// An expression that tells it, at the commit of its transaction.
pub(crate) const NOTIFY: &str = "pg_notify('gmpki_ledger', '')";
/// How long to wait before a connection that broke is made again.
const AGAIN: Duration = Duration::from_secs(1);

impl Store {
    /// Wakes `news` up whenever a transaction was committed, for as long as it is awaited. A database that cannot tell
    /// never does.
    pub(crate) async fn listen(&self, news: &Notify) {
        let Pools::Postgres(pools) = &self.inner.database.pools else {
            return std::future::pending().await;
        };
        let mut said = false;
        loop {
            if let Err(error) = hear(pools, news).await
                && !std::mem::replace(&mut said, true)
            {
                tracing::info!(%error, "PostgreSQL does not tell of new entries; asking for them");
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

async fn hear(pools: &postgres::Pools, news: &Notify) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(&pools.readers).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // What was committed before this connection was made was not heard.
        news.notify_one();
        listener.recv().await?;
    }
}
