//! The status index against a plain map, while it grows, and what it costs.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

#[path = "contract/postgres_server.rs"]
mod postgres_server;

mod status {
    pub mod history;
    pub mod index;
    pub mod ledger;
    pub mod snapshot;
    pub mod tail;
}
