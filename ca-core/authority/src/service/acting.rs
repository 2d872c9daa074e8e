//! Who acts, and the one way in for officers' acts.

use ledger::event::StatementRef;
use sm_engine::sm2::Signature;
use sm_engine::sm3;
use store::views::StatementRow;
use x509::certificate::Certificate;

use super::Authority;
use crate::act::{Act, Outcome, Prepared};
use crate::error::{Error, Refusal};
use crate::examine::examine;
use crate::officer::check_now;
use crate::statement::{LIST_LIFETIME, Stamp};
use crate::view::Officer;
use crate::writer::Signed;

impl Authority {
    /// The officer who holds this certificate, if it is good now.
    ///
    /// # Errors
    /// A refusal where it is not an officer's, not good, or not readable.
    pub async fn authenticate(&self, certificate_der: &[u8]) -> Result<Officer, Error> {
        let certificate = Certificate::from_der(certificate_der)
            .map_err(|e| Refusal::new("A401", "证书无法识别", e.to_string()))?;
        let core = &self.core;
        let appointed = core.officers.by_certificate(&certificate).ok_or_else(|| {
            Refusal::new(
                "A401",
                "该证书不属于任何操作员",
                "this certificate belongs to no officer",
            )
        })?;
        check_now(&appointed, &core.hierarchy, &core.index, core.clock.now())
    }

    /// The officer of that number, if the certificate is good now.
    ///
    /// # Errors
    /// A refusal where there is none or it is not good.
    pub async fn officer(&self, number: &str) -> Result<Officer, Error> {
        let core = &self.core;
        let appointed = core
            .officers
            .find(number)
            .ok_or_else(|| Refusal::new("A401", "没有该操作员", "there is no such officer"))?;
        check_now(&appointed, &core.hierarchy, &core.index, core.clock.now())
    }

    /// Checks an officer's signature over `message`.
    ///
    /// # Errors
    /// A refusal where it is not that officer's signature over these bytes.
    pub fn verify_officer_signature(
        &self,
        officer: &Officer,
        message: &[u8],
        signature_der: &[u8],
    ) -> Result<(), Error> {
        let appointed = self.core.officers.find(&officer.number);
        let signature = Signature::from_der(signature_der).ok();
        match (appointed, signature) {
            (Some(officer), Some(signature)) if officer.has_signed(message, &signature) => Ok(()),
            _ => Err(Refusal::new(
                "A403",
                "签名与操作员证书或声明内容不符",
                "the signature is not this officer's over this statement",
            )
            .into()),
        }
    }

    /// Checks an act and turns it into the statement that the officer signs.
    ///
    /// # Errors
    /// A refusal where the act would not be committed either.
    pub async fn prepare(&self, officer: &Officer, act: Act) -> Result<Prepared, Error> {
        let officer = self.officer(&officer.number).await?;
        let act = self.core.number(act);
        let stamp = Stamp::fresh(self.core.clock.now());
        let examined = examine(&self.core, &officer, &act, &stamp).await?;
        let statement = examined.statement(&officer, &stamp)?.canonical()?;
        Ok(Prepared {
            act,
            statement,
            zh: examined.zh.clone(),
            preview: examined.preview(&self.core)?,
        })
    }

    /// Whether this is an act on a list of certificates of which a part was carried out already.
    async fn has_begun(&self, act: &Act, statement: &str) -> Result<bool, Error> {
        if !matches!(act, Act::ChangeStatuses { .. }) {
            return Ok(false);
        }
        let digest = sm3::digest(statement.as_bytes());
        let row = self
            .core
            .store
            .get::<StatementRow>(&[digest.into()])
            .await?;
        Ok(row.is_some())
    }

    /// Commits an act that the officer signed: examined again, compared with the statement, decided and durable
    /// when this returns.
    ///
    /// # Errors
    /// A refusal where signature, statement, policy or state say no; a fault where something broke. In either
    /// case nothing happened, except that a refused issuance may leave a closed intent on the ledger.
    pub async fn commit(
        &self,
        officer: &Officer,
        act: Act,
        statement: &str,
        signature_der: &[u8],
    ) -> Result<Outcome, Error> {
        let officer = self.officer(&officer.number).await?;
        self.verify_officer_signature(&officer, statement.as_bytes(), signature_der)?;
        let now = self.core.clock.now();
        let stamp = if self.has_begun(&act, statement).await? {
            Stamp::within(statement, now, LIST_LIFETIME)?
        } else {
            Stamp::of(statement, now)?
        };
        let examined = examine(&self.core, &officer, &act, &stamp).await?;
        if examined.statement(&officer, &stamp)?.canonical()? != statement {
            return Err(Refusal::new(
                "A415",
                "签名声明与当前内容不一致，可能已被改动。请重新操作",
                "the statement does not say what this act is about now; prepare it again",
            )
            .into());
        }
        let reference = StatementRef {
            digest: sm3::digest(statement.as_bytes()),
            officer: officer.number.clone(),
            signature: base64::Engine::encode(
                &base64::engine::general_purpose::STANDARD,
                signature_der,
            ),
        };
        let signed = Signed {
            officer,
            statement: reference,
            text: statement.to_owned(),
            time: stamp.time,
        };
        self.core.carry_out(signed, examined).await
    }
}
