//! The Ed25519 key of the log's SHA-256 mirror. It is derived from the provider's root secret, so it lives and dies with
//! the log's own key and is the same after every start.

use sm_engine::foreign::ed25519::{PrivateKey, PublicKey, Signature};

use crate::{Error, Provider};

/// Purpose of the derivation.
const PURPOSE: &str = "ed25519 log mirror 1";

/// The key at work. No Debug, no Clone, wiped on drop.
pub struct MirrorSigner {
    key: PrivateKey,
    public: PublicKey,
}

impl MirrorSigner {
    /// The mirror's key of this provider.
    ///
    /// # Errors
    /// What the provider reports.
    pub fn of(provider: &dyn Provider) -> Result<Self, Error> {
        let key = PrivateKey::from_seed(&*provider.derive(PURPOSE)?);
        let public = key.public_key();
        Ok(Self { key, public })
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Signs. The result has been verified.
    ///
    /// # Errors
    /// [`Error::BadSignature`]: two signatures over one message of which one is wrong give the key away.
    pub fn sign(&self, message: &[u8]) -> Result<Signature, Error> {
        let signature = self.key.sign(message);
        self.public
            .verify(message, &signature)
            .map_err(|_| Error::BadSignature)?;
        Ok(signature)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::software::SoftwareProvider;

    #[test]
    fn the_key_is_the_provider_s_own_and_always_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        let made = SoftwareProvider::create(&one, b"for tests").unwrap();
        let signer = MirrorSigner::of(&made).unwrap();
        let opened = SoftwareProvider::open(&one, b"for tests").unwrap();
        let again = MirrorSigner::of(&opened).unwrap();
        assert_eq!(signer.public_key(), again.public_key());
        let signature = signer.sign(b"note").unwrap();
        again.public_key().verify(b"note", &signature).unwrap();
        let other = SoftwareProvider::create(&other, b"for tests").unwrap();
        let other = MirrorSigner::of(&other).unwrap();
        assert_ne!(signer.public_key(), other.public_key());
    }
}
