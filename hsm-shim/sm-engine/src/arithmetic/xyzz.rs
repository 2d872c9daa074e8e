//! Points as (X, Y, Z², Z³), infinity being Z² = 0: a sum with a table entry costs a squaring less than in
//! Jacobian form, which is what counts where only additions are made.

use super::affine::Affine;
use super::field::Field;
use super::instructions::{Instructions, on_this_processor};
use zeroize::Zeroize;

/// A point or infinity.
#[derive(Clone, Copy, Zeroize)]
pub(crate) struct Xyzz {
    x: Field,
    y: Field,
    zz: Field,
    zzz: Field,
}

impl Xyzz {
    pub(super) const INFINITY: Self = Self {
        x: Field::ONE,
        y: Field::ONE,
        zz: Field::ZERO,
        zzz: Field::ZERO,
    };

    #[inline(always)]
    pub(super) fn is_infinity(&self) -> bool {
        self.zz.is_zero()
    }

    /// self + other and the differences of their x and y over a common denominator. 8M + 2S.
    /// The sum is wrong where self is infinity and where the first difference is 0: the caller decides.
    #[inline(always)]
    pub(super) fn add_unequal<I: Instructions>(&self, a: I, other: &Affine) -> (Self, [Field; 2]) {
        self.add_unequal_beside(a, other, || {})
    }

    /// The same with other work, in eight pieces, between the multiplications.
    #[inline(always)]
    pub(super) fn add_unequal_beside<I: Instructions>(
        &self,
        a: I,
        other: &Affine,
        mut piece: impl FnMut(),
    ) -> (Self, [Field; 2]) {
        let h = a.mul(&other.x, &self.zz).sub(&self.x);
        piece();
        let slope = a.mul(&other.y, &self.zzz).sub(&self.y);
        piece();
        let hh = a.square(&h);
        piece();
        let square = a.square(&slope);
        piece();
        let hhh = a.mul(&hh, &h);
        piece();
        let v = a.mul(&self.x, &hh);
        piece();
        let zz = a.mul(&self.zz, &hh);
        piece();
        let x = square.sub(&hhh).sub(&v.double());
        let yhhh = a.mul(&self.y, &hhh);
        let zzz = a.mul(&self.zzz, &hhh);
        piece();
        let y = a.mul(&slope, &v.sub(&x)).sub(&yhhh);
        (Self { x, y, zz, zzz }, [h, slope])
    }

    /// self + other for public points, all cases.
    #[inline(always)]
    pub(super) fn add_vartime<I: Instructions>(&self, a: I, other: &Affine) -> Self {
        if self.is_infinity() {
            return Self::from(other);
        }
        let (sum, [x_difference, y_difference]) = self.add_unequal(a, other);
        match (x_difference.is_zero(), y_difference.is_zero()) {
            (false, _) => sum,
            (true, true) => Self::twice(other),
            (true, false) => Self::INFINITY,
        }
    }

    /// 2·point.
    fn twice(point: &Affine) -> Self {
        let y2 = point.y.double();
        let zz = y2.square();
        let zzz = zz.mul(&y2);
        let v = point.x.mul(&zz);
        let slope = point.x.square().sub(&Field::ONE).triple();
        let x = slope.square().sub(&v.double());
        let y = slope.mul(&v.sub(&x)).sub(&zzz.mul(&point.y));
        Self { x, y, zz, zzz }
    }

    /// The negative where the mask is all ones.
    pub(super) fn negate_where(&mut self, mask: u64) {
        self.y = Field::select(mask, &self.y.neg(), &self.y);
    }

    /// The coordinates of a secret point that is not infinity.
    pub(crate) fn to_affine(self) -> Affine {
        self.scale(&self.zzz.invert())
    }

    /// The coordinates, given 1/Z³.
    fn scale(&self, inverse: &Field) -> Affine {
        // 1/Z² = Z⁴/Z⁶.
        let inverse_zz = self.zz.mul(inverse).square();
        Affine {
            x: self.x.mul(&inverse_zz),
            y: self.y.mul(inverse),
        }
    }

    /// The coordinates of secret points that are not infinity, with one inversion.
    pub(super) fn to_affines(points: &[Self]) -> Vec<Affine> {
        let mut inverses: Vec<Field> = points.iter().map(|point| point.zzz).collect();
        on_this_processor!(a => Field::invert_all(a, &mut inverses, Field::invert));
        let scaled = points.iter().zip(&inverses);
        let affine = scaled
            .map(|(point, inverse)| point.scale(inverse))
            .collect();
        inverses.zeroize();
        affine
    }

    /// The x coordinate, as an integer below p, of a secret point that is not infinity.
    pub(crate) fn x_coordinate(&self) -> [u64; 4] {
        self.x.mul(&self.zz.invert()).to_integer()
    }

    /// The x coordinates, as integers below p, of secret points that are not infinity, with one inversion.
    pub(crate) fn x_coordinates(points: &[Self]) -> Vec<[u64; 4]> {
        let mut inverses: Vec<Field> = points.iter().map(|point| point.zz).collect();
        on_this_processor!(a => Field::invert_all(a, &mut inverses, Field::invert));
        let scaled = points.iter().zip(&inverses);
        let x = scaled
            .map(|(point, inverse)| point.x.mul(inverse).to_integer())
            .collect();
        inverses.zeroize();
        x
    }

    /// The same point with Z = z.
    #[cfg(test)]
    pub(super) fn scaled(point: &Affine, z: &Field) -> Self {
        let zz = z.square();
        let zzz = zz.mul(z);
        let (x, y) = (point.x.mul(&zz), point.y.mul(&zzz));
        Self { x, y, zz, zzz }
    }

    /// Whether this is a point with the coordinate x, without an inversion.
    pub(super) fn has_x(&self, x: &Field) -> bool {
        !self.is_infinity() && self.x == x.mul(&self.zz)
    }
}

impl From<&Affine> for Xyzz {
    #[inline(always)]
    fn from(point: &Affine) -> Self {
        Self {
            x: point.x,
            y: point.y,
            zz: Field::ONE,
            zzz: Field::ONE,
        }
    }
}
