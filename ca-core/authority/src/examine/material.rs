//! What a certificate is made of: vetted form, profile, key; and the template that officers approve.

use std::collections::BTreeMap;
use std::sync::Arc;

use policy::{Form, Profile};
use sm_engine::key::PublicKey;
use store::views::{CaseRow, SealedForm};
use x509::certificate::{Serial, TbsCertificate};
use x509::request::Request;
use x509::time::Time;

use super::dossier::Dossiers;
use crate::error::{Error, FieldRefusal, Refusal};
use crate::hierarchy::Member;
use crate::service::Core;

/// Everything that decides a certificate but its serial and its start.
pub(crate) struct Material {
    pub(crate) member: Arc<Member>,
    pub(crate) profile: Arc<Profile>,
    pub(crate) form: Form,
    pub(crate) key: PublicKey,
}

impl Material {
    /// The TBS with this serial and start of validity. Names come from the vetted form, extensions from the
    /// profile, from the request the public key alone.
    pub(crate) fn tbs(
        &self,
        core: &Core,
        serial: Serial,
        not_before: Time,
    ) -> Result<TbsCertificate, Error> {
        let authority = &self.member.authority;
        let crl_url = core.partitions.url(authority, &self.key);
        let issuer = core.urls.issuer(authority, self.member.key_id(), crl_url);
        Ok(TbsCertificate {
            serial,
            signature_algorithm: self.member.algorithm(),
            issuer: self.member.name().clone(),
            not_before,
            not_after: not_before.plus_seconds(self.profile.validity_seconds()),
            subject: self.profile.subject(&self.form)?,
            public_key: self.key.clone(),
            extensions: self
                .profile
                .extensions(Some(&self.form), &issuer, &self.key)?,
        })
    }

    /// The template: the TBS before serial and start are known.
    pub(crate) fn template(&self, core: &Core) -> Result<TbsCertificate, Error> {
        self.tbs(core, Serial::from_bytes(&[1])?, Time(0))
    }

    /// Reads what a case rests on, as it was vetted: the frozen profile document, the sealed form and request.
    pub(crate) async fn of_case(core: &Core, row: &CaseRow) -> Result<Self, Error> {
        let blobs = core.store.unseal_many(&[row.form, row.request]).await?;
        let find = |digest| {
            let found = blobs.iter().find(|(found, _)| found == digest);
            found.map(|(_, blob)| blob.as_slice())
        };
        Self::vetted(core, row, find(&row.form), find(&row.request)).await
    }

    /// The same from what was read already.
    pub(crate) async fn of_dossier(
        core: &Core,
        row: &CaseRow,
        dossiers: &Dossiers,
    ) -> Result<Self, Error> {
        let form = dossiers.open(&core.store, &row.form)?;
        let request = dossiers.open(&core.store, &row.request)?;
        Self::vetted(
            core,
            row,
            form.as_deref().map(Vec::as_slice),
            request.as_deref().map(Vec::as_slice),
        )
        .await
    }

    async fn vetted(
        core: &Core,
        row: &CaseRow,
        form: Option<&[u8]>,
        request: Option<&[u8]>,
    ) -> Result<Self, Error> {
        let damaged = |what: &str| Error::Inconsistent(format!("{}: {what}", row.case_id));
        let form = form.ok_or_else(|| damaged("the form is missing"))?;
        let request = request.ok_or_else(|| damaged("the request is missing"))?;
        let sealed: SealedForm =
            serde_json::from_slice(form).map_err(|_| damaged("the form is damaged"))?;
        let profile = core.profile_of(&row.profile, &row.profile_document).await?;
        let form = check_form(&profile, &sealed.fields, Time(row.opened_at))?;
        let key = Request::from_pem_or_der(request)?.public_key().clone();
        Ok(Self {
            member: core.hierarchy.get(&row.authority)?,
            profile,
            form,
            key,
        })
    }
}

/// The form, checked by its profile; every problem at once.
pub(crate) fn check_form(
    profile: &Profile,
    fields: &BTreeMap<String, String>,
    today: Time,
) -> Result<Form, Refusal> {
    profile
        .check_form(fields, today)
        .map_err(|problems| Refusal {
            code: "A422".into(),
            zh: format!("表单有 {} 处需要修改", problems.len()),
            en: format!("{} fields of the form need correction", problems.len()),
            fields: problems
                .into_iter()
                .map(|p| FieldRefusal {
                    field: p.field,
                    code: p.code.into(),
                    zh: p.zh,
                    en: p.en,
                })
                .collect(),
        })
}

/// The certificate as it will be, for people: label and value.
pub(crate) fn preview(material: &Material, tbs: &TbsCertificate) -> Vec<(String, String)> {
    let mut lines = vec![
        ("证书类型".to_owned(), material.profile.title.zh.clone()),
        ("主体".to_owned(), tbs.subject.to_string()),
        ("签发机构".to_owned(), material.member.title()),
        (
            "有效期".to_owned(),
            format!("{} 天，自签发时起", material.profile.validity_days),
        ),
        (
            format!(
                "公钥 ({})",
                tbs.public_key.algorithm().name().to_uppercase()
            ),
            hex::encode(tbs.public_key.to_bytes()),
        ),
    ];
    for extension in &tbs.extensions {
        let name = x509::extension::extension_name(&extension.oid)
            .map_or_else(|| extension.oid.to_string(), str::to_owned);
        let critical = if extension.critical {
            "（关键）"
        } else {
            ""
        };
        lines.push((
            format!("扩展 {name}{critical}"),
            x509::extension::describe(extension),
        ));
    }
    lines
}
