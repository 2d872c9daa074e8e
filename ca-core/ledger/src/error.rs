//! What can be wrong with bytes that claim to be part of a ledger. Codes are stable; no text repeats input,
//! because statements and forms pass through here too.

use crate::replay::Rule;
use crate::tile::TileId;

/// Why bytes, a tile, a note or a proof were not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value has no canonical form here: a float, null, a large number, too deep.
    #[error("L401 no canonical JSON for this value: {what}")]
    Unencodable {
        /// What it contains.
        what: &'static str,
    },
    /// The text is not the one canonical encoding of a value.
    #[error("L402 not canonical JSON at byte {at}: {what}")]
    NotCanonical {
        /// First byte that is wrong, from 0; for invalid JSON the position as line and column give it.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// Longer than allowed.
    #[error("L403 {what} is longer than {limit} bytes")]
    TooLong {
        /// What.
        what: &'static str,
        /// Most bytes.
        limit: usize,
    },
    /// An entry of a later encoding.
    #[error("L404 entry version {version} is not known")]
    Version {
        /// The version it claims.
        version: u8,
    },
    /// Stored hashes do not describe a tree of that size.
    #[error("L410 stored hashes do not make a tree of {size} leaves: {what}")]
    Damaged {
        /// Leaves.
        size: u64,
        /// What does not fit.
        what: &'static str,
    },
    /// The leaf is not in a tree of that size.
    #[error("L411 no entry {index} in a tree of {size}")]
    NoSuchLeaf {
        /// Leaf asked for, from 0.
        index: u64,
        /// Leaves.
        size: u64,
    },
    /// The path does not lead from the leaf to the root.
    #[error("L412 inclusion proof of entry {index} does not lead to the root of size {size}")]
    Inclusion {
        /// Leaf, from 0.
        index: u64,
        /// Leaves.
        size: u64,
    },
    /// The second tree does not extend the first.
    #[error("L413 no proof that the tree of {second} extends the tree of {first}")]
    Consistency {
        /// Leaves of the earlier tree.
        first: u64,
        /// Leaves of the later tree.
        second: u64,
    },
    /// Not a tlog-tiles path.
    #[error("L420 not a tile path")]
    TilePath,
    /// A tile is needed that was not loaded, or it is too short.
    #[error("L421 {tile} is missing or too short for size {size}")]
    MissingTile {
        /// Which.
        tile: TileId,
        /// Leaves.
        size: u64,
    },
    /// Not a verifier key line.
    #[error("L430 not a verifier key: {what}")]
    VerifierKey {
        /// What is wrong.
        what: &'static str,
    },
    /// Not a signed checkpoint.
    #[error("L431 not a signed checkpoint: {what}")]
    Note {
        /// What is wrong.
        what: &'static str,
    },
    /// No signature of the expected key.
    #[error("L432 the checkpoint is not signed by {name}")]
    NotSigned {
        /// Name of the key.
        name: String,
    },
    /// A signature that claims the expected key is false.
    #[error("L433 the signature of {name} on the checkpoint does not verify")]
    FalseSignature {
        /// Name of the key.
        name: String,
    },
    /// The key belongs to another log.
    #[error("L434 the checkpoint is of another log than {name}")]
    OtherLog {
        /// Name of the key.
        name: String,
    },
    /// Not a proof file, or its parts do not belong together.
    #[error("L440 not a valid proof: {what}")]
    Proof {
        /// What is wrong.
        what: &'static str,
    },
    /// The proven entries are no legal life of one certificate.
    #[error("L441 entry {index} ({}): {what}", rule.code())]
    Life {
        /// Entry.
        index: u64,
        /// The rule it breaks.
        rule: Rule,
        /// In words.
        what: String,
    },
}
