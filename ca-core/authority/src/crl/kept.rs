//! The lists as a file, so that a start need not ask for the end of every certificate that is revoked.
//!
//! A file holds the entries of all lists after the first `size` entries of the ledger and a checkpoint that covers
//! these. Nothing of it is believed before the checkpoint was found in the ledger, and no list of it is used that the
//! status index does not confirm entry by entry; without it the lists are made from the index and the record. No
//! personal data: serials, reasons, times.
//!
//! Version 1, integers big-endian, in the frame of [`store::kept`]:
//!
//! ```text
//! content = size:u64 note:u32+bytes authorities:u16 authority*
//! authority = name:u8+bytes expired-before:i64 left-out:u64 shards:u32 list{shards, at least 1}
//! list = chunks:u32 (entries:u32 end:i64* u32+DER*)*       ascending by serial; left out as of expired-before
//! ```

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::checkpoint::{Checkpoint, VerifierKey, open_note};
use store::kept::{self, Input, Kind, Output, SnapshotKey};
use store::status::SnapshotFile;
use x509::crl::{SHARD_LIMIT, shard_of_octets};

use super::arena::Arena;
use super::lists::Lists;
use crate::error::Error;

const KIND: Kind = Kind {
    name: "gmpki crls",
    version: 1,
};

/// The lists of all authorities as of one ledger size.
#[derive(Default)]
pub(crate) struct Kept {
    pub(super) size: u64,
    pub(super) lists: BTreeMap<String, KeptList>,
}

/// The lists of one authority.
pub(super) struct KeptList {
    pub(super) expired_before: i64,
    /// How many serials the index has as held or revoked that no list has any more.
    pub(super) left_out: u64,
    /// One for each shard, or one alone.
    pub(super) arenas: Vec<Arena>,
}

/// The place beside the status index.
fn path(file: &SnapshotFile) -> PathBuf {
    file.path.with_extension("crls")
}

/// Reads what is kept beside the status index: the lists, and the checkpoint that they stand under. The checkpoint is
/// the log's own; whether it is one of this ledger is to be found out yet. `None` where there is nothing, or nothing
/// that can be used, which is said.
pub(crate) async fn read(file: &SnapshotFile, log: VerifierKey) -> Option<(Kept, Checkpoint)> {
    let (path, key) = (path(file), Arc::clone(&file.key));
    let shown = path.display().to_string();
    let reading = tokio::task::spawn_blocking(move || read_file(&path, &key, &log)).await;
    let read = reading
        .map_err(|error| error.to_string())
        .and_then(|read| read.map_err(|error| error.to_string()));
    read.unwrap_or_else(|error| {
        tracing::warn!(error, path = shown, "making the CRLs' lists anew instead");
        None
    })
}

fn read_file(
    path: &Path,
    key: &SnapshotKey,
    log: &VerifierKey,
) -> Result<Option<(Kept, Checkpoint)>, store::Error> {
    let Some((kept, note)) = kept::read(path, key, KIND, content)? else {
        return Ok(None);
    };
    let checkpoint = open_note(&note, log).map_err(|_| Input::damaged("checkpoint"))?;
    if checkpoint.size < kept.size {
        return Err(Input::damaged("its checkpoint does not cover it"));
    }
    Ok(Some((kept, checkpoint)))
}

fn content(input: &mut Input) -> Result<(Kept, String), store::Error> {
    let size = u64::from_be_bytes(input.array()?);
    let length = input.count()?;
    let note = String::from_utf8(input.take(length)?).map_err(|_| Input::damaged("note"))?;
    let mut lists = BTreeMap::new();
    for _ in 0..u16::from_be_bytes(input.array()?) {
        let name = String::from_utf8(input.short()?).map_err(|_| Input::damaged("name"))?;
        let expired_before = i64::from_be_bytes(input.array()?);
        let left_out = u64::from_be_bytes(input.array()?);
        let shards = u32::from_be_bytes(input.array()?);
        if shards > SHARD_LIMIT {
            return Err(Input::damaged("shards"));
        }
        let arenas = (0..shards.max(1)).map(|shard| {
            let belongs = |serial: &[u8]| shard_of_octets(serial, shards) == shard;
            Arena::read(input, belongs)
        });
        let list = KeptList {
            expired_before,
            left_out,
            arenas: arenas.collect::<Result<_, _>>()?,
        };
        lists.insert(name, list);
    }
    Ok((Kept { size, lists }, note))
}

/// Writes the lists, each with how many serials it leaves out, as of `size`, which `note` covers.
pub(super) fn write(
    file: &SnapshotFile,
    size: u64,
    note: &str,
    lists: &[(&str, &Lists, u64)],
) -> Result<(), Error> {
    let fill = |output: &mut Output| {
        output.put(&size.to_be_bytes())?;
        output.count(note.len())?;
        output.put(note.as_bytes())?;
        let count = u16::try_from(lists.len()).map_err(io::Error::other)?;
        output.put(&count.to_be_bytes())?;
        for (name, lists, left_out) in lists {
            output.short(name.as_bytes())?;
            output.put(&lists.expired_before.to_be_bytes())?;
            output.put(&left_out.to_be_bytes())?;
            let shards = lists
                .partition
                .as_ref()
                .map_or(0, |partition| partition.shards);
            output.put(&shards.to_be_bytes())?;
            for arena in lists.arenas() {
                arena.write(output)?;
            }
        }
        Ok(())
    };
    Ok(kept::write(&path(file), &file.key, KIND, fill)?)
}
