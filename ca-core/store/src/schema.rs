//! The tables of the record itself, and how tables come into being.
//!
//! Core tables have one version for all. A view whose declaration changed is dropped, made anew and marked as
//! *to be rebuilt*; so is one that this program does not know, because it will not keep it up to date.

mod ddl;
mod oddity;
mod prepare;

pub(crate) use prepare::{Declared, Plan, mark_rebuilt, prepare, stale, verify};

pub use oddity::Oddity;

use crate::table::{Column, ColumnKind, Table};

/// Version of the core tables.
pub const VERSION: i64 = 2;

/// The oldest version that is brought up to this one: all that changed since are tables that were added.
pub(crate) const OLDEST: i64 = 1;

/// Ledger entries: canonical JSON by index.
pub static ENTRIES: Table = Table {
    name: "entries",
    columns: &[
        Column::new("idx", ColumnKind::Integer),
        Column::new("body", ColumnKind::Blob),
    ],
    key: &["idx"],
    indexes: &[],
    unique: &[],
};

/// Full tiles: 256 hashes of 32 bytes. Partial tiles follow from entries and full tiles.
pub static TILES: Table = Table {
    name: "tiles",
    columns: &[
        Column::new("level", ColumnKind::Integer),
        Column::new("idx", ColumnKind::Integer),
        Column::new("hashes", ColumnKind::Blob),
    ],
    key: &["level", "idx"],
    indexes: &[],
    unique: &[],
};

/// Full tiles of the SHA-256 mirror.
pub static MIRROR_TILES: Table = Table {
    name: "mirror_tiles",
    ..TILES
};

/// Signed checkpoints of the SHA-256 mirror by tree size.
pub static MIRROR_CHECKPOINTS: Table = Table {
    name: "mirror_checkpoints",
    ..CHECKPOINTS
};

/// Signed checkpoints by tree size.
pub static CHECKPOINTS: Table = Table {
    name: "checkpoints",
    columns: &[
        Column::new("size", ColumnKind::Integer),
        Column::new("note", ColumnKind::Text),
    ],
    key: &["size"],
    indexes: &[],
    unique: &[],
};

/// Encrypted blobs by the SM3 digest of what they hold.
pub static SEALED: Table = Table {
    name: "sealed",
    columns: &[
        Column::new("digest", ColumnKind::Blob),
        Column::new("ciphertext", ColumnKind::Blob),
    ],
    key: &["digest"],
    indexes: &[],
    unique: &[],
};

/// One row: which acquisition of the writer's lock may write, and how many commits there were.
pub(crate) static WRITER: Table = Table {
    name: "writer",
    columns: &[
        Column::new("id", ColumnKind::Integer),
        Column::new("holder", ColumnKind::Text),
        Column::new("epoch", ColumnKind::Integer),
        Column::new("commits", ColumnKind::Integer),
    ],
    key: &["id"],
    indexes: &[],
    unique: &[],
};

/// One row for the core and one per view: the declaration that it was made from. Version 0 of a view: to be rebuilt.
pub(crate) static SCHEMA: Table = Table {
    name: "schema",
    columns: &[
        Column::new("name", ColumnKind::Text),
        Column::new("version", ColumnKind::Integer),
        Column::new("definition", ColumnKind::Text),
    ],
    key: &["name"],
    indexes: &[],
    unique: &[],
};

/// Every core table.
pub(crate) static CORE: &[&Table] = &[
    &ENTRIES,
    &TILES,
    &CHECKPOINTS,
    &MIRROR_TILES,
    &MIRROR_CHECKPOINTS,
    &SEALED,
    &WRITER,
    &SCHEMA,
];

/// Core tables by the version that brought them.
pub(crate) static ADDED: &[(i64, &Table)] = &[(2, &MIRROR_TILES), (2, &MIRROR_CHECKPOINTS)];
