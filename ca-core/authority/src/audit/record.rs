//! Entries, tree, tiles, checkpoints.

use ledger::checkpoint::{MirrorKey, VerifierKey, open_note};
use ledger::event::{Entry, Event};
use ledger::replay::Replay;
use ledger::tile::{Appender, TILE_WIDTH, TileId, Tiles, tile_width};
use sm_engine::foreign::ed25519;
use sm_engine::sm3::Digest;
use store::Store;
use store::schema::{MIRROR_TILES, TILES};
use store::table::Table;
use store::value::Value;

use super::mirror::Mirror;
use super::{Progress, Report, Terms};
use crate::error::Error;

/// Rows read at a time.
pub(super) const PAGE: u32 = 4096;

/// Seconds after which an entry must be covered by a checkpoint.
const UNCOVERED: i64 = 10;

/// Reads the record; returns the entries that could be read, with their index.
pub(super) async fn verify(
    store: &Store,
    terms: &Terms<'_>,
    size: u64,
    report: &mut Report,
    progress: &dyn Progress,
) -> Result<Vec<(u64, Entry)>, Error> {
    let Terms { key, kept, now } = *terms;
    let mut mirror = Mirror::read(store).await?;
    let mut checkpoints = read_checkpoints(store, key, report).await?;
    let sizes = checkpoints.iter().map(|(size, _)| *size).collect();
    for note in kept {
        match open_note(note, key) {
            Ok(checkpoint) => checkpoints.push((checkpoint.size, checkpoint.root)),
            Err(error) => report.find("V106", "kept checkpoint", error.to_string()),
        }
    }
    checkpoints.sort_by_key(|(size, _)| *size);
    let mut checkpoints = checkpoints.into_iter().peekable();
    let mut replay = Some(Replay::new());
    let mut tree = Appender::new();
    let mut entries = Vec::new();
    let mut next = 0;
    loop {
        let page = store.entries(next, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        let after = last + 1;
        for (index, body) in page {
            if index != next {
                report.find(
                    "V101",
                    format!("entry {next}"),
                    format!("missing; the next one is {index}"),
                );
                next = index;
            }
            next += 1;
            tree.append(ledger::tree::leaf_hash(&body));
            mirror.append(&body);
            while let Some((covered, root)) =
                checkpoints.next_if(|(covered, _)| *covered <= tree.size())
            {
                if covered == tree.size() && root != tree.root() {
                    report.find(
                        "V103",
                        format!("checkpoint {covered}"),
                        "its root is not the root of the entries before it: an entry was changed, or the checkpoint",
                    );
                }
            }
            // After a violation the replay's state is not the ledger's any more: the first one is the finding.
            if let Some(Err(violation)) = replay
                .as_mut()
                .map(|replay| replay.push(index, &body).map(drop))
            {
                report.find(violation.code, format!("entry {index}"), violation.what);
                replay = None;
            }
            match Entry::decode(&body) {
                Ok(entry) => {
                    check_log_key(index, &entry, key, report);
                    entries.push((index, entry));
                }
                Err(error) => report.find("V102", format!("entry {index}"), error.to_string()),
            }
        }
        let (grown, full) = (tree.size(), tree.take_full_tiles());
        check_tiles(async |ids| store.tiles(ids, grown).await, "", full, report).await?;
        let full = mirror.tree.take_full_tiles();
        let read = async |ids: &[TileId]| store.mirror_tiles(ids, grown).await;
        check_tiles(read, "mirror ", full, report).await?;
        next = after;
        progress(next, size, "ledger");
    }
    for (covered, _) in checkpoints {
        let what = format!(
            "it covers {covered} entries, the database has {}: entries were deleted",
            tree.size()
        );
        report.find("V104", format!("checkpoint {covered}"), what);
    }
    let announced = announced(&entries);
    mirror.finish(announced.as_ref(), &sizes, report);
    for (table, name) in [(&TILES, ""), (&MIRROR_TILES, "mirror ")] {
        surplus_tiles(store, table, name, tree.size(), report).await?;
    }
    let uncovered = entries.iter().find(|(index, _)| *index >= report.covered);
    if let Some((index, entry)) = uncovered
        && entry.time + UNCOVERED < now.0
    {
        let what = "no checkpoint covers it and what follows: the latest checkpoint was deleted, or the service died \
                    before it signed one and was not started since";
        report.find("V110", format!("entry {index}"), what);
    }
    report.entries = tree.size();
    report.root = tree.root().to_string();
    Ok(entries)
}

/// Entry 0 names the log; a database under another key is another log.
fn check_log_key(index: u64, entry: &Entry, key: &VerifierKey, report: &mut Report) {
    if let Event::LedgerFounded {
        origin, key: point, ..
    } = &entry.event
        && (*origin != key.name || *point != hex::encode(key.point.to_sec1()))
    {
        report.find(
            "V105",
            format!("entry {index}"),
            "the ledger was founded under another key or name",
        );
    }
}

/// Every checkpoint that verifies, by size.
async fn read_checkpoints(
    store: &Store,
    key: &VerifierKey,
    report: &mut Report,
) -> Result<Vec<(u64, Digest)>, Error> {
    let mut list: Vec<(u64, Digest)> = Vec::new();
    let mut from = 0;
    loop {
        let page = store.checkpoints(from, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        let after = last + 1;
        for (size, note) in page {
            match open_note(&note, key) {
                Ok(checkpoint) if checkpoint.size == size && checkpoint.origin == key.name => {
                    let before = list.last().map(|(size, _)| *size);
                    if checkpoint.previous != before {
                        let what = match checkpoint.previous {
                            Some(previous) => {
                                format!("the checkpoint {previous} before it is missing")
                            }
                            None => "it says that it is the first one".to_owned(),
                        };
                        report.find("V109", format!("checkpoint {size}"), what);
                    }
                    list.push((size, checkpoint.root));
                    report.checkpoints += 1;
                    report.covered = size;
                }
                Ok(_) => report.find(
                    "V106",
                    format!("checkpoint {size}"),
                    "the signed text is about another size",
                ),
                Err(error) => report.find("V106", format!("checkpoint {size}"), error.to_string()),
            }
        }
        from = after;
    }
    if list.is_empty() {
        report.find(
            "V107",
            "checkpoints",
            "there is no checkpoint: nothing commits the entries",
        );
    }
    Ok(list)
}

/// The mirror's key, and the entry that announced it.
fn announced(entries: &[(u64, Entry)]) -> Option<(u64, MirrorKey)> {
    entries.iter().find_map(|(index, entry)| {
        let Event::LedgerMirrored { origin, key } = &entry.event else {
            return None;
        };
        let key = <[u8; 32]>::try_from(hex::decode(key).ok()?).ok()?;
        let key = MirrorKey::new(origin.as_str(), ed25519::PublicKey::from_bytes(&key).ok()?);
        Some((*index, key.ok()?))
    })
}

/// Stored tiles that the tree does not have, or not full.
async fn surplus_tiles(
    store: &Store,
    table: &'static Table,
    name: &str,
    size: u64,
    report: &mut Report,
) -> Result<(), Error> {
    let mut after = None;
    loop {
        let page = match store.dump(table, after.take(), PAGE).await {
            Ok(page) => page,
            Err(error @ (store::Error::Damaged { .. } | store::Error::Column { .. })) => {
                report.find("V108", table.name, error.to_string());
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.iter().take(table.key.len()).cloned().collect());
        for row in &page {
            let (level, index) = match row.as_slice() {
                [Value::Integer(level), Value::Integer(index), ..] => (level, index),
                _ => continue,
            };
            let id = u8::try_from(*level)
                .ok()
                .zip(u64::try_from(*index).ok())
                .map(|(level, index)| TileId { level, index });
            if id.is_none_or(|id| tile_width(id, size) != TILE_WIDTH) {
                report.find(
                    "V108",
                    format!("{name}tile {level}/{index}"),
                    "the tree has no such full tile",
                );
            }
        }
    }
}

/// The stored full tiles are the ones that the entries give.
async fn check_tiles(
    read: impl AsyncFn(&[TileId]) -> Result<Tiles, store::Error>,
    name: &str,
    full: Vec<(TileId, Vec<Digest>)>,
    report: &mut Report,
) -> Result<(), Error> {
    for (id, expected) in full {
        let stored = match read(&[id]).await {
            Ok(tiles) => tiles.get(&id).map(<[_]>::to_vec),
            Err(store::Error::Damaged { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        if stored.as_deref() != Some(expected.as_slice()) {
            report.find(
                "V108",
                format!("{name}{id}"),
                "the stored tile is missing or not the hash of its entries",
            );
        }
    }
    Ok(())
}
