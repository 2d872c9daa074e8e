//! The fields of a profile's form: what an officer enters, how it is normalised and checked, and where it goes.
//!
//! A field that is `personal` never goes into a certificate; the loader refuses a profile that says otherwise.

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;
use x509::time::Time;

use crate::identity::text::{LONG, NAME_LIMIT, PLACE_LIMIT, free_text, person_name, title};
use crate::identity::{Flaw, IdNumber, SocialCreditCode, contact, flaw, host, id_number};

/// Bytes of one raw value; longer input is refused before any work is done on it.
pub const VALUE_LIMIT: usize = 8 * 1024;

/// More bytes than any field takes.
pub const OVERSIZED: Flaw = flaw(
    "E191",
    "内容过长（超过 8 KB），未作处理。请检查是否误粘贴了文件内容。",
    "more than 8 KB in one field; check whether a file was pasted by mistake",
);
/// A personnel number with other characters than a PrintableString may hold.
pub const EMPLOYEE_NUMBER: Flaw = flaw(
    "E170",
    "人员编号只能含英文字母、数字和 - . /，最多 64 位。请核对。",
    "a personnel number takes ASCII letters, digits and - . / only, at most 64; check it",
);
/// An identity number where it would become public.
pub const IDENTITY_EXPOSED: Flaw = flaw(
    "E172",
    "本栏内容会公开写入证书，不能含身份证号码。请改填单位内部编号或删除。",
    "this field becomes public in the certificate and must not hold an identity number; use an internal number or leave it out",
);

/// What a field holds; decides normalisation and check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// Name of a certificate authority or service: 1 to 64 characters with a letter.
    AuthorityName,
    /// 文号 of the basis document: at most 64 visible characters.
    DocumentNumber,
    /// One e-mail address.
    Email,
    /// Personnel number: letters, digits, `-`, `.`, `/`; at most 64.
    EmployeeNumber,
    /// Up to 20 host names, separated by commas.
    HostNames,
    /// Citizen identity number, GB 11643.
    IdNumber,
    /// Up to 20 IP addresses, separated by commas.
    IpAddresses,
    /// Mobile number, 11 digits.
    Mobile,
    /// Full legal name of a body: 1 to 64 characters with a letter.
    Organization,
    /// Name of a person: 1 to 50 characters.
    PersonName,
    /// City or county: 1 to 128 characters with a letter.
    Place,
    /// Unified social credit code, GB 32100.
    SocialCreditCode,
    /// Mobile number or fixed line.
    Telephone,
    /// Free text: at most 64 visible characters.
    Text,
    /// Unit inside a body: 1 to 64 characters with a letter.
    Unit,
}

/// Where a value goes in the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// Subject CN; of a list, its first item.
    CommonName,
    /// subjectAltName dNSName, each item of the list.
    DnsNames,
    /// subjectAltName rfc822Name.
    Email,
    /// subjectAltName iPAddress, each item of the list.
    IpAddresses,
    /// Subject L.
    Locality,
    /// Subject O.
    Organization,
    /// Extension 1.2.156.10260.4.1.4.
    OrganizationCode,
    /// Subject OU.
    OrganizationalUnit,
    /// Subject serialNumber.
    SerialNumber,
}

/// One field of a form.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Key in forms and in the API: `id_number`.
    pub name: String,
    /// Label in Chinese.
    pub zh: String,
    /// Label in English.
    pub en: String,
    /// What it holds.
    pub kind: FieldKind,
    /// A form without it is refused.
    #[serde(default)]
    pub required: bool,
    /// Personal data: sealed at rest, masked on screens, never in a certificate.
    #[serde(default)]
    pub personal: bool,
    /// An invented value that passes the check.
    pub example: String,
    /// Where it goes in the certificate; empty: nowhere.
    #[serde(default)]
    pub into: Vec<Target>,
}

impl Field {
    /// Normalises and checks one raw value. Empty after normalisation is `Ok("")`: whether that will do is the
    /// form's question. Normalising twice gives the same.
    ///
    /// # Errors
    /// The first flaw found; see the constants of `identity` and of this module.
    pub fn accept(&self, raw: &str, today: Time) -> Result<String, Flaw> {
        if raw.len() > VALUE_LIMIT {
            return Err(OVERSIZED);
        }
        let value = self.kind.normalise(raw);
        if value.is_empty() {
            return Ok(value);
        }
        let value = self.kind.check(value, today)?;
        if self.into.contains(&Target::CommonName)
            && first_item(self.kind, &value)
                .chars()
                .nth(NAME_LIMIT)
                .is_some()
        {
            return Err(LONG);
        }
        if self.kind != FieldKind::SocialCreditCode
            && !self.into.is_empty()
            && id_number::appears_in(&value)
        {
            return Err(IDENTITY_EXPOSED);
        }
        Ok(value)
    }
}

/// The part of a value that stands for the whole: the first item of a list.
pub(crate) fn first_item(kind: FieldKind, value: &str) -> &str {
    match kind {
        FieldKind::HostNames | FieldKind::IpAddresses => {
            value.split(',').next().unwrap_or_default()
        }
        _ => value,
    }
}

impl FieldKind {
    /// Whether values of this kind may go to `target`.
    pub(crate) fn suits(self, target: Target) -> bool {
        use FieldKind as Kind;
        match target {
            Target::CommonName => {
                matches!(
                    self,
                    Kind::AuthorityName | Kind::HostNames | Kind::Organization | Kind::PersonName
                )
            }
            Target::DnsNames => self == Kind::HostNames,
            Target::Email => self == Kind::Email,
            Target::IpAddresses => self == Kind::IpAddresses,
            Target::Locality => self == Kind::Place,
            Target::Organization => self == Kind::Organization,
            Target::OrganizationCode => self == Kind::SocialCreditCode,
            Target::OrganizationalUnit => self == Kind::Unit,
            Target::SerialNumber => self == Kind::EmployeeNumber,
        }
    }

    /// Kinds that are personal data whatever a profile says.
    pub(crate) fn always_personal(self) -> bool {
        matches!(self, Self::IdNumber | Self::Mobile | Self::Telephone)
    }

    /// Trims; NFC for names and text, NFKC for everything that people copy digits and Latin letters into.
    fn normalise(self, raw: &str) -> String {
        match self {
            Self::AuthorityName | Self::Organization | Self::Place | Self::Unit => {
                one_space(&raw.nfc().collect::<String>())
            }
            Self::PersonName => one_space(&raw.nfc().map(middle_dot).collect::<String>()),
            Self::DocumentNumber | Self::Text => trim(&raw.nfc().collect::<String>()).to_owned(),
            Self::EmployeeNumber => compatible(raw),
            Self::IdNumber | Self::SocialCreditCode => compatible(raw).to_ascii_uppercase(),
            Self::HostNames | Self::IpAddresses => compatible(raw).to_ascii_lowercase(),
            Self::Email => {
                let text = compatible(raw);
                match text.rsplit_once('@') {
                    Some((local, domain)) => format!("{local}@{}", domain.to_ascii_lowercase()),
                    None => text,
                }
            }
            Self::Mobile => {
                let digits = compatible(raw).replace([' ', '-'], "");
                let bare = digits
                    .strip_prefix("+86")
                    .or_else(|| digits.strip_prefix("0086"));
                bare.unwrap_or(&digits).to_owned()
            }
            Self::Telephone => {
                let text = compatible(raw).replace(' ', "");
                text.strip_prefix("+86").unwrap_or(&text).to_owned()
            }
        }
    }

    fn check(self, value: String, today: Time) -> Result<String, Flaw> {
        match self {
            Self::AuthorityName | Self::Organization | Self::Unit => title(&value, NAME_LIMIT)?,
            Self::DocumentNumber | Self::Text => free_text(&value, NAME_LIMIT)?,
            Self::Email => contact::email(&value)?,
            Self::EmployeeNumber => {
                let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-./".contains(&byte);
                if value.len() > NAME_LIMIT || !value.bytes().all(allowed) {
                    return Err(EMPLOYEE_NUMBER);
                }
            }
            Self::HostNames => {
                return host::list(&value, |item| {
                    host::host_name(item).map(|()| item.to_owned())
                });
            }
            Self::IdNumber => {
                return IdNumber::parse(&value, today).map(|number| number.reveal().to_owned());
            }
            Self::IpAddresses => {
                return host::list(&value, |item| host::address(item).map(|ip| ip.to_string()));
            }
            Self::Mobile => contact::mobile(&value)?,
            Self::PersonName => person_name(&value)?,
            Self::Place => title(&value, PLACE_LIMIT)?,
            Self::SocialCreditCode => {
                return SocialCreditCode::parse(&value).map(|code| code.as_str().to_owned());
            }
            Self::Telephone => contact::telephone(&value)?,
        }
        Ok(value)
    }
}

/// White space and the byte order mark that spreadsheets leave behind.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}')
}

fn compatible(raw: &str) -> String {
    trim(&raw.nfkc().collect::<String>()).to_owned()
}

/// Trims, and makes one ASCII space of each run of ASCII and ideographic spaces.
fn one_space(text: &str) -> String {
    trim(text)
        .split([' ', '\u{3000}'])
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Input methods give half a dozen dots; names are compared and printed with U+00B7.
fn middle_dot(c: char) -> char {
    match c {
        '\u{2022}' | '\u{2027}' | '\u{2219}' | '\u{22C5}' | '\u{30FB}' | '\u{FF65}' => '\u{B7}',
        other => other,
    }
}
