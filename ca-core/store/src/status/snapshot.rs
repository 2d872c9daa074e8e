//! The status index as a file, so that a start need not read the whole ledger.
//!
//! A snapshot holds the state after the first `size` entries and a checkpoint that covers them. It proves nothing by
//! itself: whoever loads it must find the checkpoint's root in the ledger. Its tag (HMAC-SM3 under a key of the key
//! store) says that this installation wrote it; a file that is torn, changed, of another log or of another key store
//! is refused, and the ledger is read from its beginning. No personal data: serials, states, times, ledger entries.
//!
//! Version 2, integers big-endian:
//!
//! ```text
//! file      = "gmpki status\n" version:u32 size:u64 note:u32+bytes
//!             landmarks:u32 (place:u8+bytes entry:u64 body:u32+bytes)*
//!             authorities:u16 authority* digest:32 tag:32
//! authority = name:u8+bytes
//!             changes-from:u64 changes:u32 (entry:u64 serial)*     latest changes that CRLs tell, oldest first
//!             odd:u32 (serial state:u8 time:i64)*                  serials over 16 octets, times beyond 32 bits
//!             256 × (good:u32 key* others:u32 (key state:u8 time:u32)*)
//! serial    = u8+bytes                                             content octets of the INTEGER
//! key       = u128                                                 `name::spread` of the serial; ascending
//! state     = 1 intended, 2 good, 3 held, 16 + reason of RFC 5280 §5.3.1 revoked
//! digest    = SM3 of everything before; tag = HMAC-SM3(key, "gmpki status" || digest)
//! ```

mod reading;
mod writing;

use std::path::Path;

use ledger::checkpoint::{Checkpoint, VerifierKey, open_note};

use super::{Capture, StatusIndex};
use crate::error::Error;
use crate::kept::{Kind, SnapshotKey};

const KIND: Kind = Kind {
    name: "gmpki status",
    version: 2,
};

/// A snapshot that was read and is whole. Its checkpoint still has to be found in the ledger.
pub struct Snapshot {
    /// The state after the first [`StatusIndex::applied`] entries.
    pub index: StatusIndex,
    /// A checkpoint that covers these entries, verified with the log's key.
    pub checkpoint: Checkpoint,
}

impl Snapshot {
    /// Reads the file; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Snapshot`] with the reason why it is not used.
    pub fn read(path: &Path, key: &SnapshotKey, log: &VerifierKey) -> Result<Option<Self>, Error> {
        let Some(parts) = reading::read(path, key)? else {
            return Ok(None);
        };
        let checkpoint = open_note(&parts.note, log)
            .map_err(|error| Error::snapshot(format!("its checkpoint: {error}")))?;
        if checkpoint.size < parts.size {
            return Err(Error::snapshot("its checkpoint does not cover it"));
        }
        Ok(Some(Self {
            index: StatusIndex::of(parts.size, parts.landmarks, parts.authorities),
            checkpoint,
        }))
    }
}

impl Capture {
    /// Writes the file, whole or not at all, readable by its owner only. `note` is a checkpoint over at least
    /// [`Capture::size`] entries. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// [`Error::Snapshot`] where it cannot be written.
    pub fn write(self, path: &Path, key: &SnapshotKey, note: &str) -> Result<(), Error> {
        writing::write(&self, path, key, note)
    }
}
