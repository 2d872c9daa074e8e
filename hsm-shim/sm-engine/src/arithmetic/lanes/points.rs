//! Sums and doublings of eight points. Bounds are those of `field`: a coordinate "< 3p" is carried and below 3p.
//!
//! No case is told apart: a sum of equal or opposite points, or with infinity, has ZZ = 0 (or Z = 0) modulo p, and
//! keeps it through everything that is added after. Callers exclude that or look for it in the end.

use super::Lanes;
use super::field::Fields;

/// Points (X, Y, Z², Z³): x < 2.001p, y < 3p, zz and zzz < 1.5p.
pub(super) struct Xyzz<L: Lanes> {
    pub(super) x: Fields<L>,
    pub(super) y: Fields<L>,
    pub(super) zz: Fields<L>,
    pub(super) zzz: Fields<L>,
}

/// Points (X, Y, Z): x < 2.001p, y < 2.001p, z < 2.7p.
#[derive(Clone, Copy)]
pub(super) struct Jacobian<L: Lanes> {
    pub(super) x: Fields<L>,
    pub(super) y: Fields<L>,
    pub(super) z: Fields<L>,
}

/// A point with its Z² < 1.5p and Z³ < 1.3p: what is added often.
#[derive(Clone, Copy)]
pub(super) struct Entry<L: Lanes> {
    pub(super) point: Jacobian<L>,
    zz: Fields<L>,
    zzz: Fields<L>,
}

impl<L: Lanes> Xyzz<L> {
    /// self + (x, y) for coordinates < 16p. 8M + 2S, one reduction less.
    #[inline(always)]
    pub(super) fn add(&self, l: L, x: &Fields<L>, y: &Fields<L>) -> Self {
        // Products with coordinates: < (16·1.5/16 + 1)p = 2.5p; differences: < 5.5p.
        let [h, slope] = Fields::mul_two(l, [x, &self.zz], [y, &self.zzz]);
        let h = h.minus(l, &self.x).plus_p::<3>(l).carried(l);
        let slope = slope.minus(l, &self.y).plus_p::<3>(l).carried(l);
        // < 2.9p both; < 2p, < 1.4p.
        let [hh, square] = Fields::square_two(l, &h, &slope);
        let [hhh, v] = Fields::mul_two(l, [&hh, &h], [&self.x, &hh]);
        // < 2.001p.
        let x = square.minus(l, &hhh).minus(l, &v.shifted::<1>(l));
        let x = x.folded(l);
        // < 4.4p, < 2p, so y < ((5.5·4.4 + 3·2)/16 + 1)p < 2.9p.
        let drop = v.minus(l, &x).plus_p::<3>(l).carried(l);
        let minus_hhh = Fields([l.splat(0); 5])
            .minus(l, &hhh)
            .plus_p::<2>(l)
            .carried(l);
        let y = slope.mul_add(l, &drop, &self.y, &minus_hhh);
        // < (1.5·2.9/16 + 1)p < 1.3p.
        let [zz, zzz] = Fields::mul_two(l, [&self.zz, &hh], [&self.zzz, &hhh]);
        Self { x, y, zz, zzz }
    }
}

impl<L: Lanes> Xyzz<L> {
    /// Overwrites a secret point.
    #[inline(always)]
    pub(super) fn wipe(&mut self, l: L) {
        self.x.wipe(l);
        self.y.wipe(l);
        self.zz.wipe(l);
        self.zzz.wipe(l);
    }
}

impl<L: Lanes> Jacobian<L> {
    /// 2·self. 4M + 4S.
    #[inline(always)]
    pub(super) fn double(&self, l: L) -> Self {
        // < 1.46p, < 1.26p.
        let [zz, yy] = Fields::square_two(l, &self.z, &self.y);
        // (x + zz)(x - zz): < (3.5·4.01/16 + 1)p < 1.9p, three times that < 5.7p; x·yy < 1.2p.
        let sum = self.x.plus(l, &zz).carried(l);
        let difference = self.x.minus(l, &zz).plus_p::<2>(l).carried(l);
        let [product, xyy] = Fields::mul_two(l, [&sum, &difference], [&self.x, &yy]);
        let slope = product.plus(l, &product.shifted::<1>(l)).carried(l);
        // < 3.1p, < 1.1p; the first less 8·xyy < 9.6p.
        let [square, yyyy] = Fields::square_two(l, &slope, &yy);
        let x = square.minus(l, &xyy.shifted::<3>(l)).folded(l);
        // < 7.8p; its product with the slope < 3.8p, less 8·yyyy < 8.8p.
        let drop = xyy.shifted::<2>(l).minus(l, &x).plus_p::<3>(l).carried(l);
        let [product, yz] = Fields::mul_two(l, [&slope, &drop], [&self.y, &self.z]);
        let y = product.minus(l, &yyyy.shifted::<3>(l)).folded(l);
        // 2·(2.001·2.7/16 + 1)p < 2.7p.
        let z = yz.shifted::<1>(l).carried(l);
        Self { x, y, z }
    }

    /// self + other. 11M + 3S, one reduction less.
    #[inline(always)]
    pub(super) fn add(&self, l: L, other: &Entry<L>) -> Self {
        let Entry { point, zz, zzz } = other;
        // < 1.46p, < 1.3p; the four products < 1.2p; the differences < 3.2p.
        let [own_zz, x1] = Fields::square_mul(l, &self.z, [&self.x, zz]);
        let [own_zzz, y1] = Fields::mul_two(l, [&own_zz, &self.z], [&self.y, zzz]);
        let [h, slope] = Fields::mul_two(l, [&point.x, &own_zz], [&point.y, &own_zzz]);
        let h = h.minus(l, &x1).plus_p::<2>(l).carried(l);
        let slope = slope.minus(l, &y1).plus_p::<2>(l).carried(l);
        // < 1.7p both; < 1.4p, < 1.2p.
        let [hh, square] = Fields::square_two(l, &h, &slope);
        let [hhh, v] = Fields::mul_two(l, [&hh, &h], [&x1, &hh]);
        let x = square.minus(l, &hhh).minus(l, &v.shifted::<1>(l)).folded(l);
        // < 4.2p, < 2p, so y < ((3.2·4.2 + 1.2·2)/16 + 1)p < 2p.
        let drop = v.minus(l, &x).plus_p::<3>(l).carried(l);
        let minus_hhh = Fields([l.splat(0); 5])
            .minus(l, &hhh)
            .plus_p::<2>(l)
            .carried(l);
        let y = slope.mul_add(l, &drop, &y1, &minus_hhh);
        // < 1.5p, < 1.3p.
        let z = self.z.mul(l, &point.z).mul(l, &h);
        Self { x, y, z }
    }

    /// The same point ready to be added.
    #[inline(always)]
    pub(super) fn entry(&self, l: L) -> Entry<L> {
        let zz = self.z.square(l);
        Entry {
            point: *self,
            zz,
            zzz: zz.mul(l, &self.z),
        }
    }

    /// The same point with its Z² < 1.5p and Z³ < 1.3p.
    #[inline(always)]
    pub(super) fn to_xyzz(self, l: L) -> Xyzz<L> {
        let Entry { point, zz, zzz } = self.entry(l);
        Xyzz {
            x: point.x,
            y: point.y,
            zz,
            zzz,
        }
    }
}

impl<L: Lanes> Entry<L> {
    /// The bits of `self` where the mask has ones, else those of `other`.
    #[inline(always)]
    pub(super) fn select(l: L, mask: L::Word, a: &Self, b: &Self) -> Self {
        let select = |a: &Fields<L>, b: &Fields<L>| Fields::select(l, mask, a, b);
        Self {
            point: Jacobian {
                x: select(&a.point.x, &b.point.x),
                y: select(&a.point.y, &b.point.y),
                z: select(&a.point.z, &b.point.z),
            },
            zz: select(&a.zz, &b.zz),
            zzz: select(&a.zzz, &b.zzz),
        }
    }

    /// The negative where the mask has ones.
    #[inline(always)]
    pub(super) fn negate_where(&mut self, l: L, mask: L::Word) {
        let y = &mut self.point.y;
        // < 2.001p becomes < 3p.
        let negative = Fields([l.splat(0); 5])
            .minus(l, y)
            .plus_p::<3>(l)
            .carried(l);
        *y = Fields::select(l, mask, &negative, y);
    }
}
