//! Intents that a crash or a fault left open: completed where everything still stands, closed otherwise.

use std::sync::Arc;
use std::time::Duration;

use ledger::event::{Entry, Event};
use store::Compare;
use store::views::{CaseRow, CertificateRow};
use x509::certificate::Certificate;

use crate::decide;
use crate::error::Error;
use crate::examine::Dossiers;
use crate::issue::{Pending, abandon, check_approvals, complete, predecessor};
use crate::officer::check_authority_now;
use crate::service::Core;
use crate::supersede;

/// How old an open intent must be before the running service takes it up: seconds. Younger ones are being signed.
const GRACE: i64 = 60;

/// Takes up open intents whenever some are old enough, and ends what has stood beside its successor for long enough;
/// what was due by `swept`, UTC seconds, is done.
pub(crate) async fn watch(core: Arc<Core>, mut swept: i64) {
    let mut tick = tokio::time::interval(Duration::from_secs(30));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = sweep(&core, GRACE).await {
            tracing::error!(%error, "open intents could not be swept");
        }
        match supersede::sweep(&core, swept).await {
            Ok(now) => swept = now,
            Err(error) => tracing::error!(%error, "superseded certificates could not be revoked"),
        }
    }
}

/// Completes or closes every intent that is at least `age` seconds old.
pub(crate) async fn sweep(core: &Arc<Core>, age: i64) -> Result<(), Error> {
    let latest = core.clock.now().0.saturating_sub(age.max(0));
    let open = core
        .store
        .scan::<CertificateRow>(
            &[("state", Compare::Eq("intended".into()))],
            &[],
            None,
            10_000,
        )
        .await?;
    for row in open
        .into_iter()
        .filter(|row| age < 0 || row.changed_at <= latest)
    {
        take_up(core, &row).await?;
    }
    Ok(())
}

async fn take_up(core: &Arc<Core>, row: &CertificateRow) -> Result<(), Error> {
    let intent = u64::try_from(row.intended_idx).map_err(|_| {
        Error::Inconsistent(format!("intent of {} has a negative index", row.serial))
    })?;
    let tbs = core.store.unseal(&row.tbs).await?;
    let mut pending = Pending {
        authority: row.authority.clone(),
        serial: row.serial.clone(),
        tbs: Vec::new(),
        intent,
        predecessor: None,
    };
    let Some(tbs) = tbs else {
        abandon(core, &pending, "tbs-missing").await;
        return Ok(());
    };
    pending.tbs = tbs.to_vec();
    check_intent(core, row, intent).await?;
    match still_stands(core, row).await {
        Ok(predecessor) => pending.predecessor = predecessor,
        Err(error @ (Error::Refused(_) | Error::Inconsistent(_))) => {
            tracing::warn!(%error, serial = %row.serial, "an open intent no longer stands and is closed");
            abandon(core, &pending, "approval-lapsed").await;
            return Ok(());
        }
        // The database or a key failed, not the approval: the next sweep tries again.
        Err(error) => return Err(error),
    }
    match complete(core, std::slice::from_ref(&pending)).await {
        Ok(_) => tracing::info!(serial = %row.serial, "an open intent was completed"),
        Err(error) => {
            tracing::error!(%error, serial = %row.serial, "an open intent could not be completed");
            abandon(core, &pending, "signing-failed").await;
        }
    }
    Ok(())
}

/// The row says what the ledger's intent says: nothing else gets signed.
async fn check_intent(core: &Core, row: &CertificateRow, intent: u64) -> Result<(), Error> {
    let body = core.store.entry(intent).await?.unwrap_or_default();
    match Entry::decode(&body)?.event {
        Event::CertificateIntended {
            authority,
            serial,
            tbs,
            ..
        } if authority == row.authority && serial == row.serial && tbs == row.tbs => Ok(()),
        _ => Err(Error::Inconsistent(format!(
            "the row of {} is not the intent on the ledger",
            row.serial
        ))),
    }
}

/// The approvals, the officers and the authority are as good as they were, and so is the certificate that this one
/// follows on, which is given.
async fn still_stands(
    core: &Core,
    row: &CertificateRow,
) -> Result<Option<(String, String)>, Error> {
    // A founding that was cut short is not resumed: its database holds nothing yet and is founded anew.
    check_authority_now(
        &row.authority,
        &core.hierarchy,
        &core.index,
        core.clock.now(),
    )?;
    let Some(case) = &row.case_id else {
        return Ok(None);
    };
    let case = core.store.get::<CaseRow>(&[case.as_str().into()]).await?;
    let case = case.ok_or_else(|| decide::no_such(&row.serial))?;
    let mut session = core.store.read_session().await?;
    let dossiers = Dossiers::of_rows(&mut session, vec![case.clone()]).await?;
    drop(session);
    check_approvals(core, &dossiers, std::iter::once(&case))?;
    let predecessor = predecessor(&case);
    if let Some((authority, serial)) = &predecessor {
        let key = [authority.as_str().into(), serial.as_str().into()];
        let before = core.store.get::<CertificateRow>(&key).await?;
        decide::succession::produce(&case, before.as_ref())?;
    }
    Ok(predecessor)
}

/// The certificate that is stored under `row`.
pub(crate) async fn stored_certificate(
    core: &Core,
    row: &CertificateRow,
) -> Result<Option<Certificate>, Error> {
    let Some(digest) = row.certificate else {
        return Ok(None);
    };
    let der = core
        .store
        .unseal(&digest)
        .await?
        .ok_or_else(|| Error::Inconsistent(format!("certificate {} is missing", row.serial)))?;
    Ok(Some(Certificate::from_der(&der)?))
}
