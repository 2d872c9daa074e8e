//! A private scalar: what is taken is given back the same, and signs and decrypts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sm_engine::sm2::{PrivateKey, SignerId};

fuzz_target!(|d: [u8; 32]| {
    let Ok(key) = PrivateKey::from_bytes(&d) else {
        return;
    };
    assert_eq!(*key.to_bytes(), d);
    let signature = key.sign(SignerId::Default, &d).expect("a usable nonce");
    let public = key.public_key();
    assert_eq!(public.verify(SignerId::Default, &d, &signature), Ok(()));
    let ciphertext = public.encrypt(&d).expect("32 bytes");
    assert_eq!(key.decrypt(&ciphertext).expect("our own").as_slice(), d);
});
