//! A private key in this process's memory, of any algorithm: what software providers and officers' files give.

use crate::{Error, RawSigner, pkcs8};
use sm_engine::foreign::{P256PrivateKey, RsaPrivateKey};
use sm_engine::key::{Algorithm, PublicKey, Signature};
use sm_engine::sm2::{Hashed, PrivateKey, SignerId, ToSign, sign_batch};
use zeroize::Zeroizing;

/// The key and its public half. No Debug, no Clone.
pub(crate) struct MemoryKey {
    private: Private,
    public: PublicKey,
}

/// Boxed, because `ring` keeps an RSA key in some kilobytes and the others are small.
enum Private {
    P256(Box<P256PrivateKey>),
    Rsa(Box<RsaPrivateKey>),
    Sm2(Box<PrivateKey>),
}

impl MemoryKey {
    /// A fresh key and its secret part, as it is kept at rest and read back by [`Self::from_secret`].
    ///
    /// # Errors
    /// [`Error::Import`] for RSA; [`Error::Provider`] without a random source.
    pub(crate) fn generate(algorithm: Algorithm) -> Result<(Self, Zeroizing<Vec<u8>>), Error> {
        match algorithm {
            Algorithm::EcdsaP256Sha256 => P256PrivateKey::generate()
                .map(|(key, pkcs8)| (Self::p256(key), pkcs8))
                .ok_or_else(|| Error::Provider("no random source".to_owned())),
            Algorithm::RsaSha256 => Err(Error::Import(
                "RSA keys are not made here; make one with `openssl genpkey` and import it",
            )),
            Algorithm::Sm2Sm3 => {
                let key = PrivateKey::generate();
                let secret = Zeroizing::new(key.to_bytes().to_vec());
                Ok((key.into(), secret))
            }
        }
    }

    /// A P-256 or RSA key from PKCS#8, PEM or DER, and its secret part.
    ///
    /// # Errors
    /// [`Error::Import`].
    pub(crate) fn import(key: &[u8]) -> Result<(Self, Zeroizing<Vec<u8>>), Error> {
        let der = pkcs8::unwrap_pem(key)?;
        let found = [Algorithm::EcdsaP256Sha256, Algorithm::RsaSha256]
            .into_iter()
            .find_map(|algorithm| Self::from_secret(algorithm, &der));
        let refused =
            Error::Import("expected P-256 or RSA with 2048 to 4096 bits in unencrypted PKCS#8");
        Ok((found.ok_or(refused)?, der))
    }

    /// Reads what is kept at rest: 32 bytes of an SM2 scalar, PKCS#8 of others.
    pub(crate) fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Option<Self> {
        match algorithm {
            Algorithm::EcdsaP256Sha256 => P256PrivateKey::from_pkcs8(secret).map(Self::p256),
            Algorithm::RsaSha256 => RsaPrivateKey::from_pkcs8(secret).map(|key| Self {
                public: PublicKey::Rsa(key.public_key().clone()),
                private: Private::Rsa(Box::new(key)),
            }),
            Algorithm::Sm2Sm3 => PrivateKey::from_bytes(secret.try_into().ok()?)
                .ok()
                .map(Self::from),
        }
    }

    fn p256(key: P256PrivateKey) -> Self {
        Self {
            public: PublicKey::P256(key.public_key().clone()),
            private: Private::P256(Box::new(key)),
        }
    }
}

impl From<PrivateKey> for MemoryKey {
    fn from(key: PrivateKey) -> Self {
        Self {
            public: PublicKey::Sm2(key.public_key().clone()),
            private: Private::Sm2(Box::new(key)),
        }
    }
}

impl RawSigner for MemoryKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// RSA takes milliseconds.
    fn is_prompt(&self) -> bool {
        !matches!(self.private, Private::Rsa(_))
    }

    fn sign_raw(&self, message: &[u8]) -> Result<Signature, Error> {
        match &self.private {
            Private::P256(key) => key.sign(message).map(Signature::EcdsaP256Sha256),
            Private::Rsa(key) => key.sign(message).map(Signature::RsaSha256),
            Private::Sm2(key) => key
                .sign(SignerId::Default, message)
                .ok()
                .map(Signature::Sm2Sm3),
        }
        .ok_or(Error::BadSignature)
    }

    fn takes_hashed(&self) -> bool {
        matches!(self.private, Private::Sm2(_))
    }

    fn sign_raw_hashed(&self, hashed: &Hashed) -> Result<Signature, Error> {
        let Private::Sm2(key) = &self.private else {
            return Err(Error::BadSignature);
        };
        key.sign_hashed(SignerId::Default, hashed)
            .map(Signature::Sm2Sm3)
            .map_err(|_| Error::BadSignature)
    }

    fn sign_raw_many(&self, messages: &[&[u8]]) -> Vec<Result<Signature, Error>> {
        let Private::Sm2(key) = &self.private else {
            return messages
                .iter()
                .map(|message| self.sign_raw(message))
                .collect();
        };
        let to_sign: Vec<ToSign<'_>> = messages
            .iter()
            .map(|message| ToSign {
                key,
                id: SignerId::Default,
                message,
            })
            .collect();
        sign_batch(&to_sign)
            .into_iter()
            .map(|signed| {
                signed
                    .map(Signature::Sm2Sm3)
                    .map_err(|_| Error::BadSignature)
            })
            .collect()
    }
}
