//! A private key on its way to its owner, as a key management centre sends encryption keys.
//!
//! ```asn1
//! SM2EnvelopedKey ::= SEQUENCE {                   -- GM/T 0009-2012 §7.4
//!     symAlgID               AlgorithmIdentifier,  -- SM4-ECB
//!     symEncryptedKey        SM2Cipher,            -- an SM4 key, for the owner's signing key
//!     sm2PublicKey           BIT STRING,
//!     sm2EncryptedPrivateKey BIT STRING }          -- the 32 bytes of d under the SM4 key, two blocks
//! ```

use super::der::{self, Reader};
use super::{Error, PrivateKey, PublicKey};
use crate::random;
use crate::sm4::CbcKey;
use crate::wipe;
use zeroize::Zeroizing;

const BIT_STRING: u8 = 0x03;
const NULL: u8 = 0x05;
const OBJECT_IDENTIFIER: u8 = 0x06;
/// 1.2.156.10197.1.104.1, SM4 in ECB mode.
const SM4_ECB: &[u8] = b"\x2A\x81\x1C\xCF\x55\x01\x68\x01";
/// 1.2.156.10197.1.104, SM4: what older authorities write.
const SM4: &[u8] = b"\x2A\x81\x1C\xCF\x55\x01\x68";

impl PrivateKey {
    /// This key as a DER `SM2EnvelopedKey` (GM/T 0009-2012 §7.4) that only the owner of `recipient` can open.
    ///
    /// # Panics
    /// Where the operating system has no random source.
    #[must_use]
    pub fn seal(&self, recipient: &PublicKey) -> Vec<u8> {
        wipe::after_digests(|| self.seal_for(recipient))
    }

    fn seal_for(&self, recipient: &PublicKey) -> Vec<u8> {
        let key = Zeroizing::new(random::array());
        let sealed_key = recipient.encrypt(&*key).expect("16 bytes are a plaintext");
        let mut d = self.to_bytes();
        ecb(&key, &mut d, Direction::Encrypt);
        let mut content = Vec::new();
        der::write_header(&mut content, der::SEQUENCE, 4 + SM4_ECB.len());
        der::write_header(&mut content, OBJECT_IDENTIFIER, SM4_ECB.len());
        content.extend_from_slice(SM4_ECB);
        der::write_header(&mut content, NULL, 0);
        content.extend_from_slice(&sealed_key);
        for bits in [&self.public_key().to_sec1()[..], &d[..]] {
            der::write_header(&mut content, BIT_STRING, 1 + bits.len());
            content.push(0);
            content.extend_from_slice(bits);
        }
        let mut envelope = Vec::with_capacity(content.len() + 4);
        der::write_header(&mut envelope, der::SEQUENCE, content.len());
        envelope.extend_from_slice(&content);
        envelope
    }

    /// Opens a DER `SM2EnvelopedKey` with the key it was sealed for, and checks that the halves inside belong
    /// together. That the public half is that of the certificate is for the caller to check.
    ///
    /// # Errors
    /// [`Error::Secret`], whatever is wrong.
    pub fn open(&self, envelope: &[u8]) -> Result<Self, Error> {
        wipe::after_digests(|| self.unseal(envelope))
    }

    fn unseal(&self, envelope: &[u8]) -> Result<Self, Error> {
        let (sealed_key, public, sealed_d) = decode(envelope).ok_or(Error::Secret)?;
        let key = self.decrypt(sealed_key)?;
        let key = <&[u8; 16]>::try_from(key.as_slice()).map_err(|_| Error::Secret)?;
        let mut d = Zeroizing::new(*sealed_d);
        ecb(key, &mut d, Direction::Decrypt);
        let opened = Self::from_bytes(&d)?;
        let fits = opened.public_key().to_sec1().as_slice() == public;
        fits.then_some(opened).ok_or(Error::Secret)
    }
}

enum Direction {
    Decrypt,
    Encrypt,
}

/// SM4-ECB of two blocks: each by itself, which is what CBC with a zero IV makes of one block.
fn ecb(key: &[u8; 16], data: &mut [u8; 32], direction: Direction) {
    let cipher = CbcKey::new(key);
    let (blocks, _) = data.as_chunks_mut::<16>();
    for block in blocks {
        match direction {
            Direction::Decrypt => cipher.decrypt_blocks(&mut [0; 16], block),
            Direction::Encrypt => cipher.encrypt_blocks(&mut [0; 16], block),
        }
        .expect("a block is a whole number of blocks");
    }
}

/// The whole `SM2Cipher`, the public key in SEC 1 form, and the encrypted d of a strict encoding.
fn decode(envelope: &[u8]) -> Option<(&[u8], &[u8], &[u8; 32])> {
    let mut outer = Reader::new(envelope);
    let mut inner = Reader::new(outer.element(der::SEQUENCE)?);
    outer.end()?;
    let mut algorithm = Reader::new(inner.element(der::SEQUENCE)?);
    let name = algorithm.element(OBJECT_IDENTIFIER)?;
    if !algorithm.is_empty() {
        algorithm.element(NULL)?.is_empty().then_some(())?;
    }
    algorithm.end()?;
    (name == SM4_ECB || name == SM4).then_some(())?;
    let sealed_key = inner.whole_element(der::SEQUENCE)?;
    let public = whole_bytes(inner.element(BIT_STRING)?)?;
    let sealed_d = whole_bytes(inner.element(BIT_STRING)?)?.try_into().ok()?;
    inner.end()?;
    Some((sealed_key, public, sealed_d))
}

/// The content of a BIT STRING that has no unused bits.
fn whole_bytes(bits: &[u8]) -> Option<&[u8]> {
    let (&unused, bytes) = bits.split_first()?;
    (unused == 0).then_some(bytes)
}
