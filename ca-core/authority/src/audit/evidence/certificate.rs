//! Certificates: the bytes are the ones on the ledger, signed by their authority, over the approved template, and no
//! lint of the profile that was frozen for them says no: authorities', responders' and officers' as well, which no
//! case approved.

use std::sync::Arc;

use policy::Profile;
use policy::lint::{self, LintContext};
use sm_engine::sm3::{self, Digest};
use x509::certificate::{Certificate, TbsCertificate};

use super::{Intended, Walk};
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
        let intent = self.intents.get(&key).cloned();
        match &intent {
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
        match intent {
            Some(intent) => self.lint(index, authority, &certificate, &intent).await,
            None => Ok(()),
        }
    }

    async fn lint(
        &mut self,
        index: u64,
        authority: &str,
        certificate: &Certificate,
        intent: &Intended,
    ) -> Result<(), Error> {
        let profile = self
            .profile(index, &intent.profile, intent.profile_document)
            .await?;
        let Some(profile) = profile else {
            return Ok(());
        };
        let context = LintContext {
            profile: &profile,
            issuer: self.authorities.get(authority),
        };
        for broken in lint::run(certificate, &context) {
            let serial = certificate.serial();
            self.report.find(
                "V221",
                format!("entry {index}"),
                format!("certificate {authority}/{serial} breaks {broken}"),
            );
        }
        Ok(())
    }

    /// The profile as it was frozen; a finding, once, where it cannot be read.
    async fn profile(
        &mut self,
        index: u64,
        name: &str,
        document: Digest,
    ) -> Result<Option<Arc<Profile>>, Error> {
        let key = (name.to_owned(), document);
        if let Some(known) = self.profiles.get(&key) {
            return Ok(known.clone());
        }
        let mut profile = None;
        if let Some(bytes) = self.blob(index, "profile", &document).await? {
            match Profile::parse(name, &bytes) {
                Ok(parsed) => profile = Some(Arc::new(parsed)),
                Err(error) => self.report.find(
                    "V222",
                    format!("entry {index}"),
                    format!("profile {name} {document}: {error}"),
                ),
            }
        }
        self.profiles.insert(key, profile.clone());
        Ok(profile)
    }
}

/// The template that a certificate was made from.
fn template_of(certificate: &Certificate) -> Digest {
    TbsCertificate {
        serial: certificate.serial().clone(),
        signature_algorithm: certificate.signature_algorithm(),
        issuer: certificate.issuer().clone(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        subject: certificate.subject().clone(),
        public_key: certificate.public_key().clone(),
        extensions: certificate.extensions().to_vec(),
    }
    .template_digest()
}
