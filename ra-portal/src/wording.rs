//! Every text that people read, in both languages, from one catalogue: `catalogue.toml`.
//!
//! A phrase is a pair, Chinese first, so that one language cannot be forgotten. `{name}` in a phrase is filled by
//! [`fill`]; what is filled in is plain text and is escaped where it is shown.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::language::Language;

type Sections = BTreeMap<String, BTreeMap<String, [String; 2]>>;

const SOURCE: &str = include_str!("../catalogue.toml");

static CATALOGUE: LazyLock<Sections> = LazyLock::new(|| {
    toml::from_str(SOURCE).expect("the embedded catalogue is well-formed: a test reads it")
});

/// The phrase `section.key` in `language`, if the catalogue has it.
pub(crate) fn find(language: Language, key: &str) -> Option<&'static str> {
    let (section, name) = key.split_once('.')?;
    let [chinese, english] = CATALOGUE.get(section)?.get(name)?;
    Some(language.pick(chinese.as_str(), english.as_str()))
}

/// The phrase `section.key`. A key that does not exist shows itself, in a test rather than to people.
pub(crate) fn phrase(language: Language, key: &'static str) -> &'static str {
    find(language, key).unwrap_or(key)
}

/// A phrase with its `{name}` places filled in, in one pass: what is filled in is never read as a place again.
pub(crate) fn fill<'a>(
    phrase: &str,
    value: impl Fn(&str) -> Option<std::borrow::Cow<'a, str>>,
) -> String {
    let mut text = String::with_capacity(phrase.len() + 32);
    let mut rest = phrase;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            text.push('{');
            rest = after;
            continue;
        };
        text.push_str(value(name).as_deref().unwrap_or("—"));
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn keys() -> BTreeSet<String> {
        let sections = CATALOGUE.iter();
        sections
            .flat_map(|(section, names)| names.keys().map(move |name| format!("{section}.{name}")))
            .collect()
    }

    fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|found| found == extension) {
                    found.push((
                        path.display().to_string(),
                        std::fs::read_to_string(&path).unwrap(),
                    ));
                }
            }
        }
        assert!(!found.is_empty(), "nothing in {folder}");
        found
    }

    fn places(phrase: &str) -> BTreeSet<&str> {
        phrase
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name)
            .collect()
    }

    #[test]
    fn every_phrase_exists_in_both_languages() {
        for (section, names) in CATALOGUE.iter() {
            for (name, [chinese, english]) in names {
                let key = format!("{section}.{name}");
                assert!(!chinese.trim().is_empty(), "{key} has no Chinese");
                assert!(!english.trim().is_empty(), "{key} has no English");
                assert!(
                    !english
                        .chars()
                        .any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
                        || section == "language",
                    "{key}: Chinese in the English phrase"
                );
                assert_eq!(places(chinese), places(english), "{key}: places differ");
            }
        }
    }

    /// Literal keys `"section.name"` of a text: quoted, of known sections.
    fn mentioned(text: &str) -> impl Iterator<Item = &str> {
        text.split('"').filter(|part| {
            part.split_once('.').is_some_and(|(section, name)| {
                CATALOGUE.contains_key(section)
                    && name != "html"
                    && name
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
            })
        })
    }

    #[test]
    fn templates_and_code_mention_only_phrases_that_exist_and_all_phrases_are_mentioned() {
        let keys = keys();
        let mut seen = BTreeSet::new();
        let sources = files("templates", "html")
            .into_iter()
            .chain(files("src", "rs"));
        for (file, text) in sources {
            if file.ends_with("wording.rs") {
                continue;
            }
            for key in mentioned(&text) {
                assert!(
                    keys.contains(key),
                    "{file} mentions {key}, which the catalogue does not have"
                );
                seen.insert(key.to_owned());
            }
        }
        // Looked up by what a ledger entry says: see `site::entry_words`.
        let by_data = ["event.", "sentence.", "field.", "value."];
        for key in keys
            .iter()
            .filter(|key| !by_data.iter().any(|prefix| key.starts_with(prefix)))
        {
            assert!(
                seen.contains(key),
                "{key} is in the catalogue but nobody says it"
            );
        }
    }

    #[test]
    fn templates_hold_no_text_of_their_own() {
        for (file, text) in files("templates", "html") {
            let mut rest = text.as_str();
            let mut visible = String::new();
            while let Some(start) = rest.find(['{', '<']) {
                visible.push_str(&rest[..start]);
                let end = match &rest[start..] {
                    tag if tag.starts_with("{{") => tag.find("}}").map(|end| end + 2),
                    tag if tag.starts_with("{%") => tag.find("%}").map(|end| end + 2),
                    tag if tag.starts_with("{#") => tag.find("#}").map(|end| end + 2),
                    tag if tag.starts_with('<') => tag.find('>').map(|end| end + 1),
                    _ => Some(1),
                };
                let end = start + end.unwrap_or_else(|| panic!("{file}: unclosed tag"));
                let tag = &rest[start..end];
                for attribute in ["title=\"", "alt=\"", "aria-label=\"", "placeholder=\""] {
                    if let Some((_, value)) = tag.split_once(attribute) {
                        assert!(value.starts_with(['{', '"']), "{file}: text in {tag}");
                    }
                }
                assert!(
                    !tag.contains(" style=") && !tag.starts_with("<script"),
                    "{file}: {tag}"
                );
                rest = &rest[end..];
            }
            visible.push_str(rest);
            let text: String = visible.chars().filter(|c| c.is_alphabetic()).collect();
            assert!(
                text.is_empty(),
                "{file}: text outside the catalogue: {text}"
            );
        }
    }

    #[test]
    fn what_is_filled_in_is_not_read_again() {
        let filled = fill("{a} and {b} {c", |name| match name {
            "a" => Some("{b}".into()),
            _ => None,
        });
        assert_eq!(filled, "{b} and — {c");
    }
}
