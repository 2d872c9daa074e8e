//! The Merkle tree of RFC 9162 §2.1: hashes of leaves and nodes, a compact tree that grows at its right edge, and the
//! two verifiers. Where proofs come from is in [`tile`](crate::tile).
//!
//! The log is the tree with H = SM3. The same entries also stand in a tree with H = SHA-256, for readers who have no
//! SM3: hashes of either are 32 bytes and share the type [`Digest`].

mod frontier;
mod verify;

use std::fmt::Debug;

use sm_engine::foreign;
use sm_engine::sm3::{self, Digest, Sm3};

pub use frontier::Frontier;
pub use verify::{verify_consistency, verify_inclusion};

/// What a tree hashes with.
pub trait TreeHash: Clone + Copy + Debug + Default + Eq + Send + Sync + 'static {
    /// Hash of a leaf: H(00 || entry).
    fn leaf(entry: &[u8]) -> Digest;

    /// Hash of an inner node: H(01 || left || right).
    fn node(left: &Digest, right: &Digest) -> Digest;

    /// Root of the tree without leaves: H of nothing.
    fn empty() -> Digest;
}

/// SM3: the log itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sm3Tree;

impl TreeHash for Sm3Tree {
    fn leaf(entry: &[u8]) -> Digest {
        let mut state = Sm3::new();
        state.update(&[0]);
        state.update(entry);
        state.finish()
    }

    fn node(left: &Digest, right: &Digest) -> Digest {
        let mut node = [1; 65];
        node[1..33].copy_from_slice(left.as_bytes());
        node[33..].copy_from_slice(right.as_bytes());
        sm3::digest(&node)
    }

    fn empty() -> Digest {
        sm3::digest(&[])
    }
}

/// SHA-256: the log's mirror, as RFC 9162 and C2SP have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sha256Tree;

impl TreeHash for Sha256Tree {
    fn leaf(entry: &[u8]) -> Digest {
        Digest(foreign::sha256(&[&[0], entry]))
    }

    fn node(left: &Digest, right: &Digest) -> Digest {
        Digest(foreign::sha256(&[&[1], left.as_bytes(), right.as_bytes()]))
    }

    fn empty() -> Digest {
        Digest(foreign::sha256(&[]))
    }
}

/// Hash of a leaf of the log: SM3(00 || entry).
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Digest {
    Sm3Tree::leaf(entry)
}

/// Hash of an inner node of the log: SM3(01 || left || right).
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Sm3Tree::node(left, right)
}

/// Root of the log without entries: SM3 of nothing.
#[must_use]
pub fn empty_root() -> Digest {
    Sm3Tree::empty()
}
