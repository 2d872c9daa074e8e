//! The seam between formulas and processors: what is worth other code on other instruction sets.
//!
//! A value of a type that implements [`Instructions`] proves that the processor has them. Each public
//! operation of the arithmetic chooses once, by [`on_this_processor!`](crate::on_this_processor), and its
//! loops are compiled for each choice.

use super::affine::Affine;
use super::field::Field;

/// A set of instructions that this processor has.
pub(super) trait Instructions: Copy {
    /// A reading of a table row that can be spread between other work.
    type Scan<'row>: Scan;

    /// a·b.
    fn mul(self, a: &Field, b: &Field) -> Field;

    /// a².
    fn square(self, a: &Field) -> Field;

    /// Begins to read the entry at `index` of `row`, whose length is a multiple of eight.
    fn scan(self, row: &[Affine], index: u64) -> Self::Scan<'_>;
}

/// Reads all of a row in constant time.
pub(super) trait Scan {
    /// Reads a few entries; does nothing where none is left.
    fn step(&mut self);

    /// Reads the rest and gives the entry.
    fn finish(self) -> Affine;
}

/// Safe Rust, for every processor.
#[derive(Clone, Copy)]
pub(super) struct Portable;

/// Reads everything in the end: in portable code nothing is gained by spreading.
pub(super) struct WholeScan<'row> {
    row: &'row [Affine],
    index: u64,
}

impl Instructions for Portable {
    type Scan<'row> = WholeScan<'row>;

    #[inline(always)]
    fn mul(self, a: &Field, b: &Field) -> Field {
        a.mul(b)
    }

    #[inline(always)]
    fn square(self, a: &Field) -> Field {
        a.square()
    }

    #[inline(always)]
    fn scan(self, row: &[Affine], index: u64) -> WholeScan<'_> {
        WholeScan { row, index }
    }
}

impl Scan for WholeScan<'_> {
    #[inline(always)]
    fn step(&mut self) {}

    #[inline(always)]
    fn finish(self) -> Affine {
        Affine::look_up(self.row, self.index)
    }
}

/// `on_this_processor!(a => expression)`: the expression with `a` the best [`Instructions`] there are.
macro_rules! on_this_processor {
    ($a:ident => $work:expr) => {{
        #[cfg(target_arch = "x86_64")]
        {
            match $crate::arithmetic::x86_64::Adx::detect() {
                Some($a) => $work,
                None => {
                    let $a = $crate::arithmetic::instructions::Portable;
                    $work
                }
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            let $a = $crate::arithmetic::instructions::Portable;
            $work
        }
    }};
}
pub(super) use on_this_processor;
