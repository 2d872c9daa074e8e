//! What the record holds for everybody: the latest CRLs and the certificate of each authority.
//!
//! Which one is the latest is asked of the record each time; its bytes are read once and kept, however many ask for them
//! at the same time, handed out without a copy, and compressed once when somebody wants them so.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;

use axum::body::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use parking_lot::Mutex;
use sm_engine::sm3::Digest;
use store::value::Value;
use store::views::{AuthorityRow, CrlRow, PartitionRow};
use store::{Compare, Direction, Error, Store};
use tokio::sync::OnceCell;

/// Most shards of an authority that a listing names, with its full and delta CRL.
const LISTED: u32 = 4_098;

/// Bytes that were handed out, and their compressed form once it was asked for.
pub(crate) struct Kept {
    /// As they are.
    pub(crate) der: Bytes,
    gzip: OnceCell<Option<Bytes>>,
}

impl Kept {
    /// Compressed with gzip; `None` where that makes nothing smaller.
    pub(crate) async fn gzip(&self) -> Option<Bytes> {
        let make = async || {
            let der = self.der.clone();
            // A large CRL takes a second or two; a task that is lost with the program costs one compression.
            let made = tokio::task::spawn_blocking(move || compress(&der)).await;
            made.ok().flatten()
        };
        self.gzip.get_or_init(make).await.clone()
    }
}

fn compress(der: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(4));
    encoder.write_all(der).ok()?;
    let made = encoder.finish().ok()?;
    (made.len() < der.len()).then(|| Bytes::from(made))
}

/// The bytes of what was handed out last, at most one for each CRL and each certificate.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<BTreeMap<String, Arc<Place>>>);

/// Room for the bytes of a digest, filled by whoever comes first.
struct Place {
    digest: Digest,
    kept: OnceCell<Arc<Kept>>,
}

impl Shelf {
    /// The bytes of a CRL. `None` where the record lost it, which the audit reports.
    pub(crate) async fn crl(
        &self,
        store: &Store,
        row: &CrlRow,
    ) -> Result<Option<Arc<Kept>>, Error> {
        let place = format!("crl/{}/{}", row.authority, row.scope);
        self.find(place, row.crl, row.load(store)).await
    }

    /// The bytes of an authority's certificate.
    pub(crate) async fn certificate(
        &self,
        store: &Store,
        row: &AuthorityRow,
    ) -> Result<Option<Arc<Kept>>, Error> {
        let place = format!("ca/{}", row.authority);
        let load = async {
            let der = store.unseal(&row.certificate).await?;
            Ok(der.map(|der| der.to_vec()))
        };
        self.find(place, row.certificate, load).await
    }

    async fn find(
        &self,
        place: String,
        digest: Digest,
        load: impl Future<Output = Result<Option<Vec<u8>>, Error>>,
    ) -> Result<Option<Arc<Kept>>, Error> {
        let found = self.place(place, digest);
        let fill = async || match load.await {
            Ok(Some(der)) => Ok(Arc::new(Kept {
                der: der.into(),
                gzip: OnceCell::new(),
            })),
            Ok(None) => Err(None),
            Err(error) => Err(Some(error)),
        };
        match found.kept.get_or_try_init(fill).await {
            Ok(kept) => Ok(Some(Arc::clone(kept))),
            Err(None) => Ok(None),
            Err(Some(error)) => Err(error),
        }
    }

    fn place(&self, name: String, digest: Digest) -> Arc<Place> {
        let mut all = self.0.lock();
        if let Some(place) = all.get(&name).filter(|place| place.digest == digest) {
            return Arc::clone(place);
        }
        let place = Arc::new(Place {
            digest,
            kept: OnceCell::new(),
        });
        all.insert(name, Arc::clone(&place));
        place
    }
}

/// The latest CRL of `authority` and scope.
pub(crate) async fn latest_crl(
    store: &Store,
    authority: &str,
    scope: &str,
) -> Result<Option<CrlRow>, Error> {
    store
        .get::<CrlRow>(&[Value::from(authority), Value::from(scope)])
        .await
}

/// How many shards `authority` has; 0 for none.
pub(crate) async fn shards(store: &Store, authority: &str) -> Result<u32, Error> {
    let filter = [("authority", Compare::Eq(Value::from(authority)))];
    let rows = store.scan::<PartitionRow>(&filter, &[], None, 1).await?;
    let shards = rows.first().map_or(0, |row| row.shards);
    Ok(u32::try_from(shards).unwrap_or(0))
}

/// Every CRL of `authority`, by scope.
pub(crate) async fn crls(store: &Store, authority: &str) -> Result<Vec<CrlRow>, Error> {
    let filter = [("authority", Compare::Eq(Value::from(authority)))];
    let order = [("scope", Direction::Ascending)];
    store.scan::<CrlRow>(&filter, &order, None, LISTED).await
}

/// The row of `authority`.
pub(crate) async fn authority(
    store: &Store,
    authority: &str,
) -> Result<Option<AuthorityRow>, Error> {
    store.get::<AuthorityRow>(&[Value::from(authority)]).await
}

/// The names of all authorities, sorted; the first hundred.
pub(crate) async fn authorities(store: &Store) -> Result<Vec<String>, Error> {
    let rows = store
        .scan::<AuthorityRow>(&[], &[("authority", Direction::Ascending)], None, 100)
        .await?;
    Ok(rows.into_iter().map(|row| row.authority).collect())
}
