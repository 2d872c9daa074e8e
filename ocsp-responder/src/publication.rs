//! What the record holds for everybody: the latest CRLs and the certificate of each authority.
//!
//! Which one is the latest is asked of the record each time; its bytes are read once and kept, however many ask for them
//! at the same time, handed out without a copy, and compressed once when somebody wants them so. Those of a CRL that the
//! record has in parts are kept on disk where there is a place for them, so that memory never holds it as a whole.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use flate2::Compression;
use flate2::write::GzEncoder;
use parking_lot::Mutex;
use sm_engine::sm3::{Digest, Sm3};
use store::value::Value;
use store::views::{AuthorityRow, CrlRow, PartitionRow};
use store::{Compare, Direction, Error, Store};
use tokio::sync::OnceCell;

use crate::spool::{Spool, Spooled};

/// Most shards of an authority that a listing names, with its full and delta CRL.
const LISTED: u32 = 4_098;

/// Something to be handed out, in memory or on disk.
#[derive(Clone)]
pub(crate) enum Content {
    /// Bytes.
    Memory(Bytes),
    /// A file.
    Spooled(Arc<Spooled>),
}

impl Content {
    /// How long it is, bytes.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Spooled(file) => file.len(),
        }
    }

    /// A part of it, which lies within.
    pub(crate) fn part(&self, range: Range<u64>) -> Body {
        match self {
            Self::Memory(bytes) => {
                let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                let end = place(range.end);
                Body::from(bytes.slice(place(range.start).min(end)..end))
            }
            Self::Spooled(file) => file.body(range),
        }
    }

    /// All of it.
    pub(crate) fn whole(&self) -> Body {
        self.part(0..self.len())
    }
}

/// What was handed out, and its compressed form once it was asked for.
pub(crate) struct Kept {
    /// As it is.
    pub(crate) der: Content,
    spool: Spool,
    gzip: OnceCell<Option<Content>>,
}

impl Kept {
    fn new(der: Content, spool: Spool) -> Self {
        Self {
            der,
            spool,
            gzip: OnceCell::new(),
        }
    }

    /// Compressed with gzip; `None` where that makes nothing smaller, or could not be done.
    pub(crate) async fn gzip(&self) -> Option<Content> {
        let make = async || {
            let (der, spool) = (self.der.clone(), self.spool.clone());
            // A large CRL takes a second or two; a task that is lost with the program costs one compression.
            let made = tokio::task::spawn_blocking(move || compress(&der, &spool)).await;
            made.ok().flatten()
        };
        self.gzip.get_or_init(make).await.clone()
    }
}

fn compress(der: &Content, spool: &Spool) -> Option<Content> {
    match der {
        Content::Memory(der) => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::new(4));
            encoder.write_all(der).ok()?;
            let made = encoder.finish().ok()?;
            (made.len() < der.len()).then(|| Content::Memory(made.into()))
        }
        Content::Spooled(file) => {
            let made = file.compressed(spool.directory()?);
            let made = made.inspect_err(
                |error| tracing::warn!(%error, "a CRL could not be compressed on disk"),
            );
            made.ok()
                .flatten()
                .map(|file| Content::Spooled(Arc::new(file)))
        }
    }
}

/// The bytes of what was handed out last, at most one for each CRL and each certificate.
#[derive(Default)]
pub(crate) struct Shelf {
    spool: Spool,
    places: Mutex<BTreeMap<String, Arc<Place>>>,
}

/// Room for the bytes of a digest, filled by whoever comes first.
struct Place {
    digest: Digest,
    kept: OnceCell<Arc<Kept>>,
}

impl Shelf {
    /// One that keeps large files there.
    pub(crate) fn spooling_in(directory: PathBuf) -> Self {
        Self {
            spool: Spool::new(directory),
            ..Self::default()
        }
    }

    /// The bytes of a CRL. `None` where the record lost it, which the audit reports.
    pub(crate) async fn crl(
        &self,
        store: &Store,
        row: &CrlRow,
    ) -> Result<Option<Arc<Kept>>, Error> {
        let place = format!("crl/{}/{}", row.authority, row.scope);
        let load = async {
            let parts = row.parts();
            if let Some(directory) = self.spool.directory()
                && !parts.is_empty()
            {
                return spool(store, &row.crl, parts, directory.to_owned()).await;
            }
            let der = row.load(store).await?;
            Ok(der.map(|der| Content::Memory(der.into())))
        };
        self.find(place, row.crl, load).await
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
            Ok(der.map(|der| Content::Memory(Bytes::copy_from_slice(&der))))
        };
        self.find(place, row.certificate, load).await
    }

    async fn find(
        &self,
        place: String,
        digest: Digest,
        load: impl Future<Output = Result<Option<Content>, Error>>,
    ) -> Result<Option<Arc<Kept>>, Error> {
        let found = self.place(place, digest);
        let fill = async || match load.await {
            Ok(Some(der)) => Ok(Arc::new(Kept::new(der, self.spool.clone()))),
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
        let mut all = self.places.lock();
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

/// Brings the parts of a CRL into one file. `None` where the record lost one.
async fn spool(
    store: &Store,
    crl: &Digest,
    parts: Vec<Digest>,
    directory: PathBuf,
) -> Result<Option<Content>, Error> {
    let failed = |error: io::Error| Error::Read {
        what: format!("a CRL could not be brought to disk: {error}"),
    };
    let mut writing = Spooled::begin(&directory).map_err(failed)?;
    let mut whole = Sm3::new();
    for part in parts {
        let Some(bytes) = store.unseal(&part).await? else {
            return Ok(None);
        };
        // To the page cache: a few milliseconds each.
        let written = tokio::task::spawn_blocking(move || {
            whole.update(&bytes);
            writing.put(&bytes).map(|()| (writing, whole))
        });
        (writing, whole) = written
            .await
            .map_err(io::Error::other)
            .flatten()
            .map_err(failed)?;
    }
    if whole.finish() != *crl {
        return Err(CrlRow::damaged(crl));
    }
    let file = writing.finish().map_err(failed)?;
    Ok(Some(Content::Spooled(Arc::new(file))))
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
