//! The public ledger as anybody sees it on the machines' port.

use std::fs;

use serde_json::Value;

use super::curl;
use super::world::{World, text};

impl World {
    /// All entries up to the latest checkpoint that is at least as long as `size`.
    #[track_caller]
    pub(crate) fn entries(&mut self, size: u64) -> Vec<Value> {
        let url = format!("{}/log/checkpoint", self.machines);
        // A checkpoint follows an entry within a second.
        let size = self
            .service()
            .until(&super::process::Deadline::after(10), || {
                let note = String::from_utf8(curl::get(&url).success()).unwrap();
                let covered: u64 = note.lines().nth(1)?.parse().ok()?;
                (covered >= size).then_some(covered)
            });
        let folder = self.path("entries");
        fs::create_dir_all(&folder).unwrap();
        let urls = format!("{}/log/entry/[0-{}]", self.machines, size - 1);
        let files = folder.join("#1.json");
        let told = curl::request(
            &urls,
            &["--fail", "--create-dirs", "-o", files.to_str().unwrap()],
        );
        assert_eq!(told.status, 200);
        let entry = |index: u64| fs::read(folder.join(format!("{index}.json"))).unwrap();
        (0..size)
            .map(|index| serde_json::from_slice(&entry(index)).unwrap())
            .collect()
    }

    /// Entries in all, by the live figures.
    #[track_caller]
    pub(crate) fn size(&self) -> u64 {
        let report = self.audited();
        report["entries"].as_u64().unwrap()
    }
}

/// Events of one kind, in order.
pub(crate) fn of_kind<'a>(entries: &'a [Value], kind: &str) -> Vec<&'a Value> {
    entries
        .iter()
        .map(|entry| &entry["event"])
        .filter(|event| text(&event["kind"]) == kind)
        .collect()
}
