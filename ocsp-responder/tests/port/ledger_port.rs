//! The public ledger as a client sees it: everything is rebuilt and checked from what the port serves.

use ledger::checkpoint::{NoteKey, open_note};
use ledger::tree::{Frontier, Sha256Tree, Sm3Tree, TreeHash, leaf_hash, verify_inclusion};
use ocsp_responder::StatusPort;
use sm_engine::sm3::Digest;

use crate::hierarchy::World;
use crate::record::{Record, get, get_if};

/// Splits an entry bundle: each entry behind its length in two bytes.
fn unbundle(mut bundle: &[u8]) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bundle.split_first_chunk::<2>() {
        let (entry, rest) = rest.split_at(u16::from_be_bytes(*length).into());
        entries.push(entry.to_vec());
        bundle = rest;
    }
    assert!(bundle.is_empty());
    entries
}

fn digests(tile: &[u8]) -> Vec<Digest> {
    tile.chunks(32)
        .map(|hash| Digest(hash.try_into().unwrap()))
        .collect()
}

#[tokio::test]
async fn an_empty_log_has_nothing() {
    let (world, record) = (World::new(), Record::new().await);
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    for path in [
        "/log/checkpoint",
        "/log/sha256/checkpoint",
        "/log/sha256/tile/0/000",
        "/log/entry/0",
        "/log/proof/0",
        "/log/tile/0/000",
        "/log/tile/entries/000.p/1",
    ] {
        assert_eq!(get(&port, path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_whole_log_is_rebuilt_from_bundles_and_agrees_with_tiles_and_checkpoint() {
    let (world, mut record) = (World::new(), Record::new().await);
    record.append(600).await;
    record.checkpoint().await;
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    rebuilt::<Sm3Tree>(&port, "/log", &record.key).await;
    rebuilt::<Sha256Tree>(&port, "/log/sha256", &record.mirror_key()).await;
}

/// Rebuilds the tree of 600 entries that is served under `base`.
async fn rebuilt<H: TreeHash>(port: &StatusPort, base: &str, key: &impl NoteKey) {
    let reply = get(port, &format!("{base}/checkpoint")).await;
    assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
    let checkpoint = open_note(reply.text(), key).unwrap();
    assert_eq!(checkpoint.size, 600);

    let mut frontier = Frontier::<H>::default();
    for (name, width) in [("000", 256), ("001", 256), ("002.p/88", 88)] {
        let bundle = get(port, &format!("{base}/tile/entries/{name}")).await;
        let entries = unbundle(&bundle.body);
        assert_eq!(entries.len(), width);
        let leaves: Vec<_> = entries.iter().map(|entry| H::leaf(entry)).collect();
        let path = format!("{base}/tile/0/{name}");
        let tile = get(port, &path).await;
        assert_eq!(digests(&tile.body), leaves, "{name}");
        assert_eq!(tile.header("content-type"), "application/octet-stream");
        let immutable = tile.header("cache-control").contains("immutable");
        assert_eq!(immutable, width == 256);
        let again = get_if(port, &path, "if-none-match", tile.header("etag")).await;
        assert_eq!(again.status, 304);
        leaves.into_iter().for_each(|leaf| frontier.append(leaf));
    }
    assert_eq!(frontier.root(), checkpoint.root);

    let upper = digests(&get(port, &format!("{base}/tile/1/000.p/2")).await.body);
    let first = digests(&get(port, &format!("{base}/tile/0/000")).await.body);
    let mut subtree = Frontier::<H>::default();
    first.into_iter().for_each(|leaf| subtree.append(leaf));
    assert_eq!((upper.len(), upper[0]), (2, subtree.root()));
}

#[tokio::test]
async fn proofs_verify_for_every_entry() {
    let (world, mut record) = (World::new(), Record::new().await);
    record.append(300).await;
    record.checkpoint().await;
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    for index in [0_u64, 1, 255, 256, 299] {
        let proof = get(&port, &format!("/log/proof/{index}")).await;
        let proof: serde_json::Value = serde_json::from_slice(&proof.body).unwrap();
        let checkpoint = open_note(proof["checkpoint"].as_str().unwrap(), &record.key).unwrap();
        let path: Vec<Digest> = proof["path"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hash| hash.as_str().unwrap().parse().unwrap())
            .collect();
        let entry = get(&port, &format!("/log/entry/{index}")).await;
        assert_eq!(entry.header("content-type"), "application/json");
        assert_eq!(entry.body, record.entries[usize::try_from(index).unwrap()]);
        let leaf = leaf_hash(&entry.body);
        verify_inclusion(&leaf, index, checkpoint.size, &path, &checkpoint.root).unwrap();
    }
}

#[tokio::test]
async fn nothing_beyond_the_checkpoint_or_off_the_canonical_path_is_served() {
    let (world, mut record) = (World::new(), Record::new().await);
    record.append(300).await;
    record.checkpoint().await;
    record.append(300).await;
    let port = StatusPort::new(world.responder.clone(), record.store.clone());
    for path in [
        "/log/entry/300",
        "/log/entry/18446744073709551616",
        "/log/entry/-1",
        "/log/entry/007",
        "/log/entry/+7",
        "/log/proof/300",
        "/log/proof/x",
        "/log/tile/0/001",
        "/log/tile/0/001.p/45",
        "/log/sha256/tile/0/001.p/45",
        "/log/sha256/tile/entries/001.p/45",
        "/log/sha256/entry/0",
        "/log/tile/entries/001.p/45",
        "/log/tile/1/000",
        "/log/tile/1/000.p/2",
        "/log/tile/2/000.p/1",
        "/log/tile/0/000.p/0",
        "/log/tile/0/000.p/256",
        "/log/tile/0/0",
        "/log/tile/64/000",
        "/log/tile/entries/002.p/1",
        "/log/tile/0/x999/x999/x999/x999/x999/999",
        "/log/tile/63/x999/x999/x999/x999/x999/999",
        "/log/tile/",
        "/log",
        "/log/tile/0/../0/000",
    ] {
        assert_eq!(get(&port, path).await.status, 404, "{path}");
    }
    for path in [
        "/log/tile/0/001.p/44",
        "/log/tile/0/001.p/1",
        "/log/tile/0/000.p/7",
        "/log/tile/1/000.p/1",
    ] {
        assert_eq!(get(&port, path).await.status, 200, "{path}");
    }
    let open = get(&port, "/log/checkpoint").await;
    let tag = open.header("etag").to_owned();
    assert_eq!(
        get_if(&port, "/log/checkpoint", "if-none-match", &tag)
            .await
            .status,
        304
    );
    record.checkpoint().await;
    assert_eq!(
        get_if(&port, "/log/checkpoint", "if-none-match", &tag)
            .await
            .status,
        200
    );
    assert_eq!(get(&port, "/log/entry/300").await.status, 200);
}
