//! Files that a program keeps for its next start: derived from the ledger, so that they may be lost, and never believed
//! for what they hold alone.
//!
//! A file is written whole or not at all. Its digest says that it is whole, its tag (HMAC-SM3 under a key of the key
//! store) that this installation wrote it. What is read is not to be used before both were found right; no count in a
//! file makes more memory than the file has bytes.
//!
//! ```text
//! file = kind "\n" version:u32 content digest:32 tag:32      integers big-endian
//! digest = SM3 of everything before; tag = HMAC-SM3(key, kind || digest)
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sm_engine::sm3::{self, Digest, Sm3};
use zeroize::Zeroizing;

use crate::error::Error;

/// Bytes gathered before they are written, and read at a time.
const BUFFER: usize = 1 << 18;
/// Digest and tag.
const TRAILER: u64 = 64;

/// What a file is, and the version of its format.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Stands at the start of the file and in its tag: `gmpki status`.
    pub name: &'static str,
    /// Another version is not read.
    pub version: u32,
}

/// The key of an installation's kept files.
pub struct SnapshotKey(Zeroizing<[u8; 32]>);

impl SnapshotKey {
    /// From 32 secret bytes of the key store.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*secret))
    }

    fn tag(&self, kind: Kind, digest: &Digest) -> Digest {
        let message = [kind.name.as_bytes(), digest.as_bytes().as_slice()].concat();
        sm3::hmac(self.0.as_slice(), &message)
    }
}

/// Writes a file with the content that `fill` gives, readable by its owner only. Blocks for as long as the disk takes.
///
/// # Errors
/// [`Error::Snapshot`]; the file before is then still there.
pub fn write(
    path: &Path,
    key: &SnapshotKey,
    kind: Kind,
    fill: impl FnOnce(&mut Output) -> io::Result<()>,
) -> Result<(), Error> {
    let temporary = temporary(path);
    let written = write_all(&temporary, key, kind, fill)
        .and_then(|()| fs::rename(&temporary, path))
        .inspect_err(|_| {
            // What was begun is of no use to anybody.
            let _ = fs::remove_file(&temporary);
        })
        .and_then(|()| {
            let directory = path
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty());
            File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
        });
    written
        .map_err(|error| Error::snapshot(format!("{} cannot be written: {error}", path.display())))
}

/// The name under which a file is written before it takes its place.
fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

fn write_all(
    path: &Path,
    key: &SnapshotKey,
    kind: Kind,
    fill: impl FnOnce(&mut Output) -> io::Result<()>,
) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut output = Output {
        hash: Sm3::new(),
        inner: BufWriter::with_capacity(BUFFER, options.open(path)?),
    };
    output.put(kind.name.as_bytes())?;
    output.put(b"\n")?;
    output.put(&kind.version.to_be_bytes())?;
    fill(&mut output)?;
    let digest = output.hash.finish();
    let mut inner = output.inner;
    inner.write_all(digest.as_bytes())?;
    inner.write_all(key.tag(kind, &digest).as_bytes())?;
    inner.into_inner().map_err(io::Error::other)?.sync_all()
}

/// A file that is being written: hashes what it passes on.
pub struct Output {
    hash: Sm3,
    inner: BufWriter<File>,
}

impl Output {
    /// Appends these bytes.
    ///
    /// # Errors
    /// What the disk says; so for the others.
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.inner.write_all(bytes)
    }

    /// Appends a number of things in four octets.
    ///
    /// # Errors
    /// Also where it does not fit.
    pub fn count(&mut self, number: usize) -> io::Result<()> {
        let number = u32::try_from(number).map_err(io::Error::other)?;
        self.put(&number.to_be_bytes())
    }

    /// Appends bytes behind their number in one octet.
    ///
    /// # Errors
    /// Also where there are more than 255.
    pub fn short(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = u8::try_from(bytes.len()).map_err(io::Error::other)?;
        self.put(&[length])?;
        self.put(bytes)
    }
}

/// Reads a file with `parse`, which has to take all of its content. `None` where there is no file.
///
/// # Errors
/// [`Error::Snapshot`] with the reason why it is not used.
pub fn read<T>(
    path: &Path,
    key: &SnapshotKey,
    kind: Kind,
    parse: impl FnOnce(&mut Input) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&error)),
    };
    let length = file.metadata().map_err(|error| unreadable(&error))?.len();
    let body = length
        .checked_sub(TRAILER)
        .ok_or_else(|| Error::snapshot("it is torn"))?;
    let mut input = Input {
        hash: Sm3::new(),
        inner: BufReader::with_capacity(BUFFER, file),
        left: body,
    };
    let magic = [kind.name.as_bytes(), b"\n"].concat();
    if input.take(magic.len())? != magic {
        return Err(Error::snapshot("it is another kind of file"));
    }
    let version = u32::from_be_bytes(input.array()?);
    if version != kind.version {
        return Err(Error::snapshot(format!(
            "its format is {version}, this program reads {}",
            kind.version
        )));
    }
    let parsed = parse(&mut input)?;
    if input.left > 0 {
        return Err(Error::snapshot("it is longer than what it says"));
    }
    let Input {
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
    if !key.tag(kind, &Digest(digest)).matches(&tag) {
        return Err(Error::snapshot("it was not written under this key store"));
    }
    Ok(Some(parsed))
}

/// A file that is being read: hashes what it hands on.
pub struct Input {
    hash: Sm3,
    inner: BufReader<File>,
    /// Bytes before the trailer.
    left: u64,
}

impl Input {
    /// What to say of a file whose content contradicts itself.
    #[must_use]
    pub fn damaged(what: &str) -> Error {
        Error::snapshot(format!("it is damaged: {what}"))
    }

    /// The next bytes.
    ///
    /// # Errors
    /// [`Error::Snapshot`] where there are fewer; so for the others.
    pub fn take(&mut self, length: usize) -> Result<Vec<u8>, Error> {
        if length as u64 > self.left {
            return Err(Error::snapshot("it is torn"));
        }
        let mut bytes = vec![0; length];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        self.fill(&mut array)?;
        Ok(array)
    }

    /// A number of things in four octets.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn count(&mut self) -> Result<usize, Error> {
        let count = u32::from_be_bytes(self.array()?);
        usize::try_from(count).map_err(|_| Self::damaged("count"))
    }

    /// Bytes behind their number in one octet.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn short(&mut self) -> Result<Vec<u8>, Error> {
        let [length] = self.array()?;
        self.take(length.into())
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const KIND: Kind = Kind {
        name: "gmpki test",
        version: 3,
    };

    fn content(input: &mut Input) -> Result<(Vec<u8>, usize), Error> {
        Ok((input.short()?, input.count()?))
    }

    fn said(result: Result<Option<(Vec<u8>, usize)>, Error>) -> String {
        result.map_or_else(|error| error.to_string(), |found| format!("{found:?}"))
    }

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept");
        let key = SnapshotKey::new(&[1; 32]);
        assert!(read(&path, &key, KIND, content).unwrap().is_none());
        let fill = |output: &mut Output| {
            output.short(b"name")?;
            output.count(70_000)
        };
        write(&path, &key, KIND, fill).unwrap();
        let found = read(&path, &key, KIND, content).unwrap();
        assert_eq!(found, Some((b"name".to_vec(), 70_000)));
        for (kind, reason) in [
            (Kind { version: 4, ..KIND }, "its format is 3"),
            (
                Kind {
                    name: "gmpki tesu",
                    ..KIND
                },
                "another kind",
            ),
        ] {
            let refused = said(read(&path, &key, kind, content));
            assert!(refused.contains(reason), "{refused}");
        }
        let other = SnapshotKey::new(&[2; 32]);
        let refused = said(read(&path, &other, KIND, content));
        assert!(refused.contains("key store"), "{refused}");
        let refused = said(read(&path, &key, KIND, |input| Ok((input.short()?, 0))));
        assert!(refused.contains("longer than what it says"), "{refused}");
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&path, changed).unwrap();
            assert!(read(&path, &key, KIND, content).is_err(), "byte {at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert!(read(&path, &key, KIND, content).is_err(), "{at} bytes");
        }
    }

    #[test]
    fn a_file_that_could_not_be_written_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept");
        let key = SnapshotKey::new(&[1; 32]);
        let fill = |output: &mut Output| {
            output.short(b"name")?;
            output.count(1)
        };
        write(&path, &key, KIND, fill).unwrap();
        assert!(write(&path, &key, KIND, |output| output.short(&[0; 256])).is_err());
        assert!(read(&path, &key, KIND, content).unwrap().is_some());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
