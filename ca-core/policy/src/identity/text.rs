//! Names of people, bodies and places, and other free text: what may be shown, printed and put into a DN.
//!
//! Rare characters of any plane are welcome. Refused is what a reader cannot see (controls, bidirectional marks,
//! zero-width and private-use characters) and what no name contains (`<`, `>`, `"`, `\`).

use unicode_normalization::char::is_combining_mark;

use super::{Flaw, flaw};

/// More characters than the field holds.
pub const LONG: Flaw = flaw(
    "E150",
    "内容超过本栏字数上限。请缩短，或使用规范简称。",
    "the text is longer than this field allows; shorten it or use the official short form",
);
/// Control, bidirectional, zero-width or other invisible characters.
pub const INVISIBLE: Flaw = flaw(
    "E151",
    "含有看不见的控制字符（如换行、零宽或文字方向符号），多半来自复制粘贴。请删除后手工重新输入。",
    "the text holds invisible characters (line breaks, zero-width or direction marks), usually from copy and paste; type it again",
);
/// `<`, `>`, `"`, `\` and the like.
pub const FORBIDDEN: Flaw = flaw(
    "E152",
    "含有本栏不允许的符号。姓名只用文字、间隔号“·”、连字符、撇号和空格；其他栏不能用尖括号、英文双引号和反斜杠。",
    "the text holds a character that is not allowed here; names take letters, the middle dot, hyphen, apostrophe and space, other fields anything but angle brackets, straight double quotes and backslash",
);
/// Nothing in it that could be read as a name.
pub const NO_LETTER: Flaw = flaw(
    "E153",
    "本栏不能只由数字或符号组成。请填写文字名称。",
    "a name cannot consist of digits or symbols only; enter the name in letters",
);
/// Characters that only one machine's font knows.
pub const PRIVATE_USE: Flaw = flaw(
    "E154",
    "含有自造字（私用区字符），其他计算机无法正确显示。请改用该生僻字的国家标准编码（GB 18030）。",
    "the text holds private-use characters that other machines cannot show; use the standard (GB 18030 / Unicode) code of the rare character",
);

/// X.520 upper bound of O, OU and CN, in characters.
pub const NAME_LIMIT: usize = 64;
/// X.520 upper bound of L and ST, in characters.
pub const PLACE_LIMIT: usize = 128;
/// Longest name of a person, in characters; transliterated names need most of it.
const PERSON_LIMIT: usize = 50;

/// A person's name: 1 to 50 characters.
///
/// # Errors
/// [`LONG`], [`INVISIBLE`], [`PRIVATE_USE`], [`FORBIDDEN`], [`NO_LETTER`].
pub fn person_name(text: &str) -> Result<(), Flaw> {
    free_text(text, PERSON_LIMIT)?;
    if !text
        .chars()
        .all(|c| c.is_alphanumeric() || is_combining_mark(c) || "·'’-. ".contains(c))
    {
        return Err(FORBIDDEN);
    }
    has_letter(text)
}

/// The name of a body, a unit or a place, at most `limit` characters.
///
/// # Errors
/// [`LONG`], [`INVISIBLE`], [`PRIVATE_USE`], [`FORBIDDEN`], [`NO_LETTER`].
pub fn title(text: &str, limit: usize) -> Result<(), Flaw> {
    free_text(text, limit)?;
    has_letter(text)
}

/// Any visible text of at most `limit` characters: document numbers (文号), notes.
///
/// # Errors
/// [`LONG`], [`INVISIBLE`], [`PRIVATE_USE`], [`FORBIDDEN`].
pub fn free_text(text: &str, limit: usize) -> Result<(), Flaw> {
    if text.chars().nth(limit).is_some() {
        return Err(LONG);
    }
    let mut marks = 0_u8;
    for c in text.chars() {
        if is_invisible(c) {
            return Err(INVISIBLE);
        }
        if is_private_use(c) {
            return Err(PRIVATE_USE);
        }
        if matches!(c, '<' | '>' | '"' | '\\') {
            return Err(FORBIDDEN);
        }
        // No script of ours stacks more than two marks on a letter; towers of them cover the neighbouring lines.
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        if marks > 2 {
            return Err(FORBIDDEN);
        }
    }
    if text.chars().next().is_some_and(is_combining_mark) {
        Err(FORBIDDEN)
    } else {
        Ok(())
    }
}

/// True for what a reader cannot see: controls, format and bidirectional characters, line and paragraph separators,
/// variation selectors, tags, fillers and blanks other than the ASCII space, and code points that are no characters.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(
            c,
            '\u{AD}'
                | '\u{34F}'
                | '\u{61C}'
                | '\u{115F}'..='\u{1160}'
                | '\u{17B4}'..='\u{17B5}'
                | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF0}'..='\u{FFFF}'
                | '\u{FDD0}'..='\u{FDEF}'
                | '\u{1D173}'..='\u{1D17A}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
        || u32::from(c) & 0xFFFE == 0xFFFE
}

fn is_private_use(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFD}')
}

fn has_letter(text: &str) -> Result<(), Flaw> {
    if text.chars().any(char::is_alphabetic) {
        Ok(())
    } else {
        Err(NO_LETTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_people_have() {
        for name in [
            "陈思齐",
            "阿卜杜拉·买买提",
            "𠮷田",
            "㛃",
            "O'Neill",
            "Anne-Marie J. Weiß",
            "D’Arcy",
            "龘",
            "Nguyễn",
        ] {
            assert_eq!(person_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_nobody_has() {
        for (name, flaw) in [
            ("<script>alert(1)</script>", FORBIDDEN),
            ("陈\"思齐", FORBIDDEN),
            ("陈=思齐,O", FORBIDDEN),
            ("陈\u{202E}齐思", INVISIBLE),
            ("陈\u{200F}齐", INVISIBLE),
            ("陈\u{2067}齐", INVISIBLE),
            ("陈\0齐", INVISIBLE),
            ("陈\n齐", INVISIBLE),
            ("陈\u{2028}齐", INVISIBLE),
            ("陈\u{200B}齐", INVISIBLE),
            ("陈\u{E0100}齐", INVISIBLE),
            ("陈\u{E0041}齐", INVISIBLE),
            ("陈\u{3164}", INVISIBLE),
            ("陈\u{E001}", PRIVATE_USE),
            ("陈\u{10FFFD}", PRIVATE_USE),
            ("12345", NO_LETTER),
            ("··", NO_LETTER),
            ("\u{301}a", FORBIDDEN),
            ("a\u{301}\u{301}\u{301}", FORBIDDEN),
        ] {
            assert_eq!(person_name(name), Err(flaw), "{name:?}");
        }
        assert_eq!(person_name(&"陈".repeat(50)), Ok(()));
        assert_eq!(person_name(&"陈".repeat(51)), Err(LONG));
    }

    #[test]
    fn names_of_bodies() {
        for name in [
            "山东省财政厅",
            "中国（山东）自由贸易试验区管理委员会",
            "R&D 中心",
            "“一窗受理”大厅",
            "第101中学",
        ] {
            assert_eq!(title(name, NAME_LIMIT), Ok(()), "{name}");
        }
        assert_eq!(title("2026", NAME_LIMIT), Err(NO_LETTER));
        assert_eq!(title(&"厅".repeat(65), NAME_LIMIT), Err(LONG));
        assert_eq!(title("财政厅\\", NAME_LIMIT), Err(FORBIDDEN));
        assert_eq!(free_text("鲁财人〔2026〕12号", 64), Ok(()));
    }

    proptest! {
        #[test]
        fn what_is_accepted_can_be_shown(text in any::<String>()) {
            if person_name(&text).is_ok() || title(&text, NAME_LIMIT).is_ok() {
                let all_visible = text.chars().all(|c| !c.is_control() && !"<>\"\\\u{202E}\u{200F}".contains(c));
                prop_assert!(all_visible);
            }
        }
    }
}
