//! Batches of any size and mixture give what single calls give.

use super::super::*;
use proptest::prelude::*;

#[test]
fn nothing_in_nothing_out() {
    assert!(sign_batch(&[]).is_empty());
    assert!(verify_batch(&[]).is_empty());
}

#[test]
fn signatures_of_a_batch_have_nonces_of_their_own() {
    let key = PrivateKey::generate();
    let item = ToSign {
        key: &key,
        id: SignerId::Default,
        message: b"the same message",
    };
    let signatures = sign_batch(&[item; 130]);
    let mut seen: Vec<[u8; 32]> = signatures
        .iter()
        .map(|signature| *signature.as_ref().unwrap().r())
        .collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 130);
}

#[test]
fn keys_of_a_batch_are_keys_and_differ() {
    for count in [0, 1, 8, 70] {
        let keys = generate_batch(count);
        assert_eq!(keys.len(), count);
        let mut seen: Vec<[u8; 65]> = Vec::new();
        for key in &keys {
            let alone = PrivateKey::from_bytes(&key.to_bytes()).unwrap();
            assert_eq!(alone.public_key(), key.public_key());
            let signature = key.sign(SignerId::Default, b"m").unwrap();
            let verified = alone
                .public_key()
                .verify(SignerId::Default, b"m", &signature);
            assert_eq!(verified, Ok(()));
            seen.push(key.public_key().to_sec1());
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn mixed_batches(
        count in prop_oneof![1..5_usize, 60..70_usize, 125..140_usize],
        wrong in any::<u64>(), prepared in any::<u64>(), tls in any::<u64>(),
    ) {
        let keys: Vec<PrivateKey> = (0..3).map(|_| PrivateKey::generate()).collect();
        let tables: Vec<PreparedKey> = keys.iter().map(|key| key.public_key().prepare()).collect();
        let bit = |word: u64, index: usize| word >> (index % 64) & 1 == 1;
        let messages: Vec<Vec<u8>> = (0..count).map(|index| vec![index as u8; index]).collect();
        let id = |index| if bit(tls, index) { SignerId::Tls13 } else { SignerId::Default };
        let to_sign: Vec<ToSign<'_>> = messages.iter().enumerate().map(|(index, message)| ToSign {
            key: &keys[index % 3], id: id(index), message,
        }).collect();
        let signatures: Vec<Signature> =
            sign_batch(&to_sign).into_iter().collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(signatures.len(), count);
        let to_verify: Vec<ToVerify<'_>> = (0..count).map(|index| {
            let key = (index + usize::from(bit(wrong, index))) % 3;
            ToVerify {
                key: if bit(prepared, index) {
                    VerifyingKey::Prepared(&tables[key])
                } else {
                    VerifyingKey::Plain(keys[key].public_key())
                },
                id: id(index), message: &messages[index], signature: &signatures[index],
            }
        }).collect();
        let results = verify_batch(&to_verify);
        prop_assert_eq!(results.len(), count);
        for (index, item) in to_verify.iter().enumerate() {
            let single = match item.key {
                VerifyingKey::Plain(key) => key.verify(item.id, item.message, item.signature),
                VerifyingKey::Prepared(key) => key.verify(item.id, item.message, item.signature),
            };
            prop_assert_eq!(results[index], single);
            prop_assert_eq!(results[index].is_err(), bit(wrong, index), "item {}", index);
        }
    }
}
