//! The ledger from outside: vectors, trees against their recursive definition, notes, proofs, replay.
#![allow(clippy::unwrap_used)]

#[path = "ledger/naive.rs"]
mod naive;
#[path = "ledger/notes.rs"]
mod notes;
#[path = "ledger/proofs.rs"]
mod proofs;
#[path = "ledger/random_histories.rs"]
mod random_histories;
#[path = "ledger/rules.rs"]
mod rules;
#[path = "ledger/scene.rs"]
mod scene;
#[path = "ledger/trees.rs"]
mod trees;
#[path = "ledger/vectors.rs"]
mod vectors;
