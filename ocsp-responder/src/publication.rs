//! What the record holds for everybody: the latest CRL and the certificate of each authority.
//!
//! Which one is the latest is asked of the record each time; its bytes are unsealed once and kept.

use std::collections::BTreeMap;

use axum::body::Bytes;
use parking_lot::Mutex;
use sm_engine::sm3::Digest;
use store::value::Value;
use store::views::{AuthorityRow, CrlRow};
use store::{Compare, Direction, Error, Store};
use x509::time::Time;

/// A CRL or certificate that may be handed out.
pub(crate) struct Publication {
    /// SM3 of its DER, by which the record holds it.
    pub(crate) digest: Digest,
    /// Start and end of what a CRL says; a certificate has none.
    pub(crate) window: Option<(Time, Time)>,
}

/// The bytes of what was handed out last, at most one CRL and one certificate for each authority.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<BTreeMap<(Kind, String), (Digest, Bytes)>>);

/// What lies on the shelf.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Certificate,
    Crl,
}

impl Shelf {
    /// The DER of a publication of `authority`. `None` where the record lost it, which the audit reports.
    pub(crate) async fn load(
        &self,
        store: &Store,
        kind: Kind,
        authority: &str,
        publication: &Publication,
    ) -> Result<Option<Bytes>, Error> {
        let place = (kind, authority.to_owned());
        if let Some((digest, der)) = self.0.lock().get(&place)
            && *digest == publication.digest
        {
            return Ok(Some(der.clone()));
        }
        let Some(der) = store.unseal(&publication.digest).await? else {
            return Ok(None);
        };
        let der = Bytes::copy_from_slice(&der);
        self.0
            .lock()
            .insert(place, (publication.digest, der.clone()));
        Ok(Some(der))
    }
}

/// The CRL with the highest number of `authority`.
pub(crate) async fn latest_crl(
    store: &Store,
    authority: &str,
) -> Result<Option<Publication>, Error> {
    let filter = [("authority", Compare::Eq(Value::from(authority)))];
    let rows = store
        .scan::<CrlRow>(&filter, &[("number", Direction::Descending)], None, 1)
        .await?;
    Ok(rows.into_iter().next().map(|row| Publication {
        digest: row.crl,
        window: Some((Time(row.this_update), Time(row.next_update))),
    }))
}

/// The certificate of `authority`.
pub(crate) async fn ca_certificate(
    store: &Store,
    authority: &str,
) -> Result<Option<Publication>, Error> {
    let row = store.get::<AuthorityRow>(&[Value::from(authority)]).await?;
    Ok(row.map(|row| Publication {
        digest: row.certificate,
        window: None,
    }))
}

/// The names of all authorities, sorted; the first hundred.
pub(crate) async fn authorities(store: &Store) -> Result<Vec<String>, Error> {
    let rows = store
        .scan::<AuthorityRow>(&[], &[("authority", Direction::Ascending)], None, 100)
        .await?;
    Ok(rows.into_iter().map(|row| row.authority).collect())
}
