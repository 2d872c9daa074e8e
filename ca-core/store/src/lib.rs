//! SQLite and PostgreSQL: all SQL of the project.
//!
//! The ledger's entries and the sealed blobs are the truth. Every other table is a *view* that can be rebuilt
//! from them, so the SQL here is generic over declared tables: live writes, replay and comparison share it. Unfinished
//! work of officers lies in a database of its own: [`desk::Desk`].
//! Not here: what an entry means for a row is `views`' business, who may write at all is the authority's.
//!
//! Entry points: [`Store::open`], [`Store::acquire_writer`], [`Store::begin`]; readers are methods of [`Store`].

pub mod clock;
mod database;
pub mod desk;
mod error;
mod fence;
pub mod kept;
mod news;
mod query;
mod question;
mod read;
mod record;
pub mod schema;
pub mod seal;
mod sql;
pub mod status;
mod store;
pub mod table;
mod tiles;
mod tree;
pub mod value;
pub mod views;
mod write;

pub use database::Backend;
pub use error::Error;
pub use fence::WriterLock;
pub use query::{Compare, Direction, MAX_ROWS, cursor};
pub use question::{
    ActRow, Answer, Issued, IssuedRow, Page, PairRow, RevokedRow, Span, WorkingHours,
};
pub use read::ReadSession;
pub use seal::{SealKey, SealedBlob};
pub use store::Store;
pub use write::WriteTx;
