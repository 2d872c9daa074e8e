//! The branches that chance never takes, reached by construction.

use super::super::curve::{Check, Nonce, Secret};
use crate::arithmetic::scalar::Scalar;

fn scalar(value: u64) -> Scalar {
    let mut bytes = [0; 32];
    bytes[24..].copy_from_slice(&value.to_be_bytes());
    Scalar::reduce(&bytes)
}

fn zero() -> Scalar {
    scalar(0)
}

#[test]
fn a_nonce_that_gives_no_signature_is_given_back() {
    let d = scalar(0x1234_5678);
    let secret = Secret::from_bytes(&d.to_bytes()).unwrap();
    let k = scalar(0xFEDC_BA98);
    let nonce = Nonce::from_bytes(&k.to_bytes()).unwrap();
    let x1 = nonce.x_coordinate();
    let sign = |e: Scalar| secret.sign(&e.to_bytes(), &nonce, &x1);
    let minus_x1 = zero().sub(&x1);
    assert!(sign(minus_x1).is_none(), "r = 0");
    assert!(sign(minus_x1.sub(&k)).is_none(), "r + k = n");
    let quotient = k.mul(&d.invert());
    assert!(sign(quotient.sub(&x1)).is_none(), "s = 0");
    assert!(sign(quotient.sub(&x1).add(&Scalar::ONE)).is_some());
}

#[test]
fn nonces_lie_between_1_and_n_minus_1() {
    let n_minus_1 = zero().sub(&Scalar::ONE).to_bytes();
    let mut n = n_minus_1;
    n[31] += 1;
    assert!(Nonce::from_bytes(&n_minus_1).is_some());
    for bad in [[0; 32], n, [0xFF; 32]] {
        assert!(Nonce::from_bytes(&bad).is_none());
    }
}

#[test]
fn x_coordinates_are_the_same_alone_and_together() {
    let nonces: Vec<Nonce> = (1..70_u64)
        .map(|k| Nonce::from_bytes(&scalar(k * k).to_bytes()).unwrap())
        .collect();
    let together = Nonce::x_coordinates(&nonces.iter().collect::<Vec<_>>());
    let alone: Vec<Scalar> = nonces.iter().map(Nonce::x_coordinate).collect();
    assert_eq!(together, alone);
}

#[test]
fn a_sum_at_infinity_does_not_verify() {
    // With s = -t d the sum sG + tP is infinity. Taken for a point with x1 = 0 it would verify e = r.
    let d = scalar(77);
    let point = Secret::from_bytes(&d.to_bytes()).unwrap().public();
    let t = scalar(1_000_003);
    let s = zero().sub(&t.mul(&d.to_factor()));
    let r = t.sub(&s);
    let [e, r, s] = [r, r, s].map(Scalar::to_bytes);
    let check = || Check::new(&e, &r, &s).unwrap();
    assert_eq!(Check::all_prepared(&[(&point.table(), check())]), [false]);
    assert_eq!(Check::all(&[(&point, check())]), [false]);
}

#[test]
fn a_signature_out_of_range_or_with_t_0_is_no_question() {
    let one = scalar(1).to_bytes();
    let n_minus_1 = zero().sub(&Scalar::ONE).to_bytes();
    let mut n = n_minus_1;
    n[31] += 1;
    assert!(Check::new(&one, &one, &one).is_some());
    assert!(Check::new(&one, &one, &n_minus_1).is_none(), "t = n");
    for bad in [[0; 32], n, [0xFF; 32]] {
        assert!(Check::new(&one, &bad, &one).is_none());
        assert!(Check::new(&one, &one, &bad).is_none());
    }
}
