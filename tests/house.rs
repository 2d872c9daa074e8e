//! The house keeps its shape: which crate may use which, and how a source file looks.
//!
//! Nothing here starts the program. What is checked is listed in CONTRIBUTING.md.

#![allow(clippy::unwrap_used)]

mod house {
    mod floors;
    mod metadata;
    mod sources;
    mod text;
}
