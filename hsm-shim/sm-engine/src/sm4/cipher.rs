//! The block cipher (GB/T 32907-2016): a key, and the fastest path that this processor has for it.
//!
//! Only the modes of this module's parent use it; a bare block cipher is not offered outside.

use super::portable;
use super::round_keys::RoundKeys;
use super::sbox::substitute_word;
#[cfg(target_arch = "x86_64")]
use super::x86_64;
use zeroize::Zeroize as _;

/// Key-stream bytes that are made at a time where the path has no counter of its own.
const STREAM: usize = 256;

/// An expanded key. Decryption is the same with the keys reversed. No Debug, no Clone, wiped on drop.
pub(super) struct Cipher {
    keys: RoundKeys,
    path: Path,
}

/// How blocks are computed.
#[derive(Clone, Copy)]
pub(super) enum Path {
    /// Safe Rust.
    Portable,
    /// AES-NI on AVX2.
    #[cfg(target_arch = "x86_64")]
    Aes(x86_64::aes::Cpu),
    /// VAES on AVX2.
    #[cfg(target_arch = "x86_64")]
    Vaes(x86_64::vaes::Cpu),
    /// GFNI on AVX-512.
    #[cfg(target_arch = "x86_64")]
    Gfni(x86_64::gfni::Cpu),
}

impl Path {
    /// The fastest one here.
    pub(super) fn fastest() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let gfni = x86_64::gfni::detect().map(Self::Gfni);
            let vaes = || x86_64::vaes::detect().map(Self::Vaes);
            let aes = || x86_64::aes::detect().map(Self::Aes);
            if let Some(path) = gfni.or_else(vaes).or_else(aes) {
                return path;
            }
        }
        Self::Portable
    }

    /// Every path that this machine can take, with its name.
    #[cfg(test)]
    pub(super) fn all() -> Vec<(&'static str, Self)> {
        let portable = ("portable", Self::Portable);
        #[cfg(target_arch = "x86_64")]
        {
            let aes = x86_64::aes::detect().map(|cpu| ("AES-NI", Self::Aes(cpu)));
            let vaes = x86_64::vaes::detect().map(|cpu| ("VAES", Self::Vaes(cpu)));
            let gfni = x86_64::gfni::detect().map(|cpu| ("GFNI", Self::Gfni(cpu)));
            let all = [Some(portable), aes, vaes, gfni];
            all.into_iter().flatten().collect()
        }
        #[cfg(not(target_arch = "x86_64"))]
        vec![portable]
    }
}

impl Cipher {
    /// To encrypt.
    pub(super) fn new(key: &[u8; 16]) -> Self {
        Self::on(Path::fastest(), key)
    }

    /// To encrypt on a given path.
    pub(super) fn on(path: Path, key: &[u8; 16]) -> Self {
        let keys = match path {
            Path::Portable => RoundKeys::new(key, substitute_word),
            #[cfg(target_arch = "x86_64")]
            Path::Aes(cpu) => cpu.expand(key),
            #[cfg(target_arch = "x86_64")]
            Path::Vaes(cpu) => cpu.expand(key),
            #[cfg(target_arch = "x86_64")]
            Path::Gfni(cpu) => cpu.expand(key),
        };
        Self { keys, path }
    }

    /// To decrypt with the same key.
    pub(super) fn inverse(&self) -> Self {
        Self {
            keys: self.keys.reversed(),
            path: self.path,
        }
    }

    /// The round keys in their order.
    #[cfg(test)]
    pub(super) fn round_keys(&self) -> &[u32; 32] {
        self.keys.as_words()
    }

    /// One block.
    pub(super) fn crypt_block(&self, block: &[u8; 16]) -> [u8; 16] {
        match self.path {
            Path::Portable => portable::crypt_block(self.keys.as_words(), block),
            #[cfg(target_arch = "x86_64")]
            Path::Aes(cpu) => cpu.crypt_block(self.keys.as_words(), block),
            #[cfg(target_arch = "x86_64")]
            Path::Vaes(cpu) => cpu.crypt_block(self.keys.as_words(), block),
            #[cfg(target_arch = "x86_64")]
            Path::Gfni(cpu) => cpu.crypt_block(self.keys.as_words(), block),
        }
    }

    /// Any number of blocks in place, each by itself.
    pub(super) fn crypt_blocks(&self, blocks: &mut [[u8; 16]]) {
        match self.path {
            Path::Portable => portable::crypt_blocks(self.keys.as_words(), blocks),
            #[cfg(target_arch = "x86_64")]
            Path::Aes(cpu) => cpu.crypt_blocks(self.keys.as_words(), blocks),
            #[cfg(target_arch = "x86_64")]
            Path::Vaes(cpu) => cpu.crypt_blocks(self.keys.as_words(), blocks),
            #[cfg(target_arch = "x86_64")]
            Path::Gfni(cpu) => cpu.crypt_blocks(self.keys.as_words(), blocks),
        }
    }

    /// Xors `data` with the encryption of `prefix || counter`, `prefix || counter + 1` and so on; the
    /// counter has 32 bits and wraps without a carry (the inc32 of NIST SP 800-38D §6.2).
    pub(super) fn count(&self, prefix: &[u8; 12], counter: u32, data: &mut [u8]) {
        match self.path {
            Path::Portable => self.count_by_blocks(prefix, counter, data),
            #[cfg(target_arch = "x86_64")]
            Path::Aes(cpu) => cpu.count(self.keys.as_words(), prefix, counter, data),
            #[cfg(target_arch = "x86_64")]
            Path::Vaes(cpu) => cpu.count(self.keys.as_words(), prefix, counter, data),
            #[cfg(target_arch = "x86_64")]
            Path::Gfni(cpu) => cpu.count(self.keys.as_words(), prefix, counter, data),
        }
    }

    fn count_by_blocks(&self, prefix: &[u8; 12], mut counter: u32, data: &mut [u8]) {
        let mut stream = [0; STREAM];
        for piece in data.chunks_mut(STREAM) {
            let (blocks, _) = stream[..piece.len().next_multiple_of(16)].as_chunks_mut::<16>();
            for block in blocks.iter_mut() {
                block[..12].copy_from_slice(prefix);
                block[12..].copy_from_slice(&counter.to_be_bytes());
                counter = counter.wrapping_add(1);
            }
            self.crypt_blocks(blocks);
            xor(piece, &stream);
        }
        stream.zeroize();
    }
}

/// Xors `with` into `data`, as far as the shorter goes.
#[inline(always)]
pub(super) fn xor(data: &mut [u8], with: &[u8]) {
    for (byte, other) in data.iter_mut().zip(with) {
        *byte ^= other;
    }
}
