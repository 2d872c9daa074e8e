//! Reads the file into the parts of an index.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

use ledger::event::Entry;
use x509::certificate::Serial;
use x509::time::Time;

use super::super::authority::{Authority, Changes, Ledger, SHARDS};
use super::super::name::{Name, Packed, decode};
use super::super::shard::{Content, Shard};
use super::super::table::SHARD_BITS;
use super::super::{Counts, Landmarks, Status};
use super::KIND;
use crate::error::Error;
use crate::kept::{self, Input, SnapshotKey};

/// Bytes of a key, and of what stands behind it for a serial that is not good.
const KEY: usize = 16;
const DETAIL: usize = 5;

/// What a file holds.
pub(super) struct Parts {
    pub(super) size: u64,
    pub(super) note: String,
    pub(super) landmarks: Landmarks,
    pub(super) authorities: BTreeMap<String, Arc<Authority>>,
}

/// `None` where there is no file.
pub(super) fn read(path: &Path, key: &SnapshotKey) -> Result<Option<Parts>, Error> {
    kept::read(path, key, KIND, |input| Reading(input).parts())
}

/// The file, part by part.
struct Reading<'a>(&'a mut Input);

impl Reading<'_> {
    fn parts(&mut self) -> Result<Parts, Error> {
        let size = u64::from_be_bytes(self.0.array()?);
        let length = self.0.count()?;
        let note = String::from_utf8(self.0.take(length)?).map_err(|_| damaged("checkpoint"))?;
        let landmarks = self.landmarks()?;
        let mut authorities = BTreeMap::new();
        for _ in 0..u16::from_be_bytes(self.0.array()?) {
            let name = String::from_utf8(self.0.short()?).map_err(|_| damaged("name"))?;
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
        for _ in 0..self.0.count()? {
            let place = String::from_utf8(self.0.short()?).map_err(|_| damaged("place"))?;
            let index = u64::from_be_bytes(self.0.array()?);
            let length = self.0.count()?;
            let entry = Entry::decode(&self.0.take(length)?).map_err(|_| damaged("entry"))?;
            landmarks.insert(place, (index, entry));
        }
        Ok(landmarks)
    }

    fn authority(&mut self) -> Result<Authority, Error> {
        let changes = self.changes()?;
        let mut counts = Counts::default();
        let mut odd = BTreeMap::new();
        for _ in 0..self.0.count()? {
            let serial = self.serial()?;
            let [state] = self.0.array()?;
            let at = Time(i64::from_be_bytes(self.0.array()?));
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
        let first = u64::from_be_bytes(self.0.array()?);
        let mut entries = VecDeque::new();
        for _ in 0..self.0.count()? {
            let index = u64::from_be_bytes(self.0.array()?);
            entries.push_back((index, Name::of(&self.serial()?)));
        }
        Ok(Changes { first, entries })
    }

    fn shard(&mut self, number: usize) -> Result<Content, Error> {
        let count = self.0.count()?;
        let bytes = self.0.take(count.saturating_mul(KEY))?;
        let good: Vec<u128> = bytes
            .as_chunks()
            .0
            .iter()
            .copied()
            .map(u128::from_be_bytes)
            .collect();
        let count = self.0.count()?;
        let bytes = self.0.take(count.saturating_mul(KEY + DETAIL))?;
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
        Serial::from_bytes(&self.0.short()?).map_err(|_| damaged("serial"))
    }
}

fn damaged(what: &str) -> Error {
    Input::damaged(what)
}
