//! The index as it was at one ledger size, while it goes on: shards note what changes replace until they were copied,
//! one at a time. Nobody waits longer than one shard takes, and memory grows by one shard.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use x509::certificate::Serial;

use super::authority::{Authority, Ledger, SHARDS};
use super::shard::Content;
use super::{Landmarks, Status, StatusIndex};

/// A state that stands still until it is dropped. There is one at a time.
pub struct Capture {
    index: Arc<StatusIndex>,
    size: u64,
    landmarks: Landmarks,
    parts: Vec<Part>,
}

/// One authority's part.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) ledger: Ledger,
    pub(super) odd: BTreeMap<Serial, Status>,
    authority: Arc<Authority>,
}

impl StatusIndex {
    /// Holds fast the state of this moment. `None` while another capture lives.
    #[must_use]
    pub fn capture(self: &Arc<Self>) -> Option<Capture> {
        if self.capturing.swap(true, Ordering::AcqRel) {
            return None;
        }
        let _order = self.order.write();
        let all = self.authorities.load();
        let parts = all.iter().map(|(name, authority)| {
            for shard in authority.shards() {
                shard.write().begin_undo();
            }
            Part {
                name: name.clone(),
                ledger: authority.ledger.lock().clone(),
                odd: authority.odd(),
                authority: Arc::clone(authority),
            }
        });
        Some(Capture {
            index: Arc::clone(self),
            size: self.applied(),
            landmarks: self.landmarks.lock().clone(),
            parts: parts.collect(),
        })
    }
}

impl Capture {
    /// Size of the ledger that this state stands for.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn landmarks(&self) -> &Landmarks {
        &self.landmarks
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }
}

impl Part {
    /// The shards in their order, each as it was. To be called once.
    pub(super) fn shards(&self) -> impl Iterator<Item = Content> + '_ {
        let shards = self.authority.shards().iter().take(SHARDS);
        shards.map(|shard| shard.write().content_before())
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        for part in &self.parts {
            for shard in part.authority.shards() {
                shard.write().forget_undo();
            }
        }
        self.index.capturing.store(false, Ordering::Release);
    }
}
