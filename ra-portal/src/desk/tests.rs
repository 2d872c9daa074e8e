//! The desk from outside, as a browser without scripts uses it.

mod bad_input;
mod batch;
mod browser;
mod find;
mod matrix;
mod walk;
