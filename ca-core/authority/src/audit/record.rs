//! Entries, tree, tiles, checkpoints.

use ledger::checkpoint::{VerifierKey, open_note};
use ledger::event::{Entry, Event};
use ledger::replay::Replay;
use ledger::tile::Appender;
use sm_engine::sm3::Digest;
use store::Store;

use super::{Progress, Report, Terms};
use crate::error::Error;

const PAGE: u32 = 4096;

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
    let mut checkpoints = read_checkpoints(store, key, report).await?;
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
        check_tiles(store, &mut tree, report).await?;
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

/// The stored full tiles are the ones that the entries give.
async fn check_tiles(store: &Store, tree: &mut Appender, report: &mut Report) -> Result<(), Error> {
    let size = tree.size();
    for (id, expected) in tree.take_full_tiles() {
        let stored = match store.tiles(&[id], size).await {
            Ok(tiles) => tiles.get(&id).map(<[_]>::to_vec),
            Err(store::Error::Damaged { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        if stored.as_deref() != Some(expected.as_slice()) {
            report.find(
                "V108",
                format!("{id}"),
                "the stored tile is missing or not the hash of its entries",
            );
        }
    }
    Ok(())
}
