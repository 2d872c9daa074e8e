//! An act on many certificates is carried out: begun with the officer's signature, in a task that no browser can stop,
//! and carried on with after a start.

use std::sync::Arc;

use authority::{Error, Outcome};

use super::{DONE, OPEN, PLANNED, Work};
use crate::failure::Failure;
use crate::portal::Portal;
use crate::session::SignedIn;

/// Begins an act with the signature over its statement, and waits until it was carried out. Whoever sends the signature
/// again begins nothing twice.
pub(in crate::desk) async fn begin(
    portal: &Arc<Portal>,
    signed_in: &SignedIn,
    act: &str,
    statement: &str,
    signature: &[u8],
) -> Result<(), Failure> {
    let officer = &signed_in.officer;
    portal
        .authority
        .verify_officer_signature(officer, statement.as_bytes(), signature)?;
    let mut work = Work::open(portal, signed_in, act).await?;
    if work.act.state != PLANNED {
        return Ok(());
    }
    work.content.signed = Some((statement.to_owned(), hex::encode(signature)));
    // Whoever was quicker has begun it.
    if work.keep(portal, OPEN).await? {
        let (portal, act) = (Arc::clone(portal), act.to_owned());
        let task = tokio::spawn(async move { carry_out(&portal, &act).await });
        task.await.map_err(|fault| Failure::fault(&fault))??;
    }
    Ok(())
}

/// Carries on with every act that was begun and not finished.
pub(crate) async fn resume(portal: Arc<Portal>) {
    let acts = match portal.desk.open_mass_acts().await {
        Ok(acts) => acts,
        Err(error) => {
            tracing::error!(%error, "acts on many certificates that were begun cannot be read");
            return;
        }
    };
    for act in acts {
        tracing::info!(act = %act.act, "an act on many certificates is carried on with");
        if carry_out(&portal, &act.act).await.is_err() {
            tracing::error!(act = %act.act, "an act on many certificates was not finished");
        }
    }
}

/// Carries out what is left of an open act, and keeps what came of it. Where something breaks it stays open.
pub(super) async fn carry_out(portal: &Portal, act: &str) -> Result<(), Failure> {
    let found = portal.desk.mass_act(act).await?;
    let mut work = Work::of(found.ok_or_else(Failure::not_found)?)?;
    let signed = work.content.signed.clone();
    let Some((statement, signature)) = signed.filter(|_| work.act.state == OPEN) else {
        return Ok(());
    };
    let signature = hex::decode(signature).map_err(|fault| Failure::fault(&fault))?;
    let committed = match portal.authority.officer(&work.act.officer).await {
        Ok(officer) => {
            let act = work.content.act();
            let authority = &portal.authority;
            authority
                .commit(&officer, act, &statement, &signature)
                .await
        }
        Err(error) => Err(error),
    };
    match committed {
        Ok(Outcome::StatusesChanged { done, refused, .. }) => {
            work.content.done = done;
            work.content.refused = refused;
        }
        Err(Error::Refused(refusal)) => {
            work.content.stopped = Some([refusal.code, refusal.zh, refusal.en]);
        }
        Ok(other) => {
            tracing::error!(?other, "an act on many certificates had another outcome");
        }
        Err(fault) => return Err(fault.into()),
    }
    work.keep(portal, DONE).await?;
    Ok(())
}
