//! Small pieces that many pages show. Each is a template of its own and already escaped.

use askama::Template;
use askama::filters::HtmlSafe;

use super::standing::Standing;
use crate::language::Language;
use crate::moment;
use crate::wording::phrase;

/// A moment: words for people in Asia/Shanghai, `datetime` in UTC.
#[derive(Template)]
#[template(path = "components/moment.html")]
pub(crate) struct Moment {
    words: String,
    utc: String,
}

impl Moment {
    /// Of UTC seconds.
    pub(crate) fn new(seconds: i64, language: Language) -> Self {
        Self {
            words: moment::words(seconds, language),
            utc: moment::utc(seconds),
        }
    }
}

/// A state of a certificate: word, icon and colour, never colour alone.
#[derive(Template)]
#[template(path = "components/chip.html")]
pub(crate) struct Chip {
    standing: Standing,
    word: &'static str,
}

impl Chip {
    /// Of a state.
    pub(crate) fn new(standing: Standing, language: Language) -> Self {
        Self {
            standing,
            word: phrase(language, standing.word()),
        }
    }
}

/// A line about the service itself: in order, or to be looked at.
#[derive(Template)]
#[template(path = "components/signal.html")]
pub(crate) struct Signal {
    /// In order.
    pub(crate) good: bool,
    /// `正常` or `注意`.
    pub(crate) word: &'static str,
    /// What is said.
    pub(crate) text: String,
}

impl Signal {
    /// A line that is in order or not.
    pub(crate) fn new(good: bool, text: String, language: Language) -> Self {
        let word = phrase(
            language,
            if good {
                "signal.good"
            } else {
                "signal.attention"
            },
        );
        Self { good, word, text }
    }
}

impl HtmlSafe for Moment {}
impl HtmlSafe for Chip {}
impl HtmlSafe for Signal {}
