//! Invented people and departments with numbers that pass their checks. By chance one may equal a real number.

/// A citizen identity number (GB 11643) of nobody: region 379902 does not exist.
pub(crate) fn id_number(sequence: u32) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = format!(
        "379902199003{:02}{:03}",
        1 + sequence / 900 % 28,
        100 + sequence % 900
    );
    let sum: u32 = digits
        .bytes()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    digits + ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][(sum % 11) as usize]
}

/// A staff form; `sequence` makes people different.
pub(crate) fn staff(sequence: u32) -> Vec<(&'static str, String)> {
    vec![
        (
            "name",
            format!(
                "陈{}",
                ["思齐", "一鸣", "若水", "知行", "子墨"][sequence as usize % 5]
            ),
        ),
        ("id_number", id_number(sequence)),
        ("department", "山东省财政厅".into()),
        ("division", "国库处".into()),
        ("city", "济南市".into()),
        ("employee_number", format!("P9{sequence:06}")),
        ("basis", "鲁财人〔2026〕12号".into()),
    ]
}

/// The form with one field changed.
pub(crate) fn with(
    mut form: Vec<(&'static str, String)>,
    field: &str,
    value: &str,
) -> Vec<(&'static str, String)> {
    for (name, old) in &mut form {
        if *name == field {
            *old = value.into();
        }
    }
    form
}

#[test]
fn numbers_pass_their_check() {
    // GB 11643 by its definition: the weighted sum over all 18 characters is 1 modulo 11 (ISO 7064 MOD 11-2).
    for sequence in [0, 1, 17, 899, 1234] {
        let number = id_number(sequence);
        let value = |c: char| c.to_digit(10).unwrap_or(10);
        let sum = number.chars().fold(0, |sum, c| (sum * 2 + value(c)) % 11);
        assert_eq!((number.len(), sum), (18, 1), "{number}");
    }
}
