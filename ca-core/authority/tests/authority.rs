//! The authority over a real SQLite database: what must hold whatever is asked, in whatever order, at the same moment.

#![allow(clippy::unwrap_used)] // a test that cannot go on says where

#[path = "authority/concurrency.rs"]
mod concurrency;
#[path = "authority/crls.rs"]
mod crls;
#[path = "authority/dashboard.rs"]
mod dashboard;
#[path = "authority/faults.rs"]
mod faults;
#[path = "authority/kept.rs"]
mod kept;
#[path = "authority/kept_lists.rs"]
mod kept_lists;
#[path = "authority/lists.rs"]
mod lists;
#[path = "authority/officers.rs"]
mod officers;
#[path = "authority/operator.rs"]
mod operator;
#[path = "authority/proposals.rs"]
mod proposals;
#[path = "authority/scope.rs"]
mod scope;
#[path = "authority/snapshots.rs"]
mod snapshots;
#[path = "authority/statements.rs"]
mod statements;
#[path = "authority/status_machines.rs"]
mod status_machines;
#[path = "authority/successions.rs"]
mod successions;
#[path = "authority/tamper.rs"]
mod tamper;
#[path = "authority/time.rs"]
mod time;
#[path = "authority/views.rs"]
mod views;
#[path = "authority/world.rs"]
mod world;
