//! The record: entries in an append-only SM3 Merkle tree (RFC 9162 with H = SM3), signed checkpoints,
//! proofs and their verifier. No database, no clock, no keys: bytes in, hashes and verdicts out.

pub mod canonical;
pub mod checkpoint;
mod error;
pub mod event;
pub mod life;
pub mod proof;
pub mod replay;
pub mod tile;
pub mod tree;

pub use error::Error;
