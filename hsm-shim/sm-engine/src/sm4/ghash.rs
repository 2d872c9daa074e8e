//! GHASH (NIST SP 800-38D §6.4): the universal hash under GCM's tag, on carry-less products.
//!
//! A block is read as a big-endian integer, whose bits stand in the reverse order of the field's. Products of such
//! integers are one bit short; H is therefore multiplied by x once (RFC 8452, appendix A), and a product is
//! reduced by x^-128 from below. Many blocks are multiplied by falling powers of H and reduced once.

mod portable;
#[cfg(any(test, target_arch = "x86_64"))]
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86_64;

use zeroize::Zeroize as _;

/// Blocks that are reduced together.
const POWERS: usize = 16;

/// H and its powers. No Debug, no Clone, wiped on drop.
pub(super) struct HashKey {
    /// H^16 down to H, each times x.
    powers: [u128; POWERS],
    path: Path,
}

/// How products are computed.
#[derive(Clone, Copy)]
pub(super) enum Path {
    /// Integer multiplications with holes.
    Portable,
    /// PCLMULQDQ.
    #[cfg(target_arch = "x86_64")]
    Clmul(x86_64::clmul::Cpu),
    /// VPCLMULQDQ on 256 bits.
    #[cfg(target_arch = "x86_64")]
    Clmul256(x86_64::clmul_256::Cpu),
    /// VPCLMULQDQ on 512 bits.
    #[cfg(target_arch = "x86_64")]
    Clmul512(x86_64::clmul_512::Cpu),
}

impl Path {
    /// The fastest one here.
    pub(super) fn fastest() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let widest = x86_64::clmul_512::detect().map(Self::Clmul512);
            let wide = || x86_64::clmul_256::detect().map(Self::Clmul256);
            let single = || x86_64::clmul::detect().map(Self::Clmul);
            if let Some(path) = widest.or_else(wide).or_else(single) {
                return path;
            }
        }
        Self::Portable
    }

    /// Every path that this machine can take, with its name.
    #[cfg(test)]
    fn all() -> Vec<(&'static str, Self)> {
        let portable = ("portable", Self::Portable);
        #[cfg(target_arch = "x86_64")]
        {
            let single = x86_64::clmul::detect().map(|cpu| ("PCLMULQDQ", Self::Clmul(cpu)));
            let wide = x86_64::clmul_256::detect().map(|cpu| ("256 bits", Self::Clmul256(cpu)));
            let widest = x86_64::clmul_512::detect().map(|cpu| ("512 bits", Self::Clmul512(cpu)));
            let all = [Some(portable), single, wide, widest];
            all.into_iter().flatten().collect()
        }
        #[cfg(not(target_arch = "x86_64"))]
        vec![portable]
    }
}

/// A running GHASH. Wiped on drop.
pub(super) struct Ghash<'key> {
    key: &'key HashKey,
    sum: u128,
}

impl HashKey {
    /// From H, the encryption of the zero block.
    pub(super) fn new(h: &[u8; 16]) -> Self {
        Self::on(Path::fastest(), h)
    }

    /// From H on a given path.
    pub(super) fn on(path: Path, h: &[u8; 16]) -> Self {
        let h = times_x(u128::from_be_bytes(*h));
        let mut key = Self {
            powers: [h; POWERS],
            path,
        };
        for i in (0..POWERS - 1).rev() {
            key.powers[i] = key.multiply(key.powers[i + 1], h);
        }
        key
    }

    /// The hash of nothing so far.
    pub(super) fn start(&self) -> Ghash<'_> {
        Ghash { key: self, sum: 0 }
    }

    fn multiply(&self, a: u128, b: u128) -> u128 {
        match self.path {
            Path::Portable => portable::multiply(a, b),
            #[cfg(target_arch = "x86_64")]
            Path::Clmul(cpu) => cpu.multiply(a, b),
            #[cfg(target_arch = "x86_64")]
            Path::Clmul256(cpu) => cpu.multiply(a, b),
            #[cfg(target_arch = "x86_64")]
            Path::Clmul512(cpu) => cpu.multiply(a, b),
        }
    }

    /// `sum` after `blocks`.
    fn absorb(&self, sum: u128, blocks: &[[u8; 16]]) -> u128 {
        match self.path {
            Path::Portable => portable::absorb(&self.powers, sum, blocks),
            #[cfg(target_arch = "x86_64")]
            Path::Clmul(cpu) => cpu.absorb(&self.powers, sum, blocks),
            #[cfg(target_arch = "x86_64")]
            Path::Clmul256(cpu) => cpu.absorb(&self.powers, sum, blocks),
            #[cfg(target_arch = "x86_64")]
            Path::Clmul512(cpu) => cpu.absorb(&self.powers, sum, blocks),
        }
    }
}

impl Ghash<'_> {
    /// Absorbs `data`, filled up with zeros to a whole number of blocks.
    pub(super) fn update_padded(&mut self, data: &[u8]) {
        let (blocks, rest) = data.as_chunks::<16>();
        if !blocks.is_empty() {
            self.sum = self.key.absorb(self.sum, blocks);
        }
        if !rest.is_empty() {
            let mut last = [0; 16];
            last[..rest.len()].copy_from_slice(rest);
            self.sum = self.key.absorb(self.sum, &[last]);
            last.zeroize();
        }
    }

    /// The hash, after the block with both lengths in bytes.
    pub(super) fn finish(mut self, aad: usize, data: usize) -> [u8; 16] {
        let lengths = ((aad as u128 * 8) << 64) | (data as u128 * 8);
        self.update_padded(&lengths.to_be_bytes());
        self.sum.to_be_bytes()
    }
}

impl Drop for HashKey {
    fn drop(&mut self) {
        self.powers.zeroize();
    }
}

impl Drop for Ghash<'_> {
    fn drop(&mut self) {
        self.sum.zeroize();
    }
}

/// The reflected polynomial without x^128: x^127 + x^126 + x^121 + 1.
const POLYNOMIAL: u128 = 0xC2 << 120 | 1;

/// Times x in the reflected field, without a branch.
fn times_x(a: u128) -> u128 {
    // The mask is the top bit spread over the word by an arithmetic shift.
    a << 1 ^ (a.cast_signed() >> 127).cast_unsigned() & POLYNOMIAL
}

/// A 256-bit carry-less product times x^-128.
#[inline(always)]
fn reduce(high: u128, low: u128) -> u128 {
    let (v0, v1) = (low as u64, (low >> 64) as u64);
    // Adding a multiple of the polynomial clears the low 64 bits, twice.
    let v1 = v1 ^ v0 << 63 ^ v0 << 62 ^ v0 << 57;
    let v2 = v0 ^ v0 >> 1 ^ v0 >> 2 ^ v0 >> 7 ^ v1 << 63 ^ v1 << 62 ^ v1 << 57;
    let v3 = v1 ^ v1 >> 1 ^ v1 >> 2 ^ v1 >> 7;
    high ^ u128::from(v2) ^ u128::from(v3) << 64
}

#[cfg(test)]
mod tests;
