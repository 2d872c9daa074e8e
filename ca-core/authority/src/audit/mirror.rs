//! The SHA-256 mirror: the same entries, its full tiles and a checkpoint for each of the log's.

use std::collections::BTreeSet;
use std::iter::Peekable;

use ledger::checkpoint::{MirrorKey, open_note};
use ledger::tile::Appender;
use ledger::tree::{Sha256Tree, TreeHash as _};
use sm_engine::sm3::Digest;
use store::Store;

use super::Report;
use super::record::PAGE;
use crate::error::Error;

/// The mirror, rebuilt along the entries.
pub(super) struct Mirror {
    pub(super) tree: Appender<Sha256Tree>,
    notes: Peekable<std::vec::IntoIter<(u64, String)>>,
    /// Notes with the root that the entries give for their size.
    reached: Vec<(u64, String, Digest)>,
}

impl Mirror {
    /// Reads the mirror's checkpoints; nothing is believed of them yet.
    pub(super) async fn read(store: &Store) -> Result<Self, Error> {
        let mut notes = Vec::new();
        let mut from = 0;
        loop {
            let page = store.mirror_checkpoints(from, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            from = last + 1;
            notes.extend(page);
        }
        Ok(Self {
            tree: Appender::default(),
            notes: notes.into_iter().peekable(),
            reached: Vec::new(),
        })
    }

    pub(super) fn append(&mut self, body: &[u8]) {
        self.tree.append(Sha256Tree::leaf(body));
        let size = self.tree.size();
        while let Some((covered, note)) = self.notes.next_if(|(covered, _)| *covered <= size) {
            self.reached.push((covered, note, self.tree.root()));
        }
    }

    /// `announced`: the mirror's key and the entry that announced it. `checkpoints`: sizes of the log's own.
    pub(super) fn finish(
        self,
        announced: Option<&(u64, MirrorKey)>,
        checkpoints: &BTreeSet<u64>,
        report: &mut Report,
    ) {
        for (covered, _) in self.notes {
            let what = format!("it covers {covered} entries, which the database does not have");
            report.find("V111", format!("mirror checkpoint {covered}"), what);
        }
        let Some((index, key)) = announced else {
            if let Some((size, ..)) = self.reached.first() {
                let what = "the ledger announces no mirror";
                report.find("V111", format!("mirror checkpoint {size}"), what);
            }
            return;
        };
        let mut found = BTreeSet::new();
        for (size, note, root) in self.reached {
            let place = format!("mirror checkpoint {size}");
            match open_note(&note, key) {
                Ok(checkpoint) if checkpoint.size == size && checkpoint.root == root => {
                    found.insert(size);
                    report.mirror_checkpoints += 1;
                }
                Ok(_) => report.find(
                    "V111",
                    place,
                    "its size or root is not the one that the entries give",
                ),
                Err(error) => report.find("V111", place, error.to_string()),
            }
        }
        let wanted: BTreeSet<_> = checkpoints.range(index + 1..).copied().collect();
        for size in wanted.symmetric_difference(&found) {
            report.find(
                "V112",
                format!("mirror checkpoint {size}"),
                "the log and its mirror do not have checkpoints of the same sizes",
            );
        }
    }
}
