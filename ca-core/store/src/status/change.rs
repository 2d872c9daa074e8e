//! What an entry means for the index.

use ledger::event::{Entry, Event, Status as Change};
use x509::certificate::Serial;
use x509::crl::RevocationReason;
use x509::time::Time;

use super::Status;

/// What an entry changes.
pub(super) enum Effect<'a> {
    /// A CRL of that authority has that number.
    Crl(&'a str, u64),
    /// A serial of that authority has that status.
    Status(&'a str, Serial, Status),
}

/// What `entry` says about a serial or a CRL, if anything.
pub(super) fn effect(entry: &Entry) -> Option<Effect<'_>> {
    let at = Time(entry.time);
    let (authority, serial, status) = match &entry.event {
        Event::CertificateIntended {
            authority, serial, ..
        } => (authority, serial, Status::Intended),
        Event::CertificateIssued {
            authority, serial, ..
        } => (authority, serial, Status::Good),
        Event::CertificateAbandoned {
            authority, serial, ..
        } => (
            authority,
            serial,
            Status::Revoked {
                at,
                reason: RevocationReason::CessationOfOperation,
            },
        ),
        Event::CertificateStatus {
            authority,
            serial,
            status,
            reason,
            ..
        } => {
            let status = match status {
                Change::Good => Status::Good,
                Change::Held => Status::Held { at },
                Change::Revoked => Status::Revoked {
                    at,
                    // The ledger refuses unknown names; an unreadable one still means revoked.
                    reason: reason.parse().unwrap_or(RevocationReason::Unspecified),
                },
            };
            (authority, serial, status)
        }
        Event::CrlIssued {
            authority, number, ..
        } => return Some(Effect::Crl(authority, *number)),
        _ => return None,
    };
    // A serial that cannot be read cannot be asked for either.
    Some(Effect::Status(authority, serial.parse().ok()?, status))
}
