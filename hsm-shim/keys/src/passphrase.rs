//! From a passphrase to a key: Argon2id (RFC 9106) with the parameters that its file carries.

use crate::Error;
use argon2::{Algorithm, Argon2, Params, Version};
use sm_engine::random;
use sm_engine::sm3;
use zeroize::Zeroizing;

/// Cost and salt of one derivation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cost {
    /// Memory in KiB.
    pub(crate) memory: u32,
    /// Passes over the memory.
    pub(crate) passes: u32,
    /// Lanes.
    pub(crate) lanes: u32,
    /// Random, one for each file.
    pub(crate) salt: [u8; 16],
}

impl Cost {
    /// What new files use: 19 MiB, 2 passes, 1 lane (OWASP's floor for Argon2id), and a fresh salt.
    pub(crate) fn fresh() -> Self {
        Self {
            memory: 19 * 1024,
            passes: 2,
            lanes: 1,
            salt: random::array(),
        }
    }

    /// The passphrase's secret. A file may ask for at most 1 GiB, 16 passes and 8 lanes: it is foreign input.
    ///
    /// # Errors
    /// [`Error::Passphrase`] for an empty or overlong one, [`Error::Locked`] for costs out of bounds.
    pub(crate) fn derive(&self, passphrase: &[u8]) -> Result<Derived, Error> {
        if !(1..=1024).contains(&passphrase.len()) {
            return Err(Error::Passphrase);
        }
        let bounded = (1024..=1024 * 1024).contains(&self.memory)
            && (1..=16).contains(&self.passes)
            && (1..=8).contains(&self.lanes);
        if !bounded {
            return Err(Error::Locked);
        }
        let mut secret = Zeroizing::new([0; 32]);
        Params::new(self.memory, self.passes, self.lanes, Some(32))
            .and_then(|params| {
                Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
                    passphrase,
                    &self.salt,
                    &mut *secret,
                )
            })
            .map_err(|error| Error::Provider(format!("Argon2id: {error}")))?;
        Ok(Derived(secret))
    }
}

/// What a passphrase became. No Debug, no Clone, wiped on drop.
pub(crate) struct Derived(Zeroizing<[u8; 32]>);

impl Derived {
    /// An SM4 key for the one seal that `purpose` names.
    pub(crate) fn sealing_key(&self, purpose: &str) -> sm_engine::sm4::GcmKey {
        let mut key = Zeroizing::new([0; 16]);
        sm3::hkdf(b"seal", &*self.0, purpose.as_bytes(), &mut *key);
        sm_engine::sm4::GcmKey::new(&key)
    }

    /// 32 bytes that tell a right passphrase from a wrong one and nothing else.
    pub(crate) fn check_value(&self) -> sm3::Digest {
        let mut value = [0; 32];
        sm3::hkdf(b"check", &*self.0, b"", &mut value);
        sm3::Digest(value)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_that_of_the_reference_implementation() {
        // argon2-cffi 25.1 (phc-winner-argon2): version 0x13, type ID, t 2, m 19456, p 1, salt 00..0f.
        let cost = Cost {
            salt: std::array::from_fn(|index| u8::try_from(index).unwrap()),
            ..Cost::fresh()
        };
        assert_eq!((cost.memory, cost.passes, cost.lanes), (19_456, 2, 1));
        let secret = cost.derive("口令 passphrase".as_bytes()).unwrap();
        assert_eq!(
            hex::encode(*secret.0),
            "d2e0b3be7a0d52c43a3d1b0713b78dafd7ddd499e8d9547f3935eb1aa1889e89"
        );
        assert_ne!(Cost::fresh().salt, Cost::fresh().salt);
    }

    #[test]
    fn out_of_bounds_costs_are_refused() {
        let good = Cost::fresh();
        assert!(good.derive(b"x").is_ok());
        assert_eq!(good.derive(b"").err(), Some(Error::Passphrase));
        assert_eq!(good.derive(&[0; 1025]).err(), Some(Error::Passphrase));
        for bad in [
            Cost {
                memory: 1024 * 1024 + 1,
                ..good
            },
            Cost { memory: 8, ..good },
            Cost { passes: 17, ..good },
            Cost { passes: 0, ..good },
            Cost { lanes: 9, ..good },
            Cost { lanes: 0, ..good },
        ] {
            assert_eq!(bad.derive(b"x").err(), Some(Error::Locked), "{bad:?}");
        }
    }
}
