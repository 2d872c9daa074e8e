//! A ledger entry in words: a title, a sentence, and each fact with its name.
//!
//! Works on the canonical JSON, so the page shows exactly what was hashed. Titles, sentences, names of facts and of
//! values are looked up in the catalogue (`event`, `sentence`, `field`, `value`); what it does not know is shown raw.

use std::borrow::Cow;

use serde_json::Value;

use crate::language::Language;
use crate::moment;
use crate::wording::{fill, find, phrase};

/// Facts that are moments in UTC seconds.
const MOMENTS: [&str; 6] = [
    "time",
    "from",
    "until",
    "not_after",
    "this_update",
    "next_update",
];
/// Members of an entry nest no deeper than this.
const DEPTH: usize = 4;

/// A fact of an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fact {
    /// Dotted path inside the event, `basis.statement.officer`.
    path: String,
    /// What it is called.
    pub(super) label: String,
    /// What it says.
    pub(super) value: String,
    /// A digest, key or signature: shown in even letters.
    pub(super) code: bool,
}

/// An entry in words.
#[derive(Debug)]
pub(super) struct EntryWords {
    /// What happened, in few words.
    pub(super) title: String,
    /// The same as a sentence.
    pub(super) sentence: String,
    /// When, UTC seconds.
    pub(super) time: i64,
    /// All facts, in the order of the bytes.
    pub(super) facts: Vec<Fact>,
}

/// Puts the canonical JSON of an entry in words.
pub(super) fn describe(body: &str, language: Language) -> EntryWords {
    let entry: Value = serde_json::from_str(body).unwrap_or_default();
    let event = &entry["event"];
    let kind = event["kind"].as_str().unwrap_or_default();
    let mut facts = Vec::new();
    collect(event, "", language, 0, &mut facts);
    let said = |name: &str| {
        let fact = facts
            .iter()
            .find(|fact| fact.path == name || fact.path.ends_with(&format!(".{name}")))?;
        Some(Cow::Borrowed(fact.value.as_str()))
    };
    let sentence = find(language, &format!("sentence.{kind}"));
    EntryWords {
        title: kind_title(kind, language),
        sentence: sentence
            .map(|sentence| fill(sentence, said))
            .unwrap_or_default(),
        time: entry["time"].as_i64().unwrap_or_default(),
        facts,
    }
}

/// What a kind of entry is called.
pub(super) fn kind_title(kind: &str, language: Language) -> String {
    find(language, &format!("event.{kind}"))
        .unwrap_or(kind)
        .to_owned()
}

/// What a value of a fact is called, if it has a name of its own.
pub(super) fn value(fact: &str, value: &str, language: Language) -> String {
    find(language, &format!("value.{fact}.{value}"))
        .unwrap_or(value)
        .to_owned()
}

fn collect(node: &Value, path: &str, language: Language, depth: usize, facts: &mut Vec<Fact>) {
    let Value::Object(members) = node else { return };
    for (name, member) in members {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        match member {
            Value::Object(_) if depth < DEPTH => collect(member, &path, language, depth + 1, facts),
            Value::Array(items) if items.is_empty() => {
                facts.push(fact(
                    path,
                    name,
                    phrase(language, "entry.none").to_owned(),
                    language,
                ));
            }
            Value::Array(items) => {
                for item in items {
                    facts.push(fact(
                        path.clone(),
                        name,
                        text(name, item, language),
                        language,
                    ));
                }
            }
            member => {
                let text = text(name, member, language);
                facts.push(fact(path, name, text, language));
            }
        }
    }
}

fn fact(path: String, name: &str, value: String, language: Language) -> Fact {
    let label = find(language, &format!("field.{path}"))
        .or_else(|| find(language, &format!("field.{name}")));
    let code = value.len() >= 20
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
    Fact {
        label: label.unwrap_or(name).to_owned(),
        path,
        value,
        code,
    }
}

fn text(name: &str, member: &Value, language: Language) -> String {
    match member {
        Value::Number(number) if MOMENTS.contains(&name) => number
            .as_i64()
            .map(|seconds| moment::words(seconds, language))
            .unwrap_or_default(),
        Value::Bool(true) => phrase(language, "entry.yes").to_owned(),
        Value::Bool(false) => phrase(language, "entry.no").to_owned(),
        Value::String(said) if name == "kind" => find(language, &format!("event.{said}"))
            .map_or_else(|| value(name, said, language), str::to_owned),
        Value::String(said) => value(name, said, language),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = r#"{"event":{"authority":"jinan","kind":"certificate.status","reason":"keyCompromise","serial":"0a1b","statement":{"digest":"d7c9","officer":"OP-0002","signature":"MEUCIQD="},"status":"revoked"},"time":1795426867,"v":1}"#;

    #[test]
    fn a_revocation_in_both_languages() {
        let chinese = describe(STATUS, Language::Chinese);
        assert_eq!(chinese.time, 1_795_426_867);
        assert!(
            chinese.sentence.contains("OP-0002") && chinese.sentence.contains("0a1b"),
            "{}",
            chinese.sentence
        );
        assert!(chinese.sentence.contains("吊销"), "{}", chinese.sentence);
        let english = describe(STATUS, Language::English);
        assert!(english.sentence.contains("revoked"), "{}", english.sentence);
        assert!(
            chinese.facts.iter().all(|fact| fact.label != "serial"),
            "{:?}",
            chinese.facts
        );
    }

    #[test]
    fn foreign_shapes_are_shown_raw_and_never_panic() {
        for body in [
            "",
            "null",
            "[]",
            "{\"event\":7}",
            "{\"event\":{\"kind\":\"x.y\",\"new\":[1,{\"a\":2}]}}",
        ] {
            let words = describe(body, Language::English);
            assert!(words.sentence.is_empty(), "{body}");
        }
    }

    #[test]
    fn every_kind_of_event_has_a_title_and_a_sentence() {
        let source = include_str!("../../../ca-core/ledger/src/event.rs");
        let kinds: Vec<&str> = source
            .split("#[serde(rename = \"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert!(kinds.len() >= 12, "{kinds:?}");
        for kind in kinds {
            for language in [Language::Chinese, Language::English] {
                assert!(find(language, &format!("event.{kind}")).is_some(), "{kind}");
                assert!(
                    find(language, &format!("sentence.{kind}")).is_some(),
                    "{kind}"
                );
            }
        }
    }
}
