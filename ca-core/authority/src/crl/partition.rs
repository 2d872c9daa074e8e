//! Which shard of its authority's CRL a certificate names, and where the shards are.

use std::collections::BTreeMap;

use parking_lot::RwLock;
use sm_engine::key::PublicKey;
use sm_engine::sm3;
use store::views::PartitionRow;
use store::{Direction, Store};
use x509::certificate::Serial;
use x509::crl::{random_serial, shard_of, shard_of_key};

use crate::error::Error;

/// The shards of one authority: how many never changes, where they are may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    pub(crate) shards: u32,
    /// URLs in front of the shard's name, oldest first.
    bases: Vec<String>,
    /// Entry that brought the latest: shards from before it do not name that address yet.
    pub(crate) since: u64,
}

impl Partition {
    pub(crate) fn new(shards: u32, base: String, since: u64) -> Self {
        Self {
            shards,
            bases: vec![base],
            since,
        }
    }

    /// The URL under which certificates are issued now.
    fn url(&self, shard: u32) -> Option<String> {
        self.bases.last().map(|base| self.at(base, shard))
    }

    /// Every URL that a certificate of the shard may name.
    pub(crate) fn urls(&self, shard: u32) -> Vec<String> {
        self.bases.iter().map(|base| self.at(base, shard)).collect()
    }

    fn at(&self, base: &str, shard: u32) -> String {
        format!("{base}/{shard}of{}.crl", self.shards)
    }

    pub(crate) fn add(&mut self, base: String, since: u64) {
        self.bases.push(base);
        self.since = since;
    }

    pub(crate) fn knows(&self, base: &str) -> bool {
        self.bases.iter().any(|known| known == base)
    }
}

/// The partitions of all authorities that have one.
#[derive(Default)]
pub(crate) struct Partitions(RwLock<BTreeMap<String, Partition>>);

impl Partitions {
    pub(crate) async fn load(store: &Store) -> Result<Self, Error> {
        let order = [("idx", Direction::Ascending)];
        let mut found: BTreeMap<String, Partition> = BTreeMap::new();
        for row in store.scan::<PartitionRow>(&[], &order, None, 1000).await? {
            let broken = |_| Error::Inconsistent("a partition has negative numbers".into());
            let shards = u32::try_from(row.shards).map_err(broken)?;
            let since = u64::try_from(row.idx).map_err(broken)?;
            match found.get_mut(&row.authority) {
                Some(partition) => partition.add(row.base, since),
                None => {
                    found.insert(row.authority, Partition::new(shards, row.base, since));
                }
            }
        }
        Ok(Self(RwLock::new(found)))
    }

    pub(crate) fn find(&self, authority: &str) -> Option<Partition> {
        self.0.read().get(authority).cloned()
    }

    pub(crate) fn set(&self, authority: &str, partition: Partition) {
        self.0.write().insert(authority.to_owned(), partition);
    }

    /// A fresh serial for a certificate of `key`: one that belongs to the shard which the certificate names.
    pub(crate) fn serial(&self, authority: &str, key: &PublicKey) -> Serial {
        match self.0.read().get(authority) {
            Some(Partition { shards, .. }) => random_serial(shard(key, *shards), *shards),
            None => Serial::random(),
        }
    }

    /// A fresh serial for a certificate that nobody has to approve, and the distribution point that goes with it.
    pub(crate) fn any(&self, authority: &str) -> (Serial, Option<String>) {
        let serial = Serial::random();
        let all = self.0.read();
        let partition = all.get(authority);
        let url =
            partition.and_then(|partition| partition.url(shard_of(&serial, partition.shards)));
        (serial, url)
    }

    /// The distribution point of a certificate of `key`; `None` where the authority has no shards.
    pub(crate) fn url(&self, authority: &str, key: &PublicKey) -> Option<String> {
        let all = self.0.read();
        let partition = all.get(authority)?;
        partition.url(shard(key, partition.shards))
    }
}

fn shard(key: &PublicKey, shards: u32) -> u32 {
    shard_of_key(&sm3::digest(&x509::key_info(key)), shards)
}
