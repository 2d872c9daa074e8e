//! The one gate between a provider's raw signature and the rest of the system.
//!
//! A wrong signature made by a faulty device can reveal the private key, and a certificate under one is
//! worthless; so each is verified with the public key first.

use crate::{Error, Pieces, Signer};
use sm_engine::key::{PublicKey, Signature};
use sm_engine::sm2::{self, Hashed, PreparedKey, SignerId, ToVerify, VerifyingKey, verify_batch};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Signatures after which a key's table of multiples has paid for itself and is made.
const PREPARE_AFTER: usize = 32;

/// What a provider implements for one of its keys. Nobody but [`Verified`] calls it.
pub trait RawSigner: Send + Sync {
    /// The public half, as it was recorded when the key was made.
    fn public_key(&self) -> &PublicKey;

    /// See [`Signer::is_prompt`].
    fn is_prompt(&self) -> bool {
        false
    }

    /// Signs with the algorithm of the key (SM2 under the default identifier); not yet verified.
    ///
    /// # Errors
    /// Whatever the provider reports.
    fn sign_raw(&self, message: &[u8]) -> Result<Signature, Error>;

    /// Whether [`Self::sign_raw_hashed`] works: the key is an SM2 key, and its home signs digests.
    fn takes_hashed(&self) -> bool {
        false
    }

    /// Signs a message that was hashed in pieces for this key under the default identifier; not yet verified.
    ///
    /// # Errors
    /// Whatever the provider reports; [`Error::BadSignature`] where it signs whole messages only.
    fn sign_raw_hashed(&self, hashed: &Hashed) -> Result<Signature, Error> {
        let _ = hashed;
        Err(Error::BadSignature)
    }

    /// Signs many; one result each, in order.
    fn sign_raw_many(&self, messages: &[&[u8]]) -> Vec<Result<Signature, Error>> {
        messages
            .iter()
            .map(|message| self.sign_raw(message))
            .collect()
    }
}

/// A [`Signer`] that releases only signatures that verify.
pub struct Verified<R> {
    raw: R,
    signed: AtomicUsize,
    prepared: OnceLock<PreparedKey>,
}

impl<R: RawSigner> Verified<R> {
    /// Puts the gate before `raw`.
    pub fn new(raw: R) -> Self {
        Self {
            raw,
            signed: AtomicUsize::new(0),
            prepared: OnceLock::new(),
        }
    }

    /// The SM2 key to verify `count` more signatures with: with its table once there have been many.
    fn key<'a>(&'a self, key: &'a sm2::PublicKey, count: usize) -> VerifyingKey<'a> {
        // A count, no more: it orders nothing, and in some thousand years it may wrap.
        let before = self.signed.fetch_add(count, Ordering::Relaxed);
        if before < PREPARE_AFTER {
            return VerifyingKey::Plain(key);
        }
        VerifyingKey::Prepared(self.prepared.get_or_init(|| key.prepare()))
    }

    /// Whether each signature is this key's over its message.
    fn verify(&self, signed: &[(&[u8], &Signature)]) -> Vec<bool> {
        let PublicKey::Sm2(key) = self.raw.public_key() else {
            let key = self.raw.public_key();
            return signed
                .iter()
                .map(|(message, signature)| key.verify(message, signature).is_ok())
                .collect();
        };
        let key = self.key(key, signed.len());
        let to_verify: Option<Vec<ToVerify<'_>>> = signed
            .iter()
            .map(|(message, signature)| {
                let Signature::Sm2Sm3(signature) = signature else {
                    return None;
                };
                Some(ToVerify {
                    key,
                    id: SignerId::Default,
                    message,
                    signature,
                })
            })
            .collect();
        match to_verify {
            Some(to_verify) => verify_batch(&to_verify).iter().map(Result::is_ok).collect(),
            // A provider that mixes algorithms is out of order altogether.
            None => vec![false; signed.len()],
        }
    }
}

impl<R: RawSigner> Signer for Verified<R> {
    fn public_key(&self) -> &PublicKey {
        self.raw.public_key()
    }

    fn is_prompt(&self) -> bool {
        self.raw.is_prompt()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, Error> {
        let signature = self.raw.sign_raw(message)?;
        if self.verify(&[(message, &signature)]) == [true] {
            Ok(signature)
        } else {
            Err(Error::BadSignature)
        }
    }

    fn sign_pieces(&self, message: &mut Pieces<'_>) -> Result<Signature, Error> {
        let key = match self.raw.public_key() {
            PublicKey::Sm2(key) if self.raw.takes_hashed() => key,
            _ => {
                let mut whole = Vec::new();
                message(&mut |piece| whole.extend_from_slice(piece));
                return self.sign(&whole);
            }
        };
        let mut hasher = key.hasher(SignerId::Default);
        message(&mut |piece| hasher.update(piece));
        let hashed = hasher.finish();
        let signature = self.raw.sign_raw_hashed(&hashed)?;
        match &signature {
            Signature::Sm2Sm3(sm2)
                if key.verify_hashed(SignerId::Default, &hashed, sm2).is_ok() =>
            {
                Ok(signature)
            }
            _ => Err(Error::BadSignature),
        }
    }

    fn sign_many(&self, messages: &[&[u8]]) -> Vec<Result<Signature, Error>> {
        let mut results = self.raw.sign_raw_many(messages);
        // What the provider left out is missing, and what it gave too much belongs to no message.
        results.resize_with(messages.len(), || Err(Error::BadSignature));
        let signed: Vec<_> = messages
            .iter()
            .zip(&results)
            .filter_map(|(message, result)| Some((*message, result.as_ref().ok()?)))
            .collect();
        let verified = self.verify(&signed);
        let signed = results.iter_mut().filter(|result| result.is_ok());
        for (result, verified) in signed.zip(verified) {
            if !verified {
                *result = Err(Error::BadSignature);
            }
        }
        results
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::memory_key::MemoryKey;
    use sm_engine::sm2::PrivateKey;

    /// Signs every third message wrongly, in one of several ways, and drops the last of a batch.
    struct Faulty {
        key: PrivateKey,
        public: PublicKey,
        other: PrivateKey,
    }

    impl Faulty {
        fn new() -> Self {
            let key = PrivateKey::generate();
            Self {
                public: key.public_key().clone().into(),
                key,
                other: PrivateKey::generate(),
            }
        }
    }

    impl RawSigner for Faulty {
        fn public_key(&self) -> &PublicKey {
            &self.public
        }
        fn sign_raw(&self, message: &[u8]) -> Result<Signature, Error> {
            let signed = match message {
                b"another message" => self.key.sign(SignerId::Default, b"something else"),
                b"another key" => self.other.sign(SignerId::Default, message),
                b"another identifier" => self.key.sign(SignerId::Tls13, message),
                b"device error" => return Err(Error::Provider("device removed".into())),
                _ => self.key.sign(SignerId::Default, message),
            };
            Ok(signed.unwrap().into())
        }
        fn takes_hashed(&self) -> bool {
            true
        }
        fn sign_raw_hashed(&self, _: &Hashed) -> Result<Signature, Error> {
            self.sign_raw(b"another message")
        }
        fn sign_raw_many(&self, messages: &[&[u8]]) -> Vec<Result<Signature, Error>> {
            let kept = messages.len() - 1;
            messages[..kept].iter().map(|m| self.sign_raw(m)).collect()
        }
    }

    #[test]
    fn a_bad_signature_is_never_released() {
        let signer = Verified::new(Faulty::new());
        let signature = signer.sign(b"good").unwrap();
        signer.public_key().verify(b"good", &signature).unwrap();
        for fault in ["another message", "another key", "another identifier"] {
            assert_eq!(signer.sign(fault.as_bytes()), Err(Error::BadSignature));
        }
        let pieces = signer.sign_pieces(&mut |take| take(b"good"));
        assert_eq!(pieces, Err(Error::BadSignature));
        assert_eq!(
            signer.sign(b"device error"),
            Err(Error::Provider("device removed".into()))
        );
    }

    #[test]
    fn a_busy_signer_prepares_its_key_and_stays_as_strict() {
        let signer = Verified::new(Faulty::new());
        for _ in 0..PREPARE_AFTER {
            assert!(signer.prepared.get().is_none());
            signer.sign(b"good").unwrap();
        }
        signer.sign(b"good").unwrap();
        assert!(signer.prepared.get().is_some());
        for fault in ["another message", "another key", "another identifier"] {
            assert_eq!(signer.sign(fault.as_bytes()), Err(Error::BadSignature));
        }
        let results = signer.sign_many(&[b"a", b"another key", b"b", b"dropped"]);
        assert!(results[0].is_ok() && results[2].is_ok());
        assert_eq!(results[1], Err(Error::BadSignature));
        assert_eq!(results[3], Err(Error::BadSignature));
    }

    #[test]
    fn a_software_key_signs_a_batch() {
        let signer = Verified::new(MemoryKey::from(PrivateKey::generate()));
        let messages: Vec<Vec<u8>> = (0..100_u8).map(|byte| vec![byte; 20]).collect();
        let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        for _ in 0..2 {
            let results = signer.sign_many(&messages);
            assert_eq!(results.len(), messages.len());
            for (result, message) in results.iter().zip(&messages) {
                let verified = signer
                    .public_key()
                    .verify(message, result.as_ref().unwrap());
                assert_eq!(verified, Ok(()));
            }
        }
    }

    #[test]
    fn a_batch_is_checked_one_by_one() {
        let signer = Verified::new(Faulty::new());
        let batch: [&[u8]; 5] = [b"a", b"another key", b"b", b"device error", b"dropped"];
        let results = signer.sign_many(&batch);
        assert_eq!(results.len(), 5);
        for index in [0, 2] {
            let signature = results[index].as_ref().unwrap();
            signer.public_key().verify(batch[index], signature).unwrap();
        }
        assert_eq!(results[1], Err(Error::BadSignature));
        assert_eq!(results[3], Err(Error::Provider("device removed".into())));
        assert_eq!(results[4], Err(Error::BadSignature));
    }
}
