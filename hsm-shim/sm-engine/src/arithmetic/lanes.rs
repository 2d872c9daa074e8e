//! Eight independent computations side by side, one in each 64-bit lane of a vector: batches.
//!
//! The algorithms are written once over the few vector operations of [`Lanes`]. AVX-512 IFMA has each as one
//! instruction (`x86_64::ifma`); [`Emulated`] gives the same results in safe code, so that the algorithms are
//! tested on every machine. All functions are inlined into the few entries that enable the instructions.

pub(super) mod field;
pub(super) mod generator;
pub(super) mod points;
pub(super) mod verify;

/// Lanes of a word.
pub(super) const LANES: usize = 8;

/// Eight lanes of 64 bits and what can be done with them. A value is the proof that the processor can.
pub(super) trait Lanes: Copy {
    /// Eight lanes.
    type Word: Copy;

    /// The same value in all lanes.
    fn splat(self, value: u64) -> Self::Word;
    /// Lane i from element i.
    fn load(self, values: &[u64; LANES]) -> Self::Word;
    /// Element i from lane i.
    fn store(self, word: Self::Word) -> [u64; LANES];
    /// a + b modulo 2^64.
    fn add(self, a: Self::Word, b: Self::Word) -> Self::Word;
    /// a - b modulo 2^64.
    fn sub(self, a: Self::Word, b: Self::Word) -> Self::Word;
    /// Bitwise and.
    fn and(self, a: Self::Word, b: Self::Word) -> Self::Word;
    /// Bitwise exclusive or.
    fn xor(self, a: Self::Word, b: Self::Word) -> Self::Word;
    /// a·2^count modulo 2^64, for a public count.
    fn shift_left_by(self, a: Self::Word, count: u32) -> Self::Word;
    /// a/2^count rounded down, a being unsigned, for a public count.
    fn shift_right_by(self, a: Self::Word, count: u32) -> Self::Word;
    /// a·2^N modulo 2^64.
    fn shift_left<const N: u32>(self, a: Self::Word) -> Self::Word;
    /// a/2^N rounded down, a being signed.
    fn shift_right<const N: u32>(self, a: Self::Word) -> Self::Word;
    /// sum + the low 52 bits of the product of the low 52 bits of a and b.
    fn madd_low(self, sum: Self::Word, a: Self::Word, b: Self::Word) -> Self::Word;
    /// sum + the high 52 bits of that product.
    fn madd_high(self, sum: Self::Word, a: Self::Word, b: Self::Word) -> Self::Word;
    /// The bits of a where the mask has ones, else those of b.
    fn select(self, mask: Self::Word, a: Self::Word, b: Self::Word) -> Self::Word;
    /// In each lane the entry of a table of 16 that the low four bits of `index` name.
    fn pick(self, index: Self::Word, table: [Self::Word; 2]) -> Self::Word;
}

/// The operations of [`Lanes`] one lane after the other.
#[cfg(test)]
#[derive(Clone, Copy)]
pub(super) struct Emulated;

#[cfg(test)]
impl Lanes for Emulated {
    type Word = [u64; LANES];

    fn splat(self, value: u64) -> Self::Word {
        [value; LANES]
    }

    fn load(self, values: &[u64; LANES]) -> Self::Word {
        *values
    }

    fn store(self, word: Self::Word) -> [u64; LANES] {
        word
    }

    fn add(self, a: Self::Word, b: Self::Word) -> Self::Word {
        std::array::from_fn(|i| a[i].wrapping_add(b[i]))
    }

    fn sub(self, a: Self::Word, b: Self::Word) -> Self::Word {
        std::array::from_fn(|i| a[i].wrapping_sub(b[i]))
    }

    fn and(self, a: Self::Word, b: Self::Word) -> Self::Word {
        std::array::from_fn(|i| a[i] & b[i])
    }

    fn xor(self, a: Self::Word, b: Self::Word) -> Self::Word {
        std::array::from_fn(|i| a[i] ^ b[i])
    }

    fn shift_left_by(self, a: Self::Word, count: u32) -> Self::Word {
        a.map(|a| a.checked_shl(count).unwrap_or(0))
    }

    fn shift_right_by(self, a: Self::Word, count: u32) -> Self::Word {
        a.map(|a| a.checked_shr(count).unwrap_or(0))
    }

    fn shift_left<const N: u32>(self, a: Self::Word) -> Self::Word {
        a.map(|a| a << N)
    }

    fn shift_right<const N: u32>(self, a: Self::Word) -> Self::Word {
        a.map(|a| (a.cast_signed() >> N).cast_unsigned())
    }

    fn madd_low(self, sum: Self::Word, a: Self::Word, b: Self::Word) -> Self::Word {
        let product = |i| limb_product(a[i], b[i]) as u64 & field::LOW;
        std::array::from_fn(|i| sum[i].wrapping_add(product(i)))
    }

    fn madd_high(self, sum: Self::Word, a: Self::Word, b: Self::Word) -> Self::Word {
        let product = |i| (limb_product(a[i], b[i]) >> 52) as u64;
        std::array::from_fn(|i| sum[i].wrapping_add(product(i)))
    }

    fn select(self, mask: Self::Word, a: Self::Word, b: Self::Word) -> Self::Word {
        std::array::from_fn(|i| mask[i] & a[i] | !mask[i] & b[i])
    }

    fn pick(self, index: Self::Word, table: [Self::Word; 2]) -> Self::Word {
        index.map(|index| table[index as usize >> 3 & 1][index as usize & 7])
    }
}

/// The instruction ignores bits above the low 52; the algorithms here never give it any.
#[cfg(test)]
fn limb_product(a: u64, b: u64) -> u128 {
    assert!(a <= field::LOW && b <= field::LOW, "a limb is not carried");
    u128::from(a) * u128::from(b)
}
