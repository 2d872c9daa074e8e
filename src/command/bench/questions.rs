//! What the load generator asks: prepared requests in turn, each with a nonce of its own where that is wanted.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use x509::ocsp::{CertId, OcspRequest};

/// How the requests are put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// GET with the request in the path instead of POST.
    pub get: bool,
    /// A fresh nonce in each.
    pub nonce: bool,
}

/// Prepared HTTP requests.
pub struct Questions {
    templates: Vec<Template>,
    /// Makes nonces differ between runs.
    salt: [u8; 24],
}

/// One request, and where its nonce goes.
struct Template {
    bytes: Vec<u8>,
    nonce: Option<Nonce>,
}

enum Nonce {
    /// The last 32 bytes.
    AtTheEnd,
    /// The whole request is written again for each: the nonce is within its base64.
    InThePath {
        host: String,
        path: String,
        cert_id: CertId,
    },
}

impl Questions {
    /// Asks for each of `ids` in turn at `path` of `host`.
    pub fn about(host: &str, path: &str, ids: &[CertId], manner: Manner) -> Self {
        let template = |id: &CertId| {
            let request = OcspRequest::build(
                std::slice::from_ref(id),
                manner.nonce.then_some(&[0; 32][..]),
            );
            match manner {
                Manner { get: false, nonce } => Template {
                    bytes: post(host, path, &request),
                    // The nonce is the request's last element.
                    nonce: nonce.then_some(Nonce::AtTheEnd),
                },
                Manner { nonce: false, .. } => Template {
                    bytes: get(host, &in_path(path, &request)),
                    nonce: None,
                },
                Manner { .. } => Template {
                    bytes: Vec::new(),
                    nonce: Some(Nonce::InThePath {
                        host: host.to_owned(),
                        path: path.to_owned(),
                        cert_id: id.clone(),
                    }),
                },
            }
        };
        Self {
            templates: ids.iter().map(template).collect(),
            salt: sm_engine::random::array(),
        }
    }

    /// Sends these bytes over and over.
    pub fn fixed(bytes: Vec<u8>) -> Self {
        Self {
            templates: vec![Template { bytes, nonce: None }],
            salt: [0; 24],
        }
    }

    /// Writes request number `ticket`: which question it is, and its nonce.
    pub fn write(&self, ticket: u64, request: &mut Vec<u8>) -> (usize, Option<[u8; 32]>) {
        let question = usize::try_from(ticket).unwrap_or(0) % self.templates.len().max(1);
        let template = &self.templates[question];
        request.clear();
        let mut nonce = [0; 32];
        nonce[..24].copy_from_slice(&self.salt);
        nonce[24..].copy_from_slice(&ticket.to_be_bytes());
        match &template.nonce {
            None => request.extend_from_slice(&template.bytes),
            Some(Nonce::AtTheEnd) => {
                let kept = template.bytes.len().saturating_sub(nonce.len());
                request.extend_from_slice(&template.bytes[..kept]);
                request.extend_from_slice(&nonce);
            }
            Some(Nonce::InThePath {
                host,
                path,
                cert_id,
            }) => {
                let der = OcspRequest::build(std::slice::from_ref(cert_id), Some(&nonce));
                *request = get(host, &in_path(path, &der));
            }
        }
        (question, template.nonce.as_ref().map(|_| nonce))
    }
}

/// A POST request in bytes.
pub fn post(host: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/ocsp-request\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// A GET request in bytes.
pub fn get(host: &str, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes()
}

/// RFC 6960 A.1: base64, percent-encoded, below the responder's path.
fn in_path(path: &str, request: &[u8]) -> String {
    let encoded = BASE64_STANDARD
        .encode(request)
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    format!("{}/{encoded}", path.trim_end_matches('/'))
}
