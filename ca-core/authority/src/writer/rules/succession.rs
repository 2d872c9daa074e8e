//! Successors and what becomes of the certificates before them.

use ledger::event::Event;
use store::views::{CaseRow, CertificateRow, Overlay, SuccessionRow};
use store::{Compare, WriteTx};

use super::Context;
use crate::act::Succeeds;
use crate::decide;
use crate::error::Error;
use crate::examine::Predecessor;
use crate::writer::IssuedItem;

/// Most cases that can name one predecessor: each but the last was refused or withdrawn.
const ATTEMPTS: u32 = 1_000;

/// The case may be for the successor of this certificate, which has no other one.
pub(super) async fn check(
    context: &Context<'_>,
    tx: &mut WriteTx,
    predecessor: &Predecessor,
    case: &str,
    rows: &Overlay,
) -> Result<(), Error> {
    let found = successions(tx, &predecessor.authority, &predecessor.succeeds.serial).await?;
    let found = found.into_iter().map(|row| row.case_id);
    // Cases of this very group are not in the database yet.
    let fresh = rows.successions.values().filter(|row| {
        row.authority == predecessor.authority && row.serial == predecessor.succeeds.serial
    });
    let mut others: Vec<CaseRow> = Vec::new();
    let mut wanted = Vec::new();
    for other in found.chain(fresh.map(|row| row.case_id.clone())) {
        match rows.cases.get(&other) {
            Some(row) => others.push(row.clone()),
            None => wanted.push(vec![other.into()]),
        }
    }
    others.extend(tx.get_many::<CaseRow>(&wanted).await?);
    let row = rows.certificates.get(&predecessor.key());
    decide::succession::open(predecessor, row, case, &others, context.now)?;
    Ok(())
}

/// The entry that says so.
pub(super) fn event(predecessor: &Predecessor, case: &str) -> Event {
    Event::CaseSuccession {
        case: case.to_owned(),
        succession: predecessor.succeeds.succession,
        authority: predecessor.authority.clone(),
        serial: predecessor.succeeds.serial.clone(),
        overlap: predecessor.overlap,
    }
}

/// The end of the certificate before this one, where it ends at once.
pub(super) fn ended_by(item: &IssuedItem, rows: &Overlay) -> Result<Option<Event>, Error> {
    let Some((authority, serial)) = &item.predecessor else {
        return Ok(None);
    };
    let own = (item.authority.clone(), item.serial.clone());
    let own = rows.certificates.get(&own);
    let case = own.and_then(|row| rows.cases.get(row.case_id.as_ref()?));
    match case {
        Some(case) if case.overlap == Some(0) => superseded(case, authority, serial, rows),
        _ => Ok(None),
    }
}

/// The end of a certificate whose overlap with its successor is over. Nothing where somebody ended it before.
pub(super) fn overlap_ended(
    context: &Context<'_>,
    authority: &str,
    serial: &str,
    case: &str,
    rows: &Overlay,
) -> Result<Vec<Event>, Error> {
    let row = rows.cases.get(case);
    let row = row.filter(|row| row.authority == authority && row.state == "issued");
    let row = row.filter(|row| row.predecessor.as_deref() == Some(serial));
    let row = row.ok_or_else(|| Error::Inconsistent(format!("{case} supersedes nothing")))?;
    let overlap = row.overlap.unwrap_or(0);
    if row.changed_at.saturating_add(overlap) > context.now {
        return Ok(Vec::new());
    }
    Ok(superseded(row, authority, serial, rows)?
        .into_iter()
        .collect())
}

/// Whether a certificate ends by itself because its successor was issued.
pub(super) async fn is_ending(
    tx: &mut WriteTx,
    certificate: &CertificateRow,
    rows: &Overlay,
) -> Result<bool, Error> {
    let CertificateRow {
        authority, serial, ..
    } = certificate;
    let found = successions(tx, authority, serial).await?;
    let fresh = rows.successions.values();
    let fresh = fresh.filter(|row| row.authority == *authority && row.serial == *serial);
    Ok(found.iter().chain(fresh).any(|row| row.due_at.is_some()))
}

fn superseded(
    case: &CaseRow,
    authority: &str,
    serial: &str,
    rows: &Overlay,
) -> Result<Option<Event>, Error> {
    let row = rows
        .certificates
        .get(&(authority.to_owned(), serial.to_owned()));
    let live = row.is_some_and(|row| matches!(row.state.as_str(), "good" | "held"));
    let succeeds = Succeeds::of(case)?.filter(|_| live);
    Ok(succeeds.map(|succeeds| Event::CertificateSuperseded {
        authority: authority.to_owned(),
        serial: serial.to_owned(),
        reason: succeeds.succession.reason().to_owned(),
        case: case.case_id.clone(),
    }))
}

async fn successions(
    tx: &mut WriteTx,
    authority: &str,
    serial: &str,
) -> Result<Vec<SuccessionRow>, Error> {
    let filter = [
        ("authority", Compare::Eq(authority.into())),
        ("serial", Compare::Eq(serial.into())),
    ];
    Ok(tx.scan(&filter, &[], None, ATTEMPTS).await?)
}
