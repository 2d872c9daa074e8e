//! The modes against their vectors, other implementations, and chopped input.

use super::*;
use crate::sm4::{CbcKey, CcmKey, CtrKey, GcmKey, NotBlocks, TooLong, Unauthentic, Undecryptable};
use aes_gcm::aead::{AeadInOut as _, consts::U12};
use proptest::prelude::*;

#[test]
fn cbc_and_ctr_vectors() {
    for entry in vectors("CBC") {
        let key = CbcKey::new(&block(&entry, "key"));
        let mut data = bytes(&entry, "plaintext");
        key.encrypt_blocks(&mut block(&entry, "iv"), &mut data)
            .unwrap();
        assert_eq!(data, bytes(&entry, "ciphertext"));
    }
    for entry in vectors("CBC-PKCS7") {
        let key = CbcKey::new(&block(&entry, "key"));
        let (iv, plaintext) = (block(&entry, "iv"), bytes(&entry, "plaintext"));
        let ciphertext = key.encrypt(&iv, &plaintext);
        assert_eq!(ciphertext, bytes(&entry, "ciphertext"));
        assert_eq!(*key.decrypt(&iv, &ciphertext).unwrap(), plaintext);
    }
    for entry in vectors("CTR") {
        let key = CtrKey::new(&block(&entry, "key"));
        let mut data = bytes(&entry, "plaintext");
        key.stream(&block(&entry, "iv")).apply(&mut data);
        assert_eq!(data, bytes(&entry, "ciphertext"));
    }
}

#[test]
fn only_the_paddings_of_pkcs_7_are_taken_off() {
    let (key, iv) = (CbcKey::new(&random::array()), random::array());
    let seal = |end: &[u8]| {
        let mut data = vec![0x11; 48];
        data[48 - end.len()..].copy_from_slice(end);
        key.encrypt_blocks(&mut iv.clone(), &mut data).unwrap();
        key.decrypt(&iv, &data)
    };
    for length in 1..=16_u8 {
        let end = vec![length; length.into()];
        assert_eq!(seal(&end).unwrap().len(), 48 - usize::from(length));
        for wrong in 0..usize::from(length) - 1 {
            let mut end = end.clone();
            end[wrong] ^= 1;
            assert_eq!(seal(&end), Err(Undecryptable), "{length} at {wrong}");
        }
    }
    for last in (0..=255_u8).filter(|last| !(1..=16).contains(last)) {
        assert_eq!(seal(&[last; 17]), Err(Undecryptable), "{last}");
    }
    for length in [0, 1, 15, 17, 47] {
        assert_eq!(key.decrypt(&iv, &vec![0; length]), Err(Undecryptable));
    }
    let mut iv = iv;
    let mut data = [7; 17];
    assert_eq!(key.encrypt_blocks(&mut iv, &mut data), Err(NotBlocks));
    assert_eq!(key.decrypt_blocks(&mut iv, &mut data), Err(NotBlocks));
    assert_eq!(data, [7; 17]);
}

#[test]
fn the_counter_of_ctr_carries() {
    let key = random::array();
    let single = Cipher::new(&key);
    for first in [u128::MAX - 3, (1 << 96) - 2, (1 << 32) - 5, 0xFFFF_FFFF] {
        let mut data = [0; 16 * 12];
        CtrKey::new(&key)
            .stream(&first.to_be_bytes())
            .apply(&mut data);
        for (index, piece) in data.chunks(16).enumerate() {
            let counter = first.wrapping_add(index as u128);
            assert_eq!(piece, single.crypt_block(&counter.to_be_bytes()));
        }
    }
}

#[test]
fn a_gcm_of_several_pieces_is_the_crate_aes_gcm_over_sm4() {
    for length in [
        0, 1, 15, 16, 17, 239, 240, 241, 255, 256, 257, 495, 496, 497, 4095, 4096, 4097, 4335,
        4336, 4337, 8431, 8432, 8433, 20_000,
    ] {
        let (key, nonce) = (random::array(), random::array());
        let theirs = aes_gcm::AesGcm::<::sm4::Sm4, U12>::new(&key.into());
        let ours = GcmKey::new(&key);
        let plaintext: Vec<u8> = (0..length).map(|i| (i * 7 + i / 256) as u8).collect();
        let aad = &plaintext[..length / 3];
        let mut expected = plaintext.clone();
        let tag = theirs
            .encrypt_inout_detached(&nonce.into(), aad, expected.as_mut_slice().into())
            .unwrap();
        expected.extend_from_slice(&tag);
        let mut sealed = ours.seal(&nonce, aad, &plaintext);
        assert_eq!(sealed, expected, "{length}");
        assert_eq!(*ours.open(&nonce, aad, &sealed).unwrap(), plaintext);
        let last = length / 2;
        sealed[last] ^= 0x80;
        assert_eq!(ours.open(&nonce, aad, &sealed), Err(Unauthentic));
        let (data, tag) = sealed.split_last_chunk_mut::<16>().unwrap();
        let before = data.to_vec();
        let refused = ours.open_in_place(&nonce, aad, data, tag);
        assert_eq!(refused, Err(Unauthentic));
        assert_eq!(data, before, "not decrypted");
    }
}

#[test]
fn what_ccm_cannot_say_is_refused() {
    let key = CcmKey::new(&random::array());
    let nonce = random::array();
    let longest = vec![0; (1 << 24) - 1];
    let sealed = key.seal(&nonce, b"", &longest).unwrap();
    assert_eq!(*key.open(&nonce, b"", &sealed).unwrap(), longest);
    assert_eq!(key.seal(&nonce, b"", &[0; 1 << 24]), Err(TooLong));
    assert_eq!(
        key.open(&nonce, b"", &[0; (1 << 24) + 16]),
        Err(Unauthentic)
    );
    assert_eq!(key.open(&nonce, b"", &[0; 15]), Err(Unauthentic));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn ctr_does_not_care_how_it_is_cut(lengths in prop::collection::vec(0..80_usize, 0..12)) {
        let key = CtrKey::new(&random::array());
        let counter = random::array();
        let mut whole = vec![0; lengths.iter().sum()];
        let mut cut = whole.clone();
        key.stream(&counter).apply(&mut whole);
        let mut stream = key.stream(&counter);
        let mut rest = cut.as_mut_slice();
        for length in lengths {
            let piece;
            (piece, rest) = rest.split_at_mut(length);
            stream.apply(piece);
        }
        prop_assert_eq!(whole, cut);
    }

    #[test]
    fn cbc_is_that_of_libsmx_and_can_be_cut(plaintext in prop::collection::vec(any::<u8>(), 0..1500), at in any::<prop::sample::Index>()) {
        let (key, iv) = (random::array(), random::array());
        let ours = CbcKey::new(&key);
        let padding = 16 - plaintext.len() % 16;
        let padded = [&*plaintext, &vec![padding as u8; padding]].concat();
        let ciphertext = ours.encrypt(&iv, &plaintext);
        prop_assert_eq!(&ciphertext, &libsmx::sm4::sm4_encrypt_cbc(&key, &iv, &padded));
        prop_assert_eq!(&*ours.decrypt(&iv, &ciphertext).unwrap(), &plaintext);
        let mut chained = iv;
        let mut back = ciphertext.clone();
        let (head, tail) = back.split_at_mut(16 * at.index(padded.len() / 16));
        ours.decrypt_blocks(&mut chained, head).unwrap();
        ours.decrypt_blocks(&mut chained, tail).unwrap();
        prop_assert_eq!(back, padded);
    }

    #[test]
    fn ccm_notices_every_alteration(aad in any::<Vec<u8>>(), plaintext in any::<Vec<u8>>(), at in any::<prop::sample::Index>()) {
        let key = CcmKey::new(&random::array());
        let nonce = random::array();
        let mut sealed = key.seal(&nonce, &aad, &plaintext).unwrap();
        prop_assert_eq!(&*key.open(&nonce, &aad, &sealed).unwrap(), &plaintext);
        prop_assert!(key.open(&nonce, &[&*aad, &[0]].concat(), &sealed).is_err());
        prop_assert!(key.open(&random::array(), &aad, &sealed).is_err());
        let index = at.index(sealed.len());
        sealed[index] ^= 4;
        prop_assert!(key.open(&nonce, &aad, &sealed).is_err());
    }
}
