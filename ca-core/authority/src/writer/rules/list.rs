//! Part of a list of certificates whose state changes by one act: each one is decided on by itself.

use ledger::event::Event;
use sm_engine::sm3::Digest;
use store::views::Overlay;
use x509::crl::RevocationReason;

use super::Context;
use crate::act::{ListedCertificate, StatusChange};
use crate::decide;
use crate::error::{Error, Refusal};
use crate::examine::place_of_certificate;
use crate::writer::order::Signed;

/// One entry for each, all of them or none: state, role, separation and scope as for a single certificate, and the
/// state must be the one that the list saw.
pub(super) fn decide(
    context: &Context<'_>,
    signed: &Signed,
    list: &Digest,
    change: StatusChange,
    reason: Option<RevocationReason>,
    items: &[ListedCertificate],
    rows: &Overlay,
) -> Result<Vec<Event>, Error> {
    let rules = context.core.policy.rules();
    let officer = &signed.officer;
    let verb = change.verb();
    rules.authorize(officer.role, verb)?;
    let mut events = Vec::with_capacity(items.len());
    for item in items {
        let (authority, serial) = (&item.authority, &item.serial);
        let row = rows.certificates.get(&(authority.clone(), serial.clone()));
        decide::change_status(serial, change, reason, row, officer, rules)?;
        let row = row.ok_or_else(|| decide::no_such(serial))?;
        rules.within(verb, &officer.scope, &place_of_certificate(row))?;
        if row.idx != item.since || row.certificate != Some(item.certificate) {
            return Err(Refusal::new(
                "A412",
                format!("证书 {serial} 的状态在此期间已变化，请重新查看后再操作"),
                format!("the state of {serial} has changed meanwhile; look at it again"),
            )
            .into());
        }
        let (status, reason) = decide::state_after(change, reason);
        events.push(Event::CertificateStatus {
            authority: authority.clone(),
            serial: serial.clone(),
            status,
            reason,
            list: Some(*list),
            statement: signed.statement.clone(),
        });
    }
    Ok(events)
}
