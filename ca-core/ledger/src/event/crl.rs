//! What an event says of a CRL, whichever kind of entry it is in.

use sm_engine::sm3::Digest;

use super::{CrlScope, Event};

/// A CRL as the ledger states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrlFacts<'a> {
    /// Issuing authority.
    pub authority: &'a str,
    /// What it is about; full for entries from before there were scopes.
    pub scope: CrlScope,
    /// CRL number.
    pub number: u64,
    /// SM3 of the CRL.
    pub crl: &'a Digest,
    /// SM3 of each part of it; empty where it is in one piece.
    pub parts: &'a [Digest],
    /// thisUpdate, UTC seconds.
    pub this_update: i64,
    /// nextUpdate, UTC seconds.
    pub next_update: i64,
    /// Entries listed.
    pub entries: u64,
    /// It states what entries 0..covers say.
    pub covers: u64,
    /// What had expired before this time is left out, UTC seconds; 0 for nothing.
    pub expired_before: i64,
}

impl Event {
    /// The CRL that it puts on record, if it is about one.
    #[must_use]
    pub fn crl(&self) -> Option<CrlFacts<'_>> {
        Some(match self {
            Self::CrlIssued {
                authority,
                number,
                crl,
                this_update,
                next_update,
                entries,
                covers,
            } => CrlFacts {
                authority,
                scope: CrlScope::Full,
                number: *number,
                crl,
                parts: &[],
                this_update: *this_update,
                next_update: *next_update,
                entries: *entries,
                covers: *covers,
                expired_before: 0,
            },
            Self::CrlPublished {
                authority,
                scope,
                number,
                crl,
                parts,
                this_update,
                next_update,
                entries,
                covers,
                expired_before,
            } => CrlFacts {
                authority,
                scope: *scope,
                number: *number,
                crl,
                parts,
                this_update: *this_update,
                next_update: *next_update,
                entries: *entries,
                covers: *covers,
                expired_before: *expired_before,
            },
            _ => return None,
        })
    }
}
