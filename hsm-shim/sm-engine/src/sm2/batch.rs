//! Many signatures at once, of any keys over any messages: what can be shared between them is.
//!
//! Items are worked on in groups, so that memory stays bounded; each has a result of its own, equal to that of
//! the call for a single item.

use super::curve::{Check, Nonce, Secret};
use super::nonce::{Salt, first_nonces};
use super::{Error, PreparedKey, PrivateKey, PublicKey, Signature, SignerId, identity};
use crate::random;
use crate::wipe;
use zeroize::Zeroizing;

/// Items that share inversions and fill the lanes of SM3: the part of one in each is small.
const GROUP: usize = 64;

/// The same for verification: what is worked on (150 KiB of points at most, where all keys are prepared) stays in a
/// processor's second cache.
const VERIFY_GROUP: usize = 32;

/// A message to sign.
#[derive(Clone, Copy)]
pub struct ToSign<'a> {
    /// The signer.
    pub key: &'a PrivateKey,
    /// Whose identifier goes into Z.
    pub id: SignerId,
    /// The message, not its digest.
    pub message: &'a [u8],
}

/// The key of a signature to verify.
#[derive(Clone, Copy)]
pub enum VerifyingKey<'a> {
    /// A key met once.
    Plain(&'a PublicKey),
    /// A key met often.
    Prepared(&'a PreparedKey),
}

/// A signature to verify.
#[derive(Clone, Copy)]
pub struct ToVerify<'a> {
    /// Under which key.
    pub key: VerifyingKey<'a>,
    /// Whose identifier went into Z.
    pub id: SignerId,
    /// The message, not its digest.
    pub message: &'a [u8],
    /// The signature.
    pub signature: &'a Signature,
}

/// Makes `count` fresh keys, as [`PrivateKey::generate`] would each.
///
/// # Panics
/// Where the operating system has no random source.
#[must_use]
pub fn generate_batch(count: usize) -> Vec<PrivateKey> {
    let mut keys = Vec::with_capacity(count);
    while keys.len() < count {
        let wanted = GROUP.min(count - keys.len());
        wipe::after_batch(|| generate_group(wanted, &mut keys));
    }
    keys
}

/// Once in 2^32 times a candidate is no key, and `keys` grows by one less than `wanted`.
fn generate_group(wanted: usize, keys: &mut Vec<PrivateKey>) {
    let mut bytes = Zeroizing::new([0; 32 * GROUP]);
    random::fill(&mut bytes[..32 * wanted]);
    let (candidates, _) = bytes.as_chunks::<32>();
    // Boxed: a list that grows and is used up leaves no copies of its secrets in freed memory.
    let secrets = candidates[..wanted].iter().filter_map(Secret::from_bytes);
    let secrets = secrets.map(Box::new).collect::<Vec<_>>();
    let points = Secret::publics(&secrets);
    let pairs = secrets.into_iter().zip(points);
    keys.extend(pairs.map(|(secret, point)| PrivateKey::new(secret, point)));
}

/// Signs all `items`, as [`PrivateKey::sign`] would each; the results in the order of the items.
///
/// # Panics
/// Where the operating system has no random source.
#[must_use]
pub fn sign_batch(items: &[ToSign<'_>]) -> Vec<Result<Signature, Error>> {
    let groups = items.chunks(GROUP);
    let signed = groups.map(|group| wipe::after_batch(|| sign_group(group)));
    signed.flatten().collect()
}

fn sign_group(items: &[ToSign<'_>]) -> Vec<Result<Signature, Error>> {
    let identified = items.iter().map(|item| {
        let z = item.key.public_key().z(item.id);
        (z, item.message)
    });
    let digests = identity::e_many(&identified.collect::<Vec<_>>());
    let keyed = items.iter().zip(&digests);
    let keyed = keyed.map(|(item, e)| (item.key.nonces(), e));
    let drafts = first_nonces(&keyed.collect::<Vec<_>>());
    let nonces: Vec<&Nonce> = drafts.iter().flatten().collect();
    let mut x_coordinates = Nonce::x_coordinates(&nonces).into_iter();
    let drafts = items.iter().zip(digests.iter().zip(&drafts));
    drafts
        .map(|(item, (e, k))| {
            let signed = k.as_ref().and_then(|k| {
                let x1 = x_coordinates.next()?;
                item.key.finish(e, k, &x1)
            });
            // Once in 2^32 times the candidate was no usable k: such an item starts over, on its own.
            signed.map_or_else(|| item.key.sign_digest(e, &Salt::fresh()), Ok)
        })
        .collect()
}

/// Verifies all `items`, as [`PublicKey::verify`] would each; the results in the order of the items.
#[must_use]
pub fn verify_batch(items: &[ToVerify<'_>]) -> Vec<Result<(), Error>> {
    items.chunks(VERIFY_GROUP).flat_map(verify_group).collect()
}

fn verify_group(items: &[ToVerify<'_>]) -> Vec<Result<(), Error>> {
    let mut results = vec![Err(Error::Mismatch); items.len()];
    let (mut plain, mut plain_results) = (Vec::new(), Vec::new());
    let (mut prepared, mut prepared_results) = (Vec::new(), Vec::new());
    let identified = items.iter().map(|item| {
        let key = match item.key {
            VerifyingKey::Plain(key) => key,
            VerifyingKey::Prepared(key) => key.public_key(),
        };
        (key.z(item.id), item.message)
    });
    let digests = identity::e_many(&identified.collect::<Vec<_>>());
    for ((item, e), result) in items.iter().zip(digests).zip(&mut results) {
        let check = Check::new(e.as_bytes(), item.signature.r(), item.signature.s());
        match (check, item.key) {
            (None, _) => {}
            (Some(check), VerifyingKey::Plain(key)) => {
                plain.push((key.point(), check));
                plain_results.push(result);
            }
            (Some(check), VerifyingKey::Prepared(key)) => {
                prepared.push((key.table(), check));
                prepared_results.push(result);
            }
        }
    }
    let plain = plain_results.into_iter().zip(Check::all(&plain));
    let prepared = prepared_results
        .into_iter()
        .zip(Check::all_prepared(&prepared));
    for (result, valid) in plain.chain(prepared) {
        if valid {
            *result = Ok(());
        }
    }
    results
}
