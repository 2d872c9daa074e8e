//! Names as they are typed on a keyboard with Latin letters: Hanyu Pinyin (GB/T 28039-2011, ISO 7098) without tones,
//! whole (`lixiaoming`) and by its initials (`lxm`), with `v` for ü as input methods have it.
//!
//! It finds names and decides nothing. The first characters are read as surnames, which have readings of their own;
//! the others have their most frequent reading.

use std::collections::BTreeSet;

use pinyin::ToPinyin as _;

use crate::form::fold;

/// Characters of a name that are read; names are not longer.
const LONGEST: usize = 50;
/// Most letters of a name as it is asked for: six for each character, which is the longest syllable.
const LONGEST_ASKED: usize = 6 * LONGEST;

/// Surnames of two characters that are not read character by character.
const COMPOUND_SURNAMES: [(&str, [&str; 2]); 5] = [
    ("万俟", ["mo", "qi"]),
    ("单于", ["chan", "yu"]),
    ("尉迟", ["yu", "chi"]),
    ("澹台", ["tan", "tai"]),
    ("长孙", ["zhang", "sun"]),
];

/// Characters that are read in another way as a surname; with several readings where families differ.
const SURNAMES: [(char, &[&str]); 29] = [
    ('乐', &["yue", "le"]),
    ('仇', &["qiu"]),
    ('任', &["ren"]),
    ('冼', &["xian"]),
    ('单', &["shan"]),
    ('区', &["ou"]),
    ('华', &["hua"]),
    ('员', &["yun"]),
    ('召', &["shao"]),
    ('宁', &["ning"]),
    ('尉', &["wei", "yu"]),
    ('折', &["she"]),
    ('曾', &["zeng"]),
    ('朴', &["piao"]),
    ('查', &["zha"]),
    ('洗', &["xian"]),
    ('牟', &["mu", "mou"]),
    ('盖', &["ge", "gai"]),
    ('种', &["chong"]),
    ('秘', &["bi"]),
    ('繁', &["po"]),
    ('纪', &["ji"]),
    ('缪', &["miao"]),
    ('翟', &["zhai", "di"]),
    ('覃', &["qin", "tan"]),
    ('解', &["xie"]),
    ('逄', &["pang"]),
    ('隗', &["wei", "kui"]),
    ('黑', &["he"]),
];

/// Characters that in names have another reading than in running text.
const IN_NAMES: [(char, &str); 1] = [('都', "du")];

/// How a name is typed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spelling {
    /// Every syllable.
    pub(crate) whole: String,
    /// The first letter of every syllable.
    pub(crate) initials: String,
}

/// Every spelling of a name; none where it has no Chinese character, or one whose reading is not known. Punctuation
/// and blanks are left out, Latin letters and digits stand for themselves.
pub(crate) fn spellings(name: &str) -> BTreeSet<Spelling> {
    let characters: Vec<char> = fold(name)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .take(LONGEST + 1)
        .collect();
    if characters.len() > LONGEST || characters.iter().all(char::is_ascii) {
        return BTreeSet::new();
    }
    surname_readings(&characters)
        .into_iter()
        .filter_map(|surname| {
            let given = characters.iter().skip(surname.len());
            let given = given.map(|c| reading(*c)).collect::<Option<Vec<_>>>()?;
            let syllables = surname.into_iter().chain(given);
            let mut spelling = Spelling {
                whole: String::new(),
                initials: String::new(),
            };
            for syllable in syllables {
                spelling.initials.extend(syllable.chars().next());
                spelling.whole.push_str(&syllable);
            }
            Some(spelling)
        })
        .collect()
}

/// The form in which a spelling is stored, of what somebody typed: `Li Xiao-ming` is `lixiaoming`. Absent where it is no
/// spelling: other signs than letters, digits, blanks, hyphens and apostrophes, or no letter at all.
#[must_use]
pub fn asked(text: &str) -> Option<String> {
    let folded: String = fold(text)
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '\'' | '’' | '·'))
        .map(|c| if c == 'ü' { 'v' } else { c })
        .collect();
    let spelled = folded.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && folded.bytes().any(|byte| byte.is_ascii_alphabetic());
    (spelled && folded.len() <= LONGEST_ASKED).then_some(folded)
}

/// The readings of what the name begins with.
fn surname_readings(characters: &[char]) -> Vec<Vec<String>> {
    let owned = |syllables: &[&str]| syllables.iter().map(|one| (*one).to_owned()).collect();
    let begins = |surname: &str| {
        surname
            .chars()
            .eq(characters.iter().copied().take(surname.chars().count()))
    };
    if let Some((_, syllables)) = COMPOUND_SURNAMES.iter().find(|(name, _)| begins(name)) {
        return vec![owned(syllables)];
    }
    let surname = SURNAMES
        .iter()
        .find(|(surname, _)| characters.first() == Some(surname));
    match surname {
        Some((_, readings)) => readings.iter().map(|one| owned(&[one])).collect(),
        None => vec![Vec::new()],
    }
}

/// One character's syllable.
fn reading(character: char) -> Option<String> {
    if character.is_ascii() {
        return Some(character.to_string());
    }
    let known = IN_NAMES.iter().find(|(known, _)| *known == character);
    if let Some((_, syllable)) = known {
        return Some((*syllable).to_owned());
    }
    let syllable = character.to_pinyin()?.plain().replace('ü', "v");
    syllable
        .bytes()
        .all(|byte| byte.is_ascii_lowercase())
        .then_some(syllable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Vec<(String, String)> {
        let spelled = spellings(name).into_iter();
        spelled.map(|one| (one.whole, one.initials)).collect()
    }

    fn one(whole: &str, initials: &str) -> Vec<(String, String)> {
        vec![(whole.to_owned(), initials.to_owned())]
    }

    #[test]
    fn names_as_they_are_typed() {
        for (name, whole, initials) in [
            ("李晓明", "lixiaoming", "lxm"),
            ("陈思齐", "chensiqi", "csq"),
            ("吕绿", "lvlv", "ll"),
            ("买买提·阿不都", "maimaitiabudu", "mmtabd"),
            ("单雄信", "shanxiongxin", "sxx"),
            ("任盈盈", "renyingying", "ryy"),
            ("尉迟恭", "yuchigong", "ycg"),
            ("曾国藩", "zengguofan", "zgf"),
            ("第3处", "di3chu", "d3c"),
            ("王 Ａｎｎ", "wangann", "wann"),
        ] {
            assert_eq!(of(name), one(whole, initials), "{name}");
        }
    }

    #[test]
    fn families_that_read_their_name_differently_are_all_found() {
        let spelled = of("盖叫天");
        assert_eq!(
            spelled,
            [one("gaijiaotian", "gjt"), one("gejiaotian", "gjt")].concat()
        );
        assert_eq!(of("牟其中").len(), 2);
        // Only where it is the surname.
        assert_eq!(of("王盖"), one("wanggai", "wg"));
    }

    #[test]
    fn what_is_no_chinese_name_has_no_spelling() {
        for name in ["", "·", "portal.jinan.example.cn", "Ann", "Здравко", "王Я"] {
            assert_eq!(of(name), [], "{name}");
        }
        assert_eq!(of(&"王".repeat(LONGEST)).len(), 1);
        assert_eq!(of(&"王".repeat(LONGEST + 1)), []);
    }

    #[test]
    fn what_is_asked_is_brought_into_the_stored_form() {
        for (text, stored) in [
            (" Li Xiao-ming ", Some("lixiaoming")),
            ("LXM", Some("lxm")),
            ("lü'an", Some("lvan")),
            ("ｌｘｍ", Some("lxm")),
            ("di3chu", Some("di3chu")),
            ("1234", None),
            ("李晓明", None),
            ("li%", None),
            ("", None),
            (" - ", None),
        ] {
            assert_eq!(asked(text).as_deref(), stored, "{text}");
        }
        assert_eq!(asked(&"a".repeat(LONGEST_ASKED + 1)), None);
    }

    #[test]
    fn every_surname_is_listed_once() {
        let surnames: BTreeSet<char> = SURNAMES.iter().map(|(surname, _)| *surname).collect();
        assert_eq!(surnames.len(), SURNAMES.len());
        for (surname, readings) in SURNAMES {
            assert!(!readings.is_empty(), "{surname}");
        }
    }
}
