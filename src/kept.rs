//! The latest checkpoint in a file of the data directory, outside the database.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use authority::CheckpointKeeper;

/// Longest note that is read.
const LIMIT: u64 = 64 * 1024;

/// The file.
pub struct KeptCheckpoint(PathBuf);

impl KeptCheckpoint {
    /// Names the file; it need not exist.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }
}

impl CheckpointKeeper for KeptCheckpoint {
    fn place(&self) -> String {
        self.0.display().to_string()
    }

    fn kept(&self) -> io::Result<Option<String>> {
        let file = match File::open(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        io::read_to_string(io::Read::take(file, LIMIT)).map(Some)
    }

    /// Written beside it, flushed, moved into place, and the directory flushed too.
    fn keep(&self, note: &str) -> io::Result<()> {
        let beside = self.0.with_extension("new");
        let mut file = File::create(&beside)?;
        file.write_all(note.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.0)?;
        match self.0.parent() {
            Some(directory) => File::open(directory)?.sync_all(),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_one_is_there_whole_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptCheckpoint::new(folder.path().join("checkpoint"));
        assert_eq!(kept.kept().unwrap(), None);
        // Left by a process that died while it wrote.
        std::fs::write(folder.path().join("checkpoint.new"), "half of").unwrap();
        assert_eq!(kept.kept().unwrap(), None);
        for note in ["a long first note\n", "second\n"] {
            kept.keep(note).unwrap();
            assert_eq!(kept.kept().unwrap().as_deref(), Some(note));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_place_that_cannot_be_written_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptCheckpoint::new(folder.path().join("missing").join("checkpoint"));
        assert!(kept.keep("note").is_err());
    }
}
