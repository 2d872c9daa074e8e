//! A list on its way to the store: written in parts of a bounded size, each of which the writer stores in a transaction
//! of its own while the next one is filled.
//!
//! A list is never in memory as a whole. Memory holds the part that is being filled, the one that is being stored and
//! what the database makes of that, however many entries there are. The list counts when the ledger has its entry,
//! which comes after all of its parts; parts of one that never came are named by nothing.

use bytes::Bytes;
use sm_engine::sm3::{self, Digest, Sm3};
use tokio::task::JoinHandle;
use x509::crl::CrlFrame;

use super::aside;
use super::lists::Pieces;
use crate::error::Error;
use crate::service::Core;
use crate::writer::{Committed, Order};

/// Largest piece of a CRL in one blob.
pub(super) const PART: usize = 4 << 20;

/// What was written of a list.
pub(super) struct Written {
    /// SM3 of the whole.
    pub(super) digest: Digest,
    /// SM3 of each part, where there are several, all of them stored.
    pub(super) parts: Vec<Digest>,
    /// The whole where it is one part, which is not stored yet.
    pub(super) der: Bytes,
}

/// Writes a list: these entries in their frame.
pub(super) async fn write(
    core: &Core,
    frame: &CrlFrame,
    mut entries: Box<Pieces<'_>>,
) -> Result<Written, Error> {
    let mut writing = Writing {
        core,
        several: frame.len() > PART,
        whole: Sm3::new(),
        parts: Vec::new(),
        part: Vec::with_capacity(frame.len().min(PART)),
        storing: None,
    };
    writing.part.extend_from_slice(frame.head());
    while let Some(piece) = aside(|| writing.fill(&mut *entries)) {
        writing.store().await?;
        writing.part.extend_from_slice(piece);
    }
    if writing.part.len() + frame.tail().len() > PART {
        writing.store().await?;
    }
    writing.part.extend_from_slice(frame.tail());
    writing.finish().await
}

struct Writing<'c> {
    core: &'c Core,
    several: bool,
    whole: Sm3,
    parts: Vec<Digest>,
    part: Vec<u8>,
    storing: Option<JoinHandle<Result<Committed, Error>>>,
}

impl Writing<'_> {
    /// Takes pieces until the part is full: the first that does not fit. A piece is small beside a part, and stays
    /// whole.
    fn fill<'a>(&mut self, entries: &mut Pieces<'a>) -> Option<&'a [u8]> {
        for piece in entries {
            if self.part.len() + piece.len() > PART {
                return Some(piece);
            }
            self.part.extend_from_slice(piece);
        }
        None
    }

    /// Hands the part to the writer, when that has stored the one before.
    async fn store(&mut self) -> Result<(), Error> {
        let part = Bytes::from(std::mem::replace(&mut self.part, Vec::with_capacity(PART)));
        let digest = aside(|| {
            std::thread::scope(|scope| {
                let whole = scope.spawn(|| self.whole.update(&part));
                let digest = sm3::digest(&part);
                whole.join().map(|()| digest)
            })
        });
        let digest =
            digest.map_err(|_| Error::Inconsistent("a digest could not be computed".into()))?;
        self.parts.push(digest);
        self.stored().await?;
        let writer = self.core.writer.clone();
        let order = Order::Public(vec![(digest, part)]);
        self.storing = Some(tokio::spawn(async move { writer.commit(order).await }));
        Ok(())
    }

    async fn stored(&mut self) -> Result<(), Error> {
        if let Some(storing) = self.storing.take() {
            storing.await.map_err(|_| Error::Stopping)??;
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<Written, Error> {
        if !self.several {
            return Ok(Written {
                digest: sm3::digest(&self.part),
                parts: Vec::new(),
                der: self.part.into(),
            });
        }
        self.store().await?;
        self.stored().await?;
        Ok(Written {
            digest: self.whole.finish(),
            parts: self.parts,
            der: Bytes::new(),
        })
    }
}
