//! What is checked on every certificate before the key signs it, and on every CRL before it is published.
//!
//! Each lint has a name, the text that it comes from, and a test of the same name that makes it fire. Any finding
//! refuses. Lints read the bytes with their own reader: the parser of `x509` agreeing with its writer proves nothing.

use x509::certificate::Certificate;

use crate::Profile;

pub mod crl;
mod envelope;
mod extensions;
mod identifiers;
mod key;
mod location;
mod name;
mod reader;
mod subject_data;
mod usage;
mod validity;

pub use crl::run_crl;
use reader::RawCertificate;

/// One rule about certificates.
#[derive(Debug, Clone, Copy)]
pub struct Lint {
    /// `key_usage_equals_profile`.
    pub name: &'static str,
    /// The text that asks for it: `RFC 5280 §4.2.1.3`.
    pub source: &'static str,
    /// Whether it concerns certificates of a profile.
    pub applies: fn(&Profile) -> bool,
    /// `Err` with what is wrong. Says positions and identifiers, never a person's data.
    pub check: fn(&Examined<'_>) -> Result<(), String>,
}

/// What a certificate is held against.
#[derive(Debug, Clone, Copy)]
pub struct LintContext<'a> {
    /// The profile that it is made from.
    pub profile: &'a Profile,
    /// The certificate of its issuer; `None` only for a root, which is its own.
    pub issuer: Option<&'a Certificate>,
}

/// A certificate under examination, read a second time.
pub struct Examined<'a> {
    raw: RawCertificate<'a>,
    /// Of a root: itself.
    issuer: RawCertificate<'a>,
    profile: &'a Profile,
}

/// A rule that is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Name of the lint.
    pub lint: &'static str,
    /// The text that asks for it.
    pub source: &'static str,
    /// What is wrong.
    pub what: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}): {}", self.lint, self.source, self.what)
    }
}

const GROUPS: [&[Lint]; 9] = [
    envelope::LINTS,
    extensions::LINTS,
    identifiers::LINTS,
    key::LINTS,
    location::LINTS,
    name::LINTS,
    subject_data::LINTS,
    usage::LINTS,
    validity::LINTS,
];

const COUNT: usize = {
    let (mut count, mut group) = (0, 0);
    while group < GROUPS.len() {
        count += GROUPS[group].len();
        group += 1;
    }
    count
};

static ALL: [Lint; COUNT] = {
    let mut all = [GROUPS[0][0]; COUNT];
    let (mut filled, mut group) = (0, 0);
    while group < GROUPS.len() {
        let mut index = 0;
        while index < GROUPS[group].len() {
            all[filled] = GROUPS[group][index];
            filled += 1;
            index += 1;
        }
        group += 1;
    }
    all
};

/// Every lint about certificates, by group and in the order in which they run.
#[must_use]
pub fn all() -> &'static [Lint] {
    &ALL
}

/// Examines a certificate; its signature is not looked at, so a throw-away one will do. Empty: it may be signed.
#[must_use]
pub fn run(certificate: &Certificate, context: &LintContext<'_>) -> Vec<Finding> {
    run_der(certificate.der(), context)
}

/// Like [`run`], for bytes that `x509` may have refused.
#[must_use]
pub fn run_der(der: &[u8], context: &LintContext<'_>) -> Vec<Finding> {
    let unreadable = |what: &str| {
        vec![Finding {
            lint: "readable",
            source: "X.690; RFC 5280 §4.1",
            what: what.to_owned(),
        }]
    };
    let Some(raw) = RawCertificate::read(der) else {
        return unreadable("the certificate cannot be read");
    };
    let issuer_der = match (context.issuer, context.profile.class) {
        (Some(issuer), _) => issuer.der(),
        (None, crate::Class::Root) => der,
        (None, _) => return unreadable("the issuer's certificate is needed to examine this one"),
    };
    let Some(issuer) = RawCertificate::read(issuer_der) else {
        return unreadable("the issuer's certificate cannot be read");
    };
    let examined = Examined {
        raw,
        issuer,
        profile: context.profile,
    };
    all()
        .iter()
        .filter(|lint| (lint.applies)(context.profile))
        .filter_map(|lint| {
            let what = (lint.check)(&examined).err()?;
            Some(Finding {
                lint: lint.name,
                source: lint.source,
                what,
            })
        })
        .collect()
}

/// For lints that concern every profile.
const fn always(_: &Profile) -> bool {
    true
}

/// For lints about certificates that somebody else issued.
fn issued(profile: &Profile) -> bool {
    profile.class != crate::Class::Root
}

/// `Err(what)` unless `rule` holds.
fn hold(rule: bool, what: &str) -> Result<(), String> {
    if rule { Ok(()) } else { Err(what.to_owned()) }
}
