//! The seam: every algorithm crate is named in this module and nowhere else.
//!
//! What stands above it knows opaque states. Replacing the algorithms means replacing these files; SM2 has
//! its own arithmetic already, and so has SM4.

pub(crate) mod hash;
