//! The public ledger: C2SP tlog-tiles paths (checkpoint, tiles, entry bundles) under an SM3 origin, the same under
//! `sha256/` for the mirror that others' tools can read, and for convenience single entries and inclusion proofs in
//! JSON.
//!
//! Nothing beyond the latest signed checkpoint is served, so whatever was seen here, the log has vouched for.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ledger::checkpoint::Checkpoint;
use ledger::tile::{TILE_WIDTH, TileId, inclusion_proof, inclusion_tiles, tile_width};
use ledger::tree::{leaf_hash, verify_inclusion};
use sm_engine::sm3::{self, Digest};

use super::conditional::Validators;
use super::refusal::{Refusal, fault};
use super::{PathPart, Port};

const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// A partial tile is soon replaced by a wider one, under another path.
const PARTIAL: &str = "public, max-age=300";

/// Which tree over the entries.
#[derive(Clone, Copy)]
pub(super) enum Tree {
    /// The log itself: SM3.
    Log,
    /// Its mirror: SHA-256.
    Mirror,
}

/// `/log/checkpoint`, `/log/sha256/checkpoint`: the latest signed note.
pub(super) async fn checkpoint(
    tree: Tree,
    State(port): State<Port>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (note, _) = latest(&port, tree).await?;
    Ok(respond(
        &headers,
        "text/plain; charset=utf-8",
        "no-cache",
        note.into_bytes(),
    ))
}

/// `/log/tile/LEVEL/N[.p/W]` and `/log/tile/entries/N[.p/W]`, and the same under `/log/sha256/`.
pub(super) async fn tile(
    tree: Tree,
    State(port): State<Port>,
    PathPart(path): PathPart,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    // A bundle covers the same leaves as the level-0 tile of its number.
    let (entries, path) = match path.strip_prefix("entries/") {
        Some(number) => (true, format!("tile/0/{number}")),
        None => (false, format!("tile/{path}")),
    };
    let (id, width) = TileId::parse_path(&path).map_err(|_| Refusal::NotFound)?;
    let (_, checkpoint) = latest(&port, tree).await?;
    if tile_width(id, checkpoint.size) < width {
        return Err(Refusal::NotFound);
    }
    let body = if entries {
        bundle(&port, id.index, width).await?
    } else {
        hashes(&port, tree, id, width, checkpoint.size).await?
    };
    let cache = if width == TILE_WIDTH {
        IMMUTABLE
    } else {
        PARTIAL
    };
    Ok(respond(&headers, "application/octet-stream", cache, body))
}

/// `/log/entry/N`: the canonical JSON of one entry, exactly as hashed.
pub(super) async fn entry(
    State(port): State<Port>,
    PathPart(index): PathPart,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (_, checkpoint) = latest(&port, Tree::Log).await?;
    let index = covered(&index, &checkpoint)?;
    Ok(respond(
        &headers,
        "application/json",
        IMMUTABLE,
        entry_bytes(&port, index).await?,
    ))
}

/// `/log/proof/N`: that entry N is under the latest checkpoint (RFC 9162 §2.1.3), hashes in hex.
pub(super) async fn proof(
    State(port): State<Port>,
    PathPart(index): PathPart,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (note, checkpoint) = latest(&port, Tree::Log).await?;
    let index = covered(&index, &checkpoint)?;
    let size = checkpoint.size;
    let leaf = leaf_hash(&entry_bytes(&port, index).await?);
    let tiles = port
        .store
        .tiles(&inclusion_tiles(index, size), size)
        .await
        .map_err(fault)?;
    let path = inclusion_proof(index, size, &tiles).map_err(fault)?;
    // A record that no longer proves itself is our fault to report, not the client's to puzzle over.
    verify_inclusion(&leaf, index, size, &path, &checkpoint.root).map_err(fault)?;
    let proof = InclusionProof {
        index,
        size,
        leaf,
        path,
        root: checkpoint.root,
        checkpoint: note,
    };
    let body = serde_json::to_vec(&proof).map_err(fault)?;
    Ok(respond(&headers, "application/json", "no-cache", body))
}

/// What `/log/proof/N` says. The checkpoint is the signed note that vouches for size and root.
#[derive(serde::Serialize)]
struct InclusionProof {
    index: u64,
    size: u64,
    leaf: Digest,
    path: Vec<Digest>,
    root: Digest,
    checkpoint: String,
}

fn respond(
    headers: &HeaderMap,
    content_type: &'static str,
    cache: &str,
    body: Vec<u8>,
) -> Response {
    let validators = Validators::of(&sm3::digest(&body), cache);
    validators
        .not_modified(headers)
        .unwrap_or_else(|| validators.respond(content_type, body))
}

/// The latest signed note of a tree and what it says.
async fn latest(port: &Port, tree: Tree) -> Result<(String, Checkpoint), Refusal> {
    let note = match tree {
        Tree::Log => port.store.latest_checkpoint().await,
        Tree::Mirror => port.store.latest_mirror_checkpoint().await,
    };
    let note = note.map_err(fault)?.ok_or(Refusal::NotFound)?;
    let checkpoint = Checkpoint::from_note_unverified(&note).map_err(fault)?;
    Ok((note, checkpoint))
}

/// An entry number of the path, if the checkpoint covers it. Only its canonical spelling is read, so that
/// each entry has one address in every cache.
fn covered(text: &str, checkpoint: &Checkpoint) -> Result<u64, Refusal> {
    let index = text
        .parse::<u64>()
        .ok()
        .filter(|index| index.to_string() == text);
    index
        .filter(|index| *index < checkpoint.size)
        .ok_or(Refusal::NotFound)
}

async fn entry_bytes(port: &Port, index: u64) -> Result<Vec<u8>, Refusal> {
    let entry = port.store.entry(index).await.map_err(fault)?;
    entry.ok_or_else(|| fault(format!("entry {index} is missing")))
}

/// The first `width` hashes of a tile, 32 bytes each.
async fn hashes(
    port: &Port,
    tree: Tree,
    id: TileId,
    width: u16,
    size: u64,
) -> Result<Vec<u8>, Refusal> {
    let tiles = match tree {
        Tree::Log => port.store.tiles(&[id], size).await,
        Tree::Mirror => port.store.mirror_tiles(&[id], size).await,
    };
    let tiles = tiles.map_err(fault)?;
    let hashes = tiles.get(&id).unwrap_or_default();
    let hashes = hashes
        .get(..usize::from(width))
        .ok_or_else(|| fault(format!("{id} is incomplete")))?;
    Ok(hashes.iter().flat_map(|hash| *hash.as_bytes()).collect())
}

/// The first `width` entries of a bundle, each behind its length in two bytes, big-endian.
async fn bundle(port: &Port, number: u64, width: u16) -> Result<Vec<u8>, Refusal> {
    let first = number.saturating_mul(u64::from(TILE_WIDTH));
    let entries = port
        .store
        .entries(first, u32::from(width))
        .await
        .map_err(fault)?;
    if entries.len() != usize::from(width) {
        return Err(fault(format!("entries from {first} on are incomplete")));
    }
    let mut bundle = Vec::new();
    for (index, body) in entries {
        let length =
            u16::try_from(body.len()).map_err(|_| fault(format!("entry {index} is too long")))?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(&body);
    }
    Ok(bundle)
}
