//! `gmpki case`: enter, look at, decide.

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use x509::certificate::Serial;

use crate::cli::{Acting, CaseCommand, Reasoned, Submit};
use crate::client::{Session, encode, text_of};
use crate::data::DataDirectory;
use crate::output::{Failure, Output, cell, listing, rows_of, table};

/// Runs one of them.
pub async fn run(
    command: CaseCommand,
    data: &DataDirectory,
    output: Output,
) -> Result<(), Failure> {
    match command {
        CaseCommand::Submit(submit) => self::submit(submit, data, output).await,
        CaseCommand::List { state, acting } => list(state.as_deref(), &acting, data, output).await,
        CaseCommand::Show { case, acting } => show(&case, &acting, data, output).await,
        CaseCommand::Approve { case, acting } => {
            review(&case, "approved", "", &acting, data, output).await
        }
        CaseCommand::Return(Reasoned {
            case,
            reasons,
            acting,
        }) => review(&case, "returned", &reasons, &acting, data, output).await,
        CaseCommand::Refuse(Reasoned {
            case,
            reasons,
            acting,
        }) => review(&case, "refused", &reasons, &acting, data, output).await,
        CaseCommand::Withdraw(Reasoned {
            case,
            reasons,
            acting,
        }) => {
            let mut session = Session::sign_in(data, &acting).await?;
            let act = json!({"act": "withdraw-case", "case": case, "reasons": reasons});
            let outcome = session.act(act).await?;
            output.result(&outcome, || format!("✓ {case} 已撤回 / withdrawn"));
            Ok(())
        }
        CaseCommand::Profiles => profiles(output),
        CaseCommand::Successions {
            serial,
            authority,
            acting,
        } => successions(&authority, &serial, &acting, data, output).await,
    }
}

async fn submit(submit: Submit, data: &DataDirectory, output: Output) -> Result<(), Failure> {
    let mut form = Map::new();
    if let Some(path) = &submit.fields_file {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let fields: Map<String, Value> = if path.extension().is_some_and(|e| e == "json") {
            serde_json::from_str(&text).with_context(|| path.display().to_string())?
        } else {
            toml::from_str(&text).with_context(|| path.display().to_string())?
        };
        form.extend(fields);
    }
    for field in &submit.fields {
        let (name, value) = field
            .split_once('=')
            .with_context(|| format!("--field {field}: write NAME=VALUE"))?;
        form.insert(name.to_owned(), value.into());
    }
    let request = std::fs::read(&submit.csr).with_context(|| submit.csr.display().to_string())?;
    let request = match std::str::from_utf8(&request) {
        Ok(text) if text.contains("-----BEGIN") => text.to_owned(),
        _ => STANDARD.encode(&request),
    };
    let mut evidence = Vec::new();
    for path in &submit.evidence {
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        let title = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        evidence.push(json!({"title": title, "content": STANDARD.encode(bytes)}));
    }
    let mut act = json!({
        "act": "submit-case", "profile": submit.profile, "authority": submit.authority,
        "form": form, "request": request, "evidence": evidence,
    });
    if let (Some(case), Some(act)) = (&submit.case, act.as_object_mut()) {
        act.insert("case".into(), case.as_str().into());
    }
    if let (Some(serial), Some(because), Some(act)) =
        (&submit.succeeds, submit.because, act.as_object_mut())
    {
        let serial = serial
            .parse::<Serial>()
            .with_context(|| format!("--succeeds {serial}"))?;
        let succeeds = json!({"succession": because, "serial": serial.to_string()});
        act.insert("succeeds".into(), succeeds);
    }
    let mut session = Session::sign_in(data, &submit.acting).await?;
    let outcome = session.act(act).await?;
    let case = text_of(&outcome, "case")?;
    output.result(&outcome, || {
        format!("✓ {case} 已提交，待审核 / submitted\n  下一步 next: gmpki case approve {case} --as review")
    });
    Ok(())
}

async fn successions(
    authority: &str,
    serial: &str,
    acting: &Acting,
    data: &DataDirectory,
    output: Output,
) -> Result<(), Failure> {
    let mut session = Session::sign_in(data, acting).await?;
    let (authority, serial) = (encode(authority), encode(serial));
    let path = format!("/api/v1/certificates/{authority}/{serial}/successions");
    let view = session.get(&path).await?;
    output.result(&view, || {
        let rows: Vec<_> = rows_of(&view, "successions")
            .map(|row| {
                let refusal = row.get("refusal").unwrap_or(&Value::Null);
                let mut cells = ["succession", "possible", "overlap_days", "reason"]
                    .map(|key| cell(row, key))
                    .to_vec();
                cells.push(cell(refusal, "zh"));
                cells
            })
            .collect();
        table(
            &["事由", "可办", "并存天数", "原证书吊销原因", "说明"],
            &rows,
        )
    });
    Ok(())
}

async fn list(
    state: Option<&str>,
    acting: &Acting,
    data: &DataDirectory,
    output: Output,
) -> Result<(), Failure> {
    let mut session = Session::sign_in(data, acting).await?;
    let list = session.list("/api/v1/cases", state).await?;
    output.result(&list, || {
        let columns = [
            ("案件", "case"),
            ("状态", "state"),
            ("证书类型", "title"),
            ("单位", "department"),
            ("名称", "name"),
            ("录入", "entered_by"),
        ];
        listing(rows_of(&list, "cases"), &columns)
    });
    Ok(())
}

async fn show(
    case: &str,
    acting: &Acting,
    data: &DataDirectory,
    output: Output,
) -> Result<(), Failure> {
    let mut session = Session::sign_in(data, acting).await?;
    let view = session
        .get(&format!("/api/v1/cases/{}", encode(case)))
        .await?;
    output.result(&view, || {
        let summary = view.get("summary").unwrap_or(&Value::Null);
        let mut text = format!(
            "{} {} {}\n",
            cell(summary, "case"),
            cell(summary, "title"),
            cell(summary, "state")
        );
        for field in rows_of(&view, "fields") {
            text.push_str(&format!("  {}: {}\n", at(field, 0), at(field, 2)));
        }
        text.push_str("将签发的证书 / the certificate as it will be\n");
        for line in rows_of(&view, "preview") {
            text.push_str(&format!("  {}: {}\n", at(line, 0), at(line, 1)));
        }
        text + &history(&view)
    });
    Ok(())
}

async fn review(
    case: &str,
    decision: &str,
    reasons: &str,
    acting: &Acting,
    data: &DataDirectory,
    output: Output,
) -> Result<(), Failure> {
    let mut session = Session::sign_in(data, acting).await?;
    let view = session
        .get(&format!("/api/v1/cases/{}", encode(case)))
        .await?;
    let act = json!({
        "act": "review-case", "case": case, "revision": view.get("revision"),
        "decision": decision, "reasons": reasons,
    });
    let outcome = session.act(act).await?;
    output.result(&outcome, || match decision {
        "approved" => format!(
            "✓ {case} 已审核 / approved\n  下一步 next: gmpki cert issue {case} --as production"
        ),
        _ => format!("✓ {case} {decision}"),
    });
    Ok(())
}

/// Profiles are data of this program; no service is needed to read them.
fn profiles(output: Output) -> Result<(), Failure> {
    let policy = policy::PolicySet::embedded()?;
    let mut list = Vec::new();
    let mut text = String::new();
    for profile in policy.profiles().filter(|profile| profile.requestable()) {
        text.push_str(&format!("{} {}\n", profile.name, profile.title.zh));
        let mut fields = Vec::new();
        for field in profile.fields() {
            let needed = if field.required {
                "必填 required"
            } else {
                "可选 optional"
            };
            text.push_str(&format!(
                "  --field {}={}  {} / {}  ({needed})\n",
                field.name, field.example, field.zh, field.en
            ));
            fields.push(json!({
                "name": field.name, "zh": field.zh, "en": field.en, "required": field.required, "example": field.example,
            }));
        }
        list.push(json!({"profile": profile.name, "title": profile.title.zh, "fields": fields}));
    }
    output.result(&Value::Array(list), || text);
    Ok(())
}

/// The lines of a history.
pub fn history(view: &Value) -> String {
    let mut text = "经过 / history\n".to_owned();
    for line in rows_of(view, "history") {
        let time = line.get("time").and_then(Value::as_i64).unwrap_or(0);
        let time = x509::time::Time(time).to_string();
        text.push_str(&format!(
            "  #{} {time} {} {} {}\n",
            cell(line, "entry"),
            cell(line, "kind"),
            cell(line, "officer"),
            cell(line, "sentence")
        ));
    }
    text
}

fn at(row: &Value, index: usize) -> String {
    row.get(index)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
