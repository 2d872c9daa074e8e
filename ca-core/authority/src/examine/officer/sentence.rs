//! Appointments in words: the sentences that administrators sign, and the terms line by line.

use jiff::Timestamp;
use jiff::tz::Offset;
use ledger::event::{OfficerChange, Terms};
use policy::Role;
use policy::scope::City;
use store::views::ProposalRow;

use crate::officer::Particulars;

/// The proposal's sentence.
pub(super) fn proposal(
    number: &str,
    change: &OfficerChange,
    about: &Particulars,
    note: &str,
) -> String {
    format!("提议{}。理由：{note}", what(number, change, about))
}

/// The confirmation's sentence.
pub(super) fn confirmation(
    row: &ProposalRow,
    change: &OfficerChange,
    about: &Particulars,
) -> String {
    let what = what(&row.officer, change, about);
    format!(
        "确认 {} 提出的第 {} 号提议：{what}。",
        row.proposed_by, row.proposal
    )
}

/// The sentence of a refusal, or of taking back one's own proposal.
pub(super) fn refusal(
    row: &ProposalRow,
    change: &OfficerChange,
    about: &Particulars,
    reasons: &str,
    own: bool,
) -> String {
    let what = what(&row.officer, change, about);
    let verb = if own { "撤回本人" } else { "驳回" };
    format!(
        "{verb}（{}）提出的第 {} 号提议：{what}。理由：{reasons}",
        row.proposed_by, row.proposal
    )
}

/// The terms, label and value.
pub(crate) fn lines(
    number: &str,
    change: &OfficerChange,
    about: &Particulars,
) -> Vec<(String, String)> {
    let line = |label: &str, value: String| (label.to_owned(), value);
    let mut lines = vec![
        line("操作员编号", number.to_owned()),
        line("姓名", about.name.clone()),
        line("单位", about.department.clone()),
    ];
    if let Some(terms) = change.terms() {
        let until = terms
            .until
            .map_or_else(|| "长期，直至终止".to_owned(), moment);
        lines.extend([
            line("岗位", role(terms)),
            line("管辖城市", cities(terms)),
            line("管辖单位", units(about)),
            line("生效", moment(terms.from)),
            line("到期", until),
            line(
                "证书序列号",
                format!("{} {}", terms.authority, terms.serial),
            ),
            line("证书 SM3 指纹", terms.certificate.to_string()),
        ]);
    }
    lines
}

fn what(number: &str, change: &OfficerChange, about: &Particulars) -> String {
    let who = format!("{} {}（{number}）", about.department, about.name);
    match change {
        OfficerChange::Appoint { terms } => format!("任命 {who} 为{}", under(terms, about)),
        OfficerChange::Change { terms } => format!("将 {who} 的任命改为{}", under(terms, about)),
        OfficerChange::End => format!("终止 {who} 的任命，不可恢复"),
    }
}

fn under(terms: &Terms, about: &Particulars) -> String {
    let until = match terms.until {
        Some(until) => format!("至 {} 止", moment(until)),
        None => "长期有效".to_owned(),
    };
    format!(
        "{}，管辖{}的{}，自 {} 起，{until}，使用序列号 {} 的证书",
        role(terms),
        cities(terms),
        units(about),
        moment(terms.from),
        terms.serial,
    )
}

fn role(terms: &Terms) -> String {
    let role = terms.role.parse::<Role>();
    role.map_or_else(|_| terms.role.clone(), |role| role.zh().to_owned())
}

fn cities(terms: &Terms) -> String {
    if terms.cities.is_empty() {
        return "全省".to_owned();
    }
    let name = |code: &String| City::of_code(code).map_or(code.clone(), |city| city.zh.to_owned());
    terms.cities.iter().map(name).collect::<Vec<_>>().join("、")
}

fn units(about: &Particulars) -> String {
    if about.units.is_empty() {
        "全部单位".to_owned()
    } else {
        about.units.join("、")
    }
}

/// A moment in the officers' time zone, UTC+8.
fn moment(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .map(|at| Offset::constant(8).to_datetime(at))
        .map(|at| at.strftime("%Y年%-m月%-d日 %H:%M").to_string())
        .unwrap_or_default()
}
