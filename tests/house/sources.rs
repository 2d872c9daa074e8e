//! The files of the project, as they lie on disk.

use std::fs;
use std::path::Path;

use super::metadata::root;

/// A text file.
pub(crate) struct Source {
    /// Path relative to the root, with forward slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// `rs` of `src/main.rs`; empty without an extension.
    pub(crate) fn extension(&self) -> &str {
        Path::new(&self.path)
            .extension()
            .and_then(|extension| extension.to_str())
            .unwrap_or("")
    }

    /// `main.rs` of `src/main.rs`.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// Folders that hold what is made, not what is written.
const MADE: &[&str] = &[
    "target",
    "gmpki-data",
    "node_modules",
    "__pycache__",
    ".git",
];

/// Every text file of the project.
pub(crate) fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root(), "", &mut found);
    assert!(
        found.iter().any(|source| source.path == "Cargo.toml"),
        "no sources found"
    );
    found
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<Source>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().into_string().unwrap();
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}/{name}")
        };
        let kind = entry.file_type().unwrap();
        if kind.is_dir() && !MADE.contains(&name.as_str()) {
            walk(&entry.path(), &path, found);
        } else if kind.is_file() {
            // What is not UTF-8 (a picture, a golden DER file) is not a source.
            if let Ok(text) = String::from_utf8(fs::read(entry.path()).unwrap()) {
                found.push(Source { path, text });
            }
        }
    }
}
