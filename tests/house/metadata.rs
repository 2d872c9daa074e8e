//! What cargo knows about the workspace.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// A package of the workspace.
pub(crate) struct Package {
    pub(crate) name: String,
    /// Folder, relative to the root of the workspace; empty for the root package.
    pub(crate) folder: String,
    /// Direct dependencies of every kind, also for tests and builds.
    pub(crate) uses: Vec<String>,
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All packages of the workspace.
pub(crate) fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(package)
        .collect()
}

fn package(value: &Value) -> Package {
    let manifest = PathBuf::from(value["manifest_path"].as_str().unwrap());
    let folder = manifest
        .parent()
        .unwrap()
        .strip_prefix(root())
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let uses = value["dependencies"].as_array().unwrap().iter();
    Package {
        name: value["name"].as_str().unwrap().to_owned(),
        folder,
        uses: uses
            .map(|each| each["name"].as_str().unwrap().to_owned())
            .collect(),
    }
}
