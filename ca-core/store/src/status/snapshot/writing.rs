//! Writes the file from a capture, shard by shard.

use std::io;
use std::path::Path;

use x509::certificate::Serial;

use super::super::capture::Part;
use super::super::name::code;
use super::super::{Capture, Status};
use super::KIND;
use crate::error::Error;
use crate::kept::{self, Output, SnapshotKey};

pub(super) fn write(
    capture: &Capture,
    path: &Path,
    key: &SnapshotKey,
    note: &str,
) -> Result<(), Error> {
    kept::write(path, key, KIND, |output| {
        Writing(output).capture(capture, note)
    })
}

/// The file, part by part.
struct Writing<'a>(&'a mut Output);

impl Writing<'_> {
    fn capture(&mut self, capture: &Capture, note: &str) -> io::Result<()> {
        self.0.put(&capture.size().to_be_bytes())?;
        self.0.count(note.len())?;
        self.0.put(note.as_bytes())?;
        self.0.count(capture.landmarks().len())?;
        for (place, (index, entry)) in capture.landmarks() {
            let body = entry.encode().map_err(io::Error::other)?;
            self.0.short(place.as_bytes())?;
            self.0.put(&index.to_be_bytes())?;
            self.0.count(body.len())?;
            self.0.put(&body)?;
        }
        let authorities = u16::try_from(capture.parts().len()).map_err(io::Error::other)?;
        self.0.put(&authorities.to_be_bytes())?;
        for part in capture.parts() {
            self.part(part)?;
        }
        Ok(())
    }

    fn part(&mut self, part: &Part) -> io::Result<()> {
        self.0.short(part.name.as_bytes())?;
        let changes = &part.ledger.changes;
        self.0.put(&changes.first.to_be_bytes())?;
        self.0.count(changes.entries.len())?;
        for (index, name) in &changes.entries {
            let serial = name.serial().ok_or(io::ErrorKind::InvalidData)?;
            self.0.put(&index.to_be_bytes())?;
            self.0.short(serial.as_bytes())?;
        }
        self.0.count(part.odd.len())?;
        for (serial, status) in &part.odd {
            self.odd(serial, *status)?;
        }
        let mut bytes = Vec::new();
        for shard in part.shards() {
            bytes.clear();
            bytes.extend(count(shard.good.len())?);
            bytes.extend(shard.good.iter().flat_map(|key| key.to_be_bytes()));
            bytes.extend(count(shard.others.len())?);
            for (key, packed) in &shard.others {
                bytes.extend(key.to_be_bytes());
                bytes.extend(packed.to_bytes());
            }
            self.0.put(&bytes)?;
        }
        Ok(())
    }

    fn odd(&mut self, serial: &Serial, status: Status) -> io::Result<()> {
        let (state, at) = code(status);
        self.0.short(serial.as_bytes())?;
        self.0.put(&[state])?;
        self.0.put(&at.0.to_be_bytes())
    }
}

fn count(number: usize) -> io::Result<[u8; 4]> {
    let number = u32::try_from(number).map_err(io::Error::other)?;
    Ok(number.to_be_bytes())
}
