//! CRLs: what they list is what the ledger said at the size that they cover.

use std::collections::BTreeMap;

use ledger::event::{Entry, Event, Status};
use x509::crl::Crl;

use super::Walk;
use crate::error::Error;

/// A serial was revoked (with a reason) or released.
struct Change {
    entry: u64,
    reason: Option<String>,
}

/// Changes per authority and serial, oldest first.
#[derive(Default)]
pub(super) struct Revocations(BTreeMap<String, BTreeMap<String, Vec<Change>>>);

impl Revocations {
    pub(super) fn note(&mut self, index: u64, entry: &Entry) {
        let (authority, serial, reason) = match &entry.event {
            Event::CertificateStatus {
                authority,
                serial,
                status,
                reason,
                ..
            } => (
                authority,
                serial,
                (*status != Status::Good).then(|| reason.clone()),
            ),
            Event::CertificateAbandoned {
                authority, serial, ..
            } => (authority, serial, Some("cessationOfOperation".to_owned())),
            _ => return,
        };
        let changes = self
            .0
            .entry(authority.clone())
            .or_default()
            .entry(serial.clone())
            .or_default();
        changes.push(Change {
            entry: index,
            reason,
        });
    }

    /// Serial and reason of what was revoked after the first `size` entries.
    fn at(&self, authority: &str, size: u64) -> BTreeMap<String, String> {
        self.0
            .get(authority)
            .into_iter()
            .flatten()
            .filter_map(|(serial, changes)| {
                let last = changes.iter().rev().find(|change| change.entry < size)?;
                Some((serial.clone(), last.reason.clone()?))
            })
            .collect()
    }
}

impl Walk<'_> {
    pub(super) async fn crl(&mut self, index: u64, entry: &Entry) -> Result<(), Error> {
        let Event::CrlIssued {
            authority,
            number,
            crl: digest,
            this_update,
            next_update,
            entries,
            covers,
        } = &entry.event
        else {
            return Ok(());
        };
        let Some(der) = self.blob(index, "CRL", digest).await? else {
            return Ok(());
        };
        self.report.crls += 1;
        let place = format!("entry {index}");
        let crl = match Crl::from_der(&der) {
            Ok(crl) => crl,
            Err(error) => {
                self.report.find("V230", place, error.to_string());
                return Ok(());
            }
        };
        let mut wrong = Vec::new();
        match self.authorities.get(authority) {
            Some(issuer) if crl.verify_signature(issuer.public_key()).is_ok() => {}
            _ => wrong.push("its authority did not sign it".to_owned()),
        }
        let stated = (
            crl.number(),
            crl.this_update().0,
            crl.next_update().0,
            crl.entries().len() as u64,
        );
        if stated != (*number, *this_update, *next_update, *entries) {
            wrong.push("number, times or count are not the ones on the ledger".to_owned());
        }
        let listed: BTreeMap<_, _> = crl
            .entries()
            .iter()
            .map(|entry| (entry.serial.to_string(), entry.reason.to_string()))
            .collect();
        let expected = self.revocations.at(authority, *covers);
        if listed != expected {
            let missing = expected
                .keys()
                .filter(|serial| !listed.contains_key(*serial))
                .count();
            wrong.push(format!(
                "it lists {} serials, the ledger says {}; {missing} are missing",
                listed.len(),
                expected.len()
            ));
        }
        for what in wrong {
            self.report.find(
                "V231",
                place.clone(),
                format!("CRL {number} of {authority}: {what}"),
            );
        }
        Ok(())
    }
}
