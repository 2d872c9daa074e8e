//! The desk from outside, as a browser without scripts uses it.

mod audit;
mod bad_input;
mod batch;
mod browser;
mod dashboard;
mod duplicates;
mod find;
mod mass;
mod matrix;
mod officers;
mod roster;
mod succession;
mod walk;
