//! The frame around everything that is signed: exact bytes, algorithm, signature (RFC 5280 §4.1, X.509 SIGNED).

use der::asn1::BitStringRef;
use der::{Decode, DecodeValue, Sequence};
use sm_engine::key::{Algorithm, PublicKey, Signature};

use crate::Error;
use crate::algorithm;
use crate::element::Raw;
use crate::writer::{SEQUENCE, Writer};

/// ```asn1
/// SIGNED ::= SEQUENCE { toBeSigned ANY, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING }
/// ```
#[derive(DecodeValue)]
struct SignedDer<'a> {
    tbs: Raw<'a>,
    algorithm: Raw<'a>,
    signature: BitStringRef<'a>,
}

impl<'a> Sequence<'a> for SignedDer<'a> {}

/// The parts of a signed structure; not yet verified.
pub(crate) struct Signed<'a> {
    pub(crate) tbs: Raw<'a>,
    /// DER of the AlgorithmIdentifier, to be compared with the one inside.
    pub(crate) algorithm: Raw<'a>,
    known: Algorithm,
    bits: BitStringRef<'a>,
}

impl<'a> Signed<'a> {
    /// Reads the frame of `what`.
    pub(crate) fn from_der(what: &'static str, der: &'a [u8]) -> Result<Self, Error> {
        let SignedDer {
            tbs,
            algorithm,
            signature,
        } = SignedDer::from_der(der).map_err(Error::malformed(what))?;
        Ok(Self {
            tbs,
            algorithm,
            known: algorithm::read_signature_algorithm(algorithm)?,
            bits: signature,
        })
    }

    /// The signature. To be read after the key, about which there is more to say where both are wrong.
    pub(crate) fn signature(&self) -> Result<Signature, Error> {
        algorithm::read_signature(self.known, self.bits)
    }

    /// Where the signed bytes stand within the frame.
    pub(crate) fn tbs_range(&self, der: &[u8]) -> std::ops::Range<usize> {
        // The frame is header, TBS, algorithm, BIT STRING; only its header comes before the TBS.
        let header = crate::element::header_length(der);
        header..header.saturating_add(self.tbs.0.len())
    }
}

/// Puts the frame around signed bytes.
pub(crate) fn assemble(tbs: &[u8], signature: &Signature) -> Vec<u8> {
    Writer::element(SEQUENCE, tbs.len().saturating_add(600), |frame| {
        frame.raw(tbs);
        frame.raw(&trailer(signature));
    })
}

/// What stands behind the signed bytes: algorithm and signature.
pub(crate) fn trailer(signature: &Signature) -> Vec<u8> {
    Writer::elements(|frame| {
        frame.raw(algorithm::signature_algorithm(signature.algorithm()));
        frame.bit_string(&signature.to_bytes());
    })
}

/// Verifies; SM2 under the default identifier.
pub(crate) fn verify(
    what: &'static str,
    key: &PublicKey,
    tbs: &[u8],
    signature: &Signature,
) -> Result<(), Error> {
    key.verify(tbs, signature)
        .map_err(|_| Error::Signature { what })
}
