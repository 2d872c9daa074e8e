//! What a template digest fixes, and what it leaves open.

use sm_engine::key::Algorithm;
use sm_engine::sm2::PrivateKey;
use x509::certificate::{Serial, TbsCertificate};

use crate::certificates::{patched, tbs};
use crate::hierarchy::name;

#[test]
fn a_template_fixes_everything_but_serial_and_start() {
    let first = tbs();
    let digest = first.template_digest();
    let moved = |seconds| TbsCertificate {
        signature_algorithm: Algorithm::Sm2Sm3,
        serial: Serial::random(),
        not_before: first.not_before.plus_seconds(seconds),
        not_after: first.not_after.plus_seconds(seconds),
        ..first.clone()
    };
    assert_eq!(moved(12_345).template_digest(), digest);
    // Also where the end passes into the years of GeneralizedTime.
    assert_eq!(moved(24 * 365 * 86_400).template_digest(), digest);
    let others = [
        TbsCertificate {
            not_after: first.not_after.plus_seconds(1),
            ..first.clone()
        },
        TbsCertificate {
            subject: name("陈思奇"),
            ..first.clone()
        },
        TbsCertificate {
            issuer: name("别的签发"),
            ..first.clone()
        },
        TbsCertificate {
            public_key: PrivateKey::generate().public_key().clone().into(),
            ..first.clone()
        },
        TbsCertificate {
            extensions: first.extensions[..1].to_vec(),
            ..first.clone()
        },
        TbsCertificate {
            extensions: first.extensions.iter().rev().cloned().collect(),
            ..first.clone()
        },
    ];
    for other in others {
        assert_ne!(other.template_digest(), digest);
    }
    // As documented, without our encoder for the two times: serial 0, 1970, 365 days later.
    let der = first.to_der().unwrap();
    let serial = [&[2, 16][..], first.serial.as_bytes()].concat();
    let position = der.windows(18).position(|window| window == serial).unwrap();
    let mut by_hand = der.clone();
    by_hand.splice(position..position + 18, [2, 1, 0]);
    let length = u16::from_be_bytes([by_hand[2], by_hand[3]]) - 15;
    by_hand[2..4].copy_from_slice(&length.to_be_bytes());
    let dates = [first.not_before.to_der(), first.not_after.to_der()].concat();
    let by_hand = patched(
        &by_hand,
        &dates,
        b"\x17\x0d700101000000Z\x17\x0d710101000000Z",
    );
    assert_eq!(sm_engine::sm3::digest(&by_hand), digest);
}
