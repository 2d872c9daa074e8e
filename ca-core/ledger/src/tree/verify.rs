//! Verification of inclusion (RFC 9162 §2.1.3.2) and consistency (§2.1.4.2).

use sm_engine::sm3::Digest;

use super::{empty_root, node_hash};
use crate::Error;

/// Checks that `leaf` is number `index` (from 0) of the tree with `size` leaves and root `root`.
/// `path` runs from the leaf's sibling upwards.
///
/// # Errors
/// [`Error::NoSuchLeaf`], [`Error::Inclusion`].
pub fn verify_inclusion(
    leaf: &Digest,
    index: u64,
    size: u64,
    path: &[Digest],
    root: &Digest,
) -> Result<(), Error> {
    if index >= size {
        return Err(Error::NoSuchLeaf { index, size });
    }
    let refused = Error::Inclusion { index, size };
    let (mut position, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return Err(refused);
        }
        if position & 1 == 1 || position == last {
            hash = node_hash(sibling, &hash);
            skip_single_nodes(&mut position, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    if last == 0 && hash == *root {
        Ok(())
    } else {
        Err(refused)
    }
}

/// Checks that the tree of `second_size` leaves begins with the tree of `first_size` leaves.
///
/// The empty tree begins every tree; its proof has no hashes.
///
/// # Errors
/// [`Error::Consistency`].
pub fn verify_consistency(
    first_size: u64,
    first_root: &Digest,
    second_size: u64,
    second_root: &Digest,
    proof: &[Digest],
) -> Result<(), Error> {
    let refused = Error::Consistency {
        first: first_size,
        second: second_size,
    };
    let accepted = if first_size > second_size {
        false
    } else if first_size == 0 {
        let second_is_empty = second_size == 0;
        proof.is_empty()
            && *first_root == empty_root()
            && (!second_is_empty || second_root == first_root)
    } else if first_size == second_size {
        proof.is_empty() && first_root == second_root
    } else {
        extends(first_size, first_root, second_size, second_root, proof)
    };
    if accepted { Ok(()) } else { Err(refused) }
}

/// The loop of RFC 9162 §2.1.4.2 for 0 < first < second.
fn extends(
    first_size: u64,
    first_root: &Digest,
    second_size: u64,
    second_root: &Digest,
    proof: &[Digest],
) -> bool {
    // A complete first tree is itself the node from which the proof starts.
    let (start, rest) = if first_size.is_power_of_two() {
        (first_root, proof)
    } else {
        match proof.split_first() {
            Some(parts) => parts,
            None => return false,
        }
    };
    let (mut position, mut last) = (first_size - 1, second_size - 1);
    let complete = position.trailing_ones();
    position >>= complete;
    last >>= complete;
    let (mut first, mut second) = (*start, *start);
    for hash in rest {
        if last == 0 {
            return false;
        }
        if position & 1 == 1 || position == last {
            first = node_hash(hash, &first);
            second = node_hash(hash, &second);
            skip_single_nodes(&mut position, &mut last);
        } else {
            second = node_hash(&second, hash);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && first == *first_root && second == *second_root
}

/// A node at the right edge without a sibling is passed up unchanged: the levels that the proof has no hash for.
fn skip_single_nodes(position: &mut u64, last: &mut u64) {
    while *position & 1 == 0 && *position != 0 {
        *position >>= 1;
        *last >>= 1;
    }
}
