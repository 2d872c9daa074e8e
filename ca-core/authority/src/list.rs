//! Carrying out an act on a list of certificates: in parts of a bounded size, each part one commit.
//!
//! A certificate that a rule refuses is left as it is and told; the others go on. Whatever stops in between is carried on
//! with by the same statement: what it has changed already has another entry than the list saw, and is not changed
//! again.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::event::{Entry, Event};
use store::views::CertificateRow;

use crate::act::{ListedCertificate, Outcome, RefusedCertificate, StatusChange};
use crate::crash::{CrashPoint, reach};
use crate::error::Error;
use crate::examine::StatusList;
use crate::service::Core;
use crate::writer::{Order, Signed};

/// Certificates of one commit.
const PART: usize = 200;

pub(crate) async fn carry_out(
    core: &Arc<Core>,
    signed: Signed,
    facts: StatusList,
) -> Result<Outcome, Error> {
    let (mut done, mut refused) = (0_u64, Vec::new());
    for part in facts.items.chunks(PART) {
        let (open, already) = open_items(core, &signed, part).await?;
        done += already;
        if open.is_empty() {
            continue;
        }
        let count = u64::try_from(open.len()).unwrap_or(u64::MAX);
        match commit(core, &signed, &facts, open.clone()).await {
            Ok(()) => done += count,
            // One of them is refused: which one is found out one by one.
            Err(Error::Refused(_)) => {
                // Somebody may have carried on with the same act meanwhile.
                let (open, finished) = open_items(core, &signed, part).await?;
                done += finished - already;
                for item in open {
                    let (authority, serial) = (item.authority.clone(), item.serial.clone());
                    let one = std::slice::from_ref(&item);
                    match commit(core, &signed, &facts, one.to_vec()).await {
                        Ok(()) => done += 1,
                        Err(Error::Refused(_))
                            if open_items(core, &signed, one).await?.0.is_empty() =>
                        {
                            done += 1;
                        }
                        Err(Error::Refused(refusal)) => refused.push(RefusedCertificate {
                            authority,
                            serial,
                            code: refusal.code,
                            zh: refusal.zh,
                            en: refusal.en,
                        }),
                        Err(fault) => return Err(fault),
                    }
                }
            }
            Err(fault) => return Err(fault),
        }
        reach(core.crash, CrashPoint::ListPart);
    }
    let state = match facts.change {
        StatusChange::Hold => "held",
        StatusChange::Release => "good",
        StatusChange::Revoke => "revoked",
    };
    Ok(Outcome::StatusesChanged {
        list: facts.digest.to_string(),
        state: state.to_owned(),
        done,
        refused,
    })
}

async fn commit(
    core: &Arc<Core>,
    signed: &Signed,
    facts: &StatusList,
    items: Vec<ListedCertificate>,
) -> Result<(), Error> {
    let known = core.store.unseal(&facts.digest).await?.is_some();
    let order = Order::StatusList {
        signed: signed.clone(),
        list: facts.digest,
        change: facts.change,
        reason: facts.reason,
        items,
        text: (!known).then(|| facts.text.clone()),
    };
    core.writer.commit(order).await?;
    Ok(())
}

/// Those of a part that this statement has not changed yet, and how many it has.
async fn open_items(
    core: &Arc<Core>,
    signed: &Signed,
    part: &[ListedCertificate],
) -> Result<(Vec<ListedCertificate>, u64), Error> {
    let keys: Vec<_> = part
        .iter()
        .map(|item| vec![item.authority.as_str().into(), item.serial.as_str().into()])
        .collect();
    let rows = core.store.get_many::<CertificateRow>(&keys).await?;
    let latest: BTreeMap<(String, String), i64> = rows
        .into_iter()
        .map(|row| ((row.authority, row.serial), row.idx))
        .collect();
    let (mut open, mut done) = (Vec::new(), 0);
    for item in part {
        let key = (item.authority.clone(), item.serial.clone());
        let changed = latest.get(&key).filter(|idx| **idx != item.since);
        match changed {
            Some(idx) if rests_on(core, *idx, signed).await? => done += 1,
            _ => open.push(item.clone()),
        }
    }
    Ok((open, done))
}

/// Whether an entry rests on this very statement.
async fn rests_on(core: &Arc<Core>, idx: i64, signed: &Signed) -> Result<bool, Error> {
    let idx = u64::try_from(idx).unwrap_or(u64::MAX);
    let Some(body) = core.store.entry(idx).await? else {
        return Ok(false);
    };
    let entry = Entry::decode(&body)?;
    Ok(matches!(
        &entry.event,
        Event::CertificateStatus { statement, .. } if statement.digest == signed.statement.digest
    ))
}
