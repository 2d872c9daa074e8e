//! Constant-time reading of a table row with AVX2, eight entries at a time.
//!
//! Every entry is loaded whole and masked. The steps are short, so that the processor runs them beside the
//! multiplications between which they stand: those leave its vector units idle.
#![allow(unsafe_code)]

use super::Adx;
use crate::arithmetic::affine::Affine;
use crate::arithmetic::instructions::Scan;
use std::arch::asm;
use zeroize::Zeroize as _;

/// Entries of one step.
const STEP: usize = 8;

/// A row of which some entries have been read.
pub(in crate::arithmetic) struct ChunkScan<'row> {
    _instructions: Adx,
    rest: std::slice::Iter<'row, [Affine; STEP]>,
    /// How far behind the next entry the wanted one is; wraps around once it has been passed.
    distance: u64,
    found: Affine,
}

impl<'row> ChunkScan<'row> {
    #[inline(always)]
    pub(super) fn new(instructions: Adx, row: &'row [Affine], index: u64) -> Self {
        Self {
            _instructions: instructions,
            rest: row.as_chunks().0.iter(),
            distance: index,
            found: Affine::NOTHING,
        }
    }
}

impl Scan for ChunkScan<'_> {
    #[inline(always)]
    fn step(&mut self) {
        if let Some(chunk) = self.rest.next() {
            read(chunk, self.distance, &mut self.found);
            self.distance = self.distance.wrapping_sub(STEP as u64);
        }
    }

    #[inline(always)]
    fn finish(mut self) -> Affine {
        while !self.rest.as_slice().is_empty() {
            self.step();
        }
        let found = self.found;
        self.found.zeroize();
        found
    }
}

/// ORs the entry at `index`, if it is one of the eight, into `found`.
#[inline(always)]
fn read(chunk: &[Affine; STEP], index: u64, found: &mut Affine) {
    macro_rules! entry {
        ($offset:literal) => {
            concat!(
                "vpcmpeqq ymm5, ymm2, ymm4
                vpaddq ymm2, ymm2, ymm3
                vpand ymm6, ymm5, [{chunk} + ",
                $offset,
                "]
                vpand ymm7, ymm5, [{chunk} + ",
                $offset,
                " + 32]
                vpor ymm0, ymm0, ymm6
                vpor ymm1, ymm1, ymm7"
            )
        };
    }
    // SAFETY: AVX2 is there (the caller holds the token). `Affine` is 64 bytes in the order of its fields: 512 are
    // read behind `chunk` and 64 changed behind `found`. All registers are declared.
    unsafe {
        asm!(
            // The distance counts down to zero at the wanted entry.
            "vmovq xmm2, {index}
            vpbroadcastq ymm2, xmm2
            vpcmpeqd ymm3, ymm3, ymm3
            vpxor xmm4, xmm4, xmm4
            vmovdqu ymm0, [{found}]
            vmovdqu ymm1, [{found} + 32]",
            entry!("0"),
            entry!("64"),
            entry!("128"),
            entry!("192"),
            entry!("256"),
            entry!("320"),
            entry!("384"),
            entry!("448"),
            "vmovdqu [{found}], ymm0
            vmovdqu [{found} + 32], ymm1
            vzeroupper",
            chunk = in(reg) chunk.as_ptr(),
            index = in(reg) index,
            found = in(reg) std::ptr::from_mut(found),
            out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
            out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
            options(nostack, preserves_flags),
        );
    }
}
