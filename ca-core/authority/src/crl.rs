//! CRLs: made from the status index, linted, read back, recorded.
//!
//! A CRL never decides anything. Its number is the last one plus one, which the writer enforces.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use policy::{Verb, lint};
use sm_engine::sm3;
use store::Store;
use store::views::CrlRow;
use store::{Compare, Direction};
use x509::crl::{Crl, CrlBuilder, CrlEntry, assemble_crl};

use crate::error::{Error, Refusal};
use crate::hierarchy::Member;
use crate::service::{Authority, Core};
use crate::view::Officer;
use crate::writer::{CrlOrder, Order};

/// How long changes are gathered before a CRL is made for them.
const GATHER: Duration = Duration::from_millis(500);

/// Number and entries of the CRL that was made.
pub(crate) type Made = (u64, u64);

/// The latest CRL of an authority.
pub(crate) async fn latest_row(store: &Store, authority: &str) -> Result<Option<CrlRow>, Error> {
    let filter = [("authority", Compare::Eq(authority.into()))];
    let mut rows = store
        .scan::<CrlRow>(&filter, &[("number", Direction::Descending)], None, 1)
        .await?;
    Ok(rows.pop())
}

/// Number of a recorded CRL.
pub(crate) fn crl_number(row: &CrlRow) -> Result<u64, Error> {
    u64::try_from(row.number).map_err(|_| Error::Inconsistent("a CRL number is negative".into()))
}

impl Authority {
    /// Makes a CRL at once.
    ///
    /// # Errors
    /// A refusal where the officer's role may not; a fault where it cannot be made.
    pub async fn publish_crl(
        &self,
        officer: &Officer,
        authority: &str,
    ) -> Result<(u64, u64), Error> {
        let officer = self.officer(&officer.number).await?;
        self.core
            .policy
            .rules()
            .authorize(officer.role, Verb::CrlPublish)?;
        make(&self.core, &*self.core.hierarchy.get(authority)?).await
    }
}

/// Makes a CRL for `member` and records it.
pub(crate) async fn make(core: &Core, member: &Member) -> Result<Made, Error> {
    let last = latest_row(&core.store, &member.authority).await?;
    let previous = last.as_ref().map(crl_number).transpose()?;
    let number = previous.unwrap_or(0) + 1;
    let (covers, revoked) = snapshot(core, &member.authority);
    let now = core.clock.now();
    let entries = revoked.len() as u64;
    let builder = CrlBuilder {
        issuer: member.name().clone(),
        authority_key_id: member.key_id().to_vec(),
        number,
        this_update: now,
        next_update: now.plus_seconds(core.crl_lifetime),
        entries: revoked
            .into_iter()
            .map(|(serial, revoked_at, reason)| CrlEntry {
                serial,
                revoked_at,
                reason,
            })
            .collect(),
    };
    let tbs = builder.to_tbs_der()?;
    let signature = member.signer.sign(&tbs)?;
    let der = assemble_crl(&tbs, &signature);
    let read_back = Crl::from_der(&der)?;
    read_back.verify_signature(member.certificate.public_key())?;
    let findings = lint::run_crl(&read_back, &member.certificate, previous);
    if let Some(finding) = findings.first() {
        return Err(Error::Inconsistent(format!(
            "CRL {number} of {}: {}: {}",
            member.authority, finding.lint, finding.what
        )));
    }
    let order = CrlOrder {
        authority: member.authority.clone(),
        number,
        digest: sm3::digest(&der),
        der,
        this_update: now.0,
        next_update: now.plus_seconds(core.crl_lifetime).0,
        entries,
        covers,
    };
    core.writer.commit(Order::Crl(Box::new(order))).await?;
    Ok((number, entries))
}

type Revoked = Vec<(
    x509::certificate::Serial,
    x509::time::Time,
    x509::crl::RevocationReason,
)>;

/// What is revoked, and the ledger size that says exactly that.
fn snapshot(core: &Core, authority: &str) -> (u64, Revoked) {
    loop {
        let before = core.index.applied();
        let revoked = core.index.revoked(authority);
        if core.index.applied() == before {
            return (before, revoked);
        }
    }
}

/// Makes the CRLs that are missing, half expired, or behind the index. One authority that fails does not keep the
/// others from theirs.
pub(crate) async fn make_due(core: &Core) -> Result<(), Error> {
    let mut first = Ok(());
    for member in core.hierarchy.all() {
        match make_if_due(core, &member).await {
            // Somebody else made one at the same moment: that one is as new.
            Err(Error::Refused(Refusal { code, .. })) if code == "A412" => {}
            result => first = first.and(result),
        }
    }
    first
}

async fn make_if_due(core: &Core, member: &Member) -> Result<(), Error> {
    if let Some(row) = latest_row(&core.store, &member.authority).await? {
        let half = row.this_update + (row.next_update - row.this_update) / 2;
        if core.clock.now().0 < half && !behind(core, &row).await? {
            return Ok(());
        }
    }
    let (number, entries) = make(core, member).await?;
    tracing::info!(authority = %member.authority, number, entries, "CRL made");
    Ok(())
}

/// The published CRL does not list exactly what the index says now.
async fn behind(core: &Core, row: &CrlRow) -> Result<bool, Error> {
    let (size, revoked) = snapshot(core, &row.authority);
    if u64::try_from(row.covers) == Ok(size) {
        return Ok(false);
    }
    let der = core.store.unseal(&row.crl).await?.ok_or_else(|| {
        Error::Inconsistent(format!(
            "CRL {} of {} is missing",
            row.number, row.authority
        ))
    })?;
    let published: BTreeMap<_, _> = Crl::from_der(&der)?
        .entries()
        .iter()
        .map(|e| (e.serial.clone(), e.reason))
        .collect();
    Ok(published
        != revoked
            .into_iter()
            .map(|(serial, _, reason)| (serial, reason))
            .collect())
}

/// Makes CRLs as status changes and time passes.
pub(crate) async fn watch(core: Arc<Core>) {
    let mut size = core.size.subscribe();
    loop {
        let _ = tokio::time::timeout(Duration::from_secs(60), size.changed()).await;
        tokio::time::sleep(GATHER).await;
        size.mark_unchanged();
        if let Err(error) = make_due(&core).await {
            tracing::error!(%error, "CRLs could not be made");
        }
    }
}
