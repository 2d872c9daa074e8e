//! Files that are there after a crash, whole or not at all, and are never overwritten.

use crate::Error;
use sm_engine::random;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Key files are small; what is larger is not ours.
const MAX_FILE: u64 = 16 * 1024;

/// Makes `directory` with mode 0700, durably; or takes an existing one that is empty or closed to others.
///
/// One with something in it is not closed here: it may be a place that others need.
pub(crate) fn create_directory(directory: &Path) -> Result<(), Error> {
    let failed = |error| failed(directory, &error);
    let missing: Vec<_> = directory
        .ancestors()
        .take_while(|path| !path.as_os_str().is_empty() && !path.exists())
        .collect();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(failed)?;
    for made in missing {
        sync_directory(parent(made)).map_err(failed)?;
    }
    let mode = fs::metadata(directory)
        .map_err(failed)?
        .permissions()
        .mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    if fs::read_dir(directory).map_err(failed)?.next().is_none() {
        return fs::set_permissions(directory, Permissions::from_mode(0o700)).map_err(failed);
    }
    Err(Error::Provider(format!(
        "{}: others can enter this directory; give it mode 0700 first",
        directory.display()
    )))
}

/// Writes a new file with mode 0600: under another name, synced, then linked to `path`, directory synced.
///
/// A hard link instead of a rename, because it refuses to replace: two processes that make the same key
/// at the same moment get one key and one error. Returns `false` where `path` exists already.
pub(crate) fn create_file(path: &Path, content: &[u8]) -> Result<bool, Error> {
    let directory = parent(path);
    let temporary = directory.join(format!(".new-{}", hex::encode(random::array::<8>())));
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::hard_link(&temporary, path)
    };
    let written = write();
    // What stays behind of a failed attempt is sealed and has a name that nothing reads.
    let removed = fs::remove_file(&temporary);
    match written {
        Ok(()) => removed
            .and_then(|()| sync_directory(directory))
            .map(|()| true)
            .map_err(|error| failed(path, &error)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(path, &error)),
    }
}

/// Reads a whole small file; `None` where there is none.
pub(crate) fn read_file(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let mut content = Vec::new();
    match File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut content)) {
        Ok(length) if u64::try_from(length).is_ok_and(|length| length <= MAX_FILE) => {
            Ok(Some(content))
        }
        Ok(_) => Err(Error::Locked),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, &error)),
    }
}

/// Where a path's own name stands.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes new names in a directory survive a crash.
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// The error of a path that the operating system refused.
pub(crate) fn failed(path: &Path, error: &io::Error) -> Error {
    Error::Provider(format!("{}: {error}", path.display()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn files_are_private_and_never_replaced() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("a/b");
        create_directory(&directory).unwrap();
        let path = directory.join("file");
        assert_eq!(create_file(&path, b"first"), Ok(true));
        assert_eq!(create_file(&path, b"second"), Ok(false));
        assert_eq!(read_file(&path), Ok(Some(b"first".to_vec())));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&directory), mode(&path)), (0o700, 0o600));
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_in_use_that_others_can_enter_is_refused_and_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("existing");
        fs::create_dir(&directory).unwrap();
        let mode = || fs::metadata(&directory).unwrap().permissions().mode() & 0o777;
        let set = |mode| fs::set_permissions(&directory, Permissions::from_mode(mode)).unwrap();
        set(0o755);
        assert_eq!(create_directory(&directory), Ok(()));
        assert_eq!(mode(), 0o700, "an empty one is taken over");
        fs::write(directory.join("file"), b"").unwrap();
        for (given, taken) in [
            (0o755, false),
            (0o710, false),
            (0o701, false),
            (0o700, true),
        ] {
            set(given);
            assert_eq!(create_directory(&directory).is_ok(), taken, "{given:o}");
            assert_eq!(mode(), given);
        }
        let on_file = create_directory(&directory.join("file"));
        assert!(matches!(on_file, Err(Error::Provider(_))));
    }

    #[test]
    fn absent_huge_and_impossible_files_are_told_apart() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("file");
        assert_eq!(read_file(&path), Ok(None));
        fs::write(&path, vec![0; 16 * 1024]).unwrap();
        assert_eq!(read_file(&path).unwrap().unwrap().len(), 16 * 1024);
        fs::write(&path, vec![0; 16 * 1024 + 1]).unwrap();
        assert_eq!(read_file(&path), Err(Error::Locked));
        let nowhere = home.path().join("absent/file");
        assert!(matches!(
            create_file(&nowhere, b""),
            Err(Error::Provider(_))
        ));
    }
}
