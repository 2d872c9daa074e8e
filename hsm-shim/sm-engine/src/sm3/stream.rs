//! SM3 of a message that comes in pieces (GB/T 32905-2016 §5.2).

use super::Digest;
use super::compress::{INITIAL, Path, digest_of};
use zeroize::Zeroize as _;

/// Streaming SM3. A clone goes on from the same place: what many messages begin with need be hashed only once.
/// Wiped on drop.
#[derive(Clone)]
pub struct Sm3 {
    state: [u32; 8],
    /// The bytes of a block that is not full yet.
    begun: [u8; 64],
    /// Bytes so far.
    length: u64,
    path: Path,
}

/// SM3 of one message.
#[must_use]
pub fn digest(message: &[u8]) -> Digest {
    let mut state = Sm3::new();
    state.update(message);
    state.finish()
}

impl Sm3 {
    /// Empty state.
    #[must_use]
    pub fn new() -> Self {
        Self::on(Path::fastest())
    }

    /// Empty state on a given path.
    pub(super) fn on(path: Path) -> Self {
        Self::after_block(path, INITIAL, 0)
    }

    /// After `blocks` whole blocks.
    pub(super) fn after_block(path: Path, state: [u32; 8], blocks: u64) -> Self {
        Self {
            state,
            begun: [0; 64],
            length: blocks * 64,
            path,
        }
    }

    /// The state after whole blocks.
    pub(super) fn into_state(self) -> [u32; 8] {
        debug_assert!(self.length.is_multiple_of(64), "between blocks");
        self.state
    }

    /// Absorbs bytes.
    pub fn update(&mut self, data: &[u8]) {
        let begun = (self.length % 64) as usize;
        self.length += data.len() as u64;
        let mut data = data;
        if begun > 0 {
            let head;
            (head, data) = data.split_at((64 - begun).min(data.len()));
            self.begun[begun..begun + head.len()].copy_from_slice(head);
            if begun + head.len() < 64 {
                return;
            }
            self.path.compress(&mut self.state, &[self.begun]);
        }
        let (blocks, rest) = data.as_chunks::<64>();
        if !blocks.is_empty() {
            self.path.compress(&mut self.state, blocks);
        }
        self.begun[..rest.len()].copy_from_slice(rest);
    }

    /// Finishes.
    #[must_use]
    pub fn finish(mut self) -> Digest {
        let begun = (self.length % 64) as usize;
        let mut last = [0; 128];
        let blocks = padded(&self.begun[..begun], self.length, &mut last);
        self.path.compress(&mut self.state, blocks);
        let digest = digest_of(&self.state);
        last.zeroize();
        digest
    }
}

/// The end of a message of `length` bytes, with the padding of GB/T 32905-2016 §5.2: one block or two.
pub(super) fn padded<'last>(
    end: &[u8],
    length: u64,
    last: &'last mut [u8; 128],
) -> &'last [[u8; 64]] {
    let whole = if end.len() < 56 { 64 } else { 128 };
    last[..end.len()].copy_from_slice(end);
    last[end.len()..whole].fill(0);
    last[end.len()] = 0x80;
    last[whole - 8..whole].copy_from_slice(&length.wrapping_mul(8).to_be_bytes());
    last[..whole].as_chunks().0
}

impl Default for Sm3 {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Sm3 {
    fn drop(&mut self) {
        self.state.zeroize();
        self.begun.zeroize();
    }
}
