//! What an officer's page shows above its content: who is signed in, and where one can go with that role.

use authority::Officer;
use policy::{Rules, Verb};

use super::{Link, Section};

/// Every way into the desk and the verb that opens it, in the order of a day.
const WAYS: [(Option<Verb>, Link); 8] = [
    (
        None,
        Link {
            href: "/desk",
            label: "desk.nav_workbench",
            section: Section::Workbench,
            key: "1",
        },
    ),
    (
        Some(Verb::CaseSubmit),
        Link {
            href: "/draft/new",
            label: "desk.nav_enter",
            section: Section::Enter,
            key: "2",
        },
    ),
    (
        Some(Verb::CaseList),
        Link {
            href: "/case",
            label: "desk.nav_cases",
            section: Section::Cases,
            key: "3",
        },
    ),
    (
        Some(Verb::CertificateIssue),
        Link {
            href: "/make",
            label: "desk.nav_make",
            section: Section::Make,
            key: "4",
        },
    ),
    (
        Some(Verb::CertificateSearch),
        Link {
            href: "/cert",
            label: "desk.nav_search",
            section: Section::Search,
            key: "5",
        },
    ),
    (
        Some(Verb::OfficerList),
        Link {
            href: "/officer",
            label: "desk.nav_officers",
            section: Section::Officers,
            key: "6",
        },
    ),
    (
        Some(Verb::AuditRead),
        Link {
            href: "/audit",
            label: "desk.nav_audit",
            section: Section::Audit,
            key: "7",
        },
    ),
    (
        Some(Verb::CertificateSearch),
        Link {
            href: "/dash",
            label: "desk.nav_dashboard",
            section: Section::Dashboard,
            key: "8",
        },
    ),
];

/// The bar of an officer's page.
pub(crate) struct DeskBar {
    /// `王晓岚`.
    pub(crate) name: String,
    /// `OP-0001`.
    pub(crate) number: String,
    /// Key of the role's word.
    pub(crate) role: &'static str,
    /// Where the role leads.
    pub(crate) links: Vec<&'static Link>,
}

impl DeskBar {
    /// Of an officer, with the links that the rules allow.
    pub(crate) fn new(officer: &Officer, rules: &Rules) -> Self {
        let allowed = |verb: &Option<Verb>| {
            verb.is_none_or(|verb| rules.authorize(officer.role, verb).is_ok())
        };
        let links = WAYS.iter().filter(|(verb, _)| allowed(verb));
        Self {
            name: officer.name.clone(),
            number: officer.number.clone(),
            role: role_word(officer.role),
            links: links.map(|(_, link)| link).collect(),
        }
    }
}

/// Key of a role's word.
pub(crate) fn role_word(role: policy::Role) -> &'static str {
    match role {
        policy::Role::Entry => "role.entry",
        policy::Role::Review => "role.review",
        policy::Role::Production => "role.production",
        policy::Role::RaAdministrator => "role.ra-administrator",
        policy::Role::Auditor => "role.auditor",
    }
}
