//! Chinese or English, chosen by `?lang=` and remembered in a cookie that holds nothing else.

use axum::http::{HeaderMap, Uri, header};

/// Language of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    /// The language of the service.
    #[default]
    Chinese,
    /// For everybody else.
    English,
}

impl Language {
    /// Value of the HTML `lang` attribute (BCP 47).
    pub(crate) fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }

    /// Value in the query and in the cookie.
    pub(crate) fn code(self) -> &'static str {
        self.pick("zh", "en")
    }

    /// The one to switch to.
    pub(crate) fn other(self) -> Self {
        self.pick(Self::English, Self::Chinese)
    }

    /// Of two values that say the same, the one in this language.
    pub(crate) fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Chinese => zh,
            Self::English => en,
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        match code {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// The language that the query asks for, if it does.
    pub(crate) fn asked(uri: &Uri) -> Option<Self> {
        pairs(uri).find_map(|pair| pair.strip_prefix("lang=").and_then(Self::from_code))
    }

    /// The language that the cookie remembers, if it does.
    pub(crate) fn remembered(headers: &HeaderMap) -> Option<Self> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .find_map(|pair| pair.trim().strip_prefix("lang=").and_then(Self::from_code))
    }

    /// The same address in this language. An address that a browser would read as another host becomes `/`.
    pub(crate) fn link_to(self, uri: &Uri) -> String {
        let path = if uri.path().starts_with("//") {
            "/"
        } else {
            uri.path()
        };
        let mut link = format!("{path}?");
        for pair in pairs(uri).filter(|pair| !pair.is_empty() && !pair.starts_with("lang=")) {
            link.push_str(pair);
            link.push('&');
        }
        link.push_str("lang=");
        link.push_str(self.code());
        link
    }
}

fn pairs(uri: &Uri) -> impl Iterator<Item = &str> {
    uri.query().unwrap_or_default().split('&')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_switch_keeps_the_query_and_never_leaves_the_site() {
        for (uri, expected) in [
            ("/", "/?lang=en"),
            (
                "/check?serial=0a&lang=zh&authority=jinan",
                "/check?serial=0a&authority=jinan&lang=en",
            ),
            ("/log?lang=en", "/log?lang=en"),
            ("//elsewhere.example/", "/?lang=en"),
        ] {
            assert_eq!(
                Language::English.link_to(&uri.parse().unwrap()),
                expected,
                "{uri}"
            );
        }
    }

    #[test]
    fn query_before_cookie_and_only_known_codes() {
        assert_eq!(
            Language::asked(&"/?a=1&lang=en".parse().unwrap()),
            Some(Language::English)
        );
        assert_eq!(Language::asked(&"/?lang=fr".parse().unwrap()), None);
        assert_eq!(Language::asked(&"/?slang=en".parse().unwrap()), None);
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("x=1; lang=en"));
        assert_eq!(Language::remembered(&headers), Some(Language::English));
        headers.insert(header::COOKIE, HeaderValue::from_static("lang=\"en\""));
        assert_eq!(Language::remembered(&headers), None);
    }
}
