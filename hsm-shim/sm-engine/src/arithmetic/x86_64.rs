//! Field arithmetic and table reading in assembly for x86-64 with MULX, ADCX, ADOX and AVX2; lanes of AVX-512.
//!
//! Assembly because the compiler makes one carry chain of two, and branches of masks. No instruction here
//! takes a time that depends on its operands, and no address depends on data.

mod field;
pub(super) mod ifma;
mod scan;

use super::affine::Affine;
use super::field::Field;
use super::instructions::Instructions;
use crate::cpu;
use scan::ChunkScan;

/// Proof that the processor has MULX, ADCX, ADOX and AVX2.
#[derive(Clone, Copy)]
pub(crate) struct Adx(());

impl Adx {
    /// `None` where one of the instructions is missing.
    #[inline]
    pub(crate) fn detect() -> Option<Self> {
        (cpu::adx() && cpu::avx2()).then_some(Self(()))
    }
}

impl Instructions for Adx {
    type Scan<'row> = ChunkScan<'row>;

    #[inline(always)]
    fn mul(self, a: &Field, b: &Field) -> Field {
        field::mul(self, a, b)
    }

    #[inline(always)]
    fn square(self, a: &Field) -> Field {
        field::square(self, a)
    }

    #[inline(always)]
    fn scan(self, row: &[Affine], index: u64) -> ChunkScan<'_> {
        ChunkScan::new(self, row, index)
    }
}
