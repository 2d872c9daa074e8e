//! The crate from outside: what it makes, what it reads, what it refuses, and what OpenSSL says about it.

#![allow(clippy::unwrap_used)]

mod algorithms;
mod certificates;
mod extensions;
mod hierarchy;
mod hostile;
mod judge;
mod judge_certificates;
mod judge_ocsp;
mod judge_requests;
mod lists;
mod ocsp_messages;
mod paths;
mod requests;
mod samples;
mod templates;
