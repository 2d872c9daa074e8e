//! Entering a case, one thing a page. Whatever is typed is kept at once, right or wrong, in a draft of the officer's;
//! rules are told where the field is, and asked again by the authority when the case is submitted.

pub(super) mod check;
pub(super) mod fields;
pub(super) mod files;
pub(super) mod request;
pub(super) mod start;
pub(super) mod tasks;

use std::collections::BTreeMap;
use std::sync::Arc;

use authority::Succeeds;
use policy::identity::Flaw;
use policy::{Field, FieldKind, Profile};
use serde::{Deserialize, Serialize};
use store::desk::Draft;
use zeroize::Zeroizing;

use crate::desk::flaw::flaw;
use crate::failure::Failure;
use crate::portal::Portal;
use crate::session::SignedIn;

/// What an officer has typed.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Content {
    /// Fields as typed.
    #[serde(default)]
    pub(super) form: BTreeMap<String, String>,
    /// PKCS#10 in PEM.
    #[serde(default)]
    pub(super) request: String,
    /// Key of the page that made the request, where the portal did (demonstration).
    #[serde(default)]
    pub(super) demonstration_key: bool,
    /// The certificate that the new one follows on.
    #[serde(default)]
    pub(super) succeeds: Option<Succeeds>,
    /// The file that it came with, if it was not typed.
    #[serde(default)]
    pub(super) source: Option<Source>,
    /// What the officer explains to the reviewer.
    #[serde(default)]
    pub(super) remark: String,
}

/// A line of a file of people.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Source {
    /// SM3 of the file as it came.
    pub(super) file: String,
    /// Row, from 1.
    pub(super) line: u32,
}

impl Content {
    /// What was kept; nothing where it cannot be read any more.
    pub(super) fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// Whatever the subject is called by, for lists.
    pub(super) fn display_name(&self) -> String {
        let names = ["name", "host", "hosts", "department"];
        let mut given = names.iter().filter_map(|name| self.form.get(*name));
        given
            .find(|value| !value.trim().is_empty())
            .cloned()
            .unwrap_or_default()
    }
}

/// A page of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Whom the certificate is for.
    Who,
    /// Where that is: body, unit, place.
    Unit,
    /// How to reach somebody, and the document that it rests on.
    Contact,
}

impl Part {
    pub(super) const ALL: [Self; 3] = [Self::Who, Self::Unit, Self::Contact];

    /// Its name in addresses.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Who => "who",
            Self::Unit => "unit",
            Self::Contact => "contact",
        }
    }

    /// Key of its heading.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Who => "draft.who",
            Self::Unit => "draft.unit",
            Self::Contact => "draft.contact",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    /// The page on which a field is asked.
    fn of(field: &Field) -> Self {
        let printed = !field.into.is_empty();
        match field.kind {
            FieldKind::IdNumber => Self::Who,
            FieldKind::Organization
            | FieldKind::Place
            | FieldKind::SocialCreditCode
            | FieldKind::Unit => Self::Unit,
            _ if printed => Self::Who,
            _ => Self::Contact,
        }
    }

    /// The fields of a profile that are asked on it.
    pub(super) fn fields(self, profile: &Profile) -> Vec<&Field> {
        let fields = profile.fields().iter();
        fields.filter(|field| Self::of(field) == self).collect()
    }
}

/// A draft that is being worked on, with its profile.
pub(super) struct Work {
    pub(super) draft: Draft,
    pub(super) profile: Arc<Profile>,
    pub(super) content: Content,
}

impl Work {
    /// Opens a draft of this officer's. Of another's, it is told only that it may not be seen, and the log keeps it.
    pub(super) async fn open(
        portal: &Portal,
        signed_in: &SignedIn,
        draft: &str,
    ) -> Result<Self, Failure> {
        let found = portal.desk.draft(draft).await?;
        let draft = found.ok_or_else(Failure::not_found)?;
        signed_in.must_own(&draft.officer)?;
        let profile = portal.authority.policy().profile(&draft.profile);
        let profile = Arc::clone(profile.ok_or_else(Failure::not_found)?);
        let content = Content::read(&draft.content);
        Ok(Self {
            draft,
            profile,
            content,
        })
    }

    /// Keeps what was typed.
    pub(super) async fn keep(&mut self, portal: &Portal) -> Result<(), Failure> {
        let bytes = serde_json::to_vec(&self.content).map_err(|fault| Failure::fault(&fault))?;
        self.draft.content = Zeroizing::new(bytes);
        self.draft.changed_at = portal.now();
        Ok(portal.desk.put_draft(&self.draft).await?)
    }

    /// What is wrong with one field as typed. Nothing where it is right.
    pub(super) fn flaw(&self, field: &Field, now: i64) -> Option<Flaw> {
        let typed = self.content.form.get(&field.name);
        flaw(field, typed.map(String::as_str).unwrap_or_default(), now)
    }

    /// Whether every field of a page is right.
    pub(super) fn is_done(&self, part: Part, now: i64) -> bool {
        let fields = part.fields(&self.profile);
        fields.iter().all(|field| self.flaw(field, now).is_none())
    }

    /// Where the draft begins.
    pub(super) fn address(&self) -> String {
        format!("/draft/{}", self.draft.draft)
    }
}
