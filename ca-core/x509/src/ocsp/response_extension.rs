//! Extensions of responses beside the nonce (RFC 6960 §4.4).

use const_oid::ObjectIdentifier;
use const_oid::db::rfc6960::{ID_PKIX_OCSP_ARCHIVE_CUTOFF, ID_PKIX_OCSP_CRL};

use crate::extension::Extension;
use crate::time::Time;
use crate::writer::{IA5_STRING, NULL, SEQUENCE, Writer, constructed};

/// id-pkix-ocsp-extended-revoke (RFC 6960 §4.4.8).
const ID_PKIX_OCSP_EXTENDED_REVOKE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.9");

/// archiveCutoff (RFC 6960 §4.4.4), a singleExtension: since when revocations are kept beyond a certificate's end.
///
/// ```asn1
/// ArchiveCutoff ::= GeneralizedTime
/// ```
#[must_use]
pub fn archive_cutoff(since: Time) -> Extension {
    Extension {
        oid: ID_PKIX_OCSP_ARCHIVE_CUTOFF,
        critical: false,
        value: since.to_generalized_der(),
    }
}

/// A CRL reference (RFC 6960 §4.4.2), a singleExtension: where the CRL is that lists the certificate; `url` is
/// ASCII.
///
/// ```asn1
/// CrlID ::= SEQUENCE { crlUrl [0] EXPLICIT IA5String OPTIONAL, crlNum [1] EXPLICIT INTEGER OPTIONAL, crlTime [2] EXPLICIT GeneralizedTime OPTIONAL }
/// ```
#[must_use]
pub fn crl_reference(url: &str) -> Extension {
    Extension {
        oid: ID_PKIX_OCSP_CRL,
        critical: false,
        value: Writer::element(SEQUENCE, 64, |id| {
            id.nested(constructed(0), |explicit| {
                explicit.put(IA5_STRING, url.as_bytes());
            });
        }),
    }
}

/// The extended revoked definition (RFC 6960 §4.4.8), a responseExtension: here `revoked` may also mean never
/// issued.
#[must_use]
pub fn extended_revoke() -> Extension {
    Extension {
        oid: ID_PKIX_OCSP_EXTENDED_REVOKE,
        critical: false,
        value: Writer::element(NULL, 2, |_| {}),
    }
}
