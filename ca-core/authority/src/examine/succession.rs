//! The certificate on which a case's own is to follow: what is on record about it, and what must stay the same.

use ledger::event::Succession;
use policy::{Form, Place, Profile};
use sm_engine::sm3::Digest;
use store::views::{CaseRow, CertificateRow};

use super::material::Material;
use super::place_of_certificate;
use crate::act::Succeeds;
use crate::decide;
use crate::error::{Error, FieldRefusal, Refusal};
use crate::service::Core;

/// The certificate on which a case's own is to follow, and what policy says of it.
#[derive(Clone)]
pub(crate) struct Predecessor {
    pub(crate) succeeds: Succeeds,
    pub(crate) authority: String,
    /// Profile of the case.
    pub(crate) profile: String,
    /// From when on it may be renewed, UTC seconds.
    pub(crate) renewable_from: i64,
    /// How long it may stay good beside its successor: seconds.
    pub(crate) overlap: i64,
    /// The key that its successor may have, too.
    same_key: Option<Digest>,
    /// Its own case.
    pub(crate) case: Option<String>,
    /// Where it belongs: its successor ends it, which nobody does outside of his scope.
    pub(crate) place: Option<Place>,
}

impl Predecessor {
    /// What is on record about it. Nothing is decided here: its row is read again where it counts.
    pub(crate) fn new(
        succeeds: Succeeds,
        authority: &str,
        profile: &Profile,
        row: Option<&CertificateRow>,
    ) -> Self {
        let renews = succeeds.succession == Succession::Renewal;
        let overlap = if succeeds.succession.overlaps() {
            i64::from(profile.overlap_days) * 86_400
        } else {
            0
        };
        Self {
            authority: authority.to_owned(),
            profile: profile.name.clone(),
            renewable_from: row.map_or(0, |row| profile.renewable_from(row.not_after.unwrap_or(0))),
            overlap,
            same_key: row
                .filter(|_| renews && profile.renew_same_key)
                .map(|row| row.key),
            case: row.and_then(|row| row.case_id.clone()),
            place: row.map(place_of_certificate),
            succeeds,
        }
    }

    /// Whether its successor may have this key, which was seen before.
    pub(crate) fn keeps(&self, key: &Digest) -> bool {
        self.same_key.as_ref() == Some(key)
    }

    /// Whether its successor may have the key that it has.
    pub(crate) fn may_keep_key(&self) -> bool {
        self.same_key.is_some()
    }

    /// Authority and serial.
    pub(crate) fn key(&self) -> (String, String) {
        (self.authority.clone(), self.succeeds.serial.clone())
    }

    /// What officers agree to, for statements.
    pub(crate) fn sentence(&self) -> String {
        sentence(&self.succeeds, self.overlap)
    }

    /// Holds a form against the one that the predecessor was issued on: the holder is the same, and what is printed is
    /// the same but for a change.
    pub(crate) async fn check_form(
        &self,
        core: &Core,
        profile: &Profile,
        form: &Form,
    ) -> Result<(), Error> {
        let Some(case) = &self.case else {
            return Err(decide::no_such(&self.succeeds.serial).into());
        };
        let row = core.store.get::<CaseRow>(&[case.as_str().into()]).await?;
        let row = row.ok_or_else(|| decide::no_such(case))?;
        let before = Material::of_case(core, &row).await?.form;
        compare(self.succeeds.succession, profile, &before, form).map_err(Error::from)
    }
}

/// What officers agree to, in Chinese, with a full stop.
pub(crate) fn sentence(succeeds: &Succeeds, overlap: i64) -> String {
    let Succeeds { succession, serial } = succeeds;
    let when = match overlap / 86_400 {
        0 => "新证书签发时".to_owned(),
        days => format!("新证书签发 {days} 天后"),
    };
    format!(
        "{}：接续序列号 {serial} 的证书，{when}原证书吊销（{}）。",
        zh(*succession),
        succession.reason(),
    )
}

/// In officers' words.
fn zh(succession: Succession) -> &'static str {
    match succession {
        Succession::Change => "变更",
        Succession::Damaged => "补办（介质损坏）",
        Succession::Lost => "补办（介质遗失）",
        Succession::ReKey => "换钥",
        Succession::Renewal => "更新",
    }
}

fn compare(
    succession: Succession,
    profile: &Profile,
    before: &Form,
    after: &Form,
) -> Result<(), Refusal> {
    if before.unique_identity() != after.unique_identity() {
        return Err(Refusal::new(
            "A435",
            "证件号码、机构代码或主机名与原证书的申请不一致：接续的证书只能属于同一主体。请核对，或按新申请录入",
            "identity number, credit code or host name differ from the application of the certificate before: a successor belongs to the same subject; check them, or enter a new application",
        ));
    }
    let differ: Vec<FieldRefusal> = profile
        .fields()
        .iter()
        .filter(|field| !field.into.is_empty() && before.get(&field.name) != after.get(&field.name))
        .map(|field| FieldRefusal {
            field: field.name.clone(),
            code: "E180".into(),
            zh: format!("“{}”与原证书不一致。更正回原内容，或改办变更", field.zh),
            en: format!(
                "{}: differs from the certificate before; put it back, or choose a change",
                field.en
            ),
        })
        .collect();
    match (succession, differ.is_empty()) {
        (Succession::Change, true) => Err(Refusal::new(
            "A436",
            "证书内容没有任何变化，不需要变更。请选择更新、换钥或补办",
            "nothing in the certificate would change; choose a renewal, a new key or a replacement",
        )),
        (Succession::Change, false) | (_, true) => Ok(()),
        (_, false) => Err(Refusal {
            code: "A437".into(),
            zh: format!("证书内容有 {} 处与原证书不一致", differ.len()),
            en: format!("{} fields differ from the certificate before", differ.len()),
            fields: differ,
        }),
    }
}
