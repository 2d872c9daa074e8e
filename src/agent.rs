//! The signing agent: it runs on an officer's own machine, shows the sentence that is to be signed, and signs it.
//!
//! It listens on loopback and serves one portal. A page of that portal sends the officer here with a form; the officer
//! reads the sentence on the agent's own page and agrees; the browser goes back to the portal with the signature. No
//! script takes part. What is shown is read from the very bytes that are signed.

mod page;
mod server;
mod text;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keys::Signer;
use keys::officer_file::OfficerKey;
use x509::certificate::Certificate;

pub use server::serve;
pub use text::{Question, read};

/// An officer's key, ready to sign what the officer agrees to.
pub struct Agent {
    key: OfficerKey,
    /// SM3 of the officer's certificate, hex.
    fingerprint: String,
}

impl Agent {
    /// A key with the officer's certificate, PEM.
    pub fn new(key: OfficerKey, certificate: &str) -> anyhow::Result<Self> {
        let certificate = Certificate::from_pem(certificate).context("officer's certificate")?;
        anyhow::ensure!(
            certificate.public_key() == key.public_key(),
            "the certificate is not of this key"
        );
        Ok(Self {
            key,
            fingerprint: certificate.fingerprint().to_string(),
        })
    }

    /// What a text asks for, if it is something that this officer signs.
    pub fn question(&self, text: &str, origin: Option<&str>) -> anyhow::Result<Question> {
        read(text, &self.fingerprint, origin)
    }

    /// The signature over a text that was read as a question: DER in base64.
    pub fn sign(&self, text: &str) -> anyhow::Result<String> {
        Ok(STANDARD.encode(self.key.sign(text.as_bytes())?.to_bytes()))
    }
}
