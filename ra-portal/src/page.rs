//! What every page knows: its language, its place in the site, and how to leave the server.

pub(crate) mod asset;
pub(crate) mod component;
pub(crate) mod desk_bar;
pub(crate) mod standing;

use std::convert::Infallible;
use std::sync::Arc;

use askama::Template;
use authority::Officer;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};

use self::asset::{SEAL, STYLESHEET};
use self::component::Moment;
use self::desk_bar::DeskBar;
use crate::failure::Failure;
use crate::language::Language;
use crate::portal::Portal;
use crate::wording::{fill, find, phrase};

/// Where in the site a page is: decides what the navigation marks as current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Home,
    Check,
    Authorities,
    Ledger,
    Help,
    Accessibility,
    Nowhere,
    Workbench,
    Enter,
    Cases,
    Make,
    Search,
    Dashboard,
    Officers,
    Audit,
}

/// Entry of the navigation.
pub(crate) struct Link {
    pub(crate) href: &'static str,
    pub(crate) label: &'static str,
    pub(crate) section: Section,
    /// Key of the keyboard map, told on the accessibility page.
    pub(crate) key: &'static str,
}

/// The navigation, the same on every page.
pub(crate) const NAVIGATION: [Link; 5] = [
    Link {
        href: "/",
        label: "nav.home",
        section: Section::Home,
        key: "1",
    },
    Link {
        href: "/check",
        label: "nav.check",
        section: Section::Check,
        key: "2",
    },
    Link {
        href: "/log",
        label: "nav.ledger",
        section: Section::Ledger,
        key: "3",
    },
    Link {
        href: "/ca",
        label: "nav.authorities",
        section: Section::Authorities,
        key: "4",
    },
    Link {
        href: "/help",
        label: "nav.help",
        section: Section::Help,
        key: "5",
    },
];

/// Who asks, as far as it matters: in which language, for which address.
#[derive(Clone)]
pub(crate) struct Visitor {
    portal: Arc<Portal>,
    pub(crate) language: Language,
    /// The query chose the language: remember it.
    chosen: bool,
    uri: Uri,
}

impl Visitor {
    /// Reads language and address of a request.
    pub(crate) fn of(portal: &Arc<Portal>, uri: &Uri, headers: &HeaderMap) -> Self {
        let asked = Language::asked(uri);
        let language = asked
            .or_else(|| Language::remembered(headers))
            .unwrap_or_default();
        Self {
            portal: Arc::clone(portal),
            language,
            chosen: asked.is_some(),
            uri: uri.clone(),
        }
    }

    /// A page with this title.
    pub(crate) fn page(&self, section: Section, title: &'static str) -> Page {
        let config = &self.portal.config;
        Page {
            language: self.language,
            section,
            title: phrase(self.language, title).to_owned(),
            is_error: false,
            service_name: config.service_name.clone(),
            demonstration: self.portal.authority.is_demonstration(),
            machines: config.machines_url.clone(),
            switch: self.language.other().link_to(&self.uri),
            desk: None,
        }
    }

    /// A page of the officers' desk.
    pub(crate) fn desk_page(
        &self,
        officer: &Officer,
        section: Section,
        title: &'static str,
    ) -> Page {
        let rules = self.portal.authority.policy().rules();
        Page {
            desk: Some(DeskBar::new(officer, rules)),
            ..self.page(section, title)
        }
    }

    /// A rendered page as an answer.
    pub(crate) fn show(&self, template: &impl Template) -> Result<Response, Failure> {
        self.show_with(StatusCode::OK, template)
    }

    /// The same with a status of its own.
    pub(crate) fn show_with(
        &self,
        status: StatusCode,
        template: &impl Template,
    ) -> Result<Response, Failure> {
        let html = template.render().map_err(|error| Failure::fault(&error))?;
        let mut response = (status, Html(html)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_LANGUAGE,
            HeaderValue::from_static(self.language.tag()),
        );
        headers.insert(header::VARY, HeaderValue::from_static("Cookie"));
        if self.chosen {
            let secure = if self.portal.config.public_url.starts_with("https:") {
                "; Secure"
            } else {
                ""
            };
            let code = self.language.code();
            let cookie =
                format!("lang={code}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}");
            if let Ok(cookie) = HeaderValue::try_from(cookie) {
                headers.insert(header::SET_COOKIE, cookie);
            }
        }
        Ok(response)
    }
}

impl FromRequestParts<Arc<Portal>> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        portal: &Arc<Portal>,
    ) -> Result<Self, Infallible> {
        Ok(Self::of(portal, &parts.uri, &parts.headers))
    }
}

/// What the layout needs, and the words for every template.
pub(crate) struct Page {
    pub(crate) language: Language,
    pub(crate) section: Section,
    pub(crate) title: String,
    /// The title says first that something was not right (WCAG 2.2, 3.3.1).
    pub(crate) is_error: bool,
    pub(crate) service_name: String,
    pub(crate) demonstration: bool,
    /// Base URL of the machines' port.
    pub(crate) machines: String,
    /// This page in the other language.
    pub(crate) switch: String,
    /// On officers' pages: who is signed in.
    pub(crate) desk: Option<DeskBar>,
}

impl Page {
    /// The phrase of the catalogue.
    pub(crate) fn t(&self, key: &'static str) -> &'static str {
        phrase(self.language, key)
    }

    /// The phrase with one place filled in.
    pub(crate) fn t1(
        &self,
        key: &'static str,
        name: &str,
        value: impl std::fmt::Display,
    ) -> String {
        fill(self.t(key), |place| {
            (place == name).then(|| value.to_string().into())
        })
    }

    /// What people call a kind of ledger entry.
    pub(crate) fn kind(&self, kind: &str) -> String {
        let found = find(self.language, &format!("event.{kind}"));
        found.unwrap_or(kind).to_owned()
    }

    /// A moment in UTC seconds, for people and for machines.
    pub(crate) fn time(&self, seconds: &i64) -> Moment {
        Moment::new(*seconds, self.language)
    }

    /// A number in groups of three digits.
    pub(crate) fn number(&self, number: &u64) -> String {
        grouped(*number)
    }

    /// The navigation.
    pub(crate) fn navigation(&self) -> Vec<&'static Link> {
        match &self.desk {
            Some(bar) => bar.links.clone(),
            None => NAVIGATION.iter().collect(),
        }
    }

    /// Where the stylesheet is.
    pub(crate) fn stylesheet(&self) -> &'static str {
        &STYLESHEET.path
    }

    /// Where the mark is.
    pub(crate) fn seal(&self) -> &'static str {
        &SEAL.path
    }
}

/// `12,345`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
