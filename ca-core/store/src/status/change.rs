//! What an entry means for the index.

use ledger::event::{CrlScope, Entry, Event, Status as Change};
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
        event => {
            // Each shard counts for itself.
            let crl = event.crl()?;
            let whole = !matches!(crl.scope, CrlScope::Shard { .. });
            return whole.then_some(Effect::Crl(crl.authority, crl.number));
        }
    };
    // A serial that cannot be read cannot be asked for either.
    Some(Effect::Status(authority, serial.parse().ok()?, status))
}

#[cfg(test)]
mod tests {
    use super::*;
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

    #[test]
    fn full_and_delta_crls_count_for_the_authority_and_shards_for_themselves() {
        for scope in [CrlScope::Full, CrlScope::Delta { base: 6 }] {
            let entry = published(scope);
            let found = effect(&entry);
            assert!(matches!(found, Some(Effect::Crl("jinan", 7))));
        }
        assert!(effect(&published(CrlScope::Shard { shard: 2 })).is_none());
    }
}
