//! Reads the file into the parts of an index. Nothing of it is used before digest and tag were found right; no count
//! in it makes more memory than the file has bytes.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use ledger::event::Entry;
use sm_engine::sm3::{Digest, Sm3};
use x509::certificate::Serial;
use x509::time::Time;

use super::super::authority::{Authority, Changes, Ledger, SHARDS};
use super::super::name::{Name, Packed, decode};
use super::super::shard::{Content, Shard};
use super::super::table::SHARD_BITS;
use super::super::{Counts, Landmarks, Status};
use super::{MAGIC, SnapshotKey, VERSION};
use crate::error::Error;

/// Digest and tag.
const TRAILER: u64 = 64;
/// Bytes of a key, and of what stands behind it for a serial that is not good.
const KEY: usize = 16;
const DETAIL: usize = 5;
const BUFFER: usize = 1 << 18;

/// What a file holds.
pub(super) struct Parts {
    pub(super) size: u64,
    pub(super) note: String,
    pub(super) landmarks: Landmarks,
    pub(super) authorities: BTreeMap<String, Arc<Authority>>,
}

/// `None` where there is no file.
pub(super) fn read(path: &Path, key: &SnapshotKey) -> Result<Option<Parts>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&error)),
    };
    let length = file.metadata().map_err(|error| unreadable(&error))?.len();
    let body = length
        .checked_sub(TRAILER)
        .ok_or_else(|| Error::snapshot("it is torn"))?;
    let mut input = Hashing {
        hash: Sm3::new(),
        inner: BufReader::with_capacity(BUFFER, file),
        left: body,
    };
    let parts = input.parts()?;
    if input.left > 0 {
        return Err(Error::snapshot("it is longer than what it says"));
    }
    let Hashing {
        hash, mut inner, ..
    } = input;
    let mut trailer = [[0; 32]; 2];
    for part in &mut trailer {
        inner.read_exact(part).map_err(|error| unreadable(&error))?;
    }
    let [digest, tag] = trailer;
    if hash.finish() != Digest(digest) {
        return Err(Error::snapshot("its bytes are not the ones of its digest"));
    }
    if !key.tag(&Digest(digest)).matches(&tag) {
        return Err(Error::snapshot("it was not written under this key store"));
    }
    Ok(Some(parts))
}

/// Hashes what it hands on.
struct Hashing {
    hash: Sm3,
    inner: BufReader<File>,
    /// Bytes before the trailer.
    left: u64,
}

impl Hashing {
    fn parts(&mut self) -> Result<Parts, Error> {
        if self.take(MAGIC.len())? != MAGIC {
            return Err(Error::snapshot("it is another kind of file"));
        }
        let version = u32::from_be_bytes(self.array()?);
        if version != VERSION {
            return Err(Error::snapshot(format!(
                "its format is {version}, this program reads {VERSION}"
            )));
        }
        let size = u64::from_be_bytes(self.array()?);
        let length = self.count()?;
        let note = String::from_utf8(self.take(length)?).map_err(|_| damaged("checkpoint"))?;
        let landmarks = self.landmarks()?;
        let mut authorities = BTreeMap::new();
        for _ in 0..u16::from_be_bytes(self.array()?) {
            let name = String::from_utf8(self.short()?).map_err(|_| damaged("name"))?;
            authorities.insert(name, Arc::new(self.authority()?));
        }
        Ok(Parts {
            size,
            note,
            landmarks,
            authorities,
        })
    }

    fn landmarks(&mut self) -> Result<Landmarks, Error> {
        let mut landmarks = Landmarks::new();
        for _ in 0..self.count()? {
            let place = String::from_utf8(self.short()?).map_err(|_| damaged("place"))?;
            let index = u64::from_be_bytes(self.array()?);
            let length = self.count()?;
            let entry = Entry::decode(&self.take(length)?).map_err(|_| damaged("entry"))?;
            landmarks.insert(place, (index, entry));
        }
        Ok(landmarks)
    }

    fn authority(&mut self) -> Result<Authority, Error> {
        let changes = self.changes()?;
        let mut counts = Counts::default();
        let mut odd = BTreeMap::new();
        for _ in 0..self.count()? {
            let serial = self.serial()?;
            let [state] = self.array()?;
            let at = Time(i64::from_be_bytes(self.array()?));
            let status = decode(state, at).ok_or_else(|| damaged("state"))?;
            counts.enter(status);
            odd.insert(serial, status);
        }
        let mut shards = Vec::with_capacity(SHARDS);
        for number in 0..SHARDS {
            let content = self.shard(number)?;
            counts.good += content.good.len() as u64;
            for (_, packed) in &content.others {
                counts.enter(packed.status().unwrap_or(Status::Unknown));
            }
            shards.push(Shard::of(&content));
        }
        let ledger = Ledger { counts, changes };
        Ok(Authority::of(shards, odd, ledger))
    }

    fn changes(&mut self) -> Result<Changes, Error> {
        let first = u64::from_be_bytes(self.array()?);
        let mut entries = VecDeque::new();
        for _ in 0..self.count()? {
            let index = u64::from_be_bytes(self.array()?);
            entries.push_back((index, Name::of(&self.serial()?)));
        }
        Ok(Changes { first, entries })
    }

    fn shard(&mut self, number: usize) -> Result<Content, Error> {
        let count = self.count()?;
        let bytes = self.take(count.saturating_mul(KEY))?;
        let good: Vec<u128> = bytes
            .as_chunks()
            .0
            .iter()
            .copied()
            .map(u128::from_be_bytes)
            .collect();
        let count = self.count()?;
        let bytes = self.take(count.saturating_mul(KEY + DETAIL))?;
        let mut others = Vec::with_capacity(count);
        for bytes in bytes.as_chunks::<{ KEY + DETAIL }>().0 {
            let (key, detail) = bytes
                .split_first_chunk::<KEY>()
                .ok_or_else(|| damaged("key"))?;
            let detail = <[u8; DETAIL]>::try_from(detail).map_err(|_| damaged("detail"))?;
            let packed = Packed::from_bytes(detail);
            if matches!(packed.status(), None | Some(Status::Unknown | Status::Good)) {
                return Err(damaged("state"));
            }
            others.push((u128::from_be_bytes(*key), packed));
        }
        let in_place =
            |key: &u128| *key != 0 && usize::try_from(key >> (128 - SHARD_BITS)) == Ok(number);
        let in_order = good.is_sorted_by(|a, b| a < b)
            && others.is_sorted_by(|(a, _), (b, _)| a < b)
            && good.iter().all(in_place)
            && others.iter().all(|(key, _)| in_place(key));
        if !in_order {
            return Err(damaged("order of keys"));
        }
        Ok(Content { good, others })
    }

    fn serial(&mut self) -> Result<Serial, Error> {
        Serial::from_bytes(&self.short()?).map_err(|_| damaged("serial"))
    }

    /// Bytes behind their number in one octet.
    fn short(&mut self) -> Result<Vec<u8>, Error> {
        let [length] = self.array()?;
        self.take(length.into())
    }

    fn count(&mut self) -> Result<usize, Error> {
        let count = u32::from_be_bytes(self.array()?);
        usize::try_from(count).map_err(|_| damaged("count"))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        self.fill(&mut array)?;
        Ok(array)
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, Error> {
        if length as u64 > self.left {
            return Err(Error::snapshot("it is torn"));
        }
        let mut bytes = vec![0; length];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or_else(|| Error::snapshot("it is torn"))?;
        self.inner
            .read_exact(bytes)
            .map_err(|error| unreadable(&error))?;
        self.hash.update(bytes);
        Ok(())
    }
}

fn unreadable(error: &io::Error) -> Error {
    Error::snapshot(format!("it cannot be read: {error}"))
}

fn damaged(what: &str) -> Error {
    Error::snapshot(format!("it is damaged: {what}"))
}
