//! Points and scalars of the SM2 curve (GB/T 32918.5) by the crate `sm2`.
//!
//! Everything on a secret runs in constant time; verification, where all data is public, does not.

use elliptic_curve::ff::PrimeField as _;
use elliptic_curve::ops::{MulByGeneratorVartime as _, Reduce as _};
use elliptic_curve::point::AffineCoordinates as _;
use elliptic_curve::sec1::ToSec1Point as _;
use elliptic_curve::{FieldBytes, Group as _};
use sm2::{AffinePoint, ProjectivePoint, Scalar, Sm2};
use zeroize::{Zeroize as _, Zeroizing};

/// A point of the curve, never infinity.
#[derive(Clone, Copy)]
pub(crate) struct Point(AffinePoint);

impl Point {
    /// From two big-endian coordinates; `None` where one is not below p or the equation does not hold.
    pub(crate) fn from_coordinates(xy: &[u8; 64]) -> Option<Self> {
        let mut sec1 = [4; 65];
        sec1[1..].copy_from_slice(xy);
        let point = sm2::PublicKey::from_sec1_bytes(&sec1).ok()?;
        Some(Self(*point.as_affine()))
    }

    /// `X || Y`.
    pub(crate) fn coordinates(&self) -> [u8; 64] {
        let mut xy = [0; 64];
        let encoded = self.0.to_sec1_point(false);
        xy.copy_from_slice(&encoded.as_bytes()[1..]);
        xy
    }

    /// GB/T 32918.2 §7.1, steps B5 to B7, in variable time. `r` and `s` have been checked to be in [1, n-1].
    pub(crate) fn verify(&self, e: &[u8; 32], r: &[u8; 32], s: &[u8; 32]) -> bool {
        let (Some(r), Some(s)) = (public_scalar(r), public_scalar(s)) else {
            return false;
        };
        let t = r + s;
        if bool::from(t.is_zero()) {
            return false;
        }
        let point = ProjectivePoint::mul_by_generator_and_mul_add_vartime(&s, &t, &self.0.into());
        if bool::from(point.is_identity()) {
            return false;
        }
        Scalar::reduce(&FieldBytes::<Sm2>::from(*e)) + Scalar::reduce(&point.to_affine().x()) == r
    }
}

fn public_scalar(bytes: &[u8; 32]) -> Option<Scalar> {
    Scalar::from_repr((*bytes).into()).into_option()
}

/// A one-time secret k in [1, n-1], wiped on drop.
pub(crate) struct Nonce(Scalar);

impl Nonce {
    /// From 32 big-endian bytes; `None` for 0 and everything above n-1.
    pub(crate) fn from_bytes(k: &[u8; 32]) -> Option<Self> {
        let scalar = Scalar::from_repr((*k).into()).into_option()?;
        (!bool::from(scalar.is_zero())).then_some(Self(scalar))
    }

    /// kG.
    pub(crate) fn point(&self) -> Point {
        let mut point = ProjectivePoint::mul_by_generator(&self.0);
        let affine = point.to_affine();
        // The projective form tells more about k than the point itself does.
        point.zeroize();
        Point(affine)
    }

    /// k times `other`, as `x2 || y2`.
    pub(crate) fn shared(&self, other: &Point) -> Zeroizing<[u8; 64]> {
        multiply(&self.0, other)
    }
}

impl Drop for Nonce {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A private scalar d in [1, n-2] with (1+d)^-1 beside it, wiped on drop.
pub(crate) struct Secret {
    d: Scalar,
    inverse: Scalar,
}

impl Secret {
    /// From 32 big-endian bytes; `None` for 0 and everything above n-2.
    pub(crate) fn from_bytes(d: &[u8; 32]) -> Option<Self> {
        let d = Scalar::from_repr((*d).into()).into_option()?;
        if bool::from(d.is_zero()) {
            return None;
        }
        // No inverse: d = n-1.
        let inverse = (d + Scalar::ONE).invert().into_option()?;
        Some(Self { d, inverse })
    }

    /// 32 big-endian bytes.
    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.d.to_repr().into())
    }

    /// dG.
    pub(crate) fn public(&self) -> Point {
        let mut point = ProjectivePoint::mul_by_generator(&self.d);
        let affine = point.to_affine();
        point.zeroize();
        Point(affine)
    }

    /// d times `other`, as `x2 || y2`.
    pub(crate) fn shared(&self, other: &Point) -> Zeroizing<[u8; 64]> {
        multiply(&self.d, other)
    }

    /// GB/T 32918.2 §6.1, steps A4 to A6; `None` where the standard returns to A3 for another k.
    pub(crate) fn sign(&self, e: &[u8; 32], k: &Nonce) -> Option<([u8; 32], [u8; 32])> {
        let x1 = k.point().0.x();
        let r = Scalar::reduce(&FieldBytes::<Sm2>::from(*e)) + Scalar::reduce(&x1);
        let mut sum = r + k.0;
        // s = (1+d)^-1 (k - r d) = (1+d)^-1 (k + r) - r: one multiplication instead of two.
        let s = self.inverse * sum - r;
        let unusable = r.is_zero() | sum.is_zero() | s.is_zero();
        sum.zeroize();
        (!bool::from(unusable)).then(|| (r.to_repr().into(), s.to_repr().into()))
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.d.zeroize();
        self.inverse.zeroize();
    }
}

// The product is never infinity: the group has prime order and the scalar is not 0.
fn multiply(scalar: &Scalar, point: &Point) -> Zeroizing<[u8; 64]> {
    let mut product = ProjectivePoint::from(point.0) * scalar;
    let mut affine = product.to_affine();
    let xy = Zeroizing::new(Point(affine).coordinates());
    product.zeroize();
    affine.zeroize();
    xy
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn scalar(value: u64) -> Scalar {
        Scalar::from(value)
    }

    #[test]
    fn a_nonce_that_gives_no_signature_is_given_back() {
        let d = scalar(0x1234_5678);
        let secret = Secret::from_bytes(&d.to_repr().into()).unwrap();
        let k = scalar(0xFEDC_BA98);
        let nonce = Nonce::from_bytes(&k.to_repr().into()).unwrap();
        let x1 = Scalar::reduce(&nonce.point().0.x());
        let sign = |e: Scalar| secret.sign(&e.to_repr().into(), &nonce);
        assert!(sign(-x1).is_none(), "r = 0");
        assert!(sign(-x1 - k).is_none(), "r + k = n");
        let quotient = k * d.invert().unwrap();
        assert!(sign(quotient - x1).is_none(), "s = 0");
        assert!(sign(quotient - x1 + Scalar::ONE).is_some());
    }

    #[test]
    fn a_sum_at_infinity_does_not_verify() {
        // With s = -t d the sum sG + tP is infinity. Taken for a point with x1 = 0 it would verify e = r.
        let d = scalar(77);
        let point = Secret::from_bytes(&d.to_repr().into()).unwrap().public();
        let t = scalar(1_000_003);
        let s = -(t * d);
        let r = t - s;
        let e = r;
        let [e, r, s] = [e, r, s].map(|value| <[u8; 32]>::from(value.to_repr()));
        assert!(!point.verify(&e, &r, &s));
    }
}
