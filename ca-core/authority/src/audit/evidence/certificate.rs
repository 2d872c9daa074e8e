//! Certificates: the bytes are the ones on the ledger, signed by their authority, over the approved template.

use sm_engine::sm3::{self, Digest};
use x509::certificate::{Certificate, TbsCertificate};

use super::Walk;
use crate::error::Error;

impl Walk<'_> {
    pub(super) async fn issued(
        &mut self,
        index: u64,
        authority: &str,
        serial: &str,
        digest: &Digest,
        not_after: i64,
    ) -> Result<(), Error> {
        let key = (authority.to_owned(), serial.to_owned());
        self.certificates.insert(key.clone(), *digest);
        let Some(certificate) = self.certificate(index, digest).await? else {
            return Ok(());
        };
        self.report.certificates += 1;
        self.distribution_point(index, authority, &certificate);
        let mut wrong = Vec::new();
        if certificate.serial().to_string() != serial || certificate.not_after().0 != not_after {
            wrong.push("its serial or end is not the one on the ledger");
        }
        // A root is its own issuer and is founded after it was issued.
        let issuer = self.authorities.get(authority).unwrap_or(&certificate);
        if certificate.issuer().der() != issuer.subject().der()
            || certificate.verify_signature(issuer.public_key()).is_err()
        {
            wrong.push("its authority did not sign it");
        }
        match self.intents.get(&key) {
            None => wrong.push("there is no intent"),
            Some(intent) => {
                if sm3::digest(certificate.tbs()) != intent.tbs {
                    wrong.push("it is not the TBS that was intended");
                }
                if sm3::digest(certificate.spki_der()) != intent.key {
                    wrong.push("it certifies another key");
                }
                if let Some(case) = &intent.case {
                    let approved = self.cases.get(case).map(|submitted| submitted.template);
                    if approved != Some(template_of(&certificate)) {
                        wrong.push("it is not the template that was approved");
                    }
                }
            }
        }
        for what in wrong {
            self.report.find(
                "V220",
                format!("entry {index}"),
                format!("certificate {authority}/{serial}: {what}"),
            );
        }
        Ok(())
    }
}

/// The template that a certificate was made from.
fn template_of(certificate: &Certificate) -> Digest {
    TbsCertificate {
        serial: certificate.serial().clone(),
        issuer: certificate.issuer().clone(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        subject: certificate.subject().clone(),
        public_key: certificate.public_key().clone(),
        extensions: certificate.extensions().to_vec(),
    }
    .template_digest()
}
