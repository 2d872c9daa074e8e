//! What signatures and encryption need of the curve: public points, one-time and lasting secrets.
//!
//! Everything on a secret runs in constant time; verification, where all data is public, does not.

use crate::arithmetic::affine::Affine;
use crate::arithmetic::double_multiply::{PreparedQuestion, Question};
use crate::arithmetic::fixed_base::FixedBase;
use crate::arithmetic::many::{self, ask_prepared_vartime, ask_vartime};
use crate::arithmetic::multiply::multiply;
use crate::arithmetic::scalar::{Factor, Scalar};
use crate::declassify;
use std::sync::OnceLock;
use zeroize::{Zeroize as _, Zeroizing};

/// A point of the curve, never infinity.
#[derive(Clone, Copy)]
pub(super) struct Point(Affine);

impl Point {
    /// From two big-endian coordinates; `None` where one is not below p or the equation does not hold.
    pub(super) fn from_coordinates(xy: &[u8; 64]) -> Option<Self> {
        Affine::from_coordinates(xy).map(Self)
    }

    /// `X || Y`.
    pub(super) fn coordinates(&self) -> [u8; 64] {
        self.0.coordinates()
    }

    /// 2^127 + (x mod 2^127): what key exchange takes of a one-time point (GB/T 32918.3 §6.1, A4).
    pub(super) fn half(&self) -> Scalar {
        let mut bytes = self.coordinates();
        bytes[..16].fill(0);
        bytes[16] |= 0x80;
        let (x, _) = bytes.split_first_chunk().expect("x has 32 of 64 bytes");
        Scalar::reduce(x)
    }

    /// The table that makes verification under this point cheap.
    pub(super) fn table(&self) -> FixedBase {
        FixedBase::new(&self.0)
    }
}

/// A signature that is to be verified, GB/T 32918.2 §7.1 from step B5 on.
pub(super) struct Check {
    s: Scalar,
    t: Scalar,
    x: Scalar,
}

impl Check {
    /// `None` where the signature is wrong already: r or s outside [1, n-1], or t = r + s = 0.
    pub(super) fn new(e: &[u8; 32], r: &[u8; 32], s: &[u8; 32]) -> Option<Self> {
        let (r, s) = (Scalar::from_nonzero(r)?, Scalar::from_nonzero(s)?);
        let t = r.add(&s);
        // R = e + x1 = r: asked as x1 = r - e, so that x1 need not be computed.
        let x = r.sub(&Scalar::reduce(e));
        (!t.is_zero()).then_some(Self { s, t, x })
    }

    /// Verifies several, each with the table of a prepared key.
    pub(super) fn all_prepared(checks: &[(&FixedBase, Self)]) -> Vec<bool> {
        let questions: Vec<PreparedQuestion<'_>> = checks
            .iter()
            .map(|(table, check)| PreparedQuestion {
                table,
                s: check.s,
                t: check.t,
                x: check.x,
            })
            .collect();
        ask_prepared_vartime(&questions)
    }

    /// Verifies several, each under its point.
    pub(super) fn all(checks: &[(&Point, Self)]) -> Vec<bool> {
        let questions: Vec<Question<'_>> = checks
            .iter()
            .map(|(point, check)| Question {
                point: &point.0,
                s: check.s,
                t: check.t,
                x: check.x,
            })
            .collect();
        ask_vartime(&questions)
    }
}

/// A one-time secret k in [1, n-1], wiped on drop.
pub(super) struct Nonce(Scalar);

impl Nonce {
    /// From 32 big-endian bytes; `None` for 0 and everything above n-1.
    pub(super) fn from_bytes(k: &[u8; 32]) -> Option<Self> {
        Scalar::from_nonzero(k).map(Self)
    }

    /// kG.
    pub(super) fn point(&self) -> Point {
        // Sent as C1 of a ciphertext.
        declassify::value(Point(generator_multiple(&self.0)))
    }

    /// k times `other`, as `x2 || y2`.
    pub(super) fn shared(&self, other: &Point) -> Zeroizing<[u8; 64]> {
        shared(&self.0, other)
    }

    /// x1 of kG modulo n.
    pub(super) fn x_coordinate(&self) -> Scalar {
        let mut point = FixedBase::generator().multiply(&self.0);
        let x = Scalar::reduce_limbs(&point.x_coordinate());
        // The projective form tells more about k than the point itself does.
        point.zeroize();
        x
    }

    /// The same of several; those made together share an inversion.
    pub(super) fn x_coordinates(nonces: &[&Self]) -> Vec<Scalar> {
        let scalars: Vec<Scalar> = nonces.iter().map(|nonce| nonce.0).collect();
        let coordinates = many::x_coordinates(&Zeroizing::new(scalars));
        coordinates.iter().map(Scalar::reduce_limbs).collect()
    }
}

impl Drop for Nonce {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A private scalar d in [1, n-2] with (1+d)^-1 beside it from the first signature on, wiped on drop.
pub(super) struct Secret {
    d: Scalar,
    inverse: OnceLock<Factor>,
}

impl Secret {
    /// From 32 big-endian bytes; `None` for 0 and everything above n-2.
    pub(super) fn from_bytes(d: &[u8; 32]) -> Option<Self> {
        let d = Scalar::from_nonzero(d)?;
        // Not for d = n-1, whose 1 + d has no inverse.
        (!declassify::value(d.add(&Scalar::ONE).is_zero())).then_some(Self {
            d,
            inverse: OnceLock::new(),
        })
    }

    fn inverse(&self) -> &Factor {
        self.inverse.get_or_init(|| {
            let mut next = self.d.add(&Scalar::ONE);
            let inverse = next.invert();
            next.zeroize();
            inverse
        })
    }

    /// 32 big-endian bytes.
    pub(super) fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.d.to_bytes())
    }

    /// dG.
    pub(super) fn public(&self) -> Point {
        declassify::value(Point(generator_multiple(&self.d)))
    }

    /// dG of each.
    pub(super) fn publics(secrets: &[Box<Self>]) -> Vec<Point> {
        let scalars: Vec<Scalar> = secrets.iter().map(|secret| secret.d).collect();
        let points = many::points(&Zeroizing::new(scalars));
        points
            .into_iter()
            .map(|point| declassify::value(Point(point)))
            .collect()
    }

    /// d times `other`, as `x2 || y2`.
    pub(super) fn shared(&self, other: &Point) -> Zeroizing<[u8; 64]> {
        shared(&self.d, other)
    }

    /// GB/T 32918.3 §6.1, steps A4 to A8 (B3 to B6): t·(P + x2'·R) of the other side's P and R, with
    /// t = d + x1'·r of this side's, as `xV || yV`; `None` where that is infinity.
    pub(super) fn agree(
        &self,
        r: &Nonce,
        own: &Point,
        theirs: [&Point; 2],
    ) -> Option<Zeroizing<[u8; 64]>> {
        let [key, ephemeral] = theirs;
        let product = multiply(&ephemeral.half(), &ephemeral.0);
        let sum = key.0.add_vartime(&product)?;
        let mut product = r.0.mul(&own.half().to_factor());
        let mut t = self.d.add(&product);
        let shared = (!declassify::value(t.is_zero())).then(|| shared(&t, &Point(sum)));
        product.zeroize();
        t.zeroize();
        shared
    }

    /// GB/T 32918.2 §6.1, steps A5 and A6, after x1 of kG; `None` where the standard returns to A3 for another k.
    pub(super) fn sign(
        &self,
        e: &[u8; 32],
        k: &Nonce,
        x1: &Scalar,
    ) -> Option<([u8; 32], [u8; 32])> {
        let r = Scalar::reduce(e).add(x1);
        let mut sum = r.add(&k.0);
        // s = (1+d)^-1 (k - r d) = (1+d)^-1 (k + r) - r: one multiplication instead of two.
        let mut product = sum.mul(self.inverse());
        let s = product.sub(&r);
        let unusable = r.is_zero() | sum.is_zero() | s.is_zero();
        sum.zeroize();
        product.zeroize();
        // A usable r and s are the signature; of unusable ones nothing more is known.
        (!declassify::value(unusable)).then(|| {
            (
                declassify::value(r.to_bytes()),
                declassify::value(s.to_bytes()),
            )
        })
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.d.zeroize();
        if let Some(inverse) = self.inverse.get_mut() {
            inverse.zeroize();
        }
    }
}

fn generator_multiple(scalar: &Scalar) -> Affine {
    let mut product = FixedBase::generator().multiply(scalar);
    let affine = product.to_affine();
    product.zeroize();
    affine
}

// The product is never infinity: the group has prime order and the scalar is not 0.
fn shared(scalar: &Scalar, point: &Point) -> Zeroizing<[u8; 64]> {
    let mut product = multiply(scalar, &point.0);
    let xy = Zeroizing::new(product.coordinates());
    product.zeroize();
    xy
}
