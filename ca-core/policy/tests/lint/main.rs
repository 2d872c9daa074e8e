//! Every lint fires in a test of its own name, and is silent on the golden certificate of every profile.
#![allow(clippy::unwrap_used)]

mod certificate_lints;
mod crl_lints;
mod draft;
mod golden;
