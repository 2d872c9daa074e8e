//! The authorities of this hierarchy, in memory: certificates, keys, and where they publish.

use std::collections::BTreeMap;
use std::sync::Arc;

use const_oid::ObjectIdentifier;
use keys::{KeyLabel, Provider, Signer};
use parking_lot::RwLock;
use sm_engine::key::Algorithm;
use store::Store;
use store::views::AuthorityRow;
use x509::certificate::Certificate;
use x509::name::Name;

use crate::error::{Error, Refusal};

/// Where machines find status, CRLs and certificates: written into every certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urls {
    /// Base of the machines' port, without a trailing slash: `http://127.0.0.1:8081`.
    pub machines: String,
}

impl Urls {
    /// What profiles put into certificates that `authority` issues; `crl_url` where it is not the full CRL that
    /// certificates name.
    #[must_use]
    pub fn issuer(
        &self,
        authority: &str,
        key_id: &[u8],
        crl_url: Option<String>,
    ) -> policy::Issuer {
        let full = || format!("{}/crl/{authority}.crl", self.machines);
        policy::Issuer {
            key_id: key_id.to_vec(),
            crl_urls: vec![crl_url.unwrap_or_else(full)],
            ocsp_urls: vec![format!("{}/ocsp", self.machines)],
            ca_issuers_urls: vec![format!("{}/ca/{authority}.cer", self.machines)],
            ..policy::Issuer::default()
        }
    }
}

/// One authority.
pub struct Member {
    /// Short name.
    pub authority: String,
    /// The authority that certified it; itself for the root.
    pub parent: String,
    /// Its certificate.
    pub certificate: Certificate,
    /// Its key.
    pub signer: Arc<dyn Signer>,
}

impl Member {
    /// Its subject key identifier.
    #[must_use]
    pub fn key_id(&self) -> &[u8] {
        self.certificate.subject_key_id().unwrap_or_default()
    }

    /// How it signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.certificate.public_key().algorithm()
    }

    /// Its name: the issuer name of what it signs.
    #[must_use]
    pub fn name(&self) -> &Name {
        self.certificate.subject()
    }

    /// Its common name, for people.
    #[must_use]
    pub fn title(&self) -> String {
        self.name()
            .common_name()
            .unwrap_or(&self.authority)
            .to_owned()
    }
}

/// Attribute types of X.520 that are read back from names.
pub(crate) const LOCALITY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.7");
pub(crate) const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");

/// Label of an authority's key in the provider.
pub(crate) fn key_label(authority: &str) -> Result<KeyLabel, Error> {
    Ok(KeyLabel::new(&format!("ca-{authority}"))?)
}

/// All authorities.
#[derive(Default)]
pub(crate) struct Hierarchy(RwLock<BTreeMap<String, Arc<Member>>>);

impl Hierarchy {
    /// Loads every authority and checks that its key is the one in its certificate.
    pub(crate) async fn load(store: &Store, provider: &dyn Provider) -> Result<Self, Error> {
        let hierarchy = Self::default();
        for row in store.scan::<AuthorityRow>(&[], &[], None, 1000).await? {
            let der = store.unseal(&row.certificate).await?.ok_or_else(|| {
                Error::Inconsistent(format!(
                    "the certificate of authority {} is missing",
                    row.authority
                ))
            })?;
            let certificate = Certificate::from_der(&der)?;
            let signer = provider.signer(&key_label(&row.authority)?)?;
            if signer.public_key() != certificate.public_key() {
                return Err(Error::Inconsistent(format!(
                    "the key of authority {} is not the one in its certificate",
                    row.authority
                )));
            }
            hierarchy.add(Member {
                authority: row.authority,
                parent: row.parent,
                certificate,
                signer,
            });
        }
        Ok(hierarchy)
    }

    pub(crate) fn add(&self, member: Member) {
        self.0
            .write()
            .insert(member.authority.clone(), Arc::new(member));
    }

    pub(crate) fn get(&self, authority: &str) -> Result<Arc<Member>, Error> {
        self.find(authority).ok_or_else(|| {
            Refusal::new(
                "A404",
                format!("没有名为 {authority} 的签发机构"),
                format!("there is no authority {authority}"),
            )
            .into()
        })
    }

    pub(crate) fn find(&self, authority: &str) -> Option<Arc<Member>> {
        self.0.read().get(authority).cloned()
    }

    /// All of them, by short name.
    pub(crate) fn all(&self) -> Vec<Arc<Member>> {
        self.0.read().values().cloned().collect()
    }

    /// The authority that issued `certificate`: its name and, where present, its key identifier agree.
    pub(crate) fn issuer_of(&self, certificate: &Certificate) -> Option<Arc<Member>> {
        self.0
            .read()
            .values()
            .find(|member| {
                member.name().der() == certificate.issuer().der()
                    && certificate
                        .authority_key_id()
                        .is_none_or(|id| id == member.key_id())
            })
            .cloned()
    }

    /// The issuer of an authority's own certificate.
    pub(crate) fn parent_of(&self, member: &Member) -> Option<Arc<Member>> {
        (member.parent != member.authority)
            .then(|| self.find(&member.parent))
            .flatten()
    }
}
