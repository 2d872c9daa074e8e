//! Field and scalars: every operation against fiat-crypto, inverses by what an inverse is.

use super::super::instructions::Instructions as _;
use super::super::inversion::{MODULO_N, MODULO_P};
use super::super::{field::Field, limbs, scalar::Scalar};
use super::{N, P, below, edges, field, scalar, with_each};
use fiat_crypto::{sm2_64 as fiat, sm2_scalar_64 as fiat_n};
use proptest::prelude::*;

type FiatField = fiat::fiat_sm2_montgomery_domain_field_element;
type FiatScalar = fiat_n::fiat_sm2_scalar_montgomery_domain_field_element;

fn fiat_field(x: &Field) -> FiatField {
    fiat::fiat_sm2_montgomery_domain_field_element(*x.montgomery())
}

fn binary(operation: fn(&mut FiatField, &FiatField, &FiatField), a: &Field, b: &Field) -> Field {
    let mut out = fiat::fiat_sm2_montgomery_domain_field_element([0; 4]);
    operation(&mut out, &fiat_field(a), &fiat_field(b));
    Field::from_montgomery(out.0)
}

fn fiat_scalar(x: &Scalar) -> FiatScalar {
    let plain = fiat_n::fiat_sm2_scalar_non_montgomery_domain_field_element(*x.limbs());
    let mut out = fiat_n::fiat_sm2_scalar_montgomery_domain_field_element([0; 4]);
    fiat_n::fiat_sm2_scalar_to_montgomery(&mut out, &plain);
    out
}

fn binary_n(
    operation: fn(&mut FiatScalar, &FiatScalar, &FiatScalar),
    a: &Scalar,
    b: &Scalar,
) -> [u64; 4] {
    let mut out = fiat_n::fiat_sm2_scalar_montgomery_domain_field_element([0; 4]);
    operation(&mut out, &fiat_scalar(a), &fiat_scalar(b));
    let mut plain = fiat_n::fiat_sm2_scalar_non_montgomery_domain_field_element([0; 4]);
    fiat_n::fiat_sm2_scalar_from_montgomery(&mut plain, &out);
    plain.0
}

fn agree(a: &Field, b: &Field) {
    with_each!(i => {
        assert_eq!(i.mul(a, b), binary(fiat::fiat_sm2_mul, a, b));
        assert_eq!(i.square(a), binary(fiat::fiat_sm2_mul, a, a));
    });
    assert_eq!(a.mul(b), binary(fiat::fiat_sm2_mul, a, b));
    assert_eq!(a.add(b), binary(fiat::fiat_sm2_add, a, b));
    assert_eq!(a.sub(b), binary(fiat::fiat_sm2_sub, a, b));
    assert_eq!(a.square(), binary(fiat::fiat_sm2_mul, a, a));
    assert_eq!(a.neg(), binary(fiat::fiat_sm2_sub, &Field::ZERO, a));
    assert_eq!(a.double(), binary(fiat::fiat_sm2_add, a, a));
    assert_eq!(a.halve().double(), *a);
    assert_eq!(a.triple(), a.double().add(a));
}

fn agree_n(a: &Scalar, b: &Scalar) {
    let product = a.mul(&b.to_factor());
    assert_eq!(
        *product.limbs(),
        binary_n(fiat_n::fiat_sm2_scalar_mul, a, b)
    );
    assert_eq!(
        *a.add(b).limbs(),
        binary_n(fiat_n::fiat_sm2_scalar_add, a, b)
    );
    assert_eq!(
        *a.sub(b).limbs(),
        binary_n(fiat_n::fiat_sm2_scalar_sub, a, b)
    );
}

fn inverts(a: &Field) {
    let inverse = a.invert();
    assert_eq!(inverse, a.invert_vartime());
    assert_eq!(
        inverse.mul(a),
        if a.is_zero() { Field::ZERO } else { Field::ONE }
    );
}

fn inverts_n(a: &Scalar) {
    let expected = if a.is_zero() { *a } else { Scalar::ONE };
    assert_eq!(a.mul(&a.invert()), expected);
    assert_eq!(
        MODULO_N.invert(a.limbs()),
        MODULO_N.invert_vartime(a.limbs())
    );
}

#[test]
fn every_pair_of_edges() {
    let fields: Vec<Field> = edges(&P).into_iter().map(Field::from_montgomery).collect();
    let scalars = edges(&N)
        .into_iter()
        .map(|limbs| Scalar::reduce_limbs(&limbs));
    let scalars: Vec<Scalar> = scalars.collect();
    assert!(fields.len() > 40 && scalars.len() > 40);
    for a in &fields {
        inverts(a);
        fields.iter().for_each(|b| agree(a, b));
    }
    for a in &scalars {
        inverts_n(a);
        scalars.iter().for_each(|b| agree_n(a, b));
    }
}

#[test]
fn integers_of_256_bits_are_taken_only_below_the_modulus() {
    let bytes = |limbs: [u64; 4]| limbs::to_bytes(&limbs);
    for (modulus, limit) in [(P, 9), (N, 9)] {
        for small in 0..limit {
            let (above, _) = limbs::add(&modulus, &[small, 0, 0, 0]);
            let under = limbs::sub(&modulus, &[small + 1, 0, 0, 0]).0;
            if modulus == P {
                assert!(Field::from_bytes(&bytes(above)).is_none());
                assert_eq!(
                    Field::from_bytes(&bytes(under)).unwrap().to_bytes(),
                    bytes(under)
                );
            } else {
                assert!(Scalar::from_nonzero(&bytes(above)).is_none());
                assert_eq!(
                    Scalar::from_nonzero(&bytes(under)).unwrap().to_bytes(),
                    bytes(under)
                );
                assert_eq!(*Scalar::reduce(&bytes(above)).limbs(), [small, 0, 0, 0]);
                assert_eq!(*Scalar::reduce(&bytes(under)).limbs(), under);
            }
        }
    }
    assert!(Field::from_bytes(&[0xFF; 32]).is_none());
    assert!(Scalar::from_nonzero(&[0xFF; 32]).is_none());
    assert!(Scalar::from_nonzero(&[0; 32]).is_none());
    let (excess, _) = limbs::sub(&[u64::MAX; 4], &N);
    assert_eq!(*Scalar::reduce(&[0xFF; 32]).limbs(), excess);
}

#[test]
fn the_second_residue_stays_below_p() {
    let gap = limbs::sub(&P, &N).0;
    let of = |limbs: [u64; 4]| Scalar::reduce_limbs(&limbs).second_residue();
    assert_eq!(of([0; 4]), Some(N));
    let last = limbs::sub(&gap, &[1, 0, 0, 0]).0;
    assert_eq!(of(last), Some(limbs::sub(&P, &[1, 0, 0, 0]).0));
    assert_eq!(of(gap), None);
    assert_eq!(of(limbs::sub(&N, &[1, 0, 0, 0]).0), None);
}

#[test]
fn many_inverses_at_once_are_the_single_ones() {
    let fields: Vec<Field> = edges(&P).into_iter().map(Field::from_montgomery).collect();
    let nonzero: Vec<Field> = fields.into_iter().filter(|x| !x.is_zero()).collect();
    for count in [0, 1, 2, nonzero.len()] {
        for invert in [Field::invert, Field::invert_vartime] {
            let single: Vec<Field> = nonzero[..count].iter().map(Field::invert).collect();
            with_each!(a => {
                let mut values = nonzero[..count].to_vec();
                Field::invert_all(a, &mut values, invert);
                assert_eq!(values, single);
            });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn fields_agree(a in field(), b in field()) {
        agree(&a, &b);
        inverts(&a);
    }

    #[test]
    fn scalars_agree(a in scalar(), b in scalar()) {
        agree_n(&a, &b);
        inverts_n(&a);
    }

    #[test]
    fn laws(a in field(), b in field(), c in field()) {
        prop_assert_eq!(a.mul(&b), b.mul(&a));
        prop_assert_eq!(a.mul(&b).mul(&c), a.mul(&b.mul(&c)));
        prop_assert_eq!(a.mul(&b.add(&c)), a.mul(&b).add(&a.mul(&c)));
        prop_assert_eq!(a.sub(&b).add(&b), a);
        prop_assert_eq!(a.mul(&Field::ONE), a);
    }

    #[test]
    fn integers_go_into_montgomery_form_and_back(limbs in below(P)) {
        let field = Field::from_integer(&limbs);
        prop_assert_eq!(field.to_integer(), limbs);
        let plain = fiat::fiat_sm2_non_montgomery_domain_field_element(limbs);
        let mut theirs = fiat::fiat_sm2_montgomery_domain_field_element([0; 4]);
        fiat::fiat_sm2_to_montgomery(&mut theirs, &plain);
        prop_assert_eq!(*field.montgomery(), theirs.0);
        prop_assert_eq!(Field::from_bytes(&field.to_bytes()), Some(field));
    }

    #[test]
    fn inverses_of_plain_integers(limbs in below(P)) {
        prop_assert_eq!(MODULO_P.invert(&limbs), MODULO_P.invert_vartime(&limbs));
    }
}
