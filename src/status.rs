//! An OCSP client: asks, verifies the answer and its delegated responder, and says what it found.

use anyhow::Context as _;
use bytes::Bytes;
use hyper::Method;
use store::clock::{Clock as _, SystemClock};
use x509::certificate::{Certificate, Serial};
use x509::ocsp::{CertId, CertStatus, HashAlgorithm, OcspRequest, OcspResponse};
use x509::path::{Purpose, validate};

use crate::http::{Connection, parse_url};

/// A verified answer.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What the responder says.
    pub status: CertStatus,
    /// When it said so.
    pub produced_at: x509::time::Time,
    /// The responder's certificate.
    pub responder: Certificate,
}

impl Verified {
    /// `good`, `held`, `revoked`, `unknown`.
    pub fn state(&self) -> &'static str {
        match &self.status {
            CertStatus::Good => "good",
            CertStatus::Revoked {
                reason: x509::crl::RevocationReason::CertificateHold,
                ..
            } => "held",
            CertStatus::Revoked { .. } => "revoked",
            CertStatus::Unknown => "unknown",
        }
    }
}

/// The names of the authorities that a status port serves.
pub async fn authorities(connection: &mut Connection, base: &str) -> anyhow::Result<Vec<String>> {
    let body = connection.get(&format!("{base}/ca")).await?;
    let text = std::str::from_utf8(&body).context("the list of authorities is not text")?;
    Ok(text
        .lines()
        .filter_map(|line| line.rsplit('/').next()?.strip_suffix(".cer"))
        .map(str::to_owned)
        .collect())
}

/// The certificate of an authority.
pub async fn authority_certificate(
    connection: &mut Connection,
    base: &str,
    authority: &str,
) -> anyhow::Result<Certificate> {
    let path = format!("{base}/ca/{authority}.cer");
    let body = connection.get(&path).await?;
    Ok(Certificate::from_der(&body)?)
}

/// Asks for one serial with a fresh nonce and verifies everything about the answer.
pub async fn ask(
    connection: &mut Connection,
    ocsp_path: &str,
    issuer: &Certificate,
    serial: &Serial,
) -> anyhow::Result<Verified> {
    let id = CertId::new(HashAlgorithm::Sm3, issuer, serial);
    let nonce = sm_engine::random::array::<32>();
    let request = OcspRequest::build(std::slice::from_ref(&id), Some(&nonce));
    let kind = "application/ocsp-request";
    let answer = connection
        .send(Method::POST, ocsp_path, kind, None, Bytes::from(request))
        .await?;
    anyhow::ensure!(
        answer.status.is_success(),
        "the OCSP responder answered {}",
        answer.status
    );
    verify(&answer.body, issuer, &id, Some(&nonce))
}

/// Verifies an answer: status, responder certificate and its delegation, signature, CertID, window, nonce.
pub fn verify(
    der: &[u8],
    issuer: &Certificate,
    id: &CertId,
    nonce: Option<&[u8]>,
) -> anyhow::Result<Verified> {
    let response = OcspResponse::from_der(der)?;
    response
        .status()
        .map_err(|status| anyhow::anyhow!("the OCSP responder answered {status:?}"))?;
    let responder = response
        .certificates()
        .first()
        .context("the answer carries no responder certificate")?;
    let now = SystemClock.now();
    validate(responder, &[], issuer, now, Purpose::OcspSigning)
        .context("the responder's certificate")?;
    response
        .verify_signature(responder.public_key())
        .context("the answer's signature")?;
    let single = response
        .responses()
        .iter()
        .find(|single| single.cert_id.der == id.der)
        .context("the answer is about another certificate")?;
    anyhow::ensure!(
        single.this_update <= now.plus_seconds(300),
        "the answer is from the future"
    );
    anyhow::ensure!(
        single.next_update.is_none_or(|next| now <= next),
        "the answer is too old"
    );
    if let Some(nonce) = nonce {
        let echoed = response.nonce().context("the answer lacks the nonce")?;
        anyhow::ensure!(echoed.ends_with(nonce), "the answer carries another nonce");
    }
    Ok(Verified {
        status: single.status.clone(),
        produced_at: response.produced_at(),
        responder: responder.clone(),
    })
}

/// A connection to the status port at `url`, and the path that its URL begins with.
pub async fn connect(url: &str) -> anyhow::Result<(Connection, String)> {
    let (_, base) = parse_url(url)?;
    Ok((Connection::open(url).await?, base))
}
