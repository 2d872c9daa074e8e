//! The definitions of RFC 9162 §2.1 as written: recursive, over all leaves. Remembers what it computed.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, OnceLock};

use ledger::tile::{TileId, Tiles, tile_width};
use sm_engine::sm3::{self, Digest};

pub(crate) struct Naive {
    leaves: Vec<Digest>,
    known: BTreeMap<(usize, usize), Digest>,
}

/// A tree of 70,000 leaves, shared by the tests of this program.
pub(crate) fn large() -> MutexGuard<'static, Naive> {
    static TREE: OnceLock<Mutex<Naive>> = OnceLock::new();
    let tree = TREE.get_or_init(|| Mutex::new(Naive::counting(70_000)));
    // A test that fails while it holds the lock leaves nothing half done.
    tree.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Naive {
    pub(crate) fn new(leaves: Vec<Digest>) -> Self {
        Self {
            leaves,
            known: BTreeMap::new(),
        }
    }

    /// Leaf i is the number i in 8 bytes, big-endian.
    pub(crate) fn counting(leaves: u64) -> Self {
        let hash = |i: u64| sm3::digest(&[&[0], i.to_be_bytes().as_slice()].concat());
        Self::new((0..leaves).map(hash).collect())
    }

    pub(crate) fn leaf(&self, index: usize) -> Digest {
        self.leaves[index]
    }

    /// MTH(D[start:end]).
    pub(crate) fn root(&mut self, start: usize, end: usize) -> Digest {
        match end - start {
            0 => return sm3::digest(b""),
            1 => return self.leaves[start],
            _ => {}
        }
        if let Some(known) = self.known.get(&(start, end)) {
            return *known;
        }
        let middle = start + split(end - start);
        let (left, right) = (self.root(start, middle), self.root(middle, end));
        let root = sm3::digest(&[&[1], left.as_bytes().as_slice(), right.as_bytes()].concat());
        self.known.insert((start, end), root);
        root
    }

    /// PATH(index, D[start:end]).
    pub(crate) fn path(&mut self, index: usize, start: usize, end: usize) -> Vec<Digest> {
        if end - start == 1 {
            return Vec::new();
        }
        let k = split(end - start);
        let middle = start + k;
        if index < k {
            let mut path = self.path(index, start, middle);
            path.push(self.root(middle, end));
            path
        } else {
            let mut path = self.path(index - k, middle, end);
            path.push(self.root(start, middle));
            path
        }
    }

    /// SUBPROOF(first, D[start:end], whole).
    pub(crate) fn consistency(
        &mut self,
        first: usize,
        start: usize,
        end: usize,
        whole: bool,
    ) -> Vec<Digest> {
        if first == end - start {
            return if whole {
                Vec::new()
            } else {
                vec![self.root(start, end)]
            };
        }
        let k = split(end - start);
        let middle = start + k;
        if first <= k {
            let mut proof = self.consistency(first, start, middle, whole);
            proof.push(self.root(middle, end));
            proof
        } else {
            let mut proof = self.consistency(first - k, middle, end, false);
            proof.push(self.root(start, middle));
            proof
        }
    }

    /// A tile at a size, by definition: hash i of tile n of level l is MTH of 256^l leaves.
    pub(crate) fn tile(&mut self, id: TileId, size: usize) -> Vec<Digest> {
        let unit = 256_usize.pow(id.level.into());
        let first = usize::try_from(id.index).unwrap() * 256;
        (first..first + 256)
            .take_while(|i| (i + 1) * unit <= size)
            .map(|i| self.root(i * unit, (i + 1) * unit))
            .collect()
    }

    /// The tiles asked for, each with what exists at that size and nothing more.
    pub(crate) fn tiles(&mut self, ids: &[TileId], size: usize) -> Tiles {
        let mut tiles = Tiles::new();
        for id in ids {
            let hashes = self.tile(*id, size);
            let width = tile_width(*id, u64::try_from(size).unwrap());
            assert_eq!(hashes.len(), usize::from(width), "{id} at {size}");
            assert!(!hashes.is_empty(), "{id} is empty at {size}");
            assert!(
                tiles.insert(*id, hashes).is_none(),
                "{id} is asked for twice"
            );
        }
        tiles
    }
}

fn split(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}
