//! The responder from outside: answers, installations, hostile input, HTTP, the public ledger, and OpenSSL
//! and curl as clients that we did not write.
#![allow(clippy::unwrap_used)]

mod algorithms;
mod answers;
mod batches;
mod hierarchy;
mod hostile;
mod installs;
mod ledger_port;
mod openssl;
mod policy;
mod published;
mod record;
mod standing;
mod web;
