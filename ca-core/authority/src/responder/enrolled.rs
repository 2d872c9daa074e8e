//! Responders on other machines: each has a key of its own there, which the authorities certify and renew.
//!
//! Whoever may write the authority's configuration enrols a key; its certificates are on the ledger like all others.
//! A key one of whose certificates was frozen or revoked, or that is known to be compromised, is not certified again.

use ledger::event::Basis;
use sm_engine::key::PublicKey;
use sm_engine::sm3;
use store::views::{CertificateRow, KeyRow};
use store::{Compare, Direction};

use super::{PROFILE, algorithm, certify_key};
use crate::error::{Error, Refusal};
use crate::service::Authority;

impl Authority {
    /// Certifies the key of a responder on another machine under every authority whose answers are signed with its
    /// algorithm, where it has no certificate yet or less than a third of its time left. How many certificates were
    /// issued.
    ///
    /// # Errors
    /// A refusal where the key is compromised or one of its certificates is frozen or revoked; a fault where a
    /// certificate cannot be issued.
    pub async fn certify_responder(&self, key: &PublicKey) -> Result<usize, Error> {
        let core = &self.core;
        let digest = sm3::digest(&x509::key_info(key));
        let seen = core.store.get::<KeyRow>(&[digest.into()]).await?;
        if seen.is_some_and(|row| row.compromised != 0) {
            return Err(refused("is compromised"));
        }
        let mut issued = 0;
        let members = core.hierarchy.all();
        for member in members
            .iter()
            .filter(|member| algorithm(member) == key.algorithm())
        {
            let filter = [
                ("profile", Compare::Eq(PROFILE.into())),
                ("authority", Compare::Eq(member.authority.as_str().into())),
                ("key", Compare::Eq(digest.into())),
            ];
            let order = [("intended_idx", Direction::Descending)];
            let rows = core
                .store
                .scan::<CertificateRow>(&filter, &order, None, super::LATEST)
                .await?;
            if rows
                .iter()
                .any(|row| row.state == "held" || row.state == "revoked")
            {
                return Err(refused("has a certificate that was frozen or revoked"));
            }
            let due = rows
                .iter()
                .find(|row| row.state == "good")
                .is_none_or(|row| {
                    let (start, end) = (row.issued_at.unwrap_or(0), row.not_after.unwrap_or(0));
                    core.clock.now().0 > end - (end - start) / 3
                });
            if due {
                let basis = Basis::ResponderRenewal;
                let place = core.partitions.any(&member.authority);
                certify_key(core, member, basis, place, key).await?;
                issued += 1;
            }
        }
        Ok(issued)
    }
}

fn refused(why: &str) -> Error {
    Refusal::new(
        "A427",
        "该响应服务器的公钥不能再签发证书",
        format!("the responder's key {why}; it is not certified again"),
    )
    .into()
}
