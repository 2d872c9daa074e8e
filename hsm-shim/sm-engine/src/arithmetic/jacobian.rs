//! Points as (X, Y, Z) with x = X/Z² and y = Y/Z³, infinity being Z = 0: for chains of doublings.

use super::affine::Affine;
use super::field::Field;
use super::instructions::Instructions;
use zeroize::Zeroize;

/// A point or infinity.
#[derive(Clone, Copy, Zeroize)]
pub(crate) struct Jacobian {
    pub(super) x: Field,
    pub(super) y: Field,
    pub(super) z: Field,
}

impl Jacobian {
    pub(super) const INFINITY: Self = Self {
        x: Field::ONE,
        y: Field::ONE,
        z: Field::ZERO,
    };

    #[inline(always)]
    pub(super) fn is_infinity(&self) -> bool {
        self.z.is_zero()
    }

    /// 2·self, right for every point and infinity (no point has y = 0: the order is odd). 4M + 4S.
    #[inline(always)]
    pub(super) fn double<I: Instructions>(&self, a: I) -> Self {
        let zz = a.square(&self.z);
        let y2 = self.y.double();
        let yy4 = a.square(&y2);
        let slope = a.mul(&self.x.add(&zz), &self.x.sub(&zz)).triple();
        let z = a.mul(&y2, &self.z);
        let xyy4 = a.mul(&yy4, &self.x);
        let x = a.square(&slope).sub(&xyy4.double());
        let yyyy8 = a.square(&yy4).halve();
        let y = a.mul(&slope, &xyy4.sub(&x)).sub(&yyyy8);
        Self { x, y, z }
    }

    /// self + other and the differences of their x and y over a common denominator. 8M + 3S.
    /// The sum is wrong where self is infinity and where the first difference is 0: the caller decides.
    #[inline(always)]
    pub(super) fn add_unequal<I: Instructions>(&self, a: I, other: &Affine) -> (Self, [Field; 2]) {
        let zz = a.square(&self.z);
        let zy = a.mul(&other.y, &self.z);
        let h = a.mul(&other.x, &zz).sub(&self.x);
        let slope = a.mul(&zy, &zz).sub(&self.y);
        let hh = a.square(&h);
        let z = a.mul(&self.z, &h);
        let square = a.square(&slope);
        let v = a.mul(&self.x, &hh);
        let hhh = a.mul(&hh, &h);
        let x = square.sub(&hhh).sub(&v.double());
        let yhhh = a.mul(&self.y, &hhh);
        let y = a.mul(&slope, &v.sub(&x)).sub(&yhhh);
        (Self { x, y, z }, [h, slope])
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
            (true, true) => Self::from(other).double(a),
            (true, false) => Self::INFINITY,
        }
    }

    #[inline(always)]
    pub(super) fn select(mask: u64, a: &Self, b: &Self) -> Self {
        Self {
            x: Field::select(mask, &a.x, &b.x),
            y: Field::select(mask, &a.y, &b.y),
            z: Field::select(mask, &a.z, &b.z),
        }
    }

    /// The coordinates, given 1/Z.
    pub(super) fn scale<I: Instructions>(&self, a: I, inverse: &Field) -> Affine {
        let square = a.square(inverse);
        Affine {
            x: a.mul(&self.x, &square),
            y: a.mul(&self.y, &a.mul(&square, inverse)),
        }
    }

    /// Whether this is a point with the coordinate x, without an inversion.
    pub(super) fn has_x(&self, x: &Field) -> bool {
        !self.is_infinity() && self.x == x.mul(&self.z.square())
    }
}

impl From<&Affine> for Jacobian {
    #[inline(always)]
    fn from(point: &Affine) -> Self {
        Self {
            x: point.x,
            y: point.y,
            z: Field::ONE,
        }
    }
}
