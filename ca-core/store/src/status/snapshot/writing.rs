//! Writes the file from a capture, shard by shard.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use sm_engine::sm3::Sm3;
use x509::certificate::Serial;

use super::super::capture::Part;
use super::super::name::code;
use super::super::{Capture, Status};
use super::{MAGIC, SnapshotKey, VERSION, temporary};

/// Bytes gathered before they are written.
const BUFFER: usize = 1 << 16;

pub(super) fn write(
    capture: &Capture,
    path: &Path,
    key: &SnapshotKey,
    note: &str,
) -> io::Result<()> {
    let temporary = temporary(path);
    let result = fill(capture, &temporary, key, note).and_then(|()| fs::rename(&temporary, path));
    if result.is_err() {
        // What was begun is of no use to anybody.
        let _ = fs::remove_file(&temporary);
        return result;
    }
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

fn fill(capture: &Capture, path: &Path, key: &SnapshotKey, note: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut output = Hashing {
        hash: Sm3::new(),
        inner: BufWriter::with_capacity(BUFFER, options.open(path)?),
    };
    output.put(MAGIC)?;
    output.put(&VERSION.to_be_bytes())?;
    output.put(&capture.size().to_be_bytes())?;
    output.count(note.len())?;
    output.put(note.as_bytes())?;
    output.count(capture.landmarks().len())?;
    for (place, (index, entry)) in capture.landmarks() {
        let body = entry.encode().map_err(io::Error::other)?;
        output.short(place.as_bytes())?;
        output.put(&index.to_be_bytes())?;
        output.count(body.len())?;
        output.put(&body)?;
    }
    let authorities = u16::try_from(capture.parts().len()).map_err(io::Error::other)?;
    output.put(&authorities.to_be_bytes())?;
    for part in capture.parts() {
        output.part(part)?;
    }
    let digest = output.hash.finish();
    let mut inner = output.inner;
    inner.write_all(digest.as_bytes())?;
    inner.write_all(key.tag(&digest).as_bytes())?;
    inner.into_inner().map_err(io::Error::other)?.sync_all()
}

/// Hashes what it passes on.
struct Hashing {
    hash: Sm3,
    inner: BufWriter<File>,
}

impl Hashing {
    fn part(&mut self, part: &Part) -> io::Result<()> {
        self.short(part.name.as_bytes())?;
        let changes = &part.ledger.changes;
        self.put(&changes.first.to_be_bytes())?;
        self.count(changes.entries.len())?;
        for (index, name) in &changes.entries {
            let serial = name.serial().ok_or(io::ErrorKind::InvalidData)?;
            self.put(&index.to_be_bytes())?;
            self.short(serial.as_bytes())?;
        }
        self.count(part.odd.len())?;
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
            self.put(&bytes)?;
        }
        Ok(())
    }

    fn odd(&mut self, serial: &Serial, status: Status) -> io::Result<()> {
        let (state, at) = code(status);
        self.short(serial.as_bytes())?;
        self.put(&[state])?;
        self.put(&at.0.to_be_bytes())
    }

    /// Bytes behind their number in one octet.
    fn short(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = u8::try_from(bytes.len()).map_err(io::Error::other)?;
        self.put(&[length])?;
        self.put(bytes)
    }

    fn count(&mut self, number: usize) -> io::Result<()> {
        self.put(&count(number)?)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.inner.write_all(bytes)
    }
}

fn count(number: usize) -> io::Result<[u8; 4]> {
    let number = u32::try_from(number).map_err(io::Error::other)?;
    Ok(number.to_be_bytes())
}
