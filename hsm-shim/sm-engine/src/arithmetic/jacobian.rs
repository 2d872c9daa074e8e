//! Points as (X, Y, Z) with x = X/Z² and y = Y/Z³, infinity being Z = 0: for chains of doublings.

use super::affine::Affine;
use super::field::Field;
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
    pub(super) fn double(&self) -> Self {
        let zz = self.z.square();
        let y2 = self.y.double();
        let z = y2.mul(&self.z);
        let yy4 = y2.square();
        let slope = self.x.add(&zz).mul(&self.x.sub(&zz)).triple();
        let xyy4 = yy4.mul(&self.x);
        let yyyy8 = yy4.square().halve();
        let x = slope.square().sub(&xyy4.double());
        let y = slope.mul(&xyy4.sub(&x)).sub(&yyyy8);
        Self { x, y, z }
    }

    /// self + other and the differences of their x and y over a common denominator. 8M + 3S.
    /// The sum is wrong where self is infinity and where the first difference is 0: the caller decides.
    #[inline(always)]
    pub(super) fn add_unequal(&self, other: &Affine) -> (Self, [Field; 2]) {
        let zz = self.z.square();
        let h = other.x.mul(&zz).sub(&self.x);
        let slope = other.y.mul(&zz.mul(&self.z)).sub(&self.y);
        let hh = h.square();
        let hhh = hh.mul(&h);
        let v = self.x.mul(&hh);
        let x = slope.square().sub(&hhh).sub(&v.double());
        let y = slope.mul(&v.sub(&x)).sub(&self.y.mul(&hhh));
        let z = self.z.mul(&h);
        (Self { x, y, z }, [h, slope])
    }

    /// self + other for public points, all cases.
    #[inline(always)]
    pub(super) fn add_vartime(&self, other: &Affine) -> Self {
        if self.is_infinity() {
            return Self::from(other);
        }
        let (sum, [x_difference, y_difference]) = self.add_unequal(other);
        match (x_difference.is_zero(), y_difference.is_zero()) {
            (false, _) => sum,
            (true, true) => Self::from(other).double(),
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
    pub(super) fn scale(&self, inverse: &Field) -> Affine {
        let square = inverse.square();
        Affine {
            x: self.x.mul(&square),
            y: self.y.mul(&square.mul(inverse)),
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
