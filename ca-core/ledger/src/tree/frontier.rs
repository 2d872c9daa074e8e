//! The right edge of a tree: all that is needed to append and to know the root.

use std::marker::PhantomData;

use sm_engine::sm3::Digest;

use super::{Sm3Tree, TreeHash};
use crate::Error;

/// A tree as its size and the roots of its complete subtrees, largest first: one for each set bit of the size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier<H = Sm3Tree> {
    size: u64,
    hashes: Vec<Digest>,
    hash: PhantomData<H>,
}

impl Frontier {
    /// The log without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<H: TreeHash> Frontier<H> {
    /// From stored parts, as [`size`](Self::size) and [`hashes`](Self::hashes) give them.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the number of hashes does not belong to the size.
    pub fn from_parts(size: u64, hashes: Vec<Digest>) -> Result<Self, Error> {
        if u32::try_from(hashes.len()) != Ok(size.count_ones()) {
            return Err(Error::Damaged {
                size,
                what: "one hash for each set bit of the size",
            });
        }
        Ok(Self {
            size,
            hashes,
            hash: PhantomData,
        })
    }

    /// Adds a leaf hash at the right.
    pub fn append(&mut self, leaf: Digest) {
        let mut hash = leaf;
        // Each trailing one bit of the old size is a complete subtree that the new one closes.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.hashes.pop() {
                hash = H::node(&left, &hash);
            }
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    /// Leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Root hash of the whole tree.
    #[must_use]
    pub fn root(&self) -> Digest {
        let mut edge = self.hashes.iter().rev();
        let Some(&smallest) = edge.next() else {
            return H::empty();
        };
        edge.fold(smallest, |right, left| H::node(left, &right))
    }

    /// Roots of the complete subtrees, largest first.
    #[must_use]
    pub fn hashes(&self) -> &[Digest] {
        &self.hashes
    }
}
