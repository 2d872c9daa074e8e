//! What an entry means for the index.

use ledger::event::{CrlScope, Entry, Event, Status as Change};
use x509::certificate::Serial;
use x509::crl::RevocationReason;
use x509::time::Time;

use super::Status;

/// The place among the landmarks of an entry that a writer's start has to know; a later entry takes it.
pub(super) fn landmark(index: u64, entry: &Entry) -> Option<String> {
    Some(match &entry.event {
        Event::LedgerFounded { .. } => "founded".into(),
        Event::LedgerMirrored { .. } => "mirrored".into(),
        Event::OfficerAppointed { .. } => format!("officer {index}"),
        Event::OfficerProposed { .. } => format!("proposal {index}"),
        Event::OfficerConfirmed { proposal, .. } => format!("confirmed {proposal}"),
        // Nothing followed from the proposal.
        Event::OfficerRefused { proposal, .. } => format!("proposal {proposal}"),
        event => {
            let crl = event.crl()?;
            match crl.scope {
                // One sequence of numbers for full and delta CRLs, and one for each shard.
                CrlScope::Delta { .. } | CrlScope::Full => format!("crl {}", crl.authority),
                CrlScope::Shard { shard } => format!("crl {}/{shard}", crl.authority),
            }
        }
    })
}

/// What `entry` says about a serial, if anything: authority, serial, status.
pub(super) fn change(entry: &Entry) -> Option<(&str, Serial, Status)> {
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
                Change::Revoked => revoked(at, reason),
            };
            (authority, serial, status)
        }
        Event::CertificateSuperseded {
            authority,
            serial,
            reason,
            ..
        } => (authority, serial, revoked(at, reason)),
        _ => return None,
    };
    // A serial that cannot be read cannot be asked for either.
    Some((authority, serial.parse().ok()?, status))
}

/// The ledger refuses unknown names of reasons; an unreadable one still means revoked.
fn revoked(at: Time, reason: &str) -> Status {
    Status::Revoked {
        at,
        reason: reason.parse().unwrap_or(RevocationReason::Unspecified),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::event::{OfficerChange, StatementRef};
    use sm_engine::sm3::Digest;

    fn published(scope: CrlScope) -> Entry {
        let event = Event::CrlPublished {
            authority: "jinan".into(),
            scope,
            number: 7,
            crl: Digest([1; 32]),
            parts: Vec::new(),
            this_update: 1,
            next_update: 2,
            entries: 0,
            covers: 3,
            expired_before: 0,
        };
        Entry::new(9, event)
    }

    /// What is confirmed keeps its proposal, which holds the terms; what is refused takes its place.
    #[test]
    fn proposals_about_officers_are_known_at_a_start() {
        let statement = || StatementRef {
            digest: Digest([1; 32]),
            officer: "OP-0004".into(),
            signature: String::new(),
        };
        let officer = || "OP-0007".to_owned();
        let place = |index, event| landmark(index, &Entry::new(9, event));
        let proposed = Event::OfficerProposed {
            officer: officer(),
            change: OfficerChange::End,
            statement: statement(),
        };
        let confirmed = Event::OfficerConfirmed {
            proposal: 7,
            officer: officer(),
            statement: statement(),
        };
        let refused = Event::OfficerRefused {
            proposal: 7,
            officer: officer(),
            statement: statement(),
        };
        let proposal = place(7, proposed);
        assert!(proposal.is_some());
        assert_ne!(place(8, confirmed), proposal);
        assert_eq!(place(8, refused), proposal);
    }

    #[test]
    fn full_and_delta_crls_count_for_the_authority_and_shards_for_themselves() {
        for scope in [CrlScope::Full, CrlScope::Delta { base: 6 }] {
            let place = landmark(5, &published(scope));
            assert_eq!(place.as_deref(), Some("crl jinan"));
        }
        let shard = landmark(5, &published(CrlScope::Shard { shard: 2 }));
        assert_eq!(shard.as_deref(), Some("crl jinan/2"));
    }
}
