//! The log's mirror: the same entries in a SHA-256 tree, with checkpoints of the same sizes signed with Ed25519, for
//! readers whose tools have no SM3. It decides nothing, and grows in the same transactions as the log.

use std::sync::Arc;

use keys::{MirrorSigner, Provider};
use ledger::checkpoint::{Checkpoint, MirrorKey, NoteKey as _, note_message, signed_note};
use ledger::event::{Entry, Event};
use ledger::tile::Appender;
use ledger::tree::{Sha256Tree, TreeHash as _, leaf_hash};
use store::status::{Follower as _, StatusIndex};
use store::{Store, WriteTx, WriterLock};

use crate::error::Error;
use crate::service::Replayed;

/// The mirror at its right edge. Cloned before a transaction, like the log.
#[derive(Clone)]
pub(crate) struct Mirror {
    tree: Appender<Sha256Tree>,
    identity: Arc<Identity>,
}

struct Identity {
    key: MirrorKey,
    signer: MirrorSigner,
}

impl Mirror {
    /// The public key.
    pub(crate) fn key(&self) -> &MirrorKey {
        &self.identity.key
    }

    pub(crate) fn append(&mut self, body: &[u8]) {
        self.tree.append(Sha256Tree::leaf(body));
    }

    /// Stores the tiles that filled up.
    pub(crate) async fn write_tiles(&mut self, tx: &mut WriteTx) -> Result<(), Error> {
        let tiles = self.tree.take_full_tiles();
        if !tiles.is_empty() {
            tx.put_mirror_tiles(&tiles).await?;
        }
        Ok(())
    }

    /// Signs and stores a checkpoint. The one before is not named in it: the log's own checkpoints are the chain.
    pub(crate) async fn write_checkpoint(&self, tx: &mut WriteTx) -> Result<(), Error> {
        let Identity { key, signer } = &*self.identity;
        let checkpoint = Checkpoint {
            origin: key.name().to_owned(),
            size: self.tree.size(),
            root: self.tree.root(),
            previous: None,
        };
        let signature = signer.sign(&note_message(&checkpoint))?;
        let note = signed_note(&checkpoint, key, &signature);
        tx.put_mirror_checkpoint(self.tree.size(), &note).await?;
        Ok(())
    }
}

/// Whether the note is the mirror's own.
pub(crate) fn opens(note: &str, provider: &dyn Provider, origin: &str) -> bool {
    let key = MirrorSigner::of(provider).ok().and_then(|signer| {
        MirrorKey::new(MirrorKey::name_for(origin), signer.public_key().clone()).ok()
    });
    key.is_some_and(|key| ledger::checkpoint::open_note(note, &key).is_ok())
}

/// The mirror of the record that was replayed. Where it has none yet, one is announced on the ledger, and the tiles
/// of all that is there already are stored with the announcement.
pub(crate) async fn establish(
    (store, lock): (&Store, &WriterLock),
    provider: &dyn Provider,
    index: &StatusIndex,
    replayed: &mut Replayed,
    now: i64,
) -> Result<Mirror, Error> {
    let signer = MirrorSigner::of(provider)?;
    let name = MirrorKey::name_for(&replayed.origin);
    let key = MirrorKey::new(name, signer.public_key().clone())?;
    let own = (
        key.name().to_owned(),
        hex::encode(signer.public_key().to_bytes()),
    );
    let mut mirror = Mirror {
        tree: std::mem::take(&mut replayed.mirror_tree),
        identity: Arc::new(Identity { key, signer }),
    };
    match &replayed.mirror {
        Some(announced) if *announced == own => return Ok(mirror),
        Some(_) => {
            return Err(Error::Inconsistent(
                "the mirror's key is not the one that the ledger announces".into(),
            ));
        }
        None => {}
    }
    let (origin, key) = own;
    let time = now.max(replayed.last_time);
    let entry = Entry::new(time, Event::LedgerMirrored { origin, key });
    let body = entry.encode()?;
    let first = replayed.tree.size();
    let mut tree = replayed.tree.clone();
    tree.append(leaf_hash(&body));
    mirror.append(&body);
    let mut tx = store.begin(lock).await?;
    tx.append_entries(first, &[body]).await?;
    tx.put_tiles(&tree.take_full_tiles()).await?;
    mirror.write_tiles(&mut tx).await?;
    tx.commit().await?;
    index.follow(first, &[entry]);
    replayed.tree = tree;
    replayed.last_time = time;
    Ok(mirror)
}
