//! The seam: every algorithm crate is named in this module and nowhere else.
//!
//! What stands above it knows opaque states. Replacing the algorithms means replacing these files; SM2 has
//! its own arithmetic already. The SM4 underneath looks its S-box up by secret bytes, so it is
//! not constant in time towards an attacker on the same processor.

pub(crate) mod cipher;
pub(crate) mod hash;
