//! The one gate between a provider's raw signature and the rest of the system.
//!
//! A wrong signature made by a faulty device can reveal the private key, and a certificate under one is
//! worthless; so each is verified with the public key first.

use crate::{Error, Signer};
use sm_engine::sm2::{PrivateKey, PublicKey, Signature, SignerId};

/// What a provider implements for one of its keys. Nobody but [`Verified`] calls it.
pub trait RawSigner: Send + Sync {
    /// The public half, as it was recorded when the key was made.
    fn public_key(&self) -> &PublicKey;

    /// SM2 with SM3 and the default identifier over `message`, not yet verified.
    ///
    /// # Errors
    /// Whatever the provider reports.
    fn sign_raw(&self, message: &[u8]) -> Result<Signature, Error>;

    /// Signs many; one result each, in order.
    fn sign_raw_many(&self, messages: &[&[u8]]) -> Vec<Result<Signature, Error>> {
        messages
            .iter()
            .map(|message| self.sign_raw(message))
            .collect()
    }
}

/// A [`Signer`] that releases only signatures that verify.
pub struct Verified<R>(R);

impl<R: RawSigner> Verified<R> {
    /// Puts the gate before `raw`.
    pub fn new(raw: R) -> Self {
        Self(raw)
    }

    fn check(&self, message: &[u8], signature: Signature) -> Result<Signature, Error> {
        match self
            .0
            .public_key()
            .verify(SignerId::Default, message, &signature)
        {
            Ok(()) => Ok(signature),
            Err(_) => Err(Error::BadSignature),
        }
    }
}

impl<R: RawSigner> Signer for Verified<R> {
    fn public_key(&self) -> &PublicKey {
        self.0.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, Error> {
        self.check(message, self.0.sign_raw(message)?)
    }

    fn sign_many(&self, messages: &[&[u8]]) -> Vec<Result<Signature, Error>> {
        let mut raw = self.0.sign_raw_many(messages).into_iter();
        messages
            .iter()
            .map(|message| match raw.next() {
                Some(signature) => self.check(message, signature?),
                None => Err(Error::BadSignature),
            })
            .collect()
    }
}

/// A key held in this process's memory.
impl RawSigner for PrivateKey {
    fn public_key(&self) -> &PublicKey {
        self.public_key()
    }

    fn sign_raw(&self, message: &[u8]) -> Result<Signature, Error> {
        self.sign(SignerId::Default, message)
            .map_err(|_| Error::BadSignature)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Signs every third message wrongly, in one of several ways, and drops the last of a batch.
    struct Faulty {
        key: PrivateKey,
        other: PrivateKey,
    }

    impl RawSigner for Faulty {
        fn public_key(&self) -> &PublicKey {
            self.key.public_key()
        }
        fn sign_raw(&self, message: &[u8]) -> Result<Signature, Error> {
            let signed = match message {
                b"another message" => self.key.sign(SignerId::Default, b"something else"),
                b"another key" => self.other.sign(SignerId::Default, message),
                b"another identifier" => self.key.sign(SignerId::Tls13, message),
                b"device error" => return Err(Error::Provider("device removed".into())),
                _ => self.key.sign(SignerId::Default, message),
            };
            Ok(signed.unwrap())
        }
        fn sign_raw_many(&self, messages: &[&[u8]]) -> Vec<Result<Signature, Error>> {
            let kept = messages.len() - 1;
            messages[..kept].iter().map(|m| self.sign_raw(m)).collect()
        }
    }

    #[test]
    fn a_bad_signature_is_never_released() {
        let signer = Verified::new(Faulty {
            key: PrivateKey::generate(),
            other: PrivateKey::generate(),
        });
        let signature = signer.sign(b"good").unwrap();
        signer
            .public_key()
            .verify(SignerId::Default, b"good", &signature)
            .unwrap();
        for fault in ["another message", "another key", "another identifier"] {
            assert_eq!(signer.sign(fault.as_bytes()), Err(Error::BadSignature));
        }
        assert_eq!(
            signer.sign(b"device error"),
            Err(Error::Provider("device removed".into()))
        );
    }

    #[test]
    fn a_batch_is_checked_one_by_one() {
        let signer = Verified::new(Faulty {
            key: PrivateKey::generate(),
            other: PrivateKey::generate(),
        });
        let batch: [&[u8]; 5] = [b"a", b"another key", b"b", b"device error", b"dropped"];
        let results = signer.sign_many(&batch);
        assert_eq!(results.len(), 5);
        for index in [0, 2] {
            let signature = results[index].as_ref().unwrap();
            signer
                .public_key()
                .verify(SignerId::Default, batch[index], signature)
                .unwrap();
        }
        assert_eq!(results[1], Err(Error::BadSignature));
        assert_eq!(results[3], Err(Error::Provider("device removed".into())));
        assert_eq!(results[4], Err(Error::BadSignature));
    }
}
