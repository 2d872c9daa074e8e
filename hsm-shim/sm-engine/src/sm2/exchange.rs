//! SM2 key exchange (GB/T 32918.3-2016 §6): two long-term keys and two one-time keys give one shared key.
//!
//! The optional confirmations S1/SB and S2/SA are values of an [`Agreement`]: who does not exchange them knows only
//! that nobody but the owner of the other key can have the shared one. Sending points is the caller's part.

use super::ciphertext::apply_key_stream;
use super::curve::{Nonce, Point};
use super::nonce::random_nonce;
use super::{Error, PrivateKey, PublicKey, SignerId};
use crate::declassify;
use crate::sm3::{Digest, Sm3};
use crate::wipe;
use zeroize::Zeroizing;

/// The longest shared key, in bytes.
pub const MAX_SHARED_KEY: usize = 1024;

/// Who spoke first; the two sides differ in the order of what they hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A of the standard.
    Initiator,
    /// B of the standard.
    Responder,
}

/// A one-time key of one exchange. No Debug, no Clone, wiped on drop; used up by [`PrivateKey::agree`].
pub struct OneTimeKey {
    secret: Nonce,
    point: Point,
}

/// The other side of an exchange: its long-term key, its identifier, and the one-time point that it sent.
#[derive(Clone, Copy)]
pub struct Peer<'a> {
    /// The long-term key, from a certificate that has been verified.
    pub key: &'a PublicKey,
    /// Whose identifier goes into the other side's Z.
    pub id: SignerId,
    /// `04 || X || Y` as received.
    pub one_time: &'a [u8],
}

/// What both sides have in the end. No Debug, no Clone, wiped on drop.
pub struct Agreement {
    key: Zeroizing<Vec<u8>>,
    own: Zeroizing<[u8; 32]>,
    theirs: Zeroizing<[u8; 32]>,
}

impl OneTimeKey {
    /// A fresh one.
    ///
    /// # Panics
    /// Where the operating system has no random source.
    #[must_use]
    pub fn generate() -> Self {
        wipe::after_points(|| Self::new(random_nonce()))
    }

    pub(super) fn new(secret: Nonce) -> Self {
        let point = secret.point();
        Self { secret, point }
    }

    /// `04 || X || Y`, to be sent to the other side.
    #[must_use]
    pub fn to_sec1(&self) -> [u8; 65] {
        let mut point = [4; 65];
        point[1..].copy_from_slice(&self.point.coordinates());
        point
    }
}

impl Agreement {
    /// The shared key.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// What this side sends to prove that it has the key: S2 of an initiator (§6.1, A10), S1 of a responder (B8).
    #[must_use]
    pub fn confirmation(&self) -> [u8; 32] {
        *self.own
    }

    /// Checks in constant time what the other side sent to prove that it has the key.
    ///
    /// # Errors
    /// [`Error::Secret`]: the sides do not agree, and the key must not be used.
    pub fn confirm(&self, theirs: &[u8; 32]) -> Result<(), Error> {
        let matches = Digest(*theirs).matches(&self.theirs);
        declassify::value(matches)
            .then_some(())
            .ok_or(Error::Secret)
    }
}

impl PrivateKey {
    /// Agrees on a key of 1 to [`MAX_SHARED_KEY`] bytes.
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::PublicKey`] where the other side's one-time point is none of the curve;
    /// [`Error::Secret`] where the shared point is infinity, which only a dishonest side brings about.
    pub fn agree(
        &self,
        role: Role,
        id: SignerId,
        one_time: OneTimeKey,
        peer: Peer<'_>,
        length: usize,
    ) -> Result<Agreement, Error> {
        let z = [self.public_key().z(id), peer.key.z(peer.id)];
        wipe::after_digests(|| self.agree_for(role, z, &one_time, peer, length))
    }

    /// The same for the Z of this and of the other side.
    pub(super) fn agree_for(
        &self,
        role: Role,
        [own_z, their_z]: [Digest; 2],
        one_time: &OneTimeKey,
        peer: Peer<'_>,
        length: usize,
    ) -> Result<Agreement, Error> {
        if !(1..=MAX_SHARED_KEY).contains(&length) {
            return Err(Error::Length);
        }
        let their_point = *PublicKey::from_sec1(peer.one_time)?.point();
        let shared = self
            .secret()
            .agree(
                &one_time.secret,
                &one_time.point,
                [peer.key.point(), &their_point],
            )
            .ok_or(Error::Secret)?;
        let points = [one_time.point.coordinates(), their_point.coordinates()];
        let (z, points) = match role {
            Role::Initiator => ([own_z, their_z], points),
            Role::Responder => ([their_z, own_z], [points[1], points[0]]),
        };
        let mut key = Zeroizing::new(vec![0; length]);
        // The standard has no rule for a key of zeros here, which for short keys comes up by chance.
        let _ = apply_key_stream(&[&*shared, z[0].as_bytes(), z[1].as_bytes()], &mut key);
        let (of_initiator, of_responder) = confirmations(&shared, &z, &points);
        let (own, theirs) = match role {
            Role::Initiator => (of_initiator, of_responder),
            Role::Responder => (of_responder, of_initiator),
        };
        Ok(Agreement { key, own, theirs })
    }
}

/// S2 = SA and S1 = SB: SM3(tag || yV || SM3(xV || ZA || ZB || x1 || y1 || x2 || y2)), tag 3 and 2.
fn confirmations(
    shared: &[u8; 64],
    z: &[Digest; 2],
    points: &[[u8; 64]; 2],
) -> (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) {
    let (x, y) = shared.split_at(32);
    let mut inner = Sm3::new();
    inner.update(x);
    z.iter().for_each(|z| inner.update(z.as_bytes()));
    points.iter().for_each(|point| inner.update(point));
    let inner = Zeroizing::new(inner.finish().0);
    let tagged = |tag: u8| {
        let mut outer = Sm3::new();
        outer.update(&[tag]);
        outer.update(y);
        outer.update(&*inner);
        Zeroizing::new(outer.finish().0)
    };
    (tagged(3), tagged(2))
}
