//! The Merkle tree of RFC 9162 §2.1 with H = SM3: hashes of leaves and nodes, a compact tree that grows at
//! its right edge, and the two verifiers. Where proofs come from is in [`tile`](crate::tile).

mod frontier;
mod verify;

use sm_engine::sm3::{self, Digest, Sm3};

pub use frontier::Frontier;
pub use verify::{verify_consistency, verify_inclusion};

/// Hash of a leaf: SM3(00 || entry).
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Digest {
    let mut state = Sm3::new();
    state.update(&[0]);
    state.update(entry);
    state.finish()
}

/// Hash of an inner node: SM3(01 || left || right).
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut node = [1; 65];
    node[1..33].copy_from_slice(left.as_bytes());
    node[33..].copy_from_slice(right.as_bytes());
    sm3::digest(&node)
}

/// Root of the tree without leaves: SM3 of nothing.
#[must_use]
pub fn empty_root() -> Digest {
    sm3::digest(&[])
}
