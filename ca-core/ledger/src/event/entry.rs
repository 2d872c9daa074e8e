//! An entry and its bytes: canonical JSON, at most what an entry bundle can hold.

use sm_engine::sm3::Digest;

use super::{Entry, Event};
use crate::{Error, canonical, tree};

impl Entry {
    /// Longest entry in bytes: bundles give its length in 16 bits (C2SP tlog-tiles).
    pub const MAX_BYTES: usize = 65_535;
    /// The only version of the encoding.
    pub const VERSION: u8 = 1;

    /// An entry of today's version. `time` is UTC seconds since 1970.
    #[must_use]
    pub fn new(time: i64, event: Event) -> Self {
        Self {
            event,
            time,
            v: Self::VERSION,
        }
    }

    /// Its only encoding: the bytes that are hashed and stored.
    ///
    /// # Errors
    /// [`Error::Unencodable`] where a number is not below 2^53, [`Error::TooLong`] beyond [`Entry::MAX_BYTES`],
    /// [`Error::Version`]: what is encoded can always be decoded.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        self.check_version()?;
        let bytes = canonical::to_canonical(self)?;
        if bytes.len() > Self::MAX_BYTES {
            return Err(Error::TooLong {
                what: "ledger entry",
                limit: Self::MAX_BYTES,
            });
        }
        Ok(bytes)
    }

    /// Reads canonical bytes; every other spelling of the same entry is refused.
    ///
    /// # Errors
    /// [`Error::TooLong`], [`Error::NotCanonical`], [`Error::Version`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let entry: Self = canonical::from_canonical(bytes, Self::MAX_BYTES)?;
        entry.check_version()?;
        Ok(entry)
    }

    /// Hash of its leaf.
    ///
    /// # Errors
    /// As [`Entry::encode`].
    pub fn leaf_hash(&self) -> Result<Digest, Error> {
        Ok(tree::leaf_hash(&self.encode()?))
    }

    fn check_version(&self) -> Result<(), Error> {
        if self.v == Self::VERSION {
            Ok(())
        } else {
            Err(Error::Version { version: self.v })
        }
    }
}
